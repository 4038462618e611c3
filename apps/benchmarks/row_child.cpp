// SPDX-License-Identifier: Apache-2.0
#include "row_child.hpp"

#include <leanworker/child/seal.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <vector>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace leanworker::bench {
namespace {

constexpr int channel_fd = 3;
constexpr std::size_t chunk_bytes = 64u << 10;

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto done = ::write(fd, bytes.data(), bytes.size());
    if (done <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

bool read_exactly(int fd, char* to, std::size_t size) {
  while (size > 0) {
    auto got = ::read(fd, to, size);
    if (got <= 0)
      return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool read_frame(int fd, frame_sender sender, frame_header& header, std::string& body) {
  frame_header_buffer head;
  if (!read_exactly(fd, reinterpret_cast<char*>(head.data()), head.size()))
    return false;
  header = decode_frame_header(head, sender, frame_bytes_max_highest).header;
  body.resize(header.body_bytes);
  return read_exactly(fd, body.data(), body.size());
}

/// Prepared frames; `first` is written into the rows of one piece before it goes out. `id` is sealed.
void send_rows(std::uint64_t id, std::uint64_t rows, std::size_t bytes, bool flush_each) {
  auto frame = encode_frame(frame_kind::row, 0, id, encode_row_body(0, "rows", row_payload(bytes)));
  auto per_piece = flush_each ? 1 : std::max<std::size_t>(1, chunk_bytes / frame.size());
  std::string piece;
  for (std::size_t i = 0; i < per_piece; ++i)
    piece += frame;
  for (std::uint64_t sent = 0; sent < rows;) {
    auto now = std::min<std::uint64_t>(per_piece, rows - sent);
    for (std::uint64_t i = 0; i < now; ++i) {
      auto sequence = sent + i; // little-endian here and in the protocol
      std::memcpy(piece.data() + i * frame.size() + frame_header_bytes, &sequence, sizeof sequence);
    }
    if (!write_all(channel_fd, std::string_view{piece}.substr(0, now * frame.size())))
      return;
    sent += now;
  }
}

/// 0 when it is none.
std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A child of ours with its handshake done; blocking pipes.
spawned_process started_child() {
  auto child = spawn(this_program_as_row_child());
  if (child.process.pid < 0)
    throw std::runtime_error{"the child could not be started: " + child.detail};
  auto process = std::move(child.process);
  for (int fd : {process.in.get(), process.channel.get()})
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  frame_header header;
  std::string body;
  bool good = read_frame(process.channel.get(), frame_sender::child, header, body) && write_all(process.in.get(), encode_frame(frame_kind::configure, 0, 1, "{}"))
              && read_frame(process.channel.get(), frame_sender::child, header, body);
  if (!good)
    throw std::runtime_error{"the child's handshake failed"};
  return process;
}

template <class Consume>
bare_result measure(const row_order& order, Consume&& consume) {
  auto process = started_child();
  auto begin = std::chrono::steady_clock::now();
  write_all(process.in.get(), encode_frame(frame_kind::request, 0, 2, order.body()));
  auto result = consume(process.channel.get());
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  signal_group(process.pid, SIGKILL);
  reap(process);
  return result;
}

} // namespace

std::string row_order::body() const { return fmt::format(R"({{"op":"rows","rows":{},"bytes":{},"flush_each":{}}})", rows, bytes, flush_each); }

std::string row_payload(std::size_t bytes) {
  std::string begin = R"({"name":"Nat.add_comm","kind":"theorem","line":1234,"score":0.5,"type":")";
  constexpr std::string_view end = R"("})";
  auto fill = bytes > begin.size() + end.size() ? bytes - begin.size() - end.size() : 0;
  return begin + std::string(fill, 'x') + std::string{end};
}

int serve_rows() {
  ::signal(SIGPIPE, SIG_IGN);
  write_all(channel_fd, encode_frame(frame_kind::hello, 0, 0,
                                     R"({"protocol":1,"child":{"kind":"rows","version":"1"},"pid":)" + std::to_string(::getpid())
                                       + R"(,"capabilities":["rows"],"limits":{"in_flight_max":1,"receive_bytes_max":268435456,"send_bytes_max":268435456}})"));
  frame_header header;
  std::string body;
  frame_sealer sealer;
  while (read_frame(0, frame_sender::parent, header, body)) {
    if (header.kind == frame_kind::terminate)
      return 0;
    auto order = nlohmann::json::parse(body, nullptr, false);
    if (header.kind == frame_kind::configure)
      if (auto key = parse_seal_key(order.value("seal_key", "")))
        sealer.use(*key);
    if (header.kind == frame_kind::request)
      send_rows(sealer.seal(frame_kind::row, header.request_id), order.value("rows", std::uint64_t{0}), order.value("bytes", std::size_t{200}),
                order.value("flush_each", false));
    if (header.kind != frame_kind::cancel)
      write_all(channel_fd, encode_frame(frame_kind::response, 0, sealer.seal(frame_kind::response, header.request_id), "{}"));
  }
  return 0;
}

int serve_json_lines(std::string_view row_bytes) {
  ::signal(SIGPIPE, SIG_IGN);
  auto line = row_payload(number(row_bytes)) + "\n";
  std::string piece;
  while (piece.empty() || piece.size() + line.size() <= chunk_bytes)
    piece += line;
  for (std::string order; std::getline(std::cin, order);)
    for (auto left = number(order) * line.size(); left > 0;) {
      auto now = std::min<std::uint64_t>(left, piece.size());
      if (!write_all(1, std::string_view{piece}.substr(0, now)))
        return 0;
      left -= now;
    }
  return 0;
}

process_spec this_program_as_row_child() {
  process_spec spec;
  spec.argv = {std::filesystem::read_symlink("/proc/self/exe").string(), std::string{row_serve_flag}};
  spec.environment = basic_environment();
  return spec;
}

bare_result bare_read_and_frame(const row_order& order) {
  return measure(order, [](int fd) {
    bare_result result;
    std::vector<std::uint8_t> buffer(1u << 20);
    std::size_t begin = 0;
    std::size_t end = 0;
    for (bool ended = false; !ended;) {
      if (buffer.size() - end < (128u << 10)) {
        std::memmove(buffer.data(), buffer.data() + begin, end - begin);
        end -= begin;
        begin = 0;
      }
      auto got = ::read(fd, buffer.data() + end, 128u << 10);
      if (got <= 0)
        throw std::runtime_error{"the pipe from the child broke"};
      end += static_cast<std::size_t>(got);
      result.bytes += static_cast<std::size_t>(got);
      while (end - begin >= frame_header_bytes) {
        std::span<const std::uint8_t, frame_header_bytes> head{buffer.data() + begin, frame_header_bytes};
        auto decoded = decode_frame_header(head, frame_sender::child, frame_bytes_max_highest);
        auto size = frame_header_bytes + decoded.header.body_bytes;
        if (end - begin < size)
          break;
        ended = decoded.header.kind == frame_kind::response;
        result.rows += ended ? 0 : 1;
        begin += size;
      }
    }
    return result;
  });
}

bare_result bare_copy(const row_order& order) {
  auto frame = frame_header_bytes + encode_row_body(0, "rows", row_payload(order.bytes)).size();
  auto all = order.rows * frame + frame_header_bytes + 2; // and the response
  return measure(order, [&](int fd) {
    bare_result result;
    result.rows = order.rows;
    std::vector<char> buffer(128u << 10);
    while (result.bytes < all) {
      auto got = ::read(fd, buffer.data(), buffer.size());
      if (got <= 0)
        throw std::runtime_error{"the pipe from the child broke"};
      result.bytes += static_cast<std::size_t>(got);
    }
    return result;
  });
}

} // namespace leanworker::bench
