def x := 1
import Init
