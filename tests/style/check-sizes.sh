#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No line over 100 columns, no file over 600 lines, no function over 100, no trailing blanks,
# an SPDX line at the head of every source file. Prints one TAP point a rule.
cd "${MILLRACE_SRCDIR:-$(dirname "$0")/../..}" || exit 1
number=0
sources=$(find shared milters tools tests -name '*.[ch]' | sort)

report() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$2" | head -n 40 | sed 's/^/# /'
	fi
}

long_functions() {
	find shared milters tools -name '*.c' | sort |
		ctags -f - --fields=+ne --kinds-C=f -L - 2>/dev/null |
		awk -F'\t' '{
			start = 0; end = 0
			for (i = 4; i <= NF; i++) {
				if ($i ~ /^line:/) start = substr($i, 6)
				if ($i ~ /^end:/) end = substr($i, 5)
			}
			if (end - start + 1 > 100) print $2 ": " $1 " has " end - start + 1 " lines"
		}'
}

echo 1..5
report "lines have at most 100 columns" "$(
	for file in $sources; do
		expand -t 8 "$file" | awk -v file="$file" 'length($0) > 100 { print file ":" NR ": " length($0) " columns" }'
	done)"
report "files have at most 600 lines" "$(wc -l $sources | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }')"
report "no trailing blanks" "$(grep -nE '[ 	]+$' $sources)"
report "every source names its licence" "$(
	for file in $sources; do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
	done)"
if ctags --version 2>/dev/null | grep -q Universal; then
	report "functions have at most 100 lines" "$(long_functions)"
else
	echo "ok 5 - functions have at most 100 lines # SKIP universal-ctags is not installed"
fi
