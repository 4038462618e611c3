// SPDX-License-Identifier: Apache-2.0
#include "pool_child.hpp"

#include <leanworker/child/frame.hpp>
#include <leanworker/child/serve.hpp>

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace leanworker::bench {
namespace {

class bench_host final : public child_host {
public:
  child_facts facts() const override { return {"bench", "1", {"work", "task", "hang"}}; }
  request_result handle(request_context& request) override {
    if (request.op() == "task")
      request.wait_cancelled(std::chrono::milliseconds{std::stoi(std::string{request.member("ms")})});
    if (request.op() == "hang")
      while (!request.wait_cancelled(std::chrono::hours{1})) {
      }
    return request_result::success("1");
  }
};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto done = ::write(fd, bytes.data(), bytes.size());
    if (done <= 0)
      throw std::runtime_error{"the pipe to the child broke"};
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

void read_exactly(int fd, char* to, std::size_t size) {
  while (size > 0) {
    auto got = ::read(fd, to, size);
    if (got <= 0)
      throw std::runtime_error{"the pipe from the child broke"};
    to += got;
    size -= static_cast<std::size_t>(got);
  }
}

/// Reads one frame and forgets it.
void read_frame(int fd) {
  frame_header_buffer head;
  read_exactly(fd, reinterpret_cast<char*>(head.data()), head.size());
  auto read = decode_frame_header(head, frame_sender::child, frame_bytes_max_highest);
  std::string body(read.header.body_bytes, '\0');
  read_exactly(fd, body.data(), body.size());
}

void make_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK); }

} // namespace

int serve() {
  bench_host host;
  return run_worker_child_stdio(host);
}

process_spec this_program_as_child() {
  process_spec spec;
  spec.argv = {std::filesystem::read_symlink("/proc/self/exe").string(), std::string{serve_flag}};
  spec.environment = basic_environment();
  return spec;
}

raw_child::raw_child() {
  auto child = spawn(this_program_as_child());
  if (child.process.pid < 0)
    throw std::runtime_error{"the child could not be started: " + child.detail};
  process_ = std::move(child.process);
  make_blocking(process_.in.get());
  make_blocking(process_.channel.get());
  read_frame(process_.channel.get()); // hello
  write_all(process_.in.get(), encode_frame(frame_kind::configure, 0, 1, "{}"));
  read_frame(process_.channel.get());
}

raw_child::~raw_child() {
  if (dead_)
    return;
  try {
    kill();
  } catch (const std::runtime_error&) {
    // It dies with this process, as all children do.
  }
}

void raw_child::round_trip(std::string_view body) {
  write_all(process_.in.get(), encode_frame(frame_kind::request, 0, 2, body));
  read_frame(process_.channel.get());
}

std::chrono::steady_clock::duration raw_child::kill() {
  auto begin = std::chrono::steady_clock::now();
  dead_ = true;
  signal_group(process_.pid, SIGKILL);
  pollfd ended{process_.pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, 10'000) != 1) // ms
    throw std::runtime_error{"the child does not die"};
  reap(process_);
  return std::chrono::steady_clock::now() - begin;
}

quantiles raw_round_trips(int rounds, std::string_view body) {
  raw_child child;
  quantiles found;
  for (int i = 0; i < rounds; ++i) {
    auto begin = std::chrono::steady_clock::now();
    child.round_trip(body);
    found.add(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  return found;
}

} // namespace leanworker::bench
