// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <poll.h>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

bool wait_until(std::chrono::milliseconds patience, const std::function<bool()>& done) {
  auto ends = raw_peer::clock::now() + patience;
  while (!done()) {
    if (raw_peer::clock::now() >= ends)
      return false;
    ::poll(nullptr, 0, 10); // nothing announces what other processes do
  }
  return true;
}

std::string read_all(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

// -- cancel ---

TEST_F(run_host, a_cancel_ends_each_kind_of_command_that_listens) {
  for (std::string command : {"forever", "watches_cancel", "checks_canceled", "waits"}) {
    auto id = ask_for(command);
    if (command != "waits") {
      ASSERT_NO_FATAL_FAILURE(expect_row()) << command;
    } else {
      ASSERT_EQ(running(), std::vector<std::uint64_t>{id});
    }
    peer_->send(frame_kind::cancel, id);
    auto got = response(id);
    EXPECT_EQ(got.code(), "cancelled") << command;
    expect_alive();
  }
}

TEST_F(run_host, a_cancel_is_obeyed_while_the_pipe_is_full) {
  auto id = ask_for("forever");
  auto full = [&] { return peer_->unread_bytes() >= 32'768; }; // small writes leave the pages of a pipe half empty
  ASSERT_TRUE(wait_until(10s, full)) << peer_->unread_bytes();
  auto rss = std::filesystem::path{"/proc"} / std::to_string(peer_->pid()) / "statm";
  auto before = read_all(rss);
  EXPECT_FALSE(wait_until(1s, [&] { return peer_->unread_bytes() > 65'536; })) << "a pipe holds no more";
  auto pages = [](const std::string& statm) { return std::stoul(statm.substr(statm.find(' '))); };
  EXPECT_LT(pages(read_all(rss)), pages(before) + 5000) << "the child waits instead of gathering rows";
  peer_->send(frame_kind::cancel, id);
  EXPECT_EQ(response(id).code(), "cancelled");
  expect_alive();
}

TEST_F(run_host, a_second_run_is_busy_and_changes_nothing_for_the_first) {
  auto first = ask_for("slow_after_row");
  auto second = ask_for("basic");
  std::map<std::uint64_t, json> answers;
  while (answers.size() < 2) {
    auto frame = peer_->receive(answer_patience);
    ASSERT_TRUE(frame.ok()) << frame.problem;
    if (frame.header.kind == frame_kind::response)
      answers[frame.header.request_id] = json::parse(frame.body);
    else
      EXPECT_EQ(frame.header.request_id, first);
  }
  EXPECT_EQ(answers[second].value("code", ""), "busy");
  EXPECT_EQ(answers[first].value("rows", 0), 1);
}

TEST_F(run_host, a_task_that_is_left_behind_cannot_send_after_the_response) {
  scratch_folder folder;
  auto file = folder.path() + "/met";
  auto got = run("leaves_a_task", json(file).dump());
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_TRUE(wait_until(10s, [&] { return !read_all(file).empty(); }));
  EXPECT_NE(read_all(file).find("the stream is closed"), std::string::npos);
  auto next = run("basic");
  EXPECT_EQ(next.rows["rows"].size(), 2u) << "and its rows are not those of the next request";
}

// -- commands that end the child ---

TEST_F(run_host, rows_before_the_end_of_the_process_are_delivered) {
  const struct {
    std::string command;
    std::size_t rows;
  } cases[] = {{"Ends.exitAfterRows", 128}, {"Ends.abortAfterRow", 1}};
  for (const auto& each : cases) {
    start_own();
    ask_for(each.command, "null", "Ends.lean");
    std::size_t rows = 0;
    for (;;) {
      auto frame = peer_->receive(answer_patience);
      if (!frame.ok())
        break;
      EXPECT_NE(frame.header.kind, frame_kind::response);
      rows += frame.header.kind == frame_kind::row;
    }
    EXPECT_EQ(rows, each.rows) << each.command;
    auto exit = peer_->wait_exit(10s);
    ASSERT_TRUE(exit) << each.command;
    EXPECT_TRUE(each.command == "Ends.exitAfterRows" ? *exit == 42 : *exit >= 128) << *exit;
  }
}

TEST_F(run_host, a_command_that_hears_nothing_goes_on_until_the_process_is_told_to_leave) {
  for (std::string command : {"Ends.timeoutAfterRow", "Ends.spinsAfterRow"}) {
    start_own();
    auto id = ask_for(command, "null", "Ends.lean");
    ASSERT_NO_FATAL_FAILURE(expect_row()) << command;
    peer_->send(frame_kind::cancel, id);
    EXPECT_EQ(running(), std::vector<std::uint64_t>{id}) << command;
    peer_->send(frame_kind::terminate, 0);
    expect_exit(0);
  }
}

// -- a capability that comes with the host ---

TEST_F(run_host, extract_streams_every_declaration_of_init_and_its_memory_stays_flat) {
  const std::string capability = R"({"module":"LeanWorker.Extract"})", request = R"({"modules":["Init"],"internal":true})";
  auto first = run_of(capability, "extract", request);
  ASSERT_FALSE(first.is_error) << first.text;
  const auto& rows = first.rows["decls"];
  EXPECT_GT(rows.size(), 40'000u);
  auto rss = rss_kib();
  auto second = run_of(capability, "extract", request);
  EXPECT_EQ(second.rows["decls"].size(), rows.size());
  EXPECT_LT(rss_kib(), rss + 100 * 1024);
  std::map<std::string, std::string> kinds;
  std::set<std::string> modules;
  for (const auto& text : rows) {
    auto row = json::parse(text);
    kinds.emplace(row["name"].get<std::string>(), row["kind"].get<std::string>());
    modules.insert(row["module"].get<std::string>());
  }
  const std::map<std::string, std::string> known{
    {"Nat", "inductive"}, {"Nat.succ", "constructor"}, {"Nat.rec", "recursor"}, {"Nat.add_comm", "theorem"},      {"Classical.choice", "axiom"},
    {"Quot.mk", "quot"},  {"Monad", "class"},          {"Prod", "structure"},   {"instInhabitedNat", "instance"}, {"List.map", "definition"}};
  for (const auto& [name, kind] : known)
    EXPECT_EQ(kinds[name], kind) << name;
  EXPECT_GT(modules.size(), 300u);
  EXPECT_EQ(json::parse(first.text)["metadata"]["declarations"], rows.size());
}

TEST_F(run_host, extract_gives_what_is_asked_for_of_the_modules_that_are_asked_for) {
  const std::string capability = R"({"module":"LeanWorker.Extract"})";
  auto got = run_of(capability, "extract", R"({"modules":["Init"],"prefixes":["Init.Data.Option.Basic"],"types":"pretty","axioms":true})");
  ASSERT_FALSE(got.is_error) << got.text;
  bool found = false;
  for (const auto& text : got.rows["decls"]) {
    auto row = json::parse(text);
    EXPECT_EQ(row["module"], "Init.Data.Option.Basic");
    EXPECT_TRUE(row["axioms"].is_array());
    found |= row["name"] == "Option.isEqSome" && row["type"] == "{α : Type u_1} → [BEq α] → Option α → α → Bool";
  }
  EXPECT_TRUE(found) << (got.rows["decls"].empty() ? "no rows" : got.rows["decls"].front());
  EXPECT_EQ(run_of(capability, "extract", R"({"modules":"Init"})").code(), "lean_exception");
  auto id = request_text(R"({"op":"run","capability":)" + capability
                         + R"(,"command":"extract","request":{"modules":["Init"],"types":"pretty"}})");
  ASSERT_NO_FATAL_FAILURE(expect_row());
  peer_->send(frame_kind::cancel, id);
  EXPECT_EQ(response(id).code(), "cancelled");
}

// -- speed: told, not judged, because machines differ ---

TEST_F(run_host, twenty_thousand_rows_of_200_bytes_keep_their_sequence) {
  run("throughput", "20000"); // the engine optimises what is hot, after a while
  auto begin = raw_peer::clock::now();
  auto got = run("throughput", "20000");
  auto seconds = std::chrono::duration<double>(raw_peer::clock::now() - begin).count();
  EXPECT_EQ(got.rows["rows"].size(), 20'000u);
  RecordProperty("rows_per_second", std::to_string(static_cast<int>(20'000 / seconds)));
}
