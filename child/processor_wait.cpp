// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/processor_wait.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <sys/types.h>
#include <time.h>

namespace leanworker {
namespace {

/// More threads than any child of ours has; a hostile one must not make a look long.
constexpr std::size_t threads_max = 256;

bool read_wait(const std::string& path, std::uint64_t& out) {
  auto file = std::fopen(path.c_str(), "re");
  if (!file)
    return false;
  unsigned long long ran = 0, waited = 0;
  bool known = std::fscanf(file, "%llu %llu", &ran, &waited) == 2;
  std::fclose(file);
  out = waited;
  return known;
}

std::map<std::int64_t, std::uint64_t> waits_of(const std::string& tasks) {
  std::map<std::int64_t, std::uint64_t> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{tasks, error}, end; !error && entry != end; entry.increment(error)) {
    auto name = entry->path().filename().string();
    std::int64_t thread = 0;
    std::uint64_t waited = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (thread > 0 && read_wait(entry->path() / "schedstat", waited))
      found[thread] = waited;
    if (found.size() >= threads_max)
      break;
  }
  return found;
}

} // namespace

std::chrono::milliseconds processor_wait::look(std::int64_t pid) {
  auto now = waits_of(proc_ + "/" + std::to_string(pid) + "/task");
  std::uint64_t longest = 0;
  if (std::exchange(pid_, pid) == pid)
    for (const auto& [thread, waited] : now) {
      auto before = seen_.find(thread);
      auto since = waited - (before == seen_.end() ? 0 : std::min(before->second, waited));
      longest = std::max(longest, since);
    }
  seen_ = std::move(now);
  total_ns_ += longest;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds{total_ns_});
}

std::optional<std::chrono::nanoseconds> processor_time_of(std::int64_t pid) {
  ::clockid_t clock{};
  ::timespec at{};
  if (pid <= 0 || ::clock_getcpuclockid(static_cast<::pid_t>(pid), &clock) != 0 || ::clock_gettime(clock, &at) != 0)
    return std::nullopt;
  return std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec};
}

} // namespace leanworker
