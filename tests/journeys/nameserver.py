# SPDX-License-Identifier: Apache-2.0
"""A name server of our own for one journey: A and MX records over UDP, SERVFAIL where a test wants it."""
import ipaddress
import socket
import struct
import threading

import house

A, MX = 1, 15
NO_NAME, FAILED = 3, 2


class NameServer:
    """`records` maps (name, type) to a list: addresses for A, (preference, host) for MX. `broken`: names that fail."""

    def __init__(self, records, broken=()):
        self.records, self.broken, self.asked = records, set(broken), []
        self.port = house.free_port()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def section(self):
        return f'resolver {{ servers = {{"127.0.0.1@{self.port}"}}  timeout = "3s" }}'

    def stop(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(question), client)
            except OSError:
                return

    def _answer(self, packet):
        name, end = self._name(packet, 12)
        kind, = struct.unpack("!H", packet[end:end + 2])
        self.asked.append((name, kind))
        data = [self._data(kind, one) for one in self.records.get((name, kind), [])]
        known = any(one == name for one, _ in self.records)
        code = FAILED if name in self.broken else 0 if known else NO_NAME
        head = packet[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, 0 if code else len(data), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(one)) + one for one in data)
        return head + packet[12:end + 4] + (b"" if code else answers)

    @staticmethod
    def _name(packet, at):
        labels = []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += packet[at] + 1
        return ".".join(labels).lower(), at + 1

    @staticmethod
    def _data(kind, one):
        if kind == A:
            return ipaddress.IPv4Address(one).packed
        preference, host = one
        labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split(".") if label)
        return struct.pack("!H", preference) + labels + b"\0"
