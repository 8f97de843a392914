#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds everything with ThreadSanitizer in ./build-tsan and runs the unit and session tests
# there; words after the script's name go to pytest. Ends with 1 when anything failed.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build-tsan && cd build-tsan || exit 1
[ -f Makefile ] || ../configure -q --enable-sanitizers=thread || exit 1
make -s all && make -s check TESTS= >/dev/null || exit 1
gcc -shared -fPIC -o glib_locks.so ../tests/tsan/glib_locks.c $(pkg-config --cflags glib-2.0) || exit 1

MILLRACE_PRELOAD="libtsan.so.2 $PWD/glib_locks.so"
MILLRACE_SRCDIR=$(cd .. && pwd)
MILLRACE_BUILDDIR=$PWD
TSAN_OPTIONS=halt_on_error=0
export MILLRACE_PRELOAD MILLRACE_SRCDIR MILLRACE_BUILDDIR TSAN_OPTIONS
failed=0
for unit in tests/unit/*/test_*; do
	[ -x "$unit" ] || continue
	LD_PRELOAD=$MILLRACE_PRELOAD "$unit" >"$unit.tsan.log" 2>&1 && continue
	echo "failed: $unit, see build-tsan/$unit.tsan.log"
	failed=1
done
/usr/bin/python3 -m pytest -q -p no:cacheprovider ../tests/session "$@" || failed=1
exit $failed
