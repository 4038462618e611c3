// SPDX-License-Identifier: Apache-2.0
#include "ops.hpp"

#include <cstdlib>
#include <thread>

namespace leanworker::scripted {
namespace {

void row(request_context& request, std::string_view stream, const json& payload) { request.emit_row(stream, payload.dump()); }

/// Rows that were sent must have left before the process dies, or a test could not tell what arrived.
[[noreturn]] void abort_after_flush(request_context& request) {
  request.log(log_level::info, "aborting");
  std::abort();
}

[[noreturn]] void stall(request_context& request) {
  while (!request.wait_cancelled(std::chrono::hours{1})) {
  }
  throw request_error{"cancelled", "ended by cancel"};
}

json basic(request_context& request, const json&) {
  request.diagnostic("fixture.started", "started");
  row(request, "rows", {{"kind", "request"}, {"ordinal", 0}});
  row(request, "rows", {{"kind", "done"}, {"ordinal", 1}});
  request.diagnostic("fixture.finished", "finished");
  return {{"fixture", "stream_basic"}, {"ok", true}};
}

json interleaved(request_context& request, const json&) {
  for (int i = 0; i < 2; ++i) {
    row(request, "rows", {{"i", i}});
    row(request, "warnings", {{"i", i}});
  }
  return {{"rows", 4}};
}

/// `count` rows; "payload": any JSON value sent instead of {"i": n}, for example null.
json many(request_context& request, const json& body) {
  auto count = body.value("count", std::uint64_t{512});
  auto fixed = body.contains("payload") ? body["payload"].dump() : std::string{};
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i % 1024 == 1023 && request.cancelled())
      throw request_error{"cancelled", "ended by cancel"};
    request.emit_row("rows", fixed.empty() ? "{\"i\":" + std::to_string(i) + "}" : fixed);
  }
  return {{"rows", count}};
}

json many_then_abort(request_context& request, const json& body) {
  json counted = body;
  counted["count"] = body.value("count", 128);
  many(request, counted);
  abort_after_flush(request);
}

void chunk(request_context& request, int index) {
  request.diagnostic("chunk.started", "chunk " + std::to_string(index));
  for (int i = 0; i < 2; ++i)
    row(request, "chunks", {{"chunk", index}, {"row", i}});
  request.diagnostic("chunk.finished", "chunk " + std::to_string(index));
}

json chunked(request_context& request, const json&) {
  for (int i = 0; i < 3; ++i) {
    chunk(request, i);
    request.progress("fixture.chunk", static_cast<std::uint64_t>(i) + 1, 3);
  }
  return {{"fixture", "stream_chunked"}, {"chunks", 3}, {"rows", 6}};
}

/// Three threads; whichever is done first comes first.
json chunked_by_completion(request_context& request, const json&) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&request, i] { chunk(request, i); });
  for (auto& thread : threads)
    thread.join();
  request.progress("fixture.chunk", 3, 3);
  return {{"fixture", "stream_chunked"}, {"chunks", 3}, {"rows", 6}};
}

json chunk_error(request_context& request, const json&) {
  chunk(request, 0);
  request.diagnostic("fixture.chunk_error", "chunk 1 failed");
  throw request_error{"fixture_status", "status 10"};
}

json large(request_context& request, const json& body) {
  auto bytes = body.value("bytes", std::size_t{8192});
  request.emit_row("rows", "{\"blob\":\"" + std::string(bytes, 'x') + "\"}");
  return {{"rows", 1}, {"bytes", bytes}};
}

/// "count" rows with a blob of "bytes" each; obeys cancel.
json blobs(request_context& request, const json& body) {
  auto row = "{\"blob\":\"" + std::string(body.value("bytes", std::size_t{1} << 20), 'x') + "\"}";
  auto count = body.value("count", std::uint64_t{16});
  for (std::uint64_t i = 0; i < count && !request.cancelled(); ++i)
    request.emit_row("rows", row);
  return {{"rows", count}};
}

/// `rounds` (3) rows on each of `streams` (1000) streams, in turn.
json wide(request_context& request, const json& body) {
  auto streams = body.value("streams", 1000);
  for (int round = 0; round < body.value("rounds", 3); ++round)
    for (int i = 0; i < streams; ++i)
      request.emit_row("stream " + std::to_string(i), "{\"round\":" + std::to_string(round) + "}");
  return {{"streams", streams}};
}

/// One good row, then one whose payload is the text "raw", or, with "bytes", these byte values; whether that is JSON or not.
json raw(request_context& request, const json& body) {
  auto payload = body.value("raw", std::string{});
  for (const auto& byte : body.value("bytes", json::array()))
    payload += static_cast<char>(byte.get<int>());
  request.emit_row("rows", "{\"good\":true}");
  request.emit_row("rows", payload);
  return {{"rows", 2}};
}

/// Rows until cancelled.
json endless(request_context& request, const json&) {
  for (std::uint64_t i = 0; !request.cancelled(); ++i)
    request.emit_row("rows", "{\"i\":" + std::to_string(i) + "}");
  throw request_error{"cancelled", "ended by cancel"};
}

json slow_after_row(request_context& request, const json& body) {
  row(request, "rows", {{"kind", "before-timeout"}});
  if (request.wait_cancelled(std::chrono::milliseconds{body.value("ms", 200)}))
    throw request_error{"cancelled", "ended by cancel"};
  return {{"rows", 1}};
}

json row_then_abort(request_context& request, const json&) {
  row(request, "rows", {{"kind", "before-abort"}});
  abort_after_flush(request);
}

json row_then_stall(request_context& request, const json&) {
  row(request, "rows", {{"kind", "before-stall"}});
  stall(request);
}

json row_then_error(request_context& request, const json&) {
  row(request, "rows", {{"kind", "before-error"}});
  throw request_error{"fixture_status", "status 7"};
}

json ticks(request_context& request, const json& body) {
  auto count = body.value("count", std::uint64_t{10});
  for (std::uint64_t i = 1; i <= count; ++i) {
    if (request.cancelled())
      throw request_error{"cancelled", "ended by cancel"};
    request.progress("ticks", i, count);
  }
  return {{"ticks", count}};
}

/// 47 rows = 16 declarations + 16 features + 15 probes, 4 ticks.
json scale_index(request_context& request, const json&) {
  request.diagnostic("scale.index.started", "16 modules");
  int rows = 0;
  for (int i = 0; i < 16; ++i) {
    auto module = "Scale.M" + std::to_string(i);
    row(request, "declarations", {{"module", module}, {"name", module + ".decl"}});
    row(request, "features", {{"module", module}, {"size", i}});
    rows += 2;
    if (i > 0) {
      row(request, "probes", {{"left", i - 1}, {"right", i}});
      ++rows;
    }
    if (i % 4 == 3)
      request.progress("scale.index", static_cast<std::uint64_t>(i) + 1, 16);
  }
  request.diagnostic("scale.index.finished", "16 modules");
  return {{"fixture", "scale"}, {"command", "index"}, {"ok", true}, {"rows", rows}, {"modules", 16}};
}

} // namespace

const std::vector<op>& stream_ops() {
  static const std::vector<op> list{
    {"stream_basic", "2 rows between 2 diagnostics", basic},
    {"stream_interleaved", "2 rows on each of 2 streams, in turn", interleaved},
    {"stream_many", "`count` (512) rows {\"i\": n}, or `payload` each time; obeys cancel", many},
    {"stream_many_then_abort", "`count` (128) rows, then abort()", many_then_abort},
    {"stream_chunked", "6 rows in 3 chunks, with progress and diagnostics", chunked},
    {"stream_chunked_by_completion", "the same from 3 threads", chunked_by_completion},
    {"stream_chunk_error", "the first chunk, a diagnostic, error fixture_status", chunk_error},
    {"stream_large", "1 row with a blob of `bytes` (8192)", large},
    {"stream_blobs", "`count` (16) rows with a blob of `bytes` (1 MiB); obeys cancel", blobs},
    {"stream_wide", "`rounds` (3) rows on each of `streams` (1000) streams, in turn", wide},
    {"stream_raw", "1 good row, then 1 whose payload is `raw`, or `bytes`, unchecked", raw},
    {"stream_endless", "rows until cancel", endless},
    {"stream_slow_after_row", "1 row, then `ms` (200) of sleep; obeys cancel", slow_after_row},
    {"row_then_abort", "1 row, then abort()", row_then_abort},
    {"row_then_stall", "1 row, then nothing until cancel", row_then_stall},
    {"row_then_error", "1 row, then error fixture_status", row_then_error},
    {"ticks", "`count` (10) progress frames; obeys cancel", ticks},
    {"scale_index", "47 rows on 3 streams, 4 progress frames, 2 diagnostics", scale_index},
  };
  return list;
}

} // namespace leanworker::scripted
