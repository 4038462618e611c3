// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/exit_status.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace leanworker {

/// An open descriptor, closed when this goes. Move-only.
class unique_fd {
public:
  unique_fd() = default;
  explicit unique_fd(int fd) noexcept : fd_{fd} {}
  unique_fd(unique_fd&& other) noexcept : fd_{other.release()} {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~unique_fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

private:
  int fd_ = -1;
};

/// What to run and how. Nothing is inherited that is not named here, except the standard search path for the program's libraries.
struct process_spec {
  std::vector<std::string> argv;                                ///< argv[0] is the program, a path; PATH is not searched.
  std::vector<std::pair<std::string, std::string>> environment; ///< The whole environment of the child.
  std::string directory;                                        ///< Working directory; empty: the parent's.
  std::uint64_t address_space_bytes_max = 0;                    ///< RLIMIT_AS; 0: as the parent's.
  std::uint64_t cpu_seconds_max = 0;                            ///< RLIMIT_CPU; 0: as the parent's.
  std::uint64_t open_files_max = 0;                             ///< RLIMIT_NOFILE; 0: as the parent's.

  friend bool operator==(const process_spec&, const process_spec&) = default;
};

/// The variables of this process that a program needs to find its files and to speak the user's language: PATH, HOME, TMPDIR, LANG, LC_*, TZ,
/// and those whose names begin with one of `prefixes`.
std::vector<std::pair<std::string, std::string>> basic_environment(const std::vector<std::string>& prefixes = {});

/// A process that runs, with our ends of a socket (its descriptor 0) and three pipes: all CLOEXEC and non-blocking.
struct spawned_process {
  pid_t pid = -1;
  unique_fd pidfd;   ///< Readable when the process has ended.
  unique_fd in;      ///< Writes to its descriptor 0.
  unique_fd channel; ///< Reads from its descriptor 3.
  unique_fd out;     ///< Reads from its descriptor 1.
  unique_fd err;     ///< Reads from its descriptor 2.
};

struct spawn_result {
  spawned_process process; ///< `pid` is -1 when it was not started.
  exit_status failure;     ///< `not_started(errno)` then.
  std::string detail;      ///< Which step failed, for people.
};

/// Starts a process with exactly the descriptors 0 to 3, in a process group of its own, with signal dispositions and mask at their defaults, no core
/// dumps, and SIGKILL as parent-death signal. That signal fires when the *calling thread* ends: call this only on a thread that lives as long as
/// its children may. Takes 0.1 ms whatever the size of the caller (vfork).
spawn_result spawn(const process_spec& spec);

/// Reaps a process whose pidfd is readable. `unknown` if there is nothing to reap.
exit_status reap(const spawned_process& process);

/// Signals the whole process group. False when there is no such group any more.
bool signal_group(pid_t group, int signal);

} // namespace leanworker
