// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The other end of docs/PROTOCOL.md, for children written in C++: derive from `child_host`, and let `main` return `run_worker_child_stdio`.
namespace leanworker {

/// What `hello` says about a child.
struct child_facts {
  std::string kind;                      ///< What sort of program this is, for example "index-builder".
  std::string version;                   ///< Its version.
  std::vector<std::string> capabilities; ///< The operations that `handle` takes. `health` and `echo` are added: the loop answers them itself.
  std::uint32_t in_flight_max = 1;       ///< So many requests run at a time, each on a thread of its own; one more is answered with `busy`.
  std::uint32_t receive_bytes_max = frame_bytes_max_highest; ///< The largest body that this child agrees to take.
  std::uint32_t send_bytes_max = frame_bytes_max_highest;    ///< The largest body that this child agrees to send.
};

/// What the parent's `configure` says, after the loop has checked it.
struct child_configuration {
  std::uint32_t to_child_bytes_max = frame_bytes_max_default;
  std::uint32_t to_parent_bytes_max = frame_bytes_max_default;
  std::optional<std::vector<std::string>> search_path; ///< Absent: the child keeps its own.
  std::uint32_t sessions_max = 8;
  std::optional<leanworker::seal_key> seal_key; ///< The loop seals every frame with it.
};

/// How a request ends: a result, or an error object. A value that is neither (no JSON text) becomes the error `internal`.
struct request_result {
  std::string json;          ///< Any JSON text; used when `error_code` is empty.
  std::string error_code;    ///< One of section 5 of the document, or a code of the application's own.
  std::string error_message; ///< For people: the offending member or place, and what to do.

  static request_result success(std::string json) { return {std::move(json), {}, {}}; }
  static request_result failure(std::string code, std::string message) { return {{}, std::move(code), std::move(message)}; }
  static request_result cancelled() { return failure("cancelled", "ended by cancel"); }
};

/// Thrown out of `handle`, ends the request with this error; any other exception ends it with `internal`. The child lives on in both cases.
class request_error : public std::runtime_error {
public:
  request_error(std::string code, const std::string& message) : std::runtime_error{message}, code_{std::move(code)} {}
  const std::string& code() const noexcept { return code_; }

private:
  std::string code_;
};

enum class log_level : std::uint8_t { debug, info, warning, error };

/// One request while it runs. Valid until `handle` returns; its members may be called from any thread until then.
class request_context {
public:
  virtual ~request_context() = default;

  virtual std::uint64_t id() const noexcept = 0;
  virtual std::string_view op() const noexcept = 0;
  /// The request's body: one JSON object, checked, as it came.
  virtual std::string_view body() const noexcept = 0;
  /// The JSON text of a member of the body, as it came; empty when there is none of that name. Of equal names, the last counts.
  virtual std::string_view member(std::string_view name) const noexcept = 0;

  /// Sends a row. The payload is JSON text and goes out untouched and unchecked. Sequence numbers count from 0 per stream. Blocks while the parent
  /// does not read. Rows are gathered for up to 1 ms or 32 KiB.
  /// @throws request_error `output_too_large`: the row does not fit the cap. The request then ends with that error even if this one is caught.
  /// @throws std::invalid_argument: no payload, or a stream name of 0 or more than 255 bytes.
  virtual void emit_row(std::string_view stream, std::string_view payload_json) = 0;
  /// Sends a diagnostic, for example ("chunk.started", "chunk 1 of 3"). Texts that do not fit the cap are cut, here and below.
  virtual void diagnostic(std::string_view code, std::string_view message) = 0;
  /// Sends progress; `total` is null where it is not known.
  virtual void progress(std::string_view phase, std::uint64_t current, std::optional<std::uint64_t> total = std::nullopt) = 0;
  virtual void log(log_level level, std::string_view message) = 0;

  /// True once the parent wants this request, or the whole child, to end. Look often, and return `request_result::cancelled()`.
  virtual bool cancelled() const noexcept = 0;
  /// Sleeps until `cancelled()` or until the time is over; returns `cancelled()`.
  virtual bool wait_cancelled(std::chrono::milliseconds time) = 0;
};

/// The work of a child. Must outlive the loop.
class child_host {
public:
  virtual ~child_host() = default;

  /// Asked once, before `hello` is written.
  virtual child_facts facts() const = 0;
  /// Called once, on the reading thread, before the first `handle`. May throw `request_error`: the parent then ends the child.
  virtual void configured(const child_configuration&) {}
  /// Does one request, on a thread of the loop that is not the reading one. With `in_flight_max` above 1 it is called concurrently.
  virtual request_result handle(request_context& request) = 0;
};

/// The whole body of a child's `main`. Takes over descriptors 0 and 3: both move to private close-on-exec descriptors, and 0 reads as empty from
/// then on. Ignores SIGPIPE for the process. Reads on the calling thread, so that `health`, `echo`, `cancel` and `terminate` are never behind
/// the work. Returns the exit code of section 7; then no thread of the loop runs any more. A handler that does not return within a second of
/// `terminate` or end of file gets no more time: the process ends in here.
int run_worker_child_stdio(child_host& host);

} // namespace leanworker
