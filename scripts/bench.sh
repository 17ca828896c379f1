#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh BUILD_DIR [ARGUMENT...] - memory, CPU and size of BUILD_DIR's binary
# against the simulator; the arguments are those of tests/bench/bench.py.
set -eu
. "$(dirname -- "$0")/lib.sh"

dir=${1:?usage: bench.sh BUILD_DIR [ARGUMENT...]}
shift
for file in wf-sentinel bench/floor bench/measure; do
	[ -x "$dir/$file" ] ||
	    fail "$dir/$file is missing: run make bench, which builds it."
done
exec /usr/bin/python3 "$root/tests/bench/bench.py" "$dir" "$@"
