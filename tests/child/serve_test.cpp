// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/serve_requests.hpp>

#include "raw_peer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

// What the conformance suite cannot reach: the order and gathering of rows, a parent that does not read, handlers that misbehave.
namespace leanworker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::raw_peer;

constexpr auto patience = 30s;

/// The scripted child, configured.
class served : public ::testing::Test {
protected:
  void start(std::vector<std::string> flags = {}, const json& configuration = json::object()) {
    flags.insert(flags.begin(), LEANWORKER_SCRIPTED_CHILD);
    peer_ = std::make_unique<raw_peer>(flags);
    ASSERT_EQ(peer_->receive(patience).header.kind, frame_kind::hello);
    peer_->send(frame_kind::configure, 1, configuration.dump());
    ASSERT_EQ(peer_->receive(patience).body, "{}");
  }
  void request(std::uint64_t id, const json& body) { peer_->send(frame_kind::request, id, body.dump()); }
  /// The next frame must be a response to `id`.
  json response(std::uint64_t id) {
    auto frame = peer_->receive(patience);
    EXPECT_TRUE(frame.ok()) << frame.problem;
    EXPECT_EQ(frame.header.kind, frame_kind::response);
    EXPECT_EQ(frame.header.request_id, id);
    return json::parse(frame.body, nullptr, false);
  }
  /// A full pipe cannot be told from outside (its pages may be filled in part), a pipe that nobody empties can.
  void wait_until_rows_pile_up() {
    auto deadline = raw_peer::clock::now() + patience;
    while (peer_->unread_bytes() < 33'000 && raw_peer::clock::now() < deadline)
      peer_->wait_err("no such text", 1ms);
    ASSERT_GE(peer_->unread_bytes(), 33'000u);
  }

  std::unique_ptr<raw_peer> peer_;
};

TEST_F(served, rows_come_in_order_and_before_the_response) {
  start();
  request(2, {{"op", "stream_many"}, {"count", 100'000}});
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    auto frame = peer_->receive(patience);
    ASSERT_EQ(frame.header.kind, frame_kind::row) << frame.problem;
    row_view row;
    ASSERT_EQ(decode_row(frame.body, row), errc::none);
    ASSERT_EQ(row.sequence, i);
  }
  EXPECT_EQ(response(2)["rows"], 100'000);
}

TEST_F(served, a_row_does_not_wait_for_the_end_of_its_request) {
  start();
  request(2, {{"op", "row_then_stall"}});
  EXPECT_EQ(peer_->receive(patience).header.kind, frame_kind::row);
  peer_->send(frame_kind::cancel, 2);
  EXPECT_EQ(response(2)["code"], "cancelled");
}

TEST_F(served, sequences_begin_again_with_every_request) {
  start();
  for (std::uint64_t id : {2, 3}) {
    request(id, {{"op", "stream_many"}, {"count", 1}});
    row_view row;
    auto frame = peer_->receive(patience);
    ASSERT_EQ(decode_row(frame.body, row), errc::none);
    EXPECT_EQ(row.sequence, 0u);
    response(id);
  }
}

TEST_F(served, terminate_is_obeyed_although_the_parent_does_not_read) {
  start();
  request(2, {{"op", "stream_many"}, {"count", 100'000'000}});
  ASSERT_NO_FATAL_FAILURE(wait_until_rows_pile_up());
  for (std::uint64_t id = 3; id < 100; ++id)
    request(id, {{"op", "health"}});
  peer_->send(frame_kind::terminate, 0);
  EXPECT_EQ(peer_->wait_exit(2s, false), 0);
}

TEST_F(served, cancel_and_health_get_through_while_rows_press_back) {
  start();
  request(2, {{"op", "stream_many"}, {"count", 100'000'000}});
  ASSERT_NO_FATAL_FAILURE(wait_until_rows_pile_up());
  request(3, {{"op", "health"}});
  peer_->send(frame_kind::cancel, 2);
  bool healthy = false;
  for (;;) {
    auto frame = peer_->receive(patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    healthy = healthy || frame.header.request_id == 3;
    if (frame.header.kind == frame_kind::response && frame.header.request_id == 2) {
      EXPECT_EQ(json::parse(frame.body)["code"], "cancelled");
      break;
    }
  }
  EXPECT_TRUE(healthy);
}

TEST_F(served, a_handler_that_never_returns_cannot_keep_the_child) {
  start();
  request(2, {{"op", "hang"}});
  request(3, {{"op", "health"}});
  EXPECT_EQ(response(3)["running"], json::array({2}));
  peer_->send(frame_kind::terminate, 0);
  EXPECT_EQ(peer_->wait_exit(2s), 0);
}

TEST_F(served, an_exception_ends_the_request_and_not_the_child) {
  start();
  request(2, {{"op", "throw"}});
  auto error = response(2);
  EXPECT_EQ(error["code"], "internal");
  EXPECT_NE(error["message"].get<std::string>().find("scripted exception"), std::string::npos);
  request(3, {{"op", "count"}});
  EXPECT_EQ(response(3)["count"], 1);
}

TEST_F(served, a_row_over_the_cap_ends_its_request_only) {
  start({}, {{"frame_bytes_max", {{"to_parent", 65536}}}});
  request(2, {{"op", "stream_large"}, {"bytes", 65536}});
  EXPECT_EQ(response(2)["code"], "output_too_large");
  request(3, {{"op", "large_result"}, {"bytes", 65535}});
  EXPECT_EQ(response(3)["code"], "output_too_large");
  request(4, {{"op", "large_result"}, {"bytes", 65534}});
  EXPECT_TRUE(response(4).is_string());
}

TEST_F(served, a_limit_of_the_child_is_a_limit_for_configure) {
  std::vector<std::string> command{LEANWORKER_SCRIPTED_CHILD, "--limit-bytes", "100000"};
  raw_peer peer{command};
  auto hello = json::parse(peer.receive(patience).body);
  EXPECT_EQ(hello["limits"]["send_bytes_max"], 100'000);
  peer.send(frame_kind::configure, 1, R"({"frame_bytes_max":{"to_parent":100001}})");
  EXPECT_EQ(json::parse(peer.receive(patience).body)["code"], "bad_request");
}

TEST_F(served, several_requests_run_at_a_time_if_the_child_says_so) {
  start({"--in-flight", "3"});
  for (std::uint64_t id : {2, 3, 4, 5})
    request(id, {{"op", "hang"}, {"obeys_cancel", true}});
  EXPECT_EQ(response(5)["code"], "busy");
  for (std::uint64_t id : {4, 2, 3}) {
    peer_->send(frame_kind::cancel, id);
    EXPECT_EQ(response(id)["code"], "cancelled");
  }
}

TEST_F(served, without_descriptor_3_it_says_so_and_leaves) {
  raw_peer peer{{"/bin/sh", "-c", "exec \"" LEANWORKER_SCRIPTED_CHILD "\" 3>&-"}};
  EXPECT_EQ(peer.wait_exit(patience), 3);
  EXPECT_NE(peer.err().find("descriptor 3"), std::string::npos);
}

TEST_F(served, a_long_backlog_of_answers_is_not_lost_by_terminate) {
  start();
  for (std::uint64_t id = 2; id < 5002; ++id)
    request(id, {{"op", "echo"}, {"value", id}});
  peer_->send(frame_kind::terminate, 0);
  for (std::uint64_t id = 2; id < 5002; ++id)
    ASSERT_EQ(response(id), id);
  EXPECT_EQ(peer_->wait_exit(patience), 0);
}

/// A request without a process: the handler is a function, the output a pipe.
class handled : public ::testing::Test {
protected:
  struct host final : child_host {
    std::function<request_result(request_context&)> work;
    child_facts facts() const override { return {}; }
    request_result handle(request_context& request) override { return work(request); }
  };

  handled() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error{"pipe"};
    read_end_ = ends[0];
    output_ = std::make_unique<internal::serve_output>(ends[1], [] {});
  }
  ~handled() override { ::close(read_end_); }

  request_result run(std::function<request_result(request_context&)> work) {
    static constexpr std::string_view body = R"({"op":"work","n":[1, 2]})";
    host h;
    h.work = std::move(work);
    internal::running_request request{9, "work", body, internal::scan_json(body), nullptr, *output_};
    return request.run(h);
  }
  /// The body of the only frame that was written.
  std::string written() {
    EXPECT_TRUE(output_->drain(raw_peer::clock::now() + patience));
    std::string bytes(1 << 20, '\0');
    auto n = ::read(read_end_, bytes.data(), bytes.size());
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes.size() > frame_header_bytes ? bytes.substr(frame_header_bytes) : "";
  }

  int read_end_ = -1;
  std::unique_ptr<internal::serve_output> output_;
};

TEST_F(handled, sees_the_request_as_it_came) {
  run([](request_context& request) {
    EXPECT_EQ(request.id(), 9u);
    EXPECT_EQ(request.op(), "work");
    EXPECT_EQ(request.member("n"), "[1, 2]");
    EXPECT_EQ(request.member("m"), "");
    return request_result::success("{}");
  });
}

TEST_F(handled, a_result_that_is_no_json_is_the_childs_own_fault) {
  for (auto text : {"", "{", "\"\xFF\""}) {
    auto result = run([&](request_context&) { return request_result::success(text); });
    EXPECT_EQ(result.error_code, "internal") << text;
  }
}

TEST_F(handled, whatever_is_thrown_becomes_an_error) {
  auto result = run([](request_context&) -> request_result { throw request_error{"my_code", "my message"}; });
  EXPECT_EQ(result.error_code, "my_code");
  EXPECT_EQ(result.error_message, "my message");
  EXPECT_EQ(run([](request_context&) -> request_result { throw 42; }).error_code, "internal");
}

TEST_F(handled, a_row_too_large_counts_even_if_its_exception_is_caught) {
  auto result = run([](request_context& request) {
    EXPECT_THROW(request.emit_row("rows", std::string(70'000, '1')), request_error);
    return request_result::success("{}");
  });
  EXPECT_EQ(result.error_code, "output_too_large");
}

TEST_F(handled, a_row_without_name_or_payload_is_not_sent) {
  run([](request_context& request) {
    EXPECT_THROW(request.emit_row("", "1"), std::invalid_argument);
    EXPECT_THROW(request.emit_row(std::string(256, 'n'), "1"), std::invalid_argument);
    EXPECT_THROW(request.emit_row("rows", ""), std::invalid_argument);
    request.emit_row(std::string(255, 'n'), "1");
    return request_result::success("{}");
  });
  row_view row;
  EXPECT_EQ(decode_row(written(), row), errc::none);
  EXPECT_EQ(row.sequence, 0u);
}

TEST_F(handled, texts_that_are_no_utf8_or_too_long_are_mended) {
  run([](request_context& request) {
    request.diagnostic("code", "\xFF" + std::string(200'000, '\x01'));
    return request_result::success("{}");
  });
  auto body = written();
  EXPECT_LE(body.size(), frame_bytes_max_initial);
  EXPECT_EQ(json::parse(body)["code"], "code");
}

TEST(error_body, always_fits) {
  std::string worst(1'000'000, '\x01'); // six bytes each once escaped
  auto body = internal::error_body(worst, worst, frame_bytes_max_lowest);
  EXPECT_LE(body.size(), frame_bytes_max_lowest);
  EXPECT_TRUE(json::accept(body));
}

} // namespace
} // namespace leanworker
