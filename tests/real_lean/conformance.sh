#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# conformance.sh <leanworker> <conformance suite>: the suite that the C++ child passes, against the Lean host.
set -eu
if [ -z "${LEANWORKER_TEST_SYSROOT:-}" ]; then
  echo "skipped: LEANWORKER_TEST_SYSROOT names no toolchain"
  exit 77
fi
host=$("$1" doctor --sysroot "$LEANWORKER_TEST_SYSROOT" | sed -n 's/^host  *\(.*\) (.*)$/\1/p')
LEANWORKER_CONFORMANCE_CHILD="$LEANWORKER_TEST_SYSROOT/bin/lean --run $host/Main.lean" LEANWORKER_CONFORMANCE_ENV="LEAN_PATH=$host" exec "$2"
