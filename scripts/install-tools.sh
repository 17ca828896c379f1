#!/bin/sh
# SPDX-License-Identifier: MIT
# install-tools.sh GOAL [PACKAGE...] - install the Debian packages that GOAL
# (build, test, lint or bench; the last three include build) and the caller
# need.  Nothing is asked, and apt is touched only when one is missing.
set -eu
. "$(dirname -- "$0")/lib.sh"

goal=${1:?usage: install-tools.sh build|test|lint|bench [PACKAGE...]}
shift
wanted="$(awk -v g="$goal" '
	$1 == "build" || $1 == g { for (i = 2; i <= NF; i++) print $i }' \
	"$here/tools.txt") $*"

need dpkg-query dpkg
missing=
for package in $wanted; do
	case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
	*' installed') ;;
	*) case " $missing " in *" $package "*) ;;
	   *) missing="$missing $package" ;; esac ;;
	esac
done
missing=${missing# }
[ -n "$missing" ] || exit 0

advice="as root, run: apt-get install $missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 ||
	    fail "packages are missing and sudo is not here; $advice"
	as_root=sudo
	# Without a terminal nobody can type a password.
	[ -t 0 ] || as_root='sudo -n'
fi

mkdir -p "$build"
log=$build/install-tools.log
echo "install-tools.sh: installing $missing"
quiet_apt() {
	# shellcheck disable=SC2086 # as_root may be empty or two words
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy \
	    -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null
}
: >"$log"
quiet_apt update ||
    fail "the package lists could not be fetched (details in $log): connect this machine to its Debian mirror, or $advice"
# shellcheck disable=SC2086 # one word a package
quiet_apt install --no-install-recommends $missing ||
    fail "packages could not be installed (details in $log); $advice"
