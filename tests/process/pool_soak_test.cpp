// SPDX-License-Identifier: Apache-2.0
// Threads that do everything to a pool at once, for a minute; LEANWORKER_SOAK_SECONDS makes it longer.
#include "process_table.hpp"

#include <leanworker/actors/client.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <malloc.h>
#include <unistd.h>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

constexpr unsigned callers = 8;
constexpr unsigned workers = 4;
constexpr auto mark = "LEANWORKER_TEST_MARK=pool_soak";
/// What the process may grow after the first quarter of the time: room for an allocator's moods.
constexpr std::uint64_t rss_growth_bytes_max = 24u << 20;
/// What may be in use on the heap in addition: room for lists of fixed length that fill up, none for a kilobyte that stays of each dead child.
constexpr std::uint64_t heap_growth_bytes_max = 4u << 20;

std::chrono::seconds soak_time() {
  auto wanted = std::getenv("LEANWORKER_SOAK_SECONDS");
  return std::chrono::seconds{wanted ? std::max(1, std::atoi(wanted)) : 60};
}

std::uint64_t heap_bytes() {
  auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::uint64_t own_rss_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

client::pool_options soak_pool() {
  client::pool_options wanted;
  wanted.config.workers = workers;
  wanted.config.worker.request_timeout = 10s;
  wanted.config.worker.cancel_grace = 300ms;
  wanted.config.worker.restart.backoff_initial = 1ms;
  wanted.config.worker.restart.backoff_max = 20ms;
  wanted.config.worker.restart.restarts_max = 1'000'000;
  wanted.config.quarantine.deaths_max = 1'000'000;
  wanted.config.retry = {2, 1e9, 1e9};
  wanted.config.cycle.requests_max = 500;
  wanted.config.spares = 1;
  wanted.child.argv = {SCRIPTED_CHILD};
  wanted.child.environment = {{"LEANWORKER_TEST_MARK", "pool_soak"}};
  return wanted;
}

/// What all callers did and heard.
struct tally {
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> wrong{0};
  std::mutex mutex;
  std::map<std::string, std::uint64_t> codes;
  std::string first_wrong;

  void hear(errc code, bool as_expected, const std::string& what) {
    std::lock_guard lock{mutex};
    ++codes[std::string{to_string(code)}];
    if (!as_expected && wrong++ == 0)
      first_wrong = what + " ended with " + std::string{to_string(code)};
  }
};

class caller {
public:
  caller(client::pool pool, tally& all, unsigned seed) : pool_{std::move(pool)}, all_{all}, dice_{seed} {}

  void step() {
    switch (dice_() % 10) {
      case 0: return crash();
      case 1: return time_out();
      case 2: return cancel();
      case 3:
      case 4:
      case 5: return lease();
      default: return echo();
    }
  }

private:
  submission_done run(std::string body, bool idempotent, std::chrono::milliseconds timeout = {}, std::stop_token stop = {}) {
    submit_request request;
    request.body = std::move(body);
    request.idempotent = idempotent;
    request.request_timeout = timeout;
    request.caller = std::to_string(dice_() % 3);
    request.urgency = static_cast<priority>(dice_() % 3);
    ++all_.asked;
    return pool_.run(std::move(request), std::move(stop));
  }
  std::string unique() { return std::to_string(++number_) + "." + std::to_string(dice_()); }

  void echo() {
    auto text = "\"" + unique() + "\"";
    auto done = run(R"({"op":"echo","value":)" + text + "}", true);
    all_.hear(done.outcome.code, done.outcome.ok() && done.outcome.body == text, "an echo");
  }
  void crash() {
    static const char* const ways[] = {R"("exit","number":42)", R"("abort")", R"("segv")", R"("partial_frame")", R"("garbage")"};
    auto done = run(R"({"op":"fault","name":)" + std::string{ways[dice_() % 5]} + R"(,"tag":")" + unique() + "\"}", dice_() % 2 == 0);
    bool told = !done.outcome.ok() && done.outcome.work_started && !done.deaths.empty();
    all_.hear(done.outcome.code, told, "a crash");
  }
  void time_out() {
    auto done = run(R"({"op":"hang","tag":")" + unique() + "\"}", false, 30ms);
    all_.hear(done.outcome.code, done.outcome.code == errc::request_timeout, "a hang");
  }
  void cancel() {
    std::stop_source stop;
    std::jthread canceller{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{dice_() % 20}); // any moment is a good one for a cancel
      stop.request_stop();
    }};
    auto done = run(R"({"op":"hang","obeys_cancel":true,"tag":")" + unique() + "\"}", false, {}, stop.get_token());
    all_.hear(done.outcome.code, done.outcome.code == errc::cancelled, "a cancel");
  }
  void lease() {
    ++all_.asked;
    client::lease_options wish;
    wish.wait = 20s;
    auto lease = pool_.acquire({}, wish);
    all_.hear(lease.refusal().code, lease.valid() || lease.ended_because() != errc::none, "a wish");
    for (auto i = dice_() % 4; i > 0; --i) {
      ++all_.asked;
      auto text = "\"" + unique() + "\"";
      auto outcome = lease.run(R"({"op":"echo","value":)" + text + "}");
      // The lease may have ended for a planned replacement; what it answered must be right.
      bool right = outcome.ok() ? outcome.body == text : outcome.code == errc::cycled || outcome.code == errc::lease_stale;
      all_.hear(outcome.code, right, "a request on a lease");
      if (outcome.code == errc::lease_stale && lease.ended_because() != errc::none)
        --all_.asked, ++stale_here_;
    }
  }

  client::pool pool_;
  tally& all_;
  std::mt19937 dice_;
  std::uint64_t number_ = 0;
  std::uint64_t stale_here_ = 0;
};

} // namespace

TEST(pool_soak, eight_callers_and_four_children_lose_nothing_and_leave_nothing) {
  tally all;
  std::uint64_t rss_early = 0;
  std::uint64_t heap_early = 0;
  std::uint64_t heap_late = 0;
  pool_snapshot numbers;
  {
    auto pool = client::pool::open(soak_pool());
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < callers; ++i)
      threads.emplace_back([&, i](const std::stop_token& stop) {
        caller self{pool, all, i + 1};
        while (!stop.stop_requested())
          self.step();
      });
    auto time = soak_time();
    std::this_thread::sleep_for(time / 4); // the length of the soak, not a guess
    rss_early = own_rss_bytes();
    heap_early = heap_bytes();
    std::this_thread::sleep_for(time - time / 4);
    heap_late = heap_bytes();
    threads.clear(); // stops and joins
    numbers = pool.snapshot();
    auto report = pool.stop();
    EXPECT_EQ(report.abandoned, 0u);
    EXPECT_EQ(report.requests_ended, 0u);
  }
  std::uint64_t heard = 0;
  for (const auto& [code, count] : all.codes) {
    std::cout << code << ": " << count << '\n';
    heard += count;
  }
  EXPECT_EQ(all.wrong, 0u) << all.first_wrong;
  EXPECT_GT(heard, 1'000u);
  // Whatever reached the pool has exactly one end there; what a lease that was known to have ended refused by itself never reached it.
  const auto& c = numbers.counters;
  EXPECT_EQ(c.admitted, c.finished + c.refused);
  EXPECT_LE(c.admitted, heard);
  EXPECT_EQ(c.running, 0u);
  EXPECT_EQ(c.leases_granted, c.leases_released + c.leases_dropped + c.leases_invalidated + numbers.leases);
  auto rss = own_rss_bytes();
  std::cout << "RSS after a quarter: " << (rss_early >> 20) << " MiB, at the end: " << (rss >> 20) << " MiB\n";
  std::cout << "heap in use after a quarter: " << (heap_early >> 10) << " KiB, at the end: " << (heap_late >> 10) << " KiB\n";
  EXPECT_LT(rss, rss_early + rss_growth_bytes_max);
  EXPECT_LT(heap_late, heap_early + heap_growth_bytes_max);
  EXPECT_TRUE(all_gone(mark, 5s));
}
