// SPDX-License-Identifier: Apache-2.0
#include "doctor_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

#include <unistd.h>

namespace leanworker::cli {
namespace {

TEST(doctor_report, it_has_versions_limits_times_and_errors_and_names_nobody) {
  ::setenv("HOME", "/home/emmy", 1);
  doctor_findings found;
  found.setup.lean.sysroot = "/home/emmy/.elan/toolchains/x";
  found.setup.lean.why = "elan's x (/home/emmy/project/lean-toolchain):";
  found.setup.lean.version = parse_lean_version("4.30.0");
  found.setup.error = errc::host_build_failed;
  found.setup.message = "compiling /home/emmy/.elan/toolchains/x/lib: error";
  found.problem = "in /home/emmy/secret/paper.lean";
  found.ready_in = std::chrono::milliseconds{812};
  auto text = doctor_report(found);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  for (std::string name : {"emmy", "/home/"})
    EXPECT_EQ(text.find(name), std::string::npos) << text;
  EXPECT_EQ(nlohmann::json::parse(text).dump().find(std::string{"\""} + host + "\""), std::string::npos) << text;
  auto report = nlohmann::json::parse(text);
  EXPECT_EQ(report["lean"]["version"], "4.30.0");
  EXPECT_EQ(report["lean"]["support"], "supported");
  EXPECT_EQ(report["milliseconds"]["child_ready"], 812);
  EXPECT_EQ(report["setup_error"]["code"], "host_build_failed");
  EXPECT_EQ(report["setup_error"]["message"], "compiling TOOLCHAIN/lib: error");
  EXPECT_EQ(report["problem"], "in HOME/secret/paper.lean");
  EXPECT_GE(report["machine"]["usable_cores"], 1);
  EXPECT_TRUE(report["limits"].contains("open_files"));
}

} // namespace
} // namespace leanworker::cli
