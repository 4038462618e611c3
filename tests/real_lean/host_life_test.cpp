// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <leanworker/child/processor_wait.hpp>
#include <leanworker/lean/check.hpp>

#include <thread>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

/// One Lean host for request after request, over bare pipes.
class host_life : public run_host {
protected:
  answer check(const std::string& source) { return ask({{"op", "check"}, {"source", source}}); }
  void expect_accepted(const std::string& source) {
    auto got = check(source);
    ASSERT_FALSE(got.is_error) << got.text;
    ASSERT_EQ(got.value.value("verdict", ""), "accepted") << got.text;
  }
};

} // namespace

TEST_F(host_life, a_thousand_requests_in_one_child_take_no_more_memory) {
  start_own();
  const std::string omega = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by omega\n";
  for (int i = 0; i < 40; ++i)
    ASSERT_NO_FATAL_FAILURE(expect_accepted(i % 2 ? omega : ""));
  auto before = rss_kib();
  for (int i = 0; i < 1000; ++i)
    ASSERT_NO_FATAL_FAILURE(expect_accepted(i % 20 == 0 ? omega : "")) << "request " << i;
  EXPECT_LE(rss_kib(), before + 20 * 1024) << "KiB before: " << before;
}

TEST_F(host_life, an_idle_child_warms_up_by_itself_and_lets_a_request_pass) {
  start_own({{"warm_up", true}});
  ASSERT_NO_FATAL_FAILURE(expect_accepted("example : 1 = 1 := rfl\n")) << "asked at once";
  // Nothing of the file above, nothing of ours: whatever it computes from here on is warming up.
  start_own({{"warm_up", true}});
  auto pid = hello_["pid"].get<std::int64_t>();
  auto start = processor_time_of(pid).value();
  auto until = raw_peer::clock::now() + answer_patience;
  while (processor_time_of(pid).value() < start + 100ms && raw_peer::clock::now() < until)
    std::this_thread::sleep_for(10ms);
  EXPECT_GE(processor_time_of(pid).value(), start + 100ms);
  ASSERT_NO_FATAL_FAILURE(expect_accepted("theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by omega\n"));
}

TEST_F(host_life, a_file_that_imports_init_has_the_session_of_files_without_imports) {
  start_own();
  ASSERT_NO_FATAL_FAILURE(expect_accepted("example : 1 = 1 := rfl\n"));
  auto imports_before = ask({{"op", "health"}}).value.at("imports_done");
  auto got = check("import Init\nexample : 1 = 1 := rfl\n");
  EXPECT_EQ(got.value.at("verdict"), "accepted");
  EXPECT_EQ(got.value.at("session").at("reused"), true) << got.text;
  EXPECT_EQ(got.value.at("session").at("imports_done"), imports_before);
}

TEST_F(host_life, a_session_that_is_opened_in_advance_is_the_one_that_files_use) {
  start_own();
  auto opened = ask_text(encode_open_session({"Init.Data.List.Lemmas"}));
  ASSERT_FALSE(opened.is_error) << opened.text;
  auto got = check("import Init.Data.List.Lemmas\nexample : 1 = 1 := rfl\n");
  EXPECT_EQ(got.value.at("session").at("reused"), true) << got.text;
}

TEST_F(host_life, a_cancel_reaches_code_that_asks_its_task_and_nothing_after_it) {
  auto id = request({{"op", "check"}, {"source", "#eval show IO Unit from do\n  while !(← IO.checkCanceled) do IO.sleep 1\n"}});
  ASSERT_EQ(running(), std::vector<std::uint64_t>{id});
  peer_->send(frame_kind::cancel, id);
  EXPECT_EQ(response(id).code(), "cancelled");
  auto next = check("#eval IO.checkCanceled\n");
  ASSERT_FALSE(next.is_error) << next.text;
  EXPECT_EQ(next.value["messages"][0]["text"], "false");
}

TEST_F(host_life, a_cancel_at_any_moment_ends_its_request_and_only_that) {
  for (int i = 0; i < 200; ++i) {
    auto id = request({{"op", "check"}, {"source", "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by omega\n"}});
    // At once, or after one or two answers of the reading loop: before the work thread has begun, and after.
    for (int k = 0; k < i % 3; ++k)
      running();
    peer_->send(frame_kind::cancel, id);
    auto got = response(id);
    ASSERT_TRUE(got.is_error ? got.code() == "cancelled" : got.value.value("verdict", "") == "accepted") << got.text;
  }
  ASSERT_NO_FATAL_FAILURE(expect_accepted("example : 1 = 1 := rfl\n"));
}
