// SPDX-License-Identifier: Apache-2.0
// Children that must not be given another request, and requests that need one of their own.
#define CAF_SUITE pool_own_child
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

namespace {

submit_request named(ticket id, std::string label) {
  auto made = actor_suite::request(id);
  made.label = std::move(label);
  return made;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_own_child_tests, actor_suite)

CAF_TEST(a child that asks to be replaced gets no other request and is no failure) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  child(0, [](auto& c) { c.answer_and_retire("first"); });
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(given_to(2).empty());
  CAF_CHECK(links.child(0).stop_asked().has_value());
  child(0, [](auto& c) { c.leave(); });
  all_ready(1);
  CAF_CHECK_EQUAL(links.child(0).generation, 1u);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK(result(2)->deaths.empty());
  CAF_CHECK(each_ended_once(1, 2));
}

CAF_TEST(a child that asks to be replaced is replaced although no other can be started) {
  auto config = pool_of(1);
  config.spares = 1;
  auto p = start_pool(config);
  all_ready(1);
  submit(p, 1);
  child(0, [](auto& c) { c.answer_and_retire(); });
  submit(p, 2);
  CAF_CHECK(given_to(2).empty());
}

CAF_TEST(an answer near the memory limit is asked for again in a fresh child and no death) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  child_answers(0);
  submit(p, 2);
  child(0, [](auto& c) { c.near_memory_limit(); });
  CAF_CHECK_EQUAL(answer(2), "-");
  child(0, [](auto& c) { c.leave(); });
  all_ready(1);
  child_answers(0, "fresh");
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK_EQUAL(result(2)->outcome.body, "fresh");
  CAF_CHECK(result(2)->deaths.empty());
}

CAF_TEST(a second answer near the limit is told) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  for (int i = 0; i < 2; ++i) {
    child(0, [](auto& c) { c.near_memory_limit(); });
    child(0, [](auto& c) { c.leave(); });
    all_ready(1);
  }
  CAF_CHECK_EQUAL(answer(1), "child_near_memory_limit");
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(an answer that what ran before may have changed is asked for again and a second one is told) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  for (int i = 0; i < 2; ++i) {
    CAF_CHECK_EQUAL(answer(1), "-");
    child(0, [](auto& c) { c.near_memory_limit("not_believed"); });
    child(0, [](auto& c) { c.leave(); });
    all_ready(1);
  }
  CAF_CHECK_EQUAL(answer(1), "child_not_believed");
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(a death tells what ran before and the retry runs in a child of its own) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  tell(p, named(1, "evil.lean"));
  child_answers(0);
  tell(p, named(2, "good.lean"));
  tell(p, named(3, "next.lean"));
  child_crashes(0);
  pass(1ms);
  all_ready(1);
  CAF_CHECK_EQUAL(given_to(2).size(), 2u);
  CAF_CHECK(given_to(3).empty());
  child_answers(0, "fine");
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_REQUIRE_EQUAL(result(2)->deaths.size(), 1u);
  CAF_CHECK(result(2)->deaths[0].ran_before == std::vector<std::string>{"evil.lean"});
}

CAF_TEST(the retry does not take a child that has run something) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  tell(p, named(1, "a.lean"));
  tell(p, named(2, "b.lean"));
  child_answers(0);
  child_answers(1);
  tell(p, named(3, "c.lean"));
  auto first = given_to(3).at(0);
  child_crashes(first);
  // Both places: one starts anew after its crash, the other has run something and is replaced first.
  auto other = 1 - first;
  CAF_CHECK(links.child(other).stop_asked().has_value() || given_to(3).size() == 1u);
  pass(100ms);
  if (links.child(other).stop_asked())
    child(other, [](auto& c) { c.leave(); });
  all_ready(2);
  CAF_REQUIRE_EQUAL(given_to(3).size(), 2u);
  auto second = given_to(3).at(1);
  CAF_CHECK(links.child(second).generation > 0);
}

CAF_TEST(an innocent request is not called a killer for what ran before it) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  for (ticket id = 1; id <= 5; id += 2) { // three times the leftovers of another kill its child
    tell(p, named(id, "evil.lean"));
    child_answers(0);
    tell(p, named(id + 1, "good.lean"));
    child_crashes(0);
    pass(1ms);
    all_ready(1);
    child_answers(0);
    CAF_CHECK_EQUAL(answer(id + 1), "none");
  }
}

CAF_TEST(code that ends its process by itself in a child of its own is not tried twice) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  child(0, [](auto& c) { c.exit_by_user_code(7); });
  CAF_CHECK_EQUAL(answer(1), "killed_its_worker");
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
}

CAF_TEST(after another request an exit by user code may be of the other) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  child_answers(0);
  submit(p, 2);
  child(0, [](auto& c) { c.exit_by_user_code(7); });
  CAF_CHECK_EQUAL(answer(2), "-");
  pass(1ms);
  all_ready(1);
  child(0, [](auto& c) { c.exit_by_user_code(7); });
  CAF_CHECK_EQUAL(answer(2), "killed_its_worker");
  CAF_CHECK_EQUAL(given_to(2).size(), 2u);
}

CAF_TEST(files that crash do not make the others wait) {
  auto config = pool_of(1);
  config.worker.restart.restarts_max = 100;
  auto p = start_pool(config);
  all_ready(1);
  for (ticket id = 1; id <= 20; ++id) {
    submit(p, id);
    child(0, [](auto& c) { c.exit_by_user_code(7); });
    CAF_CHECK_EQUAL(answer(id), "killed_its_worker");
    pass(1ms);
    CAF_CHECK_EQUAL(links.child(0).generation, id); // the next one is there at once
    all_ready(1);
  }
}

CAF_TEST(with isolation every request has a child of its own) {
  auto config = pool_of(2);
  config.isolate_requests = true;
  auto p = start_pool(config);
  all_ready(2);
  submit(p, 1);
  auto slot = given_to(1).at(0);
  child_answers(slot);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(links.child(slot).stop_asked().has_value());
  submit(p, 2);
  CAF_CHECK(given_to(2) == std::vector<std::uint32_t>{1 - slot});
  child_answers(1 - slot);
  CAF_CHECK_EQUAL(answer(2), "none");
}

CAF_TEST_FIXTURE_SCOPE_END()
