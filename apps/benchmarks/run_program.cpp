// SPDX-License-Identifier: Apache-2.0
#include "run_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::bench {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t kept_bytes_max = 64u << 10;
constexpr std::chrono::seconds death_patience{5}; ///< SIGKILL takes effect at once, but for a process that is stuck in the kernel.

/// Reads what is there. False when nothing will come any more.
bool read_some(int fd, std::string& kept) {
  std::array<char, 4096> buffer;
  for (;;) {
    auto got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0)
      return got < 0 && (errno == EAGAIN || errno == EINTR);
    kept.append(buffer.data(), std::min(static_cast<std::size_t>(got), kept_bytes_max - kept.size()));
  }
}

/// Reads until the process has ended or the limit is over; true when it has ended.
bool watch(const spawned_process& process, steady::time_point limit, program_end& end) {
  std::array<pollfd, 3> watched{pollfd{process.pidfd.get(), POLLIN, 0}, pollfd{process.out.get(), POLLIN, 0}, pollfd{process.err.get(), POLLIN, 0}};
  while (steady::now() < limit) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - steady::now());
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(0, left.count()))) <= 0)
      continue;
    if (watched[1].revents != 0 && !read_some(process.out.get(), end.out))
      watched[1].fd = -1;
    if (watched[2].revents != 0 && !read_some(process.err.get(), end.err))
      watched[2].fd = -1;
    if (watched[0].revents != 0)
      return true;
  }
  return false;
}

} // namespace

program_end run_program(const process_spec& spec, std::chrono::milliseconds limit) {
  program_end end;
  auto child = spawn(spec);
  if (child.process.pid < 0) {
    end.status = child.failure;
    end.err = child.detail;
    return end;
  }
  child.process.in.reset();
  end.in_time = watch(child.process, steady::now() + limit, end);
  signal_group(child.process.pid, SIGKILL); // before it is reaped: until then nobody else can have its number
  if (!end.in_time)
    watch(child.process, steady::now() + death_patience, end);
  read_some(child.process.out.get(), end.out);
  read_some(child.process.err.get(), end.err);
  end.status = reap(child.process);
  return end;
}

std::string find_program(std::string_view name) {
  auto variable = std::getenv("PATH");
  for (std::string_view folders = variable == nullptr ? "" : variable; !folders.empty();) {
    auto folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
    auto path = std::string{folder} + "/" + std::string{name};
    struct stat found;
    if (!folder.empty() && ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

} // namespace leanworker::bench
