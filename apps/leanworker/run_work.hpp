// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "run_output.hpp"
#include "run_parts.hpp"
#include "setup.hpp"

#include <leanworker/actors/client.hpp>
#include <leanworker/actors/commands.hpp>
#include <leanworker/lean/run.hpp>

#include <atomic>
#include <chrono>
#include <stop_token>

namespace leanworker::cli {

/// One `run`: its parts over a pool, a thread for each worker, and what is said about them.
class run_work {
public:
  run_work(const run_options& options, const lean_setup& setup, command_target target, std::vector<run_part> parts);

  /// Returns the exit code.
  int run();

private:
  struct part_result {
    bool over = false;
    client::stream_outcome ended;
    run_report report;
  };

  client::pool_options pool_options() const;
  void work(client::pool& pool);
  void run_part_number(client::pool& pool, std::size_t number);
  void watch();
  void draw_progress();
  std::string progress_line() const;
  int conclude();
  void tell_failure(std::size_t number) const;
  /// What a panic of this one makes of the exit code.
  int tell_panic(std::size_t number) const;
  bool print_results() const;
  void tell_summary(int code) const;
  double seconds() const;

  const run_options& options_;
  const lean_setup& setup_;
  const command_target target_;
  const std::vector<run_part> parts_;
  const unsigned jobs_;
  const bool draw_;
  run_output output_;
  std::vector<part_result> results_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> failed_{false};
  std::atomic<unsigned> working_{0};
  std::stop_source stop_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace leanworker::cli
