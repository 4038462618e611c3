// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE stream_runner
#include <leanworker/tests/actors/stream_suite.hpp>

using namespace leanworker;
using harness::made_up_batch;

CAF_TEST_FIXTURE_SCOPE(stream_runner_tests, stream_suite)

CAF_TEST(conformance stream rows are tentative until terminal success) {
  run();
  rows(made_up_batch{}.row(0, "1").frame(frame_kind::diagnostic, "{}").row(1, "2"));
  CAF_CHECK_EQUAL(heard(), "1, diagnostic, 2");
  CAF_CHECK_EQUAL(outcome_code(), "-");
  child_answers(0, "body");
  CAF_CHECK_EQUAL(heard(), "1, diagnostic, 2, finish 2");
  CAF_CHECK_EQUAL(outcome_code(), "none");
  CAF_CHECK_EQUAL(done->front().outcome.body, "body");
  CAF_CHECK_EQUAL(done->front().rows.rows, 2u);
  CAF_CHECK_EQUAL(done->front().outcome.rows_delivered, 2u);
  CAF_CHECK_EQUAL(done->size(), 1u);
}

CAF_TEST(conformance stream child crash after rows discards tentative rows) {
  run();
  rows(made_up_batch{}.row(0, "1"));
  child_crashes(0);
  CAF_CHECK_EQUAL(heard(), "1, discard child_signalled");
  CAF_CHECK_EQUAL(outcome_code(), "child_signalled");
  CAF_CHECK_EQUAL(done->front().deaths.size(), 1u);
}

CAF_TEST(a crash before the first row is tried again and the sink sees one stream) {
  run();
  child_crashes(0);
  pass(50ms);
  CAF_CHECK_EQUAL(outcome_code(), "-");
  all_ready(1);
  rows(made_up_batch{}.row(0, "1"));
  child_answers(0);
  CAF_CHECK_EQUAL(heard(), "1, finish 1");
  CAF_CHECK_EQUAL(outcome_code(), "none");
}

CAF_TEST(conformance stream timeout after rows discards tentative rows) {
  run();
  rows(made_up_batch{}.row(0, "1"));
  pass(3000ms, 100ms);
  CAF_CHECK_EQUAL(heard(), "1, discard request_timeout");
  CAF_CHECK_EQUAL(outcome_code(), "request_timeout");
}

CAF_TEST(a sink that has seen enough cancels and keeps the child) {
  record->refuse_after = 2;
  run();
  rows(made_up_batch{}.row(0, "1").row(1, "2"));
  CAF_CHECK_EQUAL(links.child(0).sent(frame_kind::cancel).size(), 1u);
  CAF_CHECK_EQUAL(outcome_code(), "cancelled");
  CAF_CHECK_EQUAL(done->front().outcome.message, "seen enough");
  rows(made_up_batch{}.row(2, "3"));
  links.child(0).refuse(links.child(0).last_request_id(), "{}");
  settle();
  CAF_CHECK_EQUAL(heard(), "1, 2, discard cancelled");
  CAF_CHECK_EQUAL(links.child(0).generation, 0u);
  CAF_CHECK(!links.child(0).stop_asked());
}

CAF_TEST(T1 a sink that dies harms only its request) {
  record->die_on_row = true;
  run();
  rows(made_up_batch{}.row(0, "1"));
  CAF_CHECK_EQUAL(outcome_code(), "sink_failed");
  links.child(0).refuse(links.child(0).last_request_id(), "{}");
  settle();
  submit(pool_under_test, 9);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(9), "none");
  CAF_CHECK_EQUAL(links.child(0).generation, 0u);
}

CAF_TEST(T9 a sink that never finishes is given what the child left of the deadline and no more) {
  record->silent_at_end = true;
  run();
  rows(made_up_batch{}.row(0, "1"));
  pass(1000ms, 100ms);
  child_answers(0);
  pass(2000ms + 1900ms, 100ms); // what was left, and the time for the answer to arrive
  CAF_CHECK_EQUAL(outcome_code(), "-");
  pass(200ms, 100ms);
  CAF_CHECK_EQUAL(outcome_code(), "sink_timeout");
  CAF_CHECK_EQUAL(heard(), "1, finish 1, discard sink_timeout");
}

CAF_TEST(a sink that dies while it finishes fails the request at once) {
  record->silent_at_end = true;
  run();
  child_answers(0);
  caf::anon_send_exit(sink, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(outcome_code(), "sink_failed");
}

CAF_TEST(a finish that fails makes the request fail with the code of the sink) {
  record->answer = {errc::io_error, "disk full"};
  run();
  child_answers(0);
  CAF_CHECK_EQUAL(outcome_code(), "io_error");
  CAF_CHECK_EQUAL(done->front().outcome.message, "disk full");
  CAF_CHECK_EQUAL(heard(), "finish 0, discard io_error");
}

CAF_TEST(cancel ends it once) {
  run();
  rows(made_up_batch{}.row(0, "1"));
  for (int i = 0; i < 2; ++i)
    caf::anon_send(runner, cancel_stream{});
  settle();
  CAF_CHECK_EQUAL(links.child(0).sent(frame_kind::cancel).size(), 1u);
  CAF_CHECK_EQUAL(heard(), "1, discard cancelled");
  CAF_CHECK_EQUAL(done->size(), 1u);
}

CAF_TEST(the death of the requester is a cancel) {
  run();
  rows(made_up_batch{}.row(0, "1"));
  caf::anon_send_exit(requester, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(heard(), "1, discard cancelled");
  CAF_CHECK_EQUAL(links.child(0).sent(frame_kind::cancel).size(), 1u);
}

CAF_TEST(the death of the pool ends it with actor_failed) {
  run();
  caf::anon_send_exit(pool_under_test, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(outcome_code(), "actor_failed");
  CAF_CHECK_EQUAL(heard(), "discard actor_failed");
}

CAF_TEST(a request that is refused by the queue discards) {
  auto config = pool_of(1);
  config.queue_max = 0;
  auto wanted = spec();
  wanted.pool = start_pool(config);
  run(wanted);
  CAF_CHECK_EQUAL(outcome_code(), "overloaded");
  CAF_CHECK_EQUAL(heard(), "discard overloaded");
}

CAF_TEST(a broken sequence ends the child and the request tells why) {
  run();
  rows(made_up_batch{}.row(0, "1").row(2, "3"));
  links.child(0).down(errc::row_sequence_broken, exit_status::signalled(9, false));
  settle();
  CAF_CHECK_EQUAL(outcome_code(), "row_sequence_broken");
}

CAF_TEST(a row for a request without a sink ends the request and keeps the child) {
  submit(pool_under_test, 5);
  rows(made_up_batch{}.row(0, "1"));
  CAF_CHECK_EQUAL(answer(5), "row_without_sink");
  submit(pool_under_test, 6);
  CAF_CHECK(given_to(6).empty());
  links.child(0).refuse(links.child(0).last_request_id(), "{}");
  settle();
  CAF_CHECK_EQUAL(given_to(6).size(), 1u);
  CAF_CHECK_EQUAL(links.child(0).generation, 0u);
}

CAF_TEST(a consumer in an actor finishes and ends) {
  auto count = std::make_shared<counting_rows>();
  auto wanted = spec();
  wanted.sink = sys.spawn(row_sink, count);
  run(wanted);
  rows(made_up_batch{}.row(0, "11").row(1, "2"));
  child_answers(0);
  CAF_CHECK_EQUAL(outcome_code(), "none");
  CAF_CHECK_EQUAL(count->count(), 2u);
  CAF_CHECK_EQUAL(count->payload_bytes(), 3u);
}

CAF_TEST(a consumer in an actor that throws is sink_failed with its words) {
  auto wanted = spec();
  wanted.sink = sys.spawn(row_sink, std::make_shared<row_callbacks>([](const data_row&) -> void { throw std::runtime_error{"ink"}; }));
  run(wanted);
  rows(made_up_batch{}.row(0, "1"));
  CAF_CHECK_EQUAL(outcome_code(), "sink_failed");
  CAF_CHECK_EQUAL(done->front().outcome.message, "the sink threw: ink");
}

CAF_TEST(a sink that refuses while the order to finish is on its way has refused) {
  record->refuse_at_end = true;
  run();
  rows(made_up_batch{}.row(0, "1"));
  child_answers(0);
  CAF_CHECK_EQUAL(outcome_code(), "row_malformed");
  CAF_CHECK_EQUAL(heard(), "1, finish 1, discard row_malformed");
}

CAF_TEST(a consumer in an actor that failed on a row that came late does not finish) {
  auto last = std::make_shared<std::string>("-");
  struct fails_late : row_consumer {
    std::shared_ptr<std::string> last;
    sink_status row(const data_row&) override { return sink_status::failed("no"); }
    sink_status finish(const rows_end&) override { return *last = "finish", sink_status{}; }
    void discard(const request_outcome& outcome) noexcept override { *last = to_string(outcome.code); }
  };
  auto consumer = std::make_shared<fails_late>();
  consumer->last = last;
  auto made = sys.spawn(row_sink, consumer);
  finish_rows order;
  order.deadline = std::chrono::steady_clock::now() + std::chrono::hours{1};
  self->send(made, made_up_batch{}.row(0, "1").slice());
  auto answer = self->request(made, caf::infinite, order);
  settle();
  answer.receive([](const rows_finished& m) { CAF_CHECK(m.code == errc::sink_failed); }, [](const caf::error&) { CAF_FAIL("no answer"); });
  CAF_CHECK_EQUAL(*last, "sink_failed");
}

CAF_TEST(a consumer in an actor whose deadline was over before its turn does not finish) {
  auto count = std::make_shared<counting_rows>();
  auto made = sys.spawn(row_sink, count);
  finish_rows order;
  order.deadline = std::chrono::steady_clock::now() - std::chrono::milliseconds{1};
  auto answer = self->request(made, caf::infinite, order);
  settle();
  answer.receive([](const rows_finished& m) { CAF_CHECK(m.code == errc::sink_timeout); }, [](const caf::error&) { CAF_FAIL("no answer"); });
}

CAF_TEST(the death of a holder on whose behalf it runs ends it) {
  auto holder = sys.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const submission_started&) {}}; });
  auto wanted = spec();
  wanted.on_behalf_of = caf::actor_cast<caf::strong_actor_ptr>(holder);
  run(wanted);
  rows(made_up_batch{}.row(0, "1"));
  caf::anon_send_exit(holder, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(outcome_code(), "caller_gone");
  CAF_CHECK_EQUAL(heard(), "1, discard caller_gone");
}

CAF_TEST_FIXTURE_SCOPE_END()
