-- SPDX-License-Identifier: Apache-2.0
-- expect: killed_worker
partial def deep (n : Nat) : Nat := deep (n + 1) + n % 7
#eval deep 0
