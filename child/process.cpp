// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/process.hpp>

// Boost.Process only offers use_vfork when this is set: its own test for it looks at _XOPEN_SOURCE values that glibc no longer has.
#define BOOST_POSIX_HAS_VFORK 1
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leanworker {
namespace {

namespace bp = boost::process;

/// Pipe descriptors are moved here, so that putting them into 0…3 in the child never overwrites one that is still needed.
constexpr int lowest_pipe_fd = 10;
/// 256 KiB already gives the speed of 1 MiB pipes, and does not exhaust the per-user budget for pipes (measured).
constexpr int pipe_bytes = 256 << 10;

struct pipe_pair {
  unique_fd read_end;
  unique_fd write_end;
};

bool lift(unique_fd& fd) {
  if (fd.get() >= lowest_pipe_fd)
    return true;
  fd.reset(::fcntl(fd.get(), F_DUPFD_CLOEXEC, lowest_pipe_fd));
  if (!fd && errno == EINVAL) // the limit lies below
    errno = EMFILE;
  return static_cast<bool>(fd);
}

bool make_pipe(pipe_pair& out) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return false;
  out.read_end.reset(fds[0]);
  out.write_end.reset(fds[1]);
  ::fcntl(fds[0], F_SETPIPE_SZ, pipe_bytes); // best effort: the budget may be used up
  return lift(out.read_end) && lift(out.write_end);
}

/// One way only, like a pipe; but nobody can open it once more through /proc, as the code in a child might, to read what is meant for its host.
bool make_socket(pipe_pair& out) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return false;
  out.read_end.reset(fds[0]);
  out.write_end.reset(fds[1]);
  // What the child wrote there would turn our close into an error at its end.
  ::shutdown(fds[0], SHUT_WR);
  int bytes = pipe_bytes;
  ::setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); // best effort: the system's limit may be lower
  return lift(out.read_end) && lift(out.write_end);
}

void set_nonblocking(const unique_fd& fd) { ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK); }

/// Everything that happens in the child between vfork and exec. Only async-signal-safe calls, no write to memory of the parent.
struct child_setup : bp::extend::handler {
  const process_spec& spec;
  int fds[4];
  pid_t parent = ::getpid();

  child_setup(const process_spec& s, int in, int out, int err, int channel) : spec{s}, fds{in, out, err, channel} {}

  static void limit(int resource, std::uint64_t value) {
    if (value == 0)
      return;
    rlimit wanted{value, value};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
  }

  /// An ignored signal would stay ignored after exec. Asks the kernel directly: with vfork the C library's (or a sanitizer's) own table of
  /// handlers is the parent's.
  static void default_dispositions() {
    struct kernel_sigaction {
      void* handler;
      unsigned long flags;
      void* restorer;
      std::uint64_t mask;
    } const defaults{};
    for (int signal = 1; signal <= 64; ++signal)
      ::syscall(SYS_rt_sigaction, signal, &defaults, nullptr, sizeof defaults.mask);
  }

  template <class Executor>
  void on_exec_setup(Executor&) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the line above; comparing with 1 would be wrong where the parent is process 1 of a container.
    if (::getppid() != parent)
      ::_exit(0);
    limit(RLIMIT_AS, spec.address_space_bytes_max);
    limit(RLIMIT_CPU, spec.cpu_seconds_max);
    limit(RLIMIT_NOFILE, spec.open_files_max);
    rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    default_dispositions();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int target = 0; target < 4; ++target)
      if (::dup2(fds[target], target) < 0)
        ::_exit(127);
    ::close_range(4, ~0u, CLOSE_RANGE_CLOEXEC);
  }
};

std::pair<int, std::string> execute(const process_spec& spec, const child_setup& setup, pid_t& pid) {
  bp::environment environment;
  for (const auto& [name, value] : spec.environment)
    environment[name] = value;
  std::error_code error;
  const auto& program = spec.argv.front();
  std::vector<std::string> arguments(spec.argv.begin() + 1, spec.argv.end());
  auto directory = spec.directory.empty() ? std::string{"."} : spec.directory;
  bp::child child{bp::exe = program, bp::args = arguments, bp::start_dir = directory, environment, bp::posix::use_vfork, setup, error};
  if (error)
    return {error.value() != 0 ? error.value() : EIO, "cannot execute " + program};
  pid = child.id();
  child.detach(); // we reap through the pidfd; the destructor would kill
  return {0, {}};
}

spawn_result not_started(int error, std::string detail) { return {{}, exit_status::not_started(error), std::move(detail)}; }

} // namespace

void unique_fd::reset(int fd) noexcept {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = fd;
}

std::vector<std::pair<std::string, std::string>> basic_environment(const std::vector<std::string>& prefixes) {
  static constexpr const char* names[] = {"PATH", "HOME", "TMPDIR", "LANG", "TZ"};
  auto wanted = [&](std::string_view name) {
    for (auto known : names)
      if (name == known)
        return true;
    for (const auto& prefix : prefixes)
      if (name.starts_with(prefix))
        return true;
    return name.starts_with("LC_");
  };
  std::vector<std::pair<std::string, std::string>> result;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals != std::string_view::npos && wanted(text.substr(0, equals)))
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

spawn_result spawn(const process_spec& spec) {
  if (spec.argv.empty() || spec.argv.front().empty())
    return not_started(EINVAL, "no program given");
  pipe_pair in, out, err, channel;
  if (!make_socket(in) || !make_pipe(out) || !make_pipe(err) || !make_pipe(channel))
    return not_started(errno, "cannot create pipes");
  if (!spec.directory.empty() && ::access(spec.directory.c_str(), X_OK) != 0)
    return not_started(errno, "cannot enter the working directory " + spec.directory);
  child_setup setup{spec, in.read_end.get(), out.write_end.get(), err.write_end.get(), channel.write_end.get()};
  spawn_result result;
  auto [error, detail] = execute(spec, setup, result.process.pid);
  if (error != 0)
    return not_started(error, detail);
  // Nobody else reaps, so the pid is ours until we do; opening it after the start is safe.
  result.process.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, result.process.pid, 0)));
  if (!result.process.pidfd) {
    auto saved = errno;
    signal_group(result.process.pid, SIGKILL);
    ::waitpid(result.process.pid, nullptr, 0);
    return not_started(saved, "cannot open a pidfd");
  }
  result.process.in = std::move(in.write_end);
  result.process.out = std::move(out.read_end);
  result.process.err = std::move(err.read_end);
  result.process.channel = std::move(channel.read_end);
  for (auto fd : {&result.process.in, &result.process.out, &result.process.err, &result.process.channel})
    set_nonblocking(*fd);
  return result;
}

exit_status reap(const spawned_process& process) {
  siginfo_t info{};
  int done;
  do
    done = ::waitid(P_PIDFD, static_cast<id_t>(process.pidfd.get()), &info, WEXITED | WNOHANG);
  while (done != 0 && errno == EINTR);
  return done == 0 && info.si_pid != 0 ? exit_status::from_wait(info.si_code, info.si_status) : exit_status{};
}

bool signal_group(pid_t group, int signal) { return group > 0 && ::kill(-group, signal) == 0; }

} // namespace leanworker
