# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# Debian packages: those of packages.txt that are missing are installed with apt-get.

readonly packages_mib=1200 # g++, boost and the rest, with the archives while they are unpacked

find_missing_packages() {
  local wanted installed package
  wanted=$(grep -v '^#' "$parts/packages.txt")
  # shellcheck disable=SC2086,SC2016  # words wanted; the format is dpkg-query's
  installed=" $(dpkg-query -W -f '${Package}=${db:Status-Status}\n' $wanted 2>/dev/null | tr '\n' ' ')"
  missing=()
  for package in $wanted; do
    [[ $installed == *" $package=installed "* ]] || missing+=("$package")
  done
}

# Sets `as_root`, the words before a command that needs root.
find_root() {
  as_root=()
  [[ $(id -u) -eq 0 ]] && return
  local advice="as root, run: apt-get install --no-install-recommends ${missing[*]}"
  command -v sudo >/dev/null || fail "packages are missing, and this is neither root nor is there sudo" "$advice" "then run this command again"
  if ! sudo -n true 2>/dev/null; then
    [[ -t 0 && -z ${CI-} ]] || fail "packages are missing, and sudo asks for a password that nobody can type here" "$advice"
    note "sudo asks for your password, to install packages"
    run_shown sudo -v || fail "sudo did not let us" "$advice"
  fi
  as_root=(sudo)
}

# run_as_root LOG COMMAND…
run_as_root() {
  local log=$1
  shift
  run_logged "$log" ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}

# run_patiently LOG COMMAND…: as above; while another program holds apt's or dpkg's lock, tries again.
run_patiently() {
  local log=$1 began holder told=no
  began=$(now)
  while ! run_as_root "$@"; do
    holder=$(grep -i -m 1 -e 'could not get lock' -e 'locked by another process' "$log") || return 1
    [[ $((($(now) - began) / 1000000)) -lt $wait_max ]] ||
      fail "apt's lock is still held after $wait_max s" "$holder" "let that program finish or end it, then run this command again"
    [[ $told == yes ]] || note "another program uses apt, waiting at most $wait_max s: $holder"
    told=yes
    sleep 1
  done
}

ensure_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    step "packages: no apt here, so nothing is installed; needed are the like of $(grep -v '^#' "$parts/packages.txt" | tr '\n' ' ')"
    return 0
  fi
  step "packages: looking"
  find_missing_packages
  if [[ ${#missing[@]} -eq 0 ]]; then
    done_step "all there,"
    return 0
  fi
  step "packages: installing ${missing[*]}"
  find_root
  need_space /usr "$packages_mib" "installing the packages"
  install_packages
  find_missing_packages
  [[ ${#missing[@]} -eq 0 ]] || fail "still missing: ${missing[*]}" "install them with apt-get and run this command again"
  done_step
}

install_packages() {
  local log=$logs/packages.log
  local -a install=(apt-get -q -y --no-install-recommends install "${missing[@]}")
  # What an interrupted installation left half done.
  job_is_delicate=yes
  run_patiently "$log" dpkg --configure -a || packages_failed "dpkg cannot finish an earlier installation" "$log"
  job_is_delicate=no
  run_patiently "$log" apt-get -q update || note "the package lists could not be renewed; trying with those that are there"
  run_patiently "$log" "${install[@]}" --download-only || packages_failed "apt-get could not fetch ${missing[*]}" "$log"
  job_is_delicate=yes
  run_patiently "$log" "${install[@]}" || packages_failed "apt-get could not install ${missing[*]}" "$log"
  job_is_delicate=no
}

packages_failed() {
  local what=$1 log=$2
  show_tail "$log" 15
  if says_full_disk "$log"; then
    fail "$what: the disk is full" "make room below /usr and /var, then run this command again"
  elif grep -q -i -e 'could not resolve' -e 'temporary failure resolving' -e 'unable to connect' -e 'could not connect' \
    -e 'network is unreachable' -e 'failed to fetch' "$log"; then
    fail "$what: Debian's archive cannot be reached" "check the network (and apt's proxy, if there is one), then run this command again"
  elif grep -q -i -e 'unable to locate package' -e 'no installation candidate' -e 'has no installation candidate' "$log"; then
    fail "$what: the archive does not have them" "this needs Debian 12 (bookworm) with its component main; see the files in /etc/apt/sources.list.d" \
      "if apt-get update failed above, repair that first"
  fi
  fail "$what" "the lines above say why; the whole log is $log"
}
