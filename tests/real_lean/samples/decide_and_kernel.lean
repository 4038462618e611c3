theorem big : 2 ^ 20 % 7 = 4 := by decide
theorem kernel : (List.range 100).length = 100 := by decide +kernel
theorem native : 10 < 20 := by native_decide
theorem rflTest : 100000 + 1 = 100001 := rfl
#print axioms native
#print axioms big
