// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

namespace fs = std::filesystem;

/// Whatever people name as a file. Each gets one verdict or one reason, and the others are judged all the same.
struct inputs : surroundings {
  inputs() { compile_host(); }
  void make_socket(const std::string& name) const {
    unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path(name).c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
};

std::map<std::string, std::string> verdicts(const std::string& out) {
  std::map<std::string, std::string> found;
  std::istringstream lines{out};
  for (std::string line; std::getline(lines, line);) {
    auto record = nlohmann::json::parse(line);
    auto file = fs::path{record.at("file").get<std::string>()}.filename().string();
    EXPECT_TRUE(found.emplace(file, record.at("verdict")).second) << "two records of " << file;
  }
  return found;
}

TEST_F(inputs, each_strange_file_gets_one_record_and_the_others_are_judged) {
  write("in/ok.lean", "-- fine");
  write("in/empty.lean", "");
  write("in/big.lean", std::string(std::size_t{9} << 20, '-'));
  write("in/line\nend.lean", "WRONG");
  write("in/escape\x1b[31m.lean", "WRONG");
  write("in/invalid\xff.lean", "");
  fs::create_symlink("/dev/zero", path("in/zero.lean"));
  fs::create_symlink("/dev/null", path("in/null.lean"));
  fs::create_directories(path("in/folder.lean"));
  write("in/folder.lean/inside.lean", "");
  make_socket("in/socket.lean");
  auto done = run(leanworker("check --json -j2 in/*.lean"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_EQ(verdicts(done.out), (std::map<std::string, std::string>{{"ok.lean", "accepted"},
                                                                    {"empty.lean", "accepted"},
                                                                    {"big.lean", "accepted"},
                                                                    {"line\nend.lean", "has_errors"},
                                                                    {"escape\x1b[31m.lean", "has_errors"},
                                                                    {"invalid\xEF\xBF\xBD.lean", "unreadable"},
                                                                    {"zero.lean", "unreadable"},
                                                                    {"null.lean", "accepted"},
                                                                    {"inside.lean", "accepted"},
                                                                    {"socket.lean", "unreadable"}}));
  done = run(leanworker("check -j2 in/*.lean"));
  EXPECT_EQ(done.out.find('\x1b'), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("in/line\\nend.lean"), std::string::npos) << done.out;
}

TEST_F(inputs, a_file_that_may_not_be_read_is_unreadable) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can become another user";
  write("closed.lean", "");
  ::chmod(path("closed.lean").c_str(), 0);
  ::chmod(path("").c_str(), 0755);
  ::chmod(path("notes").c_str(), 0777);
  ::chmod(path("notes/started").c_str(), 0666);
  auto done = run("exec setpriv --reuid=54321 --clear-groups " + leanworker("check -j1 --json closed.lean first.lean").substr(5));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_EQ(verdicts(done.out), (std::map<std::string, std::string>{{"closed.lean", "unreadable"}, {"first.lean", "accepted"}}));
  EXPECT_NE(done.out.find("Permission denied"), std::string::npos) << done.out;
}

TEST_F(inputs, a_pipe_whose_writer_comes_late_keeps_nobody_waiting) {
  ::mkfifo(path("pipe.lean").c_str(), 0600);
  auto command = start(leanworker("check -j1 --json pipe.lean first.lean"));
  ASSERT_TRUE(wait_until([&] { return read_all(path(".out")).find("first.lean") != std::string::npos; }));
  write("pipe.lean", "WRONG");
  auto done = command->wait();
  EXPECT_EQ(verdicts(done.out), (std::map<std::string, std::string>{{"pipe.lean", "has_errors"}, {"first.lean", "accepted"}})) << done.str();
}

TEST_F(inputs, ten_thousand_files_get_one_record_each) {
  fs::create_directories(path("many"));
  for (int i = 0; i < 10'000; ++i)
    write("many/" + std::to_string(i) + ".lean", "");
  auto done = run(leanworker("check --json -q -j2 many/*.lean"));
  EXPECT_EQ(done.code, 0) << done.str();
  EXPECT_EQ(verdicts(done.out).size(), 10'000u);
}

TEST_F(inputs, files_that_change_or_go_while_they_wait_get_one_record_each) {
  for (int i = 0; i < 300; ++i)
    write("moving/" + std::to_string(i) + ".lean", "-- some text");
  auto change = "(cd moving; for i in 299 298 297 296 295; do rm $i.lean; done; for i in 290 280 270 260; do : >$i.lean; done; "
                "for i in 250 240 230; do yes >>$i.lean & p=$!; sleep 0.05; kill $p; done) & ";
  auto done = run(change + leanworker("check --json -q -j1 moving"));
  auto found = verdicts(done.out);
  EXPECT_GE(found.size(), 295u) << done.str();
  for (const auto& [file, verdict] : found)
    EXPECT_TRUE(verdict == "accepted" || verdict == "unreadable") << file << ": " << verdict;
}

TEST_F(inputs, a_child_knows_what_is_set_for_lean_and_no_secret) {
  write("env.lean", "ENVIRONMENT");
  set("LEAN_ABORT_ON_PANIC", "1");
  set("LEAN_NUM_THREADS", "2");
  set("SECRET_TOKEN", "x");
  auto done = run(leanworker("check env.lean"));
  EXPECT_NE(done.out.find("LEAN_ABORT_ON_PANIC "), std::string::npos) << done.str();
  EXPECT_NE(done.out.find("LEAN_NUM_THREADS "), std::string::npos) << done.str();
  EXPECT_EQ(done.out.find("SECRET_TOKEN"), std::string::npos) << done.str();
}

} // namespace
} // namespace leanworker::testing
