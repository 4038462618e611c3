// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

/// What /proc says about the processes of a test.
namespace leanworker::testing {

struct process_entry {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?'; ///< As in /proc/<pid>/stat; 'Z' is a zombie.
  std::string name;
};

/// Children of this process, zombies included.
std::vector<process_entry> own_children();

/// Processes whose environment contains `NAME=value`, whoever their parent is. Zombies have no environment and are not among them.
std::vector<process_entry> processes_with(const std::string& variable);

/// True once this process has no child, living or zombie, and no process carries `variable`; false after `patience`.
bool all_gone(const std::string& variable, std::chrono::milliseconds patience);

} // namespace leanworker::testing
