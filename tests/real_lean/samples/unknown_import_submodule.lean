-- a comment before the header
import Init.Data.NotThere

def x := 1
