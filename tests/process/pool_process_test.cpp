// SPDX-License-Identifier: Apache-2.0
#include "process_table.hpp"
#include "worker_peer.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <random>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

TEST(pool_process, T2_cancel_of_a_silent_request_acts_at_once_and_keeps_a_child_that_obeys) {
  worker_peer peer{{}, "pool_process"};
  peer.submit(1, R"({"op":"hang","obeys_cancel":true})");
  peer.wait_event(worker_event_kind::ready);
  peer.cancel(1);
  auto answer = peer.wait(1);
  EXPECT_EQ(answer.done.outcome.code, errc::cancelled);
  auto next = peer.run(2, R"({"op":"count"})").done.outcome;
  EXPECT_EQ(next.code, errc::none);
  EXPECT_EQ(next.generation, 0u) << "the child obeyed, there was no reason to end it";
}

TEST(pool_process, cancel_of_a_request_that_ignores_it_acts_at_once_and_replaces_the_child) {
  worker_peer peer{{}, "pool_process"};
  peer.submit(1, R"({"op":"hang"})");
  peer.wait_event(worker_event_kind::ready);
  peer.cancel(1);
  auto answer = peer.wait(1);
  EXPECT_EQ(answer.done.outcome.code, errc::cancelled);
  auto next = peer.run(2, R"({"op":"echo","value":2})").done.outcome;
  EXPECT_EQ(next.code, errc::none) << next.message;
  EXPECT_EQ(next.generation, 1u);
}

TEST(pool_process, a_request_that_kills_two_children_is_set_aside_with_both_deaths_and_the_others_go_on) {
  auto config = worker_peer::quick_config();
  config.workers = 2;
  worker_peer peer{{}, "pool_process", config};
  peer.submit(1, R"({"op":"fault","name":"abort"})");
  for (ticket id = 2; id < 30; ++id)
    peer.submit(id, R"({"op":"echo","value":1})");
  auto bad = peer.wait(1).done;
  EXPECT_EQ(bad.outcome.code, errc::killed_its_worker);
  ASSERT_EQ(bad.deaths.size(), 2u);
  for (const auto& death : bad.deaths)
    EXPECT_EQ(death.cause, errc::child_signalled);
  for (ticket id = 2; id < 30; ++id)
    EXPECT_EQ(peer.wait(id).done.outcome.code, errc::none);
  EXPECT_TRUE(peer.stop());
}

TEST(pool_process, the_processor_time_of_a_request_is_that_of_its_child_and_of_none_before) {
  worker_peer peer{{}, "pool_process"};
  auto burnt = peer.run(1, R"({"op":"fault","name":"burn_cpu_ms","number":300})").done.outcome;
  EXPECT_EQ(burnt.code, errc::none) << burnt.message;
  EXPECT_GE(burnt.cpu_time, 299ms);
  auto idle = peer.run(2, R"({"op":"sleep_ms","ms":30})").done.outcome;
  EXPECT_GT(idle.cpu_time, 0us);
  EXPECT_LT(idle.cpu_time, 200ms) << "of this request, not of all";
  auto died = peer.run(3, R"({"op":"fault","name":"abort"})").done.outcome;
  EXPECT_EQ(died.cpu_time, 0ms) << "nobody knows it once the process is gone";
}

TEST(pool_process, what_a_child_printed_before_its_answer_is_known_with_the_answer) {
  worker_peer peer{{}, "pool_process"};
  peer.submit(1, R"({"op":"fault","name":"panic_line"})");
  auto outcome = peer.wait(1).done.outcome;
  EXPECT_EQ(outcome.code, errc::none) << outcome.message;
  EXPECT_TRUE(outcome.panicked);
  EXPECT_NE(outcome.panic.find("PANIC at scripted"), std::string::npos) << outcome.panic;
  auto next = peer.run(2, R"({"op":"echo","value":2})").done.outcome;
  EXPECT_FALSE(next.panicked) << "of another request";
}

TEST(pool_process, a_line_without_end_belongs_to_the_request_that_printed_it) {
  worker_peer peer{{}, "pool_process"};
  EXPECT_TRUE(peer.run(1, R"({"op":"fault","name":"half_line"})").done.outcome.panicked);
  EXPECT_FALSE(peer.run(2, R"({"op":"fault","name":"stderr_line"})").done.outcome.panicked) << "the other half is another's";
  EXPECT_TRUE(peer.run(3, R"({"op":"fault","name":"half_line"})").done.outcome.panicked);
  auto panicked = peer.run(4, R"({"op":"fault","name":"panic_line"})").done.outcome;
  EXPECT_NE(panicked.panic.find("PANIC at scripted"), std::string::npos) << panicked.panic;
}

TEST(pool_process, an_exit_code_that_the_request_chose_in_a_fresh_child_is_not_tried_twice) {
  worker_peer peer{{}, "pool_process"};
  peer.submit(1, R"({"op":"fault","name":"exit","number":137})");
  auto bad = peer.wait(1).done;
  EXPECT_EQ(bad.outcome.code, errc::killed_its_worker);
  ASSERT_EQ(bad.deaths.size(), 1u);
  EXPECT_EQ(bad.deaths[0].meaning(), "") << "137 means nothing by itself";
}

TEST(pool_process, a_hang_tells_what_its_threads_did) {
  auto config = worker_peer::quick_config();
  config.worker.request_timeout = 300ms;
  worker_peer peer{{}, "pool_process", config};
  peer.submit(1, R"({"op":"hang"})");
  EXPECT_EQ(peer.wait(1).done.outcome.code, errc::request_timeout);
  auto down = peer.wait_event(worker_event_kind::down).down;
  EXPECT_NE(down.hang.find("leanworker"), std::string::npos) << down.hang;
}

TEST(pool_process, random_kills_from_outside_lose_and_duplicate_nothing) {
  auto config = worker_peer::quick_config();
  config.workers = 2;
  config.quarantine.deaths_max = 1000;
  config.retry = {1000, 1000, 1000};
  config.worker.restart.restarts_max = 1000;
  constexpr ticket count = 300;
  {
    worker_peer peer{{}, "pool_random_kills", config};
    for (ticket id = 0; id < count; ++id)
      peer.submit(id, R"({"op":"sleep_ms","ms":5})");
    std::mt19937 dice{7};
    for (ticket id = 0; id < count; ++id) {
      if (id % 10 == 0)
        if (auto victims = processes_with("LEANWORKER_TEST_MARK=pool_random_kills"); !victims.empty())
          ::kill(victims[dice() % victims.size()].pid, SIGKILL);
      EXPECT_EQ(peer.wait(id).done.outcome.code, errc::none);
    }
    EXPECT_TRUE(peer.stop());
    for (const auto& [id, outcomes] : peer.outcomes)
      EXPECT_EQ(outcomes.size(), 1u) << id;
    EXPECT_EQ(peer.outcomes.size(), count);
  }
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=pool_random_kills", 20s));
}

TEST(pool_process, a_firm_stop_ends_running_work_and_leaves_nothing) {
  auto config = worker_peer::quick_config();
  config.workers = 2;
  {
    worker_peer peer{{}, "pool_firm_stop", config};
    peer.submit(1, R"({"op":"hang"})");
    peer.submit(2, R"({"op":"hang"})");
    peer.submit(3, R"({"op":"hang"})");
    peer.wait_event(worker_event_kind::ready);
    EXPECT_TRUE(peer.stop(true));
    for (ticket id : {1, 2, 3})
      EXPECT_EQ(peer.wait(id).done.outcome.code, errc::shutting_down);
  }
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=pool_firm_stop", 20s));
}
