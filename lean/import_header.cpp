// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/import_header.hpp>

#include <algorithm>

namespace leanworker {
namespace {

constexpr std::string_view spaces = " \t\r\n";

void skip_block_comment(std::string_view& text) {
  int depth = 0;
  do {
    if (text.starts_with("/-"))
      ++depth, text.remove_prefix(2);
    else if (text.starts_with("-/"))
      --depth, text.remove_prefix(2);
    else
      text.remove_prefix(1);
  } while (depth > 0 && !text.empty());
}

void skip_blanks(std::string_view& text) {
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    if (text.starts_with("--"))
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    // To Lean, doc comments are no blanks: they end the header.
    else if (text.starts_with("/-") && !text.starts_with("/--") && !text.starts_with("/-!"))
      skip_block_comment(text);
    else
      return;
  }
}

std::string_view take_word(std::string_view& text) {
  skip_blanks(text);
  auto word = text.substr(0, text.find_first_of(spaces));
  text.remove_prefix(word.size());
  return word;
}

} // namespace

std::vector<std::string> scan_import_header(std::string_view source) {
  std::vector<std::string> result;
  std::string pending;
  for (auto word = take_word(source); !word.empty(); word = take_word(source)) {
    if (word == "module" || word == "prelude") {
      result.emplace_back(word);
    } else if (word == "public" || word == "meta" || word == "private") {
      pending += std::string{word} + " ";
    } else if (word == "import") {
      auto name = take_word(source);
      if (name == "all")
        name = take_word(source), pending += "all ";
      if (!name.empty())
        result.push_back(pending + std::string{name});
      pending.clear();
    } else {
      break;
    }
  }
  return result;
}

std::vector<std::string> session_imports(std::string_view source, const std::vector<std::string>& default_imports) {
  auto imports = scan_import_header(source);
  return imports.empty() ? default_imports : imports;
}

} // namespace leanworker
