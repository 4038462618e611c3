// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/host_thread.hpp>

#include <leanworker/child/internal/child_io.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace leanworker {
namespace {

using internal::child_io;
using internal::direct_writer;
using clock = std::chrono::steady_clock;

/// Without these the loop would turn for ever and hear of nothing.
void demand(const unique_fd& fd, const char* problem) {
  if (!fd)
    throw std::system_error{errno, std::generic_category(), problem};
}

/// The loop's door bell: shared with every batch, which may outlive the loop.
class bell {
public:
  bell() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} { demand(fd_, "cannot make an eventfd"); }
  int fd() const noexcept { return fd_.get(); }
  void ring() noexcept {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(fd_.get(), &one, sizeof one);
  }
  void hush() noexcept {
    std::uint64_t count;
    [[maybe_unused]] auto n = ::read(fd_.get(), &count, sizeof count);
  }

private:
  unique_fd fd_;
};

/// Commands from other threads. Shared like the bell.
struct mailbox {
  bell door;
  std::mutex mutex;
  std::vector<std::function<void(clock::time_point)>> commands;
  bool closed = false;

  void post(std::function<void(clock::time_point)> command) {
    bool first;
    {
      std::lock_guard guard{mutex};
      if (closed)
        return;
      first = commands.empty();
      commands.push_back(std::move(command));
    }
    if (first)
      door.ring();
  }
};

} // namespace

class host_thread::loop {
public:
  loop() : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    demand(epoll_, "cannot make an epoll descriptor");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = ~std::uint64_t{0};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, box_->door.fd(), &event);
    thread_ = std::thread{[this] { run(); }};
  }

  void post(std::function<void(clock::time_point)> command) { box_->post(std::move(command)); }

  void close() {
    post([this](clock::time_point now) {
      closing_ = true;
      for (auto& [id, child] : children_)
        child->stop(stop_mode::hard, now);
    });
    thread_.join();
  }

  /// A child is known to senders from before its start until after its end.
  std::shared_ptr<direct_writer> enter(child_id id) {
    std::lock_guard guard{writers_mutex_};
    return writers_.emplace(id, std::make_shared<direct_writer>()).first->second;
  }
  std::shared_ptr<direct_writer> writer(child_id id) {
    std::lock_guard guard{writers_mutex_};
    auto found = writers_.find(id);
    return found == writers_.end() ? nullptr : found->second;
  }

  void add(child_id id, const process_spec& spec, std::shared_ptr<child_observer> observer, child_limits limits, clock::time_point now) {
    auto wake = [box = box_, this, id] { box->post([this, id](clock::time_point at) { with(id, [&](child_io& c) { c.resume(at); }); }); };
    auto child = std::make_unique<child_io>(id, epoll_.get(), pool_, limits, std::move(observer), std::move(wake), enter(id));
    auto& added = *children_.emplace(id, std::move(child)).first->second;
    live_ = children_.size();
    added.start(spec, now);
    if (closing_)
      added.stop(stop_mode::hard, now);
    drop_if_over(id);
  }

  template <class F>
  void with(child_id id, F action) {
    auto found = children_.find(id);
    if (found == children_.end())
      return;
    action(*found->second);
    drop_if_over(id);
  }

  std::atomic<child_id> next_id{1};
  std::size_t live() const noexcept { return live_.load(); }

private:
  void run() {
    // Signals are for the application's threads; a handler of theirs must never run between vfork and exec.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "lw-children");
    std::array<epoll_event, 64> events;
    while (!closing_ || !children_.empty()) {
      auto count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_milliseconds());
      auto now = clock::now();
      for (int i = 0; i < count; ++i)
        dispatch(events[static_cast<std::size_t>(i)].data.u64, now);
      tick(now);
    }
    std::lock_guard guard{box_->mutex};
    box_->closed = true;
    box_->commands.clear();
  }

  void dispatch(std::uint64_t key, clock::time_point now) {
    if (key == ~std::uint64_t{0})
      return run_commands(now);
    if (auto left = unreaped_.find(key >> 3); left != unreaped_.end()) {
      reap(left->second);
      unreaped_.erase(left);
      return;
    }
    with(key >> 3, [&](child_io& child) { child.ready(static_cast<child_io::source>(key & 7), now); });
  }

  void run_commands(clock::time_point now) {
    box_->door.hush();
    std::vector<std::function<void(clock::time_point)>> commands;
    {
      std::lock_guard guard{box_->mutex};
      commands.swap(box_->commands);
    }
    for (auto& command : commands)
      command(now);
  }

  void tick(clock::time_point now) {
    std::vector<child_id> due;
    for (const auto& [id, child] : children_)
      if (child->next_deadline() <= now)
        due.push_back(id);
    for (auto id : due)
      with(id, [&](child_io& child) { child.tick(now); });
  }

  int wait_milliseconds() const {
    auto next = clock::time_point::max();
    for (const auto& [id, child] : children_)
      next = std::min(next, child->next_deadline());
    if (next == clock::time_point::max())
      return -1;
    auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
  }

  void drop_if_over(child_id id) {
    auto found = children_.find(id);
    if (found == children_.end() || !found->second->over())
      return;
    if (auto process = found->second->take_unreaped(); process.pid > 0)
      unreaped_.emplace(id, std::move(process));
    children_.erase(found);
    live_ = children_.size();
    std::lock_guard guard{writers_mutex_};
    writers_.erase(id);
  }

  std::shared_ptr<mailbox> box_ = std::make_shared<mailbox>();
  unique_fd epoll_;
  slab_pool pool_;
  std::unordered_map<child_id, std::unique_ptr<child_io>> children_;
  std::unordered_map<child_id, spawned_process> unreaped_; ///< Abandoned, and not dead yet.
  std::mutex writers_mutex_;
  std::unordered_map<child_id, std::shared_ptr<direct_writer>> writers_;
  std::atomic<std::size_t> live_{0};
  bool closing_ = false;
  std::thread thread_;
};

host_thread::host_thread() : loop_{std::make_shared<loop>()} {}

host_thread::~host_thread() { loop_->close(); }

child_id host_thread::spawn(process_spec spec, std::shared_ptr<child_observer> observer, child_limits limits) {
  auto id = loop_->next_id.fetch_add(1);
  loop_->enter(id);
  loop_->post([loop = loop_.get(), id, spec = std::move(spec), observer = std::move(observer), limits](clock::time_point now) {
    loop->add(id, spec, observer, limits, now);
  });
  return id;
}

void host_thread::send(child_id child, std::string frame, clock::time_point deadline) {
  auto writer = loop_->writer(child);
  if (!writer || writer->write(frame))
    return;
  // std::function wants a copyable closure; the frame is moved once into shared storage.
  auto bytes = std::make_shared<std::string>(std::move(frame));
  loop_->post([loop = loop_.get(), child, bytes, deadline](clock::time_point now) {
    loop->with(child, [&](child_io& io) { io.send(std::move(*bytes), deadline, now); });
  });
}

void host_thread::set_body_bytes_max(child_id child, std::uint32_t bytes) {
  loop_->post([loop = loop_.get(), child, bytes](clock::time_point) { loop->with(child, [&](child_io& io) { io.body_bytes_max(bytes); }); });
}

void host_thread::credit(child_id child, std::size_t bytes, std::shared_ptr<backpressure_meter> meter) {
  loop_->post([loop = loop_.get(), child, bytes, meter = std::move(meter)](clock::time_point now) {
    loop->with(child, [&](child_io& io) { io.credit(bytes, meter, now); });
  });
}

void host_thread::stop(child_id child, stop_mode mode, bool describe) {
  loop_->post([loop = loop_.get(), child, mode, describe](clock::time_point now) {
    loop->with(child, [&](child_io& io) {
      if (describe)
        io.describe_hang();
      io.stop(mode, now);
    });
  });
}

std::size_t host_thread::live() const noexcept { return loop_->live(); }

} // namespace leanworker
