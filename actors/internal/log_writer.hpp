// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/event_log_config.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace leanworker::internal {

/// Writes lines to files that are set aside when they are full, on a thread of its own: whoever has lines never waits for a disk.
class log_writer {
public:
  /// Lines that wait for the disk; about 20 MB.
  static constexpr std::size_t lines_max = 50'000;
  /// How long the destructor waits for the disk. What is not written by then is lost.
  static constexpr std::chrono::seconds patience{5};

  /// Opens the file. Throws std::exception where that cannot be.
  explicit log_writer(const event_log_config& config);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// False when `lines_max` wait already: the line is dropped.
  bool write(std::string line);
  /// Why nothing is written any more, once something could not be.
  std::optional<std::string> problem() const;

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace leanworker::internal
