// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace leanworker::scripted {

/// Descriptor 3 without the manners of `serve`: for behaviours that break the protocol. Writes the bytes it is given, in whatever order.
class channel {
public:
  /// Keeps a duplicate of descriptor 3. Call before anything moves or replaces it.
  static channel& of_this_process();

  /// Ends the process with exit code 3 if they cannot be written.
  void write(std::string_view bytes);
  /// Seals it, once there is a key.
  void frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body);
  void plain_frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id_field, std::string_view body);
  /// As `frame` from now on; the one at a time that answers a request may call it.
  void seal_with(const seal_key& key) { sealer_.use(key); }
  std::uint64_t sealed(frame_kind kind, std::uint64_t request_id) { return sealer_.seal(kind, request_id); }
  /// Closes every descriptor of this process that leads to the same pipe.
  void close_everywhere();
  /// Descriptor 3 is replaced by a pipe whose bytes a thread hands on one by one. `finish_drip` waits until all have gone.
  void drip();
  void finish_drip();

private:
  channel();
  bool try_write(std::string_view bytes);
  frame_sealer sealer_;
  int fd_;
  ino_t pipe_;
};

/// Reads one frame from descriptor 0 without checking it; nothing at end of file.
struct raw_frame {
  frame_header header;
  std::string body;
};
std::optional<raw_frame> read_frame();

/// Reads descriptor 0 to its end, and forgets.
void drain_stdin();

/// Never returns, takes no time.
[[noreturn]] void hang_for_ever();

/// A correct body of `hello`.
std::string plain_hello();

} // namespace leanworker::scripted
