#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source file is as clang-format 14 lays it out. Prints one TAP point.
cd "${MILLRACE_SRCDIR:-$(dirname "$0")/../..}" || exit 1
echo 1..1
if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	echo "ok 1 - formatted # SKIP clang-format 14 is not installed"
	exit 0
fi
found=$(find shared milters tools tests -name '*.[ch]' | sort | xargs clang-format --dry-run 2>&1 |
	grep warning | cut -d: -f1 | sort | uniq -c)
if [ -z "$found" ]; then
	echo "ok 1 - formatted"
else
	echo "not ok 1 - formatted"
	echo "$found" | sed 's/^/# lines off: /'
fi
