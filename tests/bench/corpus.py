# SPDX-License-Identifier: BSD-2-Clause
"""The three messages of the benchmarks: 2 KB text, 40 KB HTML newsletter, 1 MB with an attachment."""

import base64
import random

HEADER = """\
Received: from app.example.com (app.example.com [192.0.2.10])
\tby mx.example.com (Postfix) with ESMTPSA id 4XyZ1q2w3e
\tfor <someone@example.net>; Mon, 23 Nov 2026 10:00:00 +0000 (UTC)
From: Example News <news@example.com>
To: Some One <someone@example.net>
Reply-To: Example Answers <answers@example.com>
Subject: =?UTF-8?Q?Your_weekly_news_=E2=80=93_and_a_rather_long_subject?=
 that is folded once
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <20261123100000.4711@app.example.com>
MIME-Version: 1.0
Content-Type: {content_type}
Content-Transfer-Encoding: {encoding}
List-Id: Example News <news.example.com>
List-Unsubscribe: <https://example.com/u/0123456789abcdef>,
 <mailto:unsubscribe@example.com?subject=0123456789abcdef>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Feedback-ID: 4711:campaign:news:example
Precedence: bulk
X-Mailer: Example Mailer 3.1
X-Campaign: 2026-47
X-Recipient-Token: 0123456789abcdef0123456789abcdef
X-Report-Abuse: Please report abuse to abuse@example.com
Auto-Submitted: auto-generated
Organization: Example Ltd
X-Priority: 3

"""


def _text(size, source):
    words = "the a mail news week offer reader letter price garden window summer of and to in".split()
    lines = []
    total = 0
    while total < size:
        line = " ".join(source.choice(words) for _ in range(source.randint(6, 13)))
        lines.append(line)
        total += len(line) + 1
    return "\n".join(lines) + "\n"


def _html(size, source):
    rows = ["<!DOCTYPE html>", "<html><body>", "<table>"]
    total = 0
    while total < size:
        row = ('  <tr><td style="padding:  4px">%s</td>\t<td><a href="https://example.com/%06x">more</a></td></tr>  '
               % (_text(40, source).replace("\n", " "), source.randrange(1 << 24)))
        rows.append(row)
        total += len(row) + 1
    return "\n".join(rows + ["</table>", "</body></html>"]) + "\n"


def _attachment(size, source):
    raw = bytes(source.randrange(256) for _ in range(size * 3 // 4))
    return base64.encodebytes(raw).decode("ascii")


def message(kind):
    """The text of "small", "medium" or "large", LF lines; the same at every call."""
    source = random.Random(kind)
    if kind == "small":
        return HEADER.format(content_type="text/plain; charset=us-ascii", encoding="7bit") + _text(900, source)
    if kind == "medium":
        return HEADER.format(content_type="text/html; charset=us-ascii", encoding="7bit") + _html(39000, source)
    return (HEADER.format(content_type='application/octet-stream; name="a.bin"', encoding="base64")
            + _attachment(1020000, source))
