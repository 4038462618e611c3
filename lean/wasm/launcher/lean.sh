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
# V8's optimising compiler, left alone, spends seconds of processor time on code that runs a few times, holds 200 MB more, and keeps
# the process from leaving while its compile jobs run. With this budget only what is really hot is optimised. Measured: a start without
# image takes 4.9 s (never optimising: 8.0 s, V8's own choice: 5.0 s), and an exit stays short (V8's own choice: up to 10 s).
# shellcheck disable=SC2086  # the knob is a list of flags
exec "$node" --wasm-lazy-validation ${LEANWORKER_WASM_NODE_FLAGS---wasm-tiering-budget=30000000} "$home/main.cjs" "$@"
