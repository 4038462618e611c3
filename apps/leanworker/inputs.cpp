// SPDX-License-Identifier: Apache-2.0
#include "inputs.hpp"

#include "interrupt.hpp"
#include "output.hpp"

#include <leanworker/child/internal/json_scan.hpp>
#include <leanworker/child/process.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <tuple>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t head_bytes_max = 64u << 10;

bool add_folder(const fs::path& folder, std::vector<fs::path>& out, std::string& problem) {
  std::error_code error;
  fs::recursive_directory_iterator walk{folder, error}, end;
  for (; !error && walk != end; walk.increment(error)) {
    auto name = walk->path().filename().string();
    std::error_code ignored;
    if (walk->is_directory(ignored) && name.starts_with('.'))
      walk.disable_recursion_pending();
    else if (walk->path().extension() == ".lean" && walk->is_regular_file(ignored))
      out.push_back(walk->path());
  }
  if (error)
    problem = "cannot read the folder " + folder.string() + ": " + error.message();
  return !error;
}

/// Where the text stops being UTF-8; npos: nowhere.
std::size_t broken_at(std::string_view text) {
  for (auto rest = text; !rest.empty();) {
    auto length = internal::utf8_length(rest);
    if (length == 0)
      return text.size() - rest.size();
    rest.remove_prefix(length);
  }
  return std::string_view::npos;
}

/// Reads it by the side.
void begin_reading(unique_fd fd, input& out) {
  out.reading = std::async(std::launch::async,
                           [fd = std::move(fd)] {
                             input read;
                             read_piped(fd.get(), read);
                             return std::pair{std::move(read.source), std::move(read.problem)};
                           })
                  .share();
}

/// Not blocking: a pipe without a writer never opens for a reader that waits.
void read_special(const std::string& path, input& out) {
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  if (fd)
    return begin_reading(std::move(fd), out);
  out.problem = std::string{"cannot be opened: "} + std::strerror(errno) + (errno == ENXIO ? "; a socket is read as standard input: name it -" : "");
}

/// A name like /dev/stdin means something else in a child: its own descriptor.
bool leads_to_a_descriptor(fs::path path) {
  for (int hops = 0; hops < 40; ++hops) {
    std::error_code error;
    auto folder = fs::canonical(path.has_parent_path() ? path.parent_path() : fs::path{"."}, error);
    auto here = error ? path : folder / path.filename();
    if (here.string().starts_with("/proc/") || here.string().starts_with("/dev/"))
      return true;
    if (!fs::is_symlink(here, error))
      return false;
    auto target = fs::read_symlink(here, error);
    path = target.is_absolute() ? target : here.parent_path() / target;
  }
  return false;
}

} // namespace

void read_piped(int fd, input& out, std::chrono::milliseconds patience) {
  auto ends = std::chrono::steady_clock::now() + patience;
  std::vector<char> buffer(64u << 10);
  while (out.problem.empty()) {
    pollfd wait{fd, POLLIN, 0};
    auto ready = ::poll(&wait, 1, 100);
    if (interrupts() > 0 || output_failed()) // nobody would hear of it
      out.problem = "interrupted while it was read";
    else if (std::chrono::steady_clock::now() >= ends)
      out.problem = "its writer did not end within " + std::to_string(patience.count() / 1000) + " s; write it to a file and name that";
    if (ready <= 0)
      continue;
    auto n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0)
      break;
    if (n > 0)
      out.source.append(buffer.data(), static_cast<std::size_t>(n));
    else if (errno != EAGAIN && errno != EINTR)
      out.problem = std::string{"cannot be read: "} + std::strerror(errno);
    if (out.source.size() > piped_bytes_max)
      out.problem = "is longer than 8 MiB, which is the most for what is no regular file; write it to a file and name that";
  }
  if (auto at = broken_at(out.source); out.problem.empty() && at != std::string::npos)
    out.problem = "is not UTF-8 at byte " + std::to_string(at);
  if (!out.problem.empty())
    out.source.clear();
}

bool input::settle() {
  if (!reading.valid())
    return true;
  if (reading.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
    return false;
  std::tie(source, problem) = reading.get();
  reading = {};
  return true;
}

bool expand_inputs(const std::vector<std::string>& names, std::vector<input>& out, std::string& problem) {
  std::set<std::string> seen;
  auto add = [&](const fs::path& path) {
    std::error_code error;
    auto absolute = fs::absolute(path, error).lexically_normal().string();
    if (error) {
      problem = path.string() + ": the current folder has been deleted, so that it cannot be said where this is; change into one that exists";
      return;
    }
    if (!seen.insert(absolute).second)
      return;
    input entry{path.string(), absolute, {}, {}};
    if (broken_at(absolute) != std::string::npos)
      entry.problem = "its name is not UTF-8, and Lean takes no other names; rename it";
    if (entry.problem.empty() && (!fs::is_regular_file(path, error) || leads_to_a_descriptor(path))) {
      entry.path.clear();
      read_special(path.string(), entry);
    }
    out.push_back(std::move(entry));
  };
  for (const auto& name : names) {
    std::error_code error;
    if (name == "-") {
      input entry{"<stdin>", {}, {}, {}};
      if (!seen.insert("-").second)
        continue;
      begin_reading(unique_fd{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)}, entry);
      out.push_back(std::move(entry));
    } else if (fs::is_directory(name, error)) {
      std::vector<fs::path> files;
      if (!add_folder(name, files, problem))
        return false;
      std::sort(files.begin(), files.end());
      std::for_each(files.begin(), files.end(), add);
    } else if (fs::exists(name, error)) {
      add(name);
    } else {
      problem = (name.empty() ? "''" : name) + ": no such file or folder";
      return false;
    }
  }
  return problem.empty();
}

std::string read_head(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string head(head_bytes_max, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return head;
}

} // namespace leanworker::cli
