#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The generated messages are what they claim: the same each time, legal lines, one From. TAP."""

import re
import sys

sys.dont_write_bytecode = True
from generate import MESSAGES, generate  # noqa: E402

RFC5322_LINE_MAX = 998


def header_of(message):
    return message.split(b"\r\n\r\n")[0]


def has_legal_lines(name, message):
    return (max(map(len, message.split(b"\r\n"))) <= RFC5322_LINE_MAX
            and not re.search(rb"[\r\n]", message.replace(b"\r\n", b"")) and b"\0" not in message)


def has_one_from(name, message):
    return len(re.findall(rb"(?mi)^from:", header_of(message))) == 1


def says_what_it_needs(name, message):
    if not header_of(message).isascii():
        return name.startswith("utf8-")
    return message.isascii() or name.startswith(("utf8-", "8bit-"))


def says_its_name(name, message):
    return b"\r\nX-Interop-Case: " + name.encode() in header_of(message)


def main():
    messages = generate(1)
    checks = [has_legal_lines, has_one_from, says_what_it_needs, says_its_name]
    results = [(check.__name__, [name for name, message in messages if not check(name, message)])
               for check in checks]
    results.append(("there are 300, all of their own name",
                    [] if len(dict(messages)) == MESSAGES == 300 else ["count"]))
    results.append(("one seed, one set", [] if generate(1) == messages else ["differs"]))
    results.append(("another seed, another set", [] if generate(2) != messages else ["equal"]))
    print("1..%d" % len(results))
    for number, (what, failures) in enumerate(results, 1):
        print("%s %d - %s" % ("not ok" if failures else "ok", number, what.replace("_", " ")))
        for failure in failures:
            print("# " + failure)


main()
