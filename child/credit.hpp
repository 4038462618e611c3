// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/rows.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

/// Credit: how many bytes may be on their way from children to users. Who reads asks before each read; who lets go of a batch gives back, wherever that happens.
namespace leanworker {

class credit_gate;

/// A bound on the bytes of many gates together. Users who never let go must not stop everybody else: a gate that holds less than `floor_bytes` may always read on, so the bound
/// is exceeded by at most that much per child.
class credit_pool {
public:
  explicit credit_pool(std::size_t limit_bytes, std::size_t floor_bytes = 128u << 10) : limit_{limit_bytes}, floor_{floor_bytes} {}

  void charge(std::size_t bytes) noexcept { used_.fetch_add(bytes); }
  void give_back(std::size_t bytes);
  bool used_up() const noexcept { return used_.load() >= limit_; }
  std::size_t floor_bytes() const noexcept { return floor_; }
  std::size_t used_bytes() const noexcept { return used_.load(); }
  /// Tells the gate once, as soon as less than half is used; at once if that is so now.
  void wait(std::weak_ptr<credit_gate> gate);

private:
  void wake_if_half_free();

  std::size_t limit_;
  std::size_t floor_;
  std::atomic<std::size_t> used_{0};
  std::atomic<bool> somebody_waits_{false};
  std::mutex mutex_;
  std::vector<std::weak_ptr<credit_gate>> waiting_;
  static constexpr std::size_t sweep_at_least = 64;
  std::size_t sweep_at_ = sweep_at_least;
};

/// Byte credit of one request: how many bytes of frames may be on their way to its user. Reading stops at the limit and goes on below half of it, so that a slow user slows the
/// child through the pipe and costs a bounded amount of memory. Always held by shared_ptr.
class credit_gate : public std::enable_shared_from_this<credit_gate> {
public:
  /// `wake` is called (on any thread) when reading may go on after it was paused. It must be safe to call for as long as a batch lives.
  credit_gate(std::size_t limit_bytes, std::function<void()> wake, std::shared_ptr<credit_pool> pool = nullptr)
      : limit_{limit_bytes}, wake_{std::move(wake)}, pool_{std::move(pool)} {}

  void charge(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes);
  /// The reader's question before each read. Returns true and remembers the pause when the credit is used up.
  bool pause_if_used_up();
  std::size_t used_bytes() const noexcept { return used_.load(); }
  /// The pool has room again.
  void pool_has_room();

private:
  bool pool_stops(std::size_t used) const noexcept { return pool_ && used >= pool_->floor_bytes() && pool_->used_up(); }
  void resume();
  void wait_for_pool();

  std::size_t limit_;
  std::function<void()> wake_;
  std::shared_ptr<credit_pool> pool_;
  std::atomic<std::size_t> used_{0};
  std::atomic<bool> paused_{false};
  std::atomic<bool> listed_{false}; ///< The pool will tell it.
};

} // namespace leanworker
