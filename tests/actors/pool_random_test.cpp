// SPDX-License-Identifier: Apache-2.0
// Random lives of a pool on scripted children. A failing seed prints its story; LEANWORKER_SEED=n replays it alone, and so does the program random_lives.
#define CAF_SUITE pool_random
#include <leanworker/harness/random_life.hpp>

#include <cstdlib>
#include <iostream>
#include <caf/test/dsl.hpp>

using namespace leanworker;

namespace {

constexpr unsigned seeds = 10'000;

/// True when this life was in order.
bool survives(unsigned seed, std::map<std::string, int>& codes) {
  harness::random_life life{seed};
  bool good = life.live();
  for (const auto& [code, count] : life.codes)
    codes[code] += count;
  if (!good)
    std::cerr << "seed " << seed << ": " << life.problem() << life.story() << "\nreplay with LEANWORKER_SEED=" << seed << std::endl;
  return good;
}

} // namespace

CAF_TEST(whatever happens the invariants hold) {
  std::map<std::string, int> codes;
  if (auto one = std::getenv("LEANWORKER_SEED")) {
    CAF_CHECK(survives(static_cast<unsigned>(std::atoi(one)), codes));
    return;
  }
  int failed = 0;
  for (unsigned seed = 1; seed <= seeds && failed < 3; ++seed)
    failed += survives(seed, codes) ? 0 : 1;
  CAF_CHECK_EQUAL(failed, 0);
  for (const auto& [code, count] : codes)
    CAF_MESSAGE(code << ": " << count);
  // A life in which nothing happens would prove nothing.
  for (auto code : {"none", "cancelled", "request_timeout", "overloaded", "circuit_open", "killed_its_worker", "queue_timeout", "quarantined", "draining",
                    "lease_stale", "memory_limit", "memory_pressure", "child_signalled", "link_lost", "granted", "refused queue_timeout",
                    "lease ended cycled", "lease ended lease_expired", "lease ended child_signalled", "lease ended request_timeout"})
    CAF_CHECK_EQUAL((codes[code] > 3 ? std::string{code} : std::string{"rare"}), code);
}
