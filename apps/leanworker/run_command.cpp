// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "interrupt.hpp"
#include "run_output.hpp"
#include "run_work.hpp"
#include "setup.hpp"
#include "output.hpp"
#include "terminal_text.hpp"

#include <fmt/format.h>

#include <filesystem>

#include <unistd.h>

namespace leanworker::cli {
namespace {

/// Capabilities that come with the host.
constexpr std::pair<std::string_view, std::string_view> built_in[] = {{"extract", "LeanWorker.Extract"}};

bool resolve(const std::string& name, command_target& target, std::string& problem) {
  if (!name.ends_with(".lean")) {
    target = command_target::lean_module(name);
    for (auto [short_name, module] : built_in)
      if (name == short_name)
        target = command_target::lean_module(std::string{module});
    return true;
  }
  std::error_code error;
  auto path = std::filesystem::canonical(name, error);
  if (error || !std::filesystem::is_regular_file(path) || ::access(path.c_str(), R_OK) != 0) {
    problem = "cannot read " + name + (error ? ": " + error.message() : "");
    return false;
  }
  target = command_target::lean_path(path.string());
  return true;
}

} // namespace

int run_run(run_options options) {
  command_target target;
  std::vector<run_part> parts;
  std::string json;
  std::string problem;
  if (!resolve(options.capability, target, problem) || !read_request(options.request, json, problem) || !split_request(json, options.split, parts, problem)) {
    tell("leanworker: {}\n", shown(problem));
    return exit_usage;
  }
  if (!can_write_rows(options.rows, problem)) {
    tell("leanworker: {}\n", shown(problem));
    return exit_infrastructure;
  }
  lean_setup setup;
  if (!set_up_lean(options.common, setup))
    return interrupts() > 0 ? exit_interrupted : exit_infrastructure;
  return run_work{options, setup, std::move(target), std::move(parts)}.run();
}

} // namespace leanworker::cli
