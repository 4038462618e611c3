// SPDX-License-Identifier: Apache-2.0
#include "usage.hpp"

#include "terminal_text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <numeric>

namespace leanworker::cli {
namespace {

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::vector<std::string> commands_of(const CLI::App& program) {
  std::vector<std::string> names;
  for (const auto* command : program.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

/// `otherwise` ends a sentence that has no hint.
std::string hint(const std::string& near, const char* otherwise) { return near.empty() ? otherwise : "; did you mean " + near + "?"; }

/// An option's name without its value; empty for what is no option.
std::string option_in(const std::string& word) {
  if (word.starts_with("--"))
    return word.size() > 2 ? word.substr(0, word.find('=')) : std::string{};
  return word.size() > 1 && word[0] == '-' ? word.substr(0, 2) : std::string{};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool is_flag(const CLI::App& command, const std::string& name) {
  auto option = command.get_option_no_throw(name);
  return option && option->get_expected_max() == 0;
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  auto best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& name : known)
    if (auto d = distance(word, name); d < best_distance) {
      best = name;
      best_distance = d;
    }
  return best;
}

std::string usage_problem(const CLI::App& program, const CLI::ParseError& error, const std::vector<std::string>& words) {
  auto used = program.get_subcommands();
  if (!words.empty() && words.front().starts_with('-'))
    return shown(words.front()) + " is no option of leanworker itself; options come behind a command, as in leanworker check " + shown(words.front())
           + "; the commands are: " + joined(commands_of(program));
  if (used.empty()) {
    auto word = std::find_if(words.begin(), words.end(), [](const std::string& w) { return !w.starts_with('-'); });
    auto names = commands_of(program);
    if (word != words.end())
      return "there is no command '" + shown(*word) + "'" + hint(nearest(*word, names), ".") + " The commands are: " + joined(names);
    return "a command is wanted; the commands are: " + joined(names);
  }
  const auto& command = *used.front();
  auto name = "leanworker " + command.get_name();
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    auto unknown = std::find_if(words.begin() + 1, words.end(), [&](const std::string& word) {
      auto option = option_in(word);
      return !option.empty() && !command.get_option_no_throw(option);
    });
    if (unknown != words.end()) {
      auto option = option_in(*unknown);
      return name + " has no option " + shown(option) + hint(nearest(option, options_of(command)), ".") + " All of them: " + name + " --help";
    }
  }
  if (error.get_name() == "ArgumentMismatch")
    for (const auto& word : words)
      if (auto option = option_in(word); option.size() < word.size() && option.starts_with("--") && is_flag(command, option))
        return option + " takes no value, and '" + shown(word.substr(option.size() + 1)) + "' was given. How it is used: " + name + " --help";
  return shown_lines(error.what()) + "\nHow it is used: " + name + " --help";
}

} // namespace leanworker::cli
