// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/lean_setup.hpp>

#include <cstdlib>
#include <filesystem>
#include <future>

namespace leanworker {
namespace {

namespace fs = std::filesystem;

/// Variables that a toolchain may look at: elan's choice of toolchain, and the knobs of the prepared npm one.
/// A user sets the rest for Lean itself, or for the libraries that it loads.
std::vector<std::string> environment_prefixes() {
  return {"ELAN_", "LEANWORKER_WASM_", "LEAN_NUM_THREADS", "LEAN_STACK_SIZE_KB", "LEAN_CC", "LEAN_ABORT_ON_PANIC", "LD_LIBRARY_PATH"};
}

/// Waits for the end of a program that does not speak the protocol.
class command_observer : public child_observer {
public:
  void started(pid_t) override {}
  void frames(frame_batch_ptr) override {}
  void fault(errc, const std::string&) override {}
  void ended(const child_end& end) override { end_.set_value(end); }
  std::future<child_end> end() { return end_.get_future(); }

private:
  std::promise<child_end> end_;
};

/// Longer than any rung of the kill ladder together with the reaping.
constexpr std::chrono::seconds end_guard{15};

command_result run_command(host_thread& host, const command& what, const std::stop_token& stop) {
  process_spec spec;
  spec.argv = what.argv;
  spec.environment = basic_environment(environment_prefixes());
  spec.environment.insert(spec.environment.end(), what.environment.begin(), what.environment.end());
  spec.directory = what.directory;
  child_limits limits;
  limits.channel_grace = what.timeout + end_guard; // it may close descriptor 3 as it likes
  auto observer = std::make_shared<command_observer>();
  auto ended = observer->end();
  auto begin = std::chrono::steady_clock::now();
  auto child = host.spawn(std::move(spec), observer, limits);
  command_result result;
  std::stop_callback hasten{stop, [&] { host.stop(child, stop_mode::firm); }};
  if (ended.wait_for(what.timeout) != std::future_status::ready) {
    result.timed_out = true;
    host.stop(child, stop_mode::firm);
  }
  if (ended.wait_for(end_guard) == std::future_status::ready) {
    auto end = ended.get();
    result.exit = end.exit;
    result.out = std::move(end.stdout_tail);
    result.err = std::move(end.stderr_tail);
  }
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return result;
}

std::string explain_missing(const toolchain_result& result) {
  auto text = std::string{describe(result.error)} + ". Looked at:\n";
  for (const auto& line : result.tried)
    text += "  " + line + "\n";
  return text + "What to do: install Lean " + std::string{lean_window} + " with elan, or run ./bootstrap setup to prepare the npm toolchain, "
         + "or name a toolchain with --sysroot or LEANWORKER_SYSROOT.";
}

} // namespace

command_runner make_runner(std::shared_ptr<host_thread> host, std::stop_token stop) {
  return [host = std::move(host), stop = std::move(stop)](const command& what) { return run_command(*host, what, stop); };
}

std::string host_sources() {
  if (auto own = std::getenv("LEANWORKER_HOST_SOURCES"); own && *own)
    return own;
  std::error_code error;
  auto program = fs::read_symlink("/proc/self/exe", error);
  if (auto installed = program.parent_path().parent_path() / "share/leanworker/lean"; !error && fs::exists(installed / "modules.txt"))
    return installed.string();
  return LEANWORKER_SOURCE_FOLDER "/lean";
}

namespace {

/// Compiles the host for the toolchain of `result`.
void build_host(lean_setup& result, const lean_search& wanted, const std::string& cache, const command_runner& runner) {
  auto built = ensure_host(result.lean, {host_sources(), cache, wanted.say}, runner);
  result.error = built.error;
  result.message = built.error == errc::none ? std::string{} : std::string{describe(built.error)} + ": " + built.message;
  result.package = built.package;
}

} // namespace

lean_setup set_up_lean(const lean_search& wanted) {
  lean_setup result;
  result.host = std::make_shared<host_thread>();
  auto runner = make_runner(result.host, wanted.stop);
  auto search = toolchain_search::from_environment(wanted.sysroot);
  if (!wanted.project.empty())
    search.project = wanted.project;
  for (;;) {
    auto found = find_toolchain(search, runner);
    if (wanted.stop.stop_requested()) {
      result.error = errc::cancelled;
      result.message = describe(errc::cancelled);
      return result;
    }
    if (found.error != errc::none) {
      result.error = found.error;
      result.message = explain_missing(found);
      return result;
    }
    result.lean = found.found;
    build_host(result, wanted, search.cache, runner);
    if (result.error != errc::host_build_failed || result.lean.named || wanted.stop.stop_requested())
      break;
    wanted.say("the host cannot be compiled for " + result.lean.sysroot + "; looking further");
    search.excluded.emplace_back(result.lean.sysroot, result.message);
  }
  if (result.error != errc::none && wanted.stop.stop_requested()) {
    result.error = errc::cancelled;
    result.message = describe(errc::cancelled);
  }
  return result;
}

process_spec lean_setup::child() const {
  process_spec spec;
  spec.argv = package.argv(lean);
  spec.environment = basic_environment(environment_prefixes());
  for (auto& entry : package.environment(lean))
    spec.environment.push_back(std::move(entry));
  return spec;
}

void limit_by_toolchain(const lean_setup& lean, worker_config& worker, cycle_config& cycle) {
  if (lean.lean.is_wasm())
    return;
  worker.child.sessions_max = 1;
  cycle.imports_max = 1;
}

std::chrono::milliseconds lean_setup::start_timeout() const { return std::chrono::seconds{package.quick_start ? 10 : 30}; }

std::vector<std::string> module_search_path(const std::vector<std::string>& extra, const toolchain& lean) {
  std::vector<std::string> result;
  auto add = [&](const std::string& folder) {
    std::error_code error; // the current folder may be gone; then a relative one leads nowhere anyway
    if (auto path = fs::absolute(folder, error); !folder.empty())
      result.push_back(error ? folder : path.lexically_normal().string());
  };
  for (const auto& folder : extra)
    add(folder);
  if (auto variable = std::getenv("LEAN_PATH")) {
    std::string text{variable};
    for (std::size_t begin = 0; begin <= text.size();) {
      auto end = std::min(text.find(':', begin), text.size());
      add(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  add(lean.library());
  return result;
}

} // namespace leanworker
