#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds every #include against the layers: a folder knows itself and what lies to its left,
#   base <- log <- conf <- { daemon, dns, mail, store } <- { dkim, spf, milter }
#        <- { dmarc, arc, bimi, report } <- milters/* <- tools/millrace
# (milter also knows daemon, whose engine it is), and a foreign library is included by one folder.
# Prints one TAP point a folder.
cd "${MILLRACE_SRCDIR:-$(dirname "$0")/../..}" || exit 1

known_to() {
	case $1 in
	shared/base) echo "" ;;
	shared/log) echo "base" ;;
	shared/conf) echo "base log" ;;
	shared/daemon | shared/dns | shared/mail | shared/store) echo "base log conf" ;;
	shared/dkim | shared/spf | shared/milter) echo "base log conf daemon dns mail store" ;;
	shared/*) echo "base log conf daemon dns mail store dkim spf milter" ;;
	*) echo "base log conf daemon dns mail store dkim spf milter dmarc arc bimi report" ;;
	esac
}

# header pattern, the one folder that may include it
foreign="libmilter/ shared/milter
unbound.h shared/dns
libconfig shared/conf
idn2 shared/mail
openssl/ shared/dkim
microhttpd shared/daemon
cap-ng shared/daemon
seccomp.h shared/daemon
json-glib tools/millrace
sqlite3 shared/store
libpq shared/store
gmime shared/report
spf2/ shared/spf
opendmarc/ shared/dmarc"

includes() {
	grep -n "^ *# *include" "$1"/*.c "$1"/*.h 2>/dev/null
}

own_violations() {
	folder=$1
	allowed=" $(known_to "$folder") ${folder#shared/} "
	includes "$folder" | sed -n 's|^\([^:]*:[0-9]*\):.*"\(.*\)".*|\1 \2|p' | while read -r place header; do
		case $header in
		"$folder"/*) continue ;;
		shared/*)
			module=${header#shared/}
			case $allowed in *" ${module%%/*} "*) continue ;; esac
			;;
		milters/*)
			case $folder in tools/*) continue ;; esac
			;;
		esac
		echo "$place includes $header"
	done
}

foreign_violations() {
	folder=$1
	echo "$foreign" | while read -r pattern home; do
		[ "$folder" = "$home" ] && continue
		includes "$folder" | grep "<$pattern" | sed "s|\$| (belongs to $home)|"
	done
}

folders=$(find shared milters tools -mindepth 1 -maxdepth 1 -type d | sort)
echo "1..$(echo "$folders" | wc -l)"
number=0
for folder in $folders; do
	number=$((number + 1))
	found=$(own_violations "$folder"; foreign_violations "$folder")
	if [ -z "$found" ]; then
		echo "ok $number - $folder keeps its layer"
	else
		echo "not ok $number - $folder keeps its layer"
		echo "$found" | sed 's/^/# /'
	fi
done
