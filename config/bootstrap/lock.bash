# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# Only one run at a time works on a cache folder, and only one builds in a repository.

wait_max=${LEANWORKER_BOOTSTRAP_WAIT:-1800}

# choose_cache: sets `cache`, absolute and there. The program itself looks in the same order.
choose_cache() {
  step_name=cache
  [[ $wait_max =~ ^[0-9]{1,6}$ ]] || fail "LEANWORKER_BOOTSTRAP_WAIT is '$wait_max'" "set it to a number of seconds, or unset it"
  if [[ -n ${LEANWORKER_CACHE-} ]]; then
    cache=$LEANWORKER_CACHE
  elif [[ -n ${XDG_CACHE_HOME-} ]]; then
    cache=$XDG_CACHE_HOME/leanworker
  elif [[ -n ${HOME-} ]]; then
    cache=$HOME/.cache/leanworker
  else
    fail "no folder for downloads is known" "set LEANWORKER_CACHE or HOME"
  fi
  mkdir -p "$cache/downloads" || fail "cannot make the folder $cache" "check its owner and free space, or set LEANWORKER_CACHE"
  [[ -w $cache && -w $cache/downloads ]] || fail "cannot write in $cache" "check its owner, or set LEANWORKER_CACHE"
  cache=$(cd "$cache" && pwd -P) || fail "cannot enter the cache folder"
  export LEANWORKER_CACHE=$cache
}

# lock FILE WHAT: waits, says for whom, and gives up after wait_max seconds.
lock() {
  local file=$1 what=$2 owner began
  mkdir -p "${file%/*}" || fail "cannot make the folder ${file%/*}" "check its owner and the free space"
  command -v flock >/dev/null || return 0
  exec {lock_fd}>>"$file" || fail "cannot write $file" "check its owner and the free space"
  if ! flock -n "$lock_fd"; then
    { read -r owner <"$file"; } 2>/dev/null || owner="another run"
    step "lock: $what is in use by $owner; waiting, at most $wait_max s"
    began=$(now)
    until flock -n "$lock_fd"; do
      [[ $((($(now) - began) / 1000000)) -lt $wait_max ]] ||
        fail "still in use by $owner" "let that run finish or end it, then run this command again"
      sleep 0.3
    done
    done_step "free"
  fi
  printf '%s\n' "./bootstrap $command, process $$, since $(date +%T)" >"$file"
}

unlock() {
  [[ -n $lock_fd ]] || return 0
  exec {lock_fd}>&-
  lock_fd=''
}

# From now on others may use what was built, too, but nobody builds.
share_lock() { [[ -z $lock_fd ]] || flock -s "$lock_fd"; }
