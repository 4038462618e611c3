// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/serve_requests.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace leanworker::internal {
namespace {

using nlohmann::json;

/// Never throws for text that is not UTF-8: what a handler says must not cost the child its life.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string_view level_name(log_level level) {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: break;
  }
  return "error";
}

/// Two texts as an object. When that does not fit, each is cut to a sixteenth of the cap: escaping makes a byte into six at most.
std::string two_texts(std::string_view first_name, std::string_view first, std::string_view message, std::uint32_t body_bytes_max) {
  auto build = [&] { return dump({{std::string{first_name}, first}, {"message", message}}); };
  auto body = build();
  if (body.size() <= body_bytes_max)
    return body;
  first = first.substr(0, body_bytes_max / 16);
  message = message.substr(0, body_bytes_max / 16);
  return build();
}

request_result too_large(std::string_view what, std::size_t bytes, std::uint32_t bytes_max) {
  return request_result::failure("output_too_large", std::string{what} + " of " + std::to_string(bytes) + " bytes exceeds the cap of "
                                                       + std::to_string(bytes_max) + "; ask for less, or configure a larger cap");
}

} // namespace

std::string error_body(std::string_view code, std::string_view message, std::uint32_t body_bytes_max) {
  return two_texts("code", code, message, body_bytes_max);
}

void running_request::emit_row(std::string_view stream, std::string_view payload_json) {
  if (stream.empty() || stream.size() > row_stream_bytes_max || payload_json.empty())
    throw std::invalid_argument{"a row needs a payload, and a stream name of 1 to 255 bytes"};
  auto bytes = row_prefix_bytes + stream.size() + payload_json.size();
  if (!output_.fits(bytes)) {
    row_too_large_ = true;
    auto why = too_large("a row", bytes, output_.body_bytes_max());
    throw request_error{why.error_code, why.error_message};
  }
  // Held while writing: the numbers must be in the order of the pipe.
  std::lock_guard guard{rows_mutex_};
  auto found = std::find_if(next_sequences_.begin(), next_sequences_.end(), [&](const auto& entry) { return entry.first == stream; });
  if (found == next_sequences_.end())
    found = next_sequences_.emplace(found, stream, 0);
  output_.write_row(id_, found->second++, stream, payload_json);
}

void running_request::event(frame_kind kind, std::string_view first_name, std::string_view first, std::string_view message) {
  output_.write(serve_output::from::worker, kind, 0, id_, two_texts(first_name, first, message, output_.body_bytes_max()));
}

void running_request::diagnostic(std::string_view code, std::string_view message) { event(frame_kind::diagnostic, "code", code, message); }

void running_request::log(log_level level, std::string_view message) { event(frame_kind::log, "level", level_name(level), message); }

void running_request::progress(std::string_view phase, std::uint64_t current, std::optional<std::uint64_t> total) {
  json body{{"phase", phase.substr(0, output_.body_bytes_max() / 16)}, {"current", current}, {"total", nullptr}, {"host", true}};
  if (total)
    body["total"] = *total;
  output_.write(serve_output::from::worker, frame_kind::progress, 0, id_, dump(body));
}

bool running_request::wait_cancelled(std::chrono::milliseconds time) {
  std::unique_lock lock{cancel_mutex_};
  return cancel_changed_.wait_for(lock, time, [&] { return cancelled(); });
}

void running_request::cancel() {
  {
    std::lock_guard guard{cancel_mutex_};
    cancelled_ = true;
  }
  cancel_changed_.notify_all();
}

request_result running_request::call(child_host& host) {
  try {
    return host.handle(*this);
  } catch (const request_error& error) {
    return request_result::failure(error.code().empty() ? "internal" : error.code(), error.what());
  } catch (const std::exception& error) {
    return request_result::failure("internal", std::string{"the handler threw: "} + error.what());
  } catch (...) {
    return request_result::failure("internal", "the handler threw something that is no std::exception");
  }
}

request_result running_request::run(child_host& host) {
  auto result = call(host);
  if (row_too_large_ && result.error_code.empty())
    return request_result::failure("output_too_large", "a row exceeded the cap and was not sent");
  if (!result.error_code.empty())
    return result;
  if (!output_.fits(result.json.size()))
    return too_large("the result", result.json.size(), output_.body_bytes_max());
  if (auto scanned = scan_json(result.json); !scanned.ok())
    return request_result::failure("internal", std::string{"the handler's result is no JSON text: "} + scanned.problem);
  return result;
}

request_runner::request_runner(child_host& host, serve_output& output, std::uint32_t in_flight_max)
    : host_{host}, output_{output}, in_flight_max_{std::max(in_flight_max, 1u)} {}

request_runner::~request_runner() {
  {
    std::lock_guard guard{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

bool request_runner::start(std::shared_ptr<running_request> request) {
  {
    std::lock_guard guard{mutex_};
    if (running_.size() >= in_flight_max_)
      return false;
    running_.push_back(request);
    queue_.push_back(std::move(request));
    if (threads_.size() < running_.size())
      threads_.emplace_back([this] { work(); });
  }
  changed_.notify_one();
  return true;
}

void request_runner::cancel(std::uint64_t id) {
  std::lock_guard guard{mutex_};
  for (auto& request : running_)
    if (request->id() == id)
      request->cancel();
}

std::vector<std::uint64_t> request_runner::running() const {
  std::lock_guard guard{mutex_};
  std::vector<std::uint64_t> ids;
  for (auto& request : running_)
    ids.push_back(request->id());
  return ids;
}

std::uint64_t request_runner::done() const {
  std::lock_guard guard{mutex_};
  return done_;
}

bool request_runner::stop(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  queue_.clear();
  for (auto& request : running_)
    request->cancel();
  return idle_changed_.wait_until(lock, deadline, [&] { return busy_threads_ == 0; });
}

void request_runner::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return over_ || !queue_.empty(); });
    if (over_)
      return;
    auto request = std::move(queue_.front());
    queue_.pop_front();
    ++busy_threads_;
    lock.unlock();
    auto result = request->run(host_);
    lock.lock();
    // Before the answer: whoever has read it may send the next request at once, and must not be told `busy`.
    std::erase(running_, request);
    ++done_;
    lock.unlock();
    answer(request->id(), result);
    request.reset();
    lock.lock();
    --busy_threads_;
    idle_changed_.notify_all();
  }
}

void request_runner::answer(std::uint64_t id, const request_result& result) {
  using from = serve_output::from;
  if (result.error_code.empty())
    output_.write(from::worker, frame_kind::response, 0, id, result.json);
  else
    output_.write(from::worker, frame_kind::response, frame_flag_error, id,
                  error_body(result.error_code, result.error_message, output_.body_bytes_max()));
}

} // namespace leanworker::internal
