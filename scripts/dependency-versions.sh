#!/bin/sh
# SPDX-License-Identifier: MIT
# dependency-versions.sh - one line, "bearssl 0.6+dfsg.1-3, c-ares ...", of the
# Debian revisions that were fetched.
set -eu
. "$(dirname -- "$0")/lib.sh"

for file in "$build"/sources/*/REVISION; do
	printf '%s %s\n' "$(basename "$(dirname "$file")")" "$(cat "$file")"
done | paste -sd, | sed 's/,/, /g'
