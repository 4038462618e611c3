// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/error.hpp>

#include <leanworker/messages/registry.hpp>

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>

namespace leanworker {
namespace {

caf::atom_value category() { return caf::atom("leanworker"); }

} // namespace

caf::error to_error(const failure_reason& reason) {
  if (reason.code == errc::none)
    return caf::make_error(caf::exit_reason::normal);
  return caf::error{static_cast<std::uint8_t>(reason.code), category(), caf::make_message(reason)};
}

failure_reason reason_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown)
    return {};
  if (reason.category() == category()) {
    if (reason.context().match_elements<failure_reason>())
      return reason.context().get_as<failure_reason>(0);
    return {static_cast<errc>(reason.code()), std::string{describe(static_cast<errc>(reason.code()))}, {}};
  }
  failure_reason unknown{errc::actor_failed, {}, {}};
  if (reason.category() == caf::atom("exit"))
    unknown.text = to_string(static_cast<caf::exit_reason>(reason.code()));
  else
    unknown.text = caf::to_string(reason.category()) + " error " + std::to_string(reason.code());
  return unknown;
}

} // namespace leanworker
