// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/pool.hpp>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leanworker::testing {

/// A pool of scripted children, and the client that a test speaks through.
class worker_peer {
public:
  struct answer {
    submission_done done;
    std::chrono::milliseconds took{0};
  };

  worker_peer(std::vector<std::string> child_arguments, const std::string& mark, pool_config config = quick_config());
  ~worker_peer();

  /// A pool of one worker with short deadlines and no delays between restarts.
  static pool_config quick_config();

  void submit(ticket id, const std::string& body, std::chrono::milliseconds timeout = {});
  void cancel(ticket id);
  /// Waits for the outcome of one submission; fails the test after 30 s.
  answer wait(ticket id);
  answer run(ticket id, const std::string& body, std::chrono::milliseconds timeout = {});
  /// Waits for an event of this kind.
  worker_event wait_event(worker_event_kind kind);
  /// Runs a submission with rows to its end, sink included; fails the test after 30 s.
  stream_done run_stream(ticket id, const std::string& body, const row_sink_actor& sink, std::chrono::milliseconds timeout = {});
  caf::actor_system& system() { return system_; }
  /// Stops the pool and waits for its last word.
  bool stop(bool firmly = false);

  /// Whether nobody but this knows any more of the link of the n-th child that was started; waits up to 5 s for its end.
  bool link_forgotten(std::size_t n);

  std::vector<worker_event> events;
  std::map<ticket, std::vector<submission_done>> outcomes; ///< More than one for a ticket is a defect.
  std::map<ticket, unsigned> started;
  std::map<ticket, std::vector<stream_done>> streams;

private:
  struct actor_config : caf::actor_system_config {
    actor_config();
  };
  /// Receives messages until `done`; false after 30 s.
  template <class Condition>
  bool receive_until(Condition done);

  struct link_record {
    std::mutex mutex;
    std::vector<caf::actor_addr> addresses;
  };

  std::shared_ptr<link_record> links_ = std::make_shared<link_record>();
  actor_config config_;
  std::shared_ptr<host_thread> host_ = std::make_shared<host_thread>();
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  pool_actor pool_;
  bool stopped_ = false;
};

} // namespace leanworker::testing
