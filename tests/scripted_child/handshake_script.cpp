// SPDX-License-Identifier: Apache-2.0
#include "handshake_script.hpp"

#include "channel.hpp"

#include <unistd.h>

namespace leanworker::scripted {
namespace {

void send(frame_kind kind, std::string_view body, std::uint64_t id = 0, std::uint8_t flags = 0) {
  channel::of_this_process().frame(kind, flags, id, body);
}

void hello(std::string_view body) { send(frame_kind::hello, body); }

/// A correct hello with a piece of its text replaced.
void hello_with(std::string_view piece, std::string_view replacement) {
  auto body = plain_hello();
  body.replace(body.find(piece), piece.size(), replacement);
  hello(body);
}

void hello_of_version_2() {
  auto bytes = encode_frame(frame_kind::hello, 0, 0, plain_hello());
  bytes[4] = 2;
  channel::of_this_process().write(bytes);
}

void reply(std::string_view body, std::uint64_t id = 1) { send(frame_kind::response, body, id); }

/// Plain, as from a child that could not read the key.
void refuse(std::string_view body) { channel::of_this_process().plain_frame(frame_kind::response, frame_flag_error, 1, body); }

} // namespace

const std::vector<handshake_variant>& hello_variants() {
  static const std::vector<handshake_variant> list{
    {"plain", "a correct one; nothing but configure is answered afterwards", [] { hello(plain_hello()); }},
    {"version_2", "the frame's version is 2", hello_of_version_2},
    {"protocol_2", "member protocol is 2", [] { hello_with("\"protocol\":1", "\"protocol\":2"); }},
    {"no_protocol", "member protocol is missing", [] { hello_with("\"protocol\":1,", ""); }},
    {"protocol_text", "member protocol is a string", [] { hello_with("\"protocol\":1", "\"protocol\":\"1\""); }},
    {"no_limits", "member limits is missing", [] { hello(R"({"protocol":1,"child":{"kind":"scripted","version":"0"},"pid":1,"capabilities":[]})"); }},
    {"wrong_pid", "member pid is 1", [] { hello_with("\"pid\":" + std::to_string(::getpid()), "\"pid\":1"); }},
    {"not_json", "the body is not JSON", [] { hello("hello!"); }},
    {"not_object", "the body is an array", [] { hello("[1]"); }},
    {"invalid_utf8", "the body is not UTF-8", [] { hello_with("scripted", "\xFF\xFE"); }},
    {"empty", "no body", [] { hello(""); }},
    {"deep", "a member nested 600 levels deep",
     [] { hello_with("\"protocol\":1", "\"protocol\":1,\"x\":" + std::string(600, '[') + std::string(600, ']')); }},
    {"large", "a body of 65537 bytes",
     [] {
       auto body = plain_hello();
       hello(body + std::string(65537 - body.size(), ' '));
     }},
    {"twice", "two of them", [] { hello(plain_hello()), hello(plain_hello()); }},
    {"response_first", "a response comes first", [] { reply("{}"), hello(plain_hello()); }},
    {"row_first", "a row comes first", [] { send(frame_kind::row, encode_row_body(0, "rows", "1"), 1), hello(plain_hello()); }},
    {"log_first", "a log line comes first", [] { send(frame_kind::log, R"({"level":"info","message":"early"})"), hello(plain_hello()); }},
  };
  return list;
}

const std::vector<handshake_variant>& configure_variants() {
  static const std::vector<handshake_variant> list{
    {"refused", "error bad_request", [] { refuse(R"({"code":"bad_request","message":"scripted"})"); }},
    {"not_object", "the result is an array", [] { reply("[]"); }},
    {"not_json", "the result is not JSON", [] { reply("{"); }},
    {"error_not_object", "an error whose body is a number", [] { refuse("3"); }},
    {"wrong_id", "the id is 2", [] { reply("{}", 2); }},
    {"not_sealed", "as a child that ignores the key", [] { channel::of_this_process().plain_frame(frame_kind::response, 0, 1, "{}"); }},
    {"none", "never answered", [] {}},
    {"twice", "answered twice", [] { reply("{}"), reply("{}"); }},
    {"row", "a row comes before the answer", [] { send(frame_kind::row, encode_row_body(0, "rows", "1"), 1), reply("{}"); }},
    {"log", "a log line comes before the answer (allowed)",
     [] { send(frame_kind::log, R"({"level":"info","message":"configuring"})"), reply("{}"); }},
    {"exit", "leaves with exit code 0 instead", [] { ::_exit(0); }},
    {"never_reads", "answered rightly; never reads again, also not the end of file",
     [] {
       reply("{}");
       hang_for_ever();
     }},
  };
  return list;
}

} // namespace leanworker::scripted
