// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace leanworker::scripted {

/// A way to do the handshake wrongly, without `serve`.
struct handshake_variant {
  std::string_view name;
  std::string_view help;
  void (*perform)();
};

/// For `--hello`: each writes something in place of the hello, then answers `configure` rightly and reads to the end of file.
const std::vector<handshake_variant>& hello_variants();

/// For `--configure-reply`: each says hello rightly, reads `configure`, and does something else than answer it rightly.
const std::vector<handshake_variant>& configure_variants();

} // namespace leanworker::scripted
