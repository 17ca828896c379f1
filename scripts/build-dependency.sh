#!/bin/sh
# SPDX-License-Identifier: MIT
# build-dependency.sh TARGET PACKAGE - compile build/src/PACKAGE and install
# headers and a static library into build/TARGET/deps.
#
# The caller (the Makefile) says how in the environment:
#   DEP_CC DEP_AR DEP_RANLIB   tools for TARGET
#   DEP_HOST                   its name for configure
#   DEP_CFLAGS DEP_LDFLAGS     flags for code that runs on TARGET
#   DEP_JOBS                   how many compilers at a time
set -eu
. "$(dirname -- "$0")/lib.sh"

target=${1:?usage: build-dependency.sh TARGET PACKAGE}
package=${2:?usage: build-dependency.sh TARGET PACKAGE}
: "${DEP_CC:?}" "${DEP_AR:?}" "${DEP_RANLIB:?}" "${DEP_HOST:?}"
: "${DEP_CFLAGS:=}" "${DEP_LDFLAGS:=}" "${DEP_JOBS:=$(nproc)}"

tree=$build/src/$package
prefix=$build/$target/deps
work=$build/$target/deps-obj/$package
log=$build/$target/deps-obj/$package.log
# Paths of this machine must not get into the objects, nor leaks of a
# configure probe stop a build with the address sanitizer.
cflags="$DEP_CFLAGS -ffile-prefix-map=$build="
export ASAN_OPTIONS=detect_leaks=0
unset MAKEFLAGS MFLAGS MAKELEVEL || true

mkdir -p "$prefix/include" "$prefix/lib" "$(dirname "$work")"
# Two makes in one tree take turns.
exec 9>"$work.lock"
flock 9
rm -rf "$work"
mkdir "$work"
: >"$log"

# run COMMAND... - with its output in the log.
run() {
	"$@" >>"$log" 2>&1 ||
	    fail "$package could not be built for $target: read the end of $log, correct the cause and run make again."
}

build_bearssl() {
	run make -j "$DEP_JOBS" -C "$tree" BUILD="$work" CC="$DEP_CC" AR="$DEP_AR" \
	    CFLAGS="$cflags" lib
	run cp "$tree"/inc/*.h "$prefix/include"
	run cp "$work/libbearssl.a" "$prefix/lib"
}

# configure_in_work ARGUMENT... - both autoconf packages.
configure_in_work() {
	cd "$work"
	run "$tree/configure" --host="$DEP_HOST" --prefix="$prefix" \
	    CC="$DEP_CC" AR="$DEP_AR" RANLIB="$DEP_RANLIB" \
	    CFLAGS="$cflags" LDFLAGS="$DEP_LDFLAGS -L$prefix/lib" \
	    CPPFLAGS="-I$prefix/include" PKG_CONFIG=false "$@"
}

build_c_ares() {
	configure_in_work --disable-shared --enable-static --disable-tests \
	    --disable-dependency-tracking
	run make -j "$DEP_JOBS" -C src/lib
	run make -C src/lib install
	run make -C include install
}

build_curl() {
	# shellcheck disable=SC2046 # one word a switch
	configure_in_work --with-bearssl="$prefix" --enable-ares="$prefix" \
	    $(options "$here/curl-options.txt")
	run make -j "$DEP_JOBS" -C lib
	run make -C lib install
	run make -C include install
	check_curl
}

# configure ignores a switch that it does not know: look at what it made.
check_curl() {
	sh ./curl-config --protocols >protocols
	[ "$(tr '\n' ' ' <protocols)" = "HTTP HTTPS " ] ||
	    fail "libcurl for $target speaks more than HTTP and HTTPS: correct scripts/curl-options.txt."
	for feature in USE_BEARSSL USE_ARES; do
		grep -q "^#define $feature 1" lib/curl_config.h ||
		    fail "libcurl for $target was built without $feature: read $log."
	done
	! grep -q 'unrecognized options' "$log" ||
	    fail "libcurl's configure does not know a switch of scripts/curl-options.txt: remove it (named in $log)."
}

build_sqlite3() {
	need tclsh tcl
	flags=$(options "$here/sqlite-options.txt" | sed 's/^/-D/' | tr '\n' ' ')
	cd "$work"
	# lemon and the keyword generator run here, so with this machine's cc.
	run make -f "$tree/main.mk" TOP="$tree" BCC=cc OPTS="$flags" sqlite3.c
	# shellcheck disable=SC2086 # lists of flags
	run $DEP_CC $cflags $flags -c sqlite3.c -o sqlite3.o
	run "$DEP_AR" rcs "$prefix/lib/libsqlite3.a" sqlite3.o
	run cp sqlite3.h "$prefix/include"
}

case $package in
c-ares) build_c_ares ;;
*) "build_$package" ;;
esac
