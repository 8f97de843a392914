# SPDX-License-Identifier: BSD-2-Clause
"""
A private Sendmail, unpacked and never installed: its package would remove Postfix. check.sh
puts it into the folder UNPACKED.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from rig.mailbox import Mailbox
from rig.waiting import pid_from, stop_by_pid, wait_for

_CACHE = pathlib.Path(__file__).resolve().parents[2] / "build-check/cache"
UNPACKED = pathlib.Path(os.environ.get("MILLRACE_SENDMAIL", _CACHE / "sendmail"))

_COMMON = """\
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.test.example')dnl
define(`ALIAS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`confCONTROL_SOCKET_NAME', `')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,AssumeSafeChown,GroupReadableKeyFile')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confTO_IDENT', `0')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`confTRUSTED_USER', `root')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/etc/service.switch')dnl
"""

_DAEMON = """\
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `{folder}/etc/statistics')dnl
define(`confPID_FILE', `{folder}/sendmail.pid')dnl
define(`confCW_FILE', `{folder}/etc/local-host-names')dnl
define(`confMILTER_MACROS_CONNECT', `j, _, {{daemon_name}}, {{if_name}}, {{if_addr}}')dnl
define(`confCONNECTION_THROTTLE_RATE', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confDELAY_LA', `0')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`promiscuous_relay')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=0.0.0.0, Port=25')dnl
DAEMON_OPTIONS(`Name=ORIGINATING, Addr=0.0.0.0, Port=587')dnl
define(`LOCAL_MAILER_PATH', `{folder}/etc/deliver')dnl
define(`LOCAL_MAILER_ARGS', `deliver $u')dnl
define(`LOCAL_MAILER_FLAGS', `SPh9')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `-Aw5:|/@q')dnl
{filters}
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cwtest.example mx.test.example
LOCAL_RULE_0
R$+ < @ unknown.example . >\t$#error $@ 5.1.1 $: "550 no such user"
R$+ < @ $+ . >\t\t\t$#local $: inbox
R$+ < @ $+ >\t\t\t$#local $: inbox
"""

_SUBMIT = """\
define(`confRUN_AS_USER', `nobody:nogroup')dnl
define(`MSP_QUEUE_DIR', `{folder}/client-queue')dnl
define(`STATUS_FILE', `{folder}/etc/client-statistics')dnl
define(`confPID_FILE', `{folder}/client.pid')dnl
FEATURE(`nocanonify')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

_DELIVER = """\
#!/bin/sh
name=$(date +%s%N).$$
cat > {mailbox}/.$name && mv {mailbox}/.$name {mailbox}/$name
"""


class Sendmail:
    """milters: what the S= of each INPUT_MAIL_FILTER says, in order."""

    has_smtputf8 = False  # Debian 12 builds 8.17 without USE_EAI

    def __init__(self, namespace, milters=()):
        self._root = UNPACKED
        self._namespace = namespace
        self._kept = tempfile.TemporaryDirectory(prefix="millrace-sendmail-", dir="/var/tmp")
        self.folder = pathlib.Path(self._kept.name)
        self.folder.chmod(0o755)
        # No socket below a folder that all may write to, as /var/tmp is.
        self._sockets = tempfile.TemporaryDirectory(prefix="millrace-sendmail-", dir="/run")
        for name in ("etc", "queue", "client-queue", "mailbox"):
            (self.folder / name).mkdir(mode=0o700)
        shutil.chown(self.folder / "client-queue", "nobody", "nogroup")
        (self.folder / "client-queue").chmod(0o770)
        (self.folder / "etc/local-host-names").touch()
        deliver = self.folder / "etc/deliver"
        deliver.write_text(_DELIVER.format(mailbox=self.folder / "mailbox"))
        deliver.chmod(0o755)
        self.mailbox = Mailbox(self.folder / "mailbox")
        self.log_file = self.folder / "transcript"
        self._milters = list(milters)

    def socket_for(self, name):
        """Where a daemon listens, and what S= then says."""
        path = f"unix:{self._sockets.name}/{name}.sock"
        return path, path

    @staticmethod
    def inet_milter(host, port):
        return f"inet:{port}@{host}"

    def use_milters(self, *milters):
        self._milters = list(milters)

    def _filters(self):
        names = [f"f{number}" for number in range(len(self._milters))]
        lines = [
            f"INPUT_MAIL_FILTER(`{name}', `S={milter}, F=T, T=C:30s;S:30s;R:30s;E:2m')dnl"
            for name, milter in zip(names, self._milters)
        ]
        return "\n".join(lines + [f"define(`confINPUT_MAIL_FILTERS', `{','.join(names)}')dnl"])

    def _generate(self, name, text):
        source = self.folder / "etc" / f"{name}.mc"
        source.write_text(text)
        macros = self._root / "usr/share/sendmail/cf"
        words = ["m4", f"-D_CF_DIR_={macros}/", macros / "m4/cf.m4", source]
        result = subprocess.run(words, check=True, capture_output=True)
        (self.folder / "etc" / f"{name}.cf").write_bytes(result.stdout)

    def _command(self, *words):
        # A host name without a dot makes it sleep 60 s: so a UTS namespace with one of its own.
        binary = self._root / "usr/libexec/sendmail/sendmail"
        inner = 'hostname mx.test.example; exec "$0" "$@"'
        return ["unshare", "-u", "sh", "-c", inner, binary, *words]

    def _environment(self):
        libraries = self._root / "usr/lib/x86_64-linux-gnu"
        architecture = next((self._root / "usr/lib").glob("*-linux-gnu*"), libraries)
        return dict(os.environ, LD_LIBRARY_PATH=str(architecture))

    def start(self):
        # No DNS is asked: most sites have none.
        (self.folder / "etc/service.switch").write_text("hosts files\naliases files\n")
        for name, text in (("sendmail", _DAEMON), ("submit", _SUBMIT)):
            values = {"folder": self.folder, "filters": self._filters()}
            self._generate(name, (_COMMON + text).format(**values))
        words = ["-C", self.folder / "etc/sendmail.cf", "-bd", "-q1m", "-X", self.log_file]
        self._namespace.run(*self._command(*words), env=self._environment())
        wait_for(self._listens, "Sendmail to listen")
        return self

    def _listens(self):
        return bool(self._namespace.run("ss", "-Hltn", "sport = :25").stdout.strip())

    def submit(self, message, sender="alice@test.example"):
        """Local submission through the submission program's queue, as on an installed system."""
        cf = self.folder / "etc/submit.cf"
        words = self._command("-Ac", "-C", cf, "-t", "-i", "-f", sender)
        result = self._namespace.run(*words, input=message, env=self._environment(), check=False)
        # what the submission queue's runner does where one runs: a busy MTA leaves mail there
        queue_run = self._command("-Ac", "-C", cf, "-q")
        self._namespace.run(*queue_run, env=self._environment(), check=False)
        return result

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def stop(self):
        stop_by_pid(pid_from(self.folder / "sendmail.pid"), signal.SIGTERM)

    def close(self):
        self.stop()
        self._sockets.cleanup()
        self._kept.cleanup()
