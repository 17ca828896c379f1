#!/bin/sh
# SPDX-License-Identifier: MIT
# check-patches.sh ROOT - every patch under ROOT/scripts/patches says its reason
# and names regression tests that exist.
set -eu
root=${1:?usage: check-patches.sh ROOT}
bad=0

for patch in "$root"/scripts/patches/*/*.patch; do
	[ -e "$patch" ] || continue
	head=$(sed '/^--- /,$d' "$patch")
	printf '%s\n' "$head" | grep -q '^Reason: ' ||
	    { echo "$patch: the header gives no Reason:"; bad=1; }
	file=$(printf '%s\n' "$head" | sed -n 's/^Test: \([^,]*\).*/\1/p')
	if [ -z "$file" ] || [ ! -f "$root/$file" ]; then
		echo "$patch: the header names no Test: file that exists"
		bad=1
		continue
	fi
	tests=$(printf '%s\n' "$head" | sed -n 's/^ [a-z_]*\.\([a-z0-9_]*\),*$/\1/p')
	[ -n "$tests" ] || { echo "$patch: the header names no test"; bad=1; }
	for test in $tests; do
		grep -qw "$test" "$root/$file" ||
		    { echo "$patch: $file has no test $test"; bad=1; }
	done
done
exit $bad
