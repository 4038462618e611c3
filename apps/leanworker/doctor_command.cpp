// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"
#include "commands.hpp"
#include "doctor_report.hpp"
#include "file_verdict.hpp"
#include "interrupt.hpp"
#include "terminal_text.hpp"
#include "output.hpp"

#include <leanworker/actors/root.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace leanworker::cli {
namespace {

using std::chrono::milliseconds;

struct proof {
  file_result result;
  milliseconds ready_in{0};
};

/// More than a start, an import and a check may take together.
constexpr std::chrono::seconds proof_patience{120};
constexpr milliseconds glance{100};
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
    auto ends = std::chrono::steady_clock::now() + proof_patience;
    while (!over && interrupts() == 0 && std::chrono::steady_clock::now() < ends)
      self_->receive([](const submission_started&) {},
                     [&](submission_done& m) {
                       found.result = judge("doctor.lean", std::move(m));
                       over = true;
                     },
                     caf::after(glance) >> [] {});
    if (!over && interrupts() > 0)
      found.result.message = "interrupted";
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
    put(fmt::format("proof       a child was ready in {} ms and checked a one-line theorem in {} ms: accepted\n", found.ready_in.count(),
                    result.outcome.elapsed.count()));
    return exit_ok;
  }
  tell("leanworker: the proof failed: {} {}\n", to_string(result.verdict), shown_lines(result.message));
  for (const auto& m : result.report.messages)
    tell("  {}: {}\n", shown(m.severity), shown_lines(m.text, "    "));
  const auto& down = result.outcome.down;
  const auto& words = down.stderr_tail.empty() ? down.stdout_tail : down.stderr_tail;
  if (auto lines = telling_lines(words); !lines.empty())
    tell("    {}\n", shown_lines(lines, "    "));
  if (auto advice = advice_for_failed_start(words + down.exit.str()); !advice.empty())
    tell("leanworker: {}\n", advice);
  return exit_infrastructure;
}

std::string window_text(const lean_version_info& version) {
  switch (version.support()) {
    case lean_support::supported: return fmt::format("{}, within {}", version.text, lean_window);
    case lean_support::unknown: return fmt::format("unknown; leanworker works with {}", lean_window);
    default: return fmt::format("{}, beyond {}: tried, and not promised", version.text, lean_window);
  }
}

/// Each step as far as it comes; what was found out stays in `found`.
int examine(const doctor_options& options, doctor_findings& found) {
  stop_on_interrupt watch;
  auto begin = std::chrono::steady_clock::now();
  bool works = set_up_lean(options.common, found.setup);
  found.set_up_in = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  if (!works)
    return interrupts() > 0 ? exit_interrupted : exit_infrastructure;
  const auto& lean = found.setup.lean;
  put(fmt::format("toolchain   {}\nfound by    {}\n", shown(lean.sysroot), shown(lean.why)));
  found.version = lean_version(lean, make_runner(found.setup.host, watch.token()), found.problem);
  if (found.version.empty()) {
    auto advice = advice_for(found.problem);
    if (interrupts() > 0)
      return exit_interrupted;
    tell("leanworker: {} does not work: {}{}{}\n", shown(lean.lean()), shown_lines(found.problem), advice.empty() ? "" : "\n  What to do: ", advice);
    return exit_infrastructure;
  }
  put(fmt::format("version     {}\nwindow      {}\n", shown(found.version), window_text(lean.version)));
  put(fmt::format("host        {} ({})\n", shown(found.setup.package.folder),
                  found.setup.package.quick_start ? "starts from an image" : "no start-up image"));
  caf::actor_system_config config;
  configure_actors(config);
  caf::actor_system system{config};
  proving run{system, found.setup};
  auto proven = run.prove();
  found.verdict = to_string(proven.result.verdict);
  found.ready_in = proven.ready_in;
  found.checked_in = proven.result.outcome.elapsed;
  found.problem = proven.result.message;
  found.stderr_tail = proven.result.outcome.down.stderr_tail + proven.result.outcome.down.stdout_tail;
  auto code = tell_proof(proven);
  if (interrupts() > 0)
    return exit_interrupted;
  if (options.tree)
    put("tree\n" + run.picture());
  return code;
}

} // namespace

int run_doctor(const doctor_options& options) {
  doctor_findings found;
  auto code = examine(options, found);
  if (options.report.empty() || code == exit_interrupted)
    return code;
  std::ofstream file{options.report, std::ios::binary | std::ios::trunc};
  file << doctor_report(found);
  file.close();
  if (!file) {
    tell("leanworker: cannot write the report {}: {}\n", shown(options.report), std::strerror(errno));
    return exit_infrastructure;
  }
  tell("leanworker: wrote {}; it has no sources and no names in it, read it before you send it\n", shown(options.report));
  return code;
}

} // namespace leanworker::cli
