// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file_verdict.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// Foreign text on a terminal: names of files, what Lean says, what children print. It must neither steer the terminal nor look like a line of ours.
/// JSON is exact and never goes through here. Pure.
namespace leanworker::cli {

/// One line: control characters, line ends, escape sequences, marks that turn the direction of text, characters without width and bytes that are no
/// UTF-8 are written out, as \n, \x1b or \u202e.
std::string shown(std::string_view text);

/// Several lines: each as by `shown`, those after the first behind `indent`, so that none begins where ours do. No line end at the end.
std::string shown_lines(std::string_view text, std::string_view indent = "  ");

/// At most 20 lines of 200 bytes out of what a child wrote before its end, without the lines of a program that an engine prints when it fails: those that tell of an error, then the last ones, in their order. What is left
/// out is counted.
std::string telling_lines(std::string_view text);

/// The result with all its foreign texts as a terminal may see them.
file_result for_people(file_result result);

/// " (32 decls, 15 probes)": at most eight streams with their rows, in the order of their names; how many more there are. Empty without any.
std::string rows_by_stream(const std::map<std::string, std::uint64_t>& streams);

/// One sentence with cause and cure where the words of a child that could not start show a want of the machine: descriptors, memory, room on the disk,
/// libraries, permission, a folder. Empty otherwise.
std::string advice_for(std::string_view words);

} // namespace leanworker::cli
