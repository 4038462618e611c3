// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/lean_setup.hpp>
#include <leanworker/child/process.hpp>
#include <leanworker/lean/check.hpp>

#include <string>
#include <string_view>

namespace leanworker::bench {

/// The program plain_loop.lean under the toolchain's `lean --run`: what a REPL costs. Throws std::runtime_error when it ends, or
/// says nothing for five minutes. Killed with this.
class plain_loop {
public:
  /// Blocks until it has imported.
  plain_loop(const lean_setup& setup, const std::string& import);
  ~plain_loop();
  plain_loop(const plain_loop&) = delete;
  plain_loop& operator=(const plain_loop&) = delete;

  verdict check(const std::string& source);
  pid_t pid() const noexcept { return process_.pid; }

private:
  std::string read_line();
  void write_all(std::string_view bytes);

  spawned_process process_;
  std::string read_;
};

} // namespace leanworker::bench
