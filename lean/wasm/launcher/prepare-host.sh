#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# prepare-host <folder> [module…]: writes <folder>/Main.image, from which `lean --run <folder>/Main.lean` then starts.
# The folder holds Main.lean and the compiled modules that it imports. Main.lean is run with `--image <modules>` (default
# Init) and must ask for the image; see README.md, "Start-up image".
if [ $# -lt 1 ] || [ ! -f "$1/Main.lean" ]; then
  echo "usage: prepare-host <folder with Main.lean> [module…]" >&2
  exit 2
fi
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
case $self in */*) ;; *) self=./$self ;; esac
lean=$(cd "${self%/*}/../../bin" && pwd -P)/lean
host=$(cd "$1" && pwd -P) || exit 1
shift
if [ $# -eq 0 ]; then set -- Init; fi

# Written aside and renamed: whoever sees Main.image sees all of it.
aside=$host/.Main.image-$$
trap 'rm -f "$aside"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
LEANWORKER_WASM_MAKE_IMAGE=$aside LEAN_PATH=$host${LEAN_PATH:+:$LEAN_PATH} "$lean" -j1 --run "$host/Main.lean" --image "$@" </dev/null
status=$?
if [ $status -ne 0 ] || [ ! -s "$aside" ]; then
  echo "prepare-host: no image of $host: Main.lean ended with status $status before it asked for one" >&2
  exit 1
fi
mv -f "$aside" "$host/Main.image"
