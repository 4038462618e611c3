// SPDX-License-Identifier: Apache-2.0 What decoding a row costs: rows of 200 bytes with 8 members, of which 4 are wanted, by nlohmann's parser alone,
// by the reader's default, and by the fast way. One thread, no pipe.
#include <leanworker/actors/internal/json_line.hpp>
#include <leanworker/actors/row_reader.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace {

struct declaration {
  std::string name;
  std::uint32_t line = 0;
  double seconds = 0;
  bool sorry = false;
};
struct slow_declaration : declaration {};

template <class Declaration>
void read_json(const nlohmann::json& json, Declaration& out) {
  json.at("name").get_to(out.name);
  json.at("line").get_to(out.line);
  json.at("seconds").get_to(out.seconds);
  json.at("sorry").get_to(out.sorry);
}
void from_json(const nlohmann::json& json, slow_declaration& out) { read_json(json, out); }

} // namespace

template <>
inline constexpr auto leanworker::row_fields<declaration> = leanworker::fields(
    leanworker::field("name", &declaration::name), leanworker::field("line", &declaration::line), leanworker::field("seconds", &declaration::seconds),
    leanworker::field("sorry", &declaration::sorry));

namespace {

using namespace leanworker;
using steady = std::chrono::steady_clock;

/// Rows one behind the other, as frames lie in a slab, with the padding behind the last.
struct row_block {
  std::string bytes;
  std::vector<data_row> rows;

  explicit row_block(std::size_t count) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < count; ++i) {
      bytes += fmt::format(R"({{"module":"Init.Data.List.Basic","name":"List.length_append_of_{:06}","kind":"theorem","line":{},"column":8,"seconds":0.{:06},"sorry":{},)",
                           i, 100'000 + i, 1 + i * 7919 % 999'983, i % 3 == 0);
      bytes += R"("doc":"The length of two lists, one behind the other.")";
      bytes += '}';
      ends.push_back(bytes.size());
    }
    bytes.append(slab_padding_bytes, '\xFF');
    for (std::size_t i = 0; i < count; ++i) {
      auto begin = i == 0 ? 0 : ends[i - 1];
      rows.push_back({"decls", i, std::string_view{bytes}.substr(begin, ends[i] - begin)});
    }
  }
};

/// The best of some rounds, in rows per second: the other rounds measured what else this machine did.
double best_speed(const row_block& block, int rounds, const std::function<std::uint64_t(const data_row&)>& decode) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    std::uint64_t sum = 0, wanted = 0;
    auto begin = steady::now();
    for (const auto& row : block.rows)
      sum += decode(row);
    best = std::max(best, static_cast<double>(block.rows.size()) / std::chrono::duration<double>(steady::now() - begin).count());
    for (std::size_t i = 0; i < block.rows.size(); ++i)
      wanted += 100'000 + i;
    if (sum != wanted)
      throw std::runtime_error{"the rows were not decoded"};
  }
  return best;
}

template <class Row>
double reader_speed(const row_block& block, int rounds) {
  row_reader<Row> reader{"bench"};
  Row out;
  command_error error;
  return best_speed(block, rounds, [&](const data_row& row) -> std::uint64_t { return reader.read(row, out, error) ? out.line : 0; });
}

double nlohmann_speed(const row_block& block, int rounds) {
  slow_declaration out;
  return best_speed(block, rounds, [&](const data_row& row) -> std::uint64_t {
    nlohmann::json::parse(row.json).get_to(out);
    return out.line;
  });
}

/// Judging rows without decoding them, as a sink that writes lines does.
double line_speed(const row_block& block, int rounds) {
  internal::json_line judge;
  return best_speed(block, rounds, [&](const data_row& row) -> std::uint64_t {
    return judge.judge(row.json) == internal::json_line::verdict::one_line ? 100'000 + row.sequence : 0;
  });
}

void print(bool json, const char* what, double speed, double base, double bytes, double promise) {
  if (json)
    fmt::print("{{\"what\":\"{}\",\"rows_per_second\":{:.0f},\"ratio\":{:.2f},\"mb_per_second\":{:.0f},\"ratio_promise\":{}}}\n", what, speed, speed / base, speed * bytes / 1e6, promise);
  else
    fmt::print("{:<44} {:>12.0f} {:>10.0f} {:>9.1f} {:>14}\n", what, speed, speed * bytes / 1e6, speed / base,
               promise == 0 ? "" : fmt::format("{} {}", promise, speed / base >= promise ? "kept" : "NOT KEPT"));
}

} // namespace

int main(int argc, char** argv) {
  std::size_t rows = 50'000;
  int rounds = 10;
  bool json = false;
  CLI::App app{"What decoding rows costs. Exit code: 0 measured, 1 failed, 2 usage.", "bench_decode"};
  app.add_option("--rows", rows, "In one block")->capture_default_str()->check(CLI::Range(1, 800'000));
  app.add_option("--rounds", rounds, "Over the block; the best counts")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--json", json, "One JSON line per figure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    row_block block{rows};
    auto bytes = static_cast<double>(block.bytes.size() - slab_padding_bytes) / static_cast<double>(rows);
    if (!json)
      fmt::print("{} rows of {:.0f} bytes, best of {} rounds\n{:<44} {:>12} {:>10} {:>9} {:>14}\n", rows, bytes, rounds, "what", "rows/s", "MB/s", "ratio", "ratio promised");
    auto base = nlohmann_speed(block, rounds);
    print(json, "nlohmann alone", base, base, bytes, 0);
    print(json, "row_reader, json_codec (checked, nlohmann)", reader_speed<slow_declaration>(block, rounds), base, bytes, 0);
    print(json, "row_reader, row_fields (simdjson)", reader_speed<declaration>(block, rounds), base, bytes, 5);
    print(json, "json_line, no decoding", line_speed(block, rounds), base, bytes, 0);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_decode: {}\n", error.what());
    return 1;
  }
}
