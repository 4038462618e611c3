// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/check.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace leanworker::bench {

/// A generated source, and what a right checker says of it.
struct snippet {
  std::string source;
  verdict expected = verdict::accepted;
};

/// Of each 20: 16 right ones (omega, simp, decide, induction, rw, structures with deriving, #eval), one with a warning, one with `sorry`,
/// two wrong in one of four ways; in an order that the seed chooses. All begin with that import. The same seed gives the same snippets
/// everywhere.
std::vector<snippet> make_snippets(std::size_t count, std::uint64_t seed, const std::string& import);

} // namespace leanworker::bench
