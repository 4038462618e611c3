// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace leanworker::internal {

/// A text as a JSON string, quotes included. Bytes that are no UTF-8 are kept as they are.
std::string json_quoted(std::string_view text);

/// Puts JSON texts on lines. Keeps the memory of its parser from one to the next.
class json_line {
public:
  json_line();
  ~json_line();
  json_line(json_line&&) noexcept;
  json_line& operator=(json_line&&) noexcept;

  /// Appends the text, as it is, or without its white space where that holds a line feed. False when it is no JSON text in UTF-8. At least `slab_padding_bytes` bytes behind it must be
  /// readable.
  bool append(std::string_view padded_json, std::string& out);
  const std::string& problem() const noexcept { return problem_; }

private:
  struct parser;
  std::unique_ptr<parser> parser_;
  std::string problem_;
};

} // namespace leanworker::internal
