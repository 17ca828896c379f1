#!/bin/sh
# SPDX-License-Identifier: MIT
# check-text.sh DIR... - rules for C sources that a search can hold.
set -eu
bad=0

# refuse WHY PATTERN - no line may match.
refuse() {
	why=$1
	pattern=$2
	shift 2
	! grep -rnE --include='*.[ch]' -- "$pattern" "$@" ||
	    { echo "^ $why"; bad=1; }
}

for file in $(find "$@" -name '*.[ch]' | sort); do
	[ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: MIT */' ] ||
	    { echo "$file: the first line is not the SPDX line"; bad=1; }
done
refuse 'a mark for later; do it or file an issue' '\<(TODO|FIXME|XXX)\>' "$@"
refuse 'white space at the end of a line' '[ 	]$' "$@"
refuse 'the certificate check cannot be switched off' \
    'SSL_VERIFY(PEER|HOST) *, *0' "$@"
refuse 'libcurl gets no CA file; anchors are set by the tls module' \
    'CURLOPT_(PROXY_)?CA(INFO|PATH)' "$@"

# In text without line ends, a call whose result nobody takes follows one of
# these; behind a cast there is no blank.  Only getinfo may be cast to void: its
# variable then keeps the value that it had.
before='([;{}]|\*/|[^ ]:|\) |\<else|\<do)'
for file in $(find "$@" -name '*.c' | sort); do
	! tr -s '[:space:]\134' ' ' <"$file" |
	    grep -oE -e "($before|\)!?) ?curl_[a-z]+_setopt ?\([^;]*;" \
		-e "$before ?curl_[a-z]+_getinfo ?\([^;]*;" ||
	    { echo "^ $file: the result of libcurl is dropped"; bad=1; }
done
refuse 'no floating point' '^[^/*"]*\<(float|double)\>' "$@"
refuse 'no alloca' '\<alloca *\(' "$@"
exit $bad
