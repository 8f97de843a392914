# SPDX-License-Identifier: BSD-2-Clause
"""Messages of unusual shape, each through both MTAs, each verified as delivered."""

import pytest

from rig.compose import compose
from rig.namespace import FOREIGN_ADDRESS, OUR_ADDRESS
from rig.postfix import Postfix
from rig.verify import assert_signed, assert_unsigned

BODIES = {
    "empty": b"",
    "one empty line": b"\r\n",
    "empty lines at the end": b"Text.\r\n\r\n\r\n\r\n",
    "8-bit": "Grüße, 日本語\r\n".encode() + b"\xff\xfe latin \xe9\r\n",
    "dots": b".\r\n..\r\n...\r\n.leading\r\nwithin.\r\n.\r\n",
    "blanks": b"a  b\t c \t\r\n \r\n\t\r\n   indented\r\n",
    "From at the start": b"From the start.\r\n>From quoted\r\n",
    "990 octets a line": (b"x" * 990 + b"\r\n") * 40,
    "no newline at the end": b"the last line",
}


@pytest.mark.parametrize("name", BODIES)
def test_body(site, name):
    how = {"options": ["BODY=8BITMIME"]} if name == "8-bit" else {}
    message = site.deliver_new(BODIES[name], how=how)
    assert_signed(message, site.records, "test.example")


def test_body_of_25_mb(site):
    line = bytes(range(33, 109)) + b"\r\n"
    message = site.deliver_new(line * (25 * 1024 * 1024 // len(line)), how={"seconds": 90})
    assert len(message) > 25 * 1000 * 1000
    assert_signed(message, site.records, "test.example")


def test_header_only(site):
    """No empty line and no body at all."""
    message, token = compose()
    header = message.split(b"\r\n\r\n")[0] + b"\r\n"
    assert_signed(site.deliver(header, token), site.records, "test.example")


HEADERS = {
    "folded with tabs and blanks": ["X-Folded: one\r\n\ttwo\r\n   three \r\n\tfour"],
    "folded Subject, blanks at the end": ["Subject: many \r\n words  here \t"],
    "Subject twice": ["Subject: one", "Subject: two"],
    "empty value": ["Comments:", "Keywords: "],
    "no blank after the colon": ["Comments:tight", "reply-to:x@test.example"],
    "odd capitals": ["SUBJECT: LOUD", "mime-VERSION: 1.0", "CONTENT-type: text/plain"],
    "8-bit in Subject": ["Subject: Grüße aus Köln"],
    "list fields": ["List-Unsubscribe: <https://x.example/>", "List-Id: <l.test.example>"],
    "800 octets": ["References: " + " ".join(f"<{n:08}@x.example>" for n in range(40))],
}


@pytest.mark.parametrize("name", HEADERS)
def test_header(site, name):
    message = site.deliver_new(without=["Subject"], more=HEADERS[name])
    assert_signed(message, site.records, "test.example")


def test_fields_that_the_mta_adds(site):
    """Postfix and Sendmail add Date and Message-ID where they lack; the signature holds."""
    message = site.deliver_new(without=["Date", "Message-ID"])
    assert_signed(message, site.records, "test.example")


def test_a_label_domain(site):
    message = site.deliver_new(sender="alice@xn--bcher-kva.example")
    assert_signed(message, site.records, "xn--bcher-kva.example")


def test_u_label_domain(site):
    """With SMTPUTF8 where the MTA has it; Debian's Sendmail is built without, and passes 8 bits."""
    message, token = compose(sender="jürgen@bücher.example", subject="Bücher")
    sender, options = "alice@test.example", ["BODY=8BITMIME"]
    with site.client() as client:
        client.ehlo()
        if site.mta.has_smtputf8:
            sender, options = "jürgen@bücher.example", ["SMTPUTF8", "BODY=8BITMIME"]
            client.command_encoding = "utf-8"
        reply = client.hand_in(sender, ["b@d.example"], message, options)
    assert reply[0] == 250, reply
    delivered = site.mta.mailbox.wait_for_text(token)
    assert_signed(delivered, site.records, "xn--bcher-kva.example")


@pytest.mark.parametrize("canonicalization", ["simple/simple", "simple/relaxed", "relaxed/simple"])
def test_canonicalization(make_site, canonicalization):
    settings = {"canonicalization": f'"{canonicalization}"'}
    site = make_site(Postfix, settings=settings)
    for body in BODIES.values():
        message = site.deliver_new(body, more=HEADERS["folded with tabs and blanks"])
        assert f"c={canonicalization}".encode() in message
        assert_signed(message, site.records, "test.example")


def test_smuggled_end_of_data(site):
    """A lone LF around a dot ends nothing: whatever is delivered is one message, unsigned."""
    message, token = compose(b"x\n.\r\ny\r\n")
    reply = site.hand_in(message, host=OUR_ADDRESS, source=FOREIGN_ADDRESS)
    if reply[0] == 250:
        assert_unsigned(site.mta.mailbox.wait_for_text(token))
    else:
        assert b"Bare linefeed" in reply[1]
