// SPDX-License-Identifier: Apache-2.0
#include "plain_loop.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <unistd.h>

#include <poll.h>

namespace leanworker::bench {
namespace {

constexpr int patience_ms = 300'000; // its start elaborates the program

void wait_for(int fd, short what) {
  pollfd wanted{fd, what, 0};
  if (::poll(&wanted, 1, patience_ms) <= 0)
    throw std::runtime_error{"the plain loop does not answer"};
}

verdict verdict_of(const nlohmann::json& messages) {
  bool warned = false, sorry = false;
  for (const auto& message : messages) {
    auto severity = message.at("severity").get<std::string>();
    if (severity == "error")
      return verdict::has_errors;
    warned |= severity == "warning";
    sorry |= message.at("data").get<std::string>().find("declaration uses") != std::string::npos;
  }
  return sorry ? verdict::incomplete : warned ? verdict::has_warnings : verdict::accepted;
}

} // namespace

plain_loop::plain_loop(const lean_setup& setup, const std::string& import) {
  process_spec spec;
  spec.argv = {setup.lean.lean(), "--run", LEANWORKER_PLAIN_LOOP, import};
  spec.environment = basic_environment();
  auto started = spawn(spec);
  if (started.process.pid < 0)
    throw std::runtime_error{"the plain loop was not started: " + started.detail};
  process_ = std::move(started.process);
  if (read_line().find("ready") == std::string::npos)
    throw std::runtime_error{"the plain loop did not begin as agreed"};
}

plain_loop::~plain_loop() {
  if (process_.pid < 0)
    return;
  signal_group(process_.pid, SIGKILL);
  pollfd ended{process_.pidfd.get(), POLLIN, 0};
  ::poll(&ended, 1, patience_ms);
  reap(process_);
}

verdict plain_loop::check(const std::string& source) {
  write_all(nlohmann::json{{"cmd", source}}.dump() + "\n");
  return verdict_of(nlohmann::json::parse(read_line()).at("messages"));
}

std::string plain_loop::read_line() {
  for (;;) {
    if (auto end = read_.find('\n'); end != read_.npos) {
      auto line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    wait_for(process_.out.get(), POLLIN);
    char bytes[65536];
    auto got = ::read(process_.out.get(), bytes, sizeof bytes);
    if (got == 0)
      throw std::runtime_error{"the plain loop ended"};
    if (got > 0)
      read_.append(bytes, static_cast<std::size_t>(got));
  }
}

void plain_loop::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    auto done = ::write(process_.in.get(), bytes.data(), bytes.size());
    if (done > 0)
      bytes.remove_prefix(static_cast<std::size_t>(done));
    else
      wait_for(process_.in.get(), POLLOUT);
  }
}

} // namespace leanworker::bench
