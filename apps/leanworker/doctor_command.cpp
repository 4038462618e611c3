// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "commands.hpp"
#include "file_verdict.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

namespace leanworker::cli {
namespace {

using std::chrono::milliseconds;

struct proof {
  file_result result;
  milliseconds ready_in{0};
  std::string child;
};

/// More than a start, an import and a check may take together.
constexpr std::chrono::seconds proof_patience{120};

submit_request one_line_theorem() {
  check_request request;
  request.source = "theorem works (n : Nat) : n + 0 = n := by simp";
  request.file_name = "doctor.lean";
  submit_request submit;
  submit.id = 1;
  submit.body = encode_check(request);
  return submit;
}

/// The deepest check there is: a real child does real work.
proof prove(const lean_setup& setup) {
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  auto begin = std::chrono::steady_clock::now();
  auto workers = self->spawn(pool, lean_pool(setup, 1, {}), caf::actor_cast<pool_owner_actor>(caf::actor{self}));
  self->send(workers, one_line_theorem());
  proof found;
  found.result.message = "no answer within " + std::to_string(proof_patience.count()) + " s";
  bool over = false;
  while (!over && std::chrono::steady_clock::now() - begin < proof_patience) {
    self->receive(
      [&](const worker_event& m) {
        if (m.kind == worker_event_kind::ready) {
          found.ready_in = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
          found.child = m.text;
        }
      },
      [&](submission_done& m) {
        found.result = judge("doctor.lean", std::move(m));
        self->send(workers, stop_pool{false});
      },
      [&](const submission_started&) {}, [&](const pool_stopped&) { over = true; }, caf::after(milliseconds{200}) >> [] {});
  }
  self->send(workers, stop_pool{true});
  return found;
}

int tell_proof(const proof& found) {
  const auto& result = found.result;
  if (result.verdict == file_verdict::accepted) {
    fmt::print("proof       a child was ready in {} ms and checked a one-line theorem in {} ms: accepted\n", found.ready_in.count(),
               result.outcome.elapsed.count());
    return exit_ok;
  }
  fmt::print(stderr, "leanworker: the proof failed: {} {}\n", to_string(result.verdict), result.message);
  for (const auto& m : result.report.messages)
    fmt::print(stderr, "  {}: {}\n", m.severity, m.text);
  if (!result.outcome.down.stderr_tail.empty())
    fmt::print(stderr, "{}\n", result.outcome.down.stderr_tail);
  return exit_infrastructure;
}

} // namespace

int run_doctor(const doctor_options& options) {
  lean_setup setup;
  if (!set_up_lean(options.common, setup))
    return exit_infrastructure;
  fmt::print("toolchain   {}\n", setup.lean.sysroot);
  fmt::print("found by    {}\n", setup.lean.why);
  std::string problem;
  auto version = lean_version(setup.lean, make_runner(setup.host), problem);
  if (version.empty()) {
    fmt::print(stderr, "leanworker: {} does not work: {}\n", setup.lean.lean(), problem);
    return exit_infrastructure;
  }
  fmt::print("version     {}\n", version);
  fmt::print("host        {} ({})\n", setup.package.folder,
             setup.package.quick_start ? "starts from an image" : "no start-up image");
  return tell_proof(prove(setup));
}

} // namespace leanworker::cli
