// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/supervision.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace leanworker::internal {
namespace {

/// What makes a list of children no list of children: `none` when nothing does.
failure_reason flaw_of(const std::vector<supervised>& children) {
  std::set<std::string> ids;
  for (const auto& one : children) {
    if (one.id.empty())
      return {errc::invalid_argument, "a child has no id", {}};
    if (!ids.insert(one.id).second)
      return {errc::already_exists, "two children have the id " + one.id, {}};
  }
  return {};
}

} // namespace

const supervision::child* supervision::find(const std::string& id) const {
  for (const auto& one : children_)
    if (one.what.id == id)
      return &one;
  return nullptr;
}

void supervision::tell(supervise_effects& out, const child& which, child_event_kind kind, failure_reason reason, bool planned,
                       std::chrono::milliseconds delay) {
  out.push_back(supervise::tell{child_event{name_, which.what.id, kind, which.incarnation, delay, planned, std::move(reason)}});
}

// -- events -----------------------------------------------------------------------

supervise_effects supervision::begin(std::vector<supervised> children, time_point now) {
  supervise_effects out;
  final_ = flaw_of(children);
  if (final_.code != errc::none) {
    final_.text = name_ + " cannot start: " + final_.text;
    final_.chain = {final_.text};
    ending_ = true;
    children.clear();
  }
  for (auto& what : children) {
    auto& added = children_.emplace_back();
    added.what = std::move(what);
    added.state = child_state::restarting;
    added.due = now;
  }
  proceed(out, now);
  return out;
}

supervise_effects supervision::started(const std::string& id, time_point now) {
  supervise_effects out;
  auto& which = *find(id);
  starting_ = false;
  which.state = child_state::running;
  which.started_at = now;
  tell(out, which, child_event_kind::started);
  proceed(out, now);
  return out;
}

supervise_effects supervision::start_failed(const std::string& id, failure_reason reason, time_point now) {
  supervise_effects out;
  auto& which = *find(id);
  starting_ = false;
  which.state = child_state::restarting;
  which.started_at = now;
  tell(out, which, child_event_kind::down, reason);
  if (which.what.restart == restart_type::temporary)
    set_down(out, index_of(which));
  else
    failed(out, which, std::move(reason), now);
  proceed(out, now);
  return out;
}

supervise_effects supervision::ended(const std::string& id, std::uint64_t incarnation, failure_reason reason, time_point now) {
  supervise_effects out;
  auto which = find(id);
  if (!which || which->incarnation != incarnation || (which->state != child_state::running && which->state != child_state::stopping))
    return out;
  // A normal end of one that had to go anyway is the end that was planned.
  bool planned = which->state == child_state::stopping || (which->stop_wanted && reason.code == errc::none);
  which->stop_wanted = false;
  if (stopping_ == id)
    stopping_.reset();
  tell(out, *which, child_event_kind::down, reason, planned);
  bool wanted = which->what.restart == restart_type::permanent || (which->what.restart == restart_type::transient && reason.code != errc::none);
  if (planned) {
    set_down(out, index_of(*which));
  } else if (wanted && !ending_ && !which->removing) {
    which->state = child_state::restarting;
    failed(out, *which, std::move(reason), now);
  } else {
    if (reason.code != errc::none)
      which->last = std::move(reason);
    which->due = time_point::max();
    set_down(out, index_of(*which));
  }
  proceed(out, now);
  return out;
}

supervise_effects supervision::add(supervised what, time_point now) {
  supervise_effects out;
  auto& added = children_.emplace_back();
  added.what = std::move(what);
  added.state = child_state::restarting;
  added.due = now;
  proceed(out, now);
  return out;
}

supervise_effects supervision::remove(const std::string& id, time_point now) {
  supervise_effects out;
  auto& which = *find(id);
  which.removing = true;
  if (which.state == child_state::running)
    which.stop_wanted = true;
  else if (which.state != child_state::stopping)
    set_down(out, index_of(which));
  proceed(out, now);
  return out;
}

supervise_effects supervision::restart(const std::string& id, time_point now) {
  supervise_effects out;
  auto& which = *find(id);
  if (!restartable(id) || ending_)
    return out;
  which.due = now;
  if (which.state == child_state::running)
    which.stop_wanted = true;
  else if (which.state != child_state::stopping)
    which.state = child_state::restarting;
  proceed(out, now);
  return out;
}

supervise_effects supervision::shut_down(time_point now) {
  supervise_effects out;
  ending_ = true;
  proceed(out, now);
  return out;
}

supervise_effects supervision::timer(std::uint64_t epoch, time_point now) {
  supervise_effects out;
  if (epoch != epoch_)
    return out;
  if (stopping_) {
    auto& which = *find(*stopping_);
    if (!std::exchange(which.killed, true)) {
      out.push_back(supervise::kill{which.what.id});
      arm(out, config_.abandon_after);
      return out;
    }
    // Nothing more can be done about it; what it was waited for goes on.
    stopping_.reset();
    which.last = {errc::shutdown_timeout, "it outlived the order to end and the kill", {}};
    out.push_back(supervise::abandon{which.what.id});
    tell(out, which, child_event_kind::stopped, which.last, true);
    set_down(out, index_of(which), true);
  }
  proceed(out, now);
  return out;
}

// -- decisions --------------------------------------------------------------------

/// One that is exactly `period` old still counts, as in OTP (supervisor.erl, inPeriod).
bool supervision::too_many(time_point now) {
  while (!failures_.empty() && failures_.front() + config_.period < now)
    failures_.pop_front();
  failures_.push_back(now);
  return failures_.size() > config_.intensity;
}

std::chrono::milliseconds supervision::delay_of(child& which, time_point now) {
  bool stable = which.started_at != time_point{} && now - which.started_at >= config_.stable_after;
  which.in_a_row = stable ? 1 : which.in_a_row + 1;
  auto initial = static_cast<double>(config_.backoff_initial.count());
  auto highest = static_cast<double>(config_.backoff_max.count());
  auto delay = initial > 0 ? std::min(highest, initial * std::pow(config_.backoff_factor, which.in_a_row - 1)) : 0.0;
  delay *= 1.0 + config_.jitter * (2.0 * random_() - 1.0);
  return std::chrono::milliseconds{std::llround(std::max(0.0, delay))};
}

void supervision::failed(supervise_effects& out, child& which, failure_reason reason, time_point now) {
  which.last = reason;
  if (ending_)
    return;
  if (too_many(now))
    return give_up(out, which, std::move(reason));
  ++which.restarts;
  affect(out, index_of(which), delay_of(which, now), now);
}

/// Marks all that have to be restarted because of one. A failure while others wait for their restart widens the group; all of it waits for the latest.
void supervision::affect(supervise_effects& out, std::size_t which, std::chrono::milliseconds delay, time_point now) {
  auto first = config_.strategy == supervision_strategy::one_for_all ? 0 : which;
  auto last = config_.strategy == supervision_strategy::one_for_one ? which : children_.size() - 1;
  auto due = now + delay;
  for (auto i = first; i <= last; ++i)
    if (children_[i].state == child_state::restarting && i != which)
      due = std::max(due, children_[i].due);
  for (auto i = first; i <= last; ++i) {
    auto& one = children_[i];
    if (one.removing)
      continue;
    one.due = due;
    if (one.state == child_state::stopped) // it had done its work; with its group it begins anew, as in OTP
      one.state = child_state::restarting;
    if (one.state == child_state::running)
      one.stop_wanted = true;
    if (one.what.restart != restart_type::temporary)
      tell(out, one, child_event_kind::restarting, one.last, i != which, std::chrono::duration_cast<std::chrono::milliseconds>(due - now));
  }
}

void supervision::give_up(supervise_effects& out, child& which, failure_reason reason) {
  ending_ = true;
  which.state = child_state::stopped;
  auto span = std::chrono::duration_cast<std::chrono::milliseconds>(failures_.back() - failures_.front()).count();
  final_.code = errc::intensity_exceeded;
  final_.text = name_ + " gave up: " + std::to_string(failures_.size()) + " failures within " + std::to_string(span) + " ms, the last one of " + which.what.id;
  if (reason.text.empty())
    reason.text = reason.code == errc::none ? "it ended normally, and is permanent" : describe(reason.code);
  auto leaf = which.what.id + ": " + reason.text;
  final_.chain = {final_.text};
  if (reason.chain.empty())
    final_.chain.push_back(std::move(leaf));
  else
    final_.chain.insert(final_.chain.end(), reason.chain.begin(), reason.chain.end());
  tell(out, which, child_event_kind::gave_up, final_);
}

/// A child is down by our order, or will not be started again. `told`: whoever listens knows it.
void supervision::set_down(supervise_effects& out, std::size_t index, bool told) {
  auto& which = children_[index];
  which.stop_wanted = which.killed = false;
  bool again = !ending_ && !which.removing && which.what.restart != restart_type::temporary && which.due != time_point::max();
  if (again) {
    which.state = child_state::restarting;
    return;
  }
  // Whoever ordered the removal of one that was down already waits for the event, too.
  told = told || (which.state == child_state::stopped && !which.removing);
  which.state = child_state::stopped;
  if (!told)
    tell(out, which, child_event_kind::stopped, {}, true);
  if (which.removing || which.what.restart == restart_type::temporary) {
    out.push_back(supervise::forget{which.what.id});
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(index));
  }
}

bool supervision::stop_next(supervise_effects& out) {
  for (auto i = children_.size(); i-- > 0;) {
    auto& which = children_[i];
    if (which.state != child_state::running || !(which.stop_wanted || ending_))
      continue;
    which.state = child_state::stopping;
    which.killed = false;
    stopping_ = which.what.id;
    out.push_back(supervise::stop{which.what.id});
    arm(out, which.what.shutdown);
    return true;
  }
  return false;
}

void supervision::start_due(supervise_effects& out, time_point now) {
  auto next = time_point::max();
  for (auto& which : children_) {
    if (which.state != child_state::restarting)
      continue;
    if (which.due > now) {
      next = std::min(next, which.due);
      // Those behind it in its group wait for it.
      if (config_.strategy != supervision_strategy::one_for_one)
        break;
      continue;
    }
    if (std::exchange(which.ever_started, true))
      ++which.incarnation;
    which.due = time_point{};
    starting_ = true;
    out.push_back(supervise::start{which.what.id, which.incarnation});
    return; // its answer goes on with the next
  }
  if (next != time_point::max())
    arm(out, std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

void supervision::proceed(supervise_effects& out, time_point now) {
  if (stopping_ || starting_ || stop_next(out))
    return;
  if (!ending_)
    return start_due(out, now);
  for (auto i = children_.size(); i-- > 0;)
    if (children_[i].state == child_state::restarting)
      set_down(out, i);
  if (!std::exchange(finished_, true))
    out.push_back(supervise::finish{final_});
}

std::vector<child_status> supervision::list(time_point now) const {
  std::vector<child_status> result;
  for (const auto& one : children_) {
    child_status shown{one.what.id, one.what.kind, one.what.restart, one.state, one.incarnation, one.restarts, {}, one.last};
    if (one.state == child_state::running || one.state == child_state::stopping)
      shown.age = std::chrono::duration_cast<std::chrono::milliseconds>(now - one.started_at);
    result.push_back(std::move(shown));
  }
  return result;
}

} // namespace leanworker::internal
