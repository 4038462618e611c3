// SPDX-License-Identifier: Apache-2.0
// Keys that are kept warm.
#define CAF_SUITE pool_warm
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct warm_suite : watched_suite {
  pool_actor warm_pool(pool_config config) {
    auto spec = spec_of(std::move(config));
    spec.warm_up = [](const session_key& key) { return "open " + key.imports.at(0); };
    return watched_pool(std::move(spec));
  }
  static prewarm_key key_of(std::string import, unsigned workers = 1) {
    prewarm_key made;
    made.key.imports = {std::move(import)};
    made.workers = workers;
    return made;
  }
  void prewarm(const pool_actor& p, std::string import, unsigned workers = 1) {
    CAF_CHECK(order(p, key_of(std::move(import), workers)).code == errc::none);
  }
  /// The sessions that a slot's newest child was told to open in advance, in their order.
  std::string opened(std::size_t slot = 0) {
    std::string found;
    for (const auto& frame : links.child(slot).sent(frame_kind::request))
      if (frame.body.starts_with("open "))
        found += (found.empty() ? "" : " ") + frame.body.substr(5);
    return found;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_warm_tests, warm_suite)

CAF_TEST(a key is opened in advance and the first request for it finds it warm) {
  auto config = steady(1);
  config.start_eagerly = false;
  auto p = warm_pool(config);
  prewarm(p, "Lean");
  CAF_REQUIRE_EQUAL(links.slots(), 1u); // started although nobody waits
  all_ready(1);
  CAF_CHECK_EQUAL(opened(), "Lean");
  acquire(p, 1, "Lean");
  CAF_CHECK_EQUAL(granted(1).number, 0u); // not before it is open
  child_answers(0);
  CAF_REQUIRE(granted(1).number != 0);
  CAF_CHECK(client->all<lease_granted>().at(0).warm);
}

CAF_TEST(two keys that share a child are both opened) {
  auto p = warm_pool(steady(1));
  prewarm(p, "Init");
  prewarm(p, "Lean");
  all_ready(1);
  CAF_CHECK_EQUAL(opened(), "Init");
  child_answers(0);
  CAF_CHECK_EQUAL(opened(), "Init Lean");
  child_answers(0);
  CAF_CHECK(shown(p).warm_keys == (std::vector<std::string>{"imports=[Init]", "imports=[Lean]"}));
  // And again for the next generation.
  child_crashes(0);
  pass(50ms);
  all_ready(1);
  child_answers(0);
  child_answers(0);
  CAF_CHECK_EQUAL(opened(), "Init Lean");
}

CAF_TEST(a key that is asked for while the child is busy is opened when it has time) {
  auto p = warm_pool(steady(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  prewarm(p, "Lean");
  CAF_CHECK_EQUAL(opened(), "");
  child_answers(0);
  CAF_CHECK_EQUAL(opened(), ""); // somebody waits
  child_answers(0);
  CAF_CHECK_EQUAL(opened(), "Lean");
}

CAF_TEST(a key is opened on as many children as were asked for and no more) {
  auto p = warm_pool(steady(3));
  all_ready(3);
  prewarm(p, "Lean", 2);
  auto children = [&] { return std::string{} + (opened(0) + ',' + opened(1) + ',' + opened(2)); };
  CAF_CHECK_EQUAL(children(), "Lean,Lean,");
  for (std::size_t slot : {0, 1})
    child_answers(slot);
  CAF_CHECK_EQUAL(children(), "Lean,Lean,");
  child_crashes(0); // the third one takes its place
  CAF_CHECK_EQUAL(children(), "Lean,Lean,Lean");
}

CAF_TEST(more keys than a child keeps open are opened once each and not for ever) {
  auto config = steady(1);
  config.worker.child.sessions_max = 2;
  auto p = warm_pool(config);
  all_ready(1);
  for (auto import : {"A", "B", "C"})
    prewarm(p, import);
  for (int i = 0; i < 3; ++i)
    child_answers(0);
  CAF_CHECK_EQUAL(opened(), "A B C");
  for (ticket id = 1; id <= 5; ++id)
    serve(p, id);
  CAF_CHECK_EQUAL(opened(), "A B C");
  prewarm(p, "A"); // who asks again gets it again
  CAF_CHECK_EQUAL(opened(), "A B C A");
}

CAF_TEST(a child that refuses to open a key serves on and is not asked again) {
  auto p = warm_pool(steady(1));
  all_ready(1);
  prewarm(p, "Missing");
  child(0, [](auto& c) { c.refuse(c.last_request_id(), R"({"code":"import_failed"})"); });
  CAF_CHECK_EQUAL(serve(p, 1), "none");
  CAF_CHECK_EQUAL(opened(), "Missing");
  CAF_CHECK_EQUAL(client->count<submission_done>(), 1u); // nobody hears of warm ups
  CAF_CHECK_EQUAL(numbers(p).counters.finished, 1u);
}

CAF_TEST(a child that dies while it opens a key is followed by one that tries again and nobody is told) {
  auto p = warm_pool(steady(1));
  all_ready(1);
  prewarm(p, "Lean");
  child_crashes(0);
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(opened(), "Lean");
  child_answers(0);
  CAF_CHECK_EQUAL(client->count<submission_done>(), 0u);
  CAF_CHECK_EQUAL(shown(p).failures, 1u);
  CAF_CHECK_EQUAL(numbers(p).quarantined, 0u);
}

CAF_TEST(a warm child is neither evicted nor rested until its key is given up) {
  auto config = steady(1);
  config.cycle.idle = 500ms;
  auto p = warm_pool(config);
  all_ready(1);
  prewarm(p, "Lean");
  child_answers(0);
  pass(5s, 10ms);
  CAF_CHECK(!leaving(0));
  auto other = request(1);
  other.key.toolchain = "other";
  tell(p, other);
  CAF_CHECK(!leaving(0));
  tell(p, cancel_submission{1});
  prewarm(p, "Lean", 0);
  pass(501ms);
  CAF_CHECK(leaving(0));
}

CAF_TEST(warm children of another kind make room when their key is given up) {
  auto p = warm_pool(steady(1));
  all_ready(1);
  prewarm(p, "Lean");
  child_answers(0);
  auto other = request(1);
  other.key.toolchain = "other";
  tell(p, other);
  CAF_CHECK(!leaving(0));
  prewarm(p, "Lean", 0);
  CAF_CHECK(leaving(0));
  replaced(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
}

CAF_TEST_FIXTURE_SCOPE_END()
