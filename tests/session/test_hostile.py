# SPDX-License-Identifier: BSD-2-Clause
"""Peers that break the protocol: the engine goes on, and every session and message ends once."""

import struct
import time

import pytest

from milter_client import Closed, words

PACKETS = {
    "length zero": b"\0\0\0\0",
    "many lengths of zero": b"\0\0\0\0" * 1000,
    "length one past the end": struct.pack("!I", 65537) + b"B" + b"x" * 65536,
    "length huge": b"\x7f\xff\xff\xffB" + b"x" * 1000,
    "length negative": b"\xff\xff\xff\xffB",
    "length most negative": b"\x80\0\0\0M" + words("<a@b>"),
    "length cut": b"\0\0",
    "packet cut": struct.pack("!I", 100) + b"M<a@",
    "unknown command": struct.pack("!I", 1) + b"\x7f",
    "command nul": struct.pack("!I", 1) + b"\0",
    "negotiation short": struct.pack("!I", 5) + b"O\0\0\0\6",
    "negotiation version 1": struct.pack("!IcIII", 13, b"O", 1, 0x1FF, 0x1FFFFF),
    "negotiation empty": struct.pack("!I", 1) + b"O",
    "connect without end": struct.pack("!I", 6) + b"Chost4",
    "connect without address": struct.pack("!I", 8) + b"Chost\x004\0",
    "connect with odd family": struct.pack("!I", 11) + b"Chost\0x\0\0a\0",
    "connect with odd address": struct.pack("!I", 11) + b"Chost\x004\0\0z\0",
    "helo without end": struct.pack("!I", 5) + b"Hhelo",
    "mail without end": struct.pack("!I", 5) + b"M<a@b",
    "mail empty": struct.pack("!I", 1) + b"M",
    "mail of nul bytes": struct.pack("!I", 60001) + b"M" + b"\0" * 60000,
    "rcpt without end": struct.pack("!I", 5) + b"R<a@b",
    "header without value": struct.pack("!I", 6) + b"LName\0",
    "header without end": struct.pack("!I", 7) + b"LNam\0va",
    "header empty": struct.pack("!I", 1) + b"L",
    "macro without stage": struct.pack("!I", 1) + b"D",
    "macro of unknown stage": struct.pack("!I", 6) + b"Dxi\0v\0",
    "macro without value": struct.pack("!I", 4) + b"DMi\0",
    "macro without end": struct.pack("!I", 4) + b"DMii",
    "macro alone": struct.pack("!I", 2) + b"DM",
    "end with nothing begun": struct.pack("!I", 1) + b"E",
    "end with data": struct.pack("!I", 5) + b"Edata",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": bytes.fromhex("1603010200010001fc0303") + b"\xaa" * 500,
    "noise": bytes(range(256)) * 64,
}

PLACES = {
    "at once": [],
    "negotiated": ["negotiate"],
    "greeted": ["negotiate", "connect", "helo"],
    "in a message": ["negotiate", "connect", "helo", "mail", "rcpt"],
    "in the content": ["negotiate", "connect", "helo", "mail", "rcpt", "data", "end_of_header"],
}


def is_balanced(events):
    """Every session has been freed, every message reset."""
    mails = sum(event.split()[0] == "mail" for event in events)
    return events.count("session new") == events.count("session free") \
        and mails == events.count("reset")


def assert_serves_on(milter):
    assert milter.still_serves()
    deadline = time.monotonic() + 10
    while not is_balanced(milter.events()):
        assert time.monotonic() < deadline, "\n".join(milter.events())
        time.sleep(0.02)


@pytest.mark.parametrize("place", PLACES)
def test_broken_packets(milter, place):
    for packet in PACKETS.values():
        with milter.client() as client:
            for step in PLACES[place]:
                getattr(client, step)()
            try:
                client.send_raw(packet)
            except Closed:
                pass
    assert_serves_on(milter)


def test_mail_is_not_passed_by_an_end_that_comes_first(milter):
    client = milter.client().greet()
    client.send("E")
    assert client.is_quiet()
    client.mail()
    client.send("E")  # libmilter's order of steps wants a recipient first
    assert client.is_quiet()


def test_end_with_data_passes_nothing_unseen(start):
    milter = start(shape="silent")
    client = milter.client().greet()
    client.begin()
    client.content()
    client.send("E", b"last chunk")
    assert client.is_quiet()
    client.close()
    assert_serves_on(milter)
    assert "eom 2 headers, 6 bytes, queue id 4TESTid" in milter.events()  # still_serves' own


@pytest.mark.parametrize("last", ["connect", "negotiate", "greet", "begin", "data", "header",
                                  "end_of_header", "body", "send_end"])
def test_connection_lost_after(milter, last):
    client = milter.client()
    steps = {"connect": [], "negotiate": [client.negotiate], "greet": [client.greet],
             "begin": [client.greet, client.begin]}
    content = [client.data, lambda: client.header("A", " b"), client.end_of_header,
               lambda: client.body(b"x" * 70000), client.send_end]
    names = ["data", "header", "end_of_header", "body", "send_end"]
    taken = steps.get(last) or steps["begin"] + content[:names.index(last) + 1] \
        if last != "connect" else []
    for step in taken:
        step()
    client.close()
    assert_serves_on(milter)


def test_connection_lost_while_a_callback_runs(milter):
    client = milter.client().greet()
    client.begin("eom=sleep:300")
    client.content()
    client.send_end()
    client.close()
    assert_serves_on(milter)


def test_endless_headers(milter):
    client = milter.client().greet()
    client.begin()
    before = int(milter.daemon.status()["VmRSS"].split()[0])
    packet = words("X-More", " " + "y" * 1000)
    for _ in range(200):
        client.send_raw((struct.pack("!I", len(packet) + 1) + b"L" + packet) * 100)
        for _ in range(100):
            assert client.read()[0] == "c"
    grown = int(milter.daemon.status()["VmRSS"].split()[0]) - before
    assert grown < 8192, f"{grown} KB more for 20,000 fields"
    client.end_of_header()
    assert client.end()[0] == "c"


def test_endless_macros(milter):
    client = milter.client().greet()
    before = int(milter.daemon.status()["VmRSS"].split()[0])
    for number in range(2000):
        client.send("D", b"M" + words("{auth_authen}", f"user{number}" + "x" * 5000))
    client.wanted = {}
    assert client.mail()[0] == "c"
    assert int(milter.daemon.status()["VmRSS"].split()[0]) - before < 4096


def test_reply_that_nobody_reads(start):
    """A peer that sends and never reads fills its own buffers, not ours, and stops nobody."""
    milter = start()
    client = milter.client().greet()
    client.begin()
    client.socket.setblocking(False)
    packet = struct.pack("!I", 6) + b"L" + b"A\0 b\0"
    try:
        for _ in range(200000):
            client.socket.send(packet)
    except BlockingIOError:
        pass
    assert milter.still_serves()
    client.close()
    assert_serves_on(milter)
