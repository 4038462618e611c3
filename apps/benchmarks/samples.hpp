// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace leanworker::bench {

/// A series of measured values of one kind.
struct series {
  std::string name;
  std::string unit;
  double target = 0; ///< What is promised; 0: nothing.
  std::vector<double> values;

  double median() const;
  double lowest() const;
  double highest() const;
};

/// One row per series: name, median, lowest, highest, target, and whether the median keeps it.
void print_table(const std::vector<series>& all);

double seconds_since(std::chrono::steady_clock::time_point begin);

/// The resident memory of a process in MB (10^6 bytes), from /proc/<pid>/statm; 0 when unavailable.
double rss_mb(long pid);

} // namespace leanworker::bench
