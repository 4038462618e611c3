// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "setup.hpp"
#include "usage.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  using namespace leanworker::cli;
  CLI::App program{"leanworker: runs Lean 4 work in supervised child processes", "leanworker"};
  program.set_version_flag("--version", "leanworker " LEANWORKER_VERSION);
  program.require_subcommand(1);
  check_options check;
  run_options run;
  doctor_options doctor;
  add_check(program, check);
  add_run(program, run);
  add_doctor(program, doctor);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) { // --help, --version
    return program.exit(asked) == 0 ? exit_ok : exit_usage;
  } catch (const CLI::ParseError& error) {
    tell("leanworker: {}\n", usage_problem(program, error, {argv + 1, argv + argc}));
    return exit_usage;
  }
  bool checking = program.got_subcommand("check");
  bool running = program.got_subcommand("run");
  set_up_log(checking ? check.common : running ? run.common : doctor.common);
  catch_interrupts();
  try {
    auto code = checking ? run_check(check) : running ? run_run(run) : run_doctor(doctor);
    if (reader_left() && interrupts() == 0)
      end_by_sigpipe();
    return code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leanworker: internal error: %s\n", error.what());
    return exit_infrastructure;
  }
}
