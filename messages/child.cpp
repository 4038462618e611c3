// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/child.hpp>

#include <leanworker/messages/exit_cause.hpp>

namespace leanworker {

std::string child_down::meaning() const {
  bool left_by_itself = cause == errc::child_exited || cause == errc::child_failed || cause == errc::child_signalled;
  return left_by_itself ? std::string{describe(classify_exit(exit, stderr_tail))} : std::string{};
}

bool child_down::left_by_user_code() const {
  return cause == errc::child_failed && greeted && classify_exit(exit, stderr_tail) == exit_cause::user_exit;
}

std::string child_down::str() const {
  auto text = std::string{describe(cause)} + ": " + exit.str();
  if (auto words = meaning(); !words.empty())
    text += ", " + words;
  if (!detail.empty())
    text += " (" + detail + ")";
  return text;
}

} // namespace leanworker
