// SPDX-License-Identifier: Apache-2.0
#include "conformance_fixture.hpp"

namespace leanworker::testing {
namespace {

/// How the connection ends.
class connection : public conformance {
protected:
  void SetUp() override { start_configured(); }

  static std::string health() { return encode_frame(frame_kind::request, 0, 2, R"({"op":"health"})"); }

  /// Sends a request with one byte changed.
  void send_changed(std::size_t at, std::uint8_t value) {
    auto frame = health();
    frame[at] = static_cast<char>(value);
    peer_->send_bytes(frame);
  }
};

TEST_F(connection, terminate_ends_the_child_with_code_0) {
  expect_alive();
  peer_->send(frame_kind::terminate, 0);
  expect_exit(0);
  EXPECT_TRUE(peer_->at_clean_end_of_channel(leave_patience));
}

TEST_F(connection, what_follows_terminate_is_not_looked_at) {
  peer_->send_bytes(encode_frame(frame_kind::terminate, 0, 0, "") + "no frame, but long enough for one");
  expect_exit(0);
}

TEST_F(connection, answers_that_were_given_before_terminate_arrive) {
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += encode_frame(frame_kind::request, 0, ++last_id_, R"({"op":"echo","value":1})");
  peer_->send_bytes(all);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(peer_->receive(answer_patience).ok());
  peer_->send(frame_kind::terminate, 0);
  expect_exit(0);
}

TEST_F(connection, end_of_file_between_frames_ends_the_child_with_code_0) {
  expect_alive();
  peer_->close_in();
  expect_exit(0);
  EXPECT_TRUE(peer_->at_clean_end_of_channel(leave_patience));
}

TEST_F(connection, end_of_file_inside_a_header_breaks_the_connection) {
  peer_->send_bytes(health().substr(0, 1));
  peer_->close_in();
  expect_broken_connection();
}

TEST_F(connection, end_of_file_inside_a_body_breaks_the_connection) {
  peer_->send_bytes(health().substr(0, frame_header_bytes + 3));
  peer_->close_in();
  expect_broken_connection();
}

TEST_F(connection, end_of_file_behind_a_header_with_a_body_breaks_the_connection) {
  peer_->send_bytes(health().substr(0, frame_header_bytes));
  peer_->close_in();
  expect_broken_connection();
}

TEST_F(connection, every_malformed_field_of_a_header_breaks_it) {
  struct change {
    const char* what;
    std::size_t at;
    std::uint8_t value;
  };
  for (auto [what, at, value] : {change{"first byte of the magic", 0, 'X'}, {"last byte of the magic", 3, 'k'}, {"version 0", 4, 0},
                                 {"version 2", 4, 2}, {"version 257", 5, 1}, {"kind 0", 6, 0}, {"kind 6", 6, 6}, {"kind 255", 6, 255},
                                 {"hello from the parent", 6, 1}, {"row from the parent", 6, 16}, {"response from the parent", 6, 19},
                                 {"log from the parent", 6, 20}, {"flag 0 on a request", 7, 1}, {"flag 7", 7, 128}, {"reserved, first byte", 20, 1},
                                 {"reserved, last byte", 23, 1}, {"body of 256 MiB more than the cap", 19, 0x10}}) {
    SCOPED_TRACE(what);
    ASSERT_NO_FATAL_FAILURE(start_configured());
    send_changed(at, value);
    expect_broken_connection();
  }
}

TEST_F(connection, the_malformed_header_alone_is_enough) {
  auto bytes = health().substr(0, frame_header_bytes);
  bytes[0] = 'X';
  peer_->send_bytes(bytes);
  expect_broken_connection();
}

TEST_F(connection, frames_before_a_malformed_one_are_answered) {
  peer_->send_bytes(encode_frame(frame_kind::request, 0, 2, R"({"op":"echo","value":1})") + std::string(frame_header_bytes, 'x'));
  EXPECT_EQ(response(2).value, 1);
  expect_broken_connection();
}

TEST_F(connection, cancel_with_a_body_breaks_it) {
  peer_->send(frame_kind::cancel, 2, "{}");
  expect_broken_connection();
}

TEST_F(connection, terminate_with_a_body_breaks_it) {
  peer_->send(frame_kind::terminate, 0, "{}");
  expect_broken_connection();
}

TEST_F(connection, a_parent_that_closes_descriptor_3_ends_the_child_with_code_3) {
  peer_->close_channel();
  // It can notice with the first answer that it writes, and must with one of the next.
  auto deadline = raw_peer::clock::now() + leave_patience;
  do
    peer_->send_bytes(health());
  while (!peer_->wait_exit(10ms) && raw_peer::clock::now() < deadline);
  expect_broken_connection();
}

} // namespace
} // namespace leanworker::testing
