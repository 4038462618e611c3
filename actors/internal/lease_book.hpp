// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/pool_types.hpp>

#include <map>
#include <optional>
#include <vector>

namespace leanworker::internal {

struct lease_entry {
  lease_token token;
  client_number holder = 0;
  key_ptr key;
  std::chrono::milliseconds expiry{0};
  time_point last_active{};  ///< Granted, renewed, or the end of its last request.
  std::uint64_t job = 0;     ///< That runs on it; 0: none. A lease that works does not expire.
  errc ending = errc::none;  ///< It ends with this cause once its request has an outcome; until then its token opens nothing any more.
  std::string ending_detail;
  child_down ending_down;
};

/// All leases of a pool. A lease is granted once and leaves the book once; what has left is unknown from then on. Pure.
class lease_book {
public:
  lease_entry& grant(std::uint32_t slot, std::uint64_t generation, client_number holder, key_ptr key, std::chrono::milliseconds expiry,
                     time_point now);

  /// The lease that this token opens for this holder; null when it has ended, is ending, belongs to somebody else, or any number in it is wrong.
  lease_entry* open(const lease_token& token, client_number holder);
  lease_entry* find(std::uint64_t number);
  /// Takes a lease out of the book. Empty when it is not in it: it has ended before.
  std::optional<lease_entry> end(std::uint64_t number);

  std::vector<std::uint64_t> expired(time_point now) const;
  std::vector<std::uint64_t> of(client_number holder) const;
  std::vector<std::uint64_t> all() const;
  /// The earliest time at which one may expire; none when all work.
  std::optional<time_point> next_expiry() const;
  std::size_t size() const noexcept { return leases_.size(); }

private:
  std::map<std::uint64_t, lease_entry> leases_; ///< At most one per slot, so never more than there are slots.
  std::uint64_t last_number_ = 0;
};

} // namespace leanworker::internal
