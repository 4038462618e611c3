// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE pool_queue
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(pool_queue_tests, actor_suite)

CAF_TEST(many submissions over two workers end exactly once each) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  for (ticket id = 1; id <= 50; ++id)
    submit(p, id);
  for (int round = 0; round < 25; ++round)
    for (std::size_t slot : {0, 1})
      child_answers(slot, std::to_string(round));
  CAF_CHECK(each_ended_once(1, 50));
  for (ticket id = 1; id <= 50; ++id)
    CAF_CHECK_EQUAL(answer(id), "none");
}

CAF_TEST(submissions start in their order and each on one worker) {
  auto p = start_pool(pool_of(2));
  for (ticket id = 1; id <= 4; ++id)
    submit(p, id);
  CAF_CHECK_EQUAL(client->count<submission_started>(), 0u);
  all_ready(2);
  CAF_CHECK(given_to(1) == std::vector<std::uint32_t>{0});
  CAF_CHECK(given_to(2) == std::vector<std::uint32_t>{1});
  CAF_CHECK(given_to(3).empty());
  child_answers(1);
  CAF_CHECK(given_to(3) == std::vector<std::uint32_t>{1});
  CAF_CHECK(given_to(4).empty());
}

CAF_TEST(a request keeps its own deadlines on its way through the pool) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto wish = request(1, "", 100ms);
  wish.import_timeout = 300ms;
  tell(p, wish);
  pass(100ms);
  CAF_CHECK_EQUAL(answer(1), "request_timeout");
  CAF_CHECK(result(1)->deaths.empty());
}

CAF_TEST(a full queue answers at once and starts nothing) {
  auto config = pool_of(1);
  config.queue_max = 2;
  auto p = start_pool(config);
  all_ready(1);
  for (ticket id = 1; id <= 4; ++id)
    submit(p, id);
  CAF_CHECK_EQUAL(answer(4), "overloaded");
  CAF_CHECK(!result(4)->outcome.work_started);
  CAF_CHECK_EQUAL(answer(3), "-");
  for (int i = 0; i < 3; ++i)
    child_answers(0);
  CAF_CHECK(each_ended_once(1, 4));
  submit(p, 5);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(5), "none");
}

CAF_TEST(a request for a session that a worker has goes to it first) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1, "a");
  submit(p, 2, "b");
  submit(p, 3, "a");
  child_answers(0);
  CAF_CHECK(given_to(2).empty());
  CAF_CHECK_EQUAL(given_to(3).size(), 1u);
  child_answers(0);
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
}

CAF_TEST(sessions die with their child so the order is strict again) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1, "a");
  child_answers(0);
  child_crashes(0);
  submit(p, 2, "b");
  submit(p, 3, "a");
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
  CAF_CHECK(given_to(3).empty());
}

CAF_TEST(nobody waits for ever behind a favoured session) {
  auto config = pool_of(1);
  config.overtaken_max = 3;
  auto p = start_pool(config);
  all_ready(1);
  submit(p, 1, "warm");
  submit(p, 2, "cold");
  for (ticket id = 3; id < 20; ++id)
    submit(p, id, "warm");
  for (int i = 0; i < 4; ++i)
    child_answers(0);
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
}

CAF_TEST(a queued submission that is cancelled is never started) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  tell(p, cancel_submission{2});
  CAF_CHECK_EQUAL(answer(2), "cancelled");
  CAF_CHECK(!result(2)->outcome.work_started);
  child_answers(0);
  CAF_CHECK(given_to(2).empty());
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 1u);
}

CAF_TEST(a running submission that is cancelled is answered at once and the next waits for the child) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  tell(p, cancel_submission{1});
  CAF_CHECK_EQUAL(answer(1), "cancelled");
  CAF_CHECK(result(1)->outcome.work_started);
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 1u);
  child(0, [](auto& c) { c.refuse(2, R"({"code":"cancelled"})"); });
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 2u);
  child_answers(0);
  CAF_CHECK(each_ended_once(1, 2));
}

CAF_TEST(a request behind a cancelled one whose child must be killed runs on the next generation) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  tell(p, cancel_submission{1});
  submit(p, 2);
  pass(400ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
  child(0, [](auto& c) { c.leave(); });
  pass(1ms);
  all_ready(1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK_EQUAL(result(2)->outcome.generation, 1u);
  CAF_CHECK(result(2)->deaths.empty());
}

CAF_TEST(cancelling what has ended or never was does nothing) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  child_answers(0);
  tell(p, cancel_submission{1});
  tell(p, cancel_submission{99});
  CAF_CHECK_EQUAL(client->count<submission_done>(), 1u);
}

CAF_TEST(events of workers are passed on to the client) {
  start_pool(pool_of(2));
  all_ready(2);
  auto ready = events(client, worker_event_kind::ready);
  CAF_REQUIRE_EQUAL(ready.size(), 2u);
  CAF_CHECK_EQUAL(ready[0].worker, 0u);
  CAF_CHECK_EQUAL(ready[1].worker, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
