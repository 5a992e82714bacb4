#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py — many messages, and whether anything grows: memory (PSS) and descriptors of each process, sample by sample.

usage: soak.py [--messages N] [--threads N] [--samples N]

Several senders deliver N messages of 1 to 50 KB, one in ten to two recipients, one in a
hundred session is broken off in the middle. The first fifth of the samples is warming up. Of the rest, the mean of the last third
must not lie above the mean of the first third by more than the tolerance; descriptors must be as many at rest at the
end as after the warming up. Exit status 0: flat, and every accepted message arrived.
"""
import argparse
import os
import random
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "journeys"))

import house                                             # noqa: E402
from client import Client, letter                        # noqa: E402
from kills import QuickSink                              # noqa: E402

TOLERANCE = 1 << 20          # bytes, and a twentieth
WORKERS = ("inspect",)       # the dispatcher and its workers have one name; workers are replaced
SETTINGS = 'queue { retry_least = "1s" retry_most = "2s" reserve = "1M" }\n'


class Senders:
    def __init__(self, port, messages, threads):
        self.port, self.numbers, self.lock = port, iter(range(messages)), threading.Lock()
        self.accepted = self.recipients = self.failed = 0
        self.threads = [threading.Thread(target=self._send_many, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def busy(self):
        return any(thread.is_alive() for thread in self.threads)

    def _send_many(self):
        client = Client(self.port, timeout=60)
        while True:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                break
            if number % 100 == 99:
                self._break_off()
            recipients = [f"r{number}.{i}@example.org" for i in range(1 + (number % 10 == 3))]
            reply = self._send(client, number, recipients)
            with self.lock:
                self.accepted += reply.startswith("250")
                self.recipients += len(recipients) * reply.startswith("250")
                self.failed += not reply.startswith("250")
            if number % 200 == 199:
                client.close()
                client = Client(self.port, timeout=60)
        client.close()

    @staticmethod
    def _send(client, number, recipients):
        body = f".line {number}\r\n" * (50 + number * 37 % 3000)
        return client.mail("anna@example.net", recipients, letter(f"number {number}", body))

    def _break_off(self):
        with socket.create_connection(("127.0.0.1", self.port), 30) as sock:
            sock.sendall(b"EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: ")
            sock.recv(200)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sample(gateway):
    """{process: (PSS, descriptors)}; those of one name are added up."""
    sums = {}
    for pid, name in {gateway.process.pid: "supervisor", **gateway.children()}.items():
        try:
            size, count = house.pss(pid), descriptors(pid)
        except OSError:
            continue                                     # a worker that was replaced just now
        before = sums.get(name, (0, 0))
        sums[name] = (before[0] + size, before[1] + count)
    return sums


def mean(values):
    return sum(values) / len(values)


def judge(samples, rest):
    """Prints the table; returns what grew."""
    steady = samples[len(samples) // 5:]
    third = max(1, len(steady) // 3)
    grew = []
    print(f"{'process':12} {'PSS, first third':>17} {'last third':>11} {'growth':>9}   descriptors at rest: begin, end")
    for name in sorted(steady[-1]):
        sizes = [one[name][0] for one in steady if name in one]
        first, last = mean(sizes[:third]), mean(sizes[-third:])
        begin, end = rest[0].get(name, (0, 0))[1], rest[1].get(name, (0, 0))[1]
        print(f"{name:12} {first / 1024:13.0f} KiB {last / 1024:7.0f} KiB {(last - first) / 1024:+5.0f} KiB   {begin}, {end}")
        if last - first > TOLERANCE + first / 20:
            grew.append(f"memory of {name}")
        if end > begin and name not in WORKERS:
            grew.append(f"descriptors of {name}")
    return grew


def run(messages, threads, count):
    arrived, lock = set(), threading.Lock()
    place = Path(house.folder())

    def take(_sender, recipients, _data):
        with lock:
            arrived.update(recipients)
    with QuickSink(take) as sink:
        gateway = house.Gateway([("example.org", [sink.url])], SETTINGS, where=str(place), trusted='"192.0.2.0/24"').start()
        try:
            warm = Senders(gateway.port, max(200, messages // 50), threads)
            for thread in warm.threads:
                thread.join()
            gateway.wait_empty(120)
            time.sleep(2)
            rest, samples, began = [sample(gateway)], [], time.monotonic()
            senders = Senders(gateway.port, messages, threads)
            pause = 0.5
            while senders.busy():
                time.sleep(pause)
                samples.append(sample(gateway))
                if len(samples) == 2 * count:            # half of them, twice as far apart
                    samples, pause = samples[::2], pause * 2
            taken = time.monotonic() - began
            gateway.wait_empty(300)
            time.sleep(3)
            rest.append(sample(gateway))
            gateway.stop()
            time.sleep(0.5)
        finally:
            gateway.stop()
    print(f"{senders.accepted} messages accepted in {taken:.0f} s ({senders.accepted / taken:.0f} a second), "
          f"{senders.failed} not, {len(samples)} samples")
    wrong = judge(samples, rest)
    sent = max(senders.recipients, warm.recipients)      # both use the same numbers
    if len(arrived) != sent:
        wrong.append(f"{sent} recipients were accepted, {len(arrived)} arrived")
    if senders.failed:
        wrong.append(f"{senders.failed} messages were not accepted")
    shutil.rmtree(place, ignore_errors=True)
    return wrong


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--messages", type=int, default=200000)
    words.add_argument("--threads", type=int, default=8)
    words.add_argument("--samples", type=int, default=60)
    given = words.parse_args()
    wrong = run(given.messages, given.threads, given.samples)
    for line in wrong:
        print(f"GROWS OR LOSES: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
