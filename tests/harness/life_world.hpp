// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/supervisor.hpp>
#include <leanworker/harness/actor_fixture.hpp>
#include <leanworker/harness/invariants.hpp>
#include <leanworker/harness/life_port.hpp>

#include <caf/send.hpp>

#include <map>
#include <random>
#include <sstream>

/// The world in which a random life happens: clients, children, and what must be true of them. random_life.hpp lets something happen.
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

class life_world : protected actor_fixture {
public:
  std::string problem() const { return problem_.empty() ? checker_.problem : problem_; }
  std::string story() const { return story_.str(); }
  /// How often each outcome came up.
  std::map<std::string, int> codes;

protected:
  using milliseconds = std::chrono::milliseconds;

  explicit life_world(unsigned seed) : dice_{seed}, checker_{limits_} {}

  unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  bool good() const { return problem_.empty() && checker_.problem.empty(); }
  std::ostream& tell() { return story_ << "\n  " << story_time() << ' '; }
  std::string story_time() {
    return std::to_string(std::chrono::duration_cast<milliseconds>(sched.clock().current_time - began_).count()) + " ms:";
  }

  // -- children ---
  std::string body(ticket id) { return R"({"op":"work","id":)" + std::to_string(id) + "}"; }
  static constexpr std::size_t ticket_at = 18; ///< In a body.
  /// Half of the requests take rows.
  row_port_ptr any_port(ticket id) { return roll(2) == 0 ? nullptr : ports_[id] = std::make_shared<life_port>(id); }
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
      case 7:
      case 8: return send_rows(child, out);
      default: go_on(child, out);
    }
  }
  /// Rows of the request that it has not answered yet; now and then one is missing.
  void send_rows(scripted_child& child, std::ostream& out) {
    auto requests = child.sent(frame_kind::request);
    bool works = !requests.empty() && requests.back().request_id > answered_[&child] && requests.back().body.size() > ticket_at;
    if (!works)
      return void(out << "is idle");
    const auto& request = requests.back();
    auto& sent = rows_sent_[{&child, request.request_id}];
    bool gap = roll(20) == 0;
    made_up_batch batch;
    for (auto count = 1 + roll(3); count > 0; --count)
      batch.row(gap && count == 1 ? sent + 1 : sent, request.body.substr(ticket_at, request.body.size() - ticket_at - 1), "rows", request.request_id), ++sent;
    out << "sends rows of " << request.body << (gap ? ", one is missing" : "");
    ++codes["rows"];
    child.rows(batch);
    if (gap)
      child.down(errc::row_sequence_broken);
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

  // -- what must be true ---
  void read_everything() {
    for (auto& who : clients_)
      for (; who.read < who.record->heard.size(); ++who.read)
        std::visit([&](const auto& message) { check(who, message); }, who.record->heard[who.read]);
    for (const auto& [id, port] : ports_)
      if (auto wrong = port->problem(); !wrong.empty())
        problem_ = wrong;
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
    if (auto port = ports_.find(m.id); port != ports_.end())
      port->second->end(outcome.rows_delivered, outcome.ok());
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
  /// The ticket in a body; 0 for a body of the pool's own.
  static ticket number_of(const std::string& text) { return text.starts_with(R"({"op":"work","id":)") ? std::stoull(text.substr(ticket_at)) : 0; }
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
      for (const auto& frame : child->sent(frame_kind::request)) {
        ++sent[frame.body];
        if (auto leased = leased_.find(number_of(frame.body)); leased != leased_.end() && leased->second != child->generation)
          problem_ = "I24: " + frame.body + " was leased to generation " + std::to_string(leased->second) + " and ran on " + std::to_string(child->generation);
      }
    }
    for (const auto& [text, times] : sent) {
      auto id = number_of(text);
      if (id != 0 && times > (idempotent_[id] ? config_.retry.attempts_max : 1))
        problem_ = "I17: " + text + " was sent " + std::to_string(times) + " times";
    }
  }

  std::mt19937 dice_;
  bool supervised_ = dice_() % 3 == 0;
  invariant_limits limits_;
  pool_config config_;
  invariant_checker checker_;
  std::string problem_;
  std::ostringstream story_;
  std::chrono::steady_clock::time_point began_{};
  ticket last_ticket_ = 0;
  std::map<ticket, bool> idempotent_;
  std::map<ticket, std::uint64_t> leased_; ///< Requests on a lease, and its generation.
  std::map<const scripted_child*, std::uint64_t> answered_;
  std::map<std::pair<const scripted_child*, std::uint64_t>, std::uint64_t> rows_sent_; ///< By request on the wire.
  std::map<ticket, std::shared_ptr<life_port>> ports_;
  std::deque<life_client> clients_;
  pool_actor pool_; ///< The stable handle, where it is supervised.
  pool_actor raw_pool_;
  supervisor_actor supervisor_;
  pool_watcher_actor watcher_;
};

} // namespace leanworker::harness
