# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# What the person sees: steps with their times, advice, and the end of a failed run.

# Microseconds. EPOCHREALTIME has a comma in some locales.
now() { printf '%s\n' "${EPOCHREALTIME//[.,]/}"; }

# seconds_since MICROSECONDS: "12.3"
seconds_since() {
  local tenths=$((($(now) - $1) / 100000))
  printf '%d.%d\n' $((tenths / 10)) $((tenths % 10))
}

prepare_console() {
  bold='' red='' dim='' plain='' terminal=no
  [[ -t 1 && ${TERM:-dumb} != dumb ]] || return 0
  terminal=yes
  [[ -z ${NO_COLOR-} ]] || return 0
  bold=$'\e[1m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
}

# step NAME: TEXT
step() {
  step_name=${1%%:*}
  step_started=$(now)
  printf '%s==> %s:%s%s\n' "$bold" "$step_name" "$plain" "${1#*:}"
}

# done_step [TEXT]: closes the step that was opened last.
done_step() { note "${1:-done} in $(seconds_since "$step_started") s"; }

note() { printf '    %s\n' "$1"; }

# show_indented FILE
show_indented() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do note "$line"; done <"$1"
}

say_total() { printf '%s==> %s%s (%s s in all)\n' "$bold" "$1" "$plain" "$(seconds_since "$started")"; }

# fail WHAT ADVICE…: what went wrong, then what to do, one line each; ends the run.
fail() {
  local what=$1 line
  shift
  printf '%sbootstrap: %s: %s%s\n' "$red" "${step_name:-start}" "$what" "$plain" >&2
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  clean_up
  exit 3
}

# show_tail FILE LINES: the end of a log, to stderr.
show_tail() {
  [[ -s $1 ]] || return 0
  printf '  last lines of %s:\n' "$1" >&2
  tail -n "$2" "$1" | sed 's/^/  | /' >&2
}
