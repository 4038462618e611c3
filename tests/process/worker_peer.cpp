// SPDX-License-Identifier: Apache-2.0
#include "worker_peer.hpp"

#include <leanworker/actors/stream_runner.hpp>
#include <leanworker/messages/registry.hpp>

#include <gtest/gtest.h>

#include <caf/send.hpp>

#include <thread>

namespace leanworker::testing {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{30};

} // namespace

worker_peer::actor_config::actor_config() {
  register_messages(*this);
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", 2u);
  set("logger.verbosity", caf::atom("quiet"));
}

pool_config worker_peer::quick_config() {
  pool_config config;
  config.workers = 1;
  config.worker.request_timeout = std::chrono::seconds{20};
  config.worker.cancel_grace = std::chrono::milliseconds{500};
  config.worker.restart.backoff_initial = std::chrono::milliseconds{0};
  return config;
}

worker_peer::worker_peer(std::vector<std::string> child_arguments, const std::string& mark, pool_config config) {
  process_spec process;
  process.argv = {SCRIPTED_CHILD};
  process.argv.insert(process.argv.end(), child_arguments.begin(), child_arguments.end());
  process.environment = {{"LEANWORKER_TEST_MARK", mark}};
  pool_spec spec;
  spec.config = config;
  spec.links = [record = links_, real = process_links(host_, process)](caf::actor_system& system, std::uint64_t generation, worker_actor worker) {
    auto made = real(system, generation, std::move(worker));
    std::lock_guard lock{record->mutex};
    record->addresses.push_back(made.address());
    return made;
  };
  pool_ = self_->spawn(pool, spec, caf::actor_cast<pool_owner_actor>(caf::actor{self_}));
}

worker_peer::~worker_peer() {
  if (!stopped_)
    stop(true);
}

bool worker_peer::link_forgotten(std::size_t n) {
  std::lock_guard lock{links_->mutex};
  auto block = caf::actor_cast<caf::actor_control_block*>(links_->addresses.at(n));
  auto ends = clock::now() + std::chrono::seconds{5};
  while (block->weak_refs != 1 && clock::now() < ends)
    std::this_thread::sleep_for(std::chrono::milliseconds{1}); // CAF has no event for it
  return block->strong_refs == 0 && block->weak_refs == 1;
}

template <class Condition>
bool worker_peer::receive_until(Condition done) {
  auto ends = clock::now() + patience;
  while (!done() && clock::now() < ends)
    self_->receive([this](submission_done& m) { outcomes[m.id].push_back(std::move(m)); },
                   [this](stream_done& m) { streams[m.id].push_back(std::move(m)); }, [this](const worker_event& m) { events.push_back(m); }, [this](const submission_started& m) { ++started[m.id]; },
                   [this](const pool_stopped&) { stopped_ = true; }, caf::after(std::chrono::milliseconds{100}) >> [] {});
  return done();
}

void worker_peer::submit(ticket id, const std::string& body, std::chrono::milliseconds timeout) {
  submit_request request;
  request.id = id;
  request.body = body;
  request.request_timeout = timeout;
  request.idempotent = true;
  self_->send(pool_, std::move(request));
}

stream_done worker_peer::run_stream(ticket id, const std::string& body, const row_sink_actor& sink, std::chrono::milliseconds timeout) {
  submit_request request;
  request.body = body;
  request.request_timeout = timeout;
  stream_spec spec;
  spec.id = id;
  spec.pool = pool_;
  spec.request = std::move(request);
  spec.sink = sink;
  if (timeout.count() > 0)
    spec.request_timeout = timeout;
  system_.spawn(stream_runner, spec, caf::actor_cast<stream_requester_actor>(caf::actor{self_}));
  EXPECT_TRUE(receive_until([&] { return !streams[id].empty(); })) << "no end of stream " << id;
  return streams[id].empty() ? stream_done{} : streams[id].front();
}

void worker_peer::cancel(ticket id) { self_->send(pool_, cancel_submission{id}); }

worker_peer::answer worker_peer::wait(ticket id) {
  auto begin = clock::now();
  EXPECT_TRUE(receive_until([&] { return outcomes.contains(id); })) << "no outcome for " << id;
  answer result;
  if (outcomes.contains(id))
    result.done = outcomes[id].front();
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
  return result;
}

worker_peer::answer worker_peer::run(ticket id, const std::string& body, std::chrono::milliseconds timeout) {
  submit(id, body, timeout);
  return wait(id);
}

worker_event worker_peer::wait_event(worker_event_kind kind) {
  auto find = [&] { return std::find_if(events.begin(), events.end(), [&](const worker_event& e) { return e.kind == kind; }); };
  EXPECT_TRUE(receive_until([&] { return find() != events.end(); }));
  return find() != events.end() ? *find() : worker_event{};
}

bool worker_peer::stop(bool firmly) {
  self_->send(pool_, stop_pool{firmly});
  return receive_until([&] { return stopped_; });
}

} // namespace leanworker::testing
