import Nowhere.Module
def x := 1
