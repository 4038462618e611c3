/- never closed
def x := 1
