# SPDX-License-Identifier: BSD-2-Clause
"""A real name server (nsd) on loopback for one test: its own folder, a free port, ended by its pid."""
import os
import shutil
import signal
import socket
import subprocess
import time

CONFIGURATION = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  logfile: "{folder}/nsd.log"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  server-count: 1
  zonefiles-check: yes
remote-control:
  control-enable: no
"""

SOA = "@ IN SOA ns host 1 7200 3600 604800 120\n@ IN NS ns\nns IN A 127.0.0.1\n"


def zone_text(name, records):
    return "$ORIGIN %s.\n$TTL 600\n%s%s\n" % (name, SOA, records)


def free_port():
    """A port that was free for UDP and TCP a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Nsd:
    """zones: name -> text (records only; $ORIGIN, $TTL and SOA are added), or None for a zone whose
    file is missing, which nsd answers SERVFAIL."""

    def __init__(self, folder, zones):
        self.folder = str(folder)
        self.port = free_port()
        self.server = "127.0.0.1@%d" % self.port
        self.process = None
        os.makedirs(self.folder, exist_ok=True)
        text = CONFIGURATION.format(port=self.port, folder=self.folder)
        for name, records in zones.items():
            text += 'zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' % (name, name)
            if records is not None:
                self.write_zone(name, records)
        with open(self.folder + "/nsd.conf", "w") as file:
            file.write(text)

    def write_zone(self, name, records):
        with open("%s/%s.zone" % (self.folder, name), "w") as file:
            file.write(zone_text(name, records))

    def start(self):
        program = shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        self.process = subprocess.Popen([program, "-d", "-c", self.folder + "/nsd.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        with open(self.folder + "/nsd.log") as log:
            raise AssertionError("nsd did not start: " + log.read())

    def reload(self):
        """A restart: nsd reads zone files that were written anew."""
        self.stop()
        self.start()

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
