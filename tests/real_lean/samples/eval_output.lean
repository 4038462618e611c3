#eval 1 + 1
#eval IO.println "hello"
#eval (do IO.println "out"; IO.eprintln "err"; return 5 : IO Nat)
#eval "text"
#eval throw (IO.userError "deliberate") (α := Unit)
#eval (panic! "oh" : Nat)
#check Nat.add
#print axioms Nat.add_comm
#reduce 2 + 3
#print Nat
run_cmd IO.println "from run_cmd"
