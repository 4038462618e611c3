# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# Running other programs: in the background, so that a signal to this script is answered at once, yet in its process
# group, so that Ctrl-C and questions on the terminal reach them as usual.

job=''             # the process that runs now
job_is_delicate=no # it may not be stopped half-way: an installation of packages
lock_fd=''         # of the lock that this run has
job_has_lock=no    # a job that changes things keeps the lock even if this script is killed
unfinished=()      # files and folders to remove when the run ends early

catch_signals() {
  trap 'interrupted INT' INT
  trap 'interrupted TERM' TERM
  trap 'interrupted HUP' HUP
}

clean_up() {
  [[ ${#unfinished[@]} -eq 0 ]] || rm -rf -- "${unfinished[@]}"
  unfinished=()
}

# Every process below PID, children first known last. /proc, because a bare machine has no ps.
descendants() {
  local parents=" $1 " found=yes stat pid rest
  local -a order=("$1")
  while [[ $found == yes ]]; do
    found=no
    for stat in /proc/[0-9]*/stat; do
      pid=${stat#/proc/} pid=${pid%/stat}
      [[ $parents == *" $pid "* ]] && continue
      { rest=$(<"$stat"); } 2>/dev/null || continue
      rest=${rest##*) }
      # shellcheck disable=SC2086  # words wanted: state, parent, …
      set -- $rest
      if [[ $parents == *" ${2-} "* ]]; then
        parents+="$pid "
        order+=("$pid")
        found=yes
      fi
    done
  done
  printf '%s\n' "${order[@]}"
}

# It and its descendants; a delicate one is waited for instead.
stop_job() {
  local -a targets
  if [[ $job_is_delicate == yes ]]; then
    printf '  waiting for the packages to be left in good order; interrupt again to let that go on by itself\n' >&2
    trap 'exit 130' INT TERM HUP
  else
    mapfile -t targets < <(descendants "$job")
    kill -TERM "${targets[@]}" 2>/dev/null
  fi
  wait "$job" 2>/dev/null
  job=''
}

interrupted() {
  trap '' INT TERM HUP
  [[ $terminal == yes ]] && printf '\r\e[K'
  printf 'bootstrap: interrupted (%s); what was done is kept, run the same command again\n' "$1" >&2
  [[ -n $job ]] && stop_job
  clean_up
  exit 130
}

# start_job COMMAND…: in the background; standard input, output and errors as they are.
start_job() {
  (
    trap - INT QUIT TERM HUP
    [[ $job_is_delicate == no ]] || trap '' INT HUP # Ctrl-C reaches every process of the terminal
    [[ $job_has_lock == yes || -z $lock_fd ]] || exec {lock_fd}>&-
    [[ $(type -t "$1") != file ]] || exec "$@"
    "$@"
  ) <&0 &
  job=$!
}

# run_shown COMMAND…: runs it with its output on ours. Returns its exit code.
run_shown() {
  local status
  start_job "$@"
  wait "$job"
  status=$?
  job=''
  return "$status"
}

# run_logged LOG COMMAND…: runs it with its output in a file; meanwhile a terminal sees the file's last line, and a pipe
# sees it twice a minute. Returns its exit code.
run_logged() {
  local log=$1 status began shown=0 pause=0.05
  shift
  mkdir -p "${log%/*}" || fail "cannot make the folder ${log%/*}" "check its owner and the free space"
  : >"$log" || fail "cannot write $log" "check its owner and the free space"
  began=$(now)
  job_has_lock=yes
  start_job "$@" >>"$log" 2>&1
  job_has_lock=no
  while kill -0 "$job" 2>/dev/null; do
    sleep "$pause"
    [[ $pause == 0.05 && $(seconds_since "$began") != 0.* ]] && pause=0.5
    show_progress "$log" "$began"
  done
  wait "$job"
  status=$?
  job=''
  [[ $terminal == yes ]] && printf '\r\e[K'
  return "$status"
}

# Reads and sets `shown`, the half minutes that were reported.
show_progress() {
  local seconds last
  seconds=$((($(now) - $2) / 1000000))
  [[ $seconds -ge 1 ]] || return 0
  if [[ $terminal == no ]]; then
    [[ $((seconds / 30)) -gt $shown ]] || return 0
    shown=$((seconds / 30))
  fi
  last=$(tail -n 5 "$1" | grep . | tail -n 1 | tr -d '\r' | tr -c '[:print:]\n' ' ')
  if [[ $terminal == yes ]]; then
    printf '\r\e[K%s    %s s  %.*s%s' "$dim" "$seconds" $((${COLUMNS:-80} - 14)) "$last" "$plain"
  else
    note "after $seconds s: ${last:0:150}"
  fi
}
