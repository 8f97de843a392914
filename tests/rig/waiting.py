# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for what another process does, with a limit."""

import os
import pathlib
import time


def wait_for(condition, what, seconds=20.0):
    """The first true value of condition(); AssertionError naming `what` when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pid_from(path):
    """The first number in a pid file, or None."""
    try:
        words = pathlib.Path(path).read_text().split()
    except FileNotFoundError:
        return None
    return int(words[0]) if words else None


def stop_by_pid(pid, signal_number, seconds=20.0):
    if pid is None or not is_alive(pid):
        return
    os.kill(pid, signal_number)
    wait_for(lambda: not is_alive(pid), f"process {pid} to end", seconds)
