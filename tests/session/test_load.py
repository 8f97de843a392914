# SPDX-License-Identifier: BSD-2-Clause
"""millrace-dkim-sign under load while it is reloaded, scraped and stopped: no message may pass
unsigned, and none that is under way may be cut."""

import http.client
import os
import pwd
import signal
import subprocess
import threading
import time

import pytest

from daemon_process import PATIENCE, Daemon, free_port
from milter_client import Client, Closed

BUILD = os.environ.get("MILLRACE_BUILDDIR", os.path.join(os.path.dirname(__file__), "../../build"))
SENDERS = 4


class Signer:
    def __init__(self, folder):
        self.port = free_port()
        self.socket = str(folder / "sign.sock")
        self.files = [self._key(folder, name) for name in ("one", "two")]
        self.daemon = Daemon(os.path.join(BUILD, "millrace-dkim-sign"), folder, self.options(1))

    @staticmethod
    def _key(folder, name):
        path = str(folder / f"{name}.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
        os.chmod(path, 0o600)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        return path

    def options(self, n_keys):
        keys = ", ".join(f'{{ selector = "k{i}"; file = "{path}"; }}'
                         for i, path in enumerate(self.files[:n_keys]))
        return (f'listen = "unix:{self.socket}";\nmetrics = "inet:{self.port}@127.0.0.1";\n'
                f'log = {{ to = "stderr"; level = "info"; }};\n'
                f'domains = ({{ name = "example.com"; keys = ({keys}); }});\n')

    def scrape(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()


@pytest.fixture
def signer(tmp_path):
    for place in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        os.chmod(place, 0o755)
    made = Signer(tmp_path)
    made.daemon.ready()
    yield made
    made.daemon.close()


def begin(client):
    client.edits = []
    return client.begin(**{"{auth_authen}": "alice", "{auth_type}": "PLAIN"})


def signatures(client):
    return sum(b"DKIM-Signature" in data for _, data in client.edits)


class Sender(threading.Thread):
    """Sends messages, five a connection, until told to stop or the daemon is gone."""

    def __init__(self, place):
        super().__init__()
        self.place = place
        self.ends = threading.Event()
        self.verdicts = []  # (verdict, number of signatures)

    def run(self):
        while not self.ends.is_set():
            try:
                self.one_connection()
            except (Closed, OSError):
                pass  # no verdict: the MTA keeps the message

    def one_connection(self):
        with Client(self.place) as client:
            client.greet()
            for _ in range(5):
                refused = begin(client)
                if refused:
                    self.verdicts.append((refused[0], 0))
                    continue
                client.content(body=b"text\r\n" * 500)
                verdict = client.end()
                self.verdicts.append((verdict[0], signatures(client)))


@pytest.fixture
def senders(signer):
    started = [Sender(signer.socket) for _ in range(SENDERS)]
    for sender in started:
        sender.start()
    yield started
    for sender in started:
        sender.ends.set()
    for sender in started:
        sender.join(PATIENCE)


def all_verdicts(senders):
    for sender in senders:
        sender.ends.set()
    for sender in senders:
        sender.join(PATIENCE)
        assert not sender.is_alive()
    return [verdict for sender in senders for verdict in sender.verdicts]


def test_reload_loses_nothing(signer, senders):
    for i in range(20):
        signer.daemon.configure(signer.options(1 + i % 2))
        signer.daemon.reload(signal.SIGUSR1 if i % 3 else signal.SIGHUP)
        assert "millrace_reloads_total" in signer.scrape()
    verdicts = all_verdicts(senders)
    assert len(verdicts) > 20
    assert {verdict for verdict, _ in verdicts} <= {"c", "a"}
    assert {count for _, count in verdicts} <= {1, 2}
    assert 'millrace_reloads_total{result="success"} 20\n' in signer.scrape()
    assert signer.daemon.stop() == 0


def test_stop_finishes_what_is_under_way(signer):
    clients = [Client(signer.socket).greet() for _ in range(8)]
    for client in clients:
        assert begin(client) is None
        client.data()
        client.header("From", " a@example.com")
        client.end_of_header()
    signer.daemon.send(signal.SIGTERM)
    signer.daemon.expect("STOPPING=1")
    for client in clients:
        client.body(b"text\r\n")
        assert client.end()[0] in ("c", "a")
        assert signatures(client) == 1
        client.close()
    assert signer.daemon.wait() == 0


def test_stop_under_load_passes_nothing_unsigned(signer, senders):
    while sum(len(sender.verdicts) for sender in senders) < 20:
        assert signer.daemon.process.poll() is None
        time.sleep(0.02)
    assert signer.daemon.stop() == 0
    for verdict, count in all_verdicts(senders):
        assert (verdict in ("c", "a") and count == 1) or (verdict in ("t", "y") and count == 0)
