// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/pool_event.hpp>
#include <leanworker/messages/pool_snapshot.hpp>

#include <chrono>
#include <string>

/// What a pool tells about itself as JSON, one line each. Members are described in docs/OBSERVABILITY.md. What is unavailable is null, never zero. Text that is not valid
/// UTF-8 is mended, never refused.
namespace leanworker {

std::string to_json(const pool_snapshot& snapshot);

/// `at`: the wall clock when it was heard; members that are 0 or empty are left out.
std::string to_json(const pool_event& event, std::chrono::system_clock::time_point at);

std::string to_json(const crash_dossier& dossier);

} // namespace leanworker
