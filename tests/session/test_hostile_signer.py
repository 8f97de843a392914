# SPDX-License-Identifier: BSD-2-Clause
"""millrace-dkim-sign against clients, mail and MTAs that mean harm or are merely odd: nothing
that is not ours is signed, nothing of ours leaves unsigned, signatures hold, logs stay lines."""

import os
import re
import shutil
import struct
import subprocess

import pytest

from milter_client import Client, Closed, words
from test_dkim_sign import (ALICE, PLAIN, entry, keys, open_for_daemon, send, signatures, signer,
                            start, until, verifies)
from rig.keys import make_pair

assert keys and signer and start  # fixtures

LOOPBACK = {"host": "localhost", "address": "127.0.0.1"}
RECEIVED = " from mx.example.net (mx.example.net [192.0.2.9])\n\tby mx.example.com; now"


def mail_without_macros(client):
    client.send("M", words("<a@example.com>"))
    return client.read()


# -- whose mail it is

def test_user_of_an_earlier_message_counts_no_more(signer, keys):
    """{auth_authen} holds for the message it came with, however that one ended."""
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2
        assert send(client, user=None)[0][0] == "a"
        client.begin(**ALICE)
        client.abort()
        assert client.mail()[0] == "a"
        client.begin(**ALICE)
        assert client.mail()[0] == "a", "MAIL after MAIL"
        client.begin(**ALICE)
        client.content()
        client.abort()
        assert client.mail()[0] == "a"
        assert client.mail(**{"{auth_authen}": ""})[0] == "a", "empty user"
        assert verifies(send(client)[1], keys["example.com"]) == [True, True]


def test_next_client_of_a_connection_is_judged_anew(signer):
    """The reuse of a connection: QUIT_NC, then another connect, here without {daemon_name}."""
    for first in ({**LOOPBACK}, {"{daemon_name}": "ORIGINATING"}):
        with signer.client(**first) as client:
            assert len(signatures(send(client, user=None)[1])) == 2
            client.send("K")
            client.send("D", b"C" + words("j", "mx.example.org"))
            client.step("C", words("x") + b"4" + struct.pack("!H", 1) + words("192.0.2.1"))
            assert client.mail()[0] == "a", first


@pytest.mark.parametrize("name,value", [
    ("Received", RECEIVED),
    ("received", "from x by y"),
    ("RECEIVED ", " from x by y"),
    ("Received\t", " FROM x by y"),
    ("Received", "\n\tfrom x by y"),
    ("Received", " (a (nested) comment)\n (and \\) one) from x by y"),
    ("Received", " (a comment without end from x by y"),
])
@pytest.mark.parametrize("own_first", [True, False])
def test_mail_that_came_from_elsewhere_stays_foreign(signer, name, value, own_first):
    """A filter's client is on loopback; a forged local Received among the others proves nothing."""
    foreign, own = (name, value), ("Received", " by mx.example.com (Postfix, from userid 33)")
    fields = ((own, foreign) if own_first else (foreign, own)) + PLAIN
    expected = 2 if "without end" in value else 0  # such a field has no from clause at all
    for how in ({"port": 4711}, {"port": 0}):
        with signer.client(**LOOPBACK, **how) as client:
            send(client, user=None, fields=fields)
            assert len(client.edits) == expected


def test_listeners_are_matched_as_a_whole(signer):
    for listener in ("originating", "ORIGINATING ", "ORIGINATING,smtpd", "XORIGINATING", ""):
        with signer.client(**{"{daemon_name}": listener}) as client:
            assert client.mail()[0] == "a", listener


@pytest.mark.parametrize("connect", [
    words("localhost") + b"4" + struct.pack("!H", 0) + words("192.0.2.1"),
    words("localhost") + b"4" + struct.pack("!H", 9) + words("192.0.2.1"),
    words("localhost") + b"6" + struct.pack("!H", 0) + words("IPv6:2001:db8::1"),
    words("localhost.example.net") + b"U",
    words("[127.0.0.1]") + b"4" + struct.pack("!H", 0) + words("192.0.2.1"),
    words("") + b"U",
    words("mail.example.net") + b"L" + struct.pack("!H", 0) + words("/run/some.sock"),
])
def test_names_alone_make_nobody_local(signer, connect):
    with signer.client() as client:
        client.send("K")
        client.step("C", connect)
        assert client.mail()[0] == "a"


@pytest.mark.parametrize("connect", [
    b"", b"\0", words("localhost"), words("localhost") + b"4",
    words("localhost") + b"?" + struct.pack("!H", 0) + words("127.0.0.1"),
    words("localhost") + b"4" + struct.pack("!H", 0) + words("not an address"),
    words("localhost") + b"4" + struct.pack("!H", 0) + b"127.0.0.1",
    words("localhost") + b"6" + struct.pack("!H", 0) + words("127.0.0.1"),
    words("x" * 60000) + b"4" + struct.pack("!H", 0) + words("127.0.0.1"),
])
def test_malformed_connect(signer, connect):
    """Whatever becomes of the connection, its mail is not signed and the daemon lives."""
    with signer.client() as client:
        client.send("K")
        try:
            client.send("C", connect)
            assert client.mail()[0] in "aty"
        except Closed:
            pass
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2


# -- nothing of ours leaves unsigned

@pytest.mark.parametrize("commands", ["E", "BE"])
def test_end_without_end_of_header_passes_nothing(signer, commands):
    """No MTA leaves it out; if one does, the message was not judged."""
    with signer.client() as client:
        assert client.begin(**ALICE) is None
        for command in commands:
            client.send(command, b"text\r\n" if command == "B" else b"")
        assert client.verdict()[0] in "ty", signer.log()
    signer.daemon.wait_for_log("sign-failed reason=not-judged")


def test_vanished_key_directory_is_a_failure(start, tmp_path):
    """An unmounted or renamed directory is no reason to let mail go unsigned."""
    folder = tmp_path / "keys"
    made = make_pair(folder, "example.com")
    open_for_daemon(folder)
    signer = start(f'key_directory = "{folder}";')
    with signer.client() as client:
        assert verifies(send(client)[1], made) == [True, True]
        folder.rename(tmp_path / "elsewhere")
        verdict, message = until(lambda: send(client), lambda got: not signatures(got[1]))
        assert verdict[0] in "ty" and not signatures(message), verdict
        assert send(client, fields=(("From", " a@never.seen.example"),))[0][0] in "ty"
        (tmp_path / "elsewhere").rename(folder)
        until(lambda: send(client)[1], lambda message: len(signatures(message)) == 2)


REFUSING_INSERT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>

int smfi_insheader(void *context, int index, char *name, char *value)
{
	static atomic_uint calls;
	int (*real)(void *, int, char *, char *) =
		(int (*)(void *, int, char *, char *))dlsym(RTLD_NEXT, "smfi_insheader");

	return atomic_fetch_add(&calls, 1) % 2 ? -1 : real(context, index, name, value);
}
"""


@pytest.mark.skipif("MILLRACE_PRELOAD" in os.environ or not shutil.which("gcc"),
                    reason="preloads a library of its own")
@pytest.mark.parametrize("on_failure,verdicts", [("tempfail", "ty"), ("accept", "a")])
def test_second_signature_refused(start, keys, tmp_path, monkeypatch, on_failure, verdicts):
    """One of two signatures is not what was asked for: on_failure decides, and it is logged."""
    (tmp_path / "refusing.c").write_text(REFUSING_INSERT)
    library = tmp_path / "refusing.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "refusing.c"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ASAN_OPTIONS", os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0")
    signer = start(f'on_failure = "{on_failure}";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    monkeypatch.delenv("LD_PRELOAD")
    with signer.client() as client:
        for _ in range(2):
            assert send(client)[0][0] in verdicts
    signer.daemon.wait_for_log("4TESTid: sign-failed reason=signing-failed")


def test_client_gone_at_the_end(signer):
    for _ in range(20):
        with signer.client() as client:
            client.begin(**ALICE)
            client.content()
            client.send_end()
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2


# -- signatures hold

ODD = [
    (("Subject ", " blank before the colon"),),
    (("Subject\t \t", " blanks before the colon"),),
    (("Subject", "\n\t\n "),),
    (("Subject", ""), ("Subject", " "), ("Subject", "\t")),
    (("To", ""), ("To", " b@example.net"), ("to", " c@example.net"), ("TO ", " d@example.net")),
    (("Subject", b" \xfc\xff raw octets \xc3\xbc"),),
    (("Subject", " a\tb \t c\n\t \td   "),),
    (("Subject", ":;=\\\"%s%n"), ("Reply-To", "=?utf-8?q?x?= <r@example.com>")),
    (("References", " " + "\n ".join(f"<{number}@example.com>" for number in range(500))),),
]


@pytest.mark.parametrize("pair", ["relaxed/relaxed", "simple/simple"])
def test_odd_fields_verify(start, keys, pair):
    signer = start(f'canonicalization = "{pair}";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    with signer.client() as client:
        for fields in ODD:
            verdict, message = send(client, fields=(("From", " a@example.com"),) + fields)
            if any(name.rstrip() != name for name, _ in fields):
                if pair == "simple/simple":
                    continue  # python3-dkim cannot read such a field
                message = re.sub(rb"(?m)^(\w+)[ \t]+:", rb"\1:", message)
            assert verifies(message, keys["example.com"])[:2] == [True, True], (fields, verdict)


@pytest.mark.parametrize("author", [
    b" \xfc\xe4 <a@example.com>", b" \"\xff\" <a@example.com>", b" (\xff) a@example.com",
    " ü <ä@example.com>".encode(), b" <@relay.example.net,@b.example:a@example.com>",
    b"\n a\n @\n example\n .\n com", b" \"odd \\\" local@part\"@EXAMPLE.com (x (y))",
])
def test_odd_authors_verify(signer, keys, author):
    with signer.client() as client:
        _, message = send(client, fields=(("From", author),))
    assert verifies(message, keys["example.com"]) == [True, True]


def test_overlong_local_part_is_signed_without_it(start, keys):
    """i= is a courtesy: an address that does not fit must not hold the mail up for ever."""
    signer = start('identity = "address";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    with signer.client() as client:
        for length in (64, 300, 2000):
            author = f" {'x' * length}@example.com"
            _, message = send(client, fields=(("From", author),))
            assert verifies(message, keys["example.com"]) == [True, True], length
            assert max(map(len, message.split(b"\r\n"))) <= max(998, len(author) + 5)


def test_signatures_that_are_none_are_let_alone(signer):
    """What looks like ours and is not does not keep a message from being signed."""
    forged = (" v=1; a=rsa-sha256; d=example.com; s=r1; h=from; b=AAAA;\n"
              " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    for values in (("", ";;;", " v=1"), (forged,) * 50, (forged.replace("h=", "l=0; h="),)):
        with signer.client() as client:
            client.begin(**ALICE)
            client.content(PLAIN + tuple(("DKIM-Signature", value) for value in values), b"")
            client.end()
            assert len(client.edits) == 2, signer.log()


def test_second_from_cannot_be_added(signer, keys):
    with signer.client() as client:
        _, message = send(client)
    assert verifies(message, keys["example.com"]) == [True, True]
    for field in (b"From: x@example.org\r\n", b"Subject: other\r\n", b"Content-Type: text/html\r\n",
                  b"Reply-To: x@example.org\r\n"):
        assert verifies(field + message, keys["example.com"]) == [False, False], field


# -- what outsiders say stays data

def test_log_lines_stay_lines(signer):
    """Every line of the log begins as ours do, and holds printable ASCII only."""
    evil = b'x\n2026 millrace[1]: info: FORGED\r\x1b[2J\x00"\\ =\xff'.replace(b"\0", b"")
    author = b" \"\\\n\t\x1b[31m\"@ex\xffample.com"
    with signer.client(host=evil, **{"{daemon_name}": evil}) as client:
        for fields in (PLAIN, (("From", author),), (("From", evil),), (("X", evil),)):
            for sender in ("<a@example.com>", evil):
                macros = {"{auth_authen}": evil}
                verdict, _ = send(client, fields=fields, sender=sender, user=macros, queue_id=evil)
                assert b"FORGED" not in verdict[1] and b"\n" not in verdict[1]
    for line in signer.log().splitlines():
        assert re.fullmatch(r"[0-9T:.-]+Z millrace-dkim-sign\[\d+\]: \w+: [ -~]*", line), line
    assert "FORGED" in signer.log()


def test_overlong_words(signer, keys):
    long = "x" * 60000
    with signer.client(host=long, **{"{daemon_name}": long}) as client:
        _, message = send(client, sender=f"<{long}@example.com>", user={"{auth_authen}": long},
                          queue_id=long)
        assert verifies(message, keys["example.com"]) == [True, True]
    assert max(map(len, signer.log().splitlines())) < 9000


@pytest.mark.parametrize("macros", [
    b"", b"M", b"M{auth_authen}", b"M{auth_authen}\0", b"M{auth_authen}\0alice",
    b"?{auth_authen}\0alice\0", b"M{auth_authen}\0\0{auth_authen}\0\0", b"M\0\0\0",
])
def test_malformed_macros(signer, macros):
    with signer.client() as client:
        try:
            client.send("D", macros)
            assert mail_without_macros(client)[0] in "acty"
            client.quit()
        except Closed:
            pass
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2


@pytest.mark.parametrize("session", ["before", "in", "after"])
@pytest.mark.parametrize("strings", [1, 3, 5, 7])
def test_macros_that_are_no_pairs(signer, session, strings):
    """libmilter would read past its list, into what an earlier packet of that size has left."""
    odd = b"\0" * strings
    spray = b"x" * (8 * (strings + 1) + 5) + b"\0y\0"
    with Client(signer.socket) as client:
        with pytest.raises(Closed):
            for _ in range(8):
                client.send("D", b"M" + spray)
                client.send("D", b"E" + spray)
            if session == "before":
                client.send("D", b"C" + odd)
            client.negotiate()
            client.connect()
            if session == "after":
                client.send("K")
                client.send("D", b"C" + odd)
                client.connect()
            client.send("D", b"M" + odd)
            mail_without_macros(client)
            client.read()
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2
    signer.daemon.wait_for_log("macros that are no pairs")
