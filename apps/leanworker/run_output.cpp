// SPDX-License-Identifier: Apache-2.0
#include "run_output.hpp"

#include "terminal_text.hpp"

#include <leanworker/actors/row_consumers.hpp>
#include <leanworker/lean/run.hpp>

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

/// Counts on the way, tells notes to the log, and keeps the lines of several parts apart.
class counted_lines : public row_consumer {
public:
  counted_lines(std::unique_ptr<json_lines_file> lines, run_counts& counts, std::mutex* one_at_a_time)
      : lines_{std::move(lines)}, counts_{counts}, one_at_a_time_{one_at_a_time} {}

  sink_status row(const data_row& row) override { return lines_->row(row); }
  sink_status rows(const row_slice& slice) override {
    counting_rows count;
    count.rows(slice);
    auto lock = one_at_a_time_ ? std::unique_lock{*one_at_a_time_} : std::unique_lock<std::mutex>{};
    auto status = lines_->rows(slice);
    counts_.rows += count.count();
    counts_.bytes += count.payload_bytes();
    tell_notes(slice);
    return status;
  }
  sink_status finish(const rows_end& end) override {
    // Every row that came is in order; whether the last ones came at all, only the child can say.
    run_report report;
    std::string problem;
    if (!decode_run_report(end.result, report, problem))
      return {errc::response_decode_failed, "the result of the command: " + problem};
    if (report.streaming && report.rows != end.summary.rows)
      return {errc::rows_incomplete, std::to_string(end.summary.rows) + " rows came, and the child counted " + std::to_string(report.rows)};
    return lines_->finish(end);
  }
  void discard(const request_outcome& outcome) noexcept override { lines_->discard(outcome); }

private:
  static void tell_notes(const row_slice& slice) {
    visit_rows(
      slice, [](const data_row&) { return true; },
      [](const frame_view& frame) {
        row_note note;
        if (!decode_note(frame, note))
          return true;
        if (note.kind == note_kind::progress)
          spdlog::debug("progress {}: {}{}", shown(note.code), note.current, note.total ? " of " + std::to_string(*note.total) : "");
        else
          spdlog::info("{}: {}", shown(note.code), shown(note.message));
        return true;
      });
  }

  std::unique_ptr<json_lines_file> lines_;
  run_counts& counts_;
  std::mutex* one_at_a_time_;
};

sink_status io_failure(const std::string& doing, const std::string& what) { return {errc::io_error, doing + " " + what + ": " + std::strerror(errno)}; }

/// Without a copy through this process where the file system can.
bool append_file(int to, const std::string& path) {
  unique_fd from{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!from)
    return false;
  for (;;) {
    auto n = ::sendfile(to, from.get(), nullptr, std::size_t{1} << 30);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
  }
}

} // namespace

bool can_write_rows(std::string& file, std::string& problem) {
  if (file == "-")
    return true;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    file = std::filesystem::canonical(file, error).string(); // what a link names is replaced, not the link
    if (!std::filesystem::is_regular_file(file, error)) {
      problem = file + " is no regular file; to write into it, use --rows - and redirect standard output";
      return false;
    }
    if (::access(file.c_str(), W_OK) != 0) {
      problem = "cannot write " + file + ": " + std::strerror(errno) + "; it would be replaced";
      return false;
    }
  }
  auto folder = std::filesystem::path{file}.parent_path().string();
  if (folder.empty())
    folder = ".";
  if (::access(folder.c_str(), W_OK | X_OK) == 0)
    return true;
  problem = "--rows " + file + ": cannot write into " + folder + ": " + std::strerror(errno) + "; make that folder, or name another file";
  return false;
}

run_output::run_output(std::string file, std::size_t parts, json_lines_options lines) : file_{std::move(file)}, parts_{parts}, lines_{std::move(lines)} {}

run_output::~run_output() { remove_parts(); }

std::string run_output::part_path(std::size_t part) const { return file_ + ".part-" + std::to_string(::getpid()) + "-" + std::to_string(part); }

std::unique_ptr<row_consumer> run_output::consumer(std::size_t part) {
  if (file_ == "-")
    return std::make_unique<counted_lines>(std::make_unique<json_lines_file>(STDOUT_FILENO, lines_), counts_, &stdout_mutex_);
  auto lines = lines_;
  lines.sync = false; // parts are synced together, as the one file that they become
  return std::make_unique<counted_lines>(std::make_unique<json_lines_file>(part_path(part), lines), counts_, nullptr);
}

sink_status run_output::commit() {
  if (file_ == "-")
    return {};
  auto first = part_path(0);
  unique_fd all{::open(first.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!all || ::lseek(all.get(), 0, SEEK_END) < 0)
    return io_failure("cannot open", first);
  for (std::size_t part = 1; part < parts_; ++part)
    if (!append_file(all.get(), part_path(part)))
      return io_failure("cannot append", part_path(part));
  // The new file is read and written by whom the old one was.
  if (struct stat old {}; ::stat(file_.c_str(), &old) == 0) {
    if (::fchown(all.get(), old.st_uid, old.st_gid) != 0 && ::geteuid() == 0)
      return io_failure("cannot give the owner of " + file_ + " to", first);
    if (::fchmod(all.get(), old.st_mode & 07777) != 0)
      return io_failure("cannot give the mode of " + file_ + " to", first);
  }
  if (::fsync(all.get()) != 0)
    return io_failure("cannot sync", first);
  if (::rename(first.c_str(), file_.c_str()) != 0)
    return io_failure("cannot replace", file_);
  committed_ = true;
  sync_folder_of(file_);
  return {};
}

void run_output::remove_parts() noexcept {
  if (file_ == "-")
    return;
  for (std::size_t part = 0; part < parts_; ++part)
    ::unlink(part_path(part).c_str());
}

} // namespace leanworker::cli
