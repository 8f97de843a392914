# SPDX-License-Identifier: BSD-2-Clause
"""
summary.py FOLDER: adds up what check.sh left there (steps, lists of Automake's .trs files,
pytest's XML), says what was skipped and what failed, and ends with one line of totals.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

# What the TAP driver writes of a point, and the comments that follow it.
POINT = re.compile(r"^(?:PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): (.*)\n((?:#.*\n)*)", re.MULTILINE)
WORDS = {"PASS": "passed", "XFAIL": "passed", "SKIP": "skipped"}


def from_step(path):
    text = path.read_text().strip()
    yield "failed" if text.startswith("not ok") else "passed", text.split()[-1], ""


def from_automake(path):
    """Results are counted from each .trs file; what they are called is in the log beside it."""
    for name in path.read_text().splitlines():
        trs = pathlib.Path(name)
        results = re.findall(r"^:test-result: *(\w+)", trs.read_text(), re.MULTILINE)
        log = trs.with_suffix(".log").read_text(errors="replace")
        points = POINT.findall(log)
        for number, word in enumerate(results):
            result = WORDS.get(word, "failed")
            title, comment = points[number] if number < len(points) else (trs.stem, log[-2000:])
            yield result, title, comment.rstrip() if result == "failed" else ""


def from_pytest(path):
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        skipped = case.find("skipped")
        failure = case.find("failure")
        failure = case.find("error") if failure is None else failure
        if failure is not None:
            yield "failed", name, (failure.get("message") or "").partition("\n")[0][:200]
        elif skipped is not None:
            yield "skipped", name, skipped.get("message", "")
        else:
            yield "passed", name, ""


READERS = {".trs-files": from_automake, ".xml": from_pytest}


def results_of(step):
    """A step's tests; or the step itself, where it has none or failed beside them."""
    tests = []
    for suffix, reader in READERS.items():
        if step.with_suffix(suffix).exists():
            tests += reader(step.with_suffix(suffix))
    itself = list(from_step(step))
    if not tests or (itself[0][0] == "failed" and all(test[0] != "failed" for test in tests)):
        tests += itself
    return tests


def main(folder):
    totals = collections.Counter()
    for step in sorted(pathlib.Path(folder).glob("*.step")):
        for result, name, reason in results_of(step):
            totals[result] += 1
            if result != "passed":
                print(f"{result}: {step.stem}: {name}" + (f": {reason}" if reason else ""))
    print(", ".join(f"{totals[word]} {word}" for word in ("passed", "failed", "skipped")))
    return 0 if totals["passed"] and not totals["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
