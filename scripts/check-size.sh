#!/bin/sh
# SPDX-License-Identifier: MIT
# check-size.sh ALLOW_FILE DIR... - no line over 80 columns (a tab counts to the
# next multiple of 8), no function over 60 lines, no file over 500, unless
# ALLOW_FILE lists it with its size; no function over 80 at all.
set -eu
. "$(dirname -- "$0")/lib.sh"
allow=${1:?usage: check-size.sh ALLOW_FILE DIR...}
shift
need ctags universal-ctags
export LC_ALL=C.UTF-8

bad=0
for file in $(find "$@" -name '*.[ch]' | sort); do
	for line in $(expand "$file" | grep -nE '^.{81,}' | cut -d: -f1); do
		echo "$file:$line: more than 80 columns"
		bad=1
	done
done

{
	find "$@" -name '*.[ch]' -exec wc -l {} + |
	awk '$2 != "total" { print $1, 500, 500, $2 }'
	ctags -x --_xformat='%{end} %n %F:%N' --kinds-C=f --fields=+e -R "$@" |
	awk '{ print $1 - $2 + 1, 60, 80, $3 }'
} |
awk -v allow="$allow" '
BEGIN {
	while ((getline line < allow) > 0)
		if (line !~ /^#/ && split(line, word, " ") == 2)
			listed[word[2]] = word[1]
}
$1 > $2 {
	if ($4 in listed && listed[$4] == $1 && ($1 <= $3 || $4 !~ /:/))
		kept[$4] = 1
	else {
		print $4 ": " $1 " lines, limit " $2
		bad = 1
	}
}
END {
	for (name in listed)
		if (!(name in kept)) {
			print allow ": " name " is listed with " listed[name] " lines, which it has not"
			bad = 1
		}
	exit bad
}' || bad=1
exit $bad
