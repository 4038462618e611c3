// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/registry.hpp>

namespace leanworker {

// Not in the header: it instantiates everything that CAF can do with each message, seconds of each compilation that includes it.
void register_messages(caf::actor_system_config& config) { config.add_message_types<caf::id_block::leanworker>(); }

} // namespace leanworker
