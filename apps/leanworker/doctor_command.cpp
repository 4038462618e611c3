// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "commands.hpp"
#include "file_verdict.hpp"
#include "output.hpp"

#include <leanworker/actors/root.hpp>

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
};

/// More than a start, an import and a check may take together.
constexpr std::chrono::seconds proof_patience{120};
constexpr std::chrono::seconds ask_patience{10};

submit_request one_line_theorem() {
  check_request request;
  request.source = "theorem works (n : Nat) : n + 0 = n := by simp";
  request.file_name = "doctor.lean";
  submit_request submit;
  submit.id = 1;
  submit.body = encode_check(request);
  return submit;
}

/// A tree of actors as the command runs them, without an owner: the proof is one of the pool's clients.
class proving {
public:
  proving(caf::actor_system& system, const lean_setup& setup) : self_{system} {
    root_spec spec;
    spec.pool = lean_pool(setup, 1, {});
    tree_ = system.spawn(supervisor, root_tree(std::move(spec)));
    self_->request(tree_, ask_patience, get_child{"pool"}).receive([this](const child_handle& found) { pool_ = caf::actor_cast<pool_actor>(found.handle); },
                                                                  [](const caf::error&) {});
  }
  ~proving() {
    self_->monitor(tree_);
    self_->send_exit(tree_, caf::exit_reason::user_shutdown);
    self_->receive([](const caf::down_msg&) {}, caf::after(proof_patience) >> [] {});
  }
  proving(const proving&) = delete;
  proving& operator=(const proving&) = delete;

  /// The deepest check there is: a real child does real work.
  proof prove() {
    proof found;
    found.result.message = "no answer within " + std::to_string(proof_patience.count()) + " s";
    self_->send(pool_, one_line_theorem());
    bool over = false;
    while (!over)
      self_->receive([](const submission_started&) {},
                     [&](submission_done& m) {
                       found.result = judge("doctor.lean", std::move(m));
                       over = true;
                     },
                     caf::after(proof_patience) >> [&] { over = true; });
    auto numbers = snapshot();
    found.ready_in = std::chrono::duration_cast<milliseconds>(numbers.histograms.start.max());
    return found;
  }
  /// The live tree, down to the child processes.
  std::string picture() {
    supervision_node tree;
    self_->request(tree_, ask_patience, get_tree{}).receive([&](supervision_node& found) { tree = std::move(found); }, [](const caf::error&) {});
    for (auto& child : tree.children)
      if (child.id == "pool")
        child.children = tree_of(snapshot());
    return render_tree(tree);
  }

private:
  pool_snapshot snapshot() {
    pool_snapshot result;
    self_->request(pool_, ask_patience, get_pool_snapshot{}).receive([&](pool_snapshot& found) { result = std::move(found); }, [](const caf::error&) {});
    return result;
  }

  caf::scoped_actor self_;
  supervisor_actor tree_;
  pool_actor pool_;
};

int tell_proof(const proof& found) {
  const auto& result = found.result;
  if (result.verdict == file_verdict::accepted) {
    fmt::print("proof       a child was ready in {} ms and checked a one-line theorem in {} ms: accepted\n", found.ready_in.count(),
               result.outcome.elapsed.count());
    return exit_ok;
  }
  tell("leanworker: the proof failed: {} {}\n", to_string(result.verdict), result.message);
  for (const auto& m : result.report.messages)
    tell("  {}: {}\n", m.severity, m.text);
  if (!result.outcome.down.stderr_tail.empty())
    tell("{}\n", result.outcome.down.stderr_tail);
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
    tell("leanworker: {} does not work: {}\n", setup.lean.lean(), problem);
    return exit_infrastructure;
  }
  fmt::print("version     {}\n", version);
  fmt::print("host        {} ({})\n", setup.package.folder,
             setup.package.quick_start ? "starts from an image" : "no start-up image");
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  proving run{system, setup};
  auto code = tell_proof(run.prove());
  if (options.tree)
    fmt::print("tree\n{}", run.picture());
  return code;
}

} // namespace leanworker::cli
