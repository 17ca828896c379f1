#!/bin/sh
# SPDX-License-Identifier: MIT
# check-layers.sh SRC_DIR LAYERS_FILE - every #include in SRC_DIR/<module>/ must
# obey LAYERS_FILE: own headers as "module/file.h", from lower ranks only,
# another module's x_priv.h never, a library only by the module it was given
# to.
set -eu
src=${1:?usage: check-layers.sh SRC_DIR LAYERS_FILE}
layers=$(realpath "${2:?usage: check-layers.sh SRC_DIR LAYERS_FILE}")
cd "$src"

grep -rnE --include='*.[ch]' '^[ 	]*#[ 	]*include' . | sed 's|^\./||' |
awk -v table="$layers" '
function report(why) { print place ": " why; bad = 1 }

# The owners of a library header, or "" for a header that anyone may use.
# A name in the table stands for all headers that begin with it.
function owners(header,   name) {
	for (name in only)
		if (index(header, name) == 1)
			return only[name]
	return ""
}

BEGIN {
	while ((getline line < table) > 0) {
		count = split(line, word, " ")
		if (word[1] == "rank")
			for (i = 3; i <= count; i++)
				rank[word[i]] = word[2] + 0
		if (word[1] == "only") {
			only[word[2]] = " "
			for (i = 3; i <= count; i++)
				only[word[2]] = only[word[2]] word[i] " "
		}
	}
}

{
	split($0, part, ":")
	place = part[1] ":" part[2]
	from = part[1]
	sub(/\/.*/, "", from)
	if (!(from in rank)) {
		report("module " from " has no rank in " table)
		next
	}
	header = $0
	if (!sub(/^[^<"]*[<"]/, "", header)) {
		report("the name of an included file must be written out")
		next
	}
	sub(/[>"].*/, "", header)
	allowed = owners(header)
	if (allowed != "") {
		if (!index(allowed, " " from " "))
			report(from " may not use " header)
		next
	}
	if ($0 !~ /include[ \t]*"/)
		next
	to = header
	if (!sub(/\/.*/, "", to) || !(to in rank))
		report("write \"module/file.h\", not \"" header "\"")
	else if (from == to)
		next
	else if (rank[to] >= rank[from])
		report(from " (rank " rank[from] ") may not use " to " (rank " rank[to] ")")
	else if (header ~ /_priv\.h$/)
		report(header " is private to " to)
}

END { exit bad }'
