// SPDX-License-Identifier: Apache-2.0
#include "snippet_figures.hpp"

#include "our_workers.hpp"
#include "plain_loop.hpp"
#include "quantiles.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>

namespace leanworker::bench {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t turn = 6; // so short that other work on the machine meets both alike
constexpr std::size_t first_ones = 20;

double seconds_from(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

/// One way to check, with as many callers at a time as it has processes.
class lane {
public:
  using check_function = std::function<verdict(std::size_t caller, const std::string& source)>;
  lane(std::string name, unsigned callers, check_function check, std::function<double()> cpu)
      : name_{std::move(name)}, callers_{callers}, check_{std::move(check)}, cpu_{std::move(cpu)} {}

  void run(const snippet* first, const snippet* last) {
    auto cpu_before = cpu_();
    auto begin = steady::now();
    std::atomic<const snippet*> next{first};
    std::vector<std::future<void>> all;
    for (std::size_t caller = 0; caller < callers_; ++caller)
      all.push_back(std::async(std::launch::async, [&, caller] {
        for (auto it = next++; it < last; it = next++)
          check_one(caller, *it);
      }));
    for (auto& one : all)
      one.get();
    seconds_ += seconds_from(begin);
    cpu_seconds_ += cpu_() - cpu_before;
  }
  double per_second() const { return static_cast<double>(latency_.count()) / seconds_; }
  double cpu_ms() const { return cpu_seconds_ * 1e3 / static_cast<double>(latency_.count()); }
  bool all_right() const { return wrong_ == 0; }
  void print(int pass) const {
    fmt::print("{:<44} {:>4} {:>5} {:>10.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>6}\n", name_, pass, latency_.count(), per_second(),
               latency_.at(0.5) / 1e3, latency_.at(0.99) / 1e3, cpu_ms(), wrong_);
  }
  void print_first() const {
    fmt::print("{:<44} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f}\n", name_, first_ / 1e3, latency_.at(0.5) / 1e3, latency_.at(1) / 1e3,
               latency_.total() / 1e3);
  }
  void reset() { latency_ = {}, seconds_ = 0, cpu_seconds_ = 0; }

private:
  void check_one(std::size_t caller, const snippet& one) {
    auto begin = steady::now();
    auto said = check_(caller, one.source);
    auto us = seconds_from(begin) * 1e6;
    std::lock_guard lock{mutex_};
    first_ = latency_.count() == 0 ? us : first_;
    latency_.add(us);
    if (said == one.expected)
      return;
    ++wrong_;
    fmt::print("{}: {} instead of {}:\n{}\n", name_, to_string(said), to_string(one.expected), one.source);
  }

  std::string name_;
  std::size_t callers_;
  check_function check_;
  std::function<double()> cpu_;
  std::mutex mutex_;
  quantiles latency_;
  double first_ = 0;
  double seconds_ = 0;
  double cpu_seconds_ = 0;
  std::size_t wrong_ = 0;
};

lane lane_of(our_workers& workers, const std::string& name, unsigned callers) {
  return {name, callers, [&](std::size_t, const std::string& source) { return workers.check(source); }, [&] { return workers.cpu(); }};
}

using plain_loops = std::vector<std::unique_ptr<plain_loop>>;

lane lane_of(plain_loops& loops, const std::string& name) {
  auto cpu = [&] {
    double sum = 0;
    for (const auto& loop : loops)
      sum += cpu_seconds(loop->pid());
    return sum;
  };
  return {name, static_cast<unsigned>(loops.size()), [&](std::size_t caller, const std::string& source) { return loops[caller]->check(source); }, cpu};
}

void run_in_turns(lane& one, lane& other, const std::vector<snippet>& snippets) {
  bool other_first = false;
  for (std::size_t at = 0; at < snippets.size(); at += turn, other_first = !other_first) {
    auto first = snippets.data() + at, last = snippets.data() + std::min(snippets.size(), at + turn);
    (other_first ? other : one).run(first, last);
    (other_first ? one : other).run(first, last);
  }
}

bool run_first(lane&& of_fresh_child, const std::vector<snippet>& snippets) {
  of_fresh_child.run(snippets.data(), snippets.data() + std::min(first_ones, snippets.size()));
  of_fresh_child.print_first();
  return of_fresh_child.all_right();
}

} // namespace

bool compare_with_plain_loop(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import, unsigned workers) {
  our_workers ours{setup, workers, import};
  plain_loops theirs;
  while (theirs.size() < workers)
    theirs.push_back(std::make_unique<plain_loop>(setup, import));
  ours.wait_until_quiet();
  auto one = lane_of(ours, fmt::format("leanworker, {} workers of a pool", workers), workers);
  auto other = lane_of(theirs, fmt::format("plain loop, {} processes", workers));
  fmt::print("import {}, load {:.1f}\n{:<44} {:>4} {:>5} {:>10} {:>9} {:>9} {:>9} {:>6}\n", import, load(), "what", "pass", "n", "snippets/s",
             "p50 ms", "p99 ms", "cpu ms", "wrong");
  for (int pass = 1; pass <= 2; ++pass) {
    run_in_turns(one, other, snippets);
    one.print(pass);
    other.print(pass);
    auto ratio = one.per_second() / other.per_second();
    fmt::print("  ours / plain loop, snippets per second{:>24.2f} at least 0.95: {}; processor time {:.2f}; load {:.1f}\n", ratio,
               ratio >= 0.95 ? "kept" : "NOT KEPT", one.cpu_ms() / other.cpu_ms(), load());
    std::fflush(stdout);
    one.reset();
    other.reset();
  }
  return one.all_right() && other.all_right();
}

bool print_first_snippets(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import) {
  fmt::print("the first {} snippets of a fresh child, import {}, load {:.1f}\n{:<44} {:>9} {:>9} {:>9} {:>9}\n", first_ones, import, load(), "what",
             "first ms", "p50 ms", "max ms", "all ms");
  bool good = true;
  {
    our_workers busy{setup, 1, import};
    good = run_first(lane_of(busy, "leanworker, asked at once", 1), snippets) && good;
  }
  {
    our_workers idle{setup, 1, import};
    idle.wait_until_quiet();
    good = run_first(lane_of(idle, "leanworker, after its warm-up while idle", 1), snippets) && good;
  }
  plain_loops loops;
  loops.push_back(std::make_unique<plain_loop>(setup, import));
  return run_first(lane_of(loops, "plain loop"), snippets) && good;
}

} // namespace leanworker::bench
