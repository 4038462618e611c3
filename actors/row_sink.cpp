// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_sink.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/internal/row_delivery.hpp>

#include <caf/send.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

namespace leanworker {
namespace {

using clock = row_consumer::clock;
using internal::row_delivery;

using refusal_taker = caf::typed_actor<caf::reacts_to<rows_refused>>;

/// The end as the runner told it.
request_outcome good_end(const finish_rows& order) {
  request_outcome outcome;
  outcome.body = order.result;
  return outcome;
}

/// What is late already is not begun: whoever asked has stopped waiting, and calls it a failure.
void settle(row_delivery& delivery, const finish_rows& order) {
  if (clock::now() > order.deadline)
    delivery.fail({errc::sink_timeout, "the sink took longer than the request had"});
  delivery.settle(good_end(order), order.summary, order.deadline);
}

// -- with a thread ------------------------------------------------------------------

using thread_order = std::variant<row_slice, finish_rows, discard_rows>;

/// What the actor and the thread share. The thread's answers go to the actor, which alone may deliver promises.
struct thread_box {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<thread_order> orders; ///< Slices are bounded by the request's credit; of the others there is one.
  bool closed = false;
  bool told_end = false;

  void post(thread_order order) {
    {
      std::lock_guard lock{mutex};
      told_end |= !std::holds_alternative<row_slice>(order);
      if (!closed)
        orders.push_back(std::move(order));
    }
    changed.notify_one();
  }
  /// The actor has ended. What the consumer must still hear is that its rows are void, unless it was told already how they end.
  void close() {
    std::deque<thread_order> dropped; // their credit goes back without the lock
    {
      std::lock_guard lock{mutex};
      closed = true;
      dropped.swap(orders);
      bool heard_end = told_end && (dropped.empty() || std::holds_alternative<row_slice>(dropped.back())); // it was taken out of here
      if (!dropped.empty() && std::holds_alternative<discard_rows>(dropped.back()))
        orders.push_back(std::move(dropped.back()));
      else if (!heard_end)
        orders.push_back(abandoned());
    }
    changed.notify_one();
  }
  static discard_rows abandoned() {
    discard_rows order;
    order.outcome.code = errc::caller_gone;
    order.outcome.message = describe(errc::caller_gone);
    return order;
  }
  bool is_closed() {
    std::lock_guard lock{mutex};
    return closed;
  }
  bool next(thread_order& out) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return closed || !orders.empty(); });
    if (orders.empty())
      return false;
    out = std::move(orders.front());
    orders.pop_front();
    return true;
  }
};

using threaded_sink_actor = row_sink_actor::extend<caf::reacts_to<rows_refused>, caf::reacts_to<rows_finished>>;

struct threaded_sink_state {
  std::shared_ptr<thread_box> box = std::make_shared<thread_box>();
  caf::strong_actor_ptr runner;
  caf::typed_response_promise<rows_finished> promise;

  threaded_sink_state() = default;
  ~threaded_sink_state() { box->close(); }
  static inline const char* name = "row_sink";
};

/// In pieces, because somebody may lose interest in between. False when the consumer has failed.
bool give_in_pieces(row_delivery& delivery, internal::slice_pacer& pacer, row_slice slice, thread_box& box) {
  while (slice.first < slice.last && !box.is_closed()) {
    row_slice piece{slice.batch, slice.first, std::min(slice.last, slice.first + pacer.next())};
    auto began = clock::now();
    if (!delivery.give(piece))
      return false;
    pacer.took(piece.last - piece.first, clock::now() - began);
    slice.first = piece.last;
  }
  return true;
}

void run_thread(const std::shared_ptr<thread_box>& box, const std::shared_ptr<row_consumer>& consumer, const caf::weak_actor_ptr& weak) {
  row_delivery delivery{*consumer};
  internal::slice_pacer pacer;
  auto tell = [&](auto message) {
    if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send(caf::actor_cast<threaded_sink_actor>(actor), std::move(message));
  };
  bool refused = false, settled = false;
  for (thread_order order; box->next(order); order = row_slice{}) {
    if (auto slice = std::get_if<row_slice>(&order)) {
      if (!give_in_pieces(delivery, pacer, std::move(*slice), *box) && !std::exchange(refused, true))
        tell(rows_refused{delivery.status().code, delivery.status().message});
    } else if (auto end = std::get_if<finish_rows>(&order)) {
      settle(delivery, *end);
      settled = true; // it has heard its end, also where the runner has lost patience meanwhile
      tell(rows_finished{delivery.status().code, delivery.status().message});
    } else if (auto failed = std::get_if<discard_rows>(&order); failed && !std::exchange(settled, true)) {
      consumer->discard(failed->outcome);
    }
  }
}

threaded_sink_actor::behavior_type threaded_row_sink(threaded_sink_actor::stateful_pointer<threaded_sink_state> self, std::shared_ptr<row_consumer> consumer) {
  internal::install_quiet_handlers(self);
  auto& state = self->state;
  // Detached: an actor may not wait for a user's function, which may take for ever. It holds nothing but the box and the consumer.
  std::thread{run_thread, state.box, std::move(consumer), caf::weak_actor_ptr{self->ctrl()}}.detach();
  return {
    [self, &state](row_slice& slice) {
      state.runner = self->current_sender();
      state.box->post(std::move(slice));
    },
    [self, &state](finish_rows& order) {
      state.promise = self->make_response_promise<rows_finished>();
      state.box->post(std::move(order));
      return state.promise;
    },
    [self, &state](discard_rows& order) {
      // The thread empties the box before it ends.
      state.box->post(std::move(order));
      self->quit();
    },
    [self, &state](const rows_refused& m) {
      if (state.runner)
        self->send(caf::actor_cast<refusal_taker>(state.runner), m);
    },
    [self, &state](const rows_finished& m) {
      state.promise.deliver(m);
      self->quit();
    },
  };
}

} // namespace

row_sink_actor::behavior_type row_sink(row_sink_actor::stateful_pointer<row_sink_state> self, std::shared_ptr<row_consumer> consumer) {
  internal::install_quiet_handlers(self);
  auto& state = self->state;
  state.consumer = std::move(consumer);
  state.delivery.emplace(*state.consumer);
  return {
    [self, &state](const row_slice& slice) {
      if (state.delivery->give(slice) || std::exchange(state.refused, true))
        return;
      const auto& status = state.delivery->status();
      if (auto runner = self->current_sender())
        self->send(caf::actor_cast<refusal_taker>(runner), rows_refused{status.code, status.message});
    },
    [self, &state](const finish_rows& order) {
      settle(*state.delivery, order);
      self->quit();
      return rows_finished{state.delivery->status().code, state.delivery->status().message};
    },
    [self, &state](const discard_rows& order) {
      state.consumer->discard(order.outcome);
      self->quit();
    },
  };
}

row_sink_actor spawn_row_sink_thread(caf::actor_system& system, std::shared_ptr<row_consumer> consumer) {
  return caf::actor_cast<row_sink_actor>(system.spawn(threaded_row_sink, std::move(consumer)));
}

} // namespace leanworker
