// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"
#include "faults.hpp"
#include "ops.hpp"

#include <filesystem>
#include <fstream>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace leanworker::scripted {
namespace {

namespace fs = std::filesystem;

json open_descriptors() {
  json list = json::array();
  for (const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code error;
    auto target = fs::read_symlink(entry.path(), error).string();
    // The descriptor that reads the directory itself is not one that was given to us.
    if (!error && target.find("/proc/") == std::string::npos)
      list.push_back({{"fd", std::stoi(entry.path().filename().string())}, {"target", target}});
  }
  return list;
}

json limit(int resource) {
  rlimit value{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &value);
  auto number = [](rlim_t n) { return n == RLIM_INFINITY ? json(nullptr) : json(n); };
  return {{"soft", number(value.rlim_cur)}, {"hard", number(value.rlim_max)}};
}

/// The lines of /proc/self/status whose names begin with "Sig": masks in hexadecimal digits.
json signal_masks() {
  json masks = json::object();
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Sig") && line.find(":\t") != std::string::npos)
      masks[line.substr(0, line.find(':'))] = line.substr(line.find(":\t") + 2);
  return masks;
}

json environment() {
  json all = json::object();
  for (char** entry = ::environ; entry && *entry; ++entry) {
    std::string text{*entry};
    auto equals = text.find('=');
    if (equals != std::string::npos)
      all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return all;
}

json look_around() {
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  return {{"descriptors", open_descriptors()},
          {"pid", ::getpid()},
          {"parent_pid", ::getppid()},
          {"process_group", ::getpgid(0)},
          {"session", ::getsid(0)},
          {"signals", signal_masks()},
          {"parent_death_signal", death_signal},
          {"directory", fs::current_path().string()},
          {"environment", environment()},
          {"limits",
           {{"address_space", limit(RLIMIT_AS)}, {"cpu_seconds", limit(RLIMIT_CPU)}, {"open_files", limit(RLIMIT_NOFILE)}, {"core", limit(RLIMIT_CORE)}}}};
}

json report(request_context&, const json& body) {
  json result = started_with();
  if (!body.contains("environment"))
    return result;
  json asked = json::object();
  for (const auto& name : body["environment"])
    asked[name.get<std::string>()] = result["environment"].value(name.get<std::string>(), json(nullptr));
  result["environment"] = asked;
  return result;
}

json sleep_ms(request_context& request, const json& body) {
  auto ms = body.value("ms", 100);
  if (request.wait_cancelled(std::chrono::milliseconds{ms}))
    throw request_error{"cancelled", "ended by cancel"};
  return {{"slept_ms", ms}};
}

json hang(request_context& request, const json& body) {
  if (!body.value("obeys_cancel", false))
    hang_for_ever();
  while (!request.wait_cancelled(std::chrono::hours{1})) {
  }
  throw request_error{"cancelled", "ended by cancel"};
}

json make_fault_happen(request_context& request, const json& body) {
  auto name = body.value("name", std::string{});
  auto text = body.contains("number") ? name + "=" + std::to_string(body["number"].get<std::int64_t>()) : name;
  auto chosen = choose_fault(text);
  if (!chosen)
    throw request_error{"bad_request", "member name must be a fault of --help"};
  chosen->happen({request.id(), [&request] {
                    while (!request.wait_cancelled(std::chrono::hours{1})) {
                    }
                  }});
  return {{"fault", name}, {"grandchildren", grandchildren()}};
}

} // namespace

const json& started_with() {
  static const json facts = look_around();
  return facts;
}

const std::vector<op>& process_ops() {
  static const std::vector<op> list{
    {"sleep_ms", "sleeps `ms` (100); obeys cancel", sleep_ms},
    {"hang", "never ends; `obeys_cancel` (false)", hang},
    {"report", "what the process was started with: descriptors, environment (all, or the names in `environment`), group, session, masks, limits, directory",
     report},
    {"fault", "the fault `name` with `number` happens; the answer comes if the process survives", make_fault_happen},
  };
  return list;
}

} // namespace leanworker::scripted
