// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/child.hpp>

#include <leanworker/messages/exit_cause.hpp>

namespace leanworker {

std::string child_down::str() const {
  auto text = std::string{describe(cause)} + ": " + exit.str();
  // How it left explains an end that nothing else explains; after a stop of ours it would only mislead.
  bool left_by_itself = cause == errc::child_exited || cause == errc::child_failed || cause == errc::child_signalled;
  auto meaning = describe(classify_exit(exit, stderr_tail));
  if (left_by_itself && !meaning.empty())
    text += ", " + std::string{meaning};
  if (!detail.empty())
    text += " (" + detail + ")";
  return text;
}

} // namespace leanworker
