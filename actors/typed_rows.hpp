// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/client.hpp>
#include <leanworker/actors/commands.hpp>
#include <leanworker/actors/row_consumer.hpp>
#include <leanworker/actors/row_reader.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

/// Typed commands through the blocking client: values in, values out, and every failure a value. Of CAF there is nothing here. Needs nlohmann's and simdjson's headers.
///
///     constexpr streaming_command<extract_request, declaration> declarations{"declarations"};
///     auto ended = call(lease, declarations, command_target::lean_module("LeanWorker.Extract"), request,
///                       [&](const declaration& d) { names.push_back(d.name); });
namespace leanworker {

/// A consumer that reads each row into a Row and gives it to a function: `on_row(Row&)` or `on_row(Row&, const data_row&)`, which returns nothing, a bool or a sink_status, as in
/// `row_callbacks`. The first row that is no Row ends the request with `row_decode_failed`; nobody else is cancelled by that.
template <class Row, class F>
class typed_rows : public row_consumer {
public:
  typed_rows(std::string_view command, F on_row) : reader_{command}, on_row_{std::move(on_row)} {}

  sink_status row(const data_row& raw) override {
    if (!reader_.read(raw, row_, error_))
      return {error_.code, explain(error_)};
    if constexpr (std::is_invocable_v<F&, Row&, const data_row&>)
      return told([&] { return on_row_(row_, raw); });
    else
      return told([&] { return on_row_(row_); });
  }
  /// Why a row was no Row; its code is `none` while all were.
  const command_error& error() const noexcept { return error_; }

private:
  template <class Call>
  static sink_status told(Call&& call) {
    using result = decltype(call());
    if constexpr (std::is_same_v<result, void>)
      return call(), sink_status{};
    else if constexpr (std::is_same_v<result, bool>)
      return call() ? sink_status{} : sink_status::cancel();
    else
      return call();
  }

  row_reader<Row> reader_;
  F on_row_;
  Row row_{};
  command_error error_;
};

/// How a typed call ended.
template <class T>
struct call_result {
  std::optional<T> value;          ///< There when everything succeeded.
  request_outcome outcome;         ///< Its code is the one of `error` where a type was the trouble.
  command_error error;             ///< Which type, and where; its code is `none` otherwise.
  rows_summary rows;               ///< Of a streaming command.

  bool ok() const noexcept { return value.has_value(); }
};

namespace detail {

template <class T>
void fail_call(call_result<T>& result) {
  result.outcome.code = result.error.code;
  result.outcome.message = explain(result.error);
}

} // namespace detail

/// Runs a typed command on a lease. Blocks.
template <class Request, class Response>
call_result<Response> call(client::lease& lease, const json_command<Request, Response>& command, const command_target& target, const Request& request,
                           const client::run_options& options = {}) {
  call_result<Response> result;
  std::string body;
  if (!encode_request(command, target, request, body, result.error))
    return detail::fail_call(result), result;
  result.outcome = lease.run(std::move(body), options);
  if (!result.outcome.ok())
    return result;
  Response value{};
  if (decode_response(command, target, result.outcome.body, value, result.error))
    result.value = std::move(value);
  else
    detail::fail_call(result);
  return result;
}

/// The same for a command with rows. They are tentative until this returns with `ok()`.
template <class Request, class Row, class Summary, class F>
call_result<Summary> call(client::lease& lease, const streaming_command<Request, Row, Summary>& command, const command_target& target, const Request& request,
                          F on_row, const client::run_options& options = {}) {
  call_result<Summary> result;
  std::string body;
  if (!encode_request(command, target, request, body, result.error))
    return detail::fail_call(result), result;
  typed_rows<Row, F> consumer{command.name, std::move(on_row)};
  auto ended = lease.run(std::move(body), consumer, options);
  result.outcome = std::move(ended.outcome);
  result.rows = std::move(ended.rows);
  result.error = consumer.error();
  if (!result.outcome.ok())
    return result;
  Summary value{};
  stream_totals totals;
  if (!decode_summary(command, target, result.outcome.body, value, result.error, &totals))
    return detail::fail_call(result), result;
  if (target.where != command_target::place::operation && totals.rows != result.rows.rows) {
    result.outcome.code = errc::rows_incomplete;
    result.outcome.message = describe(errc::rows_incomplete);
    return result;
  }
  result.value = std::move(value);
  return result;
}

} // namespace leanworker
