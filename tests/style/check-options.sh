#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds each daemon's options (--options) against its sample file and its man page: both have every
# option, active or commented, with its default, and nothing that is no option. Two TAP points a daemon.
cd "${MILLRACE_SRCDIR:-$(dirname "$0")/../..}" || exit 1
programs=${MILLRACE_BUILDDIR:-build}
number=0

report() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

# Name, kind and default of every option; values as plain words: "a b" for ["a", "b"].
options() {
	"$programs/millrace-$1" --options |
		awk -F '\t' '{ gsub(/["(),\[\]]/, "", $3); print $1 "\t" $2 "\t" $3 }'
}

# Name and value of every option in a sample; what stands behind a # counts when it looks like one.
sample_values() {
	awk '
	/^[ \t]*#[ \t]*([a-z_0-9]+[ \t]*=[ \t]*(["({[0-9]|true|false)|[{}()])/ { sub(/#/, "") }
	{ text = text $0 "\n" }
	function take(pattern) {
		if (!match(text, "^(" pattern ")"))
			return 0
		token = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		return 1
	}
	END {
		while (text != "") {
			if (take("[ \t\n]+|#[^\n]*"))
				continue
			if (take("[A-Za-z_0-9]+[ \t]*=")) {
				sub(/[ \t]*=/, "", token)
				name = (depth > 0 ? group[depth] "." : "") token
				value[name] = ""
			} else if (take("\"([^\"\\\\]|\\\\.)*\"|[-+.A-Za-z_0-9]+")) {
				gsub(/"/, "", token)
				value[name] = value[name] (value[name] == "" ? "" : " ") token
			} else if (take("[{]")) {
				group[++depth] = name
			} else if (take("[}]")) {
				name = group[depth--]
			} else {
				text = substr(text, 2)
			}
		}
		for (name in value)
			print name "\t" value[name]
	}' "$1"
}

# Name and words of every option in a man page; items in a row without text share what follows.
manual_words() {
	awk '
	function flush(  i) {
		for (i = 1; i <= n; i++)
			print names[i] "\t" words " "
		n = 0
		words = ""
	}
	/^\.It Cm / {
		if (words != "")
			flush()
		names[++n] = $3
		next
	}
	/^\.(S[hs]|El)/ { flush() }
	n > 0 {
		sub(/^\.[A-Z][a-z] /, "")
		for (i = 1; i <= NF; i++) {
			gsub(/^[(]+|[.,:;)]+$/, "", $i)
			words = words " " $i
		}
	}' "$1"
}

# The options on stdin against name and value (or words) in file $1; $2 is "equal" or "told".
compare() {
	awk -F '\t' -v how="$2" '
	FNR == NR { found[$1] = $2; next }
	{ known[$1] = 1; is_group = $2 ~ /group/ }
	!($1 in found) {
		if (how == "equal" || !is_group)
			print $1 " is missing"
		next
	}
	is_group || $3 == "-" || $3 == "required" { next }
	how == "equal" && found[$1] != $3 { print $1 " is " found[$1] ", by default " $3 }
	how == "told" && !told(found[$1], $3) { print $1 " does not tell its default, " $3 }
	function told(text, default_value,  n, i, word) {
		n = split(default_value, word, " ")
		for (i = 1; i <= n; i++)
			if (index(text, " " word[i] " ") == 0)
				return 0
		return text ~ /[Dd]efault/
	}
	END {
		for (name in found)
			if (!(name in known))
				print name " is no option"
	}' "$1" -
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
daemons=
for sample in conf/*.conf; do
	name=$(basename "$sample" .conf)
	[ -x "$programs/millrace-$name" ] && daemons="$daemons $name"
done
if [ -z "$daemons" ]; then
	echo "1..0 # SKIP no daemon is built"
	exit 0
fi
echo "1..$(($(echo "$daemons" | wc -w) * 2))"
for name in $daemons; do
	manual=milters/$name/$name.conf.5
	sample_values "conf/$name.conf" >"$work/sample"
	manual_words "$manual" >"$work/manual"
	report "conf/$name.conf has every option" "$(options "$name" | compare "$work/sample" equal)"
	report "$manual has every option" "$(options "$name" | compare "$work/manual" told)"
done
