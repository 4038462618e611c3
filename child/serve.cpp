// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/serve.hpp>

#include <leanworker/child/internal/frame_cutter.hpp>
#include <leanworker/child/internal/serve_handshake.hpp>
#include <leanworker/child/internal/serve_requests.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace leanworker {
namespace {

using namespace internal;
using clock = std::chrono::steady_clock;

constexpr int exit_broken_connection = 3;
/// `terminate` and end of file leave a second; the rest of it is for leaving.
constexpr std::chrono::milliseconds handlers_patience{900};
constexpr std::chrono::milliseconds flush_patience{950};
/// Private descriptors go here, out of the way of programs that use small numbers.
constexpr int lowest_private_fd = 10;

void complain(std::string_view why) {
  auto line = "leanworker child: " + std::string{why};
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  // One write, so that lines of several threads do not mix; when it fails there is nobody to tell.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0)
    return;
}

/// Moves a descriptor of the connection out of reach of everything else in this process and of the programs that it starts.
int make_private(int fd) {
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, lowest_private_fd);
  if (moved >= 0)
    ::close(fd);
  return moved;
}

class serve_loop {
public:
  serve_loop(child_host& host, child_facts facts, int in, int out)
      : host_{host}, facts_{std::move(facts)}, in_{in}, wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
        output_{out, [this] { output_broken(); }}, runner_{host, output_, facts_.in_flight_max},
        cutter_{slabs_, frame_sender::parent, frame_bytes_max_initial} {}

  ~serve_loop() {
    ::close(in_);
    ::close(wake_);
  }

  int run() {
    send(frame_kind::hello, 0, hello_body(facts_));
    while (exit_code_ < 0)
      read_once();
    return leave();
  }

private:
  void send(frame_kind kind, std::uint64_t id, std::string_view body, std::uint8_t flags = 0) {
    output_.write(serve_output::from::reader, kind, flags, id, body);
  }
  void refuse(std::uint64_t id, std::string_view code, std::string_view message) {
    send(frame_kind::response, id, error_body(code, message, output_.body_bytes_max()), frame_flag_error);
  }
  void leave_with(int code) {
    if (exit_code_ < 0)
      exit_code_ = code;
  }
  void broken(std::string_view why) {
    complain(why);
    leave_with(exit_broken_connection);
  }
  void broken(errc error, std::string_view detail) { broken(std::string{to_string(error)} + ": " + std::string{detail}); }

  void output_broken() {
    output_errno_ = errno;
    std::uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) < 0)
      return; // it is already awake
  }

  void read_once() {
    pollfd ends[2] = {{in_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(ends, 2, -1) < 0)
      return;
    if (ends[1].revents != 0)
      return broken(std::string{"descriptor 3 cannot be written: "} + std::strerror(output_errno_));
    auto space = cutter_.space();
    auto n = ::read(in_, space.data(), space.size());
    if (n > 0)
      return take(cutter_.commit(static_cast<std::size_t>(n)));
    if (n == 0 && cutter_.inside_frame())
      return broken(errc::frame_truncated, "end of file inside a frame");
    if (n == 0)
      return leave_with(0);
    if (errno != EINTR && errno != EAGAIN)
      broken(std::string{"descriptor 0 cannot be read: "} + std::strerror(errno));
  }

  void take(const frame_cutter::result& cut) {
    if (cut.batch)
      for (const auto& frame : cut.batch->frames())
        if (exit_code_ < 0)
          take_frame(frame, cut.batch);
    if (cut.error != errc::none && exit_code_ < 0)
      broken(cut.error, cut.detail);
  }

  void take_frame(const frame_view& frame, const frame_batch_ptr& batch) {
    auto kind = frame.header.kind;
    if (kind == frame_kind::configure)
      return configure(frame);
    if (kind == frame_kind::request)
      return request(frame, batch);
    // Only these two are left: the cutter lets no other kind through.
    if (!frame.body.empty())
      return broken(errc::frame_bad_body, std::string{to_string(kind)} + " must have no body");
    if (kind == frame_kind::cancel)
      return runner_.cancel(frame.header.request_id);
    leave_with(0);
  }

  void configure(const frame_view& frame) {
    auto id = frame.header.request_id;
    if (configured_)
      return refuse(id, "bad_request", "configure was sent before; it is sent once");
    child_configuration wanted;
    try {
      wanted = read_configuration(frame.body, facts_);
      host_.configured(wanted);
    } catch (const request_error& error) {
      return refuse(id, error.code(), error.what());
    } catch (const std::exception& error) {
      return refuse(id, "internal", error.what());
    }
    configured_ = true;
    if (wanted.seal_key)
      output_.seal_with(*wanted.seal_key);
    send(frame_kind::response, id, "{}");
    output_.body_bytes_max(wanted.to_parent_bytes_max);
    cutter_.body_bytes_max(wanted.to_child_bytes_max);
  }

  void request(const frame_view& frame, const frame_batch_ptr& batch) {
    auto id = frame.header.request_id;
    if (!configured_)
      return refuse(id, "bad_request", "a request before configure; send configure first");
    auto scanned = scan_json(frame.body);
    if (!scanned.ok())
      return refuse(id, "bad_request", "the body is no JSON text: byte " + std::to_string(scanned.at) + ": " + scanned.problem);
    if (!scanned.object)
      return refuse(id, "bad_request", "the body is no JSON object");
    auto op_text = scanned.find("op");
    if (op_text.empty() || op_text.front() != '"')
      return refuse(id, "bad_request", op_text.empty() ? "member op is missing" : "member op must be a string");
    auto op = decode_json_string(op_text);
    if (op == "health")
      return send(frame_kind::response, id, health_body({started_, runner_.running(), runner_.done()}));
    if (op == "echo")
      return echo(id, scanned.find("value"));
    if (std::find(facts_.capabilities.begin(), facts_.capabilities.end(), op) == facts_.capabilities.end())
      return refuse(id, "unknown_op", "no operation " + op + "; see capabilities in hello");
    auto accepted = std::make_shared<running_request>(id, std::move(op), frame.body, std::move(scanned), batch, output_);
    if (!runner_.start(std::move(accepted)))
      refuse(id, "busy", std::to_string(facts_.in_flight_max) + " running already; wait for a response");
  }

  void echo(std::uint64_t id, std::string_view value) {
    if (value.empty())
      refuse(id, "bad_request", "member value is missing");
    else if (!output_.fits(value.size()))
      refuse(id, "output_too_large", std::to_string(value.size()) + " bytes exceed the cap; ask for less, or configure a larger cap");
    else
      send(frame_kind::response, id, value);
  }

  int leave() {
    auto now = clock::now();
    output_.refuse_more();
    bool stopped = runner_.stop(now + handlers_patience);
    output_.drain(now + flush_patience); // of no use if it fails: then the parent does not read
    // A thread that is still in a handler cannot be ended, and what it uses cannot be destroyed.
    if (!stopped)
      ::_exit(exit_code_);
    return exit_code_;
  }

  child_host& host_;
  const child_facts facts_;
  const clock::time_point started_ = clock::now();
  const int in_;
  const int wake_;
  std::atomic<int> output_errno_{0};
  int exit_code_ = -1;
  bool configured_ = false;
  slab_pool slabs_;
  serve_output output_;
  request_runner runner_;
  frame_cutter cutter_;
};

} // namespace

int run_worker_child_stdio(child_host& host) {
  std::signal(SIGPIPE, SIG_IGN);
  auto facts = host.facts();
  for (auto op : {"health", "echo"})
    if (std::find(facts.capabilities.begin(), facts.capabilities.end(), op) == facts.capabilities.end())
      facts.capabilities.emplace_back(op);
  int out = make_private(3);
  if (out < 0) {
    complain("descriptor 3 is not open; this program is started by leanworker, not by hand");
    return exit_broken_connection;
  }
  int in = make_private(STDIN_FILENO);
  if (in < 0) {
    complain("descriptor 0 is not open");
    return exit_broken_connection;
  }
  // Whatever reads descriptor 0 from now on, here or in a program that is started, must not take frames away.
  if (int empty = ::open("/dev/null", O_RDONLY); empty > STDIN_FILENO) {
    ::dup2(empty, STDIN_FILENO);
    ::close(empty);
  }
  return serve_loop{host, std::move(facts), in, out}.run();
}

} // namespace leanworker
