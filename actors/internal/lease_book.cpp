// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/lease_book.hpp>

#include <algorithm>

namespace leanworker::internal {

lease_entry& lease_book::grant(std::uint32_t slot, std::uint64_t generation, client_number holder, key_ptr key,
                               std::chrono::milliseconds expiry, time_point now) {
  auto number = ++last_number_;
  auto& added = leases_[number];
  added.token = {number, slot, generation};
  added.holder = holder;
  added.key = std::move(key);
  added.expiry = expiry;
  added.last_active = now;
  return added;
}

lease_entry* lease_book::open(const lease_token& token, client_number holder) {
  auto found = find(token.number);
  bool opens = found && found->token == token && found->holder == holder && found->ending == errc::none;
  return opens ? found : nullptr;
}

lease_entry* lease_book::find(std::uint64_t number) {
  auto found = leases_.find(number);
  return found == leases_.end() ? nullptr : &found->second;
}

std::optional<lease_entry> lease_book::end(std::uint64_t number) {
  auto found = leases_.find(number);
  if (found == leases_.end())
    return std::nullopt;
  auto ended = std::move(found->second);
  leases_.erase(found);
  return ended;
}

std::vector<std::uint64_t> lease_book::expired(time_point now) const {
  std::vector<std::uint64_t> found;
  for (const auto& [number, lease] : leases_)
    if (lease.job == 0 && lease.last_active + lease.expiry <= now)
      found.push_back(number);
  return found;
}

std::vector<std::uint64_t> lease_book::of(client_number holder) const {
  std::vector<std::uint64_t> found;
  for (const auto& [number, lease] : leases_)
    if (lease.holder == holder)
      found.push_back(number);
  return found;
}

std::vector<std::uint64_t> lease_book::all() const {
  std::vector<std::uint64_t> found;
  for (const auto& [number, lease] : leases_)
    found.push_back(number);
  return found;
}

std::optional<time_point> lease_book::next_expiry() const {
  std::optional<time_point> next;
  for (const auto& [number, lease] : leases_)
    if (auto due = lease.last_active + lease.expiry; lease.job == 0 && (!next || due < *next))
      next = due;
  return next;
}

} // namespace leanworker::internal
