namespace A
section B
def inner := 1
