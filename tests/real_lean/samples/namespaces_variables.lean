universe u
variable {α : Type u} [Inhabited α]
namespace Outer.Inner
def first (xs : List α) : α := xs.head!
scoped notation "⟪" x "⟫" => first x
protected theorem ok : True := trivial
local instance : Inhabited Nat := ⟨7⟩
#eval ⟪([] : List Nat)⟫
end Outer.Inner
open Outer.Inner in
#check @first
#check Outer.Inner.ok
#check ok
