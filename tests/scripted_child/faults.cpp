// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include "channel.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <time.h>
#include <unistd.h>

namespace leanworker::scripted {
namespace {

using number = std::int64_t;

std::vector<int> left_behind;
std::vector<std::vector<char>> hogged;

channel& out() { return channel::of_this_process(); }

std::string header(frame_kind kind, std::uint64_t id, std::uint32_t body_bytes) {
  auto bytes = encode_frame_header({kind, 0, id, body_bytes});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void header_with(std::size_t at, char value) {
  auto bytes = header(frame_kind::log, 0, 2) + "{}";
  bytes[at] = value;
  out().write(bytes);
}

void say_panic() {
  constexpr std::string_view line = "PANIC at scripted child:1:2: unreachable code has been reached\n";
  [[maybe_unused]] auto written = ::write(2, line.data(), line.size());
}

void flood(int fd, number mib) {
  std::string line(1023, fd == 1 ? 'o' : 'e');
  line += '\n';
  for (number i = 0; i < mib * 1024; ++i)
    for (std::string_view rest = line; !rest.empty();) {
      auto n = ::write(fd, rest.data(), rest.size());
      if (n < 0)
        return;
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
}

void leave_grandchild(number seconds, bool own_session) {
  int pid = ::fork();
  if (pid == 0) {
    if (own_session)
      ::setsid();
    std::signal(SIGTERM, SIG_DFL);
    ::alarm(static_cast<unsigned>(seconds)); // so that a test that fails leaves nothing for long
    hang_for_ever();
  }
  left_behind.push_back(pid);
  std::fprintf(stderr, "grandchild %d\n", pid);
  std::fflush(stderr);
}

void partial(std::size_t bytes, number code) {
  auto frame = header(frame_kind::log, 0, 100) + std::string(100, ' ');
  out().write(frame.substr(0, bytes));
  ::_exit(static_cast<int>(code));
}

void hog(number mib) {
  hogged.emplace_back(static_cast<std::size_t>(mib) << 20);
  for (std::size_t i = 0; i < hogged.back().size(); i += 4096)
    hogged.back()[i] = 1;
}

void burn(number ms) {
  auto used_ms = [] {
    ::timespec at{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return number{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000;
  };
  for (auto until = used_ms() + ms; used_ms() < until;)
    continue;
}

void huge_row(const moment& when, number mib) {
  auto size = static_cast<std::size_t>(mib) << 20;
  out().frame(frame_kind::row, 0, when.request_id, encode_row_body(0, "rows", '"' + std::string(size, 'x') + '"'));
}

void row(const moment& when, std::uint64_t sequence, std::string_view stream = "rows", std::string_view payload = "{}") {
  out().frame(frame_kind::row, 0, when.request_id, encode_row_body(sequence, stream, payload));
}

void response(const moment& when, std::string_view body, std::uint8_t flags = 0) {
  out().frame(frame_kind::response, flags, when.request_id, body);
}

void hang_here(const moment&, number) { hang_for_ever(); }

/// Faults of the process: possible at any moment.
const std::vector<fault> process_faults{
  {"exit", 0, "leaves with exit code N", [](const moment&, number n) { ::_exit(static_cast<int>(n)); }},
  {"abort", 0, "abort()", [](const moment&, number) { std::abort(); }},
  {"segv", 0, "dies of SIGSEGV",
   [](const moment&, number) {
     std::signal(SIGSEGV, SIG_DFL);
     std::raise(SIGSEGV);
   }},
  {"kill", SIGKILL, "sends itself signal N", [](const moment&, number n) { ::kill(::getpid(), static_cast<int>(n)); }},
  {"hang", 0, "never goes on; does not look at cancel", hang_here},
  {"sleep_ms", 100, "sleeps N ms, not cancellable", [](const moment&, number n) { std::this_thread::sleep_for(std::chrono::milliseconds{n}); }},
  {"burn_cpu_ms", 100, "uses the processor for N ms", [](const moment&, number n) { burn(n); }},
  {"hog_mib", 64, "touches N MiB and keeps them", [](const moment&, number n) { hog(n); }},
  {"stderr_mib", 1, "writes N MiB to descriptor 2", [](const moment&, number n) { flood(2, n); }},
  {"stdout_mib", 1, "writes N MiB to descriptor 1", [](const moment&, number n) { flood(1, n); }},
  {"stdout_noise", 0, "writes text and what looks like a frame to descriptor 1",
   [](const moment&, number) {
     auto noise = "hello from stdout\n" + encode_frame(frame_kind::response, 0, 1, "{}");
     std::fwrite(noise.data(), 1, noise.size(), stdout);
     std::fflush(stdout);
   }},
  {"stderr_line", 0, "writes \"scripted line N\" to descriptor 2",
   [](const moment&, number n) { std::fprintf(stderr, "scripted line %lld\n", static_cast<long long>(n)); }},
  {"half_line", 0, "writes to descriptor 2 the begin of a line, and no end",
   [](const moment&, number) { std::fputs("PANIC at half of a line ", stderr); }},
  {"panic_line", 0, "writes to descriptor 2 what Lean writes when code panics", [](const moment&, number) { say_panic(); }},
  {"ignore_sigterm", 0, "ignores SIGTERM from now on", [](const moment&, number) { std::signal(SIGTERM, SIG_IGN); }},
  {"grandchild", 60, "leaves a process behind for N s that holds every descriptor; its pid goes to descriptor 2",
   [](const moment&, number n) { leave_grandchild(n, false); }},
  {"grandchild_setsid", 60, "the same in a session of its own", [](const moment&, number n) { leave_grandchild(n, true); }},
  {"close_channel", 0, "closes descriptor 3 wherever it is, and lives on", [](const moment&, number) { out().close_everywhere(); }},
  {"partial_header", 0, "writes 10 bytes of a header, leaves with exit code N", [](const moment&, number n) { partial(10, n); }},
  {"partial_frame", 0, "writes a header and a part of its body, leaves with exit code N", [](const moment&, number n) { partial(34, n); }},
  {"garbage", 0, "writes text where a frame is expected",
   [](const moment&, number) { out().write("this is not a frame, and long enough to be taken for a header\n"); }},
  {"bad_magic", 0, "a frame with wrong magic", [](const moment&, number) { header_with(0, 'X'); }},
  {"bad_version", 2, "a frame of version N", [](const moment&, number n) { header_with(4, static_cast<char>(n)); }},
  {"bad_kind", 99, "a frame of kind N", [](const moment&, number n) { header_with(6, static_cast<char>(n)); }},
  {"bad_flags", 2, "a frame with flags N", [](const moment&, number n) { header_with(7, static_cast<char>(n)); }},
  {"bad_reserved", 1, "a frame with N in the reserved field", [](const moment&, number n) { header_with(20, static_cast<char>(n)); }},
  {"oversized_header", 0xFFFFFFFF, "a header that announces N bytes, and nothing more",
   [](const moment&, number n) { out().write(header(frame_kind::log, 0, static_cast<std::uint32_t>(n))); }},
};

/// Faults of an answer: need a request.
const std::vector<fault> answer_faults{
  {"answer_twice", 0, "answers here, and then again as if nothing had been", [](const moment& when, number) { response(when, "{}"); }},
  {"unknown_id", 1000, "answers the id of the request plus N",
   [](const moment& when, number n) { out().frame(frame_kind::response, 0, when.request_id + static_cast<std::uint64_t>(n), "{}"); }},
  {"no_seal", 0, "answers with the plain id of the request plus N, and goes on",
   [](const moment& when, number n) { out().plain_frame(frame_kind::response, 0, when.request_id + static_cast<std::uint64_t>(n), "{}"); }},
  {"guessed_seal", 0, "answers with N as the seal, and goes on",
   [](const moment& when, number n) { out().plain_frame(frame_kind::response, 0, static_cast<std::uint64_t>(n) << 32 | when.request_id, "{}"); }},
  {"replayed_seal", 0, "answers with the seal that a row of this request has, and goes on",
   [](const moment& when, number) { out().plain_frame(frame_kind::response, 0, out().sealed(frame_kind::row, when.request_id), "{}"); }},
  {"row_gap", 1, "rows 0 and 1 + N of one stream", [](const moment& when, number n) { row(when, 0), row(when, 1 + static_cast<std::uint64_t>(n)); }},
  {"row_repeat", 0, "row 0 twice", [](const moment& when, number) { row(when, 0), row(when, 0); }},
  {"row_empty_name", 0, "a row without stream name", [](const moment& when, number) { row(when, 0, ""); }},
  {"row_empty_payload", 0, "a row without payload", [](const moment& when, number) { row(when, 0, "rows", ""); }},
  {"row_short", 9, "a row with a body of N bytes",
   [](const moment& when, number n) { out().frame(frame_kind::row, 0, when.request_id, std::string(static_cast<std::size_t>(n), '\0')); }},
  {"row_after_response", 0, "answers, then a row; then waits for cancel",
   [](const moment& when, number) { response(when, "{}"), row(when, 0), when.wait_until_cancelled(); }},
  {"row_mib", 64, "a row of N MiB, whatever the cap", huge_row},
  {"invalid_utf8", 0, "a response that is not UTF-8; then waits for cancel",
   [](const moment& when, number) { response(when, "\"\xC3\x28\""), when.wait_until_cancelled(); }},
  {"not_json", 0, "a response that is not JSON; then waits for cancel",
   [](const moment& when, number) { response(when, "{\"a\":"), when.wait_until_cancelled(); }},
  {"empty_response", 0, "a response without body; then waits for cancel",
   [](const moment& when, number) { response(when, ""), when.wait_until_cancelled(); }},
  {"deep_response", 513, "a response nested N levels deep; then waits for cancel",
   [](const moment& when, number n) {
     auto levels = static_cast<std::size_t>(n);
     response(when, std::string(levels, '[') + std::string(levels, ']')), when.wait_until_cancelled();
   }},
  {"error_not_object", 0, "an error response whose body is a number; then waits for cancel",
   [](const moment& when, number) { response(when, "3", frame_flag_error), when.wait_until_cancelled(); }},
  {"error_without_code", 0, "an error response without code; then waits for cancel",
   [](const moment& when, number) { response(when, R"({"message":"no code"})", frame_flag_error), when.wait_until_cancelled(); }},
  {"diagnostic_not_object", 0, "a diagnostic whose body is an array",
   [](const moment& when, number) { out().frame(frame_kind::diagnostic, 0, when.request_id, "[]"); }},
  {"progress_wrong_type", 0, "progress whose current is a string",
   [](const moment& when, number) {
     out().frame(frame_kind::progress, 0, when.request_id, R"({"phase":"p","current":"one","total":null})");
   }},
  {"hello_again", 0, "a second hello", [](const moment&, number) { out().frame(frame_kind::hello, 0, 0, plain_hello()); }},
};

} // namespace

const std::vector<fault>& all_faults() {
  static const std::vector<fault> all = [] {
    auto list = process_faults;
    list.insert(list.end(), answer_faults.begin(), answer_faults.end());
    return list;
  }();
  return all;
}

std::optional<chosen_fault> choose_fault(std::string_view text) {
  auto equals = text.find('=');
  auto name = text.substr(0, equals);
  for (const auto& candidate : all_faults()) {
    if (candidate.name != name)
      continue;
    chosen_fault chosen{&candidate, candidate.number};
    if (equals == std::string_view::npos)
      return chosen;
    auto digits = text.substr(equals + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), chosen.number);
    if (error == std::errc{} && end == digits.data() + digits.size())
      return chosen;
  }
  return std::nullopt;
}

const std::vector<int>& grandchildren() { return left_behind; }

} // namespace leanworker::scripted
