// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <cerrno>
#include <filesystem>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::scripted {
namespace {

std::thread drip_thread;

ino_t pipe_of(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode) ? facts.st_ino : 0;
}

bool read_exactly(char* to, std::size_t bytes) {
  while (bytes > 0) {
    auto n = ::read(0, to, bytes);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    to += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

channel::channel() : fd_{::fcntl(3, F_DUPFD_CLOEXEC, 20)}, pipe_{pipe_of(3)} {}

channel& channel::of_this_process() {
  static channel instance;
  return instance;
}

bool channel::try_write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) { // `serve` has made the pipe non-blocking
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void channel::write(std::string_view bytes) {
  if (!try_write(bytes))
    ::_exit(3);
}

void channel::frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body) {
  plain_frame(kind, flags, sealed(kind, request_id), body);
}

void channel::plain_frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id_field, std::string_view body) {
  write(encode_frame(kind, flags, request_id_field, body));
}

void channel::close_everywhere() {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    if (int fd = std::stoi(entry.path().filename().string()); pipe_ != 0 && pipe_of(fd) == pipe_)
      found.push_back(fd);
  for (int fd : found)
    ::close(fd);
}

void channel::drip() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0 || ::dup2(ends[1], 3) < 0)
    ::_exit(111);
  ::close(ends[1]);
  drip_thread = std::thread{[this, from = ends[0]] {
    char byte;
    while (::read(from, &byte, 1) == 1 && try_write({&byte, 1})) {
    }
    ::close(from); // so that the loop sees a broken pipe where there is one
  }};
}

void channel::finish_drip() {
  if (drip_thread.joinable())
    drip_thread.join();
}

std::optional<raw_frame> read_frame() {
  frame_header_buffer bytes;
  if (!read_exactly(reinterpret_cast<char*>(bytes.data()), bytes.size()))
    return std::nullopt;
  raw_frame frame{decode_frame_header(bytes, frame_sender::parent, frame_bytes_max_highest).header, {}};
  frame.body.resize(frame.header.body_bytes);
  if (!read_exactly(frame.body.data(), frame.body.size()))
    return std::nullopt;
  return frame;
}

void drain_stdin() {
  char bytes[4096];
  while (::read(0, bytes, sizeof bytes) > 0) {
  }
}

void hang_for_ever() {
  for (;;)
    ::pause();
}

std::string plain_hello() {
  return R"({"protocol":1,"child":{"kind":"scripted","version":"0.1.0"},"pid":)" + std::to_string(::getpid())
         + R"(,"capabilities":["health","echo"],"limits":{"in_flight_max":1,"receive_bytes_max":268435456,"send_bytes_max":268435456}})";
}

} // namespace leanworker::scripted
