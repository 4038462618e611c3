// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/client.hpp>
#include <leanworker/lean/check.hpp>

#include <cstdio>

int main() {
  using namespace leanworker;
  auto lean = set_up_lean(); // finds a toolchain and compiles the host once
  if (!lean)
    return std::fprintf(stderr, "%s\n", lean.message.c_str()), 3;
  auto pool = client::pool::open(client::lean_pool(lean, 2));
  auto lease = pool.acquire();
  if (!lease)
    return std::fprintf(stderr, "no lease: %s\n", lease.refusal().detail.c_str()), 3;
  for (const char* source : {"theorem t (n : Nat) : n + 0 = n := by simp", "theorem f : 1 = 2 := by decide"}) {
    check_request request;
    request.source = source;
    auto outcome = lease.run(encode_check(request)); // never throws; a crash is a value, too
    check_report report;
    std::string problem = outcome.message;
    bool answered = outcome.ok() && decode_check_report(outcome.body, report, problem);
    std::printf("%s: %s\n", source, answered ? to_string(report.result).data() : problem.c_str());
  }
}
