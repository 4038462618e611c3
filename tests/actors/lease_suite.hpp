// SPDX-License-Identifier: Apache-2.0
#pragma once

// Define CAF_SUITE before this, and include it last, as actor_suite.hpp.
#include <leanworker/tests/actors/actor_suite.hpp>

namespace leanworker {

/// What suites about leases and about orders of operators share.
struct lease_suite : actor_suite {
  lease_token acquire(const pool_actor& pool, ticket id, std::string import = "") {
    acquire_lease wish;
    wish.id = id;
    if (!import.empty())
      wish.key.imports = {std::move(import)};
    tell(pool, wish);
    return granted(id);
  }
  lease_token granted(ticket id) const {
    for (const auto& one : client->all<lease_granted>())
      if (one.id == id)
        return one.lease;
    return {};
  }
  std::string refused(ticket id) const {
    for (const auto& one : client->all<lease_refused>())
      if (one.id == id)
        return std::string{to_string(one.code)};
    return "-";
  }
  std::string ended(const lease_token& lease) const {
    std::string causes;
    for (const auto& one : client->all<lease_ended>())
      if (one.lease == lease)
        causes += to_string(one.cause);
    return causes;
  }
  void run(const pool_actor& pool, const lease_token& lease, ticket id, bool idempotent = false) {
    run_on_lease request;
    request.lease = lease;
    request.id = id;
    request.body = R"({"id":)" + std::to_string(id) + "}";
    request.idempotent = idempotent;
    tell(pool, request);
  }
  pool_snapshot numbers(const pool_actor& pool) {
    pool_snapshot result;
    auto answer = self->request(pool, caf::infinite, get_pool_snapshot{});
    settle();
    answer.receive([&](const pool_snapshot& shown) { result = shown; }, [](const caf::error&) {});
    return result;
  }
  template <class Message>
  pool_answer order(const pool_actor& pool, Message message) {
    pool_answer result{errc::actor_failed, {}};
    auto answer = self->request(pool, caf::infinite, std::move(message));
    settle();
    answer.receive([&](const pool_answer& given) { result = given; }, [](const caf::error&) {});
    return result;
  }
};

} // namespace leanworker
