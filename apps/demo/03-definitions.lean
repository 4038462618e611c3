-- Right: definitions that are run with #eval; what they print comes back as information.

def collatz (n : Nat) : Nat := if n % 2 = 0 then n / 2 else 3 * n + 1

def stepsToOne (n : Nat) : Nat := Id.run do
  let mut n := n
  let mut steps := 0
  while n > 1 do
    n := collatz n
    steps := steps + 1
  return steps

#eval stepsToOne 27
#eval (List.range 10).map stepsToOne

example : collatz 7 = 22 := rfl
