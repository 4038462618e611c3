// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace leanworker::internal {

/// Whether a payload may be written as one line of a file, for sinks that must not trust their child. Most payloads are judged by simdjson's DOM
/// parser; what that refuses is judged again by `check_json`, which takes numbers of any length. Not thread-safe. Keeps memory for payloads of up to
/// 1 MiB.
class json_line {
public:
  enum class verdict { one_line, has_newlines, not_json };

  json_line();
  ~json_line();
  json_line(json_line&&) noexcept;
  json_line& operator=(json_line&&) noexcept;

  /// Precondition: `slab_padding_bytes` bytes behind `padded_json` may be read.
  verdict judge(std::string_view padded_json);

  /// The payload as one line, without the newline at its end: the payload itself, or a copy without white space in `storage`. Empty when it is no
  /// JSON.
  std::string_view make(std::string_view padded_json, std::string& storage);

private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

/// Removes the white space between the tokens of valid JSON.
std::string minified_json(std::string_view json);

} // namespace leanworker::internal
