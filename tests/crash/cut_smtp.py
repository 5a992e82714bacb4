# SPDX-License-Identifier: Apache-2.0
"""cut_smtp.py — the situation `smtp`: the whole gateway on a logged disk, and clients that write down each 250.

The next hop answers 451, so what was accepted stays in the queue. The marks are those of cut_drive.c.
"""
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "journeys"))

import house                                             # noqa: E402
from client import Client                                # noqa: E402

CLIENTS, EACH = 5, 12


def letter(number, length):
    """The bytes that cut_letter.c knows."""
    text, line = f"Subject: letter {number} of {length}\r\n\r\n", 0
    while len(text) < length:
        text += f"letter {number}, line {line}\r\n"
        line += 1
    return text.encode()


class Marks:
    def __init__(self, device, at):
        self.fd, self.at = os.open(device, os.O_RDWR | os.O_CLOEXEC), at

    def write(self, kind, number, place=0, text=""):
        os.pwrite(self.fd, f"POSTERN {kind} {number} {place} {text[:20]}\n".encode().ljust(512, b"\0"), self.at)

    def close(self):
        os.close(self.fd)


def send_some(port, marks, first, chance, failures):
    try:
        with Client(port) as client:
            for number in range(first, first + EACH):
                plan = "p" * chance.randint(1, 3)
                marks.write("P", number, 0, plan)
                marks.write("I", number)
                reply = client.mail(f"s{number}@example.net", [f"p{place}.{number}@example.org" for place in range(len(plan))],
                                    letter(number, chance.choice((300, 3000, 40000))))
                if not reply.startswith("250 2.0.0 accepted as "):
                    raise ValueError(reply)
                marks.write("A", number, 0, reply.split()[-1])
    except (OSError, ValueError) as error:
        failures.append(error)


def play(folder, device, at, seed):
    marks, failures = Marks(device, at), []
    sink = house.Sink()
    sink.answers["DATA"] = "451 4.2.0 later"
    gateway = house.Gateway([("example.org", [sink.url])], 'queue { retry_least = "1s"  retry_most = "2s"  reserve = 0  reserve_inodes = 0 }',
                            where=folder)
    gateway.spool = os.path.join(folder, "disk", "spool")
    gateway.write()
    try:
        gateway.start()
        clients = [threading.Thread(target=send_some, args=(gateway.port, marks, one * EACH, random.Random(seed + one), failures))
                   for one in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        marks.write("E", 0)
        if failures:
            raise RuntimeError(f"not accepted: {failures[0]}: {gateway.log_text()}")
    finally:
        gateway.stop()
        sink.stop()
        marks.close()
