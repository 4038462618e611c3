// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace leanworker::testing {

/// A parent without manners, for tests of children: starts a program with pipes at 0 to 3, and sends and receives whatever the test likes. Nothing
/// of the supervision code is used. Its destructor kills the program's process group and reaps it.
class raw_peer {
public:
  using clock = std::chrono::steady_clock;
  using patience = std::chrono::milliseconds;

  /// Frames as they came; `problem` says why there is none.
  struct received {
    frame_header header;
    std::string body;
    std::string problem;
    bool ok() const { return problem.empty(); }
  };

  /// `variables` are "NAME=value", added to the environment of this process.
  explicit raw_peer(const std::vector<std::string>& command, const std::vector<std::string>& variables = {});
  ~raw_peer();
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  pid_t pid() const { return pid_; }
  /// Gathers bytes and writes as many as the pipe takes now; the rest goes out whenever this object waits for something.
  void send_bytes(std::string_view bytes);
  void send(frame_kind kind, std::uint64_t id, std::string_view body = {}) { send_bytes(encode_frame(kind, 0, id, body)); }
  /// One write each. False if they were not taken in time.
  bool send_byte_by_byte(std::string_view bytes, patience time);
  /// End of file for the child, once everything was written.
  void close_in();
  /// Ends our reading: the child's writes fail from now on.
  void close_channel();

  /// From the next frame on, ids must be sealed with this key; `received` has them plain.
  void expect_seal(const seal_key& key) { key_ = key; }
  /// The next frame. Checks the header as a parent does.
  received receive(patience time);
  /// The exit code, or 128 + the signal's number; nothing if it is still there when the time is over. Reads on meanwhile, unless told not to.
  std::optional<int> wait_exit(patience time, bool read_channel = true);
  /// How many bytes wait in the pipe of descriptor 3.
  std::size_t unread_bytes() const;
  /// Whether the child has written everything up to its end of file on descriptor 3, and nothing but whole frames is left.
  bool at_clean_end_of_channel(patience time);

  /// What came on descriptors 1 and 2 so far.
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }
  /// Reads on until descriptor 2 has this text.
  bool wait_err(std::string_view text, patience time);

private:
  /// Moves bytes until something has happened or the deadline has passed. False at the deadline. Does not look at descriptor 3 unless told to.
  bool pump(clock::time_point deadline, bool read_channel = true);
  void write_pending();
  static bool read_into(int& fd, std::string& to);
  bool take_frame(received& into);
  void open_seal(received& into) const;

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int in_ = -1, channel_ = -1, out_fd_ = -1, err_fd_ = -1;
  bool close_in_asked_ = false;
  std::optional<seal_key> key_;
  std::string pending_;
  std::string frames_;
  std::size_t taken_ = 0;
  std::string out_, err_;
  std::optional<int> exit_code_;
};

/// Splits at spaces.
std::vector<std::string> words(std::string_view text);

} // namespace leanworker::testing
