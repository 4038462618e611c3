// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quantiles.hpp"

#include <leanworker/child/process.hpp>

#include <chrono>
#include <string_view>

namespace leanworker::bench {

/// The argument that makes a benchmark its own child.
inline constexpr std::string_view serve_flag = "--serve";

/// The child's whole life: operations `work` (answers at once), `task` (sleeps `ms`), `hang`.
int serve();

process_spec this_program_as_child();

/// This child with nothing in between: blocking writes and reads on its pipes by the calling thread. Its functions throw std::runtime_error.
class raw_child {
public:
  raw_child();
  ~raw_child();
  raw_child(const raw_child&) = delete;
  raw_child& operator=(const raw_child&) = delete;

  void round_trip(std::string_view body);
  /// How long from SIGKILL to the exit status. It is dead afterwards.
  std::chrono::steady_clock::duration kill();

private:
  spawned_process process_;
  bool dead_ = false;
};

/// The least that a request to this child can cost. Throws std::runtime_error.
quantiles raw_round_trips(int rounds, std::string_view body = R"({"op":"work"})");

} // namespace leanworker::bench
