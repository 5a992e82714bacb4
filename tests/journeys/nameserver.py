# SPDX-License-Identifier: Apache-2.0
"""A name server of our own for one journey: A and MX records over UDP, SERVFAIL where a test wants it; and all the ways
in which a name server can be dead or hostile."""
import contextlib
import ipaddress
import socket
import socketserver
import struct
import threading

import house

A, CNAME, MX, TXT = 1, 5, 15, 16
NO_NAME, FAILED, REFUSED = 3, 2, 5
CUT = 0x0200


class NameServer:
    """`records` maps (name, type) to a list: addresses for A, (preference, host) for MX, a host for CNAME. `broken`: names
    that fail. `crafted` maps a name to what is answered instead: bytes behind the question, and how many records they
    are said to be. `mode` is how all of it is dead: None, "silent", "failed", "refused", "cut" (over UDP and TCP alike)."""

    def __init__(self, records, broken=(), crafted=None):
        self.records, self.broken, self.asked, self.crafted, self.mode = records, set(broken), [], crafted or {}, None
        self.port = house.free_port()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, struct.error):
                    while length := self.rfile.read(2):
                        answer = server.answer(self.rfile.read(struct.unpack("!H", length)[0]), tcp=True)
                        if answer:
                            self.wfile.write(struct.pack("!H", len(answer)) + answer)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self.tcp = Server(("127.0.0.1", self.port), Handler)
        self.tcp.socket.setblocking(False)
        threading.Thread(target=self.serve, daemon=True).start()
        threading.Thread(target=self.tcp.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def section(self):
        return f'resolver {{ servers = {{"127.0.0.1@{self.port}"}}  timeout = "3s" }}'

    def stop(self):
        self.socket.close()
        self.tcp.shutdown()
        self.tcp.server_close()

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
                answer = self.answer(question, tcp=False)
                if answer:
                    self.socket.sendto(answer, client)
            except OSError:
                return

    def answer(self, packet, tcp):
        name, end = self.name_in(packet, 12)
        kind, = struct.unpack("!H", packet[end:end + 2])
        self.asked.append((name, kind))
        if self.mode == "silent":
            return None
        if self.mode:
            flags = {"failed": FAILED, "refused": REFUSED, "cut": CUT}[self.mode]
            return self.head(packet, flags, 0) + packet[12:end + 4]
        if name in self.crafted:
            count, data = self.crafted[name]
            full = self.head(packet, 0, count) + packet[12:end + 4] + data
            return full if tcp or len(full) < 1200 else self.head(packet, CUT, 0) + packet[12:end + 4]
        alias = self.records.get((name, CNAME))
        data = [(CNAME, self.data(CNAME, one)) for one in alias] if alias else \
            [(kind, self.data(kind, one)) for one in self.records.get((name, kind), [])]
        known = any(one == name for one, _ in self.records)
        code = FAILED if name in self.broken else 0 if known else NO_NAME
        answers = b"".join(row(kind_, one) for kind_, one in data)
        return self.head(packet, code, 0 if code else len(data)) + packet[12:end + 4] + (b"" if code else answers)

    @staticmethod
    def head(packet, flags, count):
        return packet[:2] + struct.pack("!HHHHH", 0x8580 | flags, 1, count, 0, 0)

    @staticmethod
    def name_in(packet, at):
        labels = []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += packet[at] + 1
        return ".".join(labels).lower(), at + 1

    @staticmethod
    def data(kind, one):
        if kind == A:
            return ipaddress.IPv4Address(one).packed
        if kind == CNAME:
            return name(one)
        preference, host = one
        return struct.pack("!H", preference) + name(host)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def row(kind, data, ttl=600, length=None):
    """A record of the name that was asked about; `length` may lie."""
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(data) if length is None else length) + data
