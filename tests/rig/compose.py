# SPDX-License-Identifier: BSD-2-Clause
"""Messages for tests, each with a Message-ID by which it is found again."""

import itertools
import os

_numbers = itertools.count(1)


def compose(body=b"Hello.\r\n", sender="alice@test.example", without=(), more=(), subject="Test"):
    """(message, token): wire bytes, and bytes that no other message contains."""
    token = f"{os.getpid()}.{next(_numbers)}@client.example"
    fields = {
        "From": f"Alice <{sender}>",
        "To": "Bob <bob@dest.example>",
        "Subject": subject,
        "Date": "Mon, 23 Nov 2026 10:00:00 +0000",
        "Message-ID": f"<{token}>",
        "X-Token": token,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if name not in without]
    header = "\r\n".join([*lines, *more, ""]).encode()
    return header + b"\r\n" + body, token.encode()
