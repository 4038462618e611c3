// SPDX-License-Identifier: Apache-2.0
#include "peers.hpp"

#include "row_figures.hpp"
#include "run_program.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace leanworker::bench {
namespace {

constexpr std::chrono::seconds patience{60};

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  auto before = text.rfind('\n');
  return before == std::string::npos ? text : text.substr(before + 1);
}

/// `why` may hold words of a program; the figures print it as it is, also between the quotes of JSON.
peer_figures not_measured(std::string why, bool failed) {
  for (auto& c : why)
    if (static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\')
      c = ' ';
  peer_figures none;
  none.not_measured = std::move(why);
  none.failed = failed;
  return none;
}

double number(const nlohmann::json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

peer_figures figures_from(const std::string& line) {
  auto told = nlohmann::json::parse(line, nullptr, false);
  peer_figures found;
  if (told.is_object()) {
    found.count = static_cast<std::uint64_t>(number(told, told.contains("rows") ? "rows" : "requests"));
    found.seconds = number(told, "seconds");
    found.p50_us = number(told, "p50_us");
    found.p99_us = number(told, "p99_us");
  }
  return found.count > 0 && found.seconds > 0 ? found : not_measured("it printed no figures: " + line.substr(0, 200), true);
}

} // namespace

peer_figures run_peer(const peer& one) {
  process_spec spec;
  spec.argv = {find_program(one.program), LEANWORKER_PEERS_FOLDER "/" + one.script};
  if (spec.argv.front().empty())
    return not_measured("no " + one.program, false);
  spec.argv.insert(spec.argv.end(), one.arguments.begin(), one.arguments.end());
  spec.environment = basic_environment({"PYENV_"}); // where `python3` is chosen by a wrapper
  spec.environment.emplace_back("PYTHONDONTWRITEBYTECODE", "1"); // nothing is written next to the scripts
  auto end = run_program(spec, patience);
  if (!end.in_time)
    return not_measured("not done within " + std::to_string(patience.count()) + " s", true);
  if (!end.status.success())
    return not_measured(end.status.str() + ": " + last_line(end.err), true);
  return figures_from(last_line(end.out));
}

std::vector<peer> row_peers(const row_order& order, int repeat) {
  auto rows = std::to_string(order.rows);
  auto times = std::to_string(std::max(1, repeat));
  auto row = row_payload(order.bytes);
  auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  return {{"Python asyncio, JSON Lines from this child, json.loads", "python3", "rows_asyncio.py",
           {rows, times, row, self, std::string{json_lines_flag}, std::to_string(order.bytes)}},
          {"Python multiprocessing.Pool(1).imap_unordered, dicts", "python3", "rows_pool.py", {rows, times, row}},
          {"Node worker_threads, piscina-style, batches of objects", "node", "rows_worker_threads.mjs", {rows, times, row}}};
}

std::vector<peer> request_peers(int requests, int warm_up, const std::string& body) {
  std::vector<std::string> arguments{std::to_string(requests), std::to_string(warm_up), body};
  return {{"Python asyncio subprocess, JSON Lines", "python3", "requests_asyncio.py", arguments},
          {"Python multiprocessing.Pool(1).apply", "python3", "requests_pool.py", arguments},
          {"Node worker_threads, piscina-style", "node", "requests_worker_threads.mjs", arguments}};
}

bool add_row_peers(figures_of_rows& table, const row_order& order, int repeat, const own_rates& ours) {
  bool good = true;
  for (const auto& one : row_peers(order, repeat)) {
    auto found = run_peer(one);
    good = good && !found.failed;
    if (!found.measured()) {
      table.not_measured(one.what, found.not_measured);
      continue;
    }
    measured theirs{found.count, found.count * order.bytes, found.seconds, 0, 0};
    table.add(one.what, theirs);
    table.value("  ours, counted, is so many times as fast", ours.counted / theirs.rows_per_second());
    table.value("  ours, each row parsed, is so many times as fast", ours.parsed / theirs.rows_per_second());
  }
  return good;
}

} // namespace leanworker::bench
