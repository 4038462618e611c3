// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE supervisor_tree
#include <leanworker/tests/actors/supervisor_suite.hpp>

using namespace leanworker;

namespace {

struct tree_suite : supervisor_suite {
  /// A supervisor that bears `intensity` failures, with one child.
  supervisor_spec inner_of(std::string name, unsigned intensity, child_spec child) {
    auto spec = spec_of({std::move(child)});
    spec.name = std::move(name);
    spec.config.intensity = intensity;
    return spec;
  }
  /// The handle of a child two levels down.
  caf::actor handle_below(const supervisor_actor& top, const std::string& inner, const std::string& id) {
    return handle_of(caf::actor_cast<supervisor_actor>(handle_of(top, inner)), id);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervisor_tree_tests, tree_suite)

// -- escalation -----------------------------------------------------------------------

CAF_TEST(a supervisor that gave up is restarted by the one above with all its children) {
  auto top = supervise(spec_of({supervisor_child(inner_of("inner", 1, child_of("leaf"))), child_of("b")}));
  lived();
  order(handle_below(top, "inner", "leaf"), "fail");
  CAF_CHECK_EQUAL(lived(), "-leaf0 +leaf1");
  CAF_CHECK_EQUAL(heard(), "");
  order(handle_below(top, "inner", "leaf"), "fail");
  CAF_CHECK_EQUAL(lived(), "-leaf1 +leaf0");
  CAF_CHECK_EQUAL(heard(), "inner down intensity_exceeded, inner restarting 0, inner started");
  CAF_CHECK_EQUAL(answer_of(handle_below(top, "inner", "leaf")), 0);
  CAF_CHECK_EQUAL(status_of(top, "inner").last.code, errc::intensity_exceeded);
  CAF_CHECK_EQUAL(status_of(top, "inner").incarnation, 1u);
}

CAF_TEST(the chain of those that gave up begins with the outermost) {
  auto spec = spec_of({child_of("b"), supervisor_child(inner_of("middle", 0, supervisor_child(inner_of("inner", 1, child_of("leaf")))))});
  spec.config.intensity = 0;
  auto top = supervise(std::move(spec));
  auto end = watch(top.address());
  auto middle = caf::actor_cast<supervisor_actor>(handle_of(top, "middle"));
  lived();
  order(handle_below(middle, "inner", "leaf"), "fail");
  pass(250ms);
  order(handle_below(middle, "inner", "leaf"), "fail");
  CAF_CHECK_EQUAL(lived(), "-leaf0 +leaf1 -leaf1 -b0");
  CAF_REQUIRE(end->has_value());
  CAF_CHECK_EQUAL((*end)->code, errc::intensity_exceeded);
  std::vector<std::string> chain{
    "top gave up: 1 failures within 0 ms, the last one of middle",
    "middle gave up: 1 failures within 0 ms, the last one of inner",
    "inner gave up: 2 failures within 250 ms, the last one of leaf",
    "leaf: the disk is gone",
  };
  CAF_CHECK((*end)->chain == chain);
  CAF_CHECK_EQUAL((*end)->text, chain.front());
  CAF_CHECK_EQUAL(heard(), "middle down intensity_exceeded, middle gave_up intensity_exceeded, b down, b stopped");
}

CAF_TEST(a shutdown from above is no failure and goes down in reverse order) {
  auto inner = inner_of("inner", 0, child_of("x"));
  inner.children.push_back(child_of("y"));
  auto top = supervise(spec_of({child_of("a"), supervisor_child(std::move(inner)), child_of("b")}));
  lived();
  caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(lived(), "-b0 -y0 -x0 -a0");
  CAF_CHECK_EQUAL(heard(), "b down, b stopped, inner down, inner stopped, a down, a stopped");
}

CAF_TEST(a supervisor that is killed takes everything below it along) {
  auto top = supervise(spec_of({child_of("a"), supervisor_child(inner_of("inner", 1, child_of("leaf", restart_type::permanent, true)))}));
  auto a = handle_of(top, "a");
  lived();
  caf::anon_send_exit(top, caf::exit_reason::kill);
  settle();
  auto ended = std::exchange(*book, {});
  std::sort(ended.begin(), ended.end());
  CAF_CHECK(ended == (std::vector<std::string>{"-a0", "-leaf0"}));
  CAF_CHECK_EQUAL(answer_of(a), -static_cast<int>(errc::actor_failed));
}

CAF_TEST(a supervisor below that is killed is restarted and its old children are gone) {
  std::vector<caf::actor> made;
  auto below = supervisor_child(inner_of("inner", 1, child_of("leaf", restart_type::permanent, true)));
  below.start = [&made, good = below.start](caf::actor_system& system, std::uint64_t incarnation) {
    made.push_back(good(system, incarnation));
    return made.back();
  };
  auto top = supervise(spec_of({below}));
  lived();
  caf::anon_send_exit(made.at(0), caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(std::count(book->begin(), book->end(), "-leaf0"), 1);
  CAF_CHECK_EQUAL(std::count(book->begin(), book->end(), "+leaf0"), 1);
  CAF_CHECK_EQUAL(answer_of(handle_below(top, "inner", "leaf")), 0);
}

// -- the picture ----------------------------------------------------------------------

CAF_TEST(the tree shows two levels as people read it) {
  auto spec = spec_of({child_of("a"), supervisor_child(inner_of("inner", 9, child_of("leaf", restart_type::transient)), restart_type::transient),
                       child_of("t", restart_type::temporary)},
                      supervision_strategy::rest_for_one);
  spec.below = [](const std::string& id) {
    std::vector<supervision_node> lines;
    if (id == "t") {
      lines.resize(1);
      lines[0].id = "worker 0";
      lines[0].state = child_state::running;
    }
    return lines;
  };
  auto top = supervise(std::move(spec));
  order(handle_below(top, "inner", "leaf"), "fail");
  pass(12'000ms, 100ms);
  auto tree = ask<supervision_node>(top, get_tree{});
  CAF_CHECK_EQUAL(render_tree(tree), "top  supervisor rest_for_one\n"
                                     "├─ a  worker permanent running #0 12 s\n"
                                     "├─ inner  supervisor transient running #0 12 s  one_for_one\n"
                                     "│  └─ leaf  worker transient running #1 12 s, 1 restart  last: the disk is gone\n"
                                     "└─ t  worker temporary running #0 12 s\n"
                                     "   └─ worker 0  worker permanent running #0 0 s\n");
}

CAF_TEST(the tree shows who is down and why) {
  auto spec = spec_of({child_of("a"), child_of("b", restart_type::transient), child_of("c", restart_type::permanent, true)});
  spec.config.backoff_initial = 5'000ms;
  auto top = supervise(std::move(spec));
  order(handle_of(top, "a"), "throw");
  order(handle_of(top, "b"), "leave");
  ask<supervisor_answer>(top, restart_child{"c"});
  CAF_CHECK_EQUAL(render_tree(ask<supervision_node>(top, get_tree{})),
                  "top  supervisor one_for_one\n"
                  "├─ a  worker permanent restarting #0, 1 restart  last: unhandled_exception\n"
                  "├─ b  worker transient stopped #0\n"
                  "└─ c  worker permanent stopping #0\n");
}

CAF_TEST(a supervisor below that does not answer is shown without its children after a second) {
  auto mute = child_of("mute");
  mute.kind = child_kind::supervisor;
  mute.start = [](caf::actor_system& system, std::uint64_t) -> caf::actor {
    return system.spawn([](caf::event_based_actor* me) -> caf::behavior {
      auto kept = std::make_shared<std::vector<caf::response_promise>>();
      return {[me, kept](const get_tree&) -> caf::result<supervision_node> {
        kept->push_back(me->make_response_promise());
        return caf::delegated<supervision_node>{};
      }};
    });
  };
  auto top = supervise(spec_of({mute, supervisor_child(inner_of("inner", 1, child_of("leaf")))}));
  auto tree = ask<supervision_node>(top, get_tree{}, 1000ms);
  CAF_REQUIRE_EQUAL(tree.children.size(), 2u);
  CAF_CHECK(tree.children[0].children.empty());
  CAF_CHECK_EQUAL(tree.children[1].children.size(), 1u);
}

CAF_TEST(a child that only says that it is a supervisor is shown without children) {
  auto liar = child_of("liar");
  liar.kind = child_kind::supervisor;
  auto top = supervise(spec_of({liar}));
  CAF_CHECK_EQUAL(render_tree(ask<supervision_node>(top, get_tree{})), "top  supervisor one_for_one\n└─ liar  supervisor permanent running #0 0 s\n");
}

// -- a pool below a supervisor --------------------------------------------------------

CAF_TEST(a pool works below a supervisor and its stable handle takes requests again after a restart) {
  pool_spec wanted;
  wanted.config = pool_of(1);
  wanted.links = links.factory();
  wanted.random = [] { return 0.5; };
  child_spec child;
  child.id = "pool";
  child.shutdown = 60'000ms;
  child.start = [wanted](caf::actor_system& system, std::uint64_t) {
    return caf::actor_cast<caf::actor>(system.spawn(pool, wanted, pool_owner_actor{}));
  };
  auto s = supervise(spec_of({child}));
  auto p = caf::actor_cast<pool_actor>(handle_of(s, "pool"));
  links.child(0).become_ready();
  settle();
  submit(p, 1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");

  // A polite end: the children are asked to leave, and only then the next pool is started.
  ask<supervisor_answer>(s, restart_child{"pool"});
  settle();
  CAF_CHECK(links.child(0).stop_asked() == stop_mode::polite);
  CAF_CHECK_EQUAL(links.slots(), 1u);
  links.child(0).leave();
  settle();
  CAF_CHECK_EQUAL(heard(), "pool down, pool started");
  CAF_REQUIRE_EQUAL(links.slots(), 2u);
  links.child(1).become_ready();
  settle();
  submit(p, 2);
  child_answers(1);
  CAF_CHECK_EQUAL(answer(2), "none");

  // The end of all: the supervisor waits for the pool, and the pool for its children.
  auto end = watch(s.address());
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK(links.child(1).stop_asked() == stop_mode::polite);
  CAF_CHECK(!end->has_value());
  links.child(1).leave();
  settle();
  CAF_CHECK(end->has_value());
  CAF_CHECK_EQUAL(links.live(0) + links.live(1), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
