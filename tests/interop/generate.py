#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Messages of odd but legal shapes, always the same ones for the same seed.

    generate.py [--seed N] [--count N] [--domain DOMAIN] FOLDER    writes FOLDER/<name>.eml
    generate(seed)                                    gives a list of (name, bytes)

Lines end in CRLF; the last line of a body may not. Every message has one From with one mailbox of
DOMAIN and says its name in X-Interop-Case. A name that begins with "utf8" needs SMTPUTF8 and
8BITMIME (there are bytes above 127 in the header), one with "8bit" needs 8BITMIME. Each shape leads
several messages; in all but the first of these, others are mixed in as far as they go together.
"""

import argparse
import base64
import os
import quopri
import random

from shapes_body import BODY_SHAPES
from shapes_header import HEADER_SHAPES

MESSAGES = 300


class Message:
    """Fields as (name, everything between the colon and the final line end), and a body."""

    def __init__(self, rng, domain):
        self.rng = rng
        self.domain = domain
        self.has_utf8_header = False
        self.has_8bit_body = False
        self.ends_after_header = False
        self.touched = set()
        self.body = b"Hello,\r\n\r\nthis is the text.\r\n"
        self.fields = [
            ("Date", " Thu, 01 Jan 2026 %02d:%02d:00 +0100" % (rng.randrange(24), rng.randrange(60))),
            ("From", " Ann Author <ann@%s>" % domain),
            ("To", " Bob <bob@receiver.example>"),
            ("Subject", " An ordinary subject"),
            ("Message-ID", " <%x.%d@%s>" % (rng.getrandbits(64), rng.randrange(10000), domain)),
        ]

    def set(self, name, value):
        """Replaces the field of that name, or adds it."""
        for i, field in enumerate(self.fields):
            if field[0].lower() == name.lower():
                self.fields[i] = (name, value)
                return
        self.add(name, value)

    def get(self, name):
        return next((value for known, value in self.fields if known.lower() == name.lower()), None)

    def add(self, name, value):
        self.fields.append((name, value))

    def add_top(self, name, value):
        self.fields.insert(0, (name, value))

    def mime(self, content_type, encoding=None):
        self.set("MIME-Version", " 1.0")
        self.set("Content-Type", " " + content_type)
        if encoding:
            self.set("Content-Transfer-Encoding", " " + encoding)

    def quoted_printable(self, text):
        self.mime("text/plain; charset=utf-8", "quoted-printable")
        encoded = quopri.encodestring(text.encode(), quotetabs=False)
        self.body = encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def base64(self, data):
        return base64.encodebytes(data).replace(b"\n", b"\r\n")

    def to_bytes(self):
        header = "".join("%s:%s\r\n" % field for field in self.fields).encode()
        return header if self.ends_after_header else header + b"\r\n" + self.body


def apply(message, shape):
    """Runs a shape unless an earlier one has the same field or the body in hand."""
    if message.touched & shape.touches:
        return False
    message.touched |= shape.touches
    shape.run(message)
    return True


def build(index, lead, seed, domain):
    rng = random.Random("%s/%d" % (seed, index))
    message = Message(rng, domain)
    apply(message, lead)
    # the first message of each shape shows it alone
    if index >= len(HEADER_SHAPES) + len(BODY_SHAPES):
        for shape in rng.sample(HEADER_SHAPES, rng.randrange(1, 5)) + rng.sample(BODY_SHAPES, 1):
            apply(message, shape)
    prefix = ("utf8-" if message.has_utf8_header else "8bit-" if message.has_8bit_body else "")
    name = "%s%03d-%s" % (prefix, index, lead.name)
    message.add("X-Interop-Case", " " + name)
    return name, message.to_bytes()


def generate(seed=1, count=MESSAGES, domain="example.com"):
    shapes = HEADER_SHAPES + BODY_SHAPES
    return [build(i, shapes[i % len(shapes)], seed, domain) for i in range(count)]


def main():
    parser = argparse.ArgumentParser(description="Write messages of odd but legal shapes.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=MESSAGES)
    parser.add_argument("--domain", default="example.com")
    parser.add_argument("folder")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for name, message in generate(options.seed, options.count, options.domain):
        with open(os.path.join(options.folder, name + ".eml"), "wb") as file:
            file.write(message)


if __name__ == "__main__":
    main()
