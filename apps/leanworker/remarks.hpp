// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file_verdict.hpp"

#include <string>

namespace leanworker::cli {

/// What a reader of the text output should know of a file besides its verdict: "; axiom a, b; opaque c". Empty where there is nothing. Pure.
std::string trust_remark(const check_report& report);

/// "; after 1 death of its child (…)" for a file that was judged all the same. Empty without deaths. Pure.
std::string deaths_remark(const file_result& result);

/// "; Lean panicked …" for a file under which it did, with the first line of what it said. Empty else. Pure.
std::string panic_remark(const file_result& result);

/// What is not shown, in whole lines. Empty where all is. Pure.
std::string left_out_lines(const file_result& result);

/// Of a partial result: where the work stood, as a line. Pure.
std::string stopped_line(const file_result& result);

/// "error(lean.unknownIdentifier)", as `lean` prints a message that has a name. Pure.
std::string severity_text(const lean_message& message);

} // namespace leanworker::cli
