// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/session_key.hpp>

#include <utility>

namespace leanworker {
namespace {

class fnv {
public:
  void add(std::string_view text) noexcept {
    add(text.size()); // so that the borders between parts count
    for (unsigned char c : text)
      step(c);
  }
  void add(std::uint64_t number) noexcept {
    for (int shift = 0; shift < 64; shift += 8)
      step(static_cast<unsigned char>(number >> shift));
  }
  std::uint64_t value() const noexcept { return value_; }

private:
  void step(unsigned char c) noexcept { value_ = (value_ ^ c) * 0x100'0000'01b3u; }
  std::uint64_t value_ = 0xcbf2'9ce4'8422'2325u;
};

constexpr std::string_view special = " ,=[]{}%\"";

bool plain(char c) { return c > ' ' && c != 0x7f && special.find(c) == std::string_view::npos; }

/// Like a URL: what would confuse a reader is written as % and two hexadecimal digits.
std::string quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (char c : text)
    if (plain(c))
      result += c;
    else
      (result += '%') += {digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
  return result;
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/// Walks over what `str` wrote.
class reader {
public:
  explicit reader(std::string_view text) : rest_{text} {}
  bool done() const noexcept { return rest_.empty(); }
  bool skip(std::string_view word) noexcept {
    if (!rest_.starts_with(word))
      return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A quoted text, up to the next special character.
  bool read(std::string& out) {
    out.clear();
    while (!rest_.empty() && (plain(rest_[0]) || rest_[0] == '%')) {
      if (rest_[0] != '%') {
        out += rest_[0];
        rest_.remove_prefix(1);
        continue;
      }
      int high = rest_.size() > 2 ? digit(rest_[1]) : -1;
      int low = rest_.size() > 2 ? digit(rest_[2]) : -1;
      if (high < 0 || low < 0)
        return false;
      out += static_cast<char>(high * 16 + low);
      rest_.remove_prefix(3);
    }
    return true;
  }
  bool read_imports(std::vector<std::string>& out) {
    if (!skip("["))
      return false;
    do {
      if (!read(out.emplace_back()))
        return false;
    } while (skip(","));
    return skip("]");
  }
  bool read_options(std::map<std::string, std::string>& out) {
    if (!skip("{"))
      return false;
    do {
      std::string name;
      std::string value;
      if (!read(name) || !skip("=") || !read(value) || !out.emplace(name, value).second)
        return false;
    } while (skip(","));
    return skip("}");
  }

private:
  std::string_view rest_;
};

bool read_part(reader& from, session_key& key) {
  if (from.skip("imports="))
    return key.imports.empty() && from.read_imports(key.imports);
  if (from.skip("options="))
    return key.options.empty() && from.read_options(key.options);
  for (auto [name, part] : {std::pair{"toolchain=", &key.toolchain}, {"project=", &key.project}, {"capability=", &key.capability},
                            {"policy=", &key.policy}, {"metadata=", &key.metadata}})
    if (from.skip(name))
      return part->empty() && from.read(*part) && !part->empty();
  return false;
}

} // namespace

std::uint64_t session_key::hash() const noexcept {
  fnv sum;
  for (auto part : {&toolchain, &project, &capability, &policy, &metadata})
    sum.add(*part);
  sum.add(imports.size());
  for (const auto& import : imports)
    sum.add(import);
  sum.add(options.size());
  for (const auto& [name, value] : options) {
    sum.add(name);
    sum.add(value);
  }
  return sum.value();
}

std::string session_key::str() const {
  std::string text;
  auto begin = [&](std::string_view name) { ((text += text.empty() ? "" : " ") += name) += '='; };
  auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      begin(name);
      text += quoted(value);
    }
  };
  add("toolchain", toolchain);
  add("project", project);
  add("capability", capability);
  add("policy", policy);
  if (!imports.empty()) {
    begin("imports");
    for (char before = '['; const auto& import : imports)
      (text += std::exchange(before, ',')) += quoted(import);
    text += ']';
  }
  if (!options.empty()) {
    begin("options");
    for (char before = '{'; const auto& [name, value] : options)
      (((text += std::exchange(before, ',')) += quoted(name)) += '=') += quoted(value);
    text += '}';
  }
  add("metadata", metadata);
  return text.empty() ? "default" : text;
}

std::optional<session_key> session_key::parse(std::string_view text) {
  session_key key;
  if (text == "default")
    return key;
  reader from{text};
  do {
    if (!read_part(from, key))
      return std::nullopt;
  } while (from.skip(" "));
  // Only the canonical text is the text of a key.
  return from.done() && key.str() == text ? std::optional{std::move(key)} : std::nullopt;
}

} // namespace leanworker
