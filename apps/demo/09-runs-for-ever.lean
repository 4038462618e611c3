-- Never ends: no limit of Lean's own stops it, so the deadline does. Its process is replaced.

partial def spin (n : Nat) : Nat := spin (n + 1)

#eval spin 0
