// SPDX-License-Identifier: Apache-2.0
// The `bin/lean` of a toolchain without Lean: it "compiles" a unit by copying it, and as a host it answers `check` and `run` as the words in the file
// or the request ask. LEANWORKER_WASM_FAKE, which reaches it through the command, changes how it compiles and starts.
#include <leanworker/child/serve.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace leanworker;
using nlohmann::json;
namespace fs = std::filesystem;

bool asked_to(const char* what) {
  auto script = std::getenv("LEANWORKER_WASM_FAKE");
  return script && std::string_view{script}.find(what) != std::string_view::npos;
}

/// Beside `bin`: what a test wants to know of the processes that ran.
fs::path noted(const std::string& name) {
  return fs::path{std::getenv("LEANWORKER_WASM_NOTES")} / name;
}

int compile(const char* to, const char* from) {
  std::ofstream{noted("compiled"), std::ios::app} << ::getpid() << "\n";
  if (asked_to("half_file")) // what a compiler that is killed leaves
    std::ofstream{to} << "half";
  while (asked_to("compile_slowly") && !fs::exists(noted("go_on")))
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  std::error_code error;
  return fs::copy_file(from, to, fs::copy_options::overwrite_existing, error) ? 0 : 1;
}

json session() { return {{"imports", json::array()}, {"reused", false}, {"import_ms", 0}, {"imports_done", 1}}; }

json report(const char* verdict, json messages) {
  auto errors = messages.size();
  return {{"verdict", verdict}, {"messages", std::move(messages)}, {"messages_truncated", false}, {"session", session()},
          {"counts", {{"error", errors}, {"warning", 0}, {"info", 0}}}, {"declarations", json::array()},
          {"declarations_truncated", false}, {"elapsed_ms", 1}, {"heartbeats", 0}};
}

std::string source_of(const json& body) {
  if (!body.contains("path"))
    return body.at("source").get<std::string>();
  auto path = body.at("path").get<std::string>();
  std::ifstream file{path, std::ios::binary};
  if (!file)
    throw request_error{"io_error", path + ": " + std::strerror(errno)};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// How this process was started, for those who look whether something leaked into it.
std::string what_0_1_2_are() {
  std::string text;
  for (auto fd : {"0", "1", "2"}) {
    std::error_code error;
    text += std::string{fd} + "=" + fs::read_symlink(std::string{"/proc/self/fd/"} + fd, error).string() + " ";
  }
  return text;
}

std::string names_of_environment() {
  std::string names;
  for (char** entry = ::environ; *entry; ++entry)
    names += std::string{*entry, std::strchr(*entry, '=')} + " ";
  return names;
}

class fake_host final : public child_host {
public:
  child_facts facts() const override { return {"fake-lean", "4.28.0", {"check", "run", "open_session"}}; }
  request_result handle(request_context& request) override {
    auto body = json::parse(request.body());
    auto answer = request.op() == "check" ? check(request, body) : request.op() == "run" ? run(request, body) : session();
    return request.cancelled() ? request_result::cancelled() : request_result::success(answer.dump());
  }

private:
  static json check(request_context& request, const json& body) {
    auto source = source_of(body);
    auto says = [&](const char* word) { return source.find(word) != std::string::npos || asked_to(word); };
    if (says("EXIT"))
      ::_exit(7);
    if (says("KILL"))
      ::raise(SIGKILL);
    if (says("HANG")) {
      std::ofstream{noted("hangs")};
      request.wait_cancelled(std::chrono::hours{1});
    }
    if (says("ENVIRONMENT"))
      return report("has_errors", {{{"severity", "error"}, {"text", names_of_environment()}, {"line", 1}, {"column", 0}, {"kind", ""}}});
    if (says("WRONG"))
      return report("has_errors", {{{"severity", "error"}, {"text", says("LONG") ? std::string(60'000, 'x') : what_0_1_2_are()}, {"line", 1},
                                    {"column", 0}, {"kind", ""}}});
    return report("accepted", json::array());
  }
  static json run(request_context& request, const json& body) {
    auto count = body.at("request").value("rows", 0);
    auto row = json(std::string(body.at("request").value("bytes", std::size_t{10}), 'r')).dump();
    for (int i = 0; i < count && !request.cancelled(); ++i)
      request.emit_row("r", row);
    return {{"rows", count}, {"streams", {{"r", count}}}, {"metadata", nullptr}, {"elapsed_ms", 1}, {"session", session()}};
  }
};

} // namespace

int main(int argc, char** argv) {
  std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--version")
    return std::puts("Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 0123456789012345678901234567890123456789, Release)") < 0;
  if (first == "-o" && argc == 4)
    return compile(argv[2], argv[3]);
  if (first != "--run")
    return 1;
  std::ofstream{noted("started"), std::ios::app} << ::getpid() << "\n";
  if (asked_to("only_source")) { // as one that dies before it has said why
    std::fprintf(stderr, "%s", std::string(70'000, 'm').c_str());
    return 1;
  }
  if (asked_to("minified")) { // as an engine that finds its limit prints the line of its source
    std::fprintf(stderr, "/opt/lean.js:1\n%s\n^\nError: EMFILE: too many open files, open '/opt/lean.wasm'\n", std::string(60'000, 'm').c_str());
    return 1;
  }
  fake_host host;
  return run_worker_child_stdio(host);
}
