# SPDX-License-Identifier: BSD-2-Clause
"""Delivered messages as an MTA left them in a folder, a file each."""

import re

from rig.waiting import wait_for

# What the delivery itself put above the message.
_DELIVERY_FIELD = re.compile(rb"(?i)(?:Return-Path|Delivered-To|X-Original-To):")


def as_delivered(text):
    """Bytes of a delivered file as they would be on the wire: no mbox line, CRLF."""
    if text.startswith(b"From "):
        text = text.split(b"\n", 1)[1]
    while _DELIVERY_FIELD.match(text):
        text = re.sub(rb"\A[^\n]*\n(?:[ \t][^\n]*\n)*", b"", text)
    return re.sub(rb"\r?\n", b"\r\n", text)


def header_values(message, name):
    """The values of every field of that name, folds included, first to last."""
    header = message.split(b"\r\n\r\n", 1)[0] + b"\r\n"
    pattern = rb"(?im)^" + re.escape(name.encode()) + rb":((?:[^\r\n]*)(?:\r\n[ \t][^\r\n]*)*)\r\n"
    return re.findall(pattern, header)


class Mailbox:
    def __init__(self, folder):
        self.folder = folder

    def files(self):
        if not self.folder.exists():
            return []
        return sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))

    def messages(self):
        return [as_delivered(path.read_bytes()) for path in self.files()]

    def wait(self, count, seconds=30.0):
        wait_for(lambda: len(self.files()) >= count, f"{count} messages", seconds)
        return self.messages()

    def wait_for_text(self, text, seconds=30.0):
        """The one message that contains `text` (bytes, such as a Message-ID)."""

        def found():
            return next((message for message in self.messages() if text in message), None)

        return wait_for(found, f"a message with {text!r}", seconds)

    def empty(self):
        for path in self.files():
            path.unlink()
