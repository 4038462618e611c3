#lang lean4
#eval 1
def x : Nat := "s"
