// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/harness/life_world.hpp>

/// A random life of a pool on scripted children, in virtual time, checked against the invariants; in every third one the pool is below a supervisor, and may be killed. One
/// number, the seed, decides everything.
namespace leanworker::harness {

class random_life : public life_world {
public:
  explicit random_life(unsigned seed, unsigned steps = 60) : life_world{seed}, steps_{steps} {
    limits_ = limits();
    checker_ = invariant_checker{limits_};
    begin();
  }

  /// True when everything that must be true was. `story` tells what happened.
  bool live() {
    for (unsigned i = 0; i < steps_ && good(); ++i) {
      step();
      if (roll(3) == 0)
        settle();
      else
        settle_partly(roll(12), [this](unsigned among) { return roll(among); });
      if (roll(8) == 0)
        look_at_numbers();
      read_everything();
    }
    if (good())
      come_to_rest();
    if (good())
      end();
    return good();
  }
private:
  static constexpr unsigned clients_count = 3;

  // -- the beginning ---
  invariant_limits limits() {
    config_.workers = 1 + roll(3);
    config_.spares = roll(3) == 0 ? 1 : 0;
    config_.start_eagerly = roll(2) == 0;
    config_.isolate_sessions = roll(4) == 0;
    config_.queue_max = 2 + roll(20);
    config_.overtaken_max = roll(4);
    config_.ageing_step = milliseconds{500};
    config_.queue_wait = milliseconds{20'000};
    config_.lease_expiry = milliseconds{2'000};
    config_.quarantine.deaths_max = 1 + roll(3);
    config_.retry.attempts_max = 1 + roll(3);
    config_.retry.tokens_max = roll(6);
    config_.cycle.imports_max = roll(4);
    config_.cycle.requests_max = roll(3) == 0 ? 1 + roll(6) : 0;
    config_.cycle.idle = milliseconds{roll(4) == 0 ? 700 : 0};
    config_.cycle.age_max = milliseconds{roll(4) == 0 ? 3'000 : 0};
    config_.memory.budget_bytes = roll(3) != 0 ? 1000 : 0;
    config_.memory.worker_bytes_max = roll(4) == 0 ? 500 : 0;
    config_.breaker.failures_max = 1 + roll(4);
    auto& worker = config_.worker;
    worker.start_timeout = milliseconds{1'000};
    worker.import_timeout = milliseconds{2'000};
    worker.request_timeout = milliseconds{3'000};
    worker.cancel_grace = milliseconds{400};
    worker.reap_guard = milliseconds{5'000};
    worker.restart.restarts_max = roll(3) == 0 ? roll(3) : 100;
    worker.restart.failed_starts_max = 1 + roll(6);
    invariant_limits result;
    result.workers = config_.workers;
    result.spares = config_.spares;
    result.attempts_max = config_.retry.attempts_max;
    result.restarts_max = worker.restart.restarts_max;
    return result;
  }
  void begin() {
    began_ = sched.clock().current_time;
    pool_spec spec;
    spec.config = config_;
    spec.links = links.factory();
    spec.random = [this] { return static_cast<double>(dice_() % 1000) / 1000.0; };
    spec.warm_up = [](const session_key& key) { return key.imports.empty() ? std::string{} : std::string{R"({"warm":0})"}; };
    if (supervised_)
      supervise(std::move(spec));
    else
      pool_ = adopt(sys.spawn(pool, std::move(spec), pool_owner_actor{client_handle}));
    watcher_ = adopt(sys.spawn([this](pool_watcher_actor::pointer) -> pool_watcher_actor::behavior_type {
      return {[this](const pool_event& e) { hear(e); }};
    }));
    caf::send_as(watcher_, pool_, subscribe_pool{});
    for (unsigned i = 0; i < clients_count; ++i)
      add_client();
    settle();
  }
  void supervise(pool_spec spec) {
    supervisor_spec tree;
    tree.config.intensity = 1'000'000;
    auto start = [this, spec](caf::actor_system& system, std::uint64_t) {
      raw_pool_ = system.spawn(pool, spec, pool_owner_actor{client_handle});
      return caf::actor_cast<caf::actor>(raw_pool_);
    };
    tree.children.push_back({"pool", start, restart_type::permanent, std::chrono::hours{1}, child_kind::worker});
    supervisor_ = adopt(sys.spawn(supervisor, std::move(tree)));
    auto answer = self->request(supervisor_, caf::infinite, get_child{"pool"});
    settle();
    answer.receive([this](const child_handle& found) { pool_ = caf::actor_cast<pool_actor>(found.handle); },
                   [this](const caf::error&) { problem_ = "the supervisor does not know the pool"; });
  }
  /// The pool dies without a word, and its children with it; the next one begins anew behind the same handle.
  void kill_pool() {
    tell() << "-- the pool is killed";
    ++codes["pool killed"];
    read_everything();
    auto before = raw_pool_;
    auto born_before = links.children().size();
    caf::anon_send_exit(raw_pool_, caf::exit_reason::kill);
    settle();
    if (raw_pool_ == before)
      problem_ = "the supervisor did not start the pool again";
    for (std::size_t i = 0; i < born_before; ++i)
      if (links.children()[i]->live())
        problem_ = "I18: a child outlived its pool";
    auto earlier = checker_.problem;
    checker_ = invariant_checker{limits_};
    checker_.problem = earlier;
    for (auto& who : clients_)
      who.leases.clear(), who.read = who.record->heard.size();
    caf::send_as(watcher_, pool_, subscribe_pool{});
    settle();
  }
  void add_client() {
    auto& added = clients_.emplace_back();
    added.number = clients_.size();
    added.handle = adopt(sys.spawn([record = added.record](pool_client_actor::pointer me) -> pool_client_actor::behavior_type {
      me->set_default_handler(caf::drop);
      me->set_down_handler([](caf::down_msg&) {});
      auto note = [record](const auto& m) { record->heard.emplace_back(m); };
      return {[note](const submission_started& m) { note(m); }, [note](const submission_done& m) { note(m); },
              [note](const lease_granted& m) { note(m); }, [note](const lease_refused& m) { note(m); }, [note](const lease_ended& m) { note(m); }};
    }));
  }
  void hear(const pool_event& e) {
    story_ << "\n      " << to_string(e.kind) << " request " << e.request << " slot " << e.slot << '.' << e.generation << " lease " << e.lease << ' '
           << to_string(e.code) << ' ' << e.text;
    checker_.feed(e);
  }

  // -- one step ---
  life_client& any_client() { return clients_[roll(static_cast<unsigned>(clients_.size()))]; }
  template <class Message>
  void say(const life_client& who, Message message) {
    caf::send_as(caf::actor_cast<caf::actor>(who.handle), pool_, std::move(message)); // replies to orders of operators are dropped
  }
  session_key any_key() {
    session_key key;
    if (roll(3) != 0)
      key.imports = {std::string(1, static_cast<char>('A' + roll(3)))};
    if (roll(4) == 0)
      key.toolchain = "other";
    return key;
  }

  void step() {
    switch (roll(24)) {
      case 0:
      case 1:
      case 2:
      case 3: return submit_one();
      case 4: return wish();
      case 5:
      case 6: return use_lease();
      case 7: return cancel_one();
      case 8: return operate();
      case 9: return report_memory();
      case 10:
      case 11: {
        auto time = milliseconds{1 + roll(3'500)};
        tell() << "pass " << time.count();
        return pass(time, milliseconds{25});
      }
      case 12:
        if (roll(3) == 0)
          return kill_client();
        if (supervised_ && roll(4) == 0)
          return kill_pool();
        [[fallthrough]];
      default:
        if (auto child = any_child())
          child_acts(*child);
    }
  }
  void submit_one() {
    auto& who = any_client();
    submit_request request;
    request.id = ++last_ticket_;
    request.key = any_key();
    request.body = body(request.id);
    request.urgency = static_cast<priority>(roll(3));
    request.weight = 1 + roll(3);
    request.caller = roll(2) == 0 ? "shared" : "";
    request.idempotent = roll(2) == 0;
    request.fingerprint = roll(4) == 0 ? 1 + roll(2) : 0;
    request.request_timeout = milliseconds{roll(4) == 0 ? 200 : 0};
    request.wait = milliseconds{roll(4) == 0 ? 300 : 0};
    request.rows = any_port(request.id);
    idempotent_[request.id] = request.idempotent;
    tell() << "client " << who.number << " submits " << request.id << ' ' << request.key.str();
    checker_.submitted(who.number, request.id);
    if (!who.alive)
      checker_.client_died(who.number);
    say(who, std::move(request));
    if (roll(3) == 0)
      submit_one();
  }
  void wish() {
    auto& who = any_client();
    acquire_lease wanted;
    wanted.id = ++last_ticket_;
    wanted.key = any_key();
    wanted.urgency = static_cast<priority>(roll(3));
    wanted.wait = milliseconds{roll(3) == 0 ? 300 : 0};
    tell() << "client " << who.number << " wishes for " << wanted.id << ' ' << wanted.key.str();
    checker_.submitted(who.number, wanted.id);
    if (!who.alive)
      checker_.client_died(who.number);
    say(who, std::move(wanted));
  }
  void use_lease() {
    auto& who = any_client();
    if (who.leases.empty() || !who.alive)
      return;
    auto lease = who.leases[roll(static_cast<unsigned>(who.leases.size()))];
    switch (roll(4)) {
      case 0: return tell() << "release " << lease.number, say(who, release_lease{lease});
      case 1: return tell() << "renew " << lease.number, say(who, renew_lease{lease});
      default: break;
    }
    run_on_lease request;
    request.lease = lease;
    request.id = ++last_ticket_;
    request.body = body(request.id);
    request.request_timeout = milliseconds{roll(4) == 0 ? 200 : 0};
    request.rows = any_port(request.id);
    idempotent_[request.id] = false;
    leased_[request.id] = lease.generation;
    tell() << "client " << who.number << " runs " << request.id << " on lease " << lease.number;
    checker_.submitted(who.number, request.id);
    say(who, std::move(request));
  }
  void cancel_one() {
    auto id = 1 + roll(static_cast<unsigned>(last_ticket_ + 1));
    tell() << "cancel " << id;
    for (const auto& who : clients_)
      say(who, cancel_submission{id});
  }
  void operate() {
    const auto& who = clients_.front();
    switch (roll(9)) {
      case 0: return tell() << "pause", say(who, pause_pool{});
      case 1: return tell() << "resume", say(who, resume_pool{});
      case 2: return tell() << "drain", say(who, drain_pool{milliseconds{roll(2'000)}});
      case 3: return tell() << "resize", say(who, resize_pool{1 + roll(4)});
      case 4: return tell() << "cycle one", say(who, cycle_pool{cycle_scope::one, roll(3)});
      case 5: return tell() << "cycle all", say(who, cycle_pool{cycle_scope::all, 0});
      case 6: return tell() << "cycle rolling", say(who, cycle_pool{cycle_scope::rolling, 0});
      case 7: return tell() << "prewarm", say(who, prewarm_key{any_key(), roll(3)});
      default: return say(who, release_quarantine{0});
    }
  }
  void report_memory() {
    memory_report report;
    for (const auto& child : links.children())
      if (child->live() && roll(5) != 0) {
        memory_sample sample;
        sample.worker = worker_id(*child);
        sample.generation = child->generation;
        if (roll(6) != 0)
          sample.rss = measured_bytes::of(100 + roll(500));
        report.samples.push_back(sample);
      }
    tell() << "memory of " << report.samples.size();
    caf::anon_send(pool_, std::move(report));
  }
  void kill_client() {
    auto& who = any_client();
    if (!who.alive || clients_.size() > 12)
      return;
    tell() << "client " << who.number << " dies";
    who.alive = false;
    checker_.client_died(who.number);
    caf::anon_send_exit(who.handle, caf::exit_reason::kill);
    settle();
    read_everything();
    for (const auto& lease : who.leases)
      if (checker_.lease_is_open(lease.number))
        problem_ = "I13: a lease outlived its holder";
    ++codes["client died"];
    add_client();
  }

  // -- the end ---
  /// From now on every child is good and nobody orders anything: nothing may stay undecided (I25).
  void come_to_rest() {
    tell() << "-- comes to rest";
    say(clients_.back(), resume_pool{});
    settle();
    for (int round = 0; round < 600 && good() && !checker_.all_heard(); ++round) {
      good_children();
      pass(milliseconds{100}, milliseconds{25});
      read_everything();
    }
    if (good() && !checker_.all_heard())
      problem_ = "I25: something was never decided";
  }
  void look_at_numbers() {
    auto answer = self->request(pool_, caf::infinite, get_pool_snapshot{});
    settle();
    answer.receive([&](const pool_snapshot& shown) { checker_.check(shown); }, [&](const caf::error&) { problem_ = "I27: the pool is gone"; });
  }
  void end() {
    look_at_numbers();
    tell() << "stop";
    if (supervised_) { // told by the pool itself, a stop would only be followed by the next pool
      caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    } else {
      caf::anon_send(pool_, stop_pool{roll(2) == 0, milliseconds{roll(3) * 500}});
      caf::anon_send(pool_, stop_pool{false, {}}); // idempotent
    }
    settle();
    for (int round = 0; round < 400 && client->count<pool_stopped>() == 0; ++round) {
      good_children();
      pass(milliseconds{500}, milliseconds{100});
    }
    read_everything();
    if (good() && client->count<pool_stopped>() != 1)
      problem_ = "I27: the pool said " + std::to_string(client->count<pool_stopped>()) + " times that it had stopped";
    for (const auto& child : links.children())
      if (good() && child->live() && !child->stop_asked())
        problem_ = "I18: a child was left behind";
  }

  unsigned steps_;
};

} // namespace leanworker::harness
