prelude
import Init.Prelude
set_option autoImplicit false
theorem t : Eq Nat.zero Nat.zero := rfl
#check Nat
#check List.map_map
