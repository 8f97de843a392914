# SPDX-License-Identifier: BSD-2-Clause
"""A mail site in one namespace: an MTA, our signer as its milter, and the records in DNS."""

import contextlib

from rig.client import Client
from rig.compose import compose
from rig.keys import records_of
from rig.namespace import Namespace
from rig.signer import Signer

INET = "inet:8891@127.0.0.1"


class Site:
    """
    socket: "unix" or "inet". before, after: ports of other milters on loopback, which stand
    before and after ours. mta_options go to the MTA's class.
    """

    def __init__(self, mta_class, keys, socket="unix", settings=None, before=(), after=(),
                 mta_options=None, namespace=None):
        self.records = records_of(keys)
        self._closing = contextlib.ExitStack()
        self.namespace = namespace or Namespace("e2e")
        self._closing.callback(self.namespace.close)
        try:
            self._make(mta_class, keys, socket, settings, before, after, mta_options or {})
        except BaseException:
            self._closing.close()
            raise

    def _make(self, mta_class, keys, socket, settings, before, after, mta_options):
        self.mta = mta_class(self.namespace, **mta_options)
        self._closing.callback(self.mta.close)
        listen, milter = self.mta.socket_for("sign")
        if socket == "inet":
            listen, milter = INET, self.mta.inet_milter("127.0.0.1", 8891)
        self.signer = Signer(self.namespace, listen, keys, settings)
        self._closing.callback(self.signer.close)
        self.milter = milter
        others = [[self.mta.inet_milter("127.0.0.1", port) for port in ports]
                  for ports in (before, after)]
        self.mta.use_milters(*others[0], milter, *others[1])
        self.signer.start()
        self.mta.start()

    def client(self, port=25, source="127.0.0.1", host="127.0.0.1"):
        return Client(self.namespace, port, host, source)

    def hand_in(self, message, sender="alice@test.example", options=(), recipient=None, **where):
        """One message over a connection of its own; returns the last reply."""
        with self.client(**where) as client:
            client.ehlo()
            recipients = [recipient or "bob@dest.example"]
            return client.hand_in(sender, recipients, message, options)

    def deliver(self, message, token, seconds=30, **how):
        """Hands in, expects 250, and returns the message as it was delivered."""
        reply = self.hand_in(message, **how)
        assert reply[0] == 250, f"{reply}\n{self.signer.log()[-2000:]}"
        return self.mta.mailbox.wait_for_text(token, seconds)

    def deliver_new(self, body=b"Hello.\r\n", how=None, **composed):
        message, token = compose(body, **composed)
        return self.deliver(message, token, **(how or {}))

    def close(self):
        self._closing.close()
