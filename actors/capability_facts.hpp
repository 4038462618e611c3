// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/command_error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a capability says of itself: its metadata, and its doctor's report. Two exports that are ordinary commands; these functions read their
/// results. Pure, no CAF, standard library only. Strict: a member of the wrong type, one that is missing, or an unknown severity is an error that
/// names it. Members that are not known here are ignored. Of a member that occurs twice the last counts.
namespace leanworker {

/// A command or capability and its version, any text.
struct named_version {
  std::string name; ///< Not empty.
  std::string version;
  friend bool operator==(const named_version&, const named_version&) = default;
};

/// {"commands": [{"name", "version"}], "capabilities": [{"name", "version"}], "lean_version"?: string, "extra"?: any}
struct capability_metadata {
  std::vector<named_version> commands;
  std::vector<named_version> capabilities;
  std::optional<std::string> lean_version; ///< Absent or null: not said.
  std::string extra;                       ///< JSON text as it came; empty: absent.
  friend bool operator==(const capability_metadata&, const capability_metadata&) = default;
};

enum class doctor_severity : std::uint8_t { pass, warning, error };

/// "pass", "warning" or "error".
std::string_view to_string(doctor_severity severity) noexcept;

struct doctor_diagnostic {
  doctor_severity severity = doctor_severity::pass;
  std::string code; ///< Not empty.
  std::string message;
  std::string details; ///< JSON text as it came; empty: absent.
  friend bool operator==(const doctor_diagnostic&, const doctor_diagnostic&) = default;
};

/// {"diagnostics": [{"severity": "pass" | "warning" | "error", "code", "message", "details"?}], "metadata"?: any}. A report full of errors is a
/// well-formed report.
struct doctor_report {
  std::vector<doctor_diagnostic> diagnostics;
  std::string metadata; ///< JSON text as it came; empty: absent.

  /// The worst severity in it; `pass` when it has no diagnostics.
  doctor_severity worst() const noexcept;
  friend bool operator==(const doctor_report&, const doctor_report&) = default;
};

/// More items in one of the lists are malformed.
inline constexpr std::size_t capability_items_max = 10'000;

/// Reads the metadata that `export_name` returned. False: `metadata_malformed`, naming the member, for example "commands[3].version".
bool decode_metadata(std::string_view export_name, std::string_view json, capability_metadata& out, command_error& error);

/// Reads the report that `export_name` returned. False: `doctor_malformed`, naming the member.
bool decode_doctor(std::string_view export_name, std::string_view json, doctor_report& out, command_error& error);

/// Whether the metadata is what was expected: equal lists in equal order, an equal Lean version, and an `extra` that is the same JSON (its spelling
/// and the order of its members do not matter). False: `metadata_mismatch`, naming the first member that differs, and its expected and actual value,
/// each cut to `excerpt_bytes_max` around where they begin to differ.
bool expect_metadata(std::string_view export_name, const capability_metadata& expected, const capability_metadata& actual, command_error& error);

} // namespace leanworker
