-- Ends its process: the others do not notice, and a new process takes over.

theorem fine_so_far : 2 + 2 = 4 := rfl

#eval (IO.Process.exit 9 : IO Unit)
