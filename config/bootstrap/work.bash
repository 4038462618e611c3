# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# What all the rest is for: the tests and the demonstration. Exit code 0 or 1.

run_tests() {
  step "tests: ctest --preset release ${passed_on[*]-}"
  if run_shown in_repository env LEANWORKER_TEST_SYSROOT="$sysroot" \
    ctest --preset release --no-tests=error ${passed_on[@]+"${passed_on[@]}"}; then
    say_total "tests passed"
    return 0
  fi
  printf '%sbootstrap: tests: ctest reports failures%s; once more, only those: ./bootstrap test -- --rerun-failed\n' "$red" "$plain" >&2
  return 1
}

# Enough for an honest file on a slow and busy machine, and short enough to watch.
readonly demo_deadline=10s

# check_demo RECORD: shows what it says and keeps a copy. Returns its exit code.
check_demo() {
  local record=$1 color=never sink copying status
  [[ $terminal == yes && -z ${NO_COLOR-} ]] && color=always
  # Not a pipeline: an interrupted run then waits for the command itself, which has children to end.
  exec {sink}> >(exec tee -i -- "$record")
  copying=$!
  run_shown in_repository env LEANWORKER_SYSROOT="$sysroot" "$program" \
    check apps/demo --jobs 2 --timeout "$demo_deadline" --color "$color" >&"$sink" {sink}>&-
  status=$?
  exec {sink}>&-
  wait "$copying"
  return "$status"
}

run_demo() {
  local record=$logs/demo.log status
  step "demo: leanworker check apps/demo --jobs 2 --timeout $demo_deadline"
  check_demo "$record"
  status=$?
  if [[ $status -ne 1 ]]; then
    printf '%sbootstrap: demo: leanworker check ended with %s instead of 1 (some files rejected)%s\n' "$red" "$status" "$plain" >&2
    return 1
  fi
  compare_verdicts "$record" || return 1
  explain_demo
  say_total "the demo went as expected"
}

# Every file must have got the verdict that expected.txt names.
compare_verdicts() {
  local said verdict file unexpected=0
  said=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '$2 ~ /^apps\/demo\// { print $1, $2 }')
  while read -r verdict file; do
    [[ $verdict == '#' ]] && continue
    grep -q -x -F "$verdict apps/demo/$file" <<<"$said" && continue
    printf 'bootstrap: demo: apps/demo/%s should have been: %s\n' "$file" "$verdict" >&2
    unexpected=$((unexpected + 1))
  done < <(sed 's/^#/# /' "$repository/apps/demo/expected.txt")
  [[ $unexpected -eq 0 ]] && return
  printf '  A file that timed out on a busy machine: run ./bootstrap demo again when it is quieter.\n' >&2
  return 1
}

explain_demo() {
  cat <<TEXT

What you have seen: Lean files checked in child processes, two at a time.
  01 to 04  are right; 04 brings an import of its own
  05, 06    draw a warning, and leave a proof unfinished: nothing is proved there
  07, 08    are wrong, and every mistake is reported with its place
  09        would run for ever: stopped by its deadline ($demo_deadline), its process replaced
  10        ends its own process: tried twice, the reason named, the process replaced
  11        is right again: the others never notice
leanworker check ends with 1 because some files were rejected; here that is what was to be shown.
Your own files: build/release/apps/leanworker check FOLDER   (its --help tells the rest)

TEXT
}
