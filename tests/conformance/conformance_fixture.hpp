// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "raw_peer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace leanworker::testing {

using nlohmann::json;
using namespace std::chrono_literals;

/// Bounds for things that must happen: long, so that only a child that hangs fails by them.
inline constexpr auto start_patience = 30s;
inline constexpr auto answer_patience = 30s;
/// Section 2: one second after `terminate`; the rest is for a busy machine.
inline constexpr auto leave_patience = 1s + 1s;

/// With the highest bit in every byte: a child that mistakes signs shows it.
inline constexpr seal_key some_key{{0xff, 0x80, 0x81, 0xfe, 0xa5, 0x9c, 0xd7, 0xe3, 0xf0, 0x8f, 0xbb, 0xc6, 0x99, 0xaa, 0xde, 0x90}};

/// A child of the program named by LEANWORKER_CONFORMANCE_CHILD (a command line, split at spaces), with the variables of
/// LEANWORKER_CONFORMANCE_ENV (NAME=value, split at spaces) added.
class conformance : public ::testing::Test {
protected:
  struct answer {
    bool is_error = false;
    bool asks_to_retire = false;
    std::string text;
    json value;
    std::vector<raw_peer::received> events; ///< What came with this id before.
    std::string code() const { return is_error ? value.value("code", "") : "no error: " + text.substr(0, 200); }
  };

  /// A fresh child in place of the one before. Reads its hello.
  void start();
  /// The same, and configured with a key: every frame from then on must be sealed.
  void start_configured(const json& configuration = json::object());

  std::uint64_t configure(std::string_view body);
  std::uint64_t request(const json& body) { return request_text(body.dump()); }
  std::uint64_t request_text(std::string_view body);
  /// The response to `id`. Every frame on the way there is checked; those with other ids must be log lines.
  answer response(std::uint64_t id);
  answer ask(const json& body) { return response(request(body)); }
  answer ask_text(std::string_view body) { return response(request_text(body)); }

  bool can(std::string_view op) const;
  /// A request that runs for a long time and obeys `cancel`; null if this child has none.
  json long_request() const;
  /// Sends it, and waits until the child says that it is running.
  std::uint64_t start_long_request();
  std::vector<std::uint64_t> running();

  void expect_alive();
  void expect_exit(int code, std::chrono::milliseconds time = leave_patience);
  void expect_broken_connection();

  std::unique_ptr<raw_peer> peer_;
  json hello_;
  std::uint64_t last_id_ = 0;
  bool asked_to_retire_ = false; ///< The present child did, in any response so far.
};

/// Checks what section 2 says about the body of an event or response.
void expect_well_formed(const raw_peer::received& frame);

} // namespace leanworker::testing
