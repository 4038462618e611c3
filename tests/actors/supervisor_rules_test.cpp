// SPDX-License-Identifier: Apache-2.0
// Who may be in a list of children, and who is started with a group.
#define CAF_SUITE supervisor_rules
#include <leanworker/tests/actors/supervisor_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(supervisor_rules_tests, supervisor_suite)

CAF_TEST(a supervisor with two children of one id starts nobody and ends with a typed reason) {
  auto s = sys.spawn(supervisor, spec_of({child_of("a"), child_of("b"), child_of("a")}));
  auto end = watch(s.address());
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::already_exists);
  CAF_CHECK_EQUAL((*end)->text, "top cannot start: two children have the id a");
  CAF_CHECK_EQUAL(lived(), "");
}

CAF_TEST(a supervisor with a child without an id starts nobody either) {
  auto s = sys.spawn(supervisor, spec_of({child_of("a"), child_of("")}));
  auto end = watch(s.address());
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::invalid_argument);
  CAF_CHECK_EQUAL(lived(), "");
}

CAF_TEST(below another supervisor such a list is a failure and shows in the chain) {
  auto inner = spec_of({child_of("leaf"), child_of("leaf")});
  inner.name = "inner";
  auto outer = spec_of({child_of("a"), supervisor_child(inner)});
  outer.config.intensity = 1;
  auto top = sys.spawn(supervisor, outer);
  auto end = watch(top.address());
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::intensity_exceeded);
  CAF_REQUIRE(!(*end)->chain.empty());
  CAF_CHECK_EQUAL((*end)->chain.back(), "inner cannot start: two children have the id leaf");
  CAF_CHECK_EQUAL(lived(), "+a0 -a0");
}

CAF_TEST(a child that is added with the id of another is refused and the other lives on) {
  auto s = supervise(spec_of({child_of("a")}));
  auto again = std::make_shared<const child_spec>(child_of("a"));
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, add_child{again}).code, errc::already_exists);
  CAF_CHECK_EQUAL(lived(), "+a0");
  CAF_CHECK_EQUAL(answer_of(handle_of(s, "a")), 0);
  CAF_CHECK_EQUAL(ask<child_list>(s, list_children{}).children.size(), 1u);
}

CAF_TEST(a transient child that ended normally is started again with its group as in OTP) {
  auto s = supervise(spec_of({child_of("a"), child_of("b", restart_type::transient), child_of("c", restart_type::temporary)},
                             supervision_strategy::one_for_all));
  order(handle_of(s, "b"), "leave");
  order(handle_of(s, "c"), "leave");
  CAF_CHECK_EQUAL(status_of(s, "b").state, child_state::stopped);
  auto b = handle_of(s, "b");
  CAF_CHECK_EQUAL(answer_of(b), -static_cast<int>(errc::actor_failed));
  lived();
  heard();
  order(handle_of(s, "a"), "fail");
  CAF_CHECK_EQUAL(lived(), "-a0 +a1 +b1");
  CAF_CHECK_EQUAL(heard(), "a down io_error, a restarting 0, b restarting 0, a started, b started");
  CAF_CHECK_EQUAL(answer_of(b), 1); // by the same handle
  CAF_CHECK_EQUAL(status_of(s, "b").restarts, 0u); // no failure of its own
}

CAF_TEST(a transient child that ended normally stays down when its group is another one) {
  for (auto strategy : {supervision_strategy::one_for_one, supervision_strategy::rest_for_one}) {
    supervisor_suite world;
    auto s = world.supervise(spec_of({world.child_of("a", restart_type::transient), world.child_of("b")}, strategy));
    world.order(world.handle_of(s, "a"), "leave");
    world.order(world.handle_of(s, "b"), "fail");
    CAF_CHECK_EQUAL(world.lived(), "+a0 +b0 -a0 -b0 +b1");
    CAF_CHECK_EQUAL(world.status_of(s, "a").state, child_state::stopped);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
