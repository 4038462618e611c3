// SPDX-License-Identifier: Apache-2.0
#include "our_workers.hpp"
#include "snippet_figures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <map>

namespace leanworker::bench {
namespace {

using steady = std::chrono::steady_clock;

double microseconds_from(steady::time_point begin) { return std::chrono::duration<double, std::micro>(steady::now() - begin).count(); }

struct phase_sum {
  double us = 0;
  std::uint64_t count = 0;
};

const std::map<std::string, const char*> meaning = {
  {"receive", "child: the frame's body to JSON, to the work thread"},
  {"prepare", "child: the process as at the start"},
  {"request", "child: the members of the request"},
  {"header", "child: the header's parse"},
  {"session", "child: session look-up"},
  {"parse", "child: commands' parse"},
  {"early", "child: frames before a command"},
  {"elaborate", "child: elaboration"},
  {"audit", "child: audit of a command"},
  {"messages", "child: messages to JSON"},
  {"recheck", "child: whether to ask the kernel again"},
  {"declarations", "child: declarations, sorry, trust"},
  {"encode", "child: result to text"},
  {"upkeep", "child: whether it should be replaced"},
};

/// All snippets' times, in microseconds.
class time_table {
public:
  void run(our_workers& worker, const snippet& one) {
    auto begin = steady::now();
    check_request request;
    request.source = one.source;
    auto body = encode_check(request);
    body.insert(1, R"("phases":true,)");
    encode_ += microseconds_from(begin);
    auto sent = steady::now();
    auto result = worker.run(std::move(body));
    way_ += microseconds_from(sent);
    auto received = steady::now();
    right_ = our_workers::read(result) == one.expected && right_;
    decode_ += microseconds_from(received);
    total_ += microseconds_from(begin);
    add(result);
    ++snippets_;
  }
  void print() const {
    fmt::print("{:<52} {:>12} {:>9} {:>7}\n", "phase", "us/snippet", "times", "%");
    auto n = static_cast<double>(snippets_);
    row("parent: request to text", encode_, n);
    row("both ways: pool, actors, pipe, the child's reading", way_ - child_, n);
    for (const auto& name : order_) {
      auto known = meaning.find(name);
      const auto& sum = sums_.at(name);
      row(known == meaning.end() ? "child: " + name : known->second, sum.us, static_cast<double>(sum.count));
    }
    row("parent: response to a report", decode_, n);
    row("all", total_, n);
    auto elaboration = sums_.contains("elaborate") ? sums_.at("elaborate").us : 0;
    row("all but elaboration", total_ - elaboration, n);
  }
  bool right() const { return right_; }

private:
  void add(const std::string& body) {
    auto result = nlohmann::json::parse(body);
    for (const auto& phase : result.at("phases")) {
      auto name = phase.at("phase").get<std::string>();
      if (!sums_.contains(name))
        order_.push_back(name);
      auto us = phase.at("us").get<double>();
      sums_[name].us += us;
      sums_[name].count += phase.at("count").get<std::uint64_t>();
      child_ += us;
    }
  }
  void row(const std::string& what, double us, double count) const {
    auto n = static_cast<double>(snippets_);
    fmt::print("{:<52} {:>12.1f} {:>9.1f} {:>7.2f}\n", what, us / n, count / n, 100 * us / total_);
  }

  std::map<std::string, phase_sum> sums_;
  std::vector<std::string> order_;
  double encode_ = 0;
  double way_ = 0;
  double child_ = 0;
  double decode_ = 0;
  double total_ = 0;
  std::size_t snippets_ = 0;
  bool right_ = true;
};

} // namespace

bool print_phases(const lean_setup& setup, const std::vector<snippet>& snippets, const std::string& import) {
  our_workers worker{setup, 1, import};
  worker.wait_until_quiet();
  for (const auto& each : snippets)
    worker.check(each.source);
  time_table table;
  for (const auto& each : snippets)
    table.run(worker, each);
  fmt::print("where the time goes: {} snippets on a warm worker, import {}, load {:.1f}\n", snippets.size(), import, load());
  table.print();
  std::fflush(stdout);
  return table.right();
}

} // namespace leanworker::bench
