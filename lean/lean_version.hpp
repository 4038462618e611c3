// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Which Lean a toolchain is, read without running it, and whether our host can be compiled for it.
namespace leanworker {

/// The versions that the sources of the Lean host are written for, both included: 4.26.0 to any 4.34.x.
inline constexpr unsigned lean_minor_lowest = 26;
inline constexpr unsigned lean_minor_highest = 34;
inline constexpr std::string_view lean_window = "4.26.0 to 4.34.x";

enum class lean_support {
  supported,
  too_old, ///< Refused before anything is compiled.
  newer,   ///< Tried.
  unknown, ///< Tried: the version could not be read.
};

struct lean_version_info {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  std::string text;   ///< As Lean spells it, for example "4.28.0-pre". Empty: unknown.
  std::string commit; ///< 40 hex digits, or empty.

  lean_support support() const noexcept;
};

/// Reads "4.28.0", "v4.30.0-rc2", "4.29.0-nightly-2026-02-01". Unknown for anything else.
lean_version_info parse_lean_version(std::string_view text);

/// Reads the first 80 bytes of `lib/lean/Init.olean`: "olean", header version 2, flags, version text (33 bytes, zero-padded), git hash (40). Files of an
/// earlier header version belong to a Lean that is too old; anything else is unknown. Never fails.
lean_version_info read_lean_version(const std::string& sysroot);

} // namespace leanworker
