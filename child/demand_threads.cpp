// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/demand_threads.hpp>

#include <latch>
#include <thread>
#include <vector>

namespace leanworker {

void demand_threads(unsigned count) {
  std::latch all_there{1};
  std::vector<std::jthread> threads;
  // Gone before the threads are joined, also when one of them cannot be started.
  struct release {
    std::latch& latch;
    ~release() { latch.count_down(); }
  } at_end{all_there};
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&all_there] { all_there.wait(); });
}

} // namespace leanworker
