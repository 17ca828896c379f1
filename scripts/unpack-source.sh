#!/bin/sh
# SPDX-License-Identifier: MIT
# unpack-source.sh PACKAGE - build/sources/PACKAGE to the tree
# build/src/PACKAGE: upstream's files, Debian's patches, then ours.
set -eu
. "$(dirname -- "$0")/lib.sh"

package=${1:?usage: unpack-source.sh PACKAGE}
tree=$build/src/$package
log=$build/src/$package.log

need dpkg-source dpkg-dev
need patch patch
mkdir -p "$build/src"
# Two makes in one tree take turns.
exec 9>"$tree.lock"
flock 9
rm -rf "$tree" "$tree.new"
# --no-check: apt has checked the signed hash of each file, and
# fetch-source.sh the pinned one; the uploaders' keys are not at hand.
dpkg-source --no-check --no-copy -x "$build/sources/$package"/*.dsc "$tree.new" \
    >"$log" 2>&1 ||
    fail "$package could not be unpacked: remove $build/sources/$package and run make again (details in $log)."

for file in "$here/patches/$package"/*.patch; do
	[ -e "$file" ] || continue
	patch -d "$tree.new" -p1 --fuzz=0 --no-backup-if-mismatch \
	    <"$file" >>"$log" 2>&1 ||
	    fail "$(basename "$file") does not fit the fetched $package: adapt it in scripts/patches/$package (details in $log)."
done

# Debian's patches touch the inputs of generated files whose generators are
# not needed here; equal times keep make from asking for them.
find "$tree.new" -type f -exec touch -d @1 {} +
mv "$tree.new" "$tree"
