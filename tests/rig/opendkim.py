# SPDX-License-Identifier: BSD-2-Clause
"""OpenDKIM as another milter in the row: verifying, or signing for a domain of its own."""

import pathlib
import signal
import tempfile

from rig.waiting import pid_from, stop_by_pid, wait_for


class OpenDkim:
    """mode "v" writes Authentication-Results by the namespace's DNS; "s" signs with `key`."""

    def __init__(self, namespace, mode, port, key=None):
        self._namespace = namespace
        self._kept = tempfile.TemporaryDirectory(prefix="millrace-opendkim-", dir="/var/tmp")
        self._pid_file = pathlib.Path(self._kept.name) / "opendkim.pid"
        lines = [
            f"Mode {mode}",
            f"Socket inet:{port}@127.0.0.1",
            f"PidFile {self._pid_file}",
            "Syslog no",
            "RequireSafeKeys false",
            "InternalHosts 127.0.0.0/8" if mode == "s" else "InternalHosts 203.0.113.1",
            "AuthservID mx.test.example",
            "Nameservers 127.0.0.1",
        ]
        if key:
            lines += [f"Domain {key.domain}", f"Selector {key.selector}", f"KeyFile {key.path}"]
        self._configuration = pathlib.Path(self._kept.name) / "opendkim.conf"
        self._configuration.write_text("\n".join(lines) + "\n")

    def start(self):
        self._namespace.run("opendkim", "-x", self._configuration)
        wait_for(lambda: pid_from(self._pid_file), "OpenDKIM to start")
        return self

    def close(self):
        # It deletes its pid file when it ends, up to 5 s later.
        stop_by_pid(pid_from(self._pid_file), signal.SIGKILL)
        self._kept.cleanup()
