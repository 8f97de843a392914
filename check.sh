#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds and passes every test. As root on a Debian 12 machine it installs what it needs.
#
#   ./check.sh            everything
#   ./check.sh PART...    style, unit, sanitize, session, thread, clang, e2e, interop, dist
#
# Everything is built below build-check/; the last line says how many tests passed, failed and
# were skipped, and the exit code is 0 when none failed.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
source_folder=$PWD
work=$PWD/build-check
jobs=$(nproc)
parts=(unit session sanitize thread clang e2e interop dist)
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

heading() {
	printf '== %d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# step NAME COMMAND...: one point of the result; its output is shown only when it fails.
step() {
	local name=$1
	shift
	if "$@" > "$work/log/$name.log" 2>&1; then
		echo "ok $name" > "$work/results/$name.step"
	else
		echo "not ok $name" > "$work/results/$name.step"
		echo "-- $name failed; the end of $work/log/$name.log:"
		grep -v '^PASS: ' "$work/log/$name.log" | tail -n 40
		return 1
	fi
}

# configured FOLDER [VARIABLE=VALUE...] [OPTION...]
configured() {
	local folder=$work/$1
	shift
	mkdir -p "$folder"
	(cd "$folder" && { [ -s config.status ] || "$source_folder/configure" -q "$@"; })
}

build_into() {
	local folder=$1
	shift
	configured "$folder" "$@" && make -s -C "$work/$folder" -j"$jobs" all &&
		make -s -C "$work/$folder" -j"$jobs" check TESTS=
}

# tests_in FOLDER NAME [VARIABLE=VALUE...]: make check; the .trs files are the result.
tests_in() {
	local folder=$1 name=$2
	shift 2
	find "$work/$folder" -name '*.trs' -delete
	make -s -k -C "$work/$folder" -j"$jobs" check "$@"
	local status=$?
	find "$work/$folder" -name '*.trs' > "$work/results/$name.trs-files"
	return $status
}

# the value of a variable of a build's Makefile
value_in() {
	make -s -C "$work/$1" --no-print-directory --eval="value: ; @echo \$($2)" value
}

# pytest_in BUILD NAME ARGUMENT...: NAME names the result. Tests that run a daemon as another user need
# folders that it may search, which pytest's own, shared by its workers, are not for long.
pytest_in() {
	local folder=$1 name=$2
	shift 2
	MILLRACE_BUILDDIR=$work/$folder MILLRACE_SRCDIR=$source_folder \
		/usr/bin/python3 -m pytest -q -n "$((jobs + 1))" -p no:cacheprovider \
		--basetemp "$scratch/$name" --junit-xml "$work/results/$name.xml" "$@"
}

built() {
	[ -e "$work/results/build-$1.step" ] || {
		heading "build with $1"
		case $1 in
		gcc) step build-gcc build_into gcc --enable-werror ;;
		asan) step build-asan build_into asan --enable-werror --enable-sanitizers CFLAGS="-O1 -g" ;;
		tsan) step build-tsan build_into tsan --enable-sanitizers=thread CFLAGS="-O1 -g" ;;
		clang) step build-clang build_into clang --enable-werror CC=clang ;;
		esac
	}
	grep -q '^ok' "$work/results/build-$1.step"
}

fetch_sendmail() {
	local root=$work/cache/sendmail
	[ -x "$root/usr/libexec/sendmail/sendmail" ] && return
	rm -rf "$root" "$work/cache/debs"
	mkdir -p "$root" "$work/cache/debs"
	(cd "$work/cache/debs" && apt-get -q download sendmail-bin sendmail-cf libwrap0) || return
	for package in "$work"/cache/debs/*.deb; do
		dpkg -x "$package" "$root" || return
	done
	# set-group-id would make it ignore LD_LIBRARY_PATH
	chmod 755 "$root/usr/libexec/sendmail/sendmail"
}

sendmail_ready() {
	export MILLRACE_SENDMAIL=$work/cache/sendmail
	[ -x "$MILLRACE_SENDMAIL/usr/libexec/sendmail/sendmail" ] || {
		heading "Sendmail: apt-get download and unpack (installed, it would remove Postfix)"
		step fetch-sendmail fetch_sendmail
	}
}

fetch_mailauth() {
	mkdir -p "$MILLRACE_NODE" && cp tests/interop/package.json "$MILLRACE_NODE" || return
	(cd "$MILLRACE_NODE" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund)
}

mailauth_ready() {
	export MILLRACE_NODE=$work/cache/node
	cmp -s tests/interop/package.json "$MILLRACE_NODE/package.json" &&
		[ -d "$MILLRACE_NODE/node_modules/mailauth" ] && return
	command -v npm > /dev/null || build-aux/install-packages node || return
	heading "mailauth: npm install"
	step fetch-mailauth fetch_mailauth
}

part_style() {
	configured gcc --enable-werror > /dev/null 2>&1
	heading "style and layers"
	step style tests_in gcc style TESTS="$(value_in gcc script_tests)" check_PROGRAMS=
}

part_unit() {
	built gcc || return
	heading "unit tests, fuzz corpora, style and layers"
	step unit tests_in gcc unit
}

part_sanitize() {
	built asan || return
	heading "unit tests and fuzz corpora with address and undefined-behaviour sanitizers"
	step unit-asan tests_in asan unit-asan \
		TESTS="$(value_in asan unit_tests) $(value_in asan fuzz_targets)"
	[ -d tests/session ] || return
	heading "milter sessions with the same sanitizers"
	step session-asan pytest_in asan session-asan tests/session
}

part_session() {
	built gcc || return
	heading "milter sessions"
	step session pytest_in gcc session tests/session
}

# GLib is not instrumented: the sanitizer has to be told of its locks. What the daemon reads when
# it starts lies where any user may read it, also when this folder is below root's home.
thread_files() {
	local flags
	read -r -a flags <<< "$(pkg-config --cflags glib-2.0)"
	chmod 755 "$1" && cp tests/tsan/suppressions "$1" &&
		gcc -shared -fPIC -o "$1/glib_locks.so" tests/tsan/glib_locks.c "${flags[@]}"
}

part_thread() {
	built tsan || return
	local files
	files=$(mktemp -d /var/tmp/millrace-thread.XXXXXX) && step thread-files thread_files "$files" || return
	export MILLRACE_PRELOAD="libtsan.so.2 $files/glib_locks.so" G_SLICE=always-malloc
	export TSAN_OPTIONS="halt_on_error=0 suppressions=$files/suppressions"
	heading "milter sessions with the thread sanitizer"
	step session-tsan pytest_in tsan session-tsan tests/session
	sendmail_ready
	heading "mail under load with the thread sanitizer"
	step e2e-tsan pytest_in tsan e2e-tsan tests/e2e/test_failure.py -k load
	unset MILLRACE_PRELOAD G_SLICE TSAN_OPTIONS
	rm -rf "$files"
}

part_clang() {
	built clang
}

part_e2e() {
	built gcc && sendmail_ready || return
	heading "end to end: Postfix and Sendmail"
	step e2e pytest_in gcc e2e tests/e2e
}

part_interop() {
	built gcc || return
	mailauth_ready
	heading "interoperability: four verifiers"
	step interop pytest_in gcc interop tests/interop
}

part_dist() {
	built gcc || return
	heading "make distcheck"
	step distcheck make -s -C "$work/gcc" -j"$jobs" distcheck
}

for part in "$@"; do
	declare -F "part_$part" > /dev/null || {
		echo "usage: $0 [style|$(IFS='|'; echo "${parts[*]}")]..." >&2
		exit 64
	}
done
[ $# -gt 0 ] && parts=("$@")

heading "packages"
build-aux/install-packages build demo test || exit 1
rm -rf "$work/results" "$work/log"
mkdir -p "$work/results" "$work/log"
scratch=$(mktemp -d /tmp/millrace-check.XXXXXX) && chmod 755 "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
heading "autoreconf"
[ -s configure ] && [ configure -nt configure.ac ] || step autoreconf autoreconf -i || exit 1
for part in "${parts[@]}"; do
	"part_$part"
done
heading "result"
/usr/bin/python3 tests/summary.py "$work/results"
