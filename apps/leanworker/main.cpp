// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "setup.hpp"
#include "terminal_text.hpp"
#include "usage.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace {

using namespace leanworker::cli;

/// What could not be written counts more than what was to be said in it.
int with_output(int code) {
  bool written = !tell_output_problem() && !event_log_failed();
  return written || code == exit_interrupted || code == exit_usage ? code : exit_infrastructure;
}

/// Of an exception that nobody closer to it has handled: most are a want of the machine.
int tell_exception(const std::exception& error) {
  auto advice = advice_for(error.what());
  if (advice.empty())
    tell("leanworker: internal error: {}\n", shown(error.what()));
  else
    tell("leanworker: cannot go on: {}; {}\n", shown(error.what()), advice);
  return exit_infrastructure;
}

int tell_help(CLI::App& program, const CLI::Success& asked) {
  std::ostringstream text, problem;
  auto code = program.exit(asked, text, problem) == 0 ? exit_ok : exit_usage;
  put(text.str());
  if (reader_left())
    end_by_sigpipe();
  return with_output(code);
}

} // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  catch_interrupts();
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
    return tell_help(program, asked);
  } catch (const CLI::ParseError& error) {
    tell("leanworker: {}\n", usage_problem(program, error, {argv + 1, argv + argc}));
    return exit_usage;
  }
  bool checking = program.got_subcommand("check");
  bool running = program.got_subcommand("run");
  set_up_log(checking ? check.common : running ? run.common : doctor.common);
  try {
    auto code = checking ? run_check(check) : running ? run_run(run) : run_doctor(doctor);
    if (reader_left() && interrupts() == 0)
      end_by_sigpipe();
    return with_output(code);
  } catch (const std::exception& error) {
    return tell_exception(error);
  }
}
