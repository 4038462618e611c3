// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lean_command.hpp"
#include "process_table.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <optional>

#include <poll.h>

namespace leanworker::testing {

/// `leanworker` while it runs.
class running_command : public child_observer {
public:
  explicit running_command(const process_spec& command) {
    child_limits limits;
    limits.channel_grace = std::chrono::minutes{5}; // it does not speak the protocol
    auto self = std::shared_ptr<child_observer>{this, [](child_observer*) {}};
    host_.spawn(command, self, limits);
    pid = started_.get_future().get();
  }
  ~running_command() override { wait(); }

  exit_status wait() {
    if (!exit_)
      exit_ = ended_.get_future().get();
    return *exit_;
  }
  bool over() { return result_ready_.load(); }

  pid_t pid = -1;

private:
  void started(pid_t id) override { started_.set_value(id); }
  void frames(frame_batch_ptr) override {}
  void fault(errc, const std::string&) override {}
  void ended(const child_end& end) override {
    result_ready_ = true;
    ended_.set_value(end.exit);
  }

  std::promise<pid_t> started_;
  std::promise<exit_status> ended_;
  std::optional<exit_status> exit_;
  std::atomic<bool> result_ready_{false};
  host_thread host_;
};

/// The Lean hosts of a command with this mark: node or lean, not the command itself.
inline std::vector<pid_t> hosts_of(const running_command& command, const std::string& mark) {
  std::vector<pid_t> found;
  for (const auto& process : processes_with("LEANWORKER_WASM_TEST_MARK=" + mark))
    if (process.parent == command.pid)
      found.push_back(process.pid);
  return found;
}

inline bool wait_until(std::chrono::milliseconds patience, const std::function<bool()>& done) {
  auto ends = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= ends)
      return false;
    ::poll(nullptr, 0, 20); // nothing announces what other processes do
  }
  return true;
}

} // namespace leanworker::testing
