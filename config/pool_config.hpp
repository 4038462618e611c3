// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/worker_config.hpp>

#include <cstddef>

namespace leanworker {

struct pool_config {
  unsigned workers = 2;          ///< Children at a time. A Lean host takes 0.6 to 0.9 GB and a core.
  std::size_t queue_max = 1024;  ///< Submissions waiting for a worker; one more is answered with `overloaded`.
  /// A request whose key a worker knows already may overtake others in the queue, but each one is overtaken at most this often. 0: strict order.
  unsigned overtaken_max = 16;
  /// A request under which this many children died is answered with `killed_its_worker` instead of being tried again. At least 1.
  unsigned deaths_max = 2;
  worker_config worker;
};

} // namespace leanworker
