// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/serve.hpp>

namespace leanworker::internal {

/// The body of `hello` for this process.
std::string hello_body(const child_facts& facts);

/// Reads the body of `configure`. Throws `request_error` `bad_request`, naming the member.
child_configuration read_configuration(std::string_view body, const child_facts& facts);

struct health_facts {
  std::chrono::steady_clock::time_point started;
  std::vector<std::uint64_t> running;
  std::uint64_t requests_done = 0;
};

/// The result of `health`.
std::string health_body(const health_facts& facts);

} // namespace leanworker::internal
