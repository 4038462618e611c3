// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/json_scan.hpp>

#include <bitset>
#include <cstdint>
#include <cstring>

namespace leanworker::internal {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Iterative, so that hostile nesting costs no stack; one bit per level says whether it is an object.
class scanner {
public:
  scanner(std::string_view text, json_scan_result& out, std::size_t members_max, bool keep, std::size_t depth_max = json_depth_max)
      : text_{text}, out_{out}, members_max_{members_max}, keep_{keep}, depth_max_{depth_max} {}

  void run() {
    skip_space();
    out_.object = peek() == '{';
    // Each turn reads the beginning of one value, then whatever ends with it.
    do {
      skip_space();
      if (!begin_value())
        return;
    } while (more_ && out_.ok());
    if (out_.ok() && at_ != text_.size())
      fail("something follows the value");
  }

private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool fail(const char* problem) {
    if (out_.ok()) {
      out_.problem = problem;
      out_.at = at_;
    }
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  bool expect(char wanted, const char* problem) {
    if (at_ >= text_.size() || text_[at_] != wanted)
      return fail(problem);
    ++at_;
    return true;
  }

  /// Reads a scalar or opens a container; afterwards `more_` says whether another value must follow.
  bool begin_value() {
    if (at_ >= text_.size())
      return fail("the text ends where a value is expected");
    if (depth_ == 1 && out_.object)
      value_begins_ = at_;
    switch (text_[at_]) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': return string() && end_value();
      case 't': return word("true") && end_value();
      case 'f': return word("false") && end_value();
      case 'n': return word("null") && end_value();
      default: return number() && end_value();
    }
  }

  bool open(bool object) {
    if (depth_ == depth_max_)
      return fail("nested deeper than 512 levels");
    objects_[depth_++] = object;
    ++at_;
    skip_space();
    if (peek() == (object ? '}' : ']')) {
      ++at_;
      --depth_;
      return end_value();
    }
    more_ = true;
    return !object || key();
  }

  bool key() {
    auto begins = at_;
    if (peek() != '"')
      return fail("a member name is expected");
    if (!string())
      return false;
    if (depth_ == 1)
      name_text_ = text_.substr(begins, at_ - begins);
    skip_space();
    return expect(':', "a colon is expected");
  }

  /// Behind a value: closes what ends here, until a comma or the end of the text.
  bool end_value() {
    for (;;) {
      if (depth_ == 1 && keep_ && out_.object) {
        if (out_.members.size() == members_max_)
          return fail("more members than are allowed here");
        out_.members.push_back({name_text_, text_.substr(value_begins_, at_ - value_begins_)});
      }
      skip_space();
      more_ = false;
      if (depth_ == 0)
        return true;
      bool object = objects_[depth_ - 1];
      if (peek() == ',') {
        ++at_;
        more_ = true;
        skip_space();
        return !object || key();
      }
      if (!expect(object ? '}' : ']', "a comma or a closing bracket is expected"))
        return false;
      --depth_;
    }
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted)
      return fail("not a value");
    at_ += wanted.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek()))
      return fail(at_ < text_.size() ? "a digit is expected" : "the text ends inside a number");
    while (is_digit(peek()))
      ++at_;
    return true;
  }

  bool number() {
    bool negative = peek() == '-';
    if (negative)
      ++at_;
    else if (!is_digit(peek()))
      return fail("not a value");
    if (peek() == '0')
      ++at_;
    else if (!digits())
      return false;
    if (peek() == '.') {
      ++at_;
      if (!digits())
        return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-')
        ++at_;
      auto begins = at_;
      return digits() && (at_ - begins <= json_exponent_digits_max || fail("an exponent of more than four digits"));
    }
    return true;
  }

  bool string() {
    ++at_;
    while (at_ < text_.size()) {
      auto c = static_cast<std::uint8_t>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20)
        return fail("a control character inside a string");
      if (c == '\\') {
        if (!escape())
          return false;
      } else if (c < 0x80) {
        ++at_;
      } else if (auto length = utf8_length(text_.substr(at_, 4)); length != 0) {
        at_ += length;
      } else {
        return fail("not UTF-8");
      }
    }
    return fail("the text ends inside a string");
  }

  bool escape() {
    ++at_;
    auto c = peek();
    if (c != 'u') {
      if (c == '\0' || !std::strchr("\"\\/bfnrt", c))
        return fail("not an escape sequence");
      ++at_;
      return true;
    }
    int first = unit();
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF))
      return fail("not a Unicode escape");
    if (first < 0xD800 || first > 0xDBFF)
      return true;
    if (peek() != '\\')
      return fail("half a surrogate pair");
    ++at_;
    int second = unit();
    return (second >= 0xDC00 && second <= 0xDFFF) || fail("half a surrogate pair");
  }

  /// Reads "uXXXX"; -1 if it is not there.
  int unit() {
    if (peek() != 'u' || text_.size() - at_ < 5)
      return -1;
    int value = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
      int digit = hex_value(text_[at_ + i]);
      if (digit < 0)
        return -1;
      value = value * 16 + digit;
    }
    at_ += 5;
    return value;
  }

  std::string_view text_;
  json_scan_result& out_;
  std::size_t members_max_;
  bool keep_;
  std::size_t depth_max_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::bitset<json_depth_max> objects_;
  bool more_ = false;
  std::string_view name_text_;
  std::size_t value_begins_ = 0;
};

void append_utf8(std::string& to, std::uint32_t c) {
  auto put = [&](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (c < 0x80)
    return put(c);
  if (c < 0x800)
    put(0xC0 | c >> 6);
  else if (c < 0x10000)
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F));
  else
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F));
  put(0x80 | (c & 0x3F));
}

std::uint32_t unit_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value * 16 + static_cast<std::uint32_t>(hex_value(text[at + i]));
  return value;
}

} // namespace

std::size_t utf8_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0; };
  auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  auto first = byte(0);
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return tail(1) ? 2 : 0;
  if ((first & 0xF0) == 0xE0) {
    bool overlong = first == 0xE0 && byte(1) < 0xA0, surrogate = first == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool overlong = first == 0xF0 && byte(1) < 0x90, beyond = first == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

json_scan_result scan_json(std::string_view text, std::size_t members_max) {
  json_scan_result out;
  scanner{text, out, members_max, true}.run();
  return out;
}

json_scan_result check_json(std::string_view text, std::size_t depth_max) {
  json_scan_result out;
  scanner{text, out, 0, false, depth_max}.run();
  return out;
}

std::string_view json_scan_result::find(std::string_view name) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member)
    if (json_spells(member->name_text, name))
      return member->value;
  return {};
}

bool json_spells(std::string_view string_text, std::string_view wanted) {
  auto inner = string_text.substr(1, string_text.size() - 2);
  return inner.find('\\') == std::string_view::npos ? inner == wanted : decode_json_string(string_text) == wanted;
}

std::string decode_json_string(std::string_view string_text) {
  auto inner = string_text.substr(1, string_text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out.push_back(inner[i]);
      continue;
    }
    static constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (auto c = inner[++i]; c != 'u') {
      out.push_back(meanings[names.find(c)]);
      continue;
    }
    auto c = unit_at(inner, i + 1);
    i += 4;
    if (c >= 0xD800 && c <= 0xDBFF) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(inner, i + 3) - 0xDC00);
      i += 6;
    }
    append_utf8(out, c);
  }
  return out;
}

std::string json_quoted(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20)
      ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
    else
      out += c;
  }
  return out += '"';
}

} // namespace leanworker::internal
