// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "snippets.hpp"

#include <leanworker/actors/lean_setup.hpp>

namespace leanworker::bench {

/// The same snippets through a pool of that many workers and through as many plain loops, in turns, twice; prints both and their ratio.
/// False when one of them gave a wrong verdict.
bool compare_with_plain_loop(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import, unsigned workers);

/// What the first snippets cost in a fresh child: asked at once, after what it does while it is idle, and in a fresh plain loop.
bool print_first_snippets(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import);

/// Where the time of a check goes on a warm worker, per snippet. False when a verdict was wrong.
bool print_phases(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import);

} // namespace leanworker::bench
