import
def x := 1
import Init
