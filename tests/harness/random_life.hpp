// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/harness/actor_fixture.hpp>
#include <leanworker/harness/invariants.hpp>

#include <caf/send.hpp>

#include <map>
#include <random>
#include <sstream>

/// A random life of a pool on scripted children, in virtual time, checked against the invariants. One number, the seed, decides everything.
namespace leanworker::harness {

/// A client of the pool that writes down what it hears, with the life's other clients in one trace.
struct life_client {
  std::uint64_t number = 0;
  pool_client_actor handle;
  std::shared_ptr<recorded<submission_started, submission_done, lease_granted, lease_refused, lease_ended>> record
    = std::make_shared<recorded<submission_started, submission_done, lease_granted, lease_refused, lease_ended>>();
  std::size_t read = 0; ///< Entries that were checked already.
  bool alive = true;
  std::vector<lease_token> leases;
};

class random_life : actor_fixture {
public:
  explicit random_life(unsigned seed, unsigned steps = 60) : dice_{seed}, steps_{steps}, checker_{limits()} {
    begin();
  }

  /// True when everything that must be true was. `story` tells what happened.
  bool live() {
    for (unsigned i = 0; i < steps_ && good(); ++i) {
      step();
      settle();
      read_everything();
    }
    if (good())
      come_to_rest();
    if (good())
      end();
    return good();
  }
  std::string problem() const { return problem_.empty() ? checker_.problem : problem_; }
  std::string story() const { return story_.str(); }
  /// How often each outcome came up.
  std::map<std::string, int> codes;

private:
  using milliseconds = std::chrono::milliseconds;
  static constexpr unsigned clients_count = 3;

  unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  bool good() const { return problem_.empty() && checker_.problem.empty(); }
  std::ostream& tell() { return story_ << "\n  " << story_time() << ' '; }
  std::string story_time() {
    return std::to_string(std::chrono::duration_cast<milliseconds>(sched.clock().current_time - began_).count()) + " ms:";
  }

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
    config_.memory.budget_bytes = roll(3) == 0 ? 1000 : 0;
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
    pool_ = adopt(sys.spawn(pool, std::move(spec), pool_owner_actor{client_handle}));
    watcher_ = adopt(sys.spawn([this](pool_watcher_actor::pointer) -> pool_watcher_actor::behavior_type {
      return {[this](const pool_event& e) { hear(e); }};
    }));
    caf::send_as(watcher_, pool_, subscribe_pool{});
    for (unsigned i = 0; i < clients_count; ++i)
      add_client();
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
        if (roll(6) == 0)
          return kill_client();
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
    request.request_timeout = milliseconds{roll(4) == 0 ? 200 : 0};
    request.wait = milliseconds{roll(4) == 0 ? 300 : 0};
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
    idempotent_[request.id] = false;
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
    add_client();
  }

  // -- children ---
  std::string body(ticket id) { return R"({"op":"work","id":)" + std::to_string(id) + "}"; }
  /// Worker ids are slots of the pool; a worker that was lost is followed by another actor in the same slot.
  std::uint32_t worker_id(const scripted_child& child) const { return static_cast<std::uint32_t>(child.slot); }
  scripted_child* any_child() {
    std::vector<scripted_child*> alive;
    for (const auto& child : links.children())
      if (child->live())
        alive.push_back(child.get());
    return alive.empty() ? nullptr : alive[roll(static_cast<unsigned>(alive.size()))];
  }
  void child_acts(scripted_child& child) {
    auto& out = tell() << "child " << child.slot << '.' << child.generation << ' ';
    if (child.stop_asked() && roll(8) != 0)
      return out << "leaves", child.leave();
    switch (roll(16)) {
      case 0: return out << "crashes", child.crash();
      case 1: return out << "leaves unasked", child.down(errc::child_exited, exit_status::exited(0));
      case 2: return out << "loses its link", child.lose_link();
      case 3: return out << "breaks its channel", child.fault(errc::frame_bad_magic), child.down(errc::child_signalled);
      case 4: return out << "answers what was not asked", child.respond(999);
      case 5: return out << "imports", child.progress("import", 0, 1), child.progress("import", 1, 1);
      case 6: return out << "repeats a dead one", child.echo_of_the_dead();
      default: go_on(child, out);
    }
  }
  /// What a good child does next.
  void go_on(scripted_child& child, std::ostream& out) {
    if (child.sent(frame_kind::configure).empty())
      return out << "gets ready", child.become_ready();
    auto requests = child.sent(frame_kind::request);
    auto& answered = answered_[&child];
    if (requests.empty() || requests.back().request_id <= answered)
      return void(out << "is idle");
    answered = requests.back().request_id;
    out << "answers " << requests.back().body;
    child.answer(requests.back().body);
  }

  // -- what must be true ---
  void read_everything() {
    for (auto& who : clients_)
      for (; who.read < who.record->heard.size(); ++who.read)
        std::visit([&](const auto& message) { check(who, message); }, who.record->heard[who.read]);
    check_children();
  }
  void check(life_client&, const submission_started&) {}
  void check(life_client& who, const lease_granted& m) {
    checker_.heard(who.number, m.id);
    who.leases.push_back(m.lease);
    ++codes["granted"];
  }
  void check(life_client& who, const lease_refused& m) {
    checker_.heard(who.number, m.id);
    ++codes["refused " + std::string{to_string(m.code)}];
  }
  void check(life_client&, const lease_ended& m) { ++codes["lease ended " + std::string{to_string(m.cause)}]; }
  void check(life_client& who, const submission_done& m) {
    checker_.heard(who.number, m.id);
    const auto& outcome = m.outcome;
    ++codes[std::string{to_string(outcome.code)}];
    if (outcome.ok() && outcome.body != body(m.id))
      problem_ = "I19: " + std::to_string(m.id) + " got another answer: " + outcome.body;
    if (outcome.retry_safe && outcome.work_started && !idempotent_[m.id])
      problem_ = "I20: " + std::to_string(m.id) + " is called safe to retry, but it had started";
    if (!outcome.work_started && outcome.code != errc::none && was_sent(m.id))
      problem_ = "I20: a child saw " + std::to_string(m.id) + ", which is said never to have started";
    if (outcome.code == errc::killed_its_worker && m.deaths.empty())
      problem_ = "I1: " + std::to_string(m.id) + " killed nobody";
  }
  bool was_sent(ticket id) const {
    for (const auto& child : links.children())
      for (const auto& frame : child->sent(frame_kind::request))
        if (frame.body == R"({"op":"work","id":)" + std::to_string(id) + "}")
          return true;
    return false;
  }
  /// I5 and I6 as the children see them, and how often a request may reach one.
  void check_children() {
    std::map<std::size_t, std::uint64_t> last;
    std::map<std::size_t, const scripted_child*> newest;
    std::map<std::string, unsigned> sent;
    for (const auto& child : links.children()) {
      if (newest.contains(child->slot) && child->generation != last[child->slot] + 1)
        problem_ = "I6: slot " + std::to_string(child->slot) + " went to generation " + std::to_string(child->generation);
      last[child->slot] = child->generation;
      // A child whose end was not reported within the guard's time is given up for lost, and may still be there.
      if (auto before = newest[child->slot]; before && before->live() && !before->stop_asked())
        problem_ = "I5: slot " + std::to_string(child->slot) + " was given another child while one lived";
      newest[child->slot] = child.get();
      for (const auto& frame : child->sent(frame_kind::request))
        ++sent[frame.body];
    }
    for (const auto& [text, times] : sent) {
      auto id = text.starts_with(R"({"op":"work","id":)") ? std::stoull(text.substr(18)) : 0;
      if (id != 0 && times > (idempotent_[id] ? config_.retry.attempts_max : 1))
        problem_ = "I17: " + text + " was sent " + std::to_string(times) + " times";
    }
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
  void good_children() {
    for (std::size_t i = 0; i < links.children().size(); ++i) {
      auto child = links.children()[i];
      if (!child->live())
        continue;
      auto& out = tell() << "child " << child->slot << '.' << child->generation << ' ';
      if (child->stop_asked())
        out << "leaves", child->leave();
      else
        go_on(*child, out);
    }
    settle();
  }
  void end() {
    auto answer = self->request(pool_, caf::infinite, get_pool_snapshot{});
    settle();
    answer.receive([&](const pool_snapshot& shown) { checker_.check(shown); }, [&](const caf::error&) { problem_ = "I27: the pool is gone"; });
    tell() << "stop";
    caf::anon_send(pool_, stop_pool{roll(2) == 0, milliseconds{roll(3) * 500}});
    caf::anon_send(pool_, stop_pool{false, {}}); // idempotent
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

  std::mt19937 dice_;
  unsigned steps_;
  pool_config config_;
  invariant_checker checker_;
  std::string problem_;
  std::ostringstream story_;
  std::chrono::steady_clock::time_point began_{};
  ticket last_ticket_ = 0;
  std::map<ticket, bool> idempotent_;
  std::map<const scripted_child*, std::uint64_t> answered_;
  std::deque<life_client> clients_;
  pool_actor pool_;
  pool_watcher_actor watcher_;
};

} // namespace leanworker::harness
