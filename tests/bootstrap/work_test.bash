#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Build, tests and demonstration.
# shellcheck disable=SC2031,SC2034,SC2154  # settings and output belong to the sandbox
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

test_build_configures_once() {
  bootstrap build
  expect_status 0
  expect_output 'toolchain: fake'
  bootstrap build
  expect_status 0
  expect_output 'nothing to do'
  expect_calls 'cmake --preset release' 1
  expect_calls 'cmake --build --preset release' 2
  expect_calls 'leanworker doctor' 2
}

test_changed_presets_and_moved_repositories_are_configured_again() {
  bootstrap build
  touch -d 'next year' "$repository/CMakePresets.json"
  bootstrap build
  expect_calls 'cmake --preset release' 2
  touch -d 'last year' "$repository/CMakePresets.json"
  mv "$repository" "$sandbox/moved"
  repository=$sandbox/moved
  bootstrap build
  expect_status 0
  expect_calls 'cmake --fresh --preset release' 1
}

test_a_failed_build_shows_its_last_lines() {
  settings+=(FAKE_BUILD=fails)
  bootstrap build
  expect_status 3
  expect_output 'expected unqualified-id'
  expect_output 'line 60'
  expect_no_output '| line 9'
  expect_output 'build.log'
}

test_a_doctor_that_fails_ends_the_run() {
  settings+=(FAKE_DOCTOR=broken)
  bootstrap build
  expect_status 3
  expect_output 'toolchain: fake'
  expect_output 'Lean does not work'
}

test_tests_are_run_with_the_toolchain() {
  bootstrap test
  expect_status 0
  expect_output '100% tests passed, 0 tests failed out of 3'
  expect_calls "ctest --preset release --no-tests=error LEANWORKER_TEST_SYSROOT=$cache/toolchains/" 1
}

test_further_arguments_go_to_ctest() {
  bootstrap test -- -R 'a b' -V
  expect_status 0
  expect_calls 'ctest --preset release --no-tests=error -R a b -V' 1
}

test_failing_tests_end_with_1() {
  settings+=(FAKE_TESTS=8)
  bootstrap test
  expect_status 1
  expect_output 'Total Test time'
  expect_output '--rerun-failed'
}

test_the_build_server_runs_the_tests() {
  mkdir "$repository/.ci" && cp "$source_tree/.ci/run" "$repository/.ci/"
  output=$(env -i HOME="$sandbox/home" PATH="$sandbox/bin" LEANWORKER_CACHE="$cache" SANDBOX="$sandbox" "$repository/.ci/run" 2>&1)
  status=$?
  expect_status 0
  expect_output 'Total Test time'
}

test_demo_as_expected() {
  bootstrap demo
  expect_status 0
  expect_output 'timed_out     apps/demo/09-runs-for-ever.lean'
  expect_output 'What you have seen'
}

test_demo_with_an_unexpected_verdict() {
  settings+=(FAKE_VERDICT=has_errors)
  bootstrap demo
  expect_status 1
  expect_output 'apps/demo/11-right-again.lean should have been: accepted'
  expect_no_output 'What you have seen'
}

test_demo_with_an_unexpected_exit_code() {
  settings+=(FAKE_CHECK=3)
  bootstrap demo
  expect_status 1
  expect_output 'ended with 3 instead of 1'
}

test_every_demo_file_has_an_expected_verdict() {
  local file
  for file in "$source_tree"/apps/demo/*.lean; do
    grep -q " ${file##*/}\$" "$source_tree/apps/demo/expected.txt" || problem "${file##*/} is missing in expected.txt"
    head -n 1 "$file" | grep -q '^-- ' || problem "${file##*/} does not begin with what it shows"
  done
}

run_all
