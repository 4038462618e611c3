// SPDX-License-Identifier: Apache-2.0
#include "check_run.hpp"
#include "output.hpp"

#include "actor_setup.hpp"
#include "interrupt.hpp"
#include "terminal_text.hpp"

#include <leanworker/actors/event_log.hpp>
#include <leanworker/lean/import_header.hpp>
#include <leanworker/lean/main_module.hpp>

#include <caf/send.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>

namespace leanworker::cli {
namespace {

using std::chrono::milliseconds;

/// Enough for the affinity to find files of equal imports, little enough to keep the queue short.
constexpr std::size_t window_per_worker = 64;
/// Longer than the pool's own bounds for stopping a worker.
constexpr std::chrono::seconds stop_patience{20};

file_result unreadable(const input& what) {
  file_result result;
  result.file = what.label;
  result.verdict = file_verdict::unreadable;
  result.outcome.code = errc::io_error;
  result.message = what.problem;
  return result;
}

/// A child's own line begins with its level.
spdlog::level::level_enum level_of(std::string_view line) {
  if (line.starts_with("warning: ") || line.starts_with("error: "))
    return spdlog::level::warn;
  return line.starts_with("info: ") ? spdlog::level::info : spdlog::level::debug;
}

/// Why no child can be had any more: what the last one said, and what to do about it.
std::string end_of(const worker_event& event) {
  const auto& words = event.down.stderr_tail.empty() ? event.down.stdout_tail : event.down.stderr_tail;
  auto text = fmt::format("gave up: {}; last: {}", describe(event.cause), shown(event.down.str()));
  if (auto advice = advice_for_failed_start(words + event.down.detail + event.down.exit.str()); !advice.empty())
    text += "; " + advice;
  auto lines = telling_lines(words);
  return lines.empty() ? text : text + "\n    " + shown_lines(lines, "    ");
}

/// For a place in it only, so what is longer, or gone by now, does not matter.
std::string read_whole(const std::string& path) {
  constexpr std::size_t bytes_max = 64u << 20;
  std::ifstream file{path, std::ios::binary};
  std::error_code error;
  auto bytes = std::filesystem::file_size(path, error);
  std::string text(error ? 0 : std::min<std::uintmax_t>(bytes, bytes_max), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

/// Without symbolic links, as Lean looks at it; as it is where that fails.
std::string real_path(const std::string& path) {
  std::error_code error;
  auto real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

} // namespace

check_run::check_run(caf::actor_system& system, const check_options& options, const lean_setup& setup, std::vector<input> inputs)
    : options_{options}, setup_{setup}, inputs_{std::move(inputs)}, jobs_{options.jobs != 0 ? options.jobs : default_jobs()},
      folder_{real_path(".")}, self_{system}, printer_{options} {
  tally_.total = inputs_.size();
  tally_.workers = std::min<std::size_t>(jobs_, inputs_.size());
}

pool_spec check_run::make_spec() const {
  // With isolation the next child starts while the one before works, so there are twice as many, of which half work.
  auto children = options_.isolate ? std::min(2 * tally_.workers, inputs_.size()) : tally_.workers;
  auto spec = lean_pool(setup_, static_cast<unsigned>(children), options_.paths);
  spec.config.isolate_requests = options_.isolate;
  spec.config.queue_max = window_per_worker * spec.config.workers;
  auto& worker = spec.config.worker;
  if (options_.start_timeout.count() > 0)
    worker.start_timeout = options_.start_timeout;
  worker.import_timeout = options_.import_timeout;
  worker.request_timeout = options_.timeout;
  // Every file may kill two children before it is set aside; that alone must not make a worker give up, and each may be tried again.
  auto bad_files_at_most = static_cast<unsigned>(std::min<std::size_t>(inputs_.size(), 1'000'000));
  worker.restart.restarts_max += spec.config.quarantine.deaths_max * bad_files_at_most;
  spec.config.retry.tokens_max += bad_files_at_most;
  return spec;
}

int check_run::run() {
  if (inputs_.empty())
    return exit_ok;
  auto client = caf::actor_cast<pool_owner_actor>(caf::actor{self_});
  pool_ = self_->spawn(pool, make_spec(), client);
  self_->monitor(pool_);
  if (const auto& path = options_.common.event_log; !path.empty())
    spawn_event_log(self_->home_system(), event_log_config{.path = path, .failed = [path](const std::string& why) { tell_event_log_problem(path, why); }}, pool_); // ends with the pool
  while (tally_.done < tally_.total && !pool_over_) {
    feed();
    receive_one();
    heed_interrupts();
    printer_.progress(tally_, elapsed());
  }
  stop_pool_and_wait();
  report_unfinished();
  printer_.summary(tally_, elapsed());
  if (!printer_.good()) {
    tell_output_problem();
    return interrupts_heeded_ > 0 ? exit_interrupted : exit_infrastructure;
  }
  return exit_code(tally_.verdicts, rejected_by_rules_, interrupts_heeded_ > 0);
}

void check_run::feed() {
  const auto window = options_.isolate ? tally_.workers : window_per_worker * tally_.workers;
  if (!stopping_)
    std::erase_if(reading_, [this](ticket id) { return give(id); });
  while (!stopping_ && next_ < inputs_.size() && open_.size() + reading_.size() < window)
    if (auto id = next_++; !give(id))
      reading_.push_back(id);
}

bool check_run::give(ticket id) {
  auto& what = inputs_[id];
  if (!what.settle())
    return false;
  if (!what.problem.empty()) {
    report(unreadable(what));
    return true;
  }
  open_.emplace(id, false);
  self_->send(pool_, submission(id));
  return true;
}

bool check_run::unfinished(ticket id) const {
  return id >= next_ || open_.contains(id) || std::find(reading_.begin(), reading_.end(), id) != reading_.end();
}

submit_request check_run::submission(ticket id) const {
  const auto& what = inputs_[id];
  check_request request;
  request.path = what.path;
  request.source = what.source;
  request.file_name = what.label;
  if (!what.path.empty())
    request.main_module = main_module_of(real_path(what.path), folder_);
  request.imports = options_.imports;
  request.heartbeats = options_.heartbeats;
  request.axioms = options_.axioms;
  request.recheck = options_.recheck;
  submit_request submit;
  submit.id = id;
  submit.label = what.label;
  submit.key.imports = session_imports(what.path.empty() ? what.source : read_head(what.path), options_.imports);
  submit.idempotent = true; // checking a file twice gives the same verdict
  submit.wait = std::chrono::hours{24}; // the window is short, but a file in it may take its whole time
  submit.body = encode_check(request);
  return submit;
}

void check_run::receive_one() {
  self_->receive([this](submission_started& m) { open_[m.id] = true; tally_.busy = std::min(tally_.busy + 1, tally_.workers); },
                 [this](submission_done& m) { on_done(m); },
                 [this](const worker_event& m) { on_event(m); },
                 [this](const pool_stopped&) { pool_over_ = true; },
                 [this](const caf::down_msg&) { pool_over_ = true; },
                 caf::after(milliseconds{100}) >> [] {});
}

void check_run::on_done(submission_done& done) {
  auto found = open_.find(done.id);
  if (found == open_.end())
    return;
  open_.erase(found);
  tally_.busy = static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), [](const auto& entry) { return entry.second; }));
  const auto& what = inputs_[done.id];
  auto result = judge(what.label, std::move(done));
  if (!result.outcome.partial.empty())
    add_partial(result, what.path.empty() ? what.source : read_whole(what.path));
  report(std::move(result));
}

void check_run::on_event(const worker_event& event) {
  auto log_line = [&](spdlog::level::level_enum level, const std::string& text) {
    printer_.clear_progress();
    spdlog::log(level, "worker {}, generation {}: {}", event.worker, event.generation, text);
  };
  switch (event.kind) {
    case worker_event_kind::started: return log_line(spdlog::level::debug, fmt::format("started, pid {}", event.pid));
    case worker_event_kind::ready: return log_line(spdlog::level::debug, "ready");
    case worker_event_kind::importing: return log_line(spdlog::level::debug, "imports");
    case worker_event_kind::down:
      return log_line(event.down.cause == errc::stopped ? spdlog::level::debug : spdlog::level::info, "ended: " + shown(event.down.str()));
    case worker_event_kind::restarting:
      ++tally_.restarts;
      return log_line(spdlog::level::info, fmt::format("the next one follows in {} ms", event.delay.count()));
    case worker_event_kind::gave_up:
      return log_line(spdlog::level::err, end_of(event));
    case worker_event_kind::log: return log_line(level_of(event.text), shown(event.text));
    case worker_event_kind::settled:
    case worker_event_kind::resting:
    case worker_event_kind::stopped: return;
  }
}

void check_run::heed_interrupts() {
  auto count = interrupts();
  bool broken_output = !printer_.good();
  if ((count > interrupts_heeded_ || broken_output) && !stopping_) {
    stopping_ = true;
    printer_.clear_progress();
    if (!broken_output || count > interrupts_heeded_)
      tell("leanworker: interrupted, ending the children\n");
    self_->send(pool_, stop_pool{true});
  }
  interrupts_heeded_ = count;
}

void check_run::stop_pool_and_wait() {
  if (!pool_over_)
    self_->send(pool_, stop_pool{stopping_});
  stopping_ = true;
  auto patience_ends = std::chrono::steady_clock::now() + stop_patience;
  while (!pool_over_ && std::chrono::steady_clock::now() < patience_ends)
    receive_one();
  if (!pool_over_)
    spdlog::error("the pool did not stop in time; its children are killed");
}

void check_run::report(file_result result) {
  ++tally_.done;
  ++tally_.verdicts[static_cast<std::size_t>(result.verdict)];
  if (rejected_by({options_.fails_on("warning"), options_.fails_on("axiom")}, result))
    ++rejected_by_rules_;
  // After an interrupt only what was really checked is worth a line.
  if (result.verdict != file_verdict::interrupted || options_.json)
    printer_.record(result);
}

void check_run::report_unfinished() {
  bool interrupted = interrupts_heeded_ > 0;
  for (std::size_t id = 0; id < inputs_.size(); ++id) {
    if (!unfinished(id))
      continue;
    file_result result;
    result.file = inputs_[id].label;
    result.verdict = interrupted ? file_verdict::interrupted : file_verdict::not_checked;
    result.outcome.code = interrupted ? errc::shutting_down : errc::link_lost;
    result.message = interrupted ? "the command was interrupted" : "the pool ended without an answer";
    report(std::move(result));
  }
}

milliseconds check_run::elapsed() const { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun_); }

} // namespace leanworker::cli
