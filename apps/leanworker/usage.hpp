// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace leanworker::cli {

/// The one of `known` that is spelled most like `word`; empty where none is near: more than a third of its letters, and more than two, would have to change.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// What is wrong with a command line, for people: which word or option, what was given, what is allowed, and the nearest name. Lines without
/// "leanworker: ".
std::string usage_problem(const CLI::App& program, const CLI::ParseError& error, const std::vector<std::string>& words);

} // namespace leanworker::cli
