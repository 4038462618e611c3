// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/command_error.hpp>
#include <leanworker/actors/json_codec.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Typed commands: what a capability takes and gives, as C++ types. Pure functions from values to bytes and back: no actor, no CAF, although the
/// folder is actors/. Safe from any thread. Includes nlohmann's header through json_codec.hpp; simdjson is only behind row_reader.hpp, which reads
/// the rows.
///
///     constexpr json_command<range, double> mean{"mean"};
///     auto lean = command_target::lean_module("Statistics");
///     std::string body;
///     command_error error;
///     if (encode_request(mean, lean, range{1, 9}, body, error)) …   // lease.run(body)
///     double result;
///     if (decode_response(mean, lean, outcome.body, result, error)) …
///
/// Every function that takes a `command_error` returns whether it succeeded; on failure it has filled the error and what it was to fill is
/// unspecified. Nothing throws but what the standard library throws when memory is short.
namespace leanworker {

/// A command with one answer. `name` is viewed, not owned: give it a literal. At most `command_name_bytes_max` bytes of UTF-8, not empty.
template <class Request, class Response>
struct json_command {
  using request_type = Request;
  using response_type = Response;
  std::string_view name;
};

/// A command that streams rows and ends with metadata, its summary.
template <class Request, class Row, class Summary = no_summary>
struct streaming_command {
  using request_type = Request;
  using row_type = Row;
  using summary_type = Summary;
  std::string_view name;
};

/// Where a command lives, and with that how its call is written and where in the response its result is:
///   operation    an `op` of a child in C++ (child/serve.hpp): {"op": NAME, "request": RAW}; the response's body itself.
///   lean_module  a declaration of a Lean module: {"op": "run", "capability": {"module": …}, "command": NAME, "request": RAW}; the member `result` of
///                the response, `metadata` at the end of a stream.
///   lean_path    the same of a source file, absolute: {"op": "run", "capability": {"path": …}, "command": NAME, "request": RAW}.
struct command_target {
  enum class place : std::uint8_t { operation, lean_module, lean_path };
  place where = place::operation;
  std::string capability; ///< The module or the path; UTF-8. Empty for an operation.

  static command_target operation() { return {}; }
  static command_target lean_module(std::string name) { return {place::lean_module, std::move(name)}; }
  static command_target lean_path(std::string path) { return {place::lean_path, std::move(path)}; }
  friend bool operator==(const command_target&, const command_target&) = default;
};

/// The body of a call. `request_json` goes in as it is, once: no second quoting, no reformatting. Preconditions: it is one JSON value. Bytes of the
/// names that are no UTF-8 become U+FFFD; `encode_request` refuses them.
std::string encode_call(const command_target& target, std::string_view name, std::string_view request_json);

/// What the end of a Lean stream says about its rows. An operation's end says nothing of it: all zero.
struct stream_totals {
  struct stream_count {
    std::string stream;
    std::uint64_t rows = 0;
    friend bool operator==(const stream_count&, const stream_count&) = default;
  };
  std::uint64_t rows = 0;
  std::vector<stream_count> streams; ///< At most `streams_max`.
  std::uint64_t elapsed_ms = 0;      ///< In the child.
  static constexpr std::size_t streams_max = 4096;
  friend bool operator==(const stream_totals&, const stream_totals&) = default;
};

namespace detail {

/// The parts that know no types. `problem`: why the codec failed; empty when it did not.
bool finish_request(std::string_view name, const command_target& target, std::string_view request_json, std::string_view problem, std::string& body,
                    command_error& error);
bool cut_response(std::string_view name, const command_target& target, std::string_view body, std::string_view& result, command_error& error);
bool cut_summary(std::string_view name, const command_target& target, std::string_view body, std::string_view& summary, stream_totals* totals, command_error& error);
/// `part` lies in `body` and could not be decoded.
bool decode_failed(errc code, std::string_view name, std::string_view body, std::string_view part, std::string_view problem, command_error& error);

template <class Request>
bool encode_named(std::string_view name, const command_target& target, const Request& request, std::string& body, command_error& error) {
  std::string json, problem;
  encode_json(request, json, problem);
  return finish_request(name, target, json, problem, body, error);
}

} // namespace detail

/// Writes the body of a call; `request_encode_failed` when the codec threw, wrote something that is no JSON within the bounds of the protocol, or a
/// name is empty or no UTF-8.
template <class Request, class Response>
bool encode_request(const json_command<Request, Response>& command, const command_target& target, const Request& request, std::string& body, command_error& error) {
  return detail::encode_named(command.name, target, request, body, error);
}
template <class Request, class Row, class Summary>
bool encode_request(const streaming_command<Request, Row, Summary>& command, const command_target& target, const Request& request, std::string& body,
                    command_error& error) {
  return detail::encode_named(command.name, target, request, body, error);
}

/// Reads the body of a successful response; `response_decode_failed` otherwise. Where the codec gives no place, the offset is the beginning of the
/// result.
template <class Request, class Response>
bool decode_response(const json_command<Request, Response>& command, const command_target& target, std::string_view body, Response& out, command_error& error) {
  std::string_view result;
  if (!detail::cut_response(command.name, target, body, result, error))
    return false;
  std::string problem;
  return detail::decode_json(result, out, problem) || detail::decode_failed(errc::response_decode_failed, command.name, body, result, problem, error);
}

/// Reads the body of the response that ends a stream, and what it says about the rows; `summary_decode_failed` otherwise. A stream without metadata
/// has the metadata `null`.
template <class Request, class Row, class Summary>
bool decode_summary(const streaming_command<Request, Row, Summary>& command, const command_target& target, std::string_view body, Summary& out, command_error& error,
                    stream_totals* totals = nullptr) {
  std::string_view summary;
  if (!detail::cut_summary(command.name, target, body, summary, totals, error))
    return false;
  std::string problem;
  return detail::decode_json(summary, out, problem) || detail::decode_failed(errc::summary_decode_failed, command.name, body, summary, problem, error);
}

} // namespace leanworker
