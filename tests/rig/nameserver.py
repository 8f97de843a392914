# SPDX-License-Identifier: BSD-2-Clause
"""A real DNS server (nsd) on a namespace's loopback, with the TXT records it is given."""

import pathlib
import re
import signal
import socket
import tempfile

from rig.waiting import pid_from, stop_by_pid, wait_for

_CONFIGURATION = """\
server:
    ip-address: 127.0.0.1@53
    do-ip6: no
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    logfile: "{folder}/nsd.log"
    server-count: 1
    zonefiles-check: yes
remote-control:
    control-enable: no
zone:
    name: "{apex}"
    zonefile: "records.zone"
"""

_HEAD = """\
$TTL 60
{apex}. SOA ns.{apex}. postmaster.{apex}. {serial} 3600 600 86400 60
{apex}. NS ns.{apex}.
ns.{apex}. A 127.0.0.1
"""


def _txt(value):
    parts = [value[start : start + 255] for start in range(0, len(value), 255)]
    return " ".join('"' + re.sub(r'(["\\])', r"\\\1", part) + '"' for part in parts)


class NameServer:
    """Serves one apex (all test domains lie below it, or it is that domain)."""

    def __init__(self, namespace, apex="example"):
        self._namespace, self._apex, self._serial = namespace, apex, 0
        self._kept = tempfile.TemporaryDirectory(prefix="millrace-nsd-")
        self.folder = pathlib.Path(self._kept.name)
        self.zone_file = self.folder / "records.zone"
        (self.folder / "nsd.conf").write_text(
            _CONFIGURATION.format(folder=self.folder, apex=apex)
        )

    def _write(self, lines):
        self._serial += 1
        head = _HEAD.format(apex=self._apex, serial=self._serial)
        self.zone_file.write_text(head + "".join(line + "\n" for line in lines))

    def start(self, records=None, lines=()):
        """records: name -> text of a TXT record; lines: zone-file lines as they stand."""
        txt = [f"{name}. TXT {_txt(value)}" for name, value in (records or {}).items()]
        self._write(txt + list(lines))
        self._namespace.run("nsd", "-c", self.folder / "nsd.conf")
        wait_for(self._answers, "nsd to answer")
        return self

    def _answers(self):
        question = b"\x12\x34\x00\x00\x00\x01\0\0\0\0\0\0\0\x00\x06\x00\x01"
        with self._namespace.entered():
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with server:
            server.settimeout(0.2)
            try:
                server.sendto(question, ("127.0.0.1", 53))
                return server.recv(512)
            except OSError:
                return None

    def replace(self, lines):
        """Zone-file lines in place of all records, without a restart."""
        self.stop()
        self.start(lines=lines)

    def stop(self):
        stop_by_pid(pid_from(self.folder / "nsd.pid"), signal.SIGTERM)

    def close(self):
        self.stop()
        self._kept.cleanup()
