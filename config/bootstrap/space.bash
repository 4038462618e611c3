# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# Free space, asked before the big steps: a full disk half-way is a bad place to learn of it.

# need_space FOLDER MIB WHAT [ADVICE]
need_space() {
  local folder=$1 wanted=$2 free
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  free=$(df -Pk -- "$folder" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
  [[ -n $free ]] || return 0
  [[ $free -ge $wanted ]] ||
    fail "$3 needs $wanted MiB, and $folder has $free MiB free" "make room there${4:+, or $4}; then run this command again"
}

# Whether a log ends with a full disk.
says_full_disk() { tail -n 40 "$1" 2>/dev/null | grep -q -i -e 'no space left' -e ENOSPC -e 'disk quota exceeded' -e "don't have enough free space"; }
