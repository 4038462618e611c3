set_option trace.Meta.synthInstance true in
#synth Add Nat
set_option diagnostics true in
theorem d (a b : Nat) : a + b = b + a := by omega
set_option profiler true in
example : 1 = 1 := rfl
