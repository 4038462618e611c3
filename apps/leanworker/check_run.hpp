// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inputs.hpp"
#include "report.hpp"
#include "setup.hpp"

#include <leanworker/actors/pool.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <unordered_map>

namespace leanworker::cli {

/// One run of `check`: feeds the inputs to a pool, in a window so that the queue stays short, and prints each result once.
class check_run {
public:
  check_run(caf::actor_system& system, const check_options& options, const lean_setup& setup, std::vector<input> inputs);

  /// Returns the exit code.
  int run();

private:
  pool_spec make_spec() const;
  void feed();
  /// False: it is still being read.
  bool give(ticket id);
  bool unfinished(ticket id) const;
  submit_request submission(ticket id) const;
  void receive_one();
  void on_done(submission_done& done);
  void on_event(const worker_event& event);
  void heed_interrupts();
  void stop_pool_and_wait();
  void report(file_result result);
  void report_unfinished();
  std::chrono::milliseconds elapsed() const;

  const check_options& options_;
  const lean_setup& setup_;
  std::vector<input> inputs_;
  const unsigned jobs_;
  const std::string folder_; ///< The current one; modules are named from here.
  caf::scoped_actor self_;
  pool_actor pool_;
  printer printer_;
  tally tally_;
  std::unordered_map<ticket, bool> open_; ///< Submitted, no result yet; true while a worker has it.
  std::vector<ticket> reading_; ///< Not submitted yet: their writers have not ended.
  std::size_t next_ = 0;
  std::size_t rejected_by_rules_ = 0;
  bool stopping_ = false;
  bool pool_over_ = false;
  int interrupts_heeded_ = 0;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace leanworker::cli
