// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/credit.hpp>

#include <algorithm>
#include <utility>

namespace leanworker {

void credit_pool::give_back(std::size_t bytes) {
  used_.fetch_sub(bytes);
  if (somebody_waits_.load())
    wake_if_half_free();
}

void credit_pool::wait(std::weak_ptr<credit_gate> gate) {
  {
    std::lock_guard lock{mutex_};
    if (waiting_.size() >= sweep_at_) { // gates of requests that are over
      std::erase_if(waiting_, [](const auto& one) { return one.expired(); });
      sweep_at_ = std::max(sweep_at_least, 2 * waiting_.size());
    }
    waiting_.push_back(std::move(gate));
    somebody_waits_.store(true);
  }
  wake_if_half_free(); // room may have come before we were in the list
}

void credit_pool::wake_if_half_free() {
  std::vector<std::weak_ptr<credit_gate>> woken;
  {
    std::lock_guard lock{mutex_};
    if (used_.load() > limit_ / 2)
      return;
    woken.swap(waiting_);
    somebody_waits_.store(false);
  }
  for (const auto& one : woken)
    if (auto gate = one.lock())
      gate->pool_has_room();
}

void credit_gate::charge(std::size_t bytes) noexcept {
  used_.fetch_add(bytes);
  if (pool_)
    pool_->charge(bytes);
}

void credit_gate::resume() {
  if (paused_.exchange(false))
    wake_();
}

void credit_gate::give_back(std::size_t bytes) {
  auto left = used_.fetch_sub(bytes) - bytes;
  if (pool_)
    pool_->give_back(bytes);
  if (left > limit_ / 2 || !paused_.load())
    return;
  if (pool_stops(left))
    wait_for_pool();
  else
    resume();
}

void credit_gate::wait_for_pool() {
  if (!listed_.exchange(true)) // once is enough, however often it pauses
    pool_->wait(weak_from_this());
}

void credit_gate::pool_has_room() {
  listed_.store(false);
  if (used_.load() < limit_)
    resume(); // otherwise the user's own next step does
}

bool credit_gate::pause_if_used_up() {
  auto used = used_.load();
  bool pool = used < limit_ && pool_stops(used);
  if (used < limit_ && !pool)
    return false;
  paused_.store(true);
  if (pool)
    wait_for_pool();
  // Credit may have come back between the lines; then nobody would wake us.
  used = used_.load();
  if (pool_stops(used)) {
    if (!pool)
      wait_for_pool();
    return paused_.load();
  }
  if (!pool && used > limit_ / 2)
    return true;
  return !paused_.exchange(false);
}

} // namespace leanworker
