// SPDX-License-Identifier: Apache-2.0
// Every situation of a worker × every event. A row that is missing, or one too many, is a failure.
#include <leanworker/tests/actors/internal/machine_driver.hpp>
#include <leanworker/tests/actors/internal/worker_machine_table.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <sstream>

namespace leanworker::internal {
namespace {

using action = std::function<std::string(machine_driver&)>;
using named_actions = std::vector<std::pair<std::string, action>>;

/// How each situation is reached. Request 7 runs as wire id 2, request 8 waits.
const named_actions& situations() {
  static const named_actions all{
    {"starting", [](auto&) { return ""; }},
    {"starting+waiting", [](auto& d) { return d.run(8); }},
    {"configuring", [](auto& d) { return d.hello(); }},
    {"ready", [](auto& d) { return d.become_ready(), ""; }},
    {"busy", [](auto& d) { return d.become_busy(), ""; }},
    {"importing", [](auto& d) { return d.become_busy(), d.progress("import", 0, 1); }},
    {"imported", [](auto& d) { return d.become_busy(), d.progress("import", 0, 1), d.progress("import", 1, 1); }},
    {"busy+cycle", [](auto& d) { return d.become_busy(), d.cycle(); }},
    {"cancelled", [](auto& d) { return d.become_busy(), d.cancel(7); }},
    {"cancelled+waiting", [](auto& d) { return d.become_busy(), d.cancel(7), d.run(8); }},
    {"cycling", [](auto& d) { return d.become_ready(), d.cycle(); }},
    {"cycling+waiting", [](auto& d) { return d.become_ready(), d.cycle(), d.run(8); }},
    {"stopping", [](auto& d) { return d.become_ready(), d.stop(); }},
    {"killing", [](auto& d) { return d.become_busy(), d.ring(); }},
    {"killing a start", [](auto& d) { return d.ring(); }},
    {"reaping", [](auto& d) { return d.become_busy(), d.fault(); }},
    {"down", [](auto& d) { return d.become_ready(), d.down(); }},
    {"down+waiting", [](auto& d) { return d.become_ready(), d.down(), d.run(8); }},
    {"stopped", [](auto& d) { return d.become_ready(), d.stop(), d.down(errc::stopped); }},
    {"given_up", [](auto& d) { return d.down(), d.ring(), d.down(); }},
    {"going to rest", [](auto& d) { return d.become_ready(), d.rest(); }},
    {"resting", [](auto& d) { return d.become_ready(), d.rest(), d.down(errc::stopped); }},
    {"busy+rest", [](auto& d) { return d.become_busy(), d.rest(); }},
  };
  return all;
}

const named_actions& events() {
  static const named_actions all{
    {"run", [](auto& d) { return d.run(9); }},
    {"cancel-7", [](auto& d) { return d.cancel(7); }},
    {"cancel-8", [](auto& d) { return d.cancel(8); }},
    {"cancel-99", [](auto& d) { return d.cancel(99); }},
    {"stop", [](auto& d) { return d.stop(); }},
    {"stop-firmly", [](auto& d) { return d.stop(true); }},
    {"cycle", [](auto& d) { return d.cycle(); }},
    {"rest", [](auto& d) { return d.rest(); }},
    {"wake", [](auto& d) { return d.wake(); }},
    {"wake-again", [](auto& d) { return d.wake(true); }},
    {"kill", [](auto& d) { return d.kill_for_memory(); }},
    {"started", [](auto& d) { return d.started(); }},
    {"hello", [](auto& d) { return d.hello(); }},
    {"answer-1", [](auto& d) { return d.respond(1); }},
    {"refuse-1", [](auto& d) { return d.respond(1, true); }},
    {"answer-2", [](auto& d) { return d.respond(2); }},
    {"answer-99", [](auto& d) { return d.respond(99); }},
    {"import-begins", [](auto& d) { return d.progress("import", 0, 1); }},
    {"import-ends", [](auto& d) { return d.progress("import", 1, 1); }},
    {"import-unknown", [](auto& d) { return d.progress("import", 0, 0); }},
    {"elaborates", [](auto& d) { return d.progress("elaborate", 1, 9); }},
    {"import-of-99", [](auto& d) { return d.progress("import", 0, 1, 99); }},
    {"log", [](auto& d) { return d.log(); }},
    {"fault", [](auto& d) { return d.fault(); }},
    {"down", [](auto& d) { return d.down(); }},
    {"timer", [](auto& d) { return d.ring(); }},
  };
  return all;
}

/// Events that belong to no generation that runs, or to a timer that is no longer wanted.
const named_actions& stale_events() {
  static const named_actions all{
    {"started", [](auto& d) { return d.as_generation(77).started(); }},
    {"hello", [](auto& d) { return d.as_generation(77).hello(); }},
    {"answer", [](auto& d) { return d.as_generation(77).respond(2); }},
    {"progress", [](auto& d) { return d.as_generation(77).progress("import", 0, 1); }},
    {"log", [](auto& d) { return d.as_generation(77).log(); }},
    {"fault", [](auto& d) { return d.as_generation(77).fault(); }},
    {"down", [](auto& d) { return d.as_generation(77).down(); }},
    {"timer", [](auto& d) { return d.stale_timer(); }},
  };
  return all;
}

machine_driver driver_in(const action& situation) {
  auto config = driven_config();
  config.restart.failed_starts_max = 2;
  machine_driver d{config};
  situation(d);
  return d;
}

/// "situation event" → "state: effects".
using table = std::map<std::string, std::string>;

table measured() {
  table rows;
  for (const auto& [situation, reach] : situations())
    for (const auto& [event, happen] : events()) {
      auto d = driver_in(reach);
      auto effects = happen(d);
      rows[situation + " | " + event] = std::string{to_string(d.status().state)} + ": " + effects;
    }
  return rows;
}

/// The events that a word of the table stands for.
std::string spelled_out(const std::string& word) {
  if (word == "any-answer")
    return "answer-1 refuse-1 answer-2 answer-99";
  if (word == "any-progress")
    return "import-begins import-ends import-unknown elaborates import-of-99";
  return word == "any-cancel" ? "cancel-7 cancel-8 cancel-99" : word;
}

/// Lines "situation | event event … => state: effects".
table expected() {
  table rows;
  std::istringstream lines{std::string{worker_machine_table}};
  for (std::string line; std::getline(lines, line);) {
    auto bar = line.find(" | ");
    auto arrow = line.find(" => ");
    if (bar == std::string::npos)
      continue;
    std::string text;
    std::istringstream words{line.substr(bar + 3, arrow - bar - 3)};
    for (std::string word; words >> word;)
      text += spelled_out(word) + " ";
    std::istringstream names{text};
    for (std::string event; names >> event;)
      EXPECT_TRUE(rows.emplace(line.substr(0, bar) + " | " + event, line.substr(arrow + 4)).second) << "twice: " << line << " " << event;
  }
  return rows;
}

TEST(worker_machine_table, every_event_in_every_situation_does_what_is_written) {
  auto wanted = expected();
  for (const auto& [where, what] : measured()) {
    EXPECT_TRUE(wanted.contains(where)) << "not in the table: " << where << " => " << what;
    if (wanted.contains(where)) {
      EXPECT_EQ(what, wanted[where]) << where;
      wanted.erase(where);
    }
  }
  for (const auto& [where, what] : wanted)
    ADD_FAILURE() << "no such situation or event: " << where << " => " << what;
}

TEST(worker_machine_table, what_is_stale_changes_nothing_but_its_counter_in_any_situation) {
  for (const auto& [situation, reach] : situations())
    for (const auto& [event, happen] : stale_events()) {
      auto d = driver_in(reach);
      auto before = d.status();
      EXPECT_EQ(happen(d), "-") << situation << " | " << event;
      ++before.stale_dropped;
      EXPECT_EQ(d.status(), before) << situation << " | " << event;
    }
}

TEST(worker_machine_table, after_any_two_events_each_accepted_request_still_ends_once) {
  for (const auto& [situation, reach] : situations())
    for (const auto& [first, one] : events())
      for (const auto& [second, two] : events()) {
        auto d = driver_in(reach);
        one(d);
        two(d);
        d.stop(true);
        d.down(errc::stopped);
        std::map<ticket, int> ended;
        for (const auto& outcome : d.outcomes)
          ++ended[outcome.id];
        for (ticket id : {7, 8, 9}) {
          bool twice_given = id == 9 && first == "run" && second == "run";
          EXPECT_LE(ended[id], twice_given ? 2 : 1) << situation << " | " << first << " " << second << ": request " << id;
        }
        bool nine_given = first == "run" || second == "run";
        EXPECT_EQ(ended[9] > 0, nine_given) << situation << " | " << first << " " << second;
      }
}

} // namespace
} // namespace leanworker::internal
