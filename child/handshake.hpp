// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>
#include <leanworker/config/worker_config.hpp>
#include <leanworker/messages/child.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The JSON of the handshake and of small frames; docs/PROTOCOL.md, sections 2 and 3. Pure.
namespace leanworker {

/// The body of `configure`, still without the key of its child.
std::string encode_configure(const child_settings& settings);
/// The same body with `seal_key`. Precondition: it is one that `encode_configure` made.
std::string with_seal_key(std::string_view configure_body, const seal_key& key);

/// Reads a `hello`. False when it is not what the protocol demands; `problem` then names the member.
bool decode_hello(std::string_view body, child_hello& out, std::string& problem);

/// What a diagnostic, progress or log frame says; a member that is absent, or of another type, is empty. The one place where these bodies are
/// read: no tree is built, so that neither nesting nor size can harm.
struct child_note {
  std::string code;
  std::string level;
  std::string phase;
  std::string message;
  bool has_message = false;
  std::uint64_t current = 0;
  bool has_current = false;
  std::optional<std::uint64_t> total;
  bool host = false; ///< The host's own word, not that of a command that it runs.
};
/// False when the body is no JSON object, or nests deeper than 512 levels.
bool decode_child_note(std::string_view body, child_note& out);

/// The progress, or the log line, that a note is. False when it lacks what the protocol demands of one.
bool progress_of(const child_note& note, child_progress& out);
bool log_of(const child_note& note, child_log& out);

/// Reads a `progress`. False when it is not what the protocol demands.
bool decode_progress(std::string_view body, child_progress& out);

/// Reads a `log` or a `diagnostic`. False when it is not what the protocol demands.
bool decode_log(std::string_view body, child_log& out);

/// The code and message of an error object; both empty when the text is none.
struct error_object {
  std::string code;
  std::string message;
};
error_object decode_error(std::string_view body);

} // namespace leanworker
