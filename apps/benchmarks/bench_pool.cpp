// SPDX-License-Identifier: Apache-2.0
// What a pool costs: over a raw pipe to the same child, for a lease, after a crash, at its end; how it scales; and whether a thousand waiters change that.
#include "pool_child.hpp"
#include "quantiles.hpp"

#include <leanworker/actors/client.hpp>
#include <leanworker/messages/actors.hpp>

#include <CLI/CLI.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <csignal>
#include <deque>
#include <functional>
#include <thread>

using namespace leanworker;
using namespace leanworker::bench;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

struct options {
  int rounds = 2'000;
  int cycles = 30;
  int tasks = 100;
  int waiters = 1'000;
  bool json = false;
};

constexpr auto echo = R"({"op":"work"})";

client::pool_options pool_of(unsigned workers) {
  client::pool_options wanted;
  wanted.config.workers = workers;
  wanted.config.queue_max = 100'000;
  wanted.config.worker.restart.backoff_initial = 0ms;
  wanted.config.worker.restart.restarts_max = 1'000'000;
  wanted.config.quarantine.deaths_max = 1'000'000;
  wanted.config.cycle.imports_max = 0;
  wanted.child = this_program_as_child();
  wanted.measure = false;
  return wanted;
}

client::lease_options interactive(std::chrono::milliseconds expiry) {
  client::lease_options wanted;
  wanted.wait = 20s;
  wanted.urgency = priority::interactive;
  wanted.expiry = expiry;
  return wanted;
}
const auto at_once = interactive({});
const auto for_long = interactive(1h);

double us(steady::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

quantiles leased_requests(client::lease lease, int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto begin = steady::now();
    if (!lease.run(echo).ok())
      throw std::runtime_error{"a leased request failed"};
    found.add(us(steady::now() - begin));
  }
  return found;
}

quantiles warm_leases(client::pool& pool, int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto begin = steady::now();
    auto lease = pool.acquire({}, at_once);
    if (!lease)
      throw std::runtime_error{"no lease: " + lease.refusal().detail};
    lease.release();
    found.add(us(steady::now() - begin));
  }
  return found;
}

/// The same without a pool, that is what the kernel takes.
quantiles raw_crashes(int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i)
    found.add(us(raw_child{}.kill()));
  return found;
}

/// From the SIGKILL to the caller's typed outcome.
quantiles crashes(client::pool& pool, int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto lease = pool.acquire({}, at_once);
    if (!lease)
      throw std::runtime_error{"no lease after a crash: " + lease.refusal().detail};
    auto pid = pool.snapshot().slots.at(lease.token().slot).pid;
    steady::time_point killed;
    std::thread killer{[&] {
      std::this_thread::sleep_for(5ms); // until the request has reached the child; not part of what is measured
      killed = steady::now();
      ::kill(static_cast<pid_t>(pid), SIGKILL);
    }};
    auto outcome = lease.run(R"({"op":"hang"})");
    auto heard = steady::now();
    killer.join();
    if (outcome.code != errc::child_signalled)
      throw std::runtime_error{"a crash was told as " + std::string{to_string(outcome.code)}};
    found.add(us(heard - killed));
  }
  return found;
}

/// From the order until the next generation has been leased.
quantiles full_cycles(client::pool& pool, int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto before = pool.acquire({}, at_once).token();
    auto begin = steady::now();
    pool.cycle(cycle_scope::one, before.slot);
    auto after = pool.acquire({}, at_once);
    if (!after || after.token().generation != before.generation + 1)
      throw std::runtime_error{"the cycle did not lead to the next generation"};
    found.add(us(steady::now() - begin));
  }
  return found;
}

quantiles shutdowns(int rounds) {
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto pool = client::pool::open(pool_of(1));
    pool.acquire({}, at_once);
    auto begin = steady::now();
    auto report = pool.stop();
    if (report.graceful != 1)
      throw std::runtime_error{"a shutdown was not graceful"};
    found.add(us(steady::now() - begin));
  }
  return found;
}

constexpr auto task_of_10_ms = R"({"op":"task","ms":10})";

/// The share of the ideal speed that N threads reach that do what `job` says, each as often.
double share_of_ideal(unsigned threads, int tasks_per_thread, const std::function<void(unsigned)>& job) {
  std::vector<std::thread> callers;
  auto begin = steady::now();
  for (unsigned i = 0; i < threads; ++i)
    callers.emplace_back([&, i] {
      for (int task = 0; task < tasks_per_thread; ++task)
        job(i);
    });
  for (auto& caller : callers)
    caller.join();
  return 10'000.0 * tasks_per_thread / us(steady::now() - begin);
}

/// With a child for each thread and nothing in between: what the machine leaves of the ideal.
double raw_scaling(unsigned workers, int tasks_per_worker) {
  std::deque<raw_child> children(workers);
  return share_of_ideal(workers, tasks_per_worker, [&](unsigned i) { children[i].round_trip(task_of_10_ms); });
}

/// The share of the ideal speed that N workers reach with tasks of 10 ms.
double scaling(unsigned workers, int tasks_per_worker) {
  auto pool = client::pool::open(pool_of(workers));
  std::vector<client::lease> leases;
  for (unsigned i = 0; i < workers; ++i)
    leases.push_back(pool.acquire({}, at_once));
  leases.clear(); // all have started
  return share_of_ideal(workers, tasks_per_worker, [&](unsigned) {
    submit_request request;
    request.body = task_of_10_ms;
    if (!pool.run(std::move(request)).outcome.ok())
      std::abort();
  });
}

/// Fills the queue with requests for a kind of child that is leased for long, so that nobody can serve them.
void fill_queue(client::pool& pool, const session_key& kind, int waiters) {
  auto actor = caf::actor_cast<pool_actor>(*static_cast<const caf::strong_actor_ptr*>(pool.actor()));
  for (int i = 0; i < waiters; ++i) {
    submit_request request;
    request.id = 1'000'000'000 + static_cast<ticket>(i);
    request.key = kind;
    request.body = echo;
    request.urgency = priority::bulk;
    request.wait = 1h;
    caf::anon_send(actor, std::move(request));
  }
  while (pool.snapshot().queued[2] < static_cast<std::uint64_t>(waiters))
    std::this_thread::yield();
}

/// Behind the one that has the lease.
quantiles leased_requests_before_a_line(int rounds, int waiters) {
  auto pool = client::pool::open(pool_of(1));
  auto lease = pool.acquire({}, for_long);
  fill_queue(pool, {}, waiters);
  auto found = leased_requests(std::move(lease), rounds);
  pool.stop(true);
  return found;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == serve_flag)
    return serve();
  options wanted;
  CLI::App app{"What a pool costs. Exit code: 0 measured, 1 failed, 2 usage.", "bench_pool"};
  app.add_option("--rounds", wanted.rounds, "Requests and leases")->capture_default_str();
  app.add_option("--cycles", wanted.cycles, "Crashes, cycles, shutdowns")->capture_default_str();
  app.add_option("--tasks", wanted.tasks, "Tasks of 10 ms per worker")->capture_default_str();
  app.add_option("--waiters", wanted.waiters, "In the queue, for the second half")->capture_default_str();
  app.add_flag("--json", wanted.json, "One JSON line per figure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    figures table{wanted.json};
    auto raw = raw_round_trips(wanted.rounds);
    table.add("raw pipe round trip", raw);
    auto pool = client::pool::open(pool_of(1));
    auto leased = leased_requests(pool.acquire({}, at_once), wanted.rounds);
    table.add("leased request through the client", leased);
    table.add_value("  over the raw pipe, p50", leased.at(0.5) - raw.at(0.5), "us", 80, true);
    table.add("acquire + release of a warm lease", warm_leases(pool, wanted.rounds), 60);
    table.add("SIGKILL to exit status, no pool", raw_crashes(wanted.cycles));
    table.add("SIGKILL to typed outcome", crashes(pool, wanted.cycles), 1'000);
    table.add("full cycle", full_cycles(pool, wanted.cycles), 6'000);
    table.add("graceful shutdown", shutdowns(wanted.cycles), 3'000);
    for (unsigned workers : {1u, 2u, 4u, 8u}) {
      table.add_value(fmt::format("scaling, {} workers x {} tasks of 10 ms, share of ideal", workers, wanted.tasks), scaling(workers, wanted.tasks), "", 0.95,
                      false);
      table.add_value("  the same over raw pipes, no pool", raw_scaling(workers, wanted.tasks), "", 0, false);
    }
    auto crowded = client::pool::open(pool_of(2));
    session_key other;
    other.toolchain = "other";
    crowded.prewarm({}, 1); // the other slot is kept warm for what is measured
    auto held = crowded.acquire(other, for_long);
    fill_queue(crowded, other, wanted.waiters);
    auto with = [&](const char* what) { return fmt::format("{}, {} waiters", what, wanted.waiters); };
    table.add(with("leased request through the client"), leased_requests(crowded.acquire({}, at_once), wanted.rounds), 2 * leased.at(0.5));
    table.add(with("the same, waiting for this very child"), leased_requests_before_a_line(wanted.rounds, wanted.waiters), 2 * leased.at(0.5));
    table.add(with("acquire + release of a warm lease"), warm_leases(crowded, wanted.rounds), 120);
    table.add(with("SIGKILL to typed outcome"), crashes(crowded, wanted.cycles), 2'000);
    crowded.stop(true);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_pool: {}\n", error.what());
    return 1;
  }
}
