namespace A
def a := 1
end B
end A
end
