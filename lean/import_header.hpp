// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leanworker {

/// The import lines at the head of a Lean source, in order, with their modifiers ("import all Foo", "public import Bar"), white space and comments
/// removed. Only a hint: it tells which files like to share a worker. Lean itself reads the header that counts.
std::vector<std::string> scan_import_header(std::string_view source);

/// What a session for this source imports: equal for sources that open the same one. `default_imports` stands in for a source without header.
std::vector<std::string> session_imports(std::string_view source, const std::vector<std::string>& default_imports);

} // namespace leanworker
