// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/exit_status.hpp>

#include <csignal>
#include <cstring>
#include <system_error>

namespace leanworker {

exit_status exit_status::from_wait(int code, int status) {
  switch (code) {
    case CLD_EXITED: return exited(status);
    case CLD_KILLED: return signalled(status, false);
    case CLD_DUMPED: return signalled(status, true);
    default: return {};
  }
}

std::string exit_status::str() const {
  switch (how) {
    case kind::exited: return "exit code " + std::to_string(value);
    case kind::signalled: {
      auto abbreviation = sigabbrev_np(value);
      auto name = abbreviation ? "SIG" + std::string{abbreviation} : std::string{"unnamed"};
      return "killed by signal " + std::to_string(value) + " (" + name + (core ? ", core dumped)" : ")");
    }
    case kind::not_started: return "not started: " + std::generic_category().message(value);
    case kind::unknown: break;
  }
  return "unknown";
}

} // namespace leanworker
