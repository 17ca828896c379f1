#!/bin/sh
# SPDX-License-Identifier: MIT
# check-elf.sh READELF BINARY DEBUG - prove what the executable promises: one
# static file at a random address, nothing writable and executable, no table
# of pointers left writable, stack canaries in.  DEBUG is BINARY before
# stripping; only it still has symbol names.
set -eu
. "$(dirname -- "$0")/lib.sh"

readelf=${1:?usage: check-elf.sh READELF BINARY DEBUG}
binary=${2:?usage: check-elf.sh READELF BINARY DEBUG}
debug=${3:?usage: check-elf.sh READELF BINARY DEBUG}
need "$readelf" binutils
header=$("$readelf" -hW "$binary")
segments=$("$readelf" -lW "$binary")
dynamic=$("$readelf" -dW "$binary")
symbols=$("$readelf" -sW "$debug")
bad=0

# expect TEXT PATTERN WHY / refuse TEXT PATTERN WHY
expect() {
	printf '%s\n' "$1" | grep -Eq -- "$2" || { echo "$binary: $3"; bad=1; }
}
refuse() {
	! printf '%s\n' "$1" | grep -Eq -- "$2" || { echo "$binary: $3"; bad=1; }
}

expect "$header" 'Type: +DYN' 'is not position-independent'
refuse "$segments" 'INTERP' 'wants an interpreter'
refuse "$dynamic" '\(NEEDED\)' 'wants a shared library'
refuse "$dynamic" 'TEXTREL' 'relocates its own code'
expect "$dynamic" 'FLAGS_1.*NOW.*PIE' 'lacks the flags NOW and PIE'
expect "$segments" 'GNU_RELRO' 'has no RELRO segment'
expect "$segments" 'GNU_STACK.* RW  ' 'has an executable stack'
refuse "$segments" '(LOAD|RELRO|STACK).* (RWE|WE) ' 'has a segment both writable and executable'
expect "$symbols" 'FUNC.* __stack_chk_fail$' 'has no stack canary'
refuse "$symbols" 'UND [^ ]+$' 'has an undefined symbol'
# _FORTIFY_SOURCE is without effect under musl; its appearance would mean
# that another C library was linked.
refuse "$symbols" '_chk$' 'holds functions of another C library'
exit $bad
