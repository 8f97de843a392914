# SPDX-License-Identifier: BSD-2-Clause
"""shared/dns against a real nsd, a silent server and a slow one, through tests/session/dns_query."""
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nsd import Nsd, free_port, zone_text

BUILD = os.environ.get("MILLRACE_BUILDDIR", "build")
LONG = " ".join('"%s"' % (chr(97 + i % 26) * 250) for i in range(30))
ZONE = """\
r1._domainkey TXT "v=DKIM1; " "p=abc"
alias 30 CNAME r1._domainkey
gone CNAME nowhere
mail 60 A 192.0.2.1
mail 60 A 192.0.2.2
mail 60 AAAA 2001:db8::1
long TXT {long}
two TXT "one"
two TXT "other"
""".format(long=LONG)


@pytest.fixture(scope="module")
def nsd(tmp_path_factory):
    zones = {"example.com": ZONE, "lame.example": None}
    with Nsd(tmp_path_factory.mktemp("nsd"), zones) as server:
        yield server


def query(*arguments, timeout=60):
    result = subprocess.run([BUILD + "/tests/session/dns_query", *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                            universal_newlines=True)
    assert result.stderr == "" and result.returncode == 0
    return result.stdout.splitlines()


def field(line, name):
    return re.search(r"\b%s=(\S*)" % name, line).group(1)


@pytest.mark.parametrize("question, status, ttl, canonical, n", [
    ("TXT r1._domainkey.example.com", "ok", 600, "-", 1),
    ("TXT R1._DomainKey.EXAMPLE.com.", "ok", 600, "-", 1),
    ("TXT alias.example.com", "ok", 30, "r1._domainkey.example.com", 1),
    ("A mail.example.com", "ok", 60, "-", 2),
    ("TXT two.example.com", "ok", 600, "-", 2),
    ("TXT mail.example.com", "nodata", 120, "-", 0),
    ("TXT _domainkey.example.com", "nodata", 120, "-", 0),
    ("TXT nowhere.example.com", "nxdomain", 120, "-", 0),
    ("TXT gone.example.com", "nxdomain", 120, "nowhere.example.com", 0),
    ("TXT x.lame.example", "servfail", 0, "-", 0),
    ("TXT x.refused.example", "servfail", 0, "-", 0),
    ("TXT a..example.com", "bad-name", 0, "-", 0),
])
def test_status(nsd, question, status, ttl, canonical, n):
    line, = query("-s", nsd.server, *question.split())
    assert line.split()[0] == status
    assert int(field(line, "ttl")) == ttl
    assert field(line, "canonical") == canonical
    assert int(field(line, "n")) == n


def test_strings_are_joined(nsd):
    line, = query("-s", nsd.server, "TXT", "r1._domainkey.example.com")
    assert line.endswith("text=14:v=DKIM1; p=abc")


def test_long_answer_comes_by_tcp(nsd):
    line, = query("-s", nsd.server, "TXT", "long.example.com")
    assert line.split()[0] == "ok" and "text=7500:aaaa" in line


def test_cache_counts_the_ttl_down(nsd):
    first, second = query("-s", nsd.server, "-w", 2100, "TXT", "alias.example.com")
    assert int(field(first, "ttl")) == 30
    assert 26 <= int(field(second, "ttl")) <= 28


def test_threads_cancelling_and_finishing(nsd):
    names = ["TXT", "r1._domainkey.example.com", "A", "mail.example.com", "TXT", "no.example.com",
             "TXT", "long.example.com"]
    assert query("-s", nsd.server, "-j", 8, *names) == []


def test_silent_server_times_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        started = time.monotonic()
        lines = query("-s", "127.0.0.1@%d" % silent.getsockname()[1], "-t", 700,
                      "TXT", "a.example", "TXT", "b.example")
    assert [line.split()[0] for line in lines] == ["timeout", "timeout"]
    assert all(650 <= int(field(line, "ms")) <= 1500 for line in lines)
    # leaving does not wait for what is still under way
    assert time.monotonic() - started < 5


def test_closed_port_is_no_answer():
    line, = query("-s", "127.0.0.1@%d" % free_port(), "-t", 3000, "TXT", "a.example")
    assert line.split()[0] in ("servfail", "timeout")


def test_too_many_at_once_are_refused_not_queued():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        names = [word for i in range(8192 + 100) for word in ("TXT", "n%d.example" % i)]
        lines = query("-s", "127.0.0.1@%d" % silent.getsockname()[1], "-t", 3000, *names)
    words = [line.split()[0] for line in lines]
    assert words.count("servfail") >= 100 and set(words) <= {"timeout", "servfail"}
    assert words[:10] == ["timeout"] * 10


class Relay(threading.Thread):
    """Passes UDP on to a server and its answers back, late; may be told to swallow questions."""

    def __init__(self, port, delay):
        super().__init__(daemon=True)
        self.upstream = ("127.0.0.1", port)
        self.delay = delay
        self.silent = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.server = "127.0.0.1@%d" % self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if not self.silent:
                threading.Thread(target=self.relay, args=(question, client), daemon=True).start()

    def relay(self, question, client):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(5)
            upstream.sendto(question, self.upstream)
            answer = upstream.recv(65535)
        time.sleep(self.delay)
        self.socket.sendto(answer, client)


def test_answer_after_the_deadline_fills_the_cache(nsd):
    relay = Relay(nsd.port, 1.2)
    first, second = query("-s", relay.server, "-t", 500, "-w", 3000, "TXT",
                          "r1._domainkey.example.com")
    assert first.split()[0] == "timeout"
    assert second.split()[0] == "ok" and int(field(second, "ms")) < 100


def test_slow_answers_come_in_parallel(nsd):
    relay = Relay(nsd.port, 0.3)
    names = [word for i in range(50) for word in ("TXT", "n%d.example.com" % i)]
    started = time.monotonic()
    lines = query("-s", relay.server, *names)
    assert {line.split()[0] for line in lines} == {"nxdomain"}
    assert time.monotonic() - started < 4


def test_server_that_comes_back_is_asked_again(nsd):
    relay = Relay(nsd.port, 0)
    relay.silent = True
    threading.Timer(4, lambda: setattr(relay, "silent", False)).start()
    lines = query("-s", relay.server, "-t", 4000, "-w", 6000, "TXT", "r1._domainkey.example.com",
                  "TXT", "two.example.com")
    assert [line.split()[0] for line in lines] == ["timeout", "timeout", "ok", "ok"]


def test_second_server_answers_for_the_first(nsd):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        line, = query("-s", "127.0.0.1@%d" % silent.getsockname()[1], "-s", nsd.server,
                      "-t", 5000, "TXT", "r1._domainkey.example.com")
    assert line.split()[0] == "ok"


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A signed zone in which one record was changed afterwards; and its trust anchor."""
    if shutil.which("ldns-signzone") is None:
        pytest.skip("ldnsutils is not installed")
    folder = tmp_path_factory.mktemp("signed")
    server = Nsd(folder, {"signed.example": ""})
    records = 'r1._domainkey TXT "true"\nforged TXT "true"\n'
    (folder / "plain").write_text(zone_text("signed.example", records))
    key = subprocess.check_output(["ldns-keygen", "-a", "ED25519", "-k", "signed.example"],
                                  cwd=folder, universal_newlines=True).strip()
    subprocess.check_call(["ldns-signzone", "-f", "zone", "plain", key], cwd=folder)
    text = (folder / "zone").read_text()
    changed = re.sub(r'(?m)^(forged\S*\s.*TXT\s+)"true"', r'\1"false"', text)
    assert changed != text
    (folder / "signed.example.zone").write_text(changed)
    with server:
        yield server, folder / (key + ".ds")


@pytest.mark.parametrize("name, status", [
    ("r1._domainkey.signed.example", "ok"),
    ("_domainkey.signed.example", "nodata"),
    ("no.signed.example", "nxdomain"),
])
def test_validated(signed, name, status):
    server, anchor = signed
    line, = query("-s", server.server, "-a", anchor, "TXT", name)
    assert line.split()[0] == status and field(line, "secure") == "1"
    line, = query("-s", server.server, "TXT", name)
    assert line.split()[0] == status and field(line, "secure") == "0"


def test_forged_is_bogus(signed):
    server, anchor = signed
    line, = query("-s", server.server, "-a", anchor, "TXT", "forged.signed.example")
    assert line.split()[0] == "bogus" and field(line, "n") == "0"
    line, = query("-s", server.server, "TXT", "forged.signed.example")
    assert line.split()[0] == "ok"


def test_trust_anchor_whose_zone_is_unsigned_is_bogus(nsd, signed, tmp_path):
    anchor = tmp_path / "anchor"
    anchor.write_text(signed[1].read_text().replace("signed.example", "example.com"))
    line, = query("-s", nsd.server, "-a", anchor, "TXT", "r1._domainkey.example.com")
    assert line.split()[0] == "bogus"
