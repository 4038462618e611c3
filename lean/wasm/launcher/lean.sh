#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lean, compiled to WebAssembly, under Node. Everything else is in libexec/leanworker.
# `exec`: the process that was started is the one that runs, so signals and its exit status are the real ones.
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
case $self in */*) ;; *) self=./$self ;; esac
home=${self%/*}/../libexec/leanworker

# The node of the preparation, else one on PATH. Its version is checked by main.cjs.
IFS= read -r node <"$home/node-path" || node=
if [ ! -x "$node" ] && ! node=$(command -v node); then
  echo "lean: no node found; install Node 20 or newer, or prepare the toolchain again with --node" >&2
  exit 127
fi
# Validation of the whole binary at each start costs 0.4 s; with this flag functions are validated when first called.
# V8's optimising compiler would spend minutes of processor time on code that mostly runs a few times, hold 200 MB more, and keep
# the process from leaving for seconds while its compile jobs run; --liftoff-only keeps to the baseline compiler.
# shellcheck disable=SC2086  # the knob is a list of flags
exec "$node" --wasm-lazy-validation ${LEANWORKER_WASM_NODE_FLAGS---liftoff-only} "$home/main.cjs" "$@"
