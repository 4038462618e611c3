// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The `check` request of the Lean host and its result; docs/PROTOCOL.md, section 4.2.
namespace leanworker {

struct check_request {
  std::string path;        ///< Absolute; the child reads it. Or empty, and `source` counts.
  std::string source;      ///< Valid UTF-8.
  std::string file_name;   ///< The label in messages; empty: `path`.
  std::vector<std::string> imports; ///< For a source without header; empty: Lean's default.
  std::vector<std::pair<std::string, std::string>> options; ///< Lean options, name and JSON value.
  std::optional<std::uint64_t> heartbeats; ///< Lean's maxHeartbeats, in thousands; 0: no limit.
  std::uint32_t messages_max = 1000;
  std::uint32_t declarations_max = 1000;
  std::uint32_t output_bytes_max = 1u << 20;
  bool axioms = false;
  bool recheck = false; ///< Let the kernel judge all that the file added once more.
  std::vector<std::string> main_module; ///< The components of the file's module; empty: `_stdin`, as Lean calls a file outside of its root folder.
};

/// The body of a request that opens the session of files whose headers have these imports, in order; docs/PROTOCOL.md, section 4.1. Lean adds `Init` to
/// a header, so it is the first one here too. Empty where one of them is no plain module name (`public import`, `module`).
std::string encode_open_session(const std::vector<std::string>& imports);

/// The request's body. JSON text.
std::string encode_check(const check_request& request);

enum class verdict : std::uint8_t { accepted, has_warnings, has_errors, incomplete };
std::string_view to_string(verdict value) noexcept;

struct lean_message {
  std::string severity; ///< error, warning or info.
  std::string text;
  std::string kind; ///< May be empty.
  std::uint64_t line = 0;   ///< From 1.
  std::uint64_t column = 0; ///< From 0, in characters.
  std::optional<std::uint64_t> end_line;
  std::optional<std::uint64_t> end_column;
};

struct lean_declaration {
  std::string name;
  std::string kind;
  bool sorry = false;
  std::vector<std::string> axioms;             ///< Only if asked for.
  std::uint32_t library_theorems_assumed = 0;  ///< Only if asked for.
  std::vector<std::string> not_seen;           ///< Only if asked for: of other modules than the toolchain's, what came without a body.
};

/// Something that whoever relies on a file should know; the values of `what` are listed in docs/PROTOCOL.md, section 4.2.
struct trust_item {
  std::string what;
  std::string name;
  std::optional<std::uint64_t> line; ///< From 1.
};

/// Whether such an item lets a statement stand on more than Lean's kernel, its three axioms and what was seen.
bool weakens_proofs(const trust_item& item) noexcept;

struct check_report {
  verdict result = verdict::has_errors;
  std::vector<lean_message> messages;
  bool messages_truncated = false;
  std::uint64_t errors = 0;
  std::uint64_t warnings = 0;
  std::uint64_t infos = 0;
  std::vector<lean_declaration> declarations;
  bool declarations_truncated = false;
  std::vector<trust_item> trust;
  bool trust_truncated = false;
  std::uint64_t elapsed_ms = 0;
  std::uint64_t import_ms = 0;
  std::uint64_t heartbeats = 0;
};

/// Reads a result. False when it is not what the protocol says; `problem` names the place.
bool decode_check_report(std::string_view body, check_report& out, std::string& problem);

/// Reads one message that a child told before it ended: the body of a diagnostic with the code `message`. False when it is something else.
bool decode_early_message(std::string_view body, lean_message& out);

} // namespace leanworker
