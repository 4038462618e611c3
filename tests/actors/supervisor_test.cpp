// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE supervisor
#include <leanworker/tests/actors/supervisor_suite.hpp>

#include <caf/actor_companion.hpp>

using namespace leanworker;

namespace {

constexpr int down_code = -static_cast<int>(errc::actor_failed);

/// The end of an actor that heard nothing of the order to end.
void crumble(const caf::actor& stone) {
  caf::actor_cast<caf::actor_companion*>(stone)->cleanup(caf::make_error(caf::exit_reason::kill), nullptr);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervisor_tests, supervisor_suite)

// -- handles --------------------------------------------------------------------------

CAF_TEST(the handle of a child stays valid over its restarts) {
  auto s = supervise(spec_of({child_of("a"), child_of("b")}));
  auto a = handle_of(s, "a");
  for (int incarnation = 0; incarnation < 5; ++incarnation) {
    CAF_CHECK_EQUAL(answer_of(a), incarnation);
    order(a, "fail");
  }
  CAF_CHECK(handle_of(s, "a") == a);
  CAF_CHECK_EQUAL(answer_of(handle_of(s, "b")), 0);
  CAF_CHECK(!handle_of(s, "nobody"));
}

CAF_TEST(a request to a child that is down is answered with a typed error at once) {
  auto spec = spec_of({child_of("a")});
  spec.config.backoff_initial = 1000ms;
  auto s = supervise(std::move(spec));
  auto a = handle_of(s, "a");
  order(a, "fail");
  CAF_CHECK_EQUAL(answer_of(a), down_code);
  pass(999ms);
  CAF_CHECK_EQUAL(answer_of(a), down_code);
  pass(1ms);
  CAF_CHECK_EQUAL(answer_of(a), 1);
}

CAF_TEST(a message to a child that is down is dropped and its sender hears nothing of it) {
  auto spec = spec_of({child_of("a")});
  spec.config.backoff_initial = 1000ms;
  auto s = supervise(std::move(spec));
  auto a = handle_of(s, "a");
  order(a, "fail");
  caf::send_as(caf::actor_cast<caf::actor>(listener), a, std::string{"leave"});
  pass(2000ms);
  CAF_CHECK(errors.empty());
  CAF_CHECK_EQUAL(answer_of(a), 1); // it was not kept for the next one either
}

CAF_TEST(an exit message to the handle reaches the child and the handle lives on) {
  auto s = supervise(spec_of({child_of("a")}));
  auto a = handle_of(s, "a");
  caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(lived(), "+a0 -a0 +a1");
  CAF_CHECK_EQUAL(answer_of(a), 1);
}

CAF_TEST(the handle of a child that was removed answers with an error) {
  auto s = supervise(spec_of({child_of("a")}));
  auto a = handle_of(s, "a");
  ask<supervisor_answer>(s, remove_child{"a"});
  settle();
  CAF_CHECK_EQUAL(answer_of(a), down_code);
  CAF_CHECK(!handle_of(s, "a"));
}

// -- events and reasons ---------------------------------------------------------------

CAF_TEST(events come in order) {
  auto spec = spec_of({child_of("a"), child_of("b")}, supervision_strategy::rest_for_one);
  spec.config.backoff_initial = 100ms;
  auto s = supervise(std::move(spec));
  lived();
  order(handle_of(s, "a"), "fail");
  CAF_CHECK_EQUAL(heard(), "a down io_error, a restarting 100, b restarting 100, b down");
  pass(99ms);
  CAF_CHECK_EQUAL(heard(), "");
  pass(1ms);
  CAF_CHECK_EQUAL(heard(), "a started, b started");
  CAF_CHECK_EQUAL(lived(), "-a0 -b0 +a1 +b1");
  // Subscribing twice is subscribing once.
  caf::send_as(listener, s, subscribe_children{});
  order(handle_of(s, "b"), "leave");
  CAF_CHECK_EQUAL(heard(), "b down, b restarting 100");
}

CAF_TEST(the typed reason of an end shows in the list) {
  auto s = supervise(spec_of({child_of("a"), child_of("b"), child_of("c")}));
  order(handle_of(s, "a"), "fail");
  order(handle_of(s, "b"), "throw");
  CAF_CHECK(status_of(s, "a").last == (failure_reason{errc::io_error, "the disk is gone", {}}));
  CAF_CHECK_EQUAL(status_of(s, "a").restarts, 1u);
  CAF_CHECK_EQUAL(status_of(s, "b").last.code, errc::actor_failed);
  CAF_CHECK_EQUAL(status_of(s, "b").last.text, "unhandled_exception");
  CAF_CHECK_EQUAL(status_of(s, "c").last.code, errc::none);
}

CAF_TEST(reasons survive the way to an error and back) {
  failure_reason full{errc::intensity_exceeded, "it gave up", {"outer", "inner", "leaf"}};
  CAF_CHECK(reason_of(to_error(full)) == full);
  CAF_CHECK(to_error({}) == caf::exit_reason::normal);
  for (auto normal : {caf::error{}, caf::make_error(caf::exit_reason::normal), caf::make_error(caf::exit_reason::user_shutdown)})
    CAF_CHECK_EQUAL(reason_of(normal).code, errc::none);
  CAF_CHECK(reason_of(caf::make_error(caf::exit_reason::kill)) == (failure_reason{errc::actor_failed, "kill", {}}));
  CAF_CHECK_EQUAL(reason_of(caf::make_error(caf::sec::runtime_error)).code, errc::actor_failed);
}

CAF_TEST(a subscriber that died is forgotten) {
  auto s = supervise(spec_of({child_of("a")}));
  caf::actor_addr address;
  {
    auto other = sys.spawn([](child_event_actor::pointer) -> child_event_actor::behavior_type { return {[](const child_event&) {}}; });
    address = other.address();
    caf::send_as(other, s, subscribe_children{});
    settle();
  }
  CAF_CHECK(caf::actor_cast<caf::strong_actor_ptr>(address)); // only the supervisor holds it
  caf::anon_send_exit(address, caf::exit_reason::kill);
  settle();
  CAF_CHECK(!caf::actor_cast<caf::strong_actor_ptr>(address));
  order(handle_of(s, "a"), "fail");
  CAF_CHECK_EQUAL(heard(), "a down io_error, a restarting 0, a started");
}

// -- starts that fail -----------------------------------------------------------------

CAF_TEST(an exception and a null handle are failed starts) {
  auto spec = spec_of({child_of("a"), child_of("b"), child_of("c")});
  spec.children[0].start = [good = spec.children[0].start](caf::actor_system& system, std::uint64_t incarnation) {
    if (incarnation == 0)
      throw std::runtime_error{"no such file"};
    return good(system, incarnation);
  };
  spec.children[1].start = [good = spec.children[1].start](caf::actor_system& system, std::uint64_t incarnation) {
    return incarnation == 0 ? caf::actor{} : good(system, incarnation);
  };
  auto s = supervise(std::move(spec));
  CAF_CHECK_EQUAL(lived(), "+a1 +b1 +c0");
  CAF_CHECK(status_of(s, "a").last == (failure_reason{errc::actor_start_failed, "no such file", {}}));
  CAF_CHECK_EQUAL(status_of(s, "b").last.code, errc::actor_start_failed);
}

CAF_TEST(a supervisor whose child can never be started gives up and is gone) {
  auto spec = spec_of({child_of("a"), child_of("b"), child_of("c")});
  spec.children[1].start = nullptr;
  auto s = sys.spawn(supervisor, std::move(spec));
  auto end = watch(s.address());
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::intensity_exceeded);
  CAF_CHECK_EQUAL((*end)->chain.size(), 2u);
  CAF_CHECK_EQUAL(lived(), "+a0 -a0");
}

CAF_TEST(one whose only child can never be started is gone too) {
  auto spec = spec_of({child_of("a")});
  spec.children[0].start = nullptr;
  auto s = sys.spawn(supervisor, std::move(spec));
  auto end = watch(s.address());
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::intensity_exceeded);
}

CAF_TEST(an exit message is heard while a child waits for its first start) {
  auto spec = spec_of({child_of("a")});
  spec.config.backoff_initial = 1000ms;
  spec.children[0].start = nullptr;
  auto s = supervise(std::move(spec));
  auto end = watch(s.address());
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  settle();
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::none);
}

// -- the end --------------------------------------------------------------------------

CAF_TEST(the exit message of a stranger stops the children in reverse order) {
  auto s = supervise(spec_of({child_of("a"), child_of("b"), child_of("c")}));
  auto end = watch(s.address());
  lived();
  heard();
  self->send_exit(s, to_error({errc::cancelled, "the user wants it", {}}));
  settle();
  CAF_CHECK_EQUAL(lived(), "-c0 -b0 -a0");
  CAF_CHECK_EQUAL(heard(), "c down, c stopped, b down, b stopped, a down, a stopped");
  CAF_REQUIRE(end->has_value());
  CAF_CHECK((*end).value() == (failure_reason{errc::cancelled, "the user wants it", {}}));
}

CAF_TEST(a stubborn child is killed after its time and the supervisor goes on) {
  auto s = supervise(spec_of({child_of("a"), child_of("b", restart_type::permanent, true)}));
  auto end = watch(s.address());
  lived();
  ask<supervisor_answer>(s, restart_child{"b"});
  pass(999ms);
  CAF_CHECK_EQUAL(lived(), "");
  CAF_CHECK_EQUAL(status_of(s, "b").state, child_state::stopping);
  pass(1ms);
  CAF_CHECK_EQUAL(lived(), "-b0 +b1");
  CAF_CHECK(!end->has_value());
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  pass(1000ms);
  CAF_CHECK_EQUAL(lived(), "-b1 -a0");
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::none);
}

CAF_TEST(a child that somebody else kills is restarted and takes nobody with it) {
  std::vector<caf::actor> made;
  auto spec = spec_of({child_of("a"), child_of("b")});
  spec.children[0].start = [&made, good = spec.children[0].start](caf::actor_system& system, std::uint64_t incarnation) {
    made.push_back(good(system, incarnation));
    return made.back();
  };
  auto s = supervise(std::move(spec));
  lived();
  caf::anon_send_exit(made.at(0), caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(lived(), "-a0 +a1");
  CAF_CHECK_EQUAL(status_of(s, "a").last.text, "kill");
}

CAF_TEST(without a time for its end a child is killed at once) {
  auto spec = spec_of({child_of("a", restart_type::permanent, true)});
  spec.children[0].shutdown = 0ms;
  auto s = supervise(std::move(spec));
  auto end = watch(s.address());
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(lived(), "+a0 -a0");
  CAF_CHECK(end->has_value());
}

CAF_TEST(a child that outlives the kill is abandoned and its late end is nobodys business) {
  std::vector<caf::actor> stones;
  auto spec = spec_of({child_of("a"), child_of("stone")});
  spec.children[1].start = [&stones](caf::actor_system& system, std::uint64_t incarnation) -> caf::actor {
    CAF_CHECK_EQUAL(incarnation, stones.size());
    stones.push_back(caf::actor_cast<caf::actor>(system.spawn<caf::actor_companion>())); // hears nothing, as long as nobody listens for it
    return stones.back();
  };
  auto s = supervise(std::move(spec));
  auto end = watch(s.address());
  lived();
  ask<supervisor_answer>(s, restart_child{"stone"});
  pass(1499ms);
  CAF_CHECK_EQUAL(stones.size(), 1u);
  CAF_CHECK_EQUAL(heard(), "");
  pass(1ms);
  CAF_CHECK_EQUAL(stones.size(), 2u);
  CAF_CHECK_EQUAL(heard(), "stone stopped shutdown_timeout, stone started");
  crumble(stones[0]);
  settle();
  CAF_CHECK(!end->has_value());
  CAF_CHECK_EQUAL(heard(), "");
  CAF_CHECK_EQUAL(status_of(s, "stone").state, child_state::running);
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  pass(1500ms);
  CAF_CHECK_EQUAL(heard(), "stone stopped shutdown_timeout, a down, a stopped");
  CAF_CHECK(end->has_value());
  crumble(stones[1]);
}

// -- changes at run time --------------------------------------------------------------

CAF_TEST(children can be added and removed and restarted and listed) {
  auto s = supervise(spec_of({child_of("a")}));
  auto add = [&](child_spec spec) { return ask<supervisor_answer>(s, add_child{std::make_shared<const child_spec>(std::move(spec))}).code; };
  CAF_CHECK_EQUAL(add(child_of("b", restart_type::transient)), errc::none);
  CAF_CHECK_EQUAL(add(child_of("t", restart_type::temporary)), errc::none);
  CAF_CHECK_EQUAL(add(child_of("a")), errc::already_exists);
  CAF_CHECK_EQUAL(add(child_of("")), errc::invalid_argument);
  CAF_CHECK_EQUAL(add(child_spec{"d", nullptr}), errc::invalid_argument);
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, add_child{}).code, errc::invalid_argument);
  CAF_CHECK_EQUAL(lived(), "+a0 +b0 +t0");
  CAF_CHECK_EQUAL(answer_of(handle_of(s, "b")), 0);

  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, restart_child{"a"}).code, errc::none);
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, restart_child{"t"}).code, errc::invalid_argument);
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, restart_child{"nobody"}).code, errc::not_found);
  CAF_CHECK_EQUAL(lived(), "-a0 +a1");
  CAF_CHECK_EQUAL(status_of(s, "a").restarts, 0u);

  order(handle_of(s, "t"), "fail");
  auto list = ask<child_list>(s, list_children{}).children;
  CAF_REQUIRE_EQUAL(list.size(), 2u);
  CAF_CHECK_EQUAL(list[0].id, "a");
  CAF_CHECK_EQUAL(list[1].id, "b");
  CAF_CHECK_EQUAL(list[1].restart, restart_type::transient);

  heard();
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, remove_child{"a"}).code, errc::none);
  settle();
  CAF_CHECK_EQUAL(heard(), "a down, a stopped");
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, remove_child{"a"}).code, errc::not_found);
  CAF_CHECK_EQUAL(add(child_of("a")), errc::none);
}

CAF_TEST(an ending supervisor refuses changes) {
  auto s = supervise(spec_of({child_of("a"), child_of("b", restart_type::permanent, true)}));
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, restart_child{"a"}).code, errc::shutting_down);
  CAF_CHECK_EQUAL(ask<supervisor_answer>(s, add_child{std::make_shared<const child_spec>(child_of("c"))}).code, errc::shutting_down);
  pass(1000ms);
  CAF_CHECK_EQUAL(lived(), "+a0 +b0 -b0 -a0");
}

CAF_TEST_FIXTURE_SCOPE_END()
