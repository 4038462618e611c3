// SPDX-License-Identifier: Apache-2.0
// What measuring the memory of children costs: the same looks as the monitor's, at its pace, on one thread whose CPU time is read.
#include <leanworker/actors/internal/rollup_pacer.hpp>
#include <leanworker/child/memory_probe.hpp>
#include <leanworker/config/memory_config.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace leanworker;

namespace {

double thread_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

pid_t start_child(std::size_t mib) {
  auto pid = ::fork();
  if (pid != 0)
    return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char> memory(mib << 20);
  std::memset(memory.data(), 1, memory.size());
  for (;;)
    ::pause();
}

} // namespace

int main(int argc, char** argv) {
  int children = 32;
  int seconds = 20;
  std::size_t mib = 100;
  CLI::App app{"What measuring the memory of children costs", "bench_monitor"};
  app.add_option("--children", children)->capture_default_str();
  app.add_option("--mib", mib, "Of each child")->capture_default_str();
  app.add_option("--seconds", seconds, "One look at all children each second")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::vector<pid_t> pids;
  std::vector<memory_probe> probes;
  for (int i = 0; i < children; ++i)
    probes.emplace_back(pids.emplace_back(start_child(mib)));
  std::this_thread::sleep_for(std::chrono::seconds{1}); // until they have touched their memory; not measured
  const auto rollup_every = memory_config{}.rollup_every;
  internal::rollup_pacer pacer{internal::rollup_pacer::share_default, rollup_every};
  std::vector<unsigned> since(probes.size(), 0);
  std::size_t next = 0; // the first child that a dear look is due for
  auto begin = thread_cpu_seconds();
  int known = 0;
  int dear = 0;
  for (int second = 0; second < seconds; ++second) {
    pacer.passed(std::chrono::seconds{1});
    auto first = next;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      auto which = (first + i) % probes.size();
      bool rollup = pacer.due(since[which], second == 0);
      auto before = thread_cpu_time();
      known += probes[which].look(rollup, std::chrono::seconds{second}).rss.known ? 1 : 0;
      ++since[which];
      if (!rollup)
        continue;
      pacer.spent(thread_cpu_time() - before);
      since[which] = 1;
      ++dear;
      next = which + 1;
    }
    look_at_machine();
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  auto used = thread_cpu_seconds() - begin;
  for (auto pid : pids)
    ::kill(pid, SIGKILL);
  while (::wait(nullptr) > 0) {
  }
  fmt::print("{} children of {} MiB, {} looks each, PSS and private memory {:.1f} times per child: {:.3f} % of one core, {:.1f} us per look; {} of {} looks had a result\n", children, mib,
             seconds, static_cast<double>(dear) / children, 100 * used / seconds, 1e6 * used / (children * seconds), known, children * seconds);
  return known == children * seconds ? 0 : 1;
}
