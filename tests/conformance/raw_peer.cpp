// SPDX-License-Identifier: Apache-2.0
#include "raw_peer.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void give_up(const char* what, int error) { throw std::runtime_error{std::string{what} + ": " + std::strerror(error)}; }

/// A pipe out of the way of 0 to 3. `ours` (0 reading, 1 writing) becomes non-blocking.
std::pair<int, int> make_pipe(int ours) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    give_up("pipe", errno);
  for (int& end : ends) {
    int lifted = ::fcntl(end, F_DUPFD_CLOEXEC, 10);
    ::close(end);
    end = lifted;
  }
  ::fcntl(ends[ours], F_SETFL, O_NONBLOCK);
  return {ends[ours], ends[1 - ours]};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t start(std::vector<std::string> command, std::vector<std::string> environment, const int (&targets)[4]) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 4; ++i)
    ::posix_spawn_file_actions_adddup2(&actions, targets[i], i);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  auto arguments = pointers(command), variables = pointers(environment);
  int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0)
    give_up(command.front().c_str(), error);
  return pid;
}

} // namespace

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string{text}};
  std::vector<std::string> result;
  for (std::string word; stream >> word;)
    result.push_back(word);
  return result;
}

raw_peer::raw_peer(const std::vector<std::string>& command, const std::vector<std::string>& variables) {
  if (command.empty())
    throw std::runtime_error{"no command"};
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> environment = variables;
  for (char** entry = ::environ; *entry; ++entry)
    environment.emplace_back(*entry);
  int theirs[4];
  std::tie(in_, theirs[0]) = make_pipe(1);
  std::tie(out_fd_, theirs[1]) = make_pipe(0);
  std::tie(err_fd_, theirs[2]) = make_pipe(0);
  std::tie(channel_, theirs[3]) = make_pipe(0);
  pid_ = start(command, environment, theirs);
  for (int fd : theirs)
    ::close(fd);
  // glibc 2.36 declares pidfd_open without C linkage.
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

raw_peer::~raw_peer() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    if (!exit_code_)
      ::waitpid(pid_, nullptr, 0);
  }
  for (int fd : {pidfd_, in_, channel_, out_fd_, err_fd_})
    if (fd >= 0)
      ::close(fd);
}

void raw_peer::write_pending() {
  while (in_ >= 0 && !pending_.empty()) {
    auto n = ::write(in_, pending_.data(), pending_.size());
    if (n > 0)
      pending_.erase(0, static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN)
      return;
    else if (errno != EINTR)
      pending_.clear(), close_in_asked_ = true; // the child is gone, which the test sees elsewhere
  }
  if (close_in_asked_ && in_ >= 0)
    ::close(std::exchange(in_, -1));
}

void raw_peer::send_bytes(std::string_view bytes) {
  pending_.append(bytes);
  write_pending();
}

bool raw_peer::send_byte_by_byte(std::string_view bytes, patience time) {
  auto deadline = clock::now() + time;
  for (char byte : bytes) {
    send_bytes({&byte, 1});
    while (!pending_.empty())
      if (!pump(deadline))
        return false;
  }
  return true;
}

void raw_peer::close_in() {
  close_in_asked_ = true;
  write_pending();
}

void raw_peer::close_channel() {
  if (channel_ >= 0)
    ::close(std::exchange(channel_, -1));
}

bool raw_peer::read_into(int& fd, std::string& to) {
  char buffer[64 << 10];
  auto n = ::read(fd, buffer, sizeof buffer);
  if (n > 0)
    to.append(buffer, static_cast<std::size_t>(n));
  else if (n == 0 || (errno != EAGAIN && errno != EINTR))
    ::close(std::exchange(fd, -1));
  return n > 0;
}

bool raw_peer::pump(clock::time_point deadline, bool read_channel) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
  if (left <= 0ms)
    return false;
  pollfd all[5] = {{out_fd_, POLLIN, 0},
                   {err_fd_, POLLIN, 0},
                   {read_channel ? channel_ : -1, POLLIN, 0},
                   {pending_.empty() ? -1 : in_, POLLOUT, 0},
                   {exit_code_ ? -1 : pidfd_, POLLIN, 0}};
  if (::poll(all, 5, static_cast<int>(left.count())) <= 0)
    return clock::now() < deadline;
  if (all[0].revents != 0)
    read_into(out_fd_, out_);
  if (all[1].revents != 0)
    read_into(err_fd_, err_);
  if (all[2].revents != 0)
    read_into(channel_, frames_);
  if (all[3].revents != 0)
    write_pending();
  if (all[4].revents != 0) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
    exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }
  return true;
}

bool raw_peer::take_frame(received& into) {
  auto left = std::string_view{frames_}.substr(taken_);
  if (left.size() < frame_header_bytes)
    return false;
  std::span<const std::uint8_t, frame_header_bytes> bytes{reinterpret_cast<const std::uint8_t*>(left.data()), frame_header_bytes};
  auto decoded = decode_frame_header(bytes, frame_sender::child, frame_bytes_max_highest);
  if (decoded.error != errc::none) {
    into.problem = explain_frame_error(decoded, bytes, frame_bytes_max_highest);
    return true;
  }
  if (left.size() - frame_header_bytes < decoded.header.body_bytes)
    return false;
  into.header = decoded.header;
  open_seal(into);
  into.body = left.substr(frame_header_bytes, decoded.header.body_bytes);
  taken_ += frame_header_bytes + into.body.size();
  if (taken_ == frames_.size() || taken_ > (1u << 20))
    frames_.erase(0, std::exchange(taken_, 0));
  return true;
}

void raw_peer::open_seal(received& into) const {
  if (!key_)
    return;
  auto& id = into.header.request_id;
  if (id != seal_id(*key_, into.header.kind, id & 0xffffffff))
    into.problem = "the seal of a " + std::string{to_string(into.header.kind)} + " is wrong: field " + std::to_string(id);
  id &= 0xffffffff;
}

raw_peer::received raw_peer::receive(patience time) {
  auto deadline = clock::now() + time;
  received result;
  while (!take_frame(result)) {
    if (channel_ < 0 || !pump(deadline)) {
      result.problem = channel_ < 0 ? "end of file on descriptor 3" : "no frame in time";
      result.problem += "; descriptor 2 said: " + err_;
      return result;
    }
  }
  return result;
}

std::size_t raw_peer::unread_bytes() const {
  int bytes = 0;
  return channel_ >= 0 && ::ioctl(channel_, FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::optional<int> raw_peer::wait_exit(patience time, bool read_channel) {
  auto deadline = clock::now() + time;
  while (!exit_code_ && pump(deadline, read_channel)) {
  }
  // What it wrote before its end is still in the pipes.
  while (exit_code_ && (out_fd_ >= 0 || err_fd_ >= 0) && pump(std::min(deadline, clock::now() + 200ms), read_channel)) {
  }
  return exit_code_;
}

bool raw_peer::at_clean_end_of_channel(patience time) {
  auto deadline = clock::now() + time;
  while (channel_ >= 0 && pump(deadline)) {
  }
  received frame;
  while (take_frame(frame))
    if (!frame.ok())
      return false;
  return channel_ < 0 && taken_ == frames_.size();
}

bool raw_peer::wait_err(std::string_view text, patience time) {
  auto deadline = clock::now() + time;
  while (err_.find(text) == std::string::npos)
    if (err_fd_ < 0 || !pump(deadline, false))
      return false;
  return true;
}

} // namespace leanworker::testing
