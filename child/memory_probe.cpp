// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/memory_probe.hpp>

#include <leanworker/child/process.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include <ctime>
#include <thread>

#include <fcntl.h>

#include <sched.h>
#include <unistd.h>

namespace leanworker {
namespace {

/// Enough for stat, statm, smaps_rollup, meminfo and the files of a control group.
constexpr std::size_t file_bytes_max = 16'384;

std::string read_file(const std::string& path) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text(file ? file_bytes_max : 0, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    auto got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got <= 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool ends = error == std::errc{} && (end == text.data() + text.size() || *end == ' ' || *end == '\n');
  return ends ? std::optional{value} : std::nullopt;
}

/// "Name:   123 kB"
measured_bytes kib_after(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1))
    if (at == 0 || text[at - 1] == '\n')
      if (auto kib = number(text.substr(at + name.size())))
        return measured_bytes::of(*kib * 1024);
  return {};
}

/// The fields of /proc/PID/stat behind the name, which may contain anything: the first of them is field 3.
std::vector<std::string_view> stat_fields(std::string_view text) {
  std::vector<std::string_view> fields;
  auto close = text.rfind(')');
  if (close == std::string_view::npos)
    return fields;
  text.remove_prefix(close + 1);
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    auto end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0)
      fields.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return fields;
}
constexpr std::size_t first_field = 3;
constexpr std::size_t field_utime = 14 - first_field;
constexpr std::size_t field_stime = 15 - first_field;
constexpr std::size_t field_threads = 20 - first_field;
constexpr std::size_t field_start = 22 - first_field;

measured_bytes limit_of(const std::string& path) {
  auto value = number(read_file(path)); // "max" is no number: no limit
  return value ? measured_bytes::of(*value) : measured_bytes{};
}

/// The folder of our group under cgroup v2: the line "0::/path". Empty under v1.
std::string own_group(const memory_sources& sources) {
  auto text = read_file(sources.proc + "/self/cgroup");
  auto at = text.starts_with("0::") ? 0 : text.find("\n0::");
  if (at == std::string::npos)
    return {};
  at = text.find("::", at) + 2;
  return text.substr(at, text.find('\n', at) - at);
}

} // namespace

memory_probe::memory_probe(std::int64_t pid, memory_sources sources)
    : pid_{pid}, folder_{sources.proc + "/" + std::to_string(pid)} {}

memory_sample memory_probe::look(bool rollup, std::chrono::milliseconds at) {
  memory_sample sample;
  sample.pid = pid_;
  sample.at = at;
  auto stat = read_file(folder_ + "/stat");
  auto fields = stat_fields(stat);
  auto start = fields.size() > field_start ? number(fields[field_start]) : std::nullopt;
  if (!start || (start_time_ != 0 && *start != start_time_))
    return sample;
  start_time_ = *start;
  static const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  sample.threads = static_cast<std::uint32_t>(number(fields[field_threads]).value_or(0));
  auto cpu = number(fields[field_utime]).value_or(0) + number(fields[field_stime]).value_or(0);
  sample.cpu = std::chrono::milliseconds{cpu * 1000 / ticks};
  auto statm = read_file(folder_ + "/statm");
  if (auto space = statm.find(' '); space != std::string::npos)
    if (auto pages = number(std::string_view{statm}.substr(space + 1)))
      sample.rss = measured_bytes::of(*pages * page);
  if (rollup) {
    auto text = read_file(folder_ + "/smaps_rollup");
    last_.pss = kib_after(text, "Pss:");
    last_.private_dirty = kib_after(text, "Private_Dirty:");
    last_.rollup_at = at;
    last_.rss_at_rollup = sample.rss;
  }
  sample.pss = last_.pss;
  sample.private_dirty = last_.private_dirty;
  sample.rollup_at = last_.rollup_at;
  sample.rss_at_rollup = last_.rss_at_rollup;
  return sample;
}

std::chrono::nanoseconds thread_cpu_time() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

machine_memory look_at_machine(const memory_sources& sources) {
  machine_memory result;
  auto text = read_file(sources.proc + "/meminfo");
  result.total = kib_after(text, "MemTotal:");
  result.available = kib_after(text, "MemAvailable:");
  auto group = own_group(sources);
  while (!group.empty()) {
    auto folder = sources.cgroup + (group == "/" ? "" : group);
    for (auto name : {"/memory.max", "/memory.high"})
      if (auto limit = limit_of(folder + name); limit.known && (!result.group_limit.known || limit.bytes < result.group_limit.bytes)) {
        result.group_limit = limit;
        result.group_current = limit_of(folder + "/memory.current");
      }
    if (group == "/")
      break;
    auto slash = group.rfind('/');
    group = slash == 0 || slash == std::string::npos ? "/" : group.substr(0, slash);
  }
  // cgroup v1, as a container sees it. Without a limit it says a number near 2^63.
  if (auto limit = limit_of(sources.cgroup + "/memory/memory.limit_in_bytes");
      limit.known && limit.bytes < (std::uint64_t{1} << 60) && (!result.group_limit.known || limit.bytes < result.group_limit.bytes)) {
    result.group_limit = limit;
    result.group_current = limit_of(sources.cgroup + "/memory/memory.usage_in_bytes");
  }
  return result;
}

unsigned usable_cores(const memory_sources& sources) {
  cpu_set_t set;
  double cores = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : std::thread::hardware_concurrency();
  auto bound = [&](const std::string& quota, const std::string& period) {
    char* end = nullptr;
    auto allowed = std::strtod(quota.c_str(), &end), whole = std::strtod(period.c_str(), nullptr);
    if (end != quota.c_str() && allowed > 0 && whole > 0)
      cores = std::min(cores, allowed / whole);
  };
  for (auto group = own_group(sources); !group.empty();) {
    auto text = read_file(sources.cgroup + (group == "/" ? "" : group) + "/cpu.max"); // "max 100000" or "150000 100000"
    if (auto blank = text.find(' '); blank != std::string::npos)
      bound(text.substr(0, blank), text.substr(blank));
    if (group == "/")
      break;
    auto slash = group.rfind('/');
    group = slash == 0 || slash == std::string::npos ? "/" : group.substr(0, slash);
  }
  bound(read_file(sources.cgroup + "/cpu/cpu.cfs_quota_us"), read_file(sources.cgroup + "/cpu/cpu.cfs_period_us"));
  return std::max(1u, static_cast<unsigned>(cores));
}

} // namespace leanworker
