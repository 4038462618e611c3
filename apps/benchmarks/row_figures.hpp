// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include <unistd.h>

namespace leanworker::bench {

/// One measurement of rows.
struct measured {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0; ///< Payload, or all bytes of a bare loop.
  double seconds = 0;
  std::int64_t rss_growth_bytes = 0;
  std::uint64_t pauses = 0; ///< For want of credit.
  double rows_per_second() const noexcept { return static_cast<double>(rows) / seconds; }
};

/// Of this process.
inline std::int64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::int64_t size = 0;
  std::int64_t resident = 0;
  file >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// Prints one line per figure, for people or as JSON, as soon as it is known.
class figures_of_rows {
public:
  explicit figures_of_rows(bool json) : json_{json} {
    if (!json_)
      fmt::print("{:<66} {:>10} {:>9} {:>12} {:>9} {:>8} {:>8}\n", "what", "rows", "s", "rows/s", "MB/s", "RSS MiB", "pauses");
  }
  void add(const std::string& what, const measured& m) {
    auto megabytes = static_cast<double>(m.bytes) / 1e6 / m.seconds;
    auto rss = static_cast<double>(m.rss_growth_bytes) / (1 << 20);
    if (json_)
      fmt::print(R"({{"what":"{}","rows":{},"seconds":{:.4f},"rows_per_second":{:.0f},"mb_per_second":{:.1f},"rss_growth_mib":{:.1f},"pauses":{}}})" "\n", what, m.rows, m.seconds,
                 m.rows_per_second(), megabytes, rss, m.pauses);
    else
      fmt::print("{:<66} {:>10} {:>9.3f} {:>12.0f} {:>9.0f} {:>8.1f} {:>8}\n", what, m.rows, m.seconds, m.rows_per_second(), megabytes, rss, m.pauses);
    std::fflush(stdout);
  }
  void promise_at_least(const std::string& what, double value, double promise) { promised(what, value, promise, value >= promise, "at least"); }
  void promise_at_most(const std::string& what, double value, double promise) { promised(what, value, promise, value <= promise, "at most"); }
  /// A plain number, without promise.
  void value(const std::string& what, double value) {
    if (json_)
      fmt::print(R"({{"what":"{}","value":{:.3f}}})" "\n", what, value);
    else
      fmt::print("{:<66} {:>10.3f}\n", what, value);
    std::fflush(stdout);
  }
  /// `why` holds nothing that JSON would have to escape.
  void not_measured(const std::string& what, const std::string& why) {
    if (json_)
      fmt::print(R"({{"what":"{}","not_measured":"{}"}})" "\n", what, why);
    else
      fmt::print("{:<66} not measured: {}\n", what, why);
    std::fflush(stdout);
  }

private:
  void promised(const std::string& what, double value, double promise, bool kept, const char* sense) {
    if (json_)
      fmt::print(R"({{"what":"{}","value":{:.3f},"promise":"{} {}","kept":{}}})" "\n", what, value, sense, promise, kept);
    else
      fmt::print("{:<66} {:>10.3f} {} {}: {}\n", what, value, sense, promise, kept ? "kept" : "NOT KEPT");
    std::fflush(stdout);
  }
  bool json_;
};

} // namespace leanworker::bench
