# SPDX-License-Identifier: BSD-2-Clause
"""millrace-dkim-sign as built, with a configuration and a log of its own."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile

from rig.waiting import stop_by_pid, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]


def built(name):
    """A program of the build that MILLRACE_BUILDDIR names."""
    path = pathlib.Path(os.environ.get("MILLRACE_BUILDDIR", ROOT / "build")) / name
    assert path.exists(), f"{path} is not built"
    return path


def domain_entry(domain, keys):
    lines = [
        f'{{ selector = "{key.selector}"; file = "{key.path}"; }}'
        for key in keys
        if key.domain == domain
    ]
    return f'{{ name = "{domain}"; keys = ( {", ".join(lines)} ); }}'


class Signer:
    """listen as in the configuration; settings: name -> libconfig text of its value."""

    def __init__(self, namespace, listen, keys=(), settings=None):
        self._namespace, self.listen = namespace, listen
        self._kept = tempfile.TemporaryDirectory(prefix="millrace-sign-", dir="/var/tmp")
        self.folder = pathlib.Path(self._kept.name)
        self.folder.chmod(0o755)
        self.configuration = self.folder / "dkim-sign.conf"
        self.log_file = self.folder / "log"
        self.process = None
        domains = sorted({key.domain for key in keys})
        self.settings = {
            "listen": f'"{listen}"',
            "socket_mode": '"0666"',
            "user": '"root"',
            "log": '{ to = "stderr"; level = "info"; }',
        }
        if domains:
            entries = ", ".join(domain_entry(domain, keys) for domain in domains)
            self.settings["domains"] = f"( {entries} )"
        self.settings.update(settings or {})
        self.write()

    def write(self):
        lines = [f"{name} = {value};\n" for name, value in self.settings.items()]
        self.configuration.write_text("".join(lines))

    @property
    def milter(self):
        """What smtpd_milters says for an inet socket; for unix the MTA's socket_for knows."""
        kind, rest = self.listen.split(":", 1)
        port, host = rest.split("@")
        return f"{kind}:{host}:{port}"

    def start(self):
        preload = os.environ.get("MILLRACE_PRELOAD")  # tests/tsan
        wrapper = ["env", f"LD_PRELOAD={preload}", "G_SLICE=always-malloc"] if preload else []
        command = [*wrapper, built("millrace-dkim-sign"), "-c", self.configuration]
        with self.log_file.open("ab") as log:
            self.process = self._namespace.start(*command, stdout=log, stderr=log)
        wait_for(self._accepts, "the signer to listen")
        return self

    def _accepts(self):
        assert self.process.poll() is None, f"the signer ended: {self.log()}"
        kind, rest = self.listen.split(":", 1)
        family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
        address = rest
        if kind != "unix":
            port, host = rest.split("@")
            address = (host, int(port))
        with self._namespace.entered():
            probe = socket.socket(family)
        with probe:
            return probe.connect_ex(address) == 0

    def log(self):
        return self.log_file.read_text(errors="replace")

    def log_lines(self, *words):
        """The log's lines that contain all these words."""
        return [line for line in self.log().splitlines() if all(word in line for word in words)]

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30):
        """Drain and end; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the signer did not end\n" + self.log()) from None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            stop_by_pid(self.process.pid, signal.SIGKILL)
            self.process.wait()
        log = self.log() if self.log_file.exists() else ""
        self._kept.cleanup()
        assert "Sanitizer" not in log and "runtime error" not in log, log
