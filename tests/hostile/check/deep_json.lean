-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Text that would be a deep tree, if somebody took it for JSON.
#eval IO.println ("".pushn '[' 200000)
#eval IO.println (String.join (List.replicate 20000 "{\"a\":"))
theorem wrong : 1 = 2 := rfl
