// SPDX-License-Identifier: Apache-2.0
#include "setup.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "terminal_text.hpp"

#include <leanworker/child/memory_probe.hpp>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

/// A Lean host needs a core, and memory for its imports.
constexpr std::uint64_t memory_bytes_per_worker = 1'500'000ull << 10;

/// Lean under Node starts with 40 (measured: not with 24).
constexpr rlim_t files_enough = 64;

/// Found out before the work, since the log itself has nobody to tell.
bool can_log_events(const std::string& path) {
  if (path.empty() || std::ofstream{path, std::ios::app})
    return true;
  tell("leanworker: cannot write the event log {}: {}\n", shown(path), std::generic_category().message(errno));
  return false;
}

/// Whole lines, as all that people are told; spdlog's own sink goes through stdio, which loses lines where standard error is non-blocking.
class standard_error_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit standard_error_sink(bool colors) : colors_{colors} {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t buffer;
    formatter_->format(message, buffer);
    std::string text{buffer.data(), buffer.size()};
    if (colors_ && message.color_range_end > message.color_range_start) {
      text.insert(message.color_range_end, "\x1b[m");
      text.insert(message.color_range_start, message.level >= spdlog::level::err ? "\x1b[1;31m" : message.level == spdlog::level::warn ? "\x1b[1;33m" : "\x1b[32m");
    }
    tell_text(text);
  }
  void flush_() override {}

  bool colors_;
};

void tell_failed_setup(const std::string& message) {
  auto advice = advice_for(message);
  tell("leanworker: {}{}{}\n", shown_lines(message), advice.empty() ? "" : "\n  What to do: ", advice);
}

} // namespace

bool set_up_lean(const common_options& options, lean_setup& out, const std::string& project) {
  if (!can_log_events(options.event_log))
    return false;
  lean_search search;
  search.sysroot = options.sysroot;
  search.project = project;
  search.say = [](const std::string& step) { tell("leanworker: {}\n", shown(step)); };
  stop_on_interrupt watch; // compiling the host takes a minute: whoever interrupts does not want to wait for it
  search.stop = watch.token();
  out = leanworker::set_up_lean(search);
  if (out.error == errc::cancelled)
    tell("leanworker: interrupted\n");
  else if (!out)
    tell_failed_setup(out.message);
  return static_cast<bool>(out);
}

std::string advice_for_failed_start(std::string_view words) {
  auto advice = advice_for(words);
  rlimit files{};
  if (!advice.empty() || ::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files_enough)
    return advice;
  return fmt::format("perhaps it could not open enough files: {} are allowed; raise the limit, for example: ulimit -n 1024", files.rlim_cur);
}

void set_up_log(const common_options& options) {
  bool colors = options.color == "always" || (options.color == "auto" && ::isatty(STDERR_FILENO) != 0 && !std::getenv("NO_COLOR"));
  auto log = std::make_shared<spdlog::logger>("leanworker", std::make_shared<standard_error_sink>(colors));
  log->set_pattern("leanworker: %^%l%$: %v");
  log->set_level(spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(std::move(log));
}

unsigned default_jobs() {
  auto memory = look_at_machine();
  auto available = memory.available.known ? memory.available.bytes : std::uint64_t{0};
  if (memory.group_limit.known) {
    auto used = memory.group_current.known ? memory.group_current.bytes : std::uint64_t{0};
    auto left = memory.group_limit.bytes - std::min(memory.group_limit.bytes, used);
    available = memory.available.known ? std::min(available, left) : left;
  }
  auto by_memory = available == 0 ? std::uint64_t{1} : available / memory_bytes_per_worker;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(by_memory, 1, usable_cores()));
}

} // namespace leanworker::cli
