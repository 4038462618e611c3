// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace leanworker::internal {

/// Cuts what a child prints into lines. A longer line is cut short; its rest is dropped. Keeps at most one line. Not thread-safe.
class line_cutter {
public:
  static constexpr std::size_t line_bytes_max = 1024;

  /// Calls `line(std::string_view)` for each line that `text` ends, without its end.
  template <class Function>
  void append(std::string_view text, Function line) {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      keep(text.substr(0, end));
      if (!begun_.empty())
        line(std::string_view{begun_});
      begun_.clear();
      text.remove_prefix(end + 1);
    }
    keep(text);
  }

  /// Calls `line` for a line that has begun, and ends it.
  template <class Function>
  void end_line(Function line) {
    append("\n", std::move(line));
  }

private:
  void keep(std::string_view part) { begun_.append(part.substr(0, line_bytes_max - std::min(begun_.size(), line_bytes_max))); }
  std::string begun_;
};

/// Whether a line is what Lean's runtime writes when code panics and goes on with a default value: `panic!`, `unreachable!`, `a[i]!`.
inline bool tells_of_panic(std::string_view line) {
  return line.starts_with("PANIC at ") || line.starts_with("INTERNAL PANIC") || line == "Error: index out of bounds"
         || line.starts_with("PANIC: ");
}

/// So many things per second, the others not. Knows no clock.
template <class TimePoint>
class per_second {
public:
  explicit per_second(unsigned most) : most_{most} {}
  bool passes(TimePoint now) {
    if (now - began_ >= std::chrono::seconds{1}) {
      began_ = now;
      used_ = 0;
    }
    return used_++ < most_;
  }

private:
  unsigned most_;
  unsigned used_ = 0;
  TimePoint began_{};
};

} // namespace leanworker::internal
