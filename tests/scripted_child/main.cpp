// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"
#include "faults.hpp"
#include "handshake_script.hpp"
#include "ops.hpp"

#include <leanworker/child/serve.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace leanworker;
using namespace leanworker::scripted;

namespace {

constexpr int exit_usage = 64;

struct script {
  std::vector<chosen_fault> before_hello;
  std::vector<chosen_fault> before_answer;
  std::vector<chosen_fault> after_end;
  std::uint64_t at_request = 0; ///< 0: every one.
  const handshake_variant* hello = nullptr;
  const handshake_variant* configure_reply = nullptr;
  std::uint32_t in_flight_max = 1;
  std::uint32_t limit_bytes = frame_bytes_max_highest;
  bool drip = false;
};

/// An operation takes its parameters from the body, or, as typed commands send them, from the body's member `request`.
json parameters(json body) {
  if (auto request = body.find("request"); request != body.end() && request->is_object()) {
    json given = *request;
    body.update(given);
  }
  return body;
}

class scripted_host final : public child_host {
public:
  explicit scripted_host(const script& s) : script_{s} {
    for (auto list : {&stream_ops(), &command_ops(), &process_ops()})
      ops_.insert(ops_.end(), list->begin(), list->end());
  }

  child_facts facts() const override {
    child_facts facts;
    facts.kind = "scripted";
    facts.version = "0.1.0";
    for (const auto& candidate : ops_)
      facts.capabilities.emplace_back(candidate.name);
    facts.in_flight_max = script_.in_flight_max;
    facts.receive_bytes_max = facts.send_bytes_max = script_.limit_bytes;
    return facts;
  }

  void configured(const child_configuration& configuration) override {
    if (configuration.seal_key)
      channel::of_this_process().seal_with(*configuration.seal_key);
  }

  request_result handle(request_context& request) override {
    auto number = ++requests_;
    if (script_.at_request == 0 || script_.at_request == number)
      for (const auto& chosen : script_.before_answer)
        chosen.happen({request.id(), [&request] {
                         while (!request.wait_cancelled(std::chrono::hours{1})) {
                         }
                       }});
    auto found = std::find_if(ops_.begin(), ops_.end(), [&](const op& candidate) { return candidate.name == request.op(); });
    try {
      return request_result::success(found->run(request, parameters(json::parse(request.body()))).dump());
    } catch (const json::exception& error) {
      return request_result::failure("bad_request", error.what());
    }
  }

private:
  const script& script_;
  std::vector<op> ops_;
  std::atomic<std::uint64_t> requests_{0};
};

template <class List>
void print_list(const char* title, const List& list) {
  std::printf("\n%s:\n", title);
  for (const auto& entry : list)
    std::printf("  %-30.*s %.*s\n", static_cast<int>(entry.name.size()), entry.name.data(), static_cast<int>(entry.help.size()), entry.help.data());
}

int print_help() {
  std::puts("leanworker_scripted_child: a child that does what a test tells it. Speaks docs/PROTOCOL.md on descriptors 0 and 3.\n\n"
            "  --before-hello FAULT[=N]      FAULT happens before hello is written (may be given several times, in order)\n"
            "  --before-answer FAULT[=N]     FAULT happens when a request (not health, not echo) arrives, before it is done (several times)\n"
            "  --at-request N                --before-answer only at the Nth request, from 1\n"
            "  --after-end FAULT[=N]         FAULT happens when the loop has ended, instead of leaving at once (several times)\n"
            "  --hello VARIANT               another handshake, without the loop: only configure is answered, then reads to the end of file\n"
            "  --configure-reply VARIANT     a correct hello, but another answer to configure; then reads to the end of file\n"
            "  --in-flight N                 limits.in_flight_max (1)\n"
            "  --limit-bytes N               limits.receive_bytes_max and send_bytes_max (268435456)\n"
            "  --ignore-sigterm              short for --before-hello ignore_sigterm\n"
            "  --drip                        everything on descriptor 3 is written byte by byte\n"
            "  --help                        this text");
  print_list("FAULT (N is a number; {\"op\": \"fault\", \"name\": FAULT, \"number\": N} does the same inside a request)", all_faults());
  print_list("VARIANT of --hello", hello_variants());
  print_list("VARIANT of --configure-reply", configure_variants());
  print_list("Operations with rows (members with their defaults)", stream_ops());
  print_list("Operations with results", command_ops());
  print_list("Operations on the process", process_ops());
  return 0;
}

[[noreturn]] void usage(const std::string& problem) {
  std::fprintf(stderr, "leanworker_scripted_child: %s; see --help\n", problem.c_str());
  std::exit(exit_usage);
}

chosen_fault fault_or_usage(const std::string& text) {
  auto chosen = choose_fault(text);
  if (!chosen)
    usage("no fault " + text);
  return *chosen;
}

const handshake_variant* variant_or_usage(const std::vector<handshake_variant>& list, const std::string& name) {
  auto found = std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.name == name; });
  if (found == list.end())
    usage("no variant " + name);
  return &*found;
}

void take_value(script& s, const std::string& flag, const std::string& value) {
  if (flag == "--before-hello")
    s.before_hello.push_back(fault_or_usage(value));
  else if (flag == "--before-answer")
    s.before_answer.push_back(fault_or_usage(value));
  else if (flag == "--after-end")
    s.after_end.push_back(fault_or_usage(value));
  else if (flag == "--at-request")
    s.at_request = std::strtoull(value.c_str(), nullptr, 10);
  else if (flag == "--hello")
    s.hello = variant_or_usage(hello_variants(), value);
  else if (flag == "--configure-reply")
    s.configure_reply = variant_or_usage(configure_variants(), value);
  else if (flag == "--in-flight")
    s.in_flight_max = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
  else if (flag == "--limit-bytes")
    s.limit_bytes = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
  else
    usage("no flag " + flag);
}

script read_script(int argc, char** argv) {
  script s;
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--drip")
      s.drip = true;
    else if (flag == "--ignore-sigterm")
      s.before_hello.push_back(fault_or_usage("ignore_sigterm"));
    else if (i + 1 == argc)
      usage("no value for " + flag);
    else
      take_value(s, flag, argv[++i]);
  }
  return s;
}

/// The handshake without the loop.
int perform(const script& s) {
  auto correct = &hello_variants().front();
  (s.hello ? s.hello : correct)->perform();
  auto configure = read_frame();
  if (!configure)
    return 0;
  auto given = json::parse(configure->body, nullptr, false);
  if (auto key = parse_seal_key(given.is_object() ? given.value("seal_key", "") : std::string{}))
    channel::of_this_process().seal_with(*key);
  if (s.configure_reply)
    s.configure_reply->perform();
  else
    channel::of_this_process().frame(frame_kind::response, 0, configure->header.request_id, "{}");
  drain_stdin();
  return 0;
}

int serve(const script& s) {
  if (s.drip)
    channel::of_this_process().drip();
  scripted_host host{s};
  int code = run_worker_child_stdio(host);
  channel::of_this_process().finish_drip();
  return code;
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--help") == 0)
    return print_help();
  started_with();
  auto s = read_script(argc, argv);
  channel::of_this_process();
  for (const auto& chosen : s.before_hello)
    chosen.happen({});
  int code = s.hello || s.configure_reply ? perform(s) : serve(s);
  for (const auto& chosen : s.after_end)
    chosen.happen({});
  return code;
}
