// SPDX-License-Identifier: Apache-2.0
// What a request costs on a warm child: through the blocking client, over a raw pipe to the same child, and in the ways of others, in the same run.
#include "machine.hpp"
#include "peers.hpp"
#include "pool_child.hpp"
#include "request_figures.hpp"

#include <leanworker/actors/client.hpp>

#include <CLI/CLI.hpp>

#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <thread>

using namespace leanworker;
using namespace leanworker::bench;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

struct options {
  int requests = 20'000;
  int warm_up = 500;
  unsigned callers = 4;
  bool no_peers = false;
  bool json = false;
};

/// 64 bytes, and what an echo of them answers.
const std::string request_body = R"({"op":"echo","value":"0123456789abcdef0123456789abcdef01234567"})";
const std::string expected_answer = R"("0123456789abcdef0123456789abcdef01234567")";

client::pool_options pool_of(unsigned workers) {
  client::pool_options wanted;
  wanted.config.workers = workers;
  wanted.child = this_program_as_child();
  wanted.measure = false;
  return wanted;
}

client::lease leased(client::pool& pool) {
  client::lease_options wanted;
  wanted.wait = 20s;
  wanted.expiry = 1h;
  auto lease = pool.acquire({}, wanted);
  if (!lease)
    throw std::runtime_error{"no lease: " + lease.refusal().detail};
  return lease;
}

quantiles echoes(client::lease& lease, int requests) {
  quantiles times;
  for (int i = 0; i < requests; ++i) {
    auto begin = steady::now();
    auto outcome = lease.run(request_body);
    times.add(std::chrono::duration<double, std::micro>(steady::now() - begin).count());
    if (!outcome.ok())
      throw std::runtime_error{"a request failed: " + outcome.message};
    if (outcome.body != expected_answer)
      throw std::runtime_error{"the echo is not what was sent: " + outcome.body.substr(0, 200)};
  }
  return times;
}

/// What the callers found; the first failure of one is the failure of all.
struct gathered {
  std::mutex mutex;
  quantiles times;
  std::exception_ptr failure;
};

void call(client::lease& lease, int requests, int warm_up, std::latch& start, gathered& all) {
  quantiles times;
  std::exception_ptr failure;
  try {
    echoes(lease, warm_up);
  } catch (...) {
    failure = std::current_exception();
  }
  start.arrive_and_wait();
  try {
    times = echoes(lease, failure ? 0 : requests);
  } catch (...) {
    failure = std::current_exception();
  }
  std::lock_guard lock{all.mutex};
  all.times.append(times);
  if (!all.failure)
    all.failure = failure;
}

/// Each caller has a thread, a lease and a child of its own, and makes `requests` requests.
measured_requests run_callers(unsigned callers, int requests, int warm_up) {
  auto pool = client::pool::open(pool_of(callers));
  std::vector<client::lease> leases;
  for (unsigned i = 0; i < callers; ++i)
    leases.push_back(leased(pool));
  gathered all;
  std::latch start{static_cast<std::ptrdiff_t>(callers) + 1};
  std::vector<std::jthread> threads;
  for (auto& lease : leases)
    threads.emplace_back([&] { call(lease, requests, warm_up, start, all); });
  start.arrive_and_wait();
  auto begin = steady::now();
  threads.clear(); // joins them
  auto seconds = std::chrono::duration<double>(steady::now() - begin).count();
  if (all.failure)
    std::rethrow_exception(all.failure);
  return measured_from(all.times, seconds);
}

/// False when one of them failed.
bool add_peers(figures_of_requests& table, const options& wanted) {
  bool good = true;
  for (const auto& one : request_peers(wanted.requests, wanted.warm_up, request_body)) {
    auto found = run_peer(one);
    good = good && !found.failed;
    if (found.measured())
      table.add(one.what, {found.count, found.seconds, found.p50_us, found.p99_us});
    else
      table.not_measured(one.what, found.not_measured);
  }
  return good;
}

/// False when a peer failed.
bool measure_all(const options& wanted) {
  print_machine(wanted.json);
  figures_of_requests table{wanted.json};
  auto one = run_callers(1, wanted.requests, wanted.warm_up);
  table.add_ours("echo on a warm lease, 1 caller", one);
  table.promise_at_most("  p50, us", one.p50_us, 60);
  table.promise_at_most("  p99, us", one.p99_us, 250);
  auto raw = raw_round_trips(wanted.requests, request_body);
  table.add("raw pipe round trip", measured_from(raw, raw.total() / 1e6));
  table.add(fmt::format("echo on warm leases, {} callers", wanted.callers), run_callers(wanted.callers, wanted.requests, wanted.warm_up));
  return wanted.no_peers || add_peers(table, wanted);
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == serve_flag)
    return serve();
  options wanted;
  CLI::App app{"What a request costs on a warm child. Exit code: 0 measured, 1 failed, 2 usage.", "bench_requests"};
  app.add_option("--requests", wanted.requests, "Of 64 bytes, for each caller and each peer")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--warm-up", wanted.warm_up, "Requests before those that count")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--callers", wanted.callers, "At once, besides the measurement with one")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_flag("--no-peers", wanted.no_peers, "Ours only");
  app.add_flag("--json", wanted.json, "One JSON line per figure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return measure_all(wanted) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_requests: {}\n", error.what());
    return 1;
  }
}
