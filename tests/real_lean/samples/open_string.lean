def s := "never closed
#eval 1
