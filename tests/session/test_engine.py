# SPDX-License-Identifier: BSD-2-Clause
"""Events in, edits out: what the milter engine makes of the protocol for a handler."""

import struct

import pytest

import milter_client as protocol
from milter_client import Closed


# -- negotiation

def test_asks_for_what_the_handler_wants(milter):
    client = milter.client().negotiate()
    assert client.version == 6
    assert client.steps == protocol.NO_UNKNOWN | protocol.NR_UNKNOWN | protocol.SKIP \
        | protocol.LEADING_SPACE
    # edits, and the right to choose macros
    assert client.actions == 0x1 | 0x8 | 0x10 | 0x20 | 0x100


def test_waits_for_nothing_it_can_do_without(start):
    client = start(shape="silent").client().negotiate()
    assert client.steps & protocol.NR_ALL == protocol.NR_ALL & ~protocol.NR_MAIL
    assert not client.steps & protocol.SKIP


def test_leaves_out_steps_without_a_callback(start):
    milter = start(shape="deaf")
    client = milter.client().negotiate()
    left_out = (protocol.NO_CONNECT | protocol.NO_HELO | protocol.NO_RCPT | protocol.NO_DATA
                | protocol.NO_HEADER | protocol.NO_EOH | protocol.NO_BODY)
    assert client.steps & left_out == left_out
    assert not client.steps & protocol.NO_MAIL  # a draining daemon refuses there
    assert client.mail()[0] == "c"
    assert client.end()[0] == "c"


def test_wants_macros_only_where_it_uses_them(milter):
    client = milter.client().negotiate()
    assert client.wanted == {"C": ["j", "{daemon_name}"], "H": [], "M": ["j", "{auth_authen}"],
                             "R": [], "T": [], "E": ["j", "i"], "N": []}


def test_refuses_an_mta_that_forbids_its_edits(milter):
    with pytest.raises(Closed):
        milter.client().negotiate(actions=0x2)
    assert "does not allow the edits" in milter.daemon.log()


@pytest.mark.parametrize("shape", [None, "silent"])
def test_old_mta_without_silent_steps_gets_its_replies(start, shape):
    milter = start(shape=shape)
    client = milter.client().negotiate(version=2, actions=0x3F, steps=0x7F)
    assert client.steps == 0
    assert client.connect()[0] == client.helo()[0] == "c"
    assert client.mail()[0] == client.rcpt()[0] == "c"
    assert client.header("Subject", "no blank kept")[0] == "c"
    assert client.end_of_header()[0] == client.body(b"x\r\n")[0] == "c"
    assert client.end()[0] == "c"
    # the blank after the colon is put back, since the old MTA cut it off
    assert "header Subject: no blank kept|" in milter.events()
    assert "blank after a header's colon" in milter.daemon.log()


def test_serves_a_peer_that_never_negotiated(milter):
    client = milter.client()
    assert client.mail()[0] == "c"
    client.abort()
    milter.wait_for("reset")


# -- a message

def test_tells_the_handler_everything_in_order(milter):
    client = milter.client().negotiate()
    client.connect("host.example.net", "2001:db8::7")
    client.helo("host.example.net")
    assert client.message(body=b"x" * 70000)[0] == "c"
    client.quit()
    milter.wait_for("session free")
    assert milter.events() == [
        "session new", "connect host.example.net family=10", "macro connect {daemon_name}=smtpd",
        "helo host.example.net", "mail <a@example.com>", "macro mail {auth_authen}=(none)",
        "rcpt <r@example.net>", "data", "header From: a@example.com|", "header Subject: s|",
        "eoh", "eom 2 headers, 70000 bytes, queue id 4TESTid", "reset", "session free"]


def test_local_submission_has_no_address(milter):
    client = milter.client().negotiate()
    client.connect("localhost", None)
    milter.wait_for("connect localhost family=-1")


def test_header_value_is_kept_byte_for_byte(milter):
    client = milter.client().greet()
    client.begin()
    client.header("X-Tab", "\tvalue")
    client.header("X-None", "value")
    client.header("X-Two", "  two")
    client.header("Odd ", " name")
    assert [e for e in milter.events() if e.startswith("header")] == [
        "header X-Tab:\\x09value|", "header X-None:value|", "header X-Two:  two|",
        "header Odd : name|"]


def test_several_messages_share_a_connection(milter):
    client = milter.client().greet()
    for number in range(5):
        assert client.message(queue_id=f"4ID{number}")[0] == "c"
    client.quit()
    milter.wait_for("session free")
    assert milter.events().count("reset") == 5
    assert [e.split()[-1] for e in milter.events() if e.startswith("eom")] == \
        [f"4ID{number}" for number in range(5)]


def test_macros_of_the_message_before_are_gone(milter):
    client = milter.client().greet()
    client.mail(**{"{auth_authen}": "user"})
    client.abort()
    client.mail()
    assert "macro mail {auth_authen}=user" in milter.events()
    assert milter.events()[-1] == "macro mail {auth_authen}=(none)"


def test_abort_resets_and_the_next_message_is_new(milter):
    client = milter.client().greet()
    client.begin()
    client.data()
    client.header("Subject", " aborted")
    client.abort()
    milter.wait_for("reset")
    assert client.message()[0] == "c"
    milter.wait_for("eom 2 headers, 6 bytes, queue id 4TESTid")


def test_abort_before_mail_resets_nothing(milter):
    client = milter.client().greet()
    client.abort()
    client.quit()
    milter.wait_for("session free")
    assert "reset" not in milter.events()


def test_mail_after_mail_ends_the_first(milter):
    client = milter.client().greet()
    client.mail()
    assert client.mail(sender="<b@example.com>")[0] == "c"
    assert milter.events()[-3:] == ["reset", "mail <b@example.com>",
                                    "macro mail {auth_authen}=(none)"]


def test_packets_may_come_in_any_pieces(milter):
    client = milter.client().greet()
    sent = []
    client.send_raw, send = sent.append, client.send_raw
    for command, data in (("M", b"<a@b>\0"), ("R", b"<r@b>\0"), ("L", b"A\0 b\0"), ("N", b""),
                          ("B", b"x" * 30000), ("B", b"y" * 10), ("E", b"")):
        client.send(command, data)
    stream = b"".join(sent)
    for size in (1, 7, 8191, 8192, 8193, len(stream)):
        for at in range(0, len(stream), size):
            if size == 1 and 60 < at < len(stream) - 60:
                continue
            end = len(stream) - 60 if size == 1 and at == 60 else at + size
            send(stream[at:end])
        assert [client.read()[0] for _ in range(7)] == ["c"] * 7
    assert milter.events().count("eom 1 headers, 30010 bytes, queue id (none)") == 6


def test_next_session_is_read_from_where_the_last_one_ended(milter):
    client = milter.client().greet()
    assert client.message()[0] == "c"
    packets = b"".join(struct.pack("!I", len(p)) + p for p in (
        b"K", b"Cnext.example.net\0U", b"Hnext\0", b"M<a@b>\0"))
    client.send_raw(packets)
    assert [client.read()[0] for _ in range(3)] == ["c"] * 3
    milter.wait_for("connect next.example.net family=-1")


def test_connection_serves_another_session_after_quit_nc(milter):
    client = milter.client().greet()
    assert client.message()[0] == "c"
    client.send("K")  # SMFIC_QUIT_NC: the next client comes over this connection, not negotiated anew
    assert client.connect("second.example.net")[0] == "c"
    client.helo()
    assert client.message()[0] == "c"
    assert milter.events(2)[:2] == ["session new", "connect second.example.net family=2"]
    assert "header Subject: s|" in milter.events(2)


# -- answers

@pytest.mark.parametrize("step", ["mail", "data", "header", "eoh", "body", "eom"])
@pytest.mark.parametrize("answer, told", [
    ("accept", "a"), ("reject", "r"), ("tempfail", "t"), ("discard", "d"), ("fail", "t")])
def test_answer_is_told_at_its_step(milter, step, answer, told):
    client = milter.client().greet()
    replies = [client.mail(f"{step}={answer}")]
    steps = [client.rcpt, client.data, lambda: client.header("A", " b"), client.end_of_header,
             lambda: client.body(b"x\r\n"), client.end]
    for take in steps:
        if replies[-1][0] != "c":
            break
        replies.append(take())
    assert replies[-1][0] == told
    assert len(replies) == 2 + ["mail", "data", "header", "eoh", "body", "eom"].index(step) \
        - (step == "mail")
    milter.wait_for("reset")
    assert client.message()[0] == "c"


@pytest.mark.parametrize("step", ["data", "header", "eoh", "body"])
@pytest.mark.parametrize("answer, told", [("accept", "a"), ("tempfail", "t"), ("fail", "t")])
def test_answer_of_a_silent_step_is_told_at_the_end(start, step, answer, told):
    milter = start(shape="silent")
    client = milter.client().greet()
    assert client.message(f"{step}={answer}")[0] == told
    assert not any(event.startswith("eom") for event in milter.events())
    assert milter.events().count("reset") == 1
    assert client.message()[0] == "c"


def test_silent_steps_say_nothing(start):
    client = start(shape="silent").client().greet()
    assert client.mail()[0] == "c"
    client.rcpt()
    client.content(body=b"x" * 200000)
    assert client.is_quiet()
    assert client.end()[0] == "c"


def test_reply_text_goes_with_its_refusal_only(milter):
    client = milter.client().greet()
    command, data = client.message("eom=reject", "TEXT=no%such\x01thing")
    assert (command, data) == ("y", b"550 5.7.9 no?such?thing\0")
    assert client.message("eom=reject")[0] == "r"


def test_reply_text_survives_a_silent_step(start):
    client = start(shape="silent").client().greet()
    assert client.message("header=tempfail", "TEXT=later") == ("y", b"450 4.7.9 later\0")


def test_refused_recipient_leaves_the_message(milter):
    client = milter.client().greet()
    client.mail("rcpt=reject", "TEXT=no")
    assert client.rcpt("<refuse@example.net>") == ("y", b"550 5.7.9 no\0")
    assert client.rcpt("<take@example.net>")[0] == "c"
    client.content()
    assert client.end()[0] == "c"
    assert milter.events().count("reset") == 1


def test_skipped_body_is_not_sent_on(milter):
    client = milter.client().greet()
    client.begin("body=skip")
    client.data()
    client.end_of_header()
    assert client.body(b"x" * 200000)[0] == "s"
    assert client.end()[0] == "c"
    assert "eom 0 headers, 65535 bytes, queue id 4TESTid" in milter.events()


def test_skipped_body_is_swallowed_where_it_cannot_be_told(start):
    milter = start(shape="silent")
    client = milter.client().greet()
    assert client.message("body=skip", body=b"x" * 200000)[0] == "c"
    assert "eom 2 headers, 65535 bytes, queue id 4TESTid" in milter.events()


@pytest.mark.parametrize("options, told", [("", "t"), ('on_failure = "accept";', "a")])
def test_session_that_cannot_be_made_fails_each_message(start, options, told):
    client = start(options, shape="failing").client().greet()
    assert client.mail()[0] == told
    assert client.mail()[0] == told


# -- edits

INDEX = {0: b"\0\0\0\0", 1: b"\0\0\0\1", 2: b"\0\0\0\2"}


@pytest.mark.parametrize("order, edits", [
    ("insert", [("i", INDEX[1] + b"X-Null\0 first;\n\tfolded\0"),
                ("i", INDEX[0] + b"X-Null\0 second\0")]),
    ("change", [("m", INDEX[1] + b"Subject\0 changed\0")]),
    ("delete", [("m", INDEX[2] + b"Subject\0\0")]),
    ("quarantine", [("q", b"held\0")]),
    ("rcpt", [("-", b"<r@example.net>\0")])])
def test_edit_reaches_the_mta(milter, order, edits):
    client = milter.client().greet()
    assert client.message(f"EDIT={order}")[0] == "c"
    assert client.edits == edits


def test_edit_has_no_blank_where_the_mta_adds_one(milter):
    client = milter.client().greet(steps=protocol.STEPS & ~protocol.LEADING_SPACE)
    client.message("EDIT=insert")
    assert client.edits[1] == ("i", INDEX[0] + b"X-Null\0second\0")


@pytest.mark.parametrize("order", ["cr", "newline", "name"])
def test_edit_that_would_break_out_of_its_field_is_refused(milter, order):
    client = milter.client().greet()
    assert client.message(f"EDIT={order}")[0] == "c"
    assert client.edits == []
    assert any("did not take the edit" in event for event in milter.events())


def test_edit_before_the_end_is_refused(milter):
    client = milter.client().greet()
    assert client.message("EDIT=early")[0] == "c"
    assert client.edits == []
    assert any("did not take the edit" in event for event in milter.events())


def test_many_connections_at_once(milter):
    clients = [milter.client() for _ in range(500)]
    for client in clients:
        client.greet()
        client.begin()
    for client in clients:
        client.content()
        client.send_end()
    assert [client.verdict()[0] for client in clients] == ["c"] * 500
    assert len(milter.daemon.threads()) < 40  # idle connections have none
