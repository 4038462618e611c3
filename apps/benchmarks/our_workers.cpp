// SPDX-License-Identifier: Apache-2.0
#include "our_workers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

namespace leanworker::bench {

double cpu_seconds(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  std::getline(file, line);
  auto rest = line.substr(std::min(line.size(), line.rfind(')') + 1));
  unsigned long long user = 0, system = 0;
  if (std::sscanf(rest.c_str(), " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
    throw std::runtime_error{"no processor time of a child"};
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double load() {
  double one = 0;
  ::getloadavg(&one, 1);
  return one;
}

our_workers::our_workers(const lean_setup& setup, unsigned workers, const std::string& import)
    : pool_{client::pool::open(client::lean_pool(setup, workers))} {
  key_.imports = {import};
  std::vector<client::lease> all;
  while (all.size() < workers) {
    all.push_back(pool_.acquire(key_));
    if (!all.back())
      throw std::runtime_error{"no child: " + all.back().refusal().detail};
    if (auto opened = all.back().run(encode_open_session(key_.imports)); !opened.ok())
      throw std::runtime_error{"no session was opened: " + opened.message};
  }
}

std::string our_workers::run(std::string body) {
  submit_request request;
  request.key = key_;
  request.body = std::move(body);
  auto done = pool_.run(std::move(request));
  if (!done.outcome.ok())
    throw std::runtime_error{"a check failed: " + done.outcome.message};
  return std::move(done.outcome.body);
}

verdict our_workers::check(const std::string& source) {
  check_request request;
  request.source = source;
  return read(run(encode_check(request)));
}

verdict our_workers::read(const std::string& body) {
  check_report report;
  std::string problem;
  if (!decode_check_report(body, report, problem))
    throw std::runtime_error{"a result is none: " + problem};
  return report.result;
}

double our_workers::children_cpu() {
  double sum = 0;
  for (const auto& slot : pool_.snapshot().slots)
    sum += slot.pid > 0 ? cpu_seconds(static_cast<pid_t>(slot.pid)) : 0;
  return sum;
}

double our_workers::cpu() { return children_cpu() + cpu_seconds(::getpid()); }

void our_workers::wait_until_quiet() {
  using namespace std::chrono_literals;
  auto end = std::chrono::steady_clock::now() + 1min;
  auto before = children_cpu();
  for (;;) {
    std::this_thread::sleep_for(300ms);
    auto now = children_cpu();
    if (now - before < 0.02 || std::chrono::steady_clock::now() > end)
      return;
    before = now;
  }
}

} // namespace leanworker::bench
