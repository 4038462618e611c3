// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/host_thread.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace leanworker::testing {

struct recorded_frame {
  frame_header header;
  std::string body;
};

/// Keeps what one child does, and lets a test wait for it.
class recorder : public child_observer {
public:
  void started(pid_t id) override {
    record([&] { pid_ = id; });
  }
  void frames(frame_batch_ptr batch) override {
    record([&] {
      for (const auto& frame : batch->frames())
        frames_.push_back({frame.header, std::string{frame.body}});
      if (keep_batches)
        batches_.push_back(std::move(batch));
    });
  }
  void fault(errc cause, const std::string& detail) override {
    record([&] { faults_.emplace_back(cause, detail); });
  }
  void ended(const child_end& end) override {
    record([&] {
      end_ = end;
      ++ends_;
    });
  }

  /// Waits until `done(*this)` holds; false after 20 s.
  template <class Condition>
  bool wait(Condition done) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return done(*this); });
  }
  bool wait_end() {
    return wait([](const recorder& r) { return r.end_.has_value(); });
  }
  bool wait_frames(std::size_t count) {
    return wait([=](const recorder& r) { return r.frames_.size() >= count; });
  }
  void let_go(bool keep_the_next = false) {
    std::vector<frame_batch_ptr> batches;
    std::lock_guard lock{mutex_};
    keep_batches = keep_the_next;
    batches.swap(batches_);
  }
  template <class Read>
  auto look(Read read) {
    std::lock_guard lock{mutex_};
    return read(*this);
  }

  bool keep_batches = false;
  pid_t pid_ = -1;
  std::vector<recorded_frame> frames_;
  std::vector<frame_batch_ptr> batches_;
  std::vector<std::pair<errc, std::string>> faults_;
  std::optional<child_end> end_;
  int ends_ = 0;

private:
  template <class Change>
  void record(Change change) {
    std::lock_guard lock{mutex_};
    change();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

} // namespace leanworker::testing
