# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # what is set here is used elsewhere
# lib.sh - what the build scripts share.  Sourced, not run.
#
# A script that cannot go on says in one sentence what to do, on stderr, and
# exits 1; what a tool printed meanwhile is in the log that the sentence names.

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
build=${WF_BUILD:-$root/build}

fail() {
	printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
	exit 1
}

# need TOOL PACKAGE - stop unless TOOL can be run.
need() {
	command -v "$1" >/dev/null 2>&1 ||
	    fail "$1 is missing: install the Debian package $2 (apt-get install $2), then run make again."
}

# pins PACKAGE - its lines in pins.txt.
pins() {
	awk -v p="$1" '$1 == p' "$here/pins.txt"
}

# options FILE - the switches of an option list, one a line; the rest of each
# line is the reason.
options() {
	awk '!/^[ \t]*(#|$)/ { print $1 }' "$1"
}
