// SPDX-License-Identifier: Apache-2.0
#include "conformance_fixture.hpp"

#include <algorithm>
#include <cstdlib>

namespace leanworker::testing {
namespace {

std::vector<std::string> words_of(const char* variable) {
  auto* text = std::getenv(variable);
  return words(text ? text : "");
}

bool has(const json& object, const char* name, bool (json::*is_type)() const noexcept) {
  return object.is_object() && object.contains(name) && (object[name].*is_type)();
}

} // namespace

void expect_well_formed(const raw_peer::received& frame) {
  auto kind = frame.header.kind;
  if (kind == frame_kind::row) {
    row_view row;
    EXPECT_EQ(decode_row(frame.body, row), errc::none);
    EXPECT_TRUE(json::accept(row.payload)) << row.payload;
    return;
  }
  auto body = json::parse(frame.body, nullptr, false);
  ASSERT_FALSE(body.is_discarded()) << to_string(kind) << ": " << frame.body.substr(0, 300);
  if (kind == frame_kind::diagnostic || (kind == frame_kind::response && (frame.header.flags & frame_flag_error) != 0)) {
    EXPECT_TRUE(has(body, "code", &json::is_string) && has(body, "message", &json::is_string)) << frame.body;
  } else if (kind == frame_kind::log) {
    ASSERT_TRUE(has(body, "level", &json::is_string) && has(body, "message", &json::is_string)) << frame.body;
    const std::vector<std::string> levels{"debug", "info", "warning", "error"};
    EXPECT_NE(std::find(levels.begin(), levels.end(), body["level"]), levels.end()) << frame.body;
  } else if (kind == frame_kind::progress) {
    EXPECT_TRUE(has(body, "phase", &json::is_string) && has(body, "current", &json::is_number_unsigned) && body.contains("total")) << frame.body;
  }
}

void conformance::start() {
  auto command = words_of("LEANWORKER_CONFORMANCE_CHILD");
  ASSERT_FALSE(command.empty()) << "set LEANWORKER_CONFORMANCE_CHILD to the command line of a child";
  peer_ = std::make_unique<raw_peer>(command, words_of("LEANWORKER_CONFORMANCE_ENV"));
  last_id_ = 0;
  asked_to_retire_ = false;
  auto frame = peer_->receive(start_patience);
  ASSERT_TRUE(frame.ok()) << frame.problem;
  ASSERT_EQ(frame.header.kind, frame_kind::hello);
  EXPECT_EQ(frame.header.request_id, 0u);
  EXPECT_LE(frame.body.size(), frame_bytes_max_initial);
  hello_ = json::parse(frame.body, nullptr, false);
  ASSERT_TRUE(hello_.is_object()) << frame.body;
}

void conformance::start_configured(const json& configuration) {
  ASSERT_NO_FATAL_FAILURE(start());
  auto sealed = configuration;
  sealed["seal_key"] = to_hex(some_key);
  peer_->expect_seal(some_key);
  auto got = response(configure(sealed.dump()));
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_EQ(got.value, json::object());
}

std::uint64_t conformance::configure(std::string_view body) {
  peer_->send(frame_kind::configure, ++last_id_, body);
  return last_id_;
}

std::uint64_t conformance::request_text(std::string_view body) {
  peer_->send(frame_kind::request, ++last_id_, body);
  return last_id_;
}

conformance::answer conformance::response(std::uint64_t id) {
  answer result;
  result.is_error = true;
  for (;;) {
    auto frame = peer_->receive(answer_patience);
    if (!frame.ok()) {
      ADD_FAILURE() << "waiting for the response to " << id << ": " << frame.problem;
      return result;
    }
    expect_well_formed(frame);
    if (frame.header.request_id != id) {
      EXPECT_EQ(frame.header.kind, frame_kind::log) << "id " << frame.header.request_id << " while waiting for " << id << ": " << frame.body;
    } else if (frame.header.kind == frame_kind::response) {
      result.is_error = (frame.header.flags & frame_flag_error) != 0;
      result.asks_to_retire = (frame.header.flags & frame_flag_retire) != 0;
      asked_to_retire_ |= result.asks_to_retire;
      result.value = json::parse(frame.body, nullptr, false);
      result.text = std::move(frame.body);
      return result;
    } else {
      result.events.push_back(std::move(frame));
    }
  }
}

bool conformance::can(std::string_view op) const {
  const auto& list = hello_["capabilities"];
  return std::find(list.begin(), list.end(), op) != list.end();
}

json conformance::long_request() const {
  if (can("sleep_ms"))
    return {{"op", "sleep_ms"}, {"ms", 600'000}};
  if (!can("check"))
    return nullptr;
  std::string source;
  for (int i = 0; i < 30'000; ++i)
    source += "theorem t" + std::to_string(i) + " : 1 + 1 = 2 := by decide\n";
  return {{"op", "check"}, {"source", source}, {"file_name", "long.lean"}};
}

std::vector<std::uint64_t> conformance::running() {
  auto id = request({{"op", "health"}});
  for (;;) {
    auto frame = peer_->receive(answer_patience);
    if (!frame.ok()) {
      ADD_FAILURE() << frame.problem;
      return {};
    }
    expect_well_formed(frame);
    if (frame.header.request_id == id)
      return json::parse(frame.body)["running"].get<std::vector<std::uint64_t>>();
    EXPECT_NE(frame.header.kind, frame_kind::response) << frame.body;
  }
}

std::uint64_t conformance::start_long_request() {
  auto id = request(long_request());
  auto deadline = raw_peer::clock::now() + answer_patience;
  for (;;) {
    auto ids = running();
    if (std::find(ids.begin(), ids.end(), id) != ids.end())
      return id;
    if (::testing::Test::HasFailure() || raw_peer::clock::now() > deadline) {
      ADD_FAILURE() << "health never said that " << id << " is running";
      return id;
    }
  }
}

void conformance::expect_alive() {
  auto got = ask({{"op", "echo"}, {"value", "alive"}});
  EXPECT_FALSE(got.is_error) << got.text;
  EXPECT_EQ(got.value, "alive");
}

void conformance::expect_exit(int code, std::chrono::milliseconds time) {
  auto exit = peer_->wait_exit(time);
  ASSERT_TRUE(exit) << "it is still there after " << time.count() << " ms";
  EXPECT_EQ(*exit, code) << peer_->err();
}

void conformance::expect_broken_connection() {
  expect_exit(3);
  auto& said = peer_->err();
  EXPECT_FALSE(said.empty()) << "a line on descriptor 2 must say why";
  EXPECT_TRUE(said.ends_with('\n')) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

} // namespace leanworker::testing
