# SPDX-License-Identifier: BSD-2-Clause
"""Mail handed in over several connections at once while a test does something else."""

import smtplib
import threading
import time

from rig.compose import compose
from rig.mailbox import header_values
from rig.waiting import wait_for


class Load:
    """
    `accepted` holds the tokens of messages answered with 250, `refused` the other replies.
    A connection that the MTA closes is opened anew.
    """

    def __init__(self, site, connections=4, body=b"Hello.\r\n" * 50, pause=0.0, **where):
        self._site, self._body, self._pause, self._where = site, body, pause, where
        self.accepted, self.refused, self.failures = [], [], []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def count(self):
        return len(self.accepted) + len(self.refused)

    def _run(self):
        while not self._end.is_set():
            try:
                with self._site.client(**self._where) as client:
                    self._converse(client)
            except (smtplib.SMTPException, ConnectionError):
                continue
            except Exception as error:  # shown by the test
                self.failures.append(error)
                return

    def _converse(self, client):
        for _ in range(10):
            if self._end.is_set():
                return
            message, token = compose(self._body)
            reply = client.hand_in("alice@test.example", ["b@d.example"], message)
            with self._lock:
                if reply[0] == 250:
                    self.accepted.append(token)
                else:
                    self.refused.append(reply)
            time.sleep(self._pause)


def delivered_tokens(site, tokens, seconds=60):
    """
    Once each token was delivered: the messages that carry it, by token, and all messages, also
    those that were delivered although the client never saw the 250.
    """

    def complete():
        messages = site.mta.mailbox.messages()
        found = {token: [] for token in tokens}
        for message in messages:
            token = header_values(message, "X-Token")[0].strip()
            found.setdefault(token, []).append(message)
        return (found, messages) if all(found.values()) else None

    site.mta.mailbox.wait(len(tokens), seconds)
    return wait_for(complete, "every accepted message", seconds)
