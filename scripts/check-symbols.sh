#!/bin/sh
# SPDX-License-Identifier: MIT
# check-symbols.sh OBJ_DIR SYMBOLS_FILE - the objects OBJ_DIR/<module>/x.o export
# only names that begin with their module's, and need none of the functions
# that SYMBOLS_FILE refuses: above all, nothing that allocates.
set -eu
objects=${1:?usage: check-symbols.sh OBJ_DIR SYMBOLS_FILE}
table=${2:?usage: check-symbols.sh OBJ_DIR SYMBOLS_FILE}

# One line a symbol: module/file kind name.
for object in "$objects"/*/*.o; do
	[ -e "$object" ] || { echo "$objects: no object files"; exit 1; }
	name=${object#"$objects"/}
	nm -gP "$object" | awk -v name="${name%.o}" '{ print name, $2, $1 }'
done |
awk -v table="$table" '
function report(why) { print $1 ": " why; bad = 1 }

# Whether the beginnings of owner allow this name.
function allows(owner, name,   list, count, i) {
	count = split(begin[owner], list, " ")
	for (i = 1; i <= count; i++)
		if (list[i] == "=" name ||
		    (list[i] !~ /^=/ && index(name, list[i]) == 1))
			return 1
	return 0
}

BEGIN {
	while ((getline line < table) > 0) {
		count = split(line, word, " ")
		if (word[1] == "names")
			for (i = 3; i <= count; i++)
				begin[word[2]] = begin[word[2]] " " word[i]
		if (word[1] == "refuse")
			for (i = 4; i <= count; i++)
				refused[word[i]] = word[2]
	}
}

{
	module = $1
	sub(/\/.*/, "", module)
	if ($2 == "U") {
		if ($3 in refused)
			report("needs " $3 " (" refused[$3] ")")
	} else if (index($3, module "_") != 1 && !allows(module, $3) &&
	    !allows($1, $3))
		report("exports " $3 ", which does not begin with " module "_")
}

END { exit bad }'
