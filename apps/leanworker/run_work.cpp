// SPDX-License-Identifier: Apache-2.0
#include "run_work.hpp"
#include "output.hpp"

#include "interrupt.hpp"
#include "terminal_text.hpp"

#include <leanworker/child/handshake.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include <unistd.h>

namespace leanworker::cli {
namespace {

constexpr std::chrono::milliseconds tick{100};

/// An end that the capability, or its user's request, is answerable for; anything else is the infrastructure's.
bool rejected(const request_outcome& outcome) {
  switch (outcome.code) {
    case errc::child_refused:
    case errc::request_timeout:
    case errc::import_timeout:
    case errc::killed_its_worker:
    case errc::child_exited:
    case errc::child_failed:
    case errc::child_signalled:
    case errc::frame_bad_seal:
    case errc::frame_bad_magic:
    case errc::frame_bad_version:
    case errc::frame_bad_kind:
    case errc::frame_bad_flags:
    case errc::frame_bad_body:
    case errc::frame_too_large:
    case errc::frame_truncated:
    case errc::unexpected_frame:
    case errc::row_sequence_broken:
    case errc::rows_incomplete:
    case errc::memory_limit:
    case errc::row_malformed:
    case errc::request_too_large: return true;
    default: return false;
  }
}

std::string text_of(const request_outcome& outcome) {
  if (outcome.code != errc::child_refused)
    return fmt::format("{}: {}", to_string(outcome.code), outcome.message.empty() ? describe(outcome.code) : std::string_view{outcome.message});
  auto error = decode_error(outcome.body);
  return fmt::format("{}: {}", error.code, error.message);
}

/// One request, one line: outside of its strings a line end in JSON is only space.
std::string one_line(std::string json) {
  std::replace_if(json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

} // namespace

run_work::run_work(const run_options& options, const lean_setup& setup, command_target target, std::vector<run_part> parts)
    : options_{options}, setup_{setup}, target_{std::move(target)}, parts_{std::move(parts)},
      jobs_{std::min<unsigned>(options.jobs != 0 ? options.jobs : default_jobs(), static_cast<unsigned>(parts_.size()))},
      draw_{!options.quiet && ::isatty(STDERR_FILENO) != 0}, output_{options.rows, parts_.size(), {options.stream, options.wrapped, true, put}},
      results_(parts_.size()) {}

client::pool_options run_work::pool_options() const {
  auto options = client::lean_pool(setup_, jobs_, options_.paths);
  auto& worker = options.config.worker;
  if (options_.start_timeout.count() > 0)
    worker.start_timeout = options_.start_timeout;
  options.event_log.path = options_.common.event_log;
  options.event_log.failed = [path = options_.common.event_log](const std::string& why) { tell_event_log_problem(path, why); };
  options.config.start_eagerly = false; // children of the kind that is wanted, not of the default one
  worker.import_timeout = options_.import_timeout;
  worker.request_timeout = options_.timeout;
  return options;
}

int run_work::run() {
  {
    auto pool = client::pool::open(pool_options());
    std::vector<std::jthread> threads;
    working_ = jobs_;
    for (unsigned i = 0; i < jobs_; ++i)
      threads.emplace_back([&] {
        work(pool);
        --working_;
      });
    watch();
    threads.clear(); // joins
    pool.stop(stop_.stop_requested());
  }
  return conclude();
}

void run_work::work(client::pool& pool) {
  for (auto number = next_++; number < parts_.size() && !stop_.stop_requested(); number = next_++)
    run_part_number(pool, number);
}

void run_work::run_part_number(client::pool& pool, std::size_t number) {
  submit_request submit;
  submit.key.capability = target_.capability;
  submit.body = encode_call(target_, options_.command, parts_[number].request);
  submit.wait = std::chrono::hours{24};
  submit.label = parts_[number].label;
  submit.idempotent = true; // as long as no row has come, nothing was committed and nothing seen: the pool tries nothing again after that
  auto consumer = output_.consumer(number);
  auto& result = results_[number];
  result.ended = pool.run(std::move(submit), *consumer, stop_.get_token());
  result.over = true;
  std::string problem; // the consumer has looked at it already
  if (result.ended.ok())
    decode_run_report(result.ended.outcome.body, result.report, problem);
  ++done_;
  // What one part lacks can never be committed: the others would work in vain.
  if (!result.ended.ok() && !failed_.exchange(true))
    stop_.request_stop();
}

void run_work::watch() {
  while (working_ > 0) {
    std::this_thread::sleep_for(tick);
    if (interrupts() > 0 && !stop_.stop_requested()) {
      tell("{}leanworker: interrupted, ending the children\n", draw_ ? "\r\x1b[K" : "");
      stop_.request_stop();
    }
    draw_progress();
  }
  if (draw_)
    tell("\r\x1b[K");
}

void run_work::draw_progress() {
  if (!draw_)
    return;
  tell("\r\x1b[K{}", progress_line());
}

std::string run_work::progress_line() const {
  auto rows = output_.counts().rows.load();
  auto time = std::max(seconds(), 0.001);
  return fmt::format("[{}/{}] {} rows, {:.0f} rows/s, {:.1f} MB | {:.0f} s", done_.load(), parts_.size(), rows, static_cast<double>(rows) / time,
                     static_cast<double>(output_.counts().bytes.load()) / 1e6, time);
}

int run_work::conclude() {
  bool interrupted = interrupts() > 0;
  int code = exit_ok;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const auto& result = results_[i];
    if (result.over && result.ended.ok()) {
      code = std::max(code, tell_panic(i));
      continue;
    }
    // Those that were stopped because of another one are not worth a line.
    bool own = result.over && (result.ended.outcome.code != errc::cancelled || !stop_.stop_requested());
    if (own && !(output_failed() && result.ended.outcome.code == errc::io_error)) // that is told below, or is a reader that left
      tell_failure(i);
    if (own)
      code = std::max(code, rejected(result.ended.outcome) ? exit_rejected : exit_infrastructure);
    else if (code == exit_ok && !failed_)
      code = exit_infrastructure;
  }
  if (interrupted)
    code = exit_interrupted;
  if (code == exit_ok)
    if (auto status = output_.commit(); !status.ok()) {
      tell("leanworker: {}\n", status.message);
      code = exit_infrastructure;
    }
  if (code == exit_ok && !print_results())
    code = exit_infrastructure;
  tell_output_problem();
  tell_summary(code);
  return code;
}

int run_work::tell_panic(std::size_t number) const {
  const auto& outcome = results_[number].ended.outcome;
  if (!outcome.panicked)
    return exit_ok;
  const auto& label = parts_[number].label;
  tell("leanworker: {}{}Lean panicked and went on with a default value, so the result may be wrong: {}\n", shown(label), label.empty() ? "" : ": ",
       shown(outcome.panic));
  return options_.allow_panics ? exit_ok : exit_rejected;
}

void run_work::tell_failure(std::size_t number) const {
  const auto& label = parts_[number].label;
  auto text = text_of(results_[number].ended.outcome);
  tell("leanworker: {}{}{}\n", shown(label), label.empty() ? "" : ": ", shown_lines(text));
  if (auto advice = advice_for(text + results_[number].ended.outcome.down.stderr_tail); !advice.empty())
    tell("  What to do: {}\n", advice);
  for (const auto& death : results_[number].ended.deaths)
    tell("  its child, generation {}: {}\n", death.generation, shown(death.str()));
}

bool run_work::print_results() const {
  for (const auto& result : results_)
    if (!result.report.streaming && !put(one_line(result.report.result_json) + "\n"))
      return false;
  return true;
}

void run_work::tell_summary(int code) const {
  if (options_.quiet || reader_left())
    return;
  std::uint64_t rows = 0;
  std::map<std::string, std::uint64_t> streams;
  std::chrono::microseconds paused{0};
  for (const auto& result : results_) {
    rows += result.ended.rows.rows;
    paused += result.ended.rows.backpressure_time;
    for (const auto& stream : result.ended.rows.streams)
      streams[stream.stream] += stream.rows;
  }
  auto time = seconds();
  if (!options_.json) {
    tell("{} request{} in {:.1f} s: {} rows{}{}\n", parts_.size(), parts_.size() == 1 ? "" : "s", time, rows, rows_by_stream(streams),
               code == exit_ok ? "" : options_.rows == "-" ? rows == 0 ? "" : "; what was written is not complete"
                                        : output_.committed() ? "; the rows were committed"
                                                              : "; nothing was committed");
    return;
  }
  nlohmann::ordered_json summary{{"requests", parts_.size()}, {"done", done_.load()}, {"exit_code", code}, {"rows", rows}, {"streams", streams},
                                 {"payload_bytes", output_.counts().bytes.load()}, {"seconds", time}, {"backpressure_seconds", static_cast<double>(paused.count()) / 1e6},
                                 {"committed", options_.rows == "-" ? code == exit_ok : output_.committed()}};
  for (const auto& result : results_) { // checked with the report that it came in
    auto metadata = nlohmann::ordered_json::parse(result.report.metadata_json, nullptr, false);
    summary["metadata"].push_back(metadata.is_discarded() ? nlohmann::ordered_json{} : std::move(metadata));
  }
  tell("{}\n", summary.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

double run_work::seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

} // namespace leanworker::cli
