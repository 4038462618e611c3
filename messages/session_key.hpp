// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leanworker {

/// What a request needs of the child that runs it. Equal keys may share a child and its open session; two keys are equal exactly when they describe the same
/// configuration, and then they print and hash alike.
struct session_key {
  // -- needs a process of its own ---
  std::string toolchain;  ///< Its folder; empty: the pool's.
  std::string project;    ///< Its folder; empty: none.
  std::string capability; ///< What of the user's code the child has loaded.
  std::string policy;     ///< Limits and settings of the child, by value, in one canonical text: two policies never share a child because they look alike.
  // -- can share a process ---
  std::vector<std::string> imports;           ///< Their order means something.
  std::map<std::string, std::string> options; ///< Of the import.
  std::string metadata;                       ///< What the capability is expected to say about itself.

  /// The part that needs a process of its own.
  session_key child_part() const { return {toolchain, project, capability, policy, {}, {}, {}}; }
  /// FNV-1a, 64 bits (Fowler, Noll, Vo), over the lengths and bytes of all parts: the same in every process.
  std::uint64_t hash() const noexcept;
  /// One line, readable, and read back by `parse`: `toolchain=/opt/lean imports=[Init.Data.List,Lean] options={maxRecDepth=100}`. Empty parts are left out; a key
  /// without any prints as `default`.
  std::string str() const;
  /// Empty when the text is not what `str` writes.
  static std::optional<session_key> parse(std::string_view text);

  friend bool operator==(const session_key&, const session_key&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, session_key& x) {
  return f(x.toolchain, x.project, x.capability, x.policy, x.imports, x.options, x.metadata);
}

} // namespace leanworker
