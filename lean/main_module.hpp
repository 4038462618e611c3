// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leanworker {

/// The components of the module that `lean` takes a file for when it is called in `folder`: the path of the file below it, without the ending. Empty where the
/// file is not below it; `lean` calls it `_stdin` then. Both are absolute, without symbolic links. Pure.
std::vector<std::string> main_module_of(std::string_view file, std::string_view folder);

/// The file below a folder of the search path that holds a module, such as Foo/Bar.olean for Foo.Bar. Empty for what is no module name. Pure.
std::string module_file(std::string_view module);

} // namespace leanworker
