// SPDX-License-Identifier: Apache-2.0
// Those who watch: the monitor, the event log, the snapshot as JSON.
#define CAF_SUITE pool_watch
#include <leanworker/actors/error.hpp>
#include <leanworker/actors/event_log.hpp>
#include <leanworker/actors/rss_monitor.hpp>
#include <leanworker/actors/snapshot_json.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct watch_suite : actor_suite {
  watch_suite() : folder{fs::temp_directory_path() / ("leanworker-watch-" + std::to_string(::getpid()))} { fs::create_directories(folder); }
  ~watch_suite() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  static std::vector<json> lines(const fs::path& file) {
    std::vector<json> found;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);)
      found.push_back(json::parse(line));
    return found;
  }
  pool_snapshot numbers(const pool_actor& pool) {
    pool_snapshot result;
    auto answer = self->request(pool, caf::infinite, get_pool_snapshot{});
    settle();
    answer.receive([&](const pool_snapshot& shown) { result = shown; }, [](const caf::error&) {});
    return result;
  }
  /// A pool whose monitor sees what `bytes` says; nothing there: unavailable.
  pool_actor measured_pool(pool_config config) {
    rss_monitor_spec spec;
    spec.every = 100ms;
    spec.machine = [] { return machine_memory{}; };
    spec.probe = [this](std::int64_t pid) -> memory_look {
      return [this, pid](bool, std::chrono::milliseconds at) {
        memory_sample sample;
        sample.pid = pid;
        sample.at = at;
        if (bytes.contains(pid))
          sample.rss = measured_bytes::of(bytes[pid]);
        return sample;
      };
    };
    monitor = adopt(sys.spawn(rss_monitor, std::move(spec)));
    pool_spec wanted;
    wanted.config = std::move(config);
    wanted.links = links.factory();
    wanted.random = [] { return 0.5; };
    wanted.monitor = [this] { return monitor; };
    return start_pool(std::move(wanted));
  }

  fs::path folder;
  std::map<std::int64_t, std::uint64_t> bytes;
  rss_monitor_actor monitor;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_watch_tests, watch_suite)

CAF_TEST(the monitor measures each child and a child that cannot be measured is unknown and never zero) {
  bytes[4711] = 500;
  auto p = measured_pool(pool_of(1));
  all_ready(1);
  pass(150ms, 10ms);
  auto shown = numbers(p);
  CAF_CHECK(shown.slots.at(0).memory.rss == measured_bytes::of(500));
  CAF_CHECK_EQUAL(shown.memory.used_bytes, 500u);
  bytes.clear();
  pass(150ms, 10ms);
  shown = numbers(p);
  CAF_CHECK(!shown.slots.at(0).memory.rss.known);
  CAF_CHECK_EQUAL(shown.memory.unavailable, 1u);
  CAF_CHECK_EQUAL(shown.memory.reserved_bytes, 500u);
  CAF_CHECK(shown.counters.samples_unavailable >= 1u);
  CAF_CHECK(json::parse(to_json(shown))["slots"][0]["memory"]["rss_bytes"].is_null());
}

CAF_TEST(T32 a budget admits no child whose kind is known not to fit) {
  auto config = pool_of(2);
  config.start_eagerly = false;
  config.memory.budget_bytes = 1000;
  bytes[4711] = 700;
  auto p = measured_pool(config);
  submit(p, 1);
  all_ready(1);
  pass(150ms, 10ms);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 1u);
  CAF_CHECK(numbers(p).memory.admission_paused);
  child_answers(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
}

CAF_TEST(a monitor that died is looked for and the next one is told of all children) {
  bytes[4711] = 500;
  auto p = measured_pool(pool_of(1));
  all_ready(1);
  caf::anon_send_exit(monitor, caf::exit_reason::kill);
  settle();
  rss_monitor_spec spec;
  spec.every = 100ms;
  spec.machine = [] { return machine_memory{}; };
  spec.probe = [](std::int64_t) -> memory_look {
    return [](bool, std::chrono::milliseconds) {
      memory_sample sample;
      sample.rss = measured_bytes::of(900);
      return sample;
    };
  };
  monitor = adopt(sys.spawn(rss_monitor, std::move(spec)));
  pass(1500ms, 10ms);
  CAF_CHECK(numbers(p).slots.at(0).memory.rss == measured_bytes::of(900));
}

CAF_TEST(the event log has one request from its admission to its end and a dossier after a crash) {
  auto p = start_pool(pool_of(1));
  event_log_config config;
  config.path = (folder / "events.jsonl").string();
  auto log = adopt(sys.spawn(event_log, config, p));
  settle();
  all_ready(1);
  submit(p, 7);
  child_answers(0);
  auto once = request(8);
  once.idempotent = false;
  tell(p, once);
  links.child().crash("last words \xff");
  settle();
  caf::anon_send_exit(log, caf::exit_reason::user_shutdown); // its end waits for the file
  settle();
  auto all = lines(config.path);
  std::vector<std::string> kinds;
  std::uint64_t number = 0;
  bool dossier = false;
  for (const auto& line : all) {
    if (line["kind"] == "queued" && line["id"] == 7)
      number = line["request"];
    if (number != 0 && line.value("request", 0u) == number)
      kinds.push_back(line["kind"]);
    dossier = dossier || (line["kind"] == "dossier" && line["down"]["cause"] == "child_signalled" && line["was_running"] == true);
  }
  CAF_CHECK(kinds == (std::vector<std::string>{"queued", "started", "finished"}));
  CAF_CHECK(dossier);
}

CAF_TEST(the event log sets full files aside) {
  auto p = start_pool(pool_of(1));
  event_log_config config;
  config.path = (folder / "small.jsonl").string();
  config.bytes_max = 2'000;
  config.files_max = 2;
  auto log = adopt(sys.spawn(event_log, config, p));
  settle();
  all_ready(1);
  for (ticket id = 1; id < 60; ++id) {
    submit(p, id);
    child_answers(0);
  }
  caf::anon_send_exit(log, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK(fs::exists(folder / "small.1.jsonl") && fs::exists(folder / "small.2.jsonl"));
  CAF_CHECK(!fs::exists(folder / "small.3.jsonl"));
  CAF_CHECK(fs::file_size(config.path) <= 2'500);
  CAF_CHECK(!lines(folder / "small.1.jsonl").empty());
}

CAF_TEST(an event log that cannot be written ends with a typed reason and the pool goes on) {
  auto p = start_pool(pool_of(1));
  event_log_config config;
  config.path = "/proc/no/such/place/events.jsonl";
  auto log = sys.spawn(event_log, config, p);
  self->monitor(log);
  settle();
  failure_reason why;
  self->receive([&](const caf::down_msg& down) { why = reason_of(down.reason); });
  CAF_CHECK(why.code == errc::io_error);
  CAF_CHECK(why.text.find(config.path) != std::string::npos);
  all_ready(1);
  submit(p, 1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
}

CAF_TEST(the last fifty dossiers are kept) {
  auto config = pool_of(1);
  config.dossiers_max = 3;
  config.worker.restart.restarts_max = 100;
  auto p = start_pool(config);
  for (int i = 0; i < 5; ++i) {
    all_ready(1);
    links.child().crash(std::to_string(i));
    settle();
    pass(3s, 50ms);
  }
  crash_dossiers kept;
  auto answer = self->request(p, caf::infinite, get_crash_dossiers{});
  settle();
  answer.receive([&](const crash_dossiers& all) { kept = all; }, [](const caf::error&) {});
  CAF_REQUIRE_EQUAL(kept.entries.size(), 3u);
  CAF_CHECK_EQUAL(kept.entries.front().down.stderr_tail, "2");
  CAF_CHECK_EQUAL(kept.entries.back().down.stderr_tail, "4");
}

CAF_TEST_FIXTURE_SCOPE_END()
