// SPDX-License-Identifier: Apache-2.0
#include "conformance_fixture.hpp"

namespace leanworker::testing {
namespace {

class handshake : public conformance {};

TEST_F(handshake, hello_comes_first_and_has_its_members) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(hello_["protocol"], protocol_version);
  EXPECT_TRUE(hello_["child"]["kind"].is_string());
  EXPECT_TRUE(hello_["child"]["version"].is_string());
  EXPECT_TRUE(hello_["pid"].is_number_unsigned());
  ASSERT_TRUE(hello_["capabilities"].is_array());
  for (const auto& op : hello_["capabilities"])
    EXPECT_TRUE(op.is_string()) << op;
  const auto& limits = hello_["limits"];
  EXPECT_GE(limits["in_flight_max"].get<std::uint64_t>(), 1u);
  for (auto name : {"receive_bytes_max", "send_bytes_max"}) {
    EXPECT_GE(limits[name].get<std::uint64_t>(), frame_bytes_max_lowest);
    EXPECT_LE(limits[name].get<std::uint64_t>(), frame_bytes_max_highest);
  }
}

TEST_F(handshake, T23_hello_of_a_child_with_lean_says_which_one) {
  ASSERT_NO_FATAL_FAILURE(start());
  if (!hello_.contains("lean"))
    GTEST_SKIP() << "a child without Lean";
  for (auto name : {"version", "commit", "target"})
    EXPECT_TRUE(hello_["lean"][name].is_string()) << hello_["lean"];
}

TEST_F(handshake, the_bounds_of_the_caps_are_within_the_bounds) {
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", {{"to_child", frame_bytes_max_lowest}, {"to_parent", frame_bytes_max_lowest}}}}));
  expect_alive();
  const auto& limits = hello_["limits"];
  json highest{{"to_child", limits["receive_bytes_max"]}, {"to_parent", limits["send_bytes_max"]}};
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", highest}}));
  expect_alive();
}

TEST_F(handshake, every_member_of_configure_may_be_given) {
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", {{"to_child", 1 << 20}}}, {"sessions_max", 64}, {"unknown member", {1, 2}}}));
  expect_alive();
  ASSERT_NO_FATAL_FAILURE(start_configured({{"frame_bytes_max", json::object()}, {"sessions_max", 1}}));
  expect_alive();
}

TEST_F(handshake, an_empty_search_path_is_a_search_path) {
  ASSERT_NO_FATAL_FAILURE(start_configured({{"search_path", json::array()}}));
  expect_alive();
}

TEST_F(handshake, a_bad_configure_is_refused_with_bad_request) {
  for (std::string body : {"", "{", "not JSON", "[]", "1", "\"text\"", "null", "{} {}", "{\"a\":\"\xFF\"}",
                           R"({"frame_bytes_max": 65536})", R"({"frame_bytes_max": {"to_child": "65536"}})",
                           R"({"frame_bytes_max": {"to_child": 65535}})", R"({"frame_bytes_max": {"to_parent": 65535}})",
                           R"({"frame_bytes_max": {"to_child": 268435457}})", R"({"frame_bytes_max": {"to_parent": 268435457}})",
                           R"({"frame_bytes_max": {"to_child": -65536}})", R"({"frame_bytes_max": {"to_child": 65536.5}})",
                           R"({"frame_bytes_max": {"to_child": 18446744073709617152}})", R"({"search_path": "/a"})", R"({"search_path": [1]})",
                           R"({"seal_key": 1})", R"({"seal_key": ""})",
                           R"({"seal_key": "00112233445566778899aabbccddee"})", R"({"seal_key": "00112233445566778899AABBCCDDEEFF"})",
                           R"({"seal_key": "00112233445566778899aabbccddeeff00"})", R"({"seal_key": "0x112233445566778899aabbccddeeff"})",
                           R"({"sessions_max": 0})", R"({"sessions_max": 65})", R"({"sessions_max": "8"})"}) {
    SCOPED_TRACE(body);
    ASSERT_NO_FATAL_FAILURE(start());
    EXPECT_EQ(response(configure(body)).code(), "bad_request");
  }
}

TEST_F(handshake, a_refusal_of_configure_names_the_member) {
  ASSERT_NO_FATAL_FAILURE(start());
  auto got = response(configure(R"({"sessions_max": 65})"));
  EXPECT_NE(got.text.find("sessions_max"), std::string::npos) << got.text;
}

TEST_F(handshake, configure_nested_too_deep_is_refused) {
  ASSERT_NO_FATAL_FAILURE(start());
  auto body = "{\"x\":" + std::string(512, '[') + std::string(512, ']') + "}";
  EXPECT_EQ(response(configure(body)).code(), "bad_request");
}

TEST_F(handshake, a_second_configure_is_refused_and_the_child_lives_on) {
  ASSERT_NO_FATAL_FAILURE(start_configured());
  EXPECT_EQ(response(configure("{}")).code(), "bad_request");
  expect_alive();
}

TEST_F(handshake, without_a_key_ids_stay_plain) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_FALSE(response(configure("{}")).is_error);
  expect_alive();
}

TEST_F(handshake, every_bit_of_the_key_counts) {
  for (std::size_t bit = 0; bit < 128; bit += 31) {
    seal_key key{};
    key.bytes[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
    ASSERT_NO_FATAL_FAILURE(start());
    peer_->expect_seal(key);
    EXPECT_FALSE(response(configure(json{{"seal_key", to_hex(key)}}.dump())).is_error);
    last_id_ = 0xffffff00; // the largest ids that a sealed frame can carry
    for (int i = 0; i < 3; ++i)
      expect_alive();
  }
}

TEST_F(handshake, a_refused_configure_leaves_the_key_unused) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(response(configure(json{{"seal_key", to_hex(some_key)}, {"sessions_max", 0}}.dump())).code(), "bad_request");
  EXPECT_FALSE(response(configure("{}")).is_error);
  expect_alive();
}

TEST_F(handshake, a_second_key_is_refused_and_the_first_stays) {
  ASSERT_NO_FATAL_FAILURE(start_configured());
  EXPECT_EQ(response(configure(json{{"seal_key", to_hex(seal_key{})}}.dump())).code(), "bad_request");
  expect_alive();
}

TEST_F(handshake, a_request_before_configure_is_refused) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(ask({{"op", "echo"}, {"value", 1}}).code(), "bad_request");
  EXPECT_EQ(ask({{"op", "health"}}).code(), "bad_request");
  EXPECT_FALSE(response(configure("{}")).is_error);
  expect_alive();
}

TEST_F(handshake, cancel_before_configure_is_ignored) {
  ASSERT_NO_FATAL_FAILURE(start());
  peer_->send(frame_kind::cancel, 77);
  EXPECT_FALSE(response(configure("{}")).is_error);
  expect_alive();
}

TEST_F(handshake, terminate_before_configure_ends_the_child) {
  ASSERT_NO_FATAL_FAILURE(start());
  peer_->send(frame_kind::terminate, 0);
  expect_exit(0);
}

TEST_F(handshake, end_of_file_before_configure_ends_the_child) {
  ASSERT_NO_FATAL_FAILURE(start());
  peer_->close_in();
  expect_exit(0);
}

TEST_F(handshake, before_configure_a_body_of_64_kib_is_taken_and_one_byte_more_is_not) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_FALSE(response(configure("{}" + std::string(frame_bytes_max_initial - 2, ' '))).is_error);
  ASSERT_NO_FATAL_FAILURE(start());
  auto header = encode_frame_header({frame_kind::configure, 0, 1, frame_bytes_max_initial + 1});
  peer_->send_bytes({reinterpret_cast<const char*>(header.data()), header.size()});
  expect_broken_connection();
}

} // namespace
} // namespace leanworker::testing
