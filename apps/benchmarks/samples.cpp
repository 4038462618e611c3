// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace leanworker::bench {

double series::median() const {
  if (values.empty())
    return 0;
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double series::lowest() const { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }

double series::highest() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }

void print_table(const std::vector<series>& all) {
  fmt::print("{:<52} {:>4} {:>9} {:>9} {:>9} {:>9}\n", "what", "runs", "median", "lowest", "highest", "target");
  for (const auto& each : all) {
    if (each.values.empty())
      continue;
    auto target = each.target == 0 ? std::string{"-"} : fmt::format("{:.2f} {}", each.target, each.median() <= each.target ? "ok" : "MISSED");
    fmt::print("{:<52} {:>4} {:>9.2f} {:>9.2f} {:>9.2f} {:>9}\n", each.name + ", " + each.unit, each.values.size(), each.median(), each.lowest(),
               each.highest(), target);
  }
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double rss_mb(long pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
  double all = 0, resident = 0;
  return file >> all >> resident ? resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6 : 0;
}

} // namespace leanworker::bench
