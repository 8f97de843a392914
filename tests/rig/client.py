# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP client inside a namespace."""

import smtplib
import socket


class Client(smtplib.SMTP):
    """smtplib over a socket of the namespace; `source` is the client's address there."""

    def __init__(self, namespace, port=25, host="127.0.0.1", source="127.0.0.1", timeout=60):
        self._namespace = namespace
        self._source = source
        super().__init__(host, port, local_hostname="client.example", timeout=timeout)

    def _get_socket(self, host, port, timeout):
        with self._namespace.entered():
            return socket.create_connection((host, port), timeout, (self._source, 0))

    def hand_in(self, sender, recipients, message, options=()):
        """One transaction; returns the last (code, text): of DATA's end, or where it was refused."""
        self.ehlo_or_helo_if_needed()
        reply = self.mail(sender, list(options))
        for recipient in recipients if reply[0] == 250 else ():
            reply = self.rcpt(recipient)
            if reply[0] != 250:
                break
        if reply[0] == 250:
            try:
                reply = self.data(message)
            except smtplib.SMTPDataError as error:
                reply = (error.smtp_code, error.smtp_error)
        if reply[0] not in (250, 421):
            self.rset()
        return reply
