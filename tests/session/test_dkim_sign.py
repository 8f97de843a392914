# SPDX-License-Identifier: BSD-2-Clause
"""millrace-dkim-sign as an MTA meets it: the milter protocol in, signatures out, verified by
python3-dkim, which shares no code with us."""

import concurrent.futures
import os
import pathlib
import struct
import subprocess
import threading
import time
import urllib.request

import dkim
import pytest

from daemon_process import Daemon, free_port, run
from milter_client import Client, words
from rig.keys import make_pair, records_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MILLRACE_BUILDDIR", ROOT / "build")) / "millrace-dkim-sign"

PLAIN = (("From", " a@example.com"), ("To", " b@example.net"), ("Subject", " s"))
ALICE = {"{auth_authen}": "alice", "{auth_type}": "PLAIN"}


class Signer:
    """A daemon with a unix socket; `options` are added to a configuration without keys."""

    def __init__(self, folder, options):
        self.folder = folder / "daemon"
        self.folder.mkdir()
        self.socket = str(self.folder / "s")
        self.daemon = Daemon(PROGRAM, self.folder, self.text(options)).ready()

    def text(self, options):
        quiet = "" if "key_check" in options else 'key_check = "0";\n'
        return f'listen = "unix:{self.socket}";\n{quiet}{options}\n'

    def reconfigure(self, options):
        self.daemon.configure(self.text(options))
        self.daemon.reload()

    def client(self, address="192.0.2.1", host="client.example.net", port=40000, **macros):
        client = Client(self.socket).negotiate()
        client.macros("C", {"j": "mx.example.org", "{daemon_name}": "smtpd", **macros})
        if address is None:
            client.step("C", words(host) + b"U")
        else:
            client.step("C", words(host) + b"4" + struct.pack("!H", port) + words(address))
        client.helo()
        return client

    def log(self):
        return self.daemon.log()


def send(client, fields=PLAIN, body=b"text\r\n", sender="<a@example.com>", user=ALICE,
         queue_id="4TESTid"):
    """One message: what becomes of it, and the message as it would travel on."""
    client.edits = []
    client.macros("M", {"j": "mx.example.org", **(user or {})})
    reply = client.step("M", words(sender))
    if reply and reply[0] != "c":
        return reply, None
    client.rcpt()
    client.content(fields, body)
    verdict = client.end(queue_id)
    return verdict, as_received(client, fields, body)


def as_received(client, fields, body):
    """RFC 5322 text of the fields after the client's edits."""
    lines = [(name.encode(), raw(value)) for name, value in fields]
    for command, data in client.edits:
        assert command == "i", (command, data)
        (index,) = struct.unpack("!I", data[:4])
        assert index == 1
        name, value, _ = data[4:].split(b"\0")
        lines.insert(0, (name, value))
    text = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n" for name, value in lines)
    return text + b"\r\n" + body


def raw(value):
    return value if isinstance(value, bytes) else value.encode()


def signatures(message):
    """[(d, s, a)] from top to bottom."""
    found = []
    for name, value in dkim.rfc822_parse(message)[0]:
        if name.lower() == b"dkim-signature":
            tags = dkim.util.parse_tag_value(value)
            found.append(tuple(tags[tag].decode() for tag in (b"d", b"s", b"a")))
    return found


def verifies(message, keys):
    """Each signature, top to bottom."""
    records = records_of(keys)

    def answer(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode()

    return [dkim.DKIM(message).verify(idx=index, dnsfunc=answer)
            for index in range(len(signatures(message)))]


def open_for_daemon(folder):
    """The daemon is nobody: its keys are nobody's."""
    subprocess.run(["chown", "-R", "nobody", str(folder)], check=True)
    for path in [folder, *folder.parents]:
        if path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(0o755)


def entry(domain, keys, more=""):
    listed = ", ".join(f'{{ selector = "{key.selector}"; file = "{key.path}"; }}' for key in keys)
    return f'{{ name = "{domain}"; {more} keys = ({listed}); }}'


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = {domain: make_pair(folder, domain)
            for domain in ("example.com", "example.org", "xn--bcher-kva.example")}
    open_for_daemon(folder)
    return made


@pytest.fixture
def start(tmp_path):
    started = []
    os.chmod(tmp_path, 0o755)
    os.chmod(tmp_path.parent, 0o755)

    def start(options):
        started.append(Signer(tmp_path, options))
        return started[-1]

    yield start
    for signer in started:
        try:
            assert signer.daemon.stop() == 0, signer.log()  # a sanitizer's word comes at the end
        finally:
            signer.daemon.close()


@pytest.fixture
def signer(start, keys):
    return start(f'domains = ({entry("example.com", keys["example.com"])});')


def test_signs_with_both_keys(signer, keys):
    with signer.client() as client:
        verdict, message = send(client)
    assert verdict[0] in "ca"
    assert signatures(message) == [("example.com", "r1", "rsa-sha256"),
                                   ("example.com", "e1", "ed25519-sha256")]
    assert verifies(message, keys["example.com"]) == [True, True]
    signer.daemon.wait_for_log(
        "4TESTid: signed d=example.com s=r1,e1 a=rsa-sha256,ed25519-sha256 "
        "origin=authenticated user=alice")


def test_signature_lines_are_short(signer):
    with signer.client() as client:
        _, message = send(client)
    header = message.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in header.split(b"\r\n")) <= 78


def test_foreign_mail_costs_one_answer(signer):
    with signer.client() as client:
        reply, message = send(client, user=None)
    assert (reply[0], message) == ("a", None)
    assert "4TESTid" not in signer.log()


def test_several_messages_on_a_connection(signer, keys):
    with signer.client() as client:
        for number in range(5):
            body = b"line\r\n" * number
            _, message = send(client, body=body)
            assert verifies(message, keys["example.com"]) == [True, True]
            assert send(client, user=None)[0][0] == "a"
            client.begin(**ALICE)
            client.content()
            client.abort()


def test_bodies(signer, keys):
    bodies = [b"", b"\r\n", b"\r\n\r\n\r\n", b"no end", b" \t \r\n a  b \r\n\r\n",
              b"\xc3\xbc\r\n", b"x" * 200000, b"0123456789abcdef\r\n" * 20000]
    with signer.client() as client:
        for body in bodies:
            _, message = send(client, body=body)
            assert verifies(message, keys["example.com"]) == [True, True], body[:40]


def test_odd_header_fields(signer, keys):
    fields = (("Subject", "  two blanks\n\tand a fold "), ("from", " A\n (c) <a@example.com>"),
              ("X-Empty", ""), ("To", " b@example.net"), ("To", "\n c@example.net"),
              ("Date", " Mon, 23 Nov 2026 10:00:00 +0000"))
    with signer.client() as client:
        _, message = send(client, fields=fields)
    assert verifies(message, keys["example.com"]) == [True, True]


@pytest.mark.parametrize("pair", ["relaxed/relaxed", "simple/simple", "relaxed/simple",
                                  "simple/relaxed"])
def test_canonicalizations(start, keys, pair):
    signer = start(f'canonicalization = "{pair}"; expire = "5d"; identity = "address";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    fields = (("From", " a@example.com"), ("Subject", "  x\n  y \t"))
    with signer.client() as client:
        _, message = send(client, fields=fields, body=b"a  b \r\n\r\n\r\n")
    assert f"c={pair}".encode() in message
    assert verifies(message, keys["example.com"]) == [True, True]


def test_local_submission(signer, keys):
    """Postfix without SMTP: port 0, sender without brackets. Sendmail -bs: no address."""
    for how in ({"address": "127.0.0.1", "port": 0}, {"address": None}):
        with signer.client(host="localhost", **how) as client:
            _, message = send(client, user=None, sender="a@example.com")
        assert verifies(message, keys["example.com"]) == [True, True]


def test_bounce(signer, keys):
    with signer.client(host="localhost", address="127.0.0.1", port=0) as client:
        _, message = send(client, user=None, sender="")
    assert verifies(message, keys["example.com"]) == [True, True]


def test_bounce_unsigned(start, keys):
    signer = start(f'null_sender = "unsigned"; domains = ({entry("example.com", keys["example.com"])});')
    with signer.client() as client:
        verdict, message = send(client, sender="<>")
    assert verdict[0] in "ca" and not signatures(message)
    signer.daemon.wait_for_log("not-signed reason=null-sender")


def test_reinjection(start, keys):
    """What a filter hands back from loopback is ours only if it never came from elsewhere."""
    signer = start('sign = { reinjection_listeners = ["FILTERED"]; };'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    received = (("Received", " from mx.example.net (mx.example.net [192.0.2.9])\n\tby mx"),) + PLAIN
    with signer.client(host="localhost", address="127.0.0.1") as client:
        _, message = send(client, user=None)
        assert verifies(message, keys["example.com"]) == [True, True]
        _, message = send(client, user=None, fields=received)
        assert not signatures(message)
    signer.daemon.wait_for_log("reason=not-ours origin=relayed")
    filtered = {"host": "localhost", "address": "127.0.0.1", "{daemon_name}": "FILTERED"}
    with signer.client(**filtered) as client:
        assert send(client, user=None)[0][0] == "a"


def test_idempotent(signer, keys):
    with signer.client() as client:
        _, once = send(client)
        fields = tuple((name.decode(), value[:-2].replace(b"\r\n", b"\n"))
                       for name, value in dkim.rfc822_parse(once)[0])
        _, again = send(client, fields=fields)
        assert len(signatures(again)) == 2
        _, changed = send(client, fields=fields, body=b"other\r\n")
        assert len(signatures(changed)) == 4
    signer.daemon.wait_for_log("not-signed reason=already-signed")


@pytest.mark.parametrize("fields", [
    (("Subject", " no From"),),
    (("From", " a@example.com"), ("From", " b@example.org")),
    (("From", " a@example.com, b@example.org"),),
    (("From", " <a@example.com> <b@example.org>"),),
])
def test_bad_from_is_tempfailed(signer, fields):
    with signer.client() as client:
        (command, text), message = send(client, fields=fields)
    assert command == "y" and text.startswith(b"451 4.6.0 "), (command, text)
    assert not signatures(message)
    signer.daemon.wait_for_log("tempfailed reason=bad-from")


def test_international_domain(start, keys):
    """RFC 8616: a U-label From signs with an A-label d=."""
    domain = "xn--bcher-kva.example"
    signer = start(f'domains = ({entry("bücher.example", keys[domain])});')
    with signer.client() as client:
        _, message = send(client, fields=(("From", " ä <ä@Bücher.example>"), ("Subject", " ü")))
    assert [found[0] for found in signatures(message)] == [domain, domain]
    assert verifies(message, keys[domain]) == [True, True]


def test_also_sign_as_and_single_signature(start, keys):
    entries = ", ".join(entry(domain, keys[domain]) for domain in ("example.com", "example.org"))
    signer = start(f'also_sign_as = "example.org"; domains = ({entries});')
    with signer.client() as client:
        _, message = send(client)
    assert [found[0] for found in signatures(message)] == ["example.com"] * 2 + ["example.org"] * 2
    assert all(verifies(message, keys["example.com"] + keys["example.org"]))
    signer.reconfigure(f"single_signature = true; domains = ({entries});")
    with signer.client() as client:
        _, message = send(client)
    assert signatures(message) == [("example.com", "r1", "rsa-sha256")]


def test_no_domain(start, keys):
    fields = (("From", " a@nowhere.example"),)
    domains = f'domains = ({entry("example.com", keys["example.com"])});'
    signer = start(domains)
    with signer.client() as client:
        verdict, message = send(client, fields=fields)
        assert verdict[0] in "ca" and not signatures(message)
    signer.daemon.wait_for_log("not-signed reason=no-domain domain=nowhere.example")
    for rule, reply in (("tempfail", b"451 4.7.1"), ("reject", b"550 5.7.1")):
        signer.reconfigure(f'no_domain = "{rule}";' + domains)
        with signer.client() as client:
            (command, text), _ = send(client, fields=fields)
        assert command == "y" and text.startswith(reply)


def test_sender_table(start, keys, tmp_path):
    table = tmp_path / "senders"
    table.write_text("alice  a@example.com\nbob  example.org\n")
    options = (f'sender_table = "{table}";'
               f'domains = ({entry("example.com", keys["example.com"])});')
    bob = {"{auth_authen}": "bob"}
    signer = start(options)
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2
        (command, text), message = send(client, user=bob)
        assert command == "y" and text.startswith(b"550 5.7.1")
        assert not signatures(message)
    signer.reconfigure('sender_mismatch = "unsigned";' + options)
    with signer.client() as client:
        verdict, message = send(client, user=bob)
        assert verdict[0] in "ca" and not signatures(message)
    signer.reconfigure('sender_mismatch = "log";' + options)
    with signer.client() as client:
        assert len(signatures(send(client, user=bob)[1])) == 2
    signer.daemon.wait_for_log("sender_mismatch=yes")


@pytest.mark.parametrize("rule", ["envelope", "sender"])
def test_sender_table_holds_the_signing_identity(start, keys, tmp_path, rule):
    """A From that bob may use gives him no signature of a domain that he may not."""
    table = tmp_path / "senders"
    table.write_text("alice  example.com, example.org\nbob  example.org\n")
    signer = start(f'sender_table = "{table}"; sign_by = "{rule}";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    fields = (("From", " b@example.org"), ("Sender", " a@example.com"), ("Subject", " s"))
    with signer.client() as client:
        (command, text), message = send(client, fields=fields, user={"{auth_authen}": "bob"})
        assert command == "y" and text.startswith(b"550 5.7.1")
        assert not signatures(message)
        assert len(signatures(send(client, fields=fields)[1])) == 2


def test_survivability(start, keys):
    domains = f'domains = ({entry("example.com", keys["example.com"])});'
    signer = start(domains)
    fields = PLAIN + (("X-Odd ", " blank before the colon"),)
    with signer.client() as client:
        _, message = send(client, body=b"\n")  # python3-dkim would mend it
        assert len(signatures(message)) == 2
        _, message = send(client, fields=fields, body=b"x" * 2000 + b"\r\n\xff\r\n")
        message = message.replace(b"X-Odd :", b"X-Odd:")  # which python3-dkim will not read
        assert verifies(message, keys["example.com"]) == [True, True]
    signer.daemon.wait_for_log("survivability=bare_newline")
    signer.daemon.wait_for_log("survivability=long_line,eight_bit,name_space")
    signer.reconfigure('survivability = { eight_bit = "tempfail"; };' + domains)
    with signer.client() as client:
        (command, text), message = send(client, body=b"\xff\r\n")
    assert command == "y" and text.startswith(b"451 4.6.0") and not signatures(message)


def test_key_directory_is_followed(start, tmp_path):
    """New keys, the state file and a missing key are seen without restart or reload."""
    folder = tmp_path / "keys"
    folder.mkdir()
    open_for_daemon(folder)
    signer = start(f'key_directory = "{folder}";')
    fields = (("From", " a@late.example"),)
    with signer.client() as client:
        assert not signatures(send(client, fields=fields)[1])
        made = make_pair(folder, "late.example")
        open_for_daemon(folder)
        assert until(lambda: send(client, fields=fields)[1],
                     lambda message: len(signatures(message)) == 2)
        (folder / "late.example/state").write_text(
            "r1 active 2026-11-23T10:00:00Z 3600\ne1 retired 2026-11-23T10:00:00Z 3600\n")
        message = until(lambda: send(client, fields=fields)[1],
                        lambda message: len(signatures(message)) == 1)
        assert verifies(message, made) == [True]
        made[0].path.chmod(0o644)
        (folder / "late.example/state").touch()
        until(lambda: send(client, fields=fields)[0], lambda verdict: verdict[0] in "ty")
    signer.daemon.wait_for_log("sign-failed reason=key-unusable")


def until(act, good, seconds=15):
    """Acts until what comes back is good; a key directory is looked at every few seconds."""
    deadline = time.monotonic() + seconds
    while True:
        result = act()
        if good(result):
            return result
        assert time.monotonic() < deadline, result
        time.sleep(0.3)


def test_failure_of_ours(start, keys, tmp_path):
    """A domain whose keys should be there and are not: never unsigned unless told so."""
    folder = tmp_path / "keys"
    made = make_pair(folder, "example.com")
    open_for_daemon(folder)
    signer = start(f'key_directory = "{folder}"; domains = ({{ name = "example.com"; }});')
    for key in made:
        key.path.unlink()
    with signer.client() as client:
        (command, text), message = send(client)
    assert command == "y" and text.startswith(b"451 4.3.5"), (command, text)
    assert not signatures(message)


def test_opendkim_tables(start, keys, tmp_path):
    rsa = keys["example.org"][0]
    (tmp_path / "KeyTable").write_text(f"k example.org:{rsa.selector}:{rsa.path}\n")
    (tmp_path / "SigningTable").write_text("*@example.org k\n")
    (tmp_path / "zone").write_text('other.example. 300 IN TXT "x"\n')
    signer = start(f'key_check = "1h"; resolver = {{ zone_file = "{tmp_path}/zone"; }};'
                   f'opendkim = {{ key_table = "{tmp_path}/KeyTable";'
                   f' signing_table = "refile:{tmp_path}/SigningTable"; }};')
    with signer.client() as client:
        _, message = send(client, fields=(("From", " a@example.org"),))
        assert verifies(message, keys["example.org"]) == [True]
        assert not signatures(send(client)[1])
    signer.daemon.wait_for_log("key-record-wrong d=example.org s=r1 status=missing")


def test_reload(signer, keys):
    """A new key signs after a reload; a session begun before keeps what it began with."""
    before = signer.client()
    signer.reconfigure(f'domains = ({entry("example.com", keys["example.com"][1:])});')
    with signer.client() as client:
        assert [found[1] for found in signatures(send(client)[1])] == ["e1"]
    assert [found[1] for found in signatures(send(before)[1])] == ["r1", "e1"]
    before.close()


def test_reload_under_load(start, keys, tmp_path):
    """Eight connections at a time, keys from both sources, five reloads: all is signed."""
    folder = tmp_path / "keys"
    made = make_pair(folder, "example.net")
    open_for_daemon(folder)
    signer = start(f'key_directory = "{folder}";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    reloads_done = threading.Event()

    def work(number):
        domain = ("example.com", "example.net")[number % 2]
        signed = []
        while not reloads_done.is_set() or not signed:
            with signer.client() as client:
                for _ in range(5):
                    _, message = send(client, fields=(("From", f" a@{domain}"),))
                    signed.append(message)
        return signed

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work, number) for number in range(8)]
        for _ in range(5):
            signer.daemon.reload()
        reloads_done.set()
        messages = [message for worker in workers for message in worker.result()]
    assert all(len(signatures(message)) == 2 for message in messages)
    records = keys["example.com"] + made
    assert all(all(verifies(message, records)) for message in messages[::50])


def test_reload_that_fails(signer, keys):
    signer.daemon.configure(signer.text('domains = ({ name = "example.com"; });'))
    signer.daemon.reload()
    signer.daemon.wait_for_log("key_directory")
    with signer.client() as client:
        assert len(signatures(send(client)[1])) == 2


def test_key_records_are_watched(start, keys, tmp_path):
    right, wrong = keys["example.com"]
    record = right.record()
    (tmp_path / "zone").write_text(
        f'{right.name}. 300 IN TXT "{record[:200]}" "{record[200:]}"\n'
        f'{wrong.name}. 300 IN TXT "v=DKIM1; p="\n')
    port = free_port()
    options = (f'metrics = "inet:{port}@127.0.0.1"; key_check = "1h";'
               f'resolver = {{ zone_file = "{tmp_path}/zone"; }};')
    signer = start(options + f'domains = ({entry("example.com", [right, wrong])});')
    signer.daemon.wait_for_log("key-record-wrong d=example.com s=e1 status=revoked")
    gauge = 'millrace_key_missing{domain="example.com",selector="e1"} '
    assert gauge + "1" in metrics(port)
    assert 'selector="r1"' not in metrics(port)
    signer.reconfigure(options + f'domains = ({entry("example.com", [right])});')
    until(lambda: metrics(port), lambda text: gauge + "0" in text)


def test_metrics(start, keys):
    port = free_port()
    signer = start(f'metrics = "inet:{port}@127.0.0.1";'
                   f'domains = ({entry("example.com", keys["example.com"])});')
    with signer.client() as client:
        send(client)
        send(client, user=None)
        send(client, fields=(("From", " a@nowhere.example"),))
        send(client, fields=(("Subject", " no From"),))
        send(client, body=b"\xff\r\n")
    text = metrics(port)
    for line in ('millrace_signed_total{algorithm="rsa-sha256"} 2',
                 'millrace_signed_total{algorithm="ed25519-sha256"} 2',
                 'millrace_unsigned_total{reason="not-ours"} 1',
                 'millrace_unsigned_total{reason="no-domain"} 1',
                 'millrace_refused_total{reason="bad-from"} 1',
                 'millrace_survivability_total{kind="bad_from"} 1',
                 'millrace_survivability_total{kind="eight_bit"} 1'):
        assert line in text, text


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=15) as answer:
        return answer.read().decode()


def test_macros_asked_for(signer):
    with signer.client() as client:
        wanted = {stage: set(names) - {"j"} for stage, names in client.wanted.items() if names}
    assert wanted == {"C": {"{daemon_name}"}, "M": {"{auth_authen}", "{auth_type}"}, "E": {"i"}}


def test_check_finds_keys_that_the_daemon_cannot_read(tmp_path):
    """-t runs as root, the daemon as nobody."""
    folder = tmp_path / "keys"
    make_pair(folder, "example.com")
    for place in (tmp_path, tmp_path.parent, tmp_path.parent.parent, folder, folder / "example.com"):
        place.chmod(0o755)
    path = tmp_path / "dkim-sign.conf"
    path.write_text(f'listen = "unix:{tmp_path}/s";\nuser = "nobody";\n'
                    f'key_directory = "{folder}";\n')
    code, _, err = run(PROGRAM, "-t", "-c", path)
    assert code == 78 and f"{path}:3: " in err and "r1.pem" in err and "e1.pem" in err


def test_check_finds_table_keys_that_the_daemon_cannot_read(tmp_path):
    key = make_pair(tmp_path / "keys", "example.com")[0]
    for place in (tmp_path, tmp_path.parent, tmp_path.parent.parent, tmp_path / "keys",
                  key.path.parent):
        place.chmod(0o755)
    (tmp_path / "KeyTable").write_text(f"k example.com:r1:{key.path}\n")
    (tmp_path / "SigningTable").write_text("*@example.com k\n")
    path = tmp_path / "dkim-sign.conf"
    path.write_text(f'listen = "unix:{tmp_path}/s";\nuser = "nobody";\n'
                    f'opendkim = {{ key_table = "{tmp_path}/KeyTable";'
                    f' signing_table = "refile:{tmp_path}/SigningTable"; }};\n')
    code, _, err = run(PROGRAM, "-t", "-c", path)
    assert code == 78 and f"{path}:3: " in err and "r1.pem" in err


def test_check(tmp_path, keys):
    path = tmp_path / "dkim-sign.conf"
    path.write_text(f'listen = "unix:{tmp_path}/s";\nuser = "root";\n'
                    f'domains = ({entry("example.com", keys["example.com"])});\n')
    code, out, err = run(PROGRAM, "-t", "-c", path)
    assert code == 0, err
    assert "smtpd_milters" in out and "INPUT_MAIL_FILTER" in out
    path.write_text(f'listen = "unix:{tmp_path}/s";\nuser = "root";\n'
                    'domain = ();\ncanonicalization = "relaxed/loose";\n')
    code, _, err = run(PROGRAM, "-t", "-c", path)
    assert code == 78
    assert f"{path}:3: " in err and "domains" in err and f"{path}:4: " in err
