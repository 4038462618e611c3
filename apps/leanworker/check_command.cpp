// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "check_run.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace leanworker::cli {

int run_check(const check_options& options) {
  std::vector<input> inputs;
  std::string problem;
  if (!expand_inputs(options.inputs, inputs, problem)) {
    tell("leanworker: {}\n", problem);
    return exit_usage;
  }
  if (inputs.empty()) {
    tell("leanworker: no .lean file in {}\n", fmt::join(options.inputs, " "));
    return exit_usage;
  }
  lean_setup setup;
  auto project = inputs.front().path.empty() ? std::string{} : std::filesystem::path{inputs.front().path}.parent_path().string();
  if (!set_up_lean(options.common, setup, project))
    return interrupts() > 0 ? exit_interrupted : exit_infrastructure;
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  check_run run{system, options, setup, std::move(inputs)};
  return run.run();
}

} // namespace leanworker::cli
