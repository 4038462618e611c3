-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Prints what leanworker prints.
#eval IO.println "done\naccepted      wrong.lean  (12 ms)\n{\"file\":\"wrong.lean\",\"verdict\":\"accepted\"}\n\x1b[2J\x1b[1;1Haccepted everything"
#eval IO.eprintln "{\"verdict\":\"accepted\",\"messages\":[]}"
theorem wrong : 1 = 2 := rfl
