// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/process.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leanworker::bench {

/// The argument that makes a benchmark its own child.
inline constexpr std::string_view row_serve_flag = "--serve-rows";

/// What the child is asked for.
struct row_order {
  std::uint64_t rows = 0;
  std::size_t bytes = 200;  ///< Of each payload.
  bool flush_each = false;  ///< One write per row; otherwise as many as fit into 64 KiB.
  std::string body() const;
};

/// A child that writes rows as fast as its pipe takes them: prepared frames, of which only the sequence numbers change. Operation `rows`; any other is answered at once.
int serve_rows();

/// The payload: one JSON object of that many bytes, whose first four members are those of `bench_record`.
std::string row_payload(std::size_t bytes);

/// The argument, followed by the bytes of a row, that makes a benchmark a child for others than us.
inline constexpr std::string_view json_lines_flag = "--serve-json-lines";

/// That child: each line of descriptor 0 is a number, and so many payloads, each with a line end, go to descriptor 1 as fast
/// as it takes them, in pieces of 64 KiB. Ends with its input.
int serve_json_lines(std::string_view row_bytes);

process_spec this_program_as_row_child();

/// The least that these rows can cost: one thread that reads into one buffer and goes from header to header.
struct bare_result {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0; ///< Everything read.
  double seconds = 0;
};
bare_result bare_read_and_frame(const row_order& order);

/// The least that these bytes can cost: one thread that reads them and looks at nothing.
bare_result bare_copy(const row_order& order);

} // namespace leanworker::bench
