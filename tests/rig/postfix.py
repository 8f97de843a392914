# SPDX-License-Identifier: BSD-2-Clause
"""A private Postfix: own configuration, queue, mailbox and log below one folder."""

import dataclasses
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from rig.mailbox import Mailbox
from rig.namespace import OUR_ADDRESS
from rig.waiting import is_alive, pid_from, wait_for

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
myhostname = mx.test.example
myorigin = test.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, {our_address}
inet_protocols = ipv4
smtpd_authorized_xclient_hosts = 127.0.0.1
virtual_mailbox_domains = static:all
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mailbox/
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = inline:{{ unknown.example=error:5.1.1, slow.example=retry:4.2.0 }}
message_size_limit = 60000000
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtputf8_enable = yes
default_process_limit = 200
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {folder}/etc/sasl
broken_sasl_auth_clients = no
"""

# name, kind, private, unprivileged, chroot where Debian has it, wake-up, processes, program
_SERVICES = """\
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - y 1000? 1 tlsmgr
rewrite unix - - y - - trivial-rewrite
bounce unix - - y - 0 bounce
defer unix - - y - 0 bounce
trace unix - - y - 0 bounce
verify unix - - y - 1 verify
flush unix n - y 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - y - - smtp
relay unix - - y - - smtp
showq unix n - y - - showq
error unix - - y - - error
retry unix - - y - - error
discard unix - - y - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - y - - lmtp
anvil unix - - y - 1 anvil
scache unix - - y - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasldb2
mech_list: PLAIN LOGIN
"""


@dataclasses.dataclass
class Listener:
    """An smtpd; options are its -o settings."""

    port: int
    options: dict = dataclasses.field(default_factory=dict)


INBOUND = Listener(25)
SUBMISSION = Listener(
    587,
    {
        "milter_macro_daemon_name": "ORIGINATING",
        "smtpd_sasl_auth_enable": "yes",
    },
)


class Postfix:
    """
    milters: what smtpd_milters says, in order. chroot: smtpd and the rest run chrooted to the
    queue folder, as on Debian. settings: further lines of main.cf.
    """

    has_smtputf8 = True

    def __init__(self, namespace, milters=(), chroot=False, local_milters=True,
                 listeners=(INBOUND, SUBMISSION), settings=None):
        self._namespace = namespace
        self._kept = tempfile.TemporaryDirectory(prefix="millrace-postfix-", dir="/var/tmp")
        self.folder = pathlib.Path(self._kept.name)
        self.queue = self.folder / "spool"
        self.log_file = self.folder / "mail.log"
        self.mailbox = Mailbox(self.folder / "mailbox" / "new")
        self._lay_out()
        self._settings = dict(settings or {})
        self._set_milters(milters, local_milters)
        self._chroot, self._listeners = chroot, listeners

    def _lay_out(self):
        self.folder.chmod(0o755)
        for name in ("etc", "etc/sasl", "spool", "data", "mailbox"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mailbox", "nobody", "nogroup")

    def _set_milters(self, milters, local_milters):
        self._settings.setdefault("smtpd_milters", ", ".join(milters))
        self._settings.setdefault("milter_default_action", "tempfail")
        if local_milters:
            self._settings.setdefault("non_smtpd_milters", "$smtpd_milters")

    def socket_for(self, name):
        """Where a daemon listens, and what smtpd_milters then says: reachable from the chroot."""
        folder = self.queue / "millrace"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        return f"unix:{folder}/{name}.sock", f"unix:millrace/{name}.sock"

    @staticmethod
    def inet_milter(host, port):
        return f"inet:{host}:{port}"

    def use_milters(self, *milters):
        """Before start(): milters whose sockets were named by socket_for."""
        self._settings["smtpd_milters"] = ", ".join(milters)

    def add_user(self, name, password):
        """A SASL user: AUTH with name@test.example."""
        database = self.queue / "sasldb2"
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", database, "-u", "test.example", name],
            input=password.encode(), check=True,
        )
        shutil.chown(database, "postfix")

    def _write(self):
        nobody = pwd.getpwnam("nobody")
        main = _MAIN.format(folder=self.folder, our_address=OUR_ADDRESS,
                            uid=nobody.pw_uid, gid=nobody.pw_gid)
        main += "".join(f"{name} = {value}\n" for name, value in self._settings.items())
        (self.folder / "etc/main.cf").write_text(main)
        sasl = _SASL.format(folder="" if self._chroot else self.queue)
        (self.folder / "etc/sasl/smtpd.conf").write_text(sasl)
        lines = []
        for listener in self._listeners:
            lines.append(f"{listener.port} inet n - {self._chroot_flag()} - - smtpd")
            lines += [f"  -o {{ {name} = {value} }}" for name, value in listener.options.items()]
        for service in _SERVICES.splitlines():
            words = service.split()
            words[4] = self._chroot_flag() if words[4] == "y" else "n"
            lines.append(" ".join(words))
        (self.folder / "etc/master.cf").write_text("\n".join(lines) + "\n")

    def _chroot_flag(self):
        return "y" if self._chroot else "n"

    def start(self):
        self._write()
        self._postfix("start")
        ports = [listener.port for listener in self._listeners]
        wait_for(lambda: all(map(self._listens, ports)), "Postfix to listen")
        return self

    def _postfix(self, verb):
        self._namespace.run("postfix", "-c", self.folder / "etc", verb)

    def _listens(self, port):
        listening = self._namespace.run("ss", "-Hltn", f"sport = :{port}").stdout
        return bool(listening.strip())

    def submit(self, message, sender="alice@test.example"):
        """Local submission: sendmail -t."""
        words = ["sendmail", "-C", self.folder / "etc", "-t", "-i", "-f", sender]
        return self._namespace.run(*words, input=message, check=False)

    def wake(self):
        """Pickup and queue manager look at their queues now."""
        self._namespace.run("postkick", "-c", self.folder / "etc", "public", "pickup", "W")
        self._namespace.run("postqueue", "-c", self.folder / "etc", "-f")

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def stop(self):
        pid = pid_from(self.queue / "pid/master.pid")
        if pid is None or not is_alive(pid):
            return
        self._postfix("stop")
        wait_for(lambda: not is_alive(pid), "Postfix to end")

    def close(self):
        self.stop()
        self._kept.cleanup()
