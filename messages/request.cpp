// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/request.hpp>

namespace leanworker {

std::string_view to_string(request_phase phase) noexcept {
  switch (phase) {
    case request_phase::queue: return "queue";
    case request_phase::start: return "start";
    case request_phase::import: return "import";
    case request_phase::work: return "work";
  }
  return "unknown";
}

} // namespace leanworker
