// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>
#include <leanworker/config/worker_config.hpp>
#include <leanworker/messages/child.hpp>

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
