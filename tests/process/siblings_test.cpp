// SPDX-License-Identifier: Apache-2.0
// What children of one parent have of each other: nothing.
#include "process_table.hpp"
#include "recorder.hpp"

#include <leanworker/child/host_thread.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <set>

using namespace leanworker;
using namespace leanworker::testing;
using json = nlohmann::json;

namespace {

struct sibling {
  std::shared_ptr<recorder> seen = std::make_shared<recorder>();
  child_id id = 0;

  explicit sibling(host_thread& host) {
    process_spec spec;
    spec.argv = {SCRIPTED_CHILD};
    id = host.spawn(std::move(spec), seen);
    EXPECT_TRUE(seen->wait_frames(1));
    send(host, frame_kind::configure, 1, "{}");
    EXPECT_TRUE(seen->wait_frames(2));
  }
  void send(host_thread& host, frame_kind kind, std::uint64_t request_id, const std::string& body) {
    host.send(id, encode_frame(kind, 0, request_id, body), std::chrono::steady_clock::now() + std::chrono::seconds{10});
  }
  /// The pipes that it holds, by their inodes: both ends of a pipe have the same.
  std::set<std::string> pipes(host_thread& host) {
    send(host, frame_kind::request, 2, R"({"op":"report"})");
    EXPECT_TRUE(seen->wait_frames(3));
    auto body = seen->look([](const recorder& r) { return r.frames_.at(2).body; });
    auto report = json::parse(body);
    std::set<std::string> found;
    for (const auto& entry : report.at("descriptors"))
      found.insert(entry.at("target").get<std::string>());
    return found;
  }
};

} // namespace

TEST(siblings, T21_no_child_holds_an_end_of_a_pipe_of_another) {
  host_thread host;
  sibling first{host};
  sibling second{host};
  sibling third{host};
  std::set<std::string> all;
  std::size_t count = 0;
  for (auto one : {&first, &second, &third}) {
    auto its = one->pipes(host);
    EXPECT_GE(its.size(), 3u);
    for (const auto& pipe : its)
      EXPECT_TRUE(pipe.starts_with("pipe:") || pipe.starts_with("socket:")) << pipe;
    count += its.size();
    all.merge(its);
  }
  EXPECT_EQ(all.size(), count) << "two children hold the same pipe";
  for (auto one : {&first, &second, &third})
    host.stop(one->id, stop_mode::polite);
  for (auto one : {&first, &second, &third})
    EXPECT_TRUE(one->seen->wait_end());
}

TEST(siblings, T21_the_end_of_one_is_seen_while_another_that_was_started_later_lives) {
  host_thread host;
  sibling first{host};
  sibling second{host};
  auto pid = first.seen->look([](const recorder& r) { return r.pid_; });
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_TRUE(first.seen->wait_end());
  EXPECT_FALSE(second.seen->look([](const recorder& r) { return r.end_.has_value(); }));
  EXPECT_GE(second.pipes(host).size(), 3u) << "the other one works on";
  host.stop(second.id, stop_mode::polite);
  EXPECT_TRUE(second.seen->wait_end());
}
