// SPDX-License-Identifier: Apache-2.0
#include "conformance_fixture.hpp"

namespace leanworker::testing {
namespace {

/// What may happen while a request runs.
class while_running : public conformance {
protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(start_configured());
    if (long_request().is_null())
      GTEST_SKIP() << "no operation of this child is known to take long";
  }

  /// The response to a request that was cancelled, and that nothing follows it.
  void expect_cancelled(std::uint64_t id) {
    auto got = response(id);
    if (got.is_error) {
      EXPECT_EQ(got.code(), "cancelled");
    }
  }
};

TEST_F(while_running, health_and_echo_are_answered_meanwhile) {
  auto id = start_long_request();
  EXPECT_EQ(running(), std::vector{id});
  auto echo = request({{"op", "echo"}, {"value", "meanwhile"}});
  for (;;) {
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    if (frame.header.request_id == echo) {
      EXPECT_EQ(frame.body, "\"meanwhile\"");
      break;
    }
    ASSERT_NE(frame.header.kind, frame_kind::response) << "the long request ended before the echo";
  }
  peer_->send(frame_kind::cancel, id);
  expect_cancelled(id);
}

TEST_F(while_running, one_request_too_many_is_told_busy) {
  auto most = hello_["limits"]["in_flight_max"].get<std::size_t>();
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i < most; ++i)
    ids.push_back(start_long_request());
  auto refused = request(long_request());
  for (bool answered = false; !answered;) {
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    answered = frame.header.request_id == refused;
    if (answered) {
      EXPECT_EQ(json::parse(frame.body)["code"], "busy") << frame.body;
    }
  }
  for (auto id : ids) {
    peer_->send(frame_kind::cancel, id);
    expect_cancelled(id);
  }
  expect_alive();
}

TEST_F(while_running, cancel_ends_the_request_with_exactly_one_response) {
  auto id = start_long_request();
  peer_->send(frame_kind::cancel, id);
  peer_->send(frame_kind::cancel, id);
  expect_cancelled(id);
  peer_->send(frame_kind::cancel, id);
  // `response` fails on any frame of another request that comes before the echo's.
  expect_alive();
  expect_alive();
}

TEST_F(while_running, after_cancel_the_next_request_is_taken) {
  for (int i = 0; i < 3; ++i) {
    auto id = start_long_request();
    peer_->send(frame_kind::cancel, id);
    expect_cancelled(id);
  }
  EXPECT_TRUE(running().empty());
}

TEST_F(while_running, cancel_of_an_id_that_is_not_running_is_ignored) {
  auto id = start_long_request();
  peer_->send(frame_kind::cancel, id + 1000);
  EXPECT_EQ(running(), std::vector{id});
  peer_->send(frame_kind::cancel, id);
  expect_cancelled(id);
  peer_->send(frame_kind::cancel, 999);
  expect_alive();
}

TEST_F(while_running, terminate_ends_the_child_within_a_second) {
  start_long_request();
  peer_->send(frame_kind::terminate, 0);
  expect_exit(0);
}

TEST_F(while_running, end_of_file_ends_the_child_within_a_second) {
  start_long_request();
  peer_->close_in();
  expect_exit(0);
}

TEST_F(while_running, a_broken_frame_ends_the_child_all_the_same) {
  start_long_request();
  peer_->send_bytes(std::string(frame_header_bytes, 'x'));
  expect_broken_connection();
}

} // namespace
} // namespace leanworker::testing
