// SPDX-License-Identifier: Apache-2.0
#include "process_table.hpp"
#include "worker_peer.hpp"

#include <gtest/gtest.h>

#include <csignal>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

constexpr errc none = errc::none;

/// One way to fail, and what the caller must be told. After each: the next request works, and no process is left.
struct fault_row {
  const char* name;
  std::vector<std::string> arguments;
  std::string body;
  std::chrono::milliseconds timeout;
  errc cause;       ///< Of the outcome; for a death, of the child's end.
  const char* said; ///< Must be in the outcome's message.
};

/// What test listings show; without it they show the bytes of the row.
void PrintTo(const fault_row& row, std::ostream* out) { *out << row.name; }

std::string fault(const std::string& name, long long number = 0) {
  return R"({"op":"fault","name":")" + name + R"(","number":)" + std::to_string(number) + "}";
}

const std::vector<fault_row> rows{
  {"exits in mid-frame", {}, fault("partial_frame", 0), 0ms, errc::frame_truncated, "end of file inside a frame"},
  {"dies in mid-frame", {}, fault("partial_header", 7), 0ms, errc::child_failed, "exit code 7"},
  {"T3 a megabyte of stderr first", {"--before-answer", "stderr_mib=1"}, R"({"op":"json_command"})", 0ms, none, ""},
  {"T4 a grandchild holds the pipes, then it hangs", {"--before-answer", "grandchild=60"}, R"({"op":"hang"})", 300ms, errc::request_timeout,
   "deadline"},
  {"T4 a grandchild holds the pipes, then it exits", {"--before-answer", "grandchild=60"}, fault("exit", 42), 0ms, errc::child_failed,
   "exit code 42"},
  {"T5 an oversized frame", {}, fault("oversized_header", 300'000'000), 0ms, errc::frame_too_large, "300000000"},
  {"garbage instead of a frame", {}, fault("garbage"), 0ms, errc::frame_bad_magic, "4C 57 52 4B"},
  {"T31 a frame of another version", {}, fault("bad_version", 9), 0ms, errc::frame_bad_version, "version 9"},
  {"an unknown kind", {}, fault("bad_kind", 99), 0ms, errc::frame_bad_kind, "kind 99"},
  {"a forbidden flag", {}, fault("bad_flags", 8), 0ms, errc::frame_bad_flags, "flags 8"},
  {"ignores SIGTERM and hangs", {"--ignore-sigterm"}, R"({"op":"hang"})", 300ms, errc::request_timeout, "deadline"},
  {"a slow drip of bytes", {"--drip"}, R"({"op":"json_command"})", 0ms, none, ""},
  {"T20 noise on stdout", {"--before-answer", "stdout_noise"}, R"({"op":"json_command"})", 0ms, none, ""},
  {"exit code 42", {}, fault("exit", 42), 0ms, errc::child_failed, "exit code 42"},
  {"exit code 0 without an answer", {}, fault("exit", 0), 0ms, errc::child_exited, "without answering"},
  {"abort", {}, fault("abort"), 0ms, errc::child_signalled, "SIGABRT"},
  {"SIGSEGV", {}, fault("segv"), 0ms, errc::child_signalled, "SIGSEGV"},
  {"killed from outside", {}, fault("kill", SIGKILL), 0ms, errc::child_signalled, "SIGKILL"},
  {"stopped from outside", {"--before-answer", "kill=" + std::to_string(SIGSTOP)}, R"({"op":"hang"})", 300ms, errc::request_timeout, "deadline"},
  {"closes its channel but lives", {"--before-answer", "close_channel"}, R"({"op":"hang"})", 0ms, errc::channel_closed, "went on living"},
  {"answers twice", {}, fault("answer_twice"), 0ms, none, ""},
  {"answers an unknown request", {}, fault("unknown_id", 5), 0ms, errc::unexpected_frame, "does not run"},
  {"answers the next request in advance, with its plain id", {}, fault("no_seal", 1), 0ms, errc::frame_bad_seal, "request 3 carries no seal"},
  {"answers with a plain id", {}, fault("no_seal"), 0ms, errc::frame_bad_seal, "past its host"},
  {"answers with a guessed seal", {}, fault("guessed_seal", 0x12345678), 0ms, errc::frame_bad_seal, "wrong seal"},
  {"answers with the seal of a row", {}, fault("replayed_seal"), 0ms, errc::frame_bad_seal, "wrong seal"},
  {"a second hello", {}, fault("hello_again"), 0ms, errc::unexpected_frame, "second hello"},
  {"a row that nobody asked for", {}, R"({"op":"stream_basic"})", 0ms, errc::row_without_sink, "without a sink"},
  {"progress of the wrong type", {}, fault("progress_wrong_type"), 0ms, errc::frame_bad_body, "progress"},
  {"a diagnostic that is none", {}, fault("diagnostic_not_object"), 0ms, errc::frame_bad_body, "diagnostic"},
  {"an exception in the handler", {}, R"({"op":"throw"})", 0ms, errc::child_refused, ""},
  {"an unknown operation", {}, R"({"op":"no_such_thing"})", 0ms, errc::child_refused, ""},
  {"hangs, looking at nothing", {}, R"({"op":"hang"})", 200ms, errc::request_timeout, "deadline"},
};

class worker_fault : public ::testing::TestWithParam<fault_row> {};

std::string test_name(const ::testing::TestParamInfo<fault_row>& info) {
  std::string out;
  for (char c : std::string{info.param.name})
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return out;
}

} // namespace

TEST_P(worker_fault, has_its_own_cause_and_the_next_request_works) {
  const auto& row = GetParam();
  auto config = worker_peer::quick_config();
  config.quarantine.deaths_max = 1;
  {
    worker_peer peer{row.arguments, "worker_fault", config};
    auto outcome = peer.run(1, row.body, row.timeout).done.outcome;
    bool died = outcome.code == errc::killed_its_worker;
    EXPECT_EQ(died ? outcome.down.cause : outcome.code, row.cause) << to_string(outcome.code) << ": " << outcome.message;
    EXPECT_NE(outcome.message.find(row.said), std::string::npos) << outcome.message;
    EXPECT_TRUE(outcome.work_started);
    auto next = peer.run(2, R"({"op":"echo","value":"still here"})").done.outcome;
    EXPECT_EQ(next.code, none) << next.message;
    EXPECT_EQ(next.body, "\"still here\"");
    EXPECT_TRUE(peer.stop());
    EXPECT_EQ(peer.outcomes[1].size(), 1u);
  }
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=worker_fault", 20s));
}

INSTANTIATE_TEST_SUITE_P(every, worker_fault, ::testing::ValuesIn(rows), test_name);

namespace {

/// Ways to fail before the first request. Every start fails, so the worker gives up and says why.
struct start_row {
  const char* name;
  std::vector<std::string> arguments;
  errc cause;
};

void PrintTo(const start_row& row, std::ostream* out) { *out << row.name; }

const std::vector<start_row> starts{
  {"hangs before hello", {"--before-hello", "hang"}, errc::start_timeout},
  {"exits before hello", {"--before-hello", "exit=5"}, errc::child_failed},
  {"T6 hello of version 2", {"--hello", "version_2"}, errc::frame_bad_version},
  {"hello with another protocol", {"--hello", "protocol_2"}, errc::handshake_failed},
  {"hello without limits", {"--hello", "no_limits"}, errc::handshake_failed},
  {"hello is not JSON", {"--hello", "not_json"}, errc::handshake_failed},
  {"hello too large", {"--hello", "large"}, errc::frame_too_large},
  {"two hellos", {"--hello", "twice"}, errc::unexpected_frame},
  {"a response before hello", {"--hello", "response_first"}, errc::handshake_failed},
  {"configure is refused", {"--configure-reply", "refused"}, errc::handshake_failed},
  {"the key is ignored", {"--configure-reply", "not_sealed"}, errc::handshake_failed},
  {"configure is never answered", {"--configure-reply", "none"}, errc::start_timeout},
  {"the answer to configure has another id", {"--configure-reply", "wrong_id"}, errc::unexpected_frame},
  {"exits instead of answering configure", {"--configure-reply", "exit"}, errc::child_exited},
};

class worker_start : public ::testing::TestWithParam<start_row> {};

std::string start_name(const ::testing::TestParamInfo<start_row>& info) {
  std::string out;
  for (char c : std::string{info.param.name})
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return out;
}

} // namespace

TEST_P(worker_start, T30_that_fails_is_typed_ends_in_giving_up_and_leaves_no_process) {
  const auto& row = GetParam();
  auto config = worker_peer::quick_config();
  config.worker.start_timeout = row.cause == errc::start_timeout ? 300ms : 10'000ms;
  config.worker.restart.failed_starts_max = 2;
  {
    worker_peer peer{row.arguments, "worker_start", config};
    auto outcome = peer.run(1, R"({"op":"echo","value":1})").done.outcome;
    EXPECT_EQ(outcome.code, errc::circuit_open);
    EXPECT_FALSE(outcome.work_started);
    EXPECT_EQ(outcome.down.cause, row.cause) << outcome.down.str();
    EXPECT_EQ(peer.wait_event(worker_event_kind::gave_up).cause, errc::start_limit);
    EXPECT_TRUE(peer.stop());
  }
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=worker_start", 20s));
}

INSTANTIATE_TEST_SUITE_P(every, worker_start, ::testing::ValuesIn(starts), start_name);

TEST(worker_start_says, that_a_child_ignores_its_key) {
  auto config = worker_peer::quick_config();
  config.worker.restart.failed_starts_max = 1;
  worker_peer peer{{"--configure-reply", "not_sealed"}, "worker_start_says", config};
  auto outcome = peer.run(1, R"({"op":"echo","value":1})").done.outcome;
  EXPECT_NE(outcome.down.detail.find("ignores the member `seal_key`"), std::string::npos) << outcome.down.detail;
}

TEST(worker_never_reads, T8_a_large_request_to_a_child_that_does_not_read_ends_before_its_deadline_hides_why) {
  auto config = worker_peer::quick_config();
  config.quarantine.deaths_max = 1;
  worker_peer peer{{"--configure-reply", "never_reads"}, "worker_never_reads", config};
  auto body = R"({"op":"echo","value":")" + std::string(2u << 20, 'x') + "\"}";
  auto outcome = peer.run(1, body, 1000ms).done.outcome;
  EXPECT_EQ(outcome.code, errc::killed_its_worker);
  EXPECT_EQ(outcome.down.cause, errc::write_timeout) << outcome.message;
}

TEST(worker_links, the_link_of_a_dead_child_is_forgotten) {
  worker_peer peer{{}, "worker_links"};
  EXPECT_EQ(peer.run(1, fault("exit", 3)).done.outcome.down.cause, errc::child_failed);
  EXPECT_EQ(peer.run(2, R"({"op":"echo","value":1})").done.outcome.code, none); // by the next child
  EXPECT_TRUE(peer.link_forgotten(0));
}
