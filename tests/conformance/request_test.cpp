// SPDX-License-Identifier: Apache-2.0
#include "conformance_fixture.hpp"

#include <set>

namespace leanworker::testing {
namespace {

class requests : public conformance {
protected:
  void SetUp() override { start_configured(); }

  /// `levels` includes the request itself.
  static std::string nested_echo(std::size_t levels) {
    return R"({"op":"echo","value":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  }
};

TEST_F(requests, echo_returns_any_json_value) {
  for (std::string value : {"null", "true", "false", "0", "-1", "1.5", "9007199254740993", "18446744073709551615", "\"\"", "\"text\"", "[]", "{}",
                            R"("\"\\\/\b\f\n\r\t\u0000\u001f\u007f")", R"("\u00e9\ud83d\ude00")", "\"\xC3\xA9 \xE2\x88\x80 \xF0\x9F\x98\x80\"",
                            R"([1,[2,[3,{"a":[{"b":null}]}]]])", R"({"a":{"b":{"c":[]}},"":0})", " [ 1 , 2 ] "}) {
    auto got = ask_text(R"({"op":"echo","value":)" + value + "}");
    EXPECT_FALSE(got.is_error) << value << ": " << got.text;
    EXPECT_EQ(got.value, json::parse(value));
  }
}

TEST_F(requests, echo_keeps_the_digits_of_long_numbers) {
  for (std::string value : {"123456789012345678901234567890", "-98765432109876543210", "0.1234567890123456789012345"})
    EXPECT_EQ(ask_text(R"({"op":"echo","value":)" + value + "}").text, value);
}

TEST_F(requests, echo_ignores_unknown_members_and_wants_its_own) {
  EXPECT_EQ(ask({{"op", "echo"}, {"value", 7}, {"unknown", {{"a", 1}}}}).value, 7);
  EXPECT_EQ(ask({{"op", "echo"}}).code(), "bad_request");
}

TEST_F(requests, json_nested_512_levels_is_taken_and_one_more_is_not) {
  EXPECT_FALSE(ask_text(nested_echo(512)).is_error);
  EXPECT_EQ(ask_text(nested_echo(513)).code(), "bad_request");
  EXPECT_EQ(ask_text(nested_echo(20'000)).code(), "bad_request");
  EXPECT_FALSE(ask_text(R"({"op":"echo","value":")" + std::string(2000, '[') + "\"}").is_error) << "brackets in a string do not nest";
  expect_alive();
}

TEST_F(requests, a_number_with_an_exponent_of_five_digits_is_refused) {
  for (std::string value : {"1e10000", "1E-10000", "[{\"a\":-0.5e+99999}]", "1e999999999999"})
    EXPECT_EQ(ask_text(R"({"op":"echo","value":)" + value + "}").code(), "bad_request") << value;
  EXPECT_EQ(ask_text(R"({"op":"echo","value":1e300})").value, 1e300);
  EXPECT_EQ(ask_text(R"({"op":"echo","value":"1e10000"})").value, "1e10000") << "a string is no number";
}

TEST_F(requests, a_bad_body_is_refused_and_the_child_lives_on) {
  for (std::string body : {"", " ", "{", "}", "nonsense", "{\"op\":\"health\"} x", "[]", "1", "\"health\"", "null", "{}", "{\"op\":1}",
                           "{\"op\":null}", "{\"op\":[\"health\"]}", "{'op':'health'}", "{\"op\":\"health\",}", "{\"op\":\"echo\",\"value\":01}",
                           "{\"op\":\"echo\",\"value\":\"\xC3\x28\"}", "{\"op\":\"echo\",\"value\":\"\xED\xA0\x80\"}", "\xFF\xFE{}"}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(ask_text(body).code(), "bad_request");
  }
  expect_alive();
}

TEST_F(requests, an_operation_nobody_knows_is_refused) {
  auto got = ask({{"op", "no such operation"}});
  EXPECT_EQ(got.code(), "unknown_op");
  EXPECT_EQ(ask({{"op", ""}}).code(), "unknown_op");
  expect_alive();
}

TEST_F(requests, health_has_its_members) {
  auto got = ask({{"op", "health"}});
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_TRUE(got.value["uptime_ms"].is_number_unsigned()) << got.text;
  EXPECT_EQ(got.value["running"], json::array());
}

TEST_F(requests, without_a_key_ids_of_64_bits_come_back_as_they_are) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_FALSE(response(configure("{}")).is_error);
  for (std::uint64_t id : {std::uint64_t{0x0102030405060708}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    peer_->send(frame_kind::request, id, R"({"op":"echo","value":1})");
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    EXPECT_EQ(frame.header.request_id, id);
  }
}

TEST_F(requests, a_result_over_the_cap_becomes_output_too_large) {
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", {{"to_child", 1 << 20}, {"to_parent", frame_bytes_max_lowest}}}}));
  std::string fits(frame_bytes_max_lowest - 2, 'x'); // and two quotes
  EXPECT_EQ(ask({{"op", "echo"}, {"value", fits}}).value, fits);
  EXPECT_EQ(ask({{"op", "echo"}, {"value", fits + "x"}}).code(), "output_too_large");
  expect_alive();
}

TEST_F(requests, a_result_over_64_kib_is_fine_once_the_cap_is_higher) {
  std::string text(300'000, 'x');
  EXPECT_EQ(ask({{"op", "echo"}, {"value", text}}).value, text);
}

TEST_F(requests, a_request_over_the_configured_cap_breaks_the_connection) {
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", {{"to_child", 100'000}}}}));
  auto frame = [](std::size_t bytes) {
    std::string body = R"({"op":"echo","value":"alive"})";
    return body + std::string(bytes - body.size(), ' ');
  };
  EXPECT_EQ(ask_text(frame(100'000)).value, "alive");
  auto header = encode_frame_header({frame_kind::request, 0, ++last_id_, 100'001});
  peer_->send_bytes({reinterpret_cast<const char*>(header.data()), header.size()});
  expect_broken_connection();
}

TEST_F(requests, input_may_come_byte_by_byte) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_TRUE(peer_->send_byte_by_byte(encode_frame(frame_kind::configure, 0, 1, "{}"), answer_patience));
  ASSERT_TRUE(peer_->send_byte_by_byte(encode_frame(frame_kind::request, 0, 2, R"({"op":"echo","value":"slow"})"), answer_patience));
  EXPECT_FALSE(response(1).is_error);
  EXPECT_EQ(response(2).value, "slow");
}

TEST_F(requests, many_frames_may_come_in_one_piece) {
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += encode_frame(frame_kind::request, 0, ++last_id_, R"({"op":"echo","value":1})") + encode_frame(frame_kind::cancel, 0, 1'000'000, "");
  peer_->send_bytes(all);
  std::set<std::uint64_t> answered;
  while (answered.size() < 20) {
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    EXPECT_TRUE(answered.insert(frame.header.request_id).second);
  }
}

TEST_F(requests, a_thousand_pipelined_echos_are_answered_once_each) {
  auto first = last_id_ + 1;
  for (int i = 0; i < 1000; ++i)
    request_text(R"({"op":"echo","value":)" + std::to_string(last_id_ + 1) + "}");
  std::set<std::uint64_t> answered;
  while (answered.size() < 1000) {
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    ASSERT_EQ(frame.header.kind, frame_kind::response);
    EXPECT_EQ(frame.body, std::to_string(frame.header.request_id));
    EXPECT_TRUE(answered.insert(frame.header.request_id).second) << "answered twice";
  }
  EXPECT_EQ(*answered.begin(), first);
  EXPECT_EQ(*answered.rbegin(), last_id_);
  expect_alive();
}

TEST_F(requests, what_is_printed_on_descriptor_1_cannot_reach_a_frame) {
  if (can("fault")) {
    EXPECT_FALSE(ask({{"op", "fault"}, {"name", "stdout_noise"}}).is_error);
  } else if (can("check")) {
    EXPECT_FALSE(ask({{"op", "check"}, {"source", "#eval IO.println \"LWRK\"\n#eval (do (← IO.getStdout).putStr \"LWRK\\x01\" : IO Unit)\n"}}).is_error);
  } else {
    GTEST_SKIP() << "no operation of this child prints";
  }
  expect_alive();
}

TEST_F(requests, rows_count_from_0_on_every_stream) {
  if (!can("stream_interleaved"))
    GTEST_SKIP() << "no operation of this child has rows";
  auto got = ask({{"op", "stream_interleaved"}});
  std::vector<std::string> order;
  for (const auto& event : got.events) {
    row_view row;
    ASSERT_EQ(decode_row(event.body, row), errc::none);
    order.push_back(std::string{row.stream} + std::to_string(row.sequence));
  }
  EXPECT_EQ(order, (std::vector<std::string>{"rows0", "warnings0", "rows1", "warnings1"}));
}

} // namespace
} // namespace leanworker::testing
