// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/json_lines_file.hpp>

#include <leanworker/child/internal/json_scan.hpp>
#include <leanworker/child/write_all.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace leanworker {
namespace {

constexpr std::size_t gathered_bytes_max = 256u << 10;
constexpr int attempts_max = 100; ///< Names that a killed process of the same number left behind.

} // namespace

void sync_folder_of(const std::string& file) {
  auto folder = std::filesystem::path{file}.parent_path().string();
  unique_fd directory{::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory)
    ::fsync(directory.get());
}

json_lines_file::json_lines_file(std::string path, json_lines_options options) : path_{std::move(path)}, options_{std::move(options)} {}

json_lines_file::json_lines_file(int descriptor, json_lines_options options) : options_{std::move(options)}, descriptor_{descriptor} {}

json_lines_file::~json_lines_file() { remove_temporary(); }

sink_status json_lines_file::io_failure(const char* doing) const {
  auto name = !path_.empty() ? path_ : descriptor_ == STDOUT_FILENO ? "standard output" : "descriptor " + std::to_string(descriptor_);
  return {errc::io_error, std::string{doing} + " " + name + ": " + std::strerror(errno)};
}

sink_status json_lines_file::open() {
  if (descriptor_ >= 0)
    return {};
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < attempts_max && !file_; ++attempt) {
    temporary_ = path_ + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
    file_ = unique_fd{::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (!file_ && errno != EEXIST)
      break;
  }
  if (!file_) {
    temporary_.clear(); // it is not ours
    return io_failure("cannot make a temporary file beside");
  }
  descriptor_ = file_.get();
  return {};
}

sink_status json_lines_file::append(const data_row& row) {
  auto line = line_.make(row.json, minified_);
  if (line.empty()) {
    auto wrong = internal::check_json(row.json);
    return {errc::row_malformed, "row " + std::to_string(row.sequence) + " of stream '" + std::string{row.stream} + "' is no JSON, at byte "
                                   + std::to_string(wrong.at) + ": " + (wrong.problem ? wrong.problem : "too large")};
  }
  if (options_.wrapped) {
    gathered_ += R"({"stream":)";
    gathered_ += internal::json_quoted(row.stream);
    gathered_ += R"(,"sequence":)" + std::to_string(row.sequence) + R"(,"row":)";
  }
  gathered_ += line;
  gathered_ += options_.wrapped ? "}\n" : "\n";
  ++lines_;
  return {};
}

sink_status json_lines_file::row(const data_row& row) {
  if (!options_.stream.empty() && row.stream != options_.stream)
    return {};
  if (auto status = append(row); !status.ok())
    return status;
  return gathered_.size() < gathered_bytes_max ? sink_status{} : flush();
}

sink_status json_lines_file::rows(const row_slice& slice) {
  auto status = row_consumer::rows(slice);
  return status.ok() && path_.empty() ? flush() : status;
}

sink_status json_lines_file::flush() {
  if (descriptor_ < 0)
    if (auto status = open(); !status.ok())
      return status;
  if (!(path_.empty() && options_.write ? options_.write(gathered_) : write_all(descriptor_, gathered_)))
    return io_failure("cannot write");
  bytes_ += gathered_.size();
  gathered_.clear();
  return {};
}

sink_status json_lines_file::finish(const rows_end& end) {
  if (auto status = flush(); !status.ok())
    return status;
  if (path_.empty())
    return {};
  if (options_.sync && ::fsync(file_.get()) != 0)
    return io_failure("cannot sync");
  if (clock::now() > end.deadline)
    return {errc::sink_timeout, path_ + " could not be written in time; it was not touched"};
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return io_failure("cannot replace");
  temporary_.clear();
  if (options_.sync)
    sync_folder_of(path_);
  return {};
}

void json_lines_file::remove_temporary() noexcept {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
  temporary_.clear();
  file_.reset();
}

void json_lines_file::discard(const request_outcome&) noexcept {
  remove_temporary();
  gathered_.clear();
}

} // namespace leanworker
