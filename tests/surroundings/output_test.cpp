// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

using std::chrono::seconds;

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

/// Standard output that does not take everything at once, or anything at all.
struct output : surroundings {
  output() {
    compile_host();
    ::mkfifo(path("pipe").c_str(), 0600);
    for (int i = 10; i < 30; ++i)
      write("many/" + std::to_string(i) + ".lean", "WRONG LONG");
  }
  /// The reading end, open before the command opens the other.
  unique_fd reader() const { return unique_fd{::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)}; }
};

/// All that comes until every writer has gone.
std::string drain(int fd) {
  std::string text;
  std::vector<char> buffer(64u << 10);
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 60'000) != 1)
      return text + "(no end)";
    auto n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0)
      return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

TEST_F(output, nothing_is_lost_where_standard_output_or_error_does_not_block) {
  auto from = reader();
  // The shell's descriptor 9 shares its file description with ours, and a program beside us makes it non-blocking.
  auto line = "exec 9>pipe; perl -e 'use Fcntl; open(F, \">&=9\"); fcntl(F, F_SETFL, O_WRONLY | O_NONBLOCK)'; ";
  auto command = start(line + leanworker("check --json -j2 many >&9"));
  ::poll(nullptr, 0, 500); // the reader is slow: the pipe is full by then, or the test shows less
  auto text = drain(from.get());
  auto done = command->wait();
  EXPECT_EQ(done.code, 1) << done.str();
  EXPECT_EQ(count_of(text, R"("verdict":"has_errors")"), 20u);
  EXPECT_TRUE(text.ends_with("}\n"));
}

TEST_F(output, an_interrupt_ends_a_command_whose_reader_takes_nothing) {
  auto rows = leanworker("run X y --request '{\"rows\":5000,\"bytes\":1000}' >pipe");
  for (const auto& line : {leanworker("check --json -j2 many >pipe"), leanworker("check -j2 many >pipe 2>&1"), rows}) {
    auto from = reader();
    auto command = start(line);
    // Full: nothing more comes, and the command waits.
    ASSERT_TRUE(wait_until([&] {
      int bytes = 0;
      return ::ioctl(from.get(), FIONREAD, &bytes) == 0 && bytes >= 60'000;
    }));
    ::poll(nullptr, 0, 200);
    auto sent = std::chrono::steady_clock::now();
    command->signal(SIGINT);
    auto done = command->wait(seconds{20});
    EXPECT_EQ(done.code, 130) << line << "\n" << done.str();
    EXPECT_LT(std::chrono::steady_clock::now() - sent, seconds{8}) << line;
    EXPECT_TRUE(nothing_runs());
  }
}

TEST_F(output, a_full_disk_is_told_once_with_its_cause_and_is_no_success) {
  write("a.lean", "");
  for (const auto& line : {leanworker("check -j1 a.lean many/10.lean"), leanworker("check --json a.lean"), leanworker("doctor"),
                           leanworker("run X y --request '{\"rows\":5}'"), std::string{"exec " LEANWORKER_PROGRAM " --help"}}) {
    auto done = run(line + " >/dev/full");
    EXPECT_EQ(done.code, 3) << line << "\n" << done.str();
    EXPECT_EQ(count_of(done.err, "No space left on device"), 1u) << line << "\n" << done.err;
    EXPECT_EQ(count_of(done.err, "standard output"), 1u) << line << "\n" << done.err;
    EXPECT_TRUE(nothing_runs());
  }
}

TEST_F(output, where_it_cannot_be_written_no_pipe_without_a_writer_is_waited_for) {
  ::mkfifo(path("input.lean").c_str(), 0600);
  auto done = run(leanworker("check -j1 input.lean first.lean >/dev/full"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_LT(done.elapsed, seconds{15}) << "a writer has 30 s";
}

TEST_F(output, a_file_at_its_size_limit_is_told_and_no_half_file_is_taken_for_whole) {
  auto done = run("ulimit -f 8; " + leanworker("check --json many >records.jsonl"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find("ulimit -f"), std::string::npos) << done.err;
  write("rows.jsonl", "old");
  done = run("ulimit -f 8; " + leanworker("run X y --request '{\"rows\":5000}' --rows rows.jsonl"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find("File too large"), std::string::npos) << done.err;
  EXPECT_EQ(read_all(path("rows.jsonl")), "old");
  for (const auto& entry : std::filesystem::directory_iterator{path("")})
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
}

TEST_F(output, an_event_log_that_cannot_be_written_is_told_once_and_the_verdicts_stay) {
  write("a.lean", "");
  for (const auto& line : {leanworker("check -j1 a.lean"), leanworker("run X y --request '{\"rows\":5}'")}) {
    auto done = run(line + " --event-log /dev/full");
    EXPECT_EQ(done.code, 3) << line << "\n" << done.str();
    EXPECT_EQ(count_of(done.err, "the event log /dev/full could not be written"), 1u) << done.err;
    EXPECT_EQ(count_of(done.err, "No space left on device"), 1u) << done.err;
    EXPECT_FALSE(done.out.empty()) << "what was asked for is there";
  }
}

TEST_F(output, a_reader_that_leaves_ends_the_command_quietly_by_sigpipe) {
  for (const auto& line : {leanworker("check --json -j2 many"), leanworker("run X y --request '{\"rows\":5000,\"bytes\":1000}'"),
                           std::string{"exec " LEANWORKER_PROGRAM " check --help"}}) {
    std::filesystem::remove(path("notes/opened"));
    auto from = reader();
    write("notes/wait", "");
    auto command = start("exec >pipe; : >notes/opened; while [ -e notes/wait ]; do sleep 0.01; done; " + line);
    ASSERT_TRUE(wait_until([&] { return exists("notes/opened"); }));
    if (line.find("--help") != std::string::npos)
      from.reset(); // it writes once, and at once
    std::filesystem::remove(path("notes/wait"));
    pollfd ready{from.get(), POLLIN, 0}; // poll leaves out a descriptor of -1
    EXPECT_EQ(::poll(&ready, from ? 1 : 0, from ? 60'000 : 0), from ? 1 : 0);
    from.reset();
    auto done = command->wait();
    EXPECT_EQ(done.signal, SIGPIPE) << line << "\n" << done.str();
    EXPECT_EQ(done.err, "") << line;
    EXPECT_TRUE(nothing_runs());
  }
}

TEST_F(output, standard_streams_that_are_closed_are_nobody_elses) {
  write("w.lean", "WRONG");
  auto done = run(leanworker("check -j1 w.lean <&- 2>&-"));
  EXPECT_EQ(done.code, 1) << done.str();
  EXPECT_NE(done.out.find("0=/dev/null 1=pipe:"), std::string::npos) << "what the child has there:\n" << done.out;
  done = run(leanworker("check -j1 w.lean --event-log events.jsonl >&-"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find("standard output could not be written, so the results there are incomplete: it is closed"), std::string::npos) << done.err;
  done = run(leanworker("run X y --request '{\"rows\":2}' --rows rows.jsonl --event-log events.jsonl --log-level debug <&- >&- 2>&-"));
  EXPECT_EQ(done.code, 0) << done.str();
  EXPECT_EQ(read_all(path("rows.jsonl")), "\"rrrrrrrrrr\"\n\"rrrrrrrrrr\"\n") << "nothing that was meant for people";
  auto events = read_all(path("events.jsonl"));
  EXPECT_EQ(count_of(events, "\n"), count_of(events, "\n{") + 1) << events;
}

TEST_F(output, standard_input_that_is_closed_is_unreadable_and_nothing_waits_for_it) {
  auto done = run(leanworker("check -j1 --json - first.lean <&-"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.out.find("Bad file descriptor"), std::string::npos) << done.out;
  EXPECT_EQ(count_of(done.out, R"("verdict":"accepted")"), 1u) << done.out;
}

} // namespace
} // namespace leanworker::testing
