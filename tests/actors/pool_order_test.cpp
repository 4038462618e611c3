// SPDX-License-Identifier: Apache-2.0
// Priorities with ageing, shares, and what is told to those who wait.
#define CAF_SUITE pool_order
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct order_suite : watched_suite {
  pool_actor p;
  order_suite() {
    auto config = steady(1);
    config.ageing_step = 1000ms;
    config.worker.request_timeout = 1h;
    p = watched_pool(config);
    all_ready(1);
  }
  void submit_as(ticket id, priority urgency, std::string caller = "", unsigned weight = 1) {
    auto wanted = request(id);
    wanted.urgency = urgency;
    wanted.caller = std::move(caller);
    wanted.weight = weight;
    tell(p, wanted);
  }
  /// Answers what runs until nothing does: the tickets in the order of their service.
  std::vector<ticket> order_of_service() {
    while (client->count<submission_started>() > client->count<submission_done>())
      child_answers(0);
    std::vector<ticket> order;
    for (const auto& started : client->all<submission_started>())
      order.push_back(started.id);
    return order;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_order_tests, order_suite)

CAF_TEST(the more urgent class goes first and inside a class the one that came first) {
  submit_as(1, priority::normal);
  submit_as(2, priority::bulk);
  submit_as(3, priority::normal);
  submit_as(4, priority::interactive);
  submit_as(5, priority::bulk);
  submit_as(6, priority::interactive);
  CAF_CHECK(numbers(p).queued == (std::array<std::uint64_t, 3>{2, 1, 2}));
  CAF_CHECK(order_of_service() == (std::vector<ticket>{1, 4, 6, 3, 2, 5}));
}

CAF_TEST(what waited two steps goes before an urgent one that came later and what waited less does not) {
  submit_as(1, priority::normal);
  submit_as(2, priority::bulk);
  pass(1ms);
  submit_as(3, priority::bulk);
  pass(1999ms);
  submit_as(4, priority::interactive);
  submit_as(5, priority::normal);
  // 2 is as urgent as 4 and came first; 3 has risen by one class only, and came before 5.
  CAF_CHECK(order_of_service() == (std::vector<ticket>{1, 2, 4, 3, 5}));
}

CAF_TEST(bulk work is served although urgent work never ends) {
  submit_as(1, priority::normal);
  submit_as(2, priority::bulk, "batch");
  ticket next = 100;
  int served_before = 0;
  for (submit_as(next, priority::interactive, "editor"); given_to(2).empty() && served_before < 100; ++served_before) {
    submit_as(++next, priority::interactive, "editor");
    pass(100ms, 10ms);
    child_answers(0);
  }
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
  CAF_CHECK(served_before >= 20); // 2000 ms, until it is as urgent as they are
  CAF_CHECK(served_before <= 23); // and then at most two services of the other caller
}

CAF_TEST(two callers of one class share by their weights) {
  submit_as(1, priority::normal);
  for (ticket id = 10; id < 20; ++id)
    submit_as(id, priority::normal, "heavy", 3);
  for (ticket id = 20; id < 30; ++id)
    submit_as(id, priority::normal, "light", 1);
  auto order = order_of_service();
  CAF_REQUIRE_EQUAL(order.size(), 21u);
  auto heavy = std::count_if(order.begin() + 1, order.begin() + 9, [](ticket id) { return id < 20; });
  CAF_CHECK(heavy >= 5 && heavy <= 7); // 6 of the first 8, but for one service
  for (auto first : {ticket{10}, ticket{20}}) // each caller's own in their order
    for (ticket id = first; id + 1 < first + 10; ++id)
      CAF_CHECK(std::find(order.begin(), order.end(), id) < std::find(order.begin(), order.end(), id + 1));
}

CAF_TEST(a place in the queue is told with those before it and with the time that they will take) {
  auto place = [&](ticket id) {
    queue_position told;
    auto answer = self->request(p, caf::infinite, get_queue_position{id});
    settle();
    answer.receive([&](const queue_position& position) { told = position; }, [](const caf::error&) { CAF_FAIL("no answer"); });
    return told;
  };
  auto ask_for = [&](ticket id, priority urgency) { // tickets are known to their own client only
    auto wanted = request(id);
    wanted.urgency = urgency;
    self->send(p, wanted);
    settle();
  };
  ask_for(1, priority::normal);
  ask_for(2, priority::normal);
  ask_for(3, priority::normal);
  CAF_CHECK(!place(1).queued); // it runs
  CAF_CHECK(!place(77).queued);
  CAF_CHECK(place(3) == (queue_position{true, 1, 0us})); // nothing was ever served: nothing is known
  pass(400ms, 10ms);
  child_answers(0);
  CAF_CHECK(!place(2).queued);
  CAF_CHECK(place(3) == (queue_position{true, 0, 400ms}));
  ask_for(4, priority::bulk);
  ask_for(5, priority::interactive);
  CAF_CHECK(place(5) == (queue_position{true, 0, 400ms}));
  CAF_CHECK(place(3) == (queue_position{true, 1, 800ms}));
  CAF_CHECK(place(4) == (queue_position{true, 2, 1200ms}));
  CAF_CHECK(order(p, resize_pool{2}).code == errc::none); // the second one is not ready yet, but there are two to share
  CAF_CHECK(place(4) == (queue_position{true, 2, 600ms}));
  submit(p, 4); // another client's ticket of the same number is another request
  CAF_CHECK_EQUAL(place(4).before, 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()
