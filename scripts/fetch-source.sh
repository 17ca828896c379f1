#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-source.sh PACKAGE - get one pinned Debian source package into
# build/sources/PACKAGE and write the revision taken to REVISION there.
#
# apt does the work, with its state and a sources list of its own under
# build/apt, so that the machine's sources stay as they are.  Where to fetch
# from (mirror, security archive, proxy, credentials) is what the machine's
# own apt uses; apt checks the archive's signature with the machine's Debian
# keyring.  What is there already is checked again and used without network.
set -eu
. "$(dirname -- "$0")/lib.sh"

package=${1:?usage: fetch-source.sh PACKAGE}
sources=$build/sources/$package
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

pinned=$(pins "$package")
[ -n "$pinned" ] || fail "$package is not in scripts/pins.txt: add a line for it."
release=$(printf '%s\n' "$pinned" | awk 'NR == 1 { print $2 }')
upstream=$(printf '%s\n' "$pinned" | awk 'NR == 1 { print $3 }')
state=$build/apt/$release
log=$build/apt/$package.log

# check_hashes DIR - every pinned tarball is in DIR and is the one we know.
check_hashes() {
	printf '%s\n' "$pinned" | while read -r _ _ _ tarball sha256; do
		[ -f "$1/$tarball" ] || return 2
		[ "$(sha256sum "$1/$tarball" | cut -d' ' -f1)" = "$sha256" ] ||
		    return 3
	done
}

# Everything after the network: the same sentence for a fresh download and
# for files that someone put there by hand.
accept() {
	code=0
	check_hashes "$1" || code=$?
	case $code in
	0) ;;
	2) fail "$package $upstream came without a tarball that scripts/pins.txt names: correct the names in scripts/pins.txt." ;;
	*) fail "$package: the upstream tarball in $1 does not have the SHA-256 of scripts/pins.txt: do not build it; remove that folder and run make again, and if it stays so report it." ;;
	esac
}

if [ -f "$sources/REVISION" ]; then
	case $(cat "$sources/REVISION") in
	"$upstream"-*)
		accept "$sources"
		exit 0 ;;
	esac
fi

need apt-get apt
need dpkg-source dpkg-dev
[ -r "$keyring" ] ||
    fail "Debian's archive keys are missing: install the Debian package debian-archive-keyring, then run make again."

# archives SUFFIX - addresses of the archives that the machine's apt uses
# for this Debian release (SUFFIX empty) or for its security fixes (-security).
archives() {
	codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --no-release-info \
	    --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
	awk -v c="$codename" -v s="$1" '
		($1 == c s || $1 == "stable" s || $1 == "oldstable" s) &&
		$2 == "main" && !seen[$3]++ { print $3 }'
}

# The private configuration: what the machine's apt knows about fetching
# (proxies, time-outs), none of its hooks, pins and sources.  The user _apt
# need not be able to enter the folder that the project was cloned into.
# Whatever the machine allows, signatures are checked.
configure_apt() {
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	: >"$state/status"
	{
		apt-config dump | grep '^Acquire::' || true
		cat <<-END
		Dir::State "$state";
		Dir::State::lists "$state/lists";
		Dir::State::status "$state/status";
		Dir::Cache "$state/cache";
		Dir::Etc::sourcelist "$state/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		APT::Get::AllowUnauthenticated "false";
		Acquire::AllowInsecureRepositories "false";
		Acquire::AllowWeakRepositories "false";
		Acquire::AllowDowngradeToInsecureRepositories "false";
		END
	} >"$state/apt.conf"
}

# use_archives MAIN SECURITY - fetch the indexes of this release; SECURITY
# may be empty.
use_archives() {
	{
		echo "deb-src [signed-by=$keyring] $1 $release main"
		[ -z "$2" ] ||
		    echo "deb-src [signed-by=$keyring] $2 $release-security main"
	} >"$state/sources.list"
	APT_CONFIG=$state/apt.conf apt-get update >>"$log" 2>&1
}

update_indexes() {
	main=$(archives '')
	security=$(archives -security | head -n 1)
	[ -n "$main" ] ||
	    fail "apt knows no Debian archive: add one with the component main to /etc/apt/sources.list, then run make again."
	[ -n "$security" ] ||
	    echo "fetch-source.sh: apt knows no Debian security archive; $package is taken without it." >&2
	# Another vendor's archive may use Debian's release names: the
	# first one that Debian's keys vouch for is the one.
	for uri in $main; do
		use_archives "$uri" "$security" && return
	done
	fail "the index of Debian $release could not be fetched: connect this machine to its Debian mirror and run make again (details in $log)."
}

# revisions - those on offer for the pinned upstream version, newest first.
revisions() {
	APT_CONFIG=$state/apt.conf apt-cache showsrc --only-source "$package" |
	awk -v u="$upstream-" '/^Version: / { sub(/^[0-9]+:/, "", $2)
		if (index($2, u) == 1) print $2 }' | sort -Vru
}

mkdir -p "$build/apt"
: >"$log"
# Packages of one release share the state.
exec 9>"$build/apt/$release.lock"
flock 9
configure_apt
# An index of the last hour is fresh enough; the packages of one build then
# fetch it once.
if [ -z "$(find "$state/fetched" -mmin -60 2>/dev/null)" ]; then
	update_indexes
	: >"$state/fetched"
fi

offered=$(revisions)
[ -n "$offered" ] ||
    fail "the mirror does not offer $package $upstream for Debian $release: use a complete Debian mirror, or pin another version in scripts/pins.txt."
new=$sources.new
for revision in $offered; do
	rm -rf "$new"
	mkdir -p "$new"
	if (cd "$new" && APT_CONFIG=$state/apt.conf apt-get source \
	    --only-source --download-only "$package=$revision") \
	    >"$log.get" 2>&1
	then
		accept "$new"
		printf '%s\n' "$revision" >"$new/REVISION"
		rm -rf "$sources"
		mv "$new" "$sources"
		exit 0
	fi
	cat "$log.get" >>"$log"
	# Only a plain "not here" allows an older revision.
	grep -q ' 404 ' "$log.get" || break
	echo "fetch-source.sh: the mirror lists $package $revision but does not deliver it; trying the revision before it (details in $log)." >&2
done
rm -f "$state/fetched"
fail "$package $upstream could not be downloaded: connect this machine to its Debian mirror and run make again (details in $log)."
