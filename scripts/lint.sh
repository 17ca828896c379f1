#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh BUILD_DIR - every check that needs no test to run; BUILD_DIR holds the
# product's objects.  LINT_FLAGS: how clang compiles our code.
# shellcheck disable=SC2317 # check calls the functions by name
set -u
. "$(dirname -- "$0")/lib.sh"
out=${1:?usage: lint.sh BUILD_DIR}
: "${LINT_FLAGS:?}"
cd "$root" || exit 1
bad=0

# check NAME COMMAND... - its output is shown when it fails.
check() {
	name=$1
	shift
	started=$(date +%s)
	if "$@" >"$out/lint.log" 2>&1; then
		echo "lint: $name: ok ($(($(date +%s) - started)) s)"
	else
		cat "$out/lint.log"
		echo "lint: $name: FAILED"
		bad=1
	fi
}

c_files() {
	find src tests -name '*.[ch]' | sort
}

shell_files() {
	echo scripts/lib.sh
	find scripts board rootfs firmware tests .ci -type f \
	    ! -name '*.patch' -exec grep -lE '^#!/bin/(ba)?sh' {} + | sort
}

clang_format() {
	c_files | xargs clang-format --dry-run -Werror
}

# Analyzer and strict warnings over our code, the same warnings over what is in
# tests: all of them, but for the unit tests, which are GNU C as Criterion is.
# One file a process, as many processes as processors.
each_file() {
	xargs -r -P "$(nproc)" -I FILE "$@"
}
# shellcheck disable=SC2086 # a list of flags
clang_tidy() {
	find src -name '*.c' | sort |
	    each_file clang-tidy --quiet FILE -- $LINT_FLAGS
}
# shellcheck disable=SC2086 # a list of flags
clang_tests() {
	find tests -name '*.c' ! -path 'tests/unit/*' | sort |
	    each_file clang -fsyntax-only -DFUZZ_REPLAY $LINT_FLAGS FILE || return
	find tests/unit -name '*.c' | sort |
	    each_file clang -fsyntax-only $LINT_FLAGS -Wno-pedantic FILE
}
# No build compiles these, and gcc refuses what clang lets through.
# shellcheck disable=SC2086 # a list of flags
gcc_fuzz() {
	find tests/fuzz -name '*.c' | sort |
	    each_file gcc -fsyntax-only -DFUZZ_REPLAY $LINT_FLAGS FILE
}

shell_check() {
	shell_files | xargs shellcheck -x -P SCRIPTDIR
}

check clang-format clang_format
check clang-tidy clang_tidy
check 'clang, tests' clang_tests
check 'gcc, fuzz targets' gcc_fuzz
check shellcheck shell_check
check layers scripts/check-layers.sh src scripts/layers.txt
check symbols scripts/check-symbols.sh "$out/obj" scripts/symbols.txt
check recursion scripts/check-recursion.py "$out/obj"
check sizes scripts/check-size.sh scripts/size-allow.txt src tests/unit
check text scripts/check-text.sh src
check patches scripts/check-patches.sh .
exit $bad
