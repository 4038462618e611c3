// SPDX-License-Identifier: Apache-2.0
// Inputs that are no plain files are read by the parent, once, and never for ever.
#include "inputs.hpp"

#include <leanworker/tests/lean/lean_fixture.hpp>

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct piped {
  int ends[2];
  piped() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  ~piped() {
    ::close(ends[0]);
    close_writer();
  }
  void write(std::string_view text) { EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  void close_writer() {
    if (ends[1] >= 0)
      ::close(std::exchange(ends[1], -1));
  }
};

void settled(input& one) {
  auto ends = std::chrono::steady_clock::now() + 20s;
  while (!one.settle() && std::chrono::steady_clock::now() < ends)
    std::this_thread::yield();
}

TEST(inputs, a_pipe_is_read_to_its_end) {
  piped p;
  p.write("theorem t : 1 = 1 := rfl\n");
  p.close_writer();
  input out;
  read_piped(p.ends[0], out);
  EXPECT_EQ(out.problem, "");
  EXPECT_EQ(out.source, "theorem t : 1 = 1 := rfl\n");
}

TEST(inputs, a_writer_that_never_ends_is_given_up) {
  piped p;
  p.write("half a file");
  input out;
  read_piped(p.ends[0], out, 300ms);
  EXPECT_NE(out.problem.find("did not end"), std::string::npos) << out.problem;
  EXPECT_EQ(out.source, "");
}

TEST(inputs, a_pipe_without_a_writer_is_given_up) {
  test::temporary_folder folder;
  auto path = (folder / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  input out;
  read_piped(fd, out, 300ms);
  ::close(fd);
  EXPECT_FALSE(out.problem.empty());
}

TEST(inputs, what_is_not_utf8_is_refused_and_not_repaired) {
  piped p;
  p.write("example : \"caf\xE9\".length = 4 := rfl");
  p.close_writer();
  input out;
  read_piped(p.ends[0], out);
  EXPECT_NE(out.problem.find("not UTF-8 at byte 14"), std::string::npos) << out.problem;
}

TEST(inputs, a_device_without_end_is_cut_off) {
  std::vector<input> out;
  std::string problem;
  ASSERT_TRUE(expand_inputs({"/dev/zero"}, out, problem)) << problem;
  ASSERT_EQ(out.size(), 1u);
  settled(out[0]);
  EXPECT_NE(out[0].problem.find("8 MiB"), std::string::npos) << out[0].problem;
  EXPECT_TRUE(out[0].path.empty()) << "no child is to open it";
}

TEST(inputs, a_name_that_is_not_utf8_is_the_reason) {
  test::temporary_folder folder;
  test::write_file(folder / "caf\xE9.lean", "theorem t : 1 = 1 := rfl");
  test::write_file(folder / "good.lean", "theorem t : 1 = 1 := rfl");
  std::vector<input> out;
  std::string problem;
  ASSERT_TRUE(expand_inputs({folder.str()}, out, problem)) << problem;
  ASSERT_EQ(out.size(), 2u);
  EXPECT_NE(out[0].problem.find("its name is not UTF-8"), std::string::npos) << out[0].problem;
  EXPECT_EQ(out[1].problem, "");
}

TEST(inputs, a_name_of_a_descriptor_is_read_here_because_it_means_another_one_in_a_child) {
  test::temporary_folder folder;
  test::write_file(folder / "bad.lean", "theorem wrong : 1 = 2 := rfl");
  auto fd = ::open((folder / "bad.lean").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  fs::create_symlink("/proc/self/fd/" + std::to_string(fd), folder / "link.lean");
  for (const auto& name : {"/proc/self/fd/" + std::to_string(fd), "/dev/fd/" + std::to_string(fd), (folder / "link.lean").string()}) {
    std::vector<input> out;
    std::string problem;
    ASSERT_TRUE(expand_inputs({name}, out, problem)) << problem;
    ASSERT_EQ(out.size(), 1u);
    settled(out[0]);
    EXPECT_EQ(out[0].path, "") << name;
    EXPECT_EQ(out[0].source, "theorem wrong : 1 = 2 := rfl") << name << out[0].problem;
  }
  ::close(fd);
}

} // namespace
} // namespace leanworker::cli
