set_option autoImplicit true
def idd (x : α) : α := x
set_option relaxedAutoImplicit false
def idd2 (x : foo) : foo := x
set_option warningAsError true
theorem s : 1 = 2 := sorry
