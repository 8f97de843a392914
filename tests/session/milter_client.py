# SPDX-License-Identifier: BSD-2-Clause
"""The MTA's side of the milter protocol, version 6, as Postfix and Sendmail speak it."""

import select
import socket
import struct

ACTIONS = 0x1FF
STEPS = 0x1FFFFF

NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT = 0x1, 0x2, 0x4, 0x8
NO_BODY, NO_HEADER, NO_EOH, NR_HEADER = 0x10, 0x20, 0x40, 0x80
NO_UNKNOWN, NO_DATA, SKIP, RCPT_REJ = 0x100, 0x200, 0x400, 0x800
NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT = 0x1000, 0x2000, 0x4000, 0x8000
NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY = 0x10000, 0x20000, 0x40000, 0x80000
LEADING_SPACE = 0x100000
NR_ALL = (NR_HEADER | NR_CONNECT | NR_HELO | NR_MAIL | NR_RCPT | NR_DATA | NR_UNKNOWN | NR_EOH
          | NR_BODY)

CHUNK = 65535

EDITS = "him+-2beqp"  # p: still at work

# Command -> the flags that leave it out, or leave its reply out.
FLAGS = {"C": (NO_CONNECT, NR_CONNECT), "H": (NO_HELO, NR_HELO), "M": (NO_MAIL, NR_MAIL),
         "R": (NO_RCPT, NR_RCPT), "T": (NO_DATA, NR_DATA), "L": (NO_HEADER, NR_HEADER),
         "N": (NO_EOH, NR_EOH), "B": (NO_BODY, NR_BODY), "U": (NO_UNKNOWN, NR_UNKNOWN)}
MACRO_STAGES = "CHMRTEN"  # by number in the list of wanted macros (SMFIM_*)


class Closed(Exception):
    """The filter has closed the connection."""


def words(*texts):
    return b"".join(as_bytes(text) + b"\0" for text in texts)


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


class Client:
    """One connection. Replies are (command, data); edits are gathered in self.edits."""

    def __init__(self, place, patience=15):
        """`place`: path of a unix socket, or (host, port)."""
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        if family == socket.AF_INET and ":" in place[0]:
            family = socket.AF_INET6
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.socket.connect(place)
        self.steps = self.actions = 0
        self.wanted = None  # {stage letter: [macro, ...]}
        self.edits = []
        self.pending = b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- packets

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send(self, command, data=b""):
        self.send_raw(struct.pack("!I", len(data) + 1) + as_bytes(command) + data)

    def _read(self, count):
        while len(self.pending) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError as error:
                raise Closed from error
            if not more:
                raise Closed
            self.pending += more
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read(self):
        """(command, data) of the next packet."""
        (length,) = struct.unpack("!I", self._read(4))
        data = self._read(length)
        return data[:1].decode(), data[1:]

    def is_quiet(self, seconds=0.2):
        """Nothing has been said, and nothing is said within a while."""
        return not self.pending and not select.select([self.socket], [], [], seconds)[0]

    # -- steps

    def negotiate(self, version=6, actions=ACTIONS, steps=STEPS):
        self.send("O", struct.pack("!III", version, actions, steps))
        command, data = self.read()
        assert command == "O", command
        self.version, self.actions, self.steps = struct.unpack("!III", data[:12])
        self.wanted, data = {}, data[12:]
        while data:
            (stage,) = struct.unpack("!I", data[:4])
            names, _, data = data[4:].partition(b"\0")
            self.wanted[MACRO_STAGES[stage]] = names.decode().split()
        return self

    def macros(self, stage, values):
        """Sends those of `values` ({name: value}) that the filter asked for, as an MTA does."""
        if self.wanted is not None and self.wanted:
            asked = [name.strip("{}") for name in self.wanted.get(stage, [])]
            values = {name: value for name, value in values.items() if name.strip("{}") in asked}
        self.send("D", as_bytes(stage) + words(*[w for pair in values.items() for w in pair]))

    def step(self, command, data=b""):
        """Sends a command unless it is unwanted; its reply, or None where there is none."""
        unwanted, silent = FLAGS.get(command, (0, 0))
        if self.steps & unwanted:
            return None
        self.send(command, data)
        return None if self.steps & silent else self.read()

    def connect(self, host="client.example.net", address="192.0.2.1", **macros):
        self.macros("C", {"j": "mx.example.org", "{daemon_name}": "smtpd", **macros})
        if address is None:
            return self.step("C", words(host) + b"U")
        family = b"6" if ":" in address else b"4"
        return self.step("C", words(host) + family + struct.pack("!H", 40000) + words(address))

    def helo(self, name="client.example.net"):
        return self.step("H", words(name))

    def mail(self, *parameters, sender="<a@example.com>", **macros):
        self.macros("M", {"j": "mx.example.org", **macros})
        return self.step("M", words(sender, *parameters))

    def rcpt(self, recipient="<r@example.net>"):
        return self.step("R", words(recipient))

    def data(self, queue_id="4TESTid"):
        self.macros("T", {"i": queue_id})
        return self.step("T")

    def header(self, name, value):
        return self.step("L", words(name, value))

    def end_of_header(self, queue_id="4TESTid"):
        self.macros("N", {"i": queue_id})
        return self.step("N")

    def body(self, data):
        """In chunks, as long as the filter wants them; the last reply."""
        reply = None
        for at in range(0, len(data), CHUNK):
            reply = self.step("B", data[at:at + CHUNK])
            if reply and reply[0] != "c":
                break
        return reply

    def send_end(self, queue_id="4TESTid"):
        self.macros("E", {"i": queue_id})
        self.send("E")

    def verdict(self):
        """What becomes of the message; edits on the way go to self.edits."""
        while True:
            command, data = self.read()
            if command not in EDITS:
                return command, data
            self.edits.append((command, data))

    def end(self, queue_id="4TESTid"):
        self.send_end(queue_id)
        return self.verdict()

    def abort(self):
        self.send("A")

    def quit(self):
        self.send("Q")

    # -- whole messages

    def greet(self, **offer):
        self.negotiate(**offer)
        self.connect()
        self.helo()
        return self

    def begin(self, *parameters, **macros):
        """MAIL and RCPT; the first answer that is not "continue", or None."""
        for reply in (self.mail(*parameters, **macros), self.rcpt()):
            if reply and reply[0] != "c":
                return reply
        return None

    def content(self, fields=(("From", " a@example.com"), ("Subject", " s")), body=b"text\r\n"):
        self.data()
        for name, value in fields:
            self.header(name, value)
        self.end_of_header()
        self.body(body)

    def message(self, *parameters, queue_id="4TESTid", **content):
        """A message from MAIL to its verdict, or to an earlier answer that ends it."""
        self.edits = []
        refused = self.begin(*parameters)
        if refused:
            return refused
        self.content(**content)
        return self.end(queue_id)
