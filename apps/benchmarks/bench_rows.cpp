// SPDX-License-Identifier: Apache-2.0
// How fast rows come from a child to their user, next to what the pipe itself can do, measured in the same run.
#include "machine.hpp"
#include "peers.hpp"
#include "row_child.hpp"
#include "row_figures.hpp"

#include <leanworker/actors/client.hpp>
#include <leanworker/actors/row_consumers.hpp>
#include <leanworker/actors/typed_rows.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

using namespace leanworker;
using namespace leanworker::bench;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// Four of the members of each row of the child.
struct bench_record {
  std::string name;
  std::string kind;
  std::uint32_t line = 0;
  double score = 0;
};

} // namespace

template <>
inline constexpr auto leanworker::row_fields<bench_record>
  = leanworker::fields(leanworker::field("name", &bench_record::name), leanworker::field("kind", &bench_record::kind), leanworker::field("line", &bench_record::line),
                       leanworker::field("score", &bench_record::score));

namespace {

struct options {
  std::uint64_t rows = 4'000'000;
  std::uint64_t flushed_rows = 1'000'000;
  std::uint64_t big_rows = 16'000;
  std::uint64_t slow_mib = 400;
  std::uint64_t peer_rows = 300'000;
  bool no_peers = false;
  int repeat = 3;
  bool json = false;
};

client::pool_options pool_of(unsigned workers) {
  client::pool_options wanted;
  wanted.config.workers = workers;
  wanted.config.worker.request_timeout = 10min;
  wanted.child = this_program_as_row_child();
  wanted.measure = false;
  return wanted;
}

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

measured from(const bare_result& bare) { return {bare.rows, bare.bytes, bare.seconds, 0, 0}; }

/// One request on a warm child; the consumer sees every row.
measured run(client::lease& lease, const row_order& order, row_consumer& consumer) {
  auto rss = resident_bytes();
  auto begin = steady::now();
  auto ended = lease.run(order.body(), consumer);
  measured result{ended.rows.rows, ended.rows.payload_bytes, seconds_since(begin), resident_bytes() - rss, ended.rows.backpressure_waits};
  if (!ended.ok())
    throw std::runtime_error{"a request failed: " + ended.outcome.message};
  if (ended.rows.rows != order.rows)
    throw std::runtime_error{"rows were lost"};
  return result;
}

/// The fastest of a few: what disturbs on a shared machine only ever slows down.
template <class F>
measured best_of(int repeat, F&& once) {
  measured best = once();
  for (int i = 1; i < repeat; ++i)
    if (auto next = once(); next.seconds < best.seconds)
      best = next;
  return best;
}

measured counted(client::lease& lease, const row_order& order, int repeat) {
  return best_of(repeat, [&] {
    counting_rows count;
    return run(lease, order, count);
  });
}

/// Each row becomes an object, as it does for the peers.
measured parsed(client::lease& lease, const row_order& order, int repeat) {
  return best_of(repeat, [&] {
    row_callbacks parse{[](const data_row& row) { return nlohmann::json::parse(row.json, nullptr, false).is_object(); }};
    auto result = run(lease, order, parse);
    result.bytes = order.rows * order.bytes;
    return result;
  });
}

/// The rows as structs, by simdjson's on-demand parser.
measured typed(client::lease& lease, const row_order& order, int repeat) {
  return best_of(repeat, [&] {
    std::uint64_t good = 0;
    auto see = [&](const bench_record& record) { good += record.line == 1234 && record.kind == "theorem" ? 1 : 0; };
    typed_rows<bench_record, decltype(see)> reader{"rows", see};
    auto result = run(lease, order, reader);
    if (good != order.rows)
      throw std::runtime_error{"rows were read wrongly"};
    return result;
  });
}

/// The rows as trees, by simdjson's DOM parser.
measured trees(client::lease& lease, const row_order& order, int repeat) {
  return best_of(repeat, [&] {
    std::uint64_t good = 0;
    auto see = [&](row_value value) { good += value.is_object() ? 1 : 0; };
    typed_rows<row_value, decltype(see)> reader{"rows", see};
    auto result = run(lease, order, reader);
    if (good != order.rows)
      throw std::runtime_error{"rows were read wrongly"};
    return result;
  });
}

/// One payload, read in the four ways that docs/ROWS.md names.
void ways_to_read(figures_of_rows& table, const char* size, client::lease& lease, const row_order& order, int repeat, double promise) {
  auto name = [&](const char* way) { return fmt::format("{} rows, {}", size, way); };
  auto show = [&](const char* way, measured figure) {
    figure.bytes = order.rows * order.bytes;
    table.add(name(way), figure);
    return figure.rows_per_second();
  };
  auto raw = best_of(repeat, [&] {
    std::uint64_t bytes = 0;
    row_callbacks see{[&](const data_row& row) { bytes += row.json.size(); }};
    return run(lease, order, see);
  });
  show("raw text", raw);
  show("struct of 4 members", typed(lease, order, repeat));
  auto ours = show("simdjson tree (row_value)", trees(lease, order, repeat));
  auto theirs = show("nlohmann tree", parsed(lease, order, repeat));
  table.promise_at_least("  row_value, times nlohmann", ours / theirs, promise);
}

/// False when one of them failed.
bool peers(figures_of_rows& table, const options& wanted, client::lease& lease, double counted_per_second) {
  row_order order{wanted.peer_rows, 200, false};
  auto ours = parsed(lease, order, wanted.repeat);
  table.add("200 B rows, each parsed with nlohmann::json", ours);
  return add_row_peers(table, order, wanted.repeat, {counted_per_second, ours.rows_per_second()});
}

measured several_children(unsigned children, const row_order& order) {
  auto pool = client::pool::open(pool_of(children));
  std::vector<client::lease> leases;
  for (unsigned i = 0; i < children; ++i)
    leases.push_back(pool.acquire());
  std::vector<std::thread> callers;
  auto begin = steady::now();
  for (auto& lease : leases)
    callers.emplace_back([&] {
      counting_rows count;
      run(lease, order, count);
    });
  for (auto& caller : callers)
    caller.join();
  return {order.rows * children, 0, seconds_since(begin), 0, 0};
}

/// Takes its time so that it lets through so many bytes per second, and remembers the highest memory use.
class limited_rows : public counting_rows {
public:
  explicit limited_rows(double bytes_per_second) : bytes_per_second_{bytes_per_second} {}
  sink_status rows(const row_slice& slice) override {
    auto status = counting_rows::rows(slice);
    auto due = begin_ + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(static_cast<double>(payload_bytes()) / bytes_per_second_));
    std::this_thread::sleep_until(due); // the pace of the workload
    peak_ = std::max(peak_, resident_bytes());
    return status;
  }
  std::int64_t peak() const noexcept { return peak_; }

private:
  double bytes_per_second_;
  steady::time_point begin_ = steady::now();
  std::int64_t peak_ = 0;
};

void slow_sink(figures_of_rows& table, const options& wanted, client::lease& lease) {
  row_order order{(wanted.slow_mib << 20) / 200, 200, false};
  auto before = resident_bytes();
  limited_rows sink{80e6};
  auto result = run(lease, order, sink);
  result.rss_growth_bytes = sink.peak() - before;
  table.add(fmt::format("{} MiB of 200 B rows through a sink limited to 80 MB/s", wanted.slow_mib), result);
  table.promise_at_most("  growth of the parent's memory, MiB", static_cast<double>(result.rss_growth_bytes) / (1 << 20), 4 + 8);
}

/// False when a peer failed.
bool measure_all(const options& wanted) {
  print_machine(wanted.json);
  figures_of_rows table{wanted.json};
  auto pool = client::pool::open(pool_of(1));
  auto lease = pool.acquire();
  if (!lease)
    throw std::runtime_error{"no lease: " + lease.refusal().detail};

  row_order small{wanted.rows, 200, false};
  auto bare = best_of(wanted.repeat, [&] { return from(bare_read_and_frame(small)); });
  table.add("200 B rows, bare read and frame loop", bare);
  auto one = counted(lease, small, wanted.repeat);
  table.add("200 B rows, counting sink through the client", one);
  table.promise_at_least("  share of the bare loop", one.rows_per_second() / bare.rows_per_second(), 0.6);

  auto structs = typed(lease, small, wanted.repeat);
  table.add("200 B rows, 4 members decoded into a struct", structs);
  table.promise_at_least("  million rows per second", structs.rows_per_second() / 1e6, 2);
  auto some = std::max<std::uint64_t>(1, wanted.rows / 10);
  ways_to_read(table, "200 B", lease, {some, 200, false}, wanted.repeat, 1.5);
  ways_to_read(table, "4 KiB", lease, {std::max<std::uint64_t>(1, some / 10), 4096, false}, wanted.repeat, 4);

  row_order big{wanted.big_rows, 64u << 10, false};
  auto copy = best_of(wanted.repeat, [&] { return from(bare_copy(big)); });
  table.add("64 KiB rows, bare pipe copy", copy);
  auto through = counted(lease, big, wanted.repeat);
  table.add("64 KiB rows, counting sink", through);
  table.promise_at_least("  share of the bare copy", through.rows_per_second() / copy.rows_per_second(), 0.6);

  row_order flushed{wanted.flushed_rows, 200, true};
  table.add("200 B rows, one write each, bare loop", from(bare_read_and_frame(flushed)));
  auto each = counted(lease, flushed, wanted.repeat);
  table.add("200 B rows, one write each, counting sink", each);
  table.promise_at_least("  million rows per second", each.rows_per_second() / 1e6, 1);

  auto four = best_of(wanted.repeat, [&] { return several_children(4, {wanted.rows / 4, 200, false}); });
  table.add("200 B rows, four children at once", four);
  table.promise_at_least("  share of one child's total", four.rows_per_second() / one.rows_per_second(), 0.8);

  slow_sink(table, wanted, lease);
  return wanted.no_peers || peers(table, wanted, lease, one.rows_per_second());
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == row_serve_flag)
    return serve_rows();
  if (argc == 3 && std::string_view{argv[1]} == json_lines_flag)
    return serve_json_lines(argv[2]);
  options wanted;
  CLI::App app{"How fast rows come from a child to their user. Exit code: 0 measured, 1 failed, 2 usage.", "bench_rows"};
  app.add_option("--rows", wanted.rows, "Of 200 bytes")->capture_default_str();
  app.add_option("--flushed-rows", wanted.flushed_rows, "Of 200 bytes, one write each")->capture_default_str();
  app.add_option("--big-rows", wanted.big_rows, "Of 64 KiB")->capture_default_str();
  app.add_option("--slow-mib", wanted.slow_mib, "Through the limited sink")->capture_default_str();
  app.add_option("--peer-rows", wanted.peer_rows, "Of 200 bytes, for Python and Node")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--no-peers", wanted.no_peers, "Ours only");
  app.add_option("--repeat", wanted.repeat, "The fastest of so many is told")->capture_default_str();
  app.add_flag("--json", wanted.json, "One JSON line per figure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return measure_all(wanted) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_rows: {}\n", error.what());
    return 1;
  }
}
