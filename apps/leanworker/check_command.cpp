// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "check_run.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "terminal_text.hpp"

#include <leanworker/lean/main_module.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace leanworker::cli {
namespace {

/// What is wrong with --imports, once for all files. A quoted name («…») is left to Lean.
std::string problem_of_imports(const check_options& options, const lean_setup& setup) {
  auto folders = module_search_path(options.paths, setup.lean);
  for (const auto& module : options.imports) {
    auto file = module_file(module);
    auto is_there = [&](const std::string& folder) {
      std::error_code ignored;
      return std::filesystem::exists(folder + "/" + file, ignored);
    };
    if (file.empty())
      return fmt::format("--imports: '{}' is no module name; write for example Init,Std.Data.HashMap", module);
    if (module.find("«") == std::string::npos && std::none_of(folders.begin(), folders.end(), is_there))
      return fmt::format("--imports: there is no module {}: no {} in {}; a further folder is named with --path", module, file, fmt::join(folders, ", "));
  }
  return {};
}

} // namespace

int run_check(const check_options& options) {
  std::vector<input> inputs;
  std::string problem;
  if (!expand_inputs(options.inputs, inputs, problem)) {
    tell("leanworker: {}\n", shown(problem));
    return exit_usage;
  }
  if (inputs.empty()) {
    tell("leanworker: no .lean file in {}\n", shown(fmt::format("{}", fmt::join(options.inputs, " "))));
    return exit_usage;
  }
  lean_setup setup;
  auto project = inputs.front().path.empty() ? std::string{} : std::filesystem::path{inputs.front().path}.parent_path().string();
  if (!set_up_lean(options.common, setup, project))
    return interrupts() > 0 ? exit_interrupted : exit_infrastructure;
  if (problem = problem_of_imports(options, setup); !problem.empty()) {
    tell("leanworker: {}\n", shown(problem));
    return exit_usage;
  }
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  check_run run{system, options, setup, std::move(inputs)};
  return run.run();
}

} // namespace leanworker::cli
