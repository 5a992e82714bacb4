# SPDX-License-Identifier: Apache-2.0
"""A next hop that takes everything, remembers it, and refuses what a test tells it to."""
import socket
import socketserver
import threading
import time
from dataclasses import dataclass, field

import machine


@dataclass
class Delivery:
    sender: str
    recipients: list
    data: bytes                  # dot-stuffing removed, line ends as they came
    at: float = field(default_factory=time.monotonic)


class _Session(socketserver.StreamRequestHandler):
    """Each verb is a row; `rule` of the sink may answer in its place."""

    disable_nagle_algorithm = True

    def handle(self):
        self.sink = self.server.sink
        self.sink.connections += 1
        self.sink.sockets.add(self.connection)
        try:
            self._converse()
        except (OSError, ValueError):
            pass                                    # a client that was killed, or a sink that was closed
        finally:
            self.sink.sockets.discard(self.connection)

    def _converse(self):
        self._forget()
        self._say(self._ruled("connect", "") or "220 sink.example.net")
        while line := self.rfile.readline(4096):
            verb, _, rest = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            act = self._verbs.get(verb.upper())
            reply = act(self, rest) if act else "500 5.5.1 what?"
            if reply:
                self._say(reply)
            if verb.upper() == "QUIT":
                return

    def _say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")

    def _forget(self, _rest=""):
        self.sender, self.recipients = None, []
        return "250 2.0.0 forgotten"

    def _ruled(self, verb, argument):
        return self.sink.rule(verb, argument) if self.sink.rule else None

    @staticmethod
    def _address(rest):
        return rest[rest.index("<") + 1:rest.rindex(">")]

    def _hello(self, _rest):
        self._forget()
        return "250-sink.example.net\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE"

    def _mail(self, rest):
        reply = self._ruled("mail", self._address(rest))
        self.sender = None if reply else self._address(rest)
        return reply or "250 2.1.0 fine"

    def _rcpt(self, rest):
        reply = self._ruled("rcpt", self._address(rest)) if self.sender is not None else "503 5.5.1 MAIL first"
        if not reply:
            self.recipients.append(self._address(rest))
        return reply or "250 2.1.5 fine"

    def _data(self, _rest):
        if not self.recipients:
            return "554 5.5.1 no valid recipients"
        self._say("354 go on")
        data = self._content()
        time.sleep(self.sink.delay)
        if self.sink.lmtp:
            for recipient in self.recipients:
                self._say(self._take([recipient], data))
        else:
            self._say(self._take(self.recipients, data))
        self._forget()
        return None

    def _take(self, recipients, data):
        reply = self._ruled("final", recipients[0])
        if not reply:
            self.sink.add(Delivery(self.sender, list(recipients), data))
        return reply or "250 2.0.0 taken"

    def _content(self):
        """Only CR LF . CR LF ends it, as RFC 5321 says."""
        lines, whole = [], True
        while True:
            line = self.rfile.readline()
            if not line:
                raise ValueError("the client went away")
            if whole and line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if whole and line.startswith(b".") else line)
            whole = line.endswith(b"\r\n")

    _verbs = {"EHLO": _hello, "LHLO": _hello, "HELO": _hello, "MAIL": _mail, "RCPT": _rcpt, "DATA": _data,
              "RSET": _forget, "NOOP": _forget, "QUIT": lambda self, rest: "221 2.0.0 goodbye"}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        pass


class Sink:
    """`rule(verb, argument)`: a reply, or None for the usual one. Verbs: connect, mail, rcpt, final.
    `delay`: seconds before the reply to the final dot."""

    def __init__(self, lmtp=False, rule=None, port=None, address="127.0.0.1"):
        self.lmtp, self.rule, self.delay = lmtp, rule, 0
        self.address, self.port = address, port or machine.free_port()
        self.deliveries, self.connections, self.sockets = [], 0, set()
        self.on_delivery = None                    # instead of being remembered
        self._lock, self._server = threading.Lock(), None

    @property
    def target(self):
        return f"{'lmtp' if self.lmtp else 'smtp'}://{self.address}:{self.port}"

    def add(self, delivery):
        with self._lock:
            if self.on_delivery:
                self.on_delivery(delivery)
            else:
                self.deliveries.append(delivery)

    def start(self):
        self._server = _Server((self.address, self.port), _Session)
        self._server.sink = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for one in list(self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def of(self, recipient):
        return [one for one in list(self.deliveries) if recipient in one.recipients]

    def wait(self, count=1, seconds=15):
        """`count` deliveries, and no more."""
        machine.wait_for(lambda: len(self.deliveries) >= count, seconds,
                         lambda: f"{count} deliveries, there are {len(self.deliveries)}")
        time.sleep(0.1)
        assert len(self.deliveries) == count, f"{len(self.deliveries)} deliveries, not {count}"
        return self.deliveries
