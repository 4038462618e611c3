// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/lean_setup.hpp>
#include <leanworker/actors/row_consumer.hpp>
#include <leanworker/config/event_log_config.hpp>
#include <leanworker/config/pool_config.hpp>
#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/pool_snapshot.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

/// The blocking front door, for code that is not an actor. No CAF in this header. Everything is safe from any thread; results are values, nothing throws but what the standard
/// library throws when memory is short.
///
///     auto pool = client::pool::open(client::lean_pool(lean, 2));
///     auto lease = pool.acquire({.imports = {"Init"}});
///     auto outcome = lease.run(R"({"op":"health"})");
namespace leanworker::client {

/// What the children of one kind run.
struct child_setup {
  process_spec child;
  worker_config worker;
};

struct pool_options {
  pool_config config;
  process_spec child;                ///< What every worker runs: any program that speaks docs/PROTOCOL.md.
  std::shared_ptr<host_thread> host; ///< Owns the children; null: the pool makes one.
  session_key default_key;           ///< Of the workers that are started at once.
  event_log_config event_log;        ///< Where the pool's events are written; an empty path: nowhere. A file that cannot be written ends the log, not the pool.
  bool measure = true;               ///< Memory is measured, so that memory limits are kept.
  /// What a child for a kind of key runs: called with `session_key::child_part`, on a thread of the pool; must be quick. Null: no such child can be made, and `problem` says why; requests
  /// for it are refused with `invalid_argument`. No function: `child` and `config.worker` for every kind.
  std::function<std::shared_ptr<const child_setup>(const session_key& kind, std::string& problem)> setups;
  /// Body of a request that opens a session for the key, for `prewarm`; an empty body, or no function: children are started but nothing is opened.
  std::function<std::string(const session_key& key)> warm_up;
};

/// A pool of Lean hosts. `search_path`: folders with compiled modules, before those of LEAN_PATH.
pool_options lean_pool(const lean_setup& lean, unsigned workers, const std::vector<std::string>& search_path = {});

struct lease_options {
  std::chrono::milliseconds wait{0}; ///< In the queue; 0: the pool's default.
  priority urgency = priority::normal;
  std::string caller;                ///< Whose share of the queue this counts on; empty: this pool object's.
  unsigned weight = 1;
  std::chrono::milliseconds expiry{0};
  std::stop_token stop;              ///< A stop request ends the waiting with `cancelled`.
};

struct run_options {
  std::chrono::milliseconds timeout{0};        ///< Of the work; 0: the pool's default.
  std::chrono::milliseconds import_timeout{0}; ///< 0: the pool's default.
  bool idempotent = false;
  std::uint64_t fingerprint = 0;
  std::stop_token stop;                        ///< A stop request cancels the request.
};

/// The end of a request with rows.
struct stream_outcome {
  request_outcome outcome; ///< Its code is the sink's where that failed first.
  rows_summary rows;
  std::vector<child_down> deaths; ///< As in `submission_done`.
  bool ok() const noexcept { return outcome.ok(); }
};

class pool;
struct connection;
struct lease_state;
struct row_call;
struct waiting_call;

/// The rows of a running request, pulled one by one. Move-only. Its end cancels the request, without waiting.
///
///     auto stream = lease.stream(body);
///     for (const data_row& row : stream)
///       use(row.json); // the views live until the next step
///     if (!stream.outcome().ok()) …   // then all of them are void
class row_stream {
public:
  row_stream(row_stream&& other) noexcept;
  row_stream& operator=(row_stream&& other) noexcept;
  ~row_stream();

  /// Blocks for the next row; false at the end. The child is slowed down as long as nobody asks.
  bool next(data_row& row);
  /// Hears of diagnostics, progress and log lines, in order with the rows; dropped otherwise. Called by `next`.
  void on_note(std::function<void(const row_note&)> hear) { on_note_ = std::move(hear); }
  /// How it ended. Before the end: ends it, with `cancelled`.
  const stream_outcome& outcome();
  void cancel();

  class iterator {
  public:
    using value_type = data_row;
    using difference_type = std::ptrdiff_t;
    explicit iterator(row_stream* stream) : stream_{stream} { ++*this; }
    const data_row& operator*() const noexcept { return row_; }
    iterator& operator++() {
      if (!stream_->next(row_))
        stream_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& one, std::default_sentinel_t) noexcept { return one.stream_ == nullptr; }

  private:
    row_stream* stream_;
    data_row row_;
  };
  iterator begin() { return iterator{this}; }
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  friend class lease;
  friend class pool;
  explicit row_stream(std::unique_ptr<row_call> call);
  explicit row_stream(request_outcome failed);
  void conclude();

  std::unique_ptr<row_call> call_; ///< Null once it has ended.
  row_slice slice_;
  stream_outcome outcome_;
  std::function<void(const row_note&)> on_note_;
};

/// The right to be the only user of one child. Move-only. Its end gives it back without waiting. It does not keep the pool: with the last `pool` handle it ends with `shutting_down`.
class lease {
public:
  lease() = default;
  lease(lease&& other) noexcept;
  lease& operator=(lease&& other) noexcept;
  ~lease() { release(); }

  /// It was granted, and nothing has been heard of its end.
  explicit operator bool() const noexcept { return valid(); }
  bool valid() const noexcept;
  /// Why it was not granted; `code` is `none` when it was.
  const lease_refused& refusal() const noexcept { return refusal_; }
  /// Why it ended; `none` while it has not, or when it was released.
  errc ended_because() const noexcept;
  const lease_token& token() const noexcept { return token_; }
  bool warm() const noexcept { return warm_; }             ///< The child had served this key before.
  std::chrono::microseconds waited() const noexcept { return waited_; }

  /// Runs one request; blocks until it has an outcome, which comes at the latest when its deadlines and the child's end have passed. On a lease that has ended: `lease_stale` at
  /// once, without touching a worker.
  request_outcome run(std::string body, const run_options& options = {});
  /// The same for a request with rows. The consumer is called on this thread while the child works, and never after the return. A consumer that does not return holds up the
  /// return, but nothing else: the request's deadline ends the child's work meanwhile, and the outcome is `sink_timeout` if the child was in time and the consumer was not.
  stream_outcome run(std::string body, row_consumer& consumer, const run_options& options = {});
  /// The same, with rows to be pulled. One request at a time: the next is refused with `worker_busy` while this one is neither at its end nor cancelled.
  row_stream stream(std::string body, const run_options& options = {});
  /// Keeps it from expiring while its holder thinks.
  void renew();
  /// Gives it back. Never blocks. Idempotent.
  void release() noexcept;

private:
  friend class pool;
  request_outcome stale() const;
  std::unique_ptr<row_call> start(std::string body, const run_options& options);
  /// One that was cancelled is over in a moment; until then the lease is busy.
  void wait_for_cancelled_stream();
  std::shared_ptr<connection> connection_;
  std::shared_ptr<lease_state> state_;
  lease_token token_;
  lease_refused refusal_;
  std::weak_ptr<waiting_call> last_stream_;
  std::chrono::microseconds waited_{0};
  bool warm_ = false;
};

/// A pool with its own actor system. A handle: copies are the same pool; with the last one the pool is stopped politely, at most `stop_patience` long, whatever leases and streams there still are.
class pool {
public:
  static constexpr std::chrono::seconds stop_patience{10};

  static pool open(pool_options options);

  /// Blocks until a lease is granted or refused: look at `lease.refusal()`.
  lease acquire(session_key key = {}, const lease_options& options = {});
  /// Runs one request on any worker: queued, retried as `submit_request` says. Blocks until its outcome.
  submission_done run(submit_request request, std::stop_token stop = {});
  /// With rows, as `lease::run` and `lease::stream`.
  stream_outcome run(submit_request request, row_consumer& consumer, std::stop_token stop = {});
  row_stream stream(submit_request request);

  void pause();
  void resume();
  pool_drained drain(std::chrono::milliseconds deadline);
  pool_answer resize(unsigned workers);
  pool_answer cycle(cycle_scope scope = cycle_scope::all, std::uint32_t slot = 0);
  pool_answer prewarm(session_key key, unsigned workers);
  pool_snapshot snapshot(bool reset_high_water = false);
  crash_dossiers dossiers();
  quarantine_list quarantined();
  pool_answer release_quarantine(std::uint64_t fingerprint = 0);
  /// Ends everything; what runs ends with `shutting_down`. Later calls give the same report.
  pool_stopped stop(bool firmly = false, std::chrono::milliseconds deadline = {});

  /// The actor behind it, for those who include CAF: a `caf::strong_actor_ptr` of a `pool_actor`. The pointer is valid as long as this pool is.
  const void* actor() const noexcept;

private:
  explicit pool(std::shared_ptr<connection> connection);
  std::unique_ptr<row_call> start(submit_request request);
  std::shared_ptr<connection> connection_;
  std::shared_ptr<void> keeper_; ///< Ends the pool with the last handle; leases and streams have the connection alone.
};

} // namespace leanworker::client
