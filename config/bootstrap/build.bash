# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# The build: configured when needed, built by ninja with ccache, and the Lean host compiled once for the toolchain.

readonly build_mib=1500

in_repository() { cd "$repository" && exec "$@"; }

# Ninja sees changes of CMake files by itself; not those of the presets, nor that the repository was moved.
ensure_configured() {
  local folder=$repository/build/release log=$logs/configure.log
  local -a fresh=()
  # ccache wants a folder of its own, by default below HOME.
  [[ -n ${CCACHE_DIR-} || -w ${HOME:-/nowhere} ]] || export CCACHE_DIR=$cache/ccache
  if [[ -f $folder/CMakeCache.txt ]] && ! grep -q -x -F "CMAKE_HOME_DIRECTORY:INTERNAL=$repository" "$folder/CMakeCache.txt"; then
    fresh=(--fresh)
  elif [[ -f $folder/build.ninja && ! $repository/CMakePresets.json -nt $folder/build.ninja ]]; then
    return 0
  fi
  [[ -d $folder/CMakeFiles ]] || need_space "$repository" "$build_mib" "the build"
  step "configure: cmake --preset release"
  if ! run_logged "$log" in_repository cmake ${fresh[@]+"${fresh[@]}"} --preset release; then
    rm -f -- "$folder/build.ninja"
    show_tail "$log" 40
    fail "cmake could not configure the build" "the lines above say why; the whole log is $log"
  fi
  done_step
}

# One job for each core, but not more than memory allows: a compiler here takes up to 1.5 GB.
build_jobs() {
  local cores memory jobs
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1536000) }' /proc/meminfo 2>/dev/null)
  jobs=${memory:-$cores}
  [[ $jobs -le $cores ]] || jobs=$cores
  [[ $jobs -ge 1 ]] || jobs=1
  printf '%s\n' "${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}"
}

# ensure_built [TARGET]
ensure_built() {
  local log=$logs/build.log jobs
  local -a build=(cmake --build --preset release ${1:+--target "$1"})
  jobs=$(build_jobs)
  step "build: ${build[*]}, $jobs at a time"
  if ! run_logged "$log" in_repository "${build[@]}" --parallel "$jobs"; then
    show_tail "$log" 40
    says_full_disk "$log" && fail "the disk is full" "make room in $repository/build, then run this command again"
    grep -q 'Killed signal terminated program' "$log" &&
      fail "the compiler was killed, most likely for want of memory" "run this command again with CMAKE_BUILD_PARALLEL_LEVEL=1"
    fail "the build failed" "the lines above say why; the whole log is $log"
  fi
  if grep -q 'no work to do' "$log"; then done_step "nothing to do,"; else done_step "$(grep -c '^\[[0-9]*/[0-9]*\]' "$log") steps"; fi
}

# `doctor` compiles the Lean host for the toolchain when it is not there yet, and proves that it works.
ensure_host() {
  local log=$logs/host.log
  program=$repository/build/release/apps/leanworker
  step "Lean host: leanworker doctor"
  if ! run_logged "$log" in_repository env LEANWORKER_SYSROOT="$sysroot" "$program" doctor; then
    show_tail "$log" 40
    says_full_disk "$log" && fail "the disk is full" "make room in $cache, then run this command again"
    fail "leanworker doctor says that Lean does not work" "the lines above say why; the whole log is $log"
  fi
  show_indented "$log"
  done_step
}
