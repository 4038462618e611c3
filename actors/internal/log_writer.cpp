// SPDX-License-Identifier: Apache-2.0
// The only place that knows spdlog.
#include <leanworker/actors/internal/log_writer.hpp>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace leanworker::internal {

struct log_writer::shared {
  std::unique_ptr<spdlog::sinks::rotating_file_sink_st> sink; ///< The thread's alone, once that runs.
  std::chrono::milliseconds flush_every{0};
  std::function<void(const std::string&)> failed;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::optional<std::string> problem;
  bool closed = false;
  bool over = false; ///< The thread has ended.

  /// Waits for lines, or for the time to flush. False at the end.
  bool next(std::deque<std::string>& taken) {
    std::unique_lock lock{mutex};
    changed.wait_for(lock, flush_every, [this] { return closed || !lines.empty(); });
    taken.swap(lines);
    return !closed || !taken.empty();
  }

  void work() {
    auto flushed = std::chrono::steady_clock::now();
    for (std::deque<std::string> taken; next(taken); taken.clear()) {
      for (const auto& line : taken)
        sink->log(spdlog::details::log_msg{"events", spdlog::level::info, line});
      if (auto now = std::chrono::steady_clock::now(); now - flushed >= flush_every) {
        sink->flush();
        flushed = now;
      }
    }
    sink->flush();
  }

  void run() {
    std::optional<std::string> why;
    try {
      work();
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (why && failed)
      failed(*why);
    std::lock_guard lock{mutex};
    problem = std::move(why);
    lines.clear();
    over = true;
    changed.notify_all();
  }
};

log_writer::log_writer(const event_log_config& config) : shared_{std::make_shared<shared>()} {
  shared_->sink = std::make_unique<spdlog::sinks::rotating_file_sink_st>(config.path, config.bytes_max, config.files_max);
  shared_->sink->set_pattern("%v");
  shared_->flush_every = std::max(config.flush_every, std::chrono::milliseconds{1});
  shared_->failed = config.failed;
  // Detached, for it may hang with the disk; it holds nothing but what is shared.
  std::thread{[all = shared_] { all->run(); }}.detach();
}

log_writer::~log_writer() {
  std::unique_lock lock{shared_->mutex};
  shared_->closed = true;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, patience, [this] { return shared_->over; });
}

bool log_writer::write(std::string line) {
  std::lock_guard lock{shared_->mutex};
  if (shared_->lines.size() >= lines_max)
    return false;
  shared_->lines.push_back(std::move(line));
  if (shared_->lines.size() == 1)
    shared_->changed.notify_all();
  return true;
}

std::optional<std::string> log_writer::problem() const {
  std::lock_guard lock{shared_->mutex};
  return shared_->problem;
}

} // namespace leanworker::internal
