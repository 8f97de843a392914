# SPDX-License-Identifier: BSD-2-Clause
"""A content filter as Postfix's FILTER_README has it: takes mail by SMTP, hands it back."""

import socketserver
import threading

from rig.client import Client


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self._say("220 filter.example ESMTP")
        self._sender, self._recipients = None, []
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self._say("221 bye")
            self._say(self._answer(verb, line.decode("utf-8", "surrogateescape")))

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def _answer(self, verb, line):
        if verb == b"EHLO":
            return "250-filter.example\r\n250 8BITMIME"
        if verb == b"MAIL":
            self._sender, self._recipients = _address(line), []
        if verb == b"RCPT":
            self._recipients.append(_address(line))
        if verb == b"DATA":
            return self._pass_on()
        return "250 ok"

    def _pass_on(self):
        self._say("354 go ahead")
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            lines.append(line[1:] if line.startswith(b".") else line)
        with Client(self.server.namespace, self.server.target) as client:
            message = self.server.change(b"".join(lines))
            code, text = client.hand_in(self._sender, self._recipients, message)
        return f"{code} {text.decode(errors='replace').splitlines()[0]}"


def _address(line):
    return line.split("<", 1)[1].split(">", 1)[0]


class ContentFilter(socketserver.ThreadingTCPServer):
    """change(message) gives what goes back to the MTA's port `target`."""

    daemon_threads = True

    def __init__(self, namespace, port, target, change=lambda message: message):
        self.namespace, self.target, self.change = namespace, target, change
        with namespace.entered():
            super().__init__(("127.0.0.1", port), _Conversation)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def close(self):
        self.shutdown()
        self.server_close()
