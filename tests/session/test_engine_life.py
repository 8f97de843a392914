# SPDX-License-Identifier: BSD-2-Clause
"""Sockets and their rights, idle and too many connections, drain: what libmilter leaves open."""

import ctypes
import grp
import http.client
import os
import resource
import signal
import socket
import stat
import time

import pytest

from conftest import NULL_MILTER
from daemon_process import PATIENCE, free_port, run
from milter_client import Client, Closed

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")
EX_OSERR, EX_CONFIG = 71, 78


# -- the socket

@needs_root
def test_socket_has_the_configured_mode_and_group(start):
    group = grp.getgrnam("daemon")
    milter = start('socket_group = "daemon"; socket_mode = "0620";')
    status = os.stat(milter.place)
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o620
    assert status.st_gid == group.gr_gid


def test_stale_socket_is_taken_over(start, tmp_path):
    folder = tmp_path / "stale"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "null.sock"))
    assert start(folder=folder).still_serves()


def test_socket_of_a_killed_daemon_is_taken_over(start, tmp_path):
    first = start()
    first.daemon.send(signal.SIGKILL)
    first.daemon.wait()
    assert os.path.exists(first.place)
    second = start(listen=f"unix:{first.place}", place=first.place)
    assert second.still_serves()


def test_socket_of_a_living_daemon_is_left_alone(milter, start):
    second = start(listen=f"unix:{milter.place}", ready=False)
    second.daemon.start()
    assert second.daemon.wait() == EX_OSERR
    assert f"another process serves {milter.place}" in second.daemon.log()
    assert milter.still_serves()


def test_socket_of_a_stranger_is_left_alone(start, tmp_path):
    place = str(tmp_path / "stranger.sock")
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(place)
        stranger.listen(1)
        second = start(listen=f"unix:{place}", ready=False)
        second.daemon.start()
        assert second.daemon.wait() == EX_OSERR
        assert f"another process serves {place}" in second.daemon.log()
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(place)


def test_file_in_the_socket_s_place_is_left_alone(start, tmp_path):
    place = tmp_path / "precious"
    place.write_text("data")
    milter = start(listen=f"unix:{place}", ready=False)
    milter.daemon.start()
    assert milter.daemon.wait() == EX_OSERR
    assert "is not a socket" in milter.daemon.log()
    assert place.read_text() == "data"


def test_missing_folder_is_named(start, tmp_path):
    milter = start(listen=f"unix:{tmp_path}/absent/null.sock", ready=False)
    milter.daemon.start()
    assert milter.daemon.wait() == EX_CONFIG
    assert f"{tmp_path}/absent" in milter.daemon.log()


def test_socket_goes_with_the_daemon(start):
    milter = start(user="root")
    assert milter.daemon.stop() == 0
    assert not os.path.exists(milter.place)


@pytest.mark.parametrize("listen, lines", [
    ("unix:/var/spool/postfix/millrace/null.sock",
     ["smtpd_milters = unix:millrace/null.sock",
      "# smtpd_milters = unix:/var/spool/postfix/millrace/null.sock",
      "INPUT_MAIL_FILTER(`millrace-null', `S=unix:/var/spool/postfix/millrace/null.sock, F=T, "
      "T=S:30s;R:30s;E:5m')dnl"]),
    ("inet:8891@127.0.0.1",
     ["smtpd_milters = inet:127.0.0.1:8891",
      "INPUT_MAIL_FILTER(`millrace-null', `S=inet:8891@127.0.0.1, F=T, T=S:30s;R:30s;E:5m')dnl"]),
    ("inet6:8891@[::1]",
     ["smtpd_milters = inet:[::1]:8891",
      "INPUT_MAIL_FILTER(`millrace-null', `S=inet6:8891@::1, F=T, T=S:30s;R:30s;E:5m')dnl"])])
def test_check_prints_the_lines_for_the_mta(tmp_path, listen, lines):
    folder = "/var/spool/postfix/millrace"
    if folder in listen and not os.path.isdir(folder):
        lines, listen = shift(lines, tmp_path), f"unix:{tmp_path}/null.sock"
    path = tmp_path / "daemon.conf"
    path.write_text(f'listen = "{listen}"; user = "root";')
    code, out, err = run(NULL_MILTER, "-t", "-c", path)
    assert code == 0, err
    for line in lines + ["non_smtpd_milters = $smtpd_milters", "milter_default_action = tempfail"]:
        assert line in out.splitlines()


def shift(lines, folder):
    """The lines for a socket outside Postfix's queue, when that is not on this machine."""
    return [f"smtpd_milters = unix:{folder}/null.sock",
            lines[2].replace("/var/spool/postfix/millrace", str(folder))]


# -- TCP

def socket_option(pid, port, level, option):
    """Of the daemon's connections on its port: the option's values, through copies of its sockets."""
    libc = ctypes.CDLL(None, use_errno=True)
    values = []
    process = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        copy = libc.syscall(438, process, int(name), 0)  # pidfd_getfd
        if copy < 0:
            continue
        if not stat.S_ISSOCK(os.fstat(copy).st_mode):
            os.close(copy)
            continue
        with socket.socket(fileno=copy) as ours:
            if ours.family in (socket.AF_INET, socket.AF_INET6) and ours.getsockname()[1] == port \
                    and not ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                values.append(ours.getsockopt(level, option))
    os.close(process)
    return values


@needs_root
@pytest.mark.parametrize("family, host", [("inet", "127.0.0.1"), ("inet6", "::1")])
def test_tcp_waits_for_no_acknowledgement(start, family, host):
    port = free_port()
    try:
        milter = start(listen=f"{family}:{port}@{host}", place=(host, port))
    except AssertionError:
        if family == "inet6" and not os.path.exists("/proc/net/if_inet6"):
            pytest.skip("no IPv6 here")
        raise
    client = milter.client().greet()
    assert client.message("EDIT=insert")[0] == "c"
    assert socket_option(milter.pid, port, socket.IPPROTO_TCP, socket.TCP_NODELAY) == [1]


# -- silence

IDLE = 'idle_timeout = "1s";'


def assert_closed(client):
    with pytest.raises(Closed):
        client.read()


def test_peer_that_says_nothing_is_closed(start):
    assert_closed(start(IDLE).client())


@pytest.mark.parametrize("steps", [["negotiate"], ["greet"], ["greet", "begin"]])
def test_peer_that_falls_silent_is_closed(start, steps):
    milter = start(IDLE)
    client = milter.client()
    for step in steps:
        getattr(client, step)()
    assert_closed(client)
    milter.wait_for("session free")
    assert milter.events().count("reset") == ("begin" in steps)


def test_peer_that_stalls_within_a_packet_is_closed(start):
    client = start(IDLE).client().greet()
    client.send_raw(b"\0\0\0\x20M<a@")
    assert_closed(client)


def test_peer_that_is_being_served_is_not_silent(start):
    client = start(IDLE).client().greet()
    assert client.message("eom=sleep:3000")[0] == "c"


def test_peer_that_talks_is_kept(start):
    client = start(IDLE).client().greet()
    client.begin()
    for _ in range(6):
        time.sleep(0.5)
        assert client.header("A", " b")[0] == "c"


# -- too many

def assert_idle_processor(milter):
    before = milter.cpu_seconds()
    time.sleep(1)
    assert milter.cpu_seconds() - before < 0.3


@needs_root
def test_exhausted_descriptors_are_survived(start):
    milter = start(user="root")  # whose limits another of root's processes may set
    limit = milter.descriptors() + 30
    resource.prlimit(milter.pid, resource.RLIMIT_NOFILE, (limit, limit))
    clients = [milter.client() for _ in range(100)]
    for client in clients[:20]:
        client.greet()
        assert client.message()[0] == "c"
    milter.daemon.wait_for_log("new connections have to wait: Too many open files")
    assert_idle_processor(milter)
    for client in clients[:80]:
        client.close()
    for client in clients[80:]:
        assert client.greet().message()[0] == "c"
    assert milter.daemon.log().count("new connections have to wait") == 1


def test_connections_beyond_the_limit_wait_for_one_to_close(start):
    milter = start("max_connections = 2;")
    first, second = milter.client().greet(), milter.client().greet()
    third = milter.client()
    third.send("O", b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff")
    milter.daemon.wait_for_log("max_connections is reached")
    assert third.is_quiet()
    assert_idle_processor(milter)
    assert first.message()[0] == "c"
    first.close()
    assert third.read()[0] == "O"
    second.quit()


# -- the end

def test_message_under_way_is_answered_before_the_stop(milter):
    client = milter.client().greet()
    client.begin("eom=sleep:2000")
    client.content()
    client.send_end()
    milter.wait_for("eom 2 headers, 6 bytes, queue id 4TESTid")
    milter.daemon.send(signal.SIGTERM)
    assert client.verdict()[0] == "c"
    assert milter.daemon.wait() == 0


def test_message_begun_before_the_drain_goes_to_its_end(milter):
    client, other = milter.client().greet(), milter.client().greet()
    client.begin()
    milter.daemon.send(signal.SIGTERM)
    milter.daemon.expect("STOPPING=1")
    deadline = time.monotonic() + PATIENCE
    while os.path.exists(milter.place):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(FileNotFoundError):
        Client(milter.place)
    assert other.mail() == ("y", b"451 4.3.2 filter is restarting, try again later\0")
    client.content(body=b"x" * 100000)
    assert client.end()[0] == "c"
    assert milter.daemon.wait() == 0
    assert "messages under way" not in milter.daemon.log()


def test_reply_is_told_on_every_connection_that_is_drained(start):
    milter = start()
    clients = [milter.client().greet() for _ in range(50)]
    for number, client in enumerate(clients):
        client.begin(f"eom=sleep:{500 + 10 * number}")
        client.content()
        client.send_end()
    milter.wait_for("eom 2 headers, 6 bytes, queue id 4TESTid", 50)
    milter.daemon.send(signal.SIGTERM)
    assert [client.verdict()[0] for client in clients] == ["c"] * 50
    assert milter.daemon.wait() == 0


def test_hangup_does_not_end_the_process(milter):
    client = milter.client().greet()
    client.begin()
    milter.daemon.reload(signal.SIGHUP)
    client.content()
    assert client.end()[0] == "c"
    assert milter.still_serves()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_is_prompt(milter, number):
    milter.client().greet()
    milter.daemon.send(number)
    assert milter.daemon.wait(3) == 0


# -- what it counts

def test_metrics_of_the_engine(start):
    port = free_port()
    milter = start(f'metrics = "inet:{port}@127.0.0.1"; {IDLE}')
    client = milter.client().greet()
    client.message("EDIT=cr")
    client.message()
    assert_closed(client)
    milter.wait_for("session free")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    for line in ("millrace_milter_connections 0", "millrace_milter_connections_total 1",
                 "millrace_milter_messages_total 2", "millrace_milter_edits_refused_total 1",
                 "millrace_milter_idle_closed_total 1"):
        assert line in lines
