// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/elan.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace leanworker::internal {
namespace {

namespace fs = std::filesystem;

std::string trimmed(std::string text) {
  constexpr const char* blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  return text;
}

std::string first_line_of(const fs::path& file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  return trimmed(line.substr(0, 256));
}

/// The value of `default_toolchain = "…"`; elan writes that file itself, a line for each setting.
std::string default_of(const fs::path& settings) {
  std::ifstream in{settings};
  for (std::string line; std::getline(in, line);) {
    auto text = trimmed(line);
    if (!text.starts_with("default_toolchain"))
      continue;
    auto begin = text.find('"'), end = text.rfind('"');
    return begin < end ? text.substr(begin + 1, end - begin - 1) : std::string{};
  }
  return {};
}

/// leanprover/lean4:v4.30.0 lies in toolchains/leanprover--lean4---v4.30.0; a name of the user's own under that name.
std::string folder_name(std::string name) {
  if (auto colon = name.find(':'); colon == std::string::npos && (name.starts_with("v4.") || name.starts_with("4.")))
    name = "leanprover/lean4:" + std::string{name.starts_with('v') ? "" : "v"} + name;
  std::string out;
  for (char c : name)
    out += c == '/' ? std::string{"--"} : c == ':' ? std::string{"---"} : std::string{c};
  return out;
}

void name_by_project(const std::string& project, elan_answer& out) {
  for (auto folder = fs::path{project}; !folder.empty(); folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / "lean-toolchain", ignored)) {
      out.name = first_line_of(folder / "lean-toolchain");
      out.source = (folder / "lean-toolchain").string();
      return;
    }
    if (folder == folder.parent_path())
      return;
  }
}

} // namespace

elan_answer ask_elan(const std::string& elan_home, const std::string& choice, const std::string& project) {
  elan_answer out;
  if (!choice.empty()) {
    out.name = choice;
    out.source = "ELAN_TOOLCHAIN";
  } else {
    name_by_project(project, out);
  }
  if (out.name.empty()) {
    out.name = default_of(fs::path{elan_home} / "settings.toml");
    out.source = "elan's default";
  }
  std::error_code ignored;
  if (out.name.empty() || out.name.find("..") != std::string::npos)
    out.problem = "it has no default toolchain, and no lean-toolchain file names one";
  else if (auto folder = fs::path{elan_home} / "toolchains" / folder_name(out.name); fs::exists(folder, ignored))
    out.folder = folder.string();
  else
    out.problem = out.source + " names " + out.name + ", which is not installed; run: elan toolchain install " + out.name;
  return out;
}

bool is_elan_proxy(const std::string& program) {
  std::error_code error;
  auto path = fs::path{program};
  if (auto real = fs::canonical(path, error); !error && real.filename() == "elan")
    return true;
  return fs::exists(path.parent_path() / "elan", error);
}

} // namespace leanworker::internal
