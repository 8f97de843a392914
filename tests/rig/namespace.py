# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace with a loopback of its own: any port is free, nothing leaves it."""

import contextlib
import ctypes
import itertools
import os
import pathlib
import shutil
import subprocess

CLONE_NEWNET = 0x40000000
OUR_ADDRESS = "192.0.2.25"  # an address of the MTA that is no loopback
FOREIGN_ADDRESS = "198.51.100.7"  # a client that no network of ours covers

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def _enter(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """Made at once, gone with close(). Commands run in it; so do sockets made in `entered`."""

    def __init__(self, label="test"):
        self.name = f"millrace-{label}-{os.getpid()}-{next(_numbers)}"
        self._etc = pathlib.Path("/etc/netns") / self.name
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self._ip("link", "set", "lo", "up")
        for address in (OUR_ADDRESS, FOREIGN_ADDRESS):
            self._ip("address", "add", f"{address}/32", "dev", "lo")

    def _ip(self, *words):
        subprocess.run(["ip", "-n", self.name, *words], check=True)

    def resolve_with(self, address):
        """Commands in the namespace see a resolv.conf that names this server only."""
        self._etc.mkdir(parents=True, exist_ok=True)
        (self._etc / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:2\n")

    def command(self, words):
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def run(self, *words, check=True, **options):
        options.setdefault("capture_output", "stdout" not in options)
        result = subprocess.run(self.command(words), check=False, **options)
        assert not check or result.returncode == 0, (words, result)
        return result

    def start(self, *words, **options):
        return subprocess.Popen(self.command(words), **options)

    @contextlib.contextmanager
    def entered(self):
        """The calling thread's new sockets belong to the namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(inside)
            try:
                yield
            finally:
                _enter(home)
        finally:
            os.close(inside)
            os.close(home)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)
        shutil.rmtree(self._etc, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._etc.parent.rmdir()
