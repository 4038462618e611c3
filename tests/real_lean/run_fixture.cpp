// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <leanworker/actors/lean_setup.hpp>

#include <cstdlib>

namespace leanworker::testing {
namespace {

/// One set-up for the whole program.
const lean_setup& lean() {
  static const lean_setup setup = set_up_lean({test_sysroot()});
  return setup;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Tells the fixture of the conformance suite which child to start.
void name_the_child() {
  std::vector<std::string> variables;
  for (const auto& [name, value] : lean().package.environment(lean().lean))
    variables.push_back(name + "=" + value);
  ::setenv("LEANWORKER_CONFORMANCE_CHILD", joined(lean().package.argv(lean().lean)).c_str(), 1);
  ::setenv("LEANWORKER_CONFORMANCE_ENV", joined(variables).c_str(), 1);
}

} // namespace

void run_host::set_up_lean_only() {
  LEANWORKER_NEEDS_LEAN();
  ASSERT_TRUE(lean()) << lean().message;
  name_the_child();
}

void run_host::SetUp() {
  set_up_lean_only();
  if (IsSkipped() || HasFatalFailure())
    return;
  if (!kept_) {
    start_configured();
    auto elaborated = run("accepts");
    ASSERT_FALSE(elaborated.is_error) << elaborated.text;
    return;
  }
  peer_ = std::move(kept_);
  last_id_ = kept_id_;
}

void run_host::TearDown() {
  if (own_ || asked_to_retire_ || HasFailure() || IsSkipped())
    return;
  kept_ = std::move(peer_);
  kept_id_ = last_id_;
}

void run_host::start_own(const json& configuration) {
  own_ = true;
  // One child at a time: each takes more than half a gigabyte.
  peer_.reset();
  start_configured(configuration);
}

std::uint64_t run_host::ask_for(const std::string& command, const std::string& request, const std::string& source) {
  auto capability = json{{"path", CAPABILITIES "/" + source}}.dump();
  return request_text(R"({"op":"run","capability":)" + capability + R"(,"command":")" + command + R"(","request":)" + request + "}");
}

void run_host::expect_row() {
  auto frame = peer_->receive(answer_patience);
  while (frame.ok() && frame.header.kind == frame_kind::progress)
    frame = peer_->receive(answer_patience);
  ASSERT_TRUE(frame.ok()) << frame.problem;
  ASSERT_EQ(frame.header.kind, frame_kind::row) << frame.body;
}

run_host::streamed run_host::run_of(const std::string& capability, const std::string& command, const std::string& request) {
  return finish(request_text(R"({"op":"run","capability":)" + capability + R"(,"command":")" + command + R"(","request":)" + request + "}"));
}

run_host::streamed run_host::finish(std::uint64_t id) {
  streamed result;
  static_cast<answer&>(result) = response(id);
  for (const auto& event : result.events) {
    if (event.header.kind != frame_kind::row) {
      result.order.push_back(std::string{to_string(event.header.kind)});
      continue;
    }
    row_view row;
    EXPECT_EQ(decode_row(event.body, row), errc::none);
    std::string name{row.stream};
    EXPECT_EQ(row.sequence, result.rows[name].size()) << "stream " << name;
    result.rows[name].emplace_back(row.payload);
    result.order.push_back(name);
  }
  return result;
}

std::uint64_t run_host::rss_kib() { return ask({{"op", "health"}}).value["rss_kib"].get<std::uint64_t>(); }

std::string run_host::compile(const scratch_folder& folder, const std::string& module) {
  auto runner = make_runner(lean().host);
  std::vector<std::string> compiler{lean().lean.lean(), "-o", module + ".olean", module + ".lean"};
  auto done = runner({compiler, lean().package.environment(lean().lean), folder.path(), std::chrono::minutes{2}});
  return done.ok() ? "" : "compiling " + module + ": " + done.out + done.err;
}

} // namespace leanworker::testing
