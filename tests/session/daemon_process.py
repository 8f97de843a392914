# SPDX-License-Identifier: BSD-2-Clause
"""A daemon of ours as a child process: started on a configuration, watched by what it tells
the service manager and by its log, ended whatever the test does."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

PATIENCE = 15  # seconds; a sanitizer on a busy machine is slow


class Daemon:
    """`program` with `options` (libconfig text) in `folder`, which must be new.

    The folder gets daemon.conf, daemon.log and the notification socket. The configuration's
    log and user are set here unless `options` has them. `manager` is the name of an abstract
    notification socket, "@name", instead; `wrapper` a command that executes what follows it.
    """

    def __init__(self, program, folder, options, user="nobody", descriptors=None, identity=None,
                 manager=None, wrapper=()):
        self.program, self.folder = str(program), str(folder)
        self.path = os.path.join(self.folder, "daemon.conf")
        self.log_path = os.path.join(self.folder, "daemon.log")
        self.user, self.descriptors, self.identity = user, descriptors, identity
        self.wrapper, self.process = list(wrapper), None
        os.chmod(self.folder, 0o777)
        self.manager_name = manager or os.path.join(self.folder, "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(self.manager_name.replace("@", "\0"))
        self.manager.settimeout(PATIENCE)
        if not manager:
            os.chmod(self.manager_name, 0o777)
        self.configure(options)

    def configure(self, options):
        text = options
        if not re.search(r"^log\b", options, re.M):
            text += '\nlog = { to = "stderr"; level = "debug"; };\n'
        if not re.search(r"^user\b", options, re.M):
            text += f'\nuser = "{self.user}";\n'
        with open(self.path, "w") as file:
            file.write(text)
        os.chmod(self.path, 0o644)

    def _become(self):
        if self.descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, self.descriptors)
        if self.identity:
            os.setgroups([])
            os.setresgid(self.identity, self.identity, self.identity)
            os.setresuid(self.identity, self.identity, self.identity)

    def _within_reach(self, path):
        """The file, or a copy for another user: the build may lie below a home of root's."""
        return shutil.copy(path, self.folder) if self.identity else path

    def start(self, *arguments):
        environment = dict(os.environ, NOTIFY_SOCKET=self.manager_name)
        preload = os.environ.get("MILLRACE_PRELOAD")
        # tests/tsan: GLib passes slices of memory from thread to thread, which the sanitizer cannot see.
        instrument = ["env", f"LD_PRELOAD={preload}", "G_SLICE=always-malloc"] if preload else []
        program = self._within_reach(self.program)
        command = self.wrapper + instrument + [program, "-c", self.path, *arguments]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                preexec_fn=self._become)
        return self

    def ready(self):
        """Starts and waits until the daemon says that it serves."""
        self.start()
        self.expect("READY=1")
        return self

    def expect(self, state):
        """The next thing the service manager is told has to begin with `state`."""
        try:
            told = self.manager.recv(4096).decode()
        except socket.timeout:
            raise AssertionError(f"{state} was never told; log:\n{self.log()}") from None
        assert told.startswith(state), f"told {told!r}, not {state}"
        return told

    def send(self, number):
        self.process.send_signal(number)

    def reload(self, number=signal.SIGUSR1):
        self.send(number)
        self.expect("RELOADING=1")
        self.expect("READY=1")

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def stop(self):
        self.send(signal.SIGTERM)
        self.expect("STOPPING=1")
        return self.wait()

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_for_log(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.log():
            assert time.monotonic() < deadline, f"{text!r} never logged:\n{self.log()}"
            time.sleep(0.02)

    def status(self, thread=None):
        """/proc/PID/status as a dictionary."""
        place = f"/proc/{self.process.pid}"
        if thread:
            place += f"/task/{thread}"
        with open(f"{place}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def threads(self):
        return os.listdir(f"/proc/{self.process.pid}/task")

    def descriptor_limits(self):
        """(soft, hard) of RLIMIT_NOFILE."""
        with open(f"/proc/{self.process.pid}/limits") as file:
            line = next(line for line in file if line.startswith("Max open files"))
        return tuple(int(word) for word in line.split()[3:5])

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.manager.close()


def run(program, *arguments):
    """The program to its end: exit code, standard output, standard error."""
    done = subprocess.run([str(program), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
