# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the milter engine share: null_milter started, stopped, and listened to."""

import os
import re
import signal
import time

import pytest

from daemon_process import PATIENCE, Daemon
from milter_client import Client

BUILD = os.environ.get("MILLRACE_BUILDDIR", os.path.join(os.path.dirname(__file__), "../../build"))
# What AddressSanitizer keeps from reuse must not look like a leak to the tests of memory.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
NULL_MILTER = os.path.join(BUILD, "tests/session/null_milter")


class NullMilter:
    """One running null_milter; its log is its testimony."""

    def __init__(self, folder, options="", listen=None, place=None, shape=None, **settings):
        self.place = place or os.path.join(str(folder), "null.sock")
        listen = listen or f"unix:{self.place}"
        self.clients = []
        wrapper = ("env", f"NULL_MILTER={shape}") if shape else ()
        self.daemon = Daemon(NULL_MILTER, folder, f'listen = "{listen}";\n{options}',
                             wrapper=wrapper, **settings)

    @property
    def pid(self):
        return self.daemon.process.pid

    def client(self, **options):
        made = Client(self.place, **options)
        self.clients.append(made)
        return made

    def events(self, number=None):
        """What the handler saw, without the session's number; of one session or of all."""
        found = re.findall(r"<(\d+)> (.*)$", self.daemon.log(), re.M)
        return [text.strip() for session, text in found if number in (None, int(session))]

    def wait_for(self, event, count=1):
        deadline = time.monotonic() + PATIENCE
        while self.events().count(event) < count:
            assert time.monotonic() < deadline, f"{event!r} never came:\n{self.daemon.log()}"
            time.sleep(0.02)

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def still_serves(self):
        with Client(self.place) as probe:
            return probe.greet().message()[0] == "c"

    def close(self):
        for client in self.clients:
            client.close()
        if self.daemon.process and self.daemon.process.poll() is None:
            self.daemon.send(signal.SIGTERM)
            try:
                assert self.daemon.wait() == 0, self.daemon.log()
            finally:
                self.daemon.close()
        self.daemon.close()


@pytest.fixture(scope="session", autouse=True)
def open_folders(tmp_path_factory):
    """Daemons of another user get through pytest's folders, of which pytest-xdist makes more."""
    base = tmp_path_factory.getbasetemp()
    for place in (base, *base.parents):
        if place.stat().st_mode & 0o7777 == 0o700:
            place.chmod(0o755)


@pytest.fixture
def start(tmp_path):
    """start(options, listen=, place=, shape=...): a null_milter that serves, ended with the test.
    `place` is where clients connect when it is not a unix socket in the folder."""
    if not os.access(NULL_MILTER, os.X_OK):
        pytest.skip(f"not built: {NULL_MILTER}")
    for place in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        os.chmod(place, 0o755)
    running = []

    def begin(options="", ready=True, folder=None, **settings):
        if folder is None:
            folder = tmp_path / f"milter{len(running)}"
        folder.mkdir(exist_ok=True)
        running.append(NullMilter(folder, options, **settings))
        if ready:
            running[-1].daemon.ready()
        return running[-1]

    yield begin
    for milter in running:
        milter.close()


@pytest.fixture
def milter(start):
    """With all steps and replies."""
    return start()
