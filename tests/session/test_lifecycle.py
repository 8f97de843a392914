# SPDX-License-Identifier: BSD-2-Clause
"""From argv to exit code: what shared/daemon promises for every daemon, shown with a real one
and, for what that cannot be made to do, with plain_daemon."""

import http.client
import os
import pwd
import signal
import socket
import stat
import subprocess
import time

import pytest

from daemon_process import PATIENCE, Daemon, free_port, run

BUILD = os.environ.get("MILLRACE_BUILDDIR", os.path.join(os.path.dirname(__file__), "../../build"))
PLAIN = os.path.join(BUILD, "tests/session/plain_daemon")
SIGNER = os.path.join(BUILD, "millrace-dkim-sign")
NOBODY = pwd.getpwnam("nobody")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")


def may_lift_limits():
    """CAP_SYS_RESOURCE, which containers and some virtual machines withhold from root."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("CapEff:"))
    return int(line.split()[1], 16) & 1 << 24


class Subject:
    """A program, and the options it cannot do without in a folder."""

    def __init__(self, program, folder):
        self.program, self.folder = program, str(folder)
        self.name = "dkim-sign" if program == SIGNER else "plain"
        self.socket = os.path.join(self.folder, "daemon.sock")
        self.base = f'listen = "unix:{self.socket}";\n'
        self.daemons = []
        if program == SIGNER:
            self.base += self._keys()

    def _keys(self):
        path = os.path.join(self.folder, "e1.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
        os.chmod(path, 0o600)
        if os.geteuid() == 0:
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        return ('domains = ({ name = "example.com"; keys = '
                f'({{ selector = "e1"; file = "{path}"; }}); }});\n')

    def daemon(self, options="", **settings):
        daemon = Daemon(self.program, self.folder, self.base + options, **settings)
        self.daemons.append(daemon)
        return daemon

    def close(self):
        for daemon in self.daemons:
            daemon.close()


@pytest.fixture(params=[PLAIN, SIGNER], ids=["plain", "dkim-sign"])
def subject(request, tmp_path):
    yield from make_subject(request.param, tmp_path)


@pytest.fixture
def plain(tmp_path):
    yield from make_subject(PLAIN, tmp_path)


def make_subject(program, folder):
    for place in (folder, folder.parent, folder.parent.parent):
        os.chmod(place, 0o755)  # nobody has to get through pytest's folders
    made = Subject(program, folder)
    yield made
    made.close()


def word_of(subject):
    """Opens a connection to plain_daemon: (connection, word, user)."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(subject.socket)
    word, user = connection.recv(4096).decode().split()
    return connection, word, int(user)


def scrape(port, method="GET", path="/metrics"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


# start and stop


def test_ready_and_stopping(subject):
    daemon = subject.daemon().ready()
    assert stat.S_ISSOCK(os.stat(subject.socket).st_mode)
    assert daemon.stop() == 0
    assert "stopped" in daemon.log()


def test_interrupt_stops_too(subject):
    daemon = subject.daemon().ready()
    daemon.send(signal.SIGINT)
    daemon.expect("STOPPING=1")
    assert daemon.wait() == 0


def test_stop_is_quick_when_idle(subject):
    daemon = subject.daemon().ready()
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 2


def test_abstract_notification_socket(subject):
    daemon = subject.daemon(manager=f"@millrace-test-{os.getpid()}").ready()
    assert daemon.stop() == 0


def test_configuration_error_ends_start(subject):
    daemon = subject.daemon("listn = 1;\n").start()
    assert daemon.wait() == 78
    assert f"{daemon.path}:" in daemon.log()
    assert not os.path.exists(subject.socket)


def test_socket_that_cannot_be_opened(subject):
    os.mkdir(subject.socket)
    assert subject.daemon().start().wait() == 71


def test_metrics_port_taken(subject):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        daemon = subject.daemon(f'metrics = "inet:{other.getsockname()[1]}@127.0.0.1";\n').start()
        assert daemon.wait() == 71
    assert "metrics: cannot listen" in daemon.log()
    assert not os.path.exists(subject.socket)


def test_warnings_are_logged(subject):
    daemon = subject.daemon('metrics = "inet:%d@127.0.0.1";\nuser = "root";\n' % free_port())
    daemon.ready()
    assert "keeps root's rights" in daemon.log()


def test_engine_that_ends_by_itself(plain):
    daemon = plain.daemon("engine_fails = true;\n").start()
    assert daemon.wait() == 71
    assert "the engine failed: as configured" in daemon.log()


def test_context_that_cannot_be_made(plain):
    daemon = plain.daemon('word = "fail";\n').start()
    assert daemon.wait() == 71
    assert "no context from this word" in daemon.log()
    assert not os.path.exists(plain.socket)


# draining


def test_stop_waits_for_messages_under_way(plain):
    daemon = plain.daemon().ready()
    connection, _, _ = word_of(plain)
    daemon.send(signal.SIGTERM)
    daemon.expect("STOPPING=1")
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.wait(0.5)
    connection.close()
    assert daemon.wait() == 0
    assert daemon.log().index("stopping hook") < daemon.log().index("stopped")


def test_stop_waits_no_longer_than_drain_timeout(plain):
    daemon = plain.daemon('drain_timeout = "1s";\n').ready()
    connection, _, _ = word_of(plain)
    began = time.monotonic()
    assert daemon.stop() == 0
    assert 0.9 < time.monotonic() - began < 5
    assert "with 1 messages under way" in daemon.log()
    connection.close()


def test_second_signal_ends_at_once(plain):
    daemon = plain.daemon().ready()
    connection, _, _ = word_of(plain)
    daemon.send(signal.SIGTERM)
    daemon.expect("STOPPING=1")
    daemon.wait_for_log("stopping")
    daemon.send(signal.SIGTERM)
    assert daemon.wait(5) == 0
    connection.close()


# reload


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=["USR1", "HUP"])
def test_reload(subject, number):
    daemon = subject.daemon().ready()
    for _ in range(3):
        daemon.reload(number)
    daemon.wait_for_log(f"reloaded {daemon.path}")
    assert daemon.stop() == 0


def test_reload_tells_its_time(subject):
    daemon = subject.daemon().ready()
    before = time.monotonic_ns() // 1000
    daemon.send(signal.SIGUSR1)
    told = daemon.expect("RELOADING=1\nMONOTONIC_USEC=")
    assert before <= int(told.rpartition("=")[2]) <= time.monotonic_ns() // 1000


def test_bad_reload_keeps_the_old_configuration(subject):
    port = free_port()
    options = f'metrics = "inet:{port}@127.0.0.1";\n'
    daemon = subject.daemon(options).ready()
    daemon.configure(subject.base + options + "lisen = 1;\nmax_connections = -1;\n")
    daemon.reload()
    log = daemon.log()
    line = subject.base.count("\n") + 2
    assert f"{daemon.path}:{line}: " in log and f"{daemon.path}:{line + 1}: " in log
    assert "not reloaded" in log
    assert 'millrace_reloads_total{result="failure"} 1\n' in scrape(port)[2]
    daemon.configure(subject.base + options)
    daemon.reload()
    assert 'millrace_reloads_total{result="success"} 1\n' in scrape(port)[2]


def test_file_that_is_gone_on_reload(subject):
    daemon = subject.daemon().ready()
    os.unlink(daemon.path)
    daemon.reload()
    assert "not reloaded" in daemon.log()
    assert daemon.stop() == 0


def test_sessions_keep_their_context(plain):
    daemon = plain.daemon('word = "one";\n').ready()
    first, word, _ = word_of(plain)
    assert word == "one"
    daemon.configure(plain.base + 'word = "two";\n')
    daemon.reload()
    second, word, _ = word_of(plain)
    assert word == "two"
    for bad in ("bad", "fail"):
        daemon.configure(plain.base + f'word = "{bad}";\n')
        daemon.reload()
        third, word, _ = word_of(plain)
        assert word == "two"
        third.close()
    first.close()
    second.close()
    assert daemon.stop() == 0


def test_what_takes_a_restart_is_named(subject):
    daemon = subject.daemon().ready()
    other = subject.base.replace("daemon.sock", "other.sock")
    daemon.configure(other + f'metrics = "inet:{free_port()}@127.0.0.1";\nsandbox = false;\n')
    daemon.reload()
    log = daemon.log()
    for name in ("listen", "metrics", "sandbox"):
        assert f"warn: {name} has changed" in log
    assert "user has changed" not in log
    assert not os.path.exists(subject.socket.replace("daemon.sock", "other.sock"))


def test_log_level_follows_a_reload(subject):
    daemon = subject.daemon().ready()
    daemon.configure(subject.base + 'log = { to = "stderr"; level = "error"; };\n')
    before = daemon.log().count("reloaded")
    daemon.reload()
    assert daemon.stop() == 0
    assert daemon.log().count("reloaded") == before


@needs_root
def test_syslog(subject, tmp_path):
    """A private /dev/log; facility mail is 2, so info is 22 and error 19."""
    (tmp_path / "dev").mkdir()
    syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    syslog.bind(str(tmp_path / "dev/log"))
    os.chmod(tmp_path / "dev/log", 0o666)
    syslog.settimeout(PATIENCE)
    script = f'mount --bind {tmp_path}/dev /dev && exec "$@"'
    daemon = subject.daemon('log = { to = "syslog"; };\n',
                            wrapper=["unshare", "-m", "sh", "-c", script, "sh"]).ready()
    lines = []
    while not lines or "started, listening" not in lines[-1]:
        lines.append(syslog.recv(65536).decode())
    assert lines[-1].startswith("<22>")
    assert f" millrace-{subject.name}[{daemon.process.pid}]: millrace-" in lines[-1]
    daemon.configure(subject.base + "listn = 1;\n")
    daemon.reload()
    assert syslog.recv(65536).startswith(b"<19>")
    assert daemon.log() == ""
    syslog.close()


def test_many_reloads_under_way(plain):
    daemon = plain.daemon().ready()
    connections = []
    for i in range(50):
        daemon.configure(plain.base + f'word = "w{i}";\n')
        daemon.reload()
        connection, word, _ = word_of(plain)
        assert word == f"w{i}"
        connections.append(connection)
    for connection in connections:
        connection.close()
    assert daemon.stop() == 0


# rights


@needs_root
def test_rights_are_dropped(subject):
    daemon = subject.daemon().ready()
    for thread in daemon.threads():
        status = daemon.status(thread)
        assert status["Uid"].split() == [str(NOBODY.pw_uid)] * 4
        assert status["Gid"].split() == [str(NOBODY.pw_gid)] * 4
        assert status["Groups"].split() in ([], [str(NOBODY.pw_gid)])
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[kind], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"


@needs_root
def test_context_is_made_by_the_user(plain):
    plain.daemon().ready()
    connection, _, user = word_of(plain)
    assert user == NOBODY.pw_uid
    connection.close()


@needs_root
def test_root_stays_root_when_told(subject):
    daemon = subject.daemon('user = "root";\n').ready()
    status = daemon.status()
    assert status["Uid"].split() == ["0"] * 4
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"


@needs_root
def test_unknown_user(subject):
    daemon = subject.daemon('user = "no-such-user";\n').start()
    assert daemon.wait() == 78
    assert 'no user "no-such-user"' in daemon.log()


@needs_root
def test_started_by_another_user_stays_that_user(subject):
    daemon = subject.daemon('user = "no-such-user";\n', identity=NOBODY.pw_uid).ready()
    assert daemon.status()["Uid"].split() == [str(NOBODY.pw_uid)] * 4
    assert daemon.stop() == 0


def test_sandbox_can_be_left_out(subject):
    daemon = subject.daemon("sandbox = false;\n").ready()
    assert daemon.status()["Seccomp"] == "0"


def test_only_the_main_thread_takes_signals(subject):
    daemon = subject.daemon('metrics = "inet:%d@127.0.0.1";\n' % free_port()).ready()
    ours = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
    mask = sum(1 << (number - 1) for number in ours)
    others = [thread for thread in daemon.threads() if int(thread) != daemon.process.pid]
    assert others
    for thread in others:
        assert int(daemon.status(thread)["SigBlk"], 16) & mask == mask
    assert int(daemon.status()["SigIgn"], 16) & 1 << (signal.SIGPIPE - 1)


# limits


def test_descriptors_are_raised(subject):
    daemon = subject.daemon(descriptors=(256, 4096)).ready()
    assert daemon.descriptor_limits() == (4096, 4096)


def test_descriptors_for_max_connections(subject):
    daemon = subject.daemon("max_connections = 100;\n", descriptors=(64, 4096)).ready()
    soft, hard = daemon.descriptor_limits()
    assert 100 < soft <= hard == 4096


@pytest.mark.skipif(not may_lift_limits(), reason="takes CAP_SYS_RESOURCE")
def test_root_lifts_the_hard_limit(subject):
    daemon = subject.daemon("max_connections = 5000;\n", descriptors=(256, 1024)).ready()
    assert daemon.descriptor_limits()[0] > 5000
    assert "warn: file descriptors" not in daemon.log()


def test_too_few_descriptors_are_named(subject):
    daemon = subject.daemon("max_connections = 5000;\n", descriptors=(256, 1024),
                            identity=NOBODY.pw_uid if os.geteuid() == 0 else None).ready()
    assert "raise LimitNOFILE" in daemon.log()


# metrics


def test_metrics(subject):
    port = free_port()
    subject.daemon(f'metrics = "inet:{port}@127.0.0.1";\n').ready()
    status, kind, text = scrape(port)
    assert status == 200 and kind.startswith("text/plain; version=0.0.4")
    assert 'millrace_build_info{program="millrace-' in text
    assert 'millrace_reloads_total{result="success"} 0\n' in text
    start = [line for line in text.splitlines() if line.startswith("millrace_start_time_seconds ")]
    assert abs(int(start[0].split()[1]) - time.time()) < 60


@pytest.mark.parametrize("method, path, wanted",
                         [("GET", "/", 404), ("GET", "/metrics/x", 404), ("GET", "/metricsx", 404),
                          ("POST", "/metrics", 405), ("DELETE", "/metrics", 405),
                          ("HEAD", "/metrics", 200)])
def test_metrics_answers_nothing_else(plain, method, path, wanted):
    port = free_port()
    plain.daemon(f'metrics = "inet:{port}@127.0.0.1";\n').ready()
    assert scrape(port, method, path)[0] == wanted


def test_metrics_survive_hostile_clients(plain):
    port = free_port()
    daemon = plain.daemon(f'metrics = "inet:{port}@127.0.0.1";\n').ready()
    for request in (b"\0" * 100000, b"GET " + b"a" * 100000, b"GET /metrics HTTP/9.9\r\n\r\n",
                    b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass
    assert scrape(port)[0] == 200
    assert daemon.stop() == 0


# the command line


def test_check_says_how_to_attach(subject):
    daemon = subject.daemon()
    code, out, err = run(subject.program, "-t", "-c", daemon.path)
    assert (code, err) == (0, "")
    if subject.program == SIGNER:
        assert "smtpd_milters" in out and "INPUT_MAIL_FILTER" in out
    assert subject.socket in out
    assert not os.path.exists(subject.socket)


def test_check_names_file_and_line(subject):
    daemon = subject.daemon("max_connectons = 5;\nidle_timeout = \"soon\";\n")
    code, out, err = run(subject.program, "-t", "-c", daemon.path)
    line = subject.base.count("\n") + 1
    assert code == 78 and out == ""
    assert f"{daemon.path}:{line}: " in err and "max_connections" in err
    assert f"{daemon.path}:{line + 1}: " in err


@pytest.mark.parametrize("option, wanted", [
    ('listen = "tcp:25";', "a socket is unix:PATH"),
    ('listen = "unix:/nonexistent/x.sock";', "folder /nonexistent"),
    ('listen = "inet:99999@127.0.0.1";', "port"),
    ('socket_group = "no-such-group";', "no-such-group"),
    ('metrics = "inet:9811";', "an address is missing"),
    ('resolver = { servers = ["127.0.0.1@53", "localhost"]; };', '"localhost" is not an address'),
    ('resolver = { trust_anchor = "/nonexistent"; };', "/nonexistent"),
])
def test_check_of_common_options(plain, option, wanted):
    base = "" if option.startswith("listen") else plain.base
    daemon = plain.daemon()
    daemon.configure(base + option + "\n")
    code, _, err = run(plain.program, "-t", "-c", daemon.path)
    assert code == 78
    assert f"{daemon.path}:{base.count(chr(10)) + 1}: " in err and wanted in err


@needs_root
def test_check_sees_with_the_users_eyes(plain, tmp_path):
    secret = tmp_path / "anchor"
    secret.write_text("")
    secret.chmod(0o600)
    daemon = plain.daemon(f'resolver = {{ trust_anchor = "{secret}"; }};\n')
    code, _, err = run(plain.program, "-t", "-c", daemon.path)
    assert code == 78 and "nobody may not read" in err
    os.chown(secret, NOBODY.pw_uid, NOBODY.pw_gid)
    assert run(plain.program, "-t", "-c", daemon.path)[0] == 0


def test_exit_codes(subject):
    assert run(subject.program, "-t", "-c", "/nonexistent/x.conf")[0] == 78
    assert run(subject.program, "-c", "/nonexistent/x.conf")[0] == 78
    assert run(subject.program, "--no-such-option")[0] == 64
    assert run(subject.program, "word")[0] == 64
    code, out, _ = run(subject.program, "-V")
    assert code == 0 and out.startswith("millrace-")
    assert run(subject.program, "-h")[0] == 0


def test_options_are_listed(subject):
    code, out, _ = run(subject.program, "--options")
    assert code == 0
    names = [line.split("\t")[0] for line in out.splitlines()]
    for name in ("listen", "log.level", "resolver.timeout_ms", "drain_timeout", "sandbox"):
        assert name in names
