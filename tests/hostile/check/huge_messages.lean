-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- More than a megabyte of output, and an error that must not drown in them.
#eval IO.println ("".pushn 'x' 1500000)
theorem wrong : 1 = 2 := rfl
