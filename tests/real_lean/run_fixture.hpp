// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lean_command.hpp"

#include <conformance_fixture.hpp>

#include <map>

namespace leanworker::testing {

/// A Lean host behind bare pipes, for requests of the operation `run`. A child that a test leaves behind in order, and that does not ask to be
/// replaced, serves the next one too: its start and the elaboration of the behaviours take seconds.
class run_host : public conformance {
protected:
  /// The rows of one request, which must come without gaps.
  struct streamed : answer {
    std::map<std::string, std::vector<std::string>> rows; ///< Payloads of each stream.
    std::vector<std::string> order;                       ///< The kind of each event; of a row, its stream.
  };

  void SetUp() override;
  void TearDown() override;
  static void TearDownTestSuite() { kept_.reset(); }

  /// For a fixture whose tests all start a child of their own.
  void set_up_lean_only();

  /// Asks for a command of tests/real_lean/capabilities/Behaviours.lean, or of another source there.
  std::uint64_t ask_for(const std::string& command, const std::string& request = "null", const std::string& source = "Behaviours.lean");
  /// The next frame that is no progress must be a row.
  void expect_row();
  streamed finish(std::uint64_t id);
  streamed run(const std::string& command, const std::string& request = "null") { return finish(ask_for(command, request)); }
  /// A request with any capability (JSON text).
  streamed run_of(const std::string& capability, const std::string& command, const std::string& request = "null");

  /// For a test that ends its child, or configures it in its own way.
  void start_own(const json& configuration = json::object());
  std::uint64_t rss_kib();
  /// The compiler of the toolchain under test; its sources may import what a capability may.
  static std::string compile(const scratch_folder& folder, const std::string& module);

  bool own_ = false;

private:
  static inline std::unique_ptr<raw_peer> kept_;
  static inline std::uint64_t kept_id_ = 0;
};

} // namespace leanworker::testing
