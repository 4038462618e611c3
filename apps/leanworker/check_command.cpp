// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "check_run.hpp"
#include "commands.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>

namespace leanworker::cli {

int run_check(const check_options& options) {
  std::vector<input> inputs;
  std::string problem;
  if (!expand_inputs(options.inputs, inputs, problem)) {
    fmt::print(stderr, "leanworker: {}\n", problem);
    return exit_usage;
  }
  if (inputs.empty()) {
    fmt::print(stderr, "leanworker: no .lean file in {}\n", fmt::join(options.inputs, " "));
    return exit_usage;
  }
  lean_setup setup;
  if (!set_up_lean(options.common, setup))
    return interrupts() > 0 ? exit_interrupted : exit_infrastructure;
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  check_run run{system, options, setup, std::move(inputs)};
  return run.run();
}

} // namespace leanworker::cli
