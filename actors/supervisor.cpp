// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/supervisor.hpp>

#include <leanworker/actors/error.hpp>
#include <leanworker/actors/internal/handlers.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <random>

namespace leanworker {
namespace {

using internal::supervise_effects;
namespace supervise = internal::supervise;

/// How long a supervisor below may take to show its part of the tree.
constexpr std::chrono::seconds tree_patience{1};

/// The supervisor tells a proxy whom it stands for.
struct stand_for {
  caf::actor current;
};

struct proxy_state {
  caf::actor current;
  proxy_state() = default;
  static inline const char* name = "child_proxy";
};

/// A stable handle: passes everything on to the incarnation that runs. Only `kill` ends it.
caf::behavior child_proxy(caf::stateful_actor<proxy_state>* self) {
  internal::install_quiet_handlers(self);
  self->set_exit_handler([self](caf::exit_msg& order) {
    if (self->state.current)
      self->send_exit(self->state.current, std::move(order.reason));
  });
  self->set_default_handler([self](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    bool answer_wanted = self->current_message_id().is_request();
    auto promise = self->make_response_promise();
    if (self->state.current)
      promise.delegate(self->state.current, view.move_content_to_message());
    else if (answer_wanted) // an error that nobody asked for would end its receiver
      promise.deliver(to_error({errc::actor_failed, "the actor is down", {}}));
    return caf::delegated<caf::message>{};
  });
  return {[self](const stand_for& order) { self->state.current = order.current; }};
}

std::function<double()> random_dice() {
  return [engine = std::mt19937_64{std::random_device{}()}]() mutable { return std::uniform_real_distribution<>{0.0, 1.0}(engine); };
}

} // namespace
} // namespace leanworker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::stand_for)

namespace leanworker {

/// A picture that waits for those of supervisors below.
struct supervisor_state::tree_request {
  supervision_node node;
  caf::typed_response_promise<supervision_node> promise;
  std::size_t awaited = 0;
  void one_less() {
    if (awaited > 0 && --awaited == 0)
      promise.deliver(std::move(node));
  }
};

void supervisor_state::start(supervisor_spec spec) {
  spec_ = std::move(spec);
  machine = std::make_unique<internal::supervision>(spec_.name, spec_.config, spec_.random ? spec_.random : random_dice());
  std::vector<internal::supervised> facts;
  for (const auto& one : spec_.children) {
    if (!children_.contains(one.id))
      adopt(one);
    facts.push_back({one.id, one.restart, one.kind, one.shutdown});
  }
  perform(machine->begin(std::move(facts), now()));
  initialized_ = true;
}

supervisor_state::~supervisor_state() {
  for (auto& [id, which] : children_) {
    if (which.current)
      caf::anon_send_exit(which.current, caf::exit_reason::kill);
    caf::anon_send_exit(which.proxy, caf::exit_reason::kill);
  }
}

supervisor_state::child& supervisor_state::adopt(const child_spec& spec) {
  auto& added = children_[spec.id];
  added.spec = spec;
  added.proxy = self->home_system().spawn(child_proxy);
  return added;
}

void supervisor_state::set_current(child& which, caf::actor handle) {
  which.current = std::move(handle);
  caf::anon_send(which.proxy, stand_for{which.current});
}

// -- orders of the machine ----------------------------------------------------------

void supervisor_state::perform(supervise_effects effects) {
  for (auto& effect : effects)
    std::visit([this](auto& order) { carry_out(order); }, effect);
}

void supervisor_state::carry_out(supervise::start& order) {
  auto& which = children_.at(order.id);
  which.incarnation = order.incarnation;
  caf::actor handle;
  std::string problem = "its start function returned nothing";
  try {
    handle = which.spec.start(self->home_system(), order.incarnation);
  } catch (const std::exception& error) {
    problem = error.what();
  } catch (...) {
    problem = "its start function threw something";
  }
  if (!handle)
    return perform(machine->start_failed(order.id, {errc::actor_start_failed, std::move(problem), {}}, now()));
  which.address = handle->address();
  set_current(which, handle);
  // Never linked: the exit message of a child that was killed would end this actor, too, because CAF lets nobody handle `kill`.
  monitors_.add(self, handle);
  perform(machine->started(order.id, now()));
}

void supervisor_state::carry_out(supervise::stop& order) {
  auto& which = children_.at(order.id);
  bool brutal = which.spec.shutdown.count() <= 0;
  self->send_exit(which.address, brutal ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
}

void supervisor_state::carry_out(supervise::kill& order) { self->send_exit(children_.at(order.id).address, caf::exit_reason::kill); }

void supervisor_state::carry_out(supervise::abandon& order) {
  auto& which = children_.at(order.id);
  bool listens = std::any_of(subscribers_.begin(), subscribers_.end(), [&](const child_event_actor& one) { return which.address == one; });
  if (!listens)
    monitors_.drop(which.address);
  set_current(which, nullptr);
  which.address = nullptr;
}

void supervisor_state::carry_out(supervise::forget& order) {
  auto found = children_.find(order.id);
  self->send_exit(found->second.proxy, caf::exit_reason::kill);
  children_.erase(found);
}

void supervisor_state::carry_out(supervise::tell& order) {
  for (const auto& subscriber : subscribers_)
    self->send(subscriber, order.event);
}

void supervisor_state::carry_out(supervise::arm& order) {
  epoch_ = order.epoch;
  if (alarm_.set(now() + order.after))
    self->delayed_send(self, order.after, supervision_timer{});
}

void supervisor_state::carry_out(supervise::finish& order) {
  if (order.reason.code != errc::none)
    exit_reason_ = to_error(order.reason);
  finished_ = true;
  if (initialized_)
    return self->quit(exit_reason_);
  // No child could be started. An actor that quits before it has a behaviour would get one after its end, and stay.
  self->send(self, supervision_timer{});
}

void supervisor_state::rang() {
  if (finished_)
    return self->quit(exit_reason_);
  auto next = alarm_.wake(now());
  if (next.rings)
    perform(machine->timer(epoch_, now()));
  else if (next.again != internal::alarm::never)
    self->delayed_send(self, next.again - now(), supervision_timer{});
}

// -- what happens to it -------------------------------------------------------------

void supervisor_state::ended(const caf::down_msg& down) {
  monitors_.gone(down.source);
  std::erase_if(subscribers_, [&](const child_event_actor& one) { return down.source == one; });
  for (auto& [id, which] : children_) {
    if (!which.current || down.source != which.address)
      continue;
    set_current(which, nullptr);
    auto ended_id = id; // the child may be forgotten
    return perform(machine->ended(ended_id, which.incarnation, reason_of(down.reason), now()));
  }
}

void supervisor_state::told_to_exit(caf::exit_msg& order) {
  // A child may have linked itself to its supervisor; the monitor tells of its end.
  for (const auto& [id, which] : children_)
    if (which.address && order.source == which.address)
      return;
  if (std::exchange(told_to_exit_, true))
    return;
  exit_reason_ = std::move(order.reason);
  perform(machine->shut_down(now()));
}

void supervisor_state::subscribe() {
  const auto& from = self->current_sender();
  if (!from)
    return;
  auto subscriber = caf::actor_cast<child_event_actor>(from);
  if (std::find(subscribers_.begin(), subscribers_.end(), subscriber) != subscribers_.end())
    return;
  monitors_.add(self, subscriber);
  subscribers_.push_back(std::move(subscriber));
}

supervisor_answer supervisor_state::add(const child_spec& spec) {
  if (machine->ending())
    return {errc::shutting_down, "the supervisor is ending"};
  if (spec.id.empty() || !spec.start)
    return {errc::invalid_argument, "a child needs an id and a start function"};
  if (children_.contains(spec.id))
    return {errc::already_exists, "there is a child of the name " + spec.id};
  adopt(spec);
  perform(machine->add({spec.id, spec.restart, spec.kind, spec.shutdown}, now()));
  return {};
}

supervisor_answer supervisor_state::remove(const std::string& id) {
  if (!machine->knows(id))
    return {errc::not_found, "there is no child of the name " + id};
  perform(machine->remove(id, now()));
  return {};
}

supervisor_answer supervisor_state::restart(const std::string& id) {
  if (machine->ending())
    return {errc::shutting_down, "the supervisor is ending"};
  if (!machine->knows(id))
    return {errc::not_found, "there is no child of the name " + id};
  if (!machine->restartable(id))
    return {errc::invalid_argument, id + " is temporary, and never restarted"};
  perform(machine->restart(id, now()));
  return {};
}

child_handle supervisor_state::find(const std::string& id) const {
  auto found = children_.find(id);
  return {found == children_.end() ? caf::actor{} : found->second.proxy};
}

// -- the picture --------------------------------------------------------------------

supervision_node supervisor_state::node(const child_status& status) const {
  supervision_node shown{status.id, status.kind, status.restart, status.state, status.incarnation, status.restarts, status.age, {}, {}};
  if (status.last.code != errc::none)
    shown.note = "last: " + (status.last.text.empty() ? std::string{describe(status.last.code)} : status.last.text);
  if (spec_.below && status.state == child_state::running)
    shown.children = spec_.below(status.id);
  return shown;
}

caf::typed_response_promise<supervision_node> supervisor_state::tree() {
  auto request = std::make_shared<tree_request>();
  request->promise = self->make_response_promise<supervision_node>();
  request->node.id = spec_.name;
  request->node.kind = child_kind::supervisor;
  request->node.state = child_state::running;
  request->node.note = to_string(spec_.config.strategy);
  for (const auto& status : machine->list(now()))
    request->node.children.push_back(node(status));
  request->awaited = 1;
  for (std::size_t i = 0; i < request->node.children.size(); ++i) {
    const auto& shown = request->node.children[i];
    const auto& which = children_.at(shown.id);
    if (shown.kind != child_kind::supervisor || !which.current)
      continue;
    ++request->awaited;
    self->request(caf::actor_cast<supervisor_actor>(which.current), tree_patience, get_tree{})
      .then(
        [request, i](supervision_node& below) {
          request->node.children[i].children = std::move(below.children);
          request->node.children[i].note = below.note + (request->node.children[i].note.empty() ? "" : "  ") + request->node.children[i].note;
          request->one_less();
        },
        [request](caf::error&) { request->one_less(); });
  }
  auto promise = request->promise;
  request->one_less();
  return promise;
}

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_spec spec) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([self](caf::down_msg& down) { self->state.ended(down); });
  self->set_exit_handler([self](caf::exit_msg& order) { self->state.told_to_exit(order); });
  self->state.start(std::move(spec));
  auto& state = self->state;
  return {
    [&state](const subscribe_children&) { state.subscribe(); },
    [&state](const list_children&) { return child_list{state.machine->list(state.self->clock().now())}; },
    [&state](const add_child& m) { return m.spec ? state.add(*m.spec) : supervisor_answer{errc::invalid_argument, "no spec"}; },
    [&state](const remove_child& m) { return state.remove(m.id); },
    [&state](const restart_child& m) { return state.restart(m.id); },
    [&state](const get_child& m) { return state.find(m.id); },
    [&state](const get_tree&) { return state.tree(); },
    [&state](const supervision_timer&) { state.rang(); },
  };
}

child_spec supervisor_child(supervisor_spec spec, restart_type restart, std::chrono::milliseconds shutdown) {
  auto id = spec.name;
  auto start = [spec = std::move(spec)](caf::actor_system& system, std::uint64_t) {
    return caf::actor_cast<caf::actor>(system.spawn(supervisor, spec));
  };
  return {std::move(id), std::move(start), restart, shutdown, child_kind::supervisor};
}

} // namespace leanworker
