#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kills.py — SIGKILL of a random process of the gateway, again and again, while messages go through.

usage: kills.py [--messages N] [--rate N] [--threads N] [--seed N] [--pause-least S] [--pause-most S]

Several senders deliver N messages, each to one, two or three recipients. Every attempt carries a token of its own,
so a message that was answered with 250 is known by its token; what failed is sent again under another. Meanwhile a
random process is killed every 0.1 to 0.3 seconds: the supervisor too, which this script starts again, as an init
would. Then the kills stop and the queue drains. The rate is that of a busy site: at full speed there would be few
kills, and this script, not the gateway, would be the slowest part between a delivery and its answer.

Exit status 0: every acknowledged recipient has the message, whole, or it lies whole in the quarantine; at most five
in a thousand were delivered twice (none or one on a machine that has time); nothing was delivered that the scanner had
not seen; it listened again in time.
"""
import argparse
import collections
import hashlib
import json
import multiprocessing
import os
import random
import re
import shutil
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "journeys"))

import house                                             # noqa: E402
import machine                                           # noqa: E402
from client import Client, letter, token                 # noqa: E402
from scanner import CLEAN, Scanner                       # noqa: E402

DUPLICATES = 5 * 0.001       # of the accepted: one in a thousand, with slack for a machine that is busy or syncs slowly
LISTENING = 10.0             # seconds
DRAINING = 90.0
LEAVING = 50.0               # a process may take ten seconds to finish what it began
QUICK = 'queue { retry_least = "1s"  retry_most = "2s"  reserve = "1M" }\n'
TOKEN = re.compile(rb"^X-Token: ([0-9a-f]{32})\r\n", re.M)


def digest(data):
    """Of what was sent: the trace above the first header of ours is left out."""
    return hashlib.sha256(data[data.index(b"From: Anna"):]).digest()


class Book:
    """Who sent what, what arrived where, what the scanner saw."""

    def __init__(self):
        self.lock = threading.Lock()
        self.digests = {}                                # token -> digest, of every attempt
        self.accepted = set()                            # (token, recipient)
        self.rejected = 0
        self.errors = 0
        self.arrived = collections.Counter()             # (token, recipient)
        self.damaged = []
        self.scanned = set()

    def take(self, _sender, recipients, data):
        found = TOKEN.search(data)
        name = found and found.group(1).decode()
        with self.lock:
            if not name or self.digests.get(name) != digest(data):
                self.damaged.append(data)
            else:
                self.arrived.update((name, recipient) for recipient in recipients)

    def scan(self, data):
        found = TOKEN.search(data)
        if found:
            self.scanned.add(found.group(1).decode())
        return CLEAN


class QuickSink:
    """A next hop that is a process of its own and answers at once: what lies between its having a message and the
    gateway's reading so is the only time in which a kill may make a duplicate, and shall be the gateway's, not ours."""

    def __init__(self, take):
        self.take, self.port = take, house.free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.came = multiprocessing.SimpleQueue()
        self.process = multiprocessing.Process(target=self._serve, daemon=True)
        self.thread = threading.Thread(target=self._collect, daemon=True)

    def __enter__(self):
        self.process.start()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join(10)

    def _serve(self):
        if os.geteuid() == 0:
            os.nice(-10)
        waiting = collections.deque()
        house.Sink(port=self.port, keep=False, seen=lambda *letter: waiting.append(letter))
        while True:
            time.sleep(0.02)
            while waiting:
                self.came.put(waiting.popleft())

    def _collect(self):
        while True:
            self.take(*self.came.get())


class Senders:
    """They share the numbers 0 to N - 1; each number is tried until it was accepted."""

    def __init__(self, book, port, messages, threads, rate):
        self.book, self.port, self.rate = book, port, rate
        self.numbers = iter(range(messages))
        self.threads = [threading.Thread(target=self._send_many, daemon=True) for _ in range(threads)]

    def start(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()

    def busy(self):
        return any(thread.is_alive() for thread in self.threads)

    def _next(self):
        with self.book.lock:
            number = next(self.numbers, None)
        if number is not None:
            time.sleep(max(0.0, self.began + number / self.rate - time.monotonic()))
        return number

    def _send_many(self):
        client = None
        while (number := self._next()) is not None:
            while True:
                client, done = self._attempt(client, number)
                if done:
                    break
                self.book.errors += 1
                time.sleep(0.02)
        if client:
            client.close()

    def _attempt(self, client, number):
        """(the connection if it still stands, whether the message was accepted)"""
        recipients = [f"r{number}.{i}@example.org" for i in range(1 + number % 7 // 5 + number % 11 // 10)]
        name = token()
        data = letter(f"number {number}", f"{name}\r\n" + f".line {number}\r\n" * (number % 300), headers=f"X-Token: {name}\r\n")
        self.book.digests[name] = digest(data)
        try:
            client = client or Client(self.port, timeout=30)
            reply = client.mail("anna@example.net", recipients, data)
        except (OSError, ValueError):
            if client:
                client.close()
            return None, False
        if reply.startswith("250"):
            with self.book.lock:
                self.book.accepted.update((name, recipient) for recipient in recipients)
            return client, True
        self.book.rejected += len(recipients) if reply.startswith("5") else 0
        client.close()
        return None, False


class Watch(threading.Thread):
    """How long nobody greeted, at most."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.longest, self.over = port, 0.0, False

    def run(self):
        last = time.monotonic()
        while not self.over:
            if machine.greets(self.port, patience=LISTENING):
                now = time.monotonic()
                self.longest, last = max(self.longest, now - last), now
            time.sleep(0.01)


class Killer:
    def __init__(self, gateway, chance, least, most):
        self.gateway, self.chance, self.least, self.most = gateway, chance, least, most
        self.kills, self.sessions = collections.Counter(), []

    def start(self):
        self.gateway.begin()
        self.sessions.append(self.gateway.process.pid)

    def members(self):
        return [pid for session in self.sessions for pid in machine.session_members(session)]

    def strays(self):
        """Names of processes whose supervisor is gone, and where in the kernel each of them waits."""
        return [f"{machine.process_name(pid)} ({machine.waits_in(pid)})"
                for session in self.sessions[:-1] for pid in machine.session_members(session)]

    def kill_one(self):
        """The supervisor in one of ten, so that the others live long enough to be killed at work."""
        supervisor = self.gateway.process.pid
        others = [pid for pid in self.members() if pid != supervisor]
        victim = supervisor if not others or self.chance.random() < 0.1 else self.chance.choice(others)
        name = machine.process_name(victim)
        if not machine.kill(victim):
            return
        self.kills[name] += 1
        if victim == supervisor:
            self.gateway.process.wait(10)
            self.start()

    def kill_while(self, busy, limit):
        end = time.monotonic() + limit
        while busy() and time.monotonic() < end:
            time.sleep(self.chance.uniform(self.least, self.most))
            self.kill_one()
        return not busy()


def settle(gateway, killer, watch):
    """The kills are over: everything comes back by itself, and the queue drains."""
    gateway.wait_ready(LISTENING)
    watch.over = True

    def whole():
        return all(one["state"] == "running" for one in rows(gateway, "processes")[0]["processes"])
    house.wait_for(whole, 60, "all processes running")
    gateway.text("queue", "flush")
    house.wait_for(lambda: rows(gateway, "queue", "ledger")[0]["queued"] == 0, DRAINING, "an empty queue")
    end = time.monotonic() + LEAVING
    while strays := killer.strays():
        assert time.monotonic() < end, f"children of killed supervisors live on: {strays}"
        time.sleep(0.1)


def rows(gateway, *words):
    return [json.loads(line) for line in gateway.text(*words, "--json").splitlines()]


def quarantined(gateway, book):
    found = set()
    for row in rows(gateway, "quarantine", "list"):
        data = gateway.command("quarantine", "show", row["id"], "--bytes").stdout
        name = TOKEN.search(data).group(1).decode()
        assert book.digests.get(name) == digest(data), f"damaged in the quarantine: {row}"
        found.update((name, recipient) for recipient in row["recipients"])
    return found


def verdict(book, apart, ledger, watch):
    """Prints the sums; returns what is wrong with them."""
    lost = book.accepted - set(book.arrived) - apart
    twice = sum(count - 1 for count in book.arrived.values()) + len(set(book.arrived) & apart)
    unscanned = [pair for pair in book.arrived if pair[0] not in book.scanned]
    print(f"accepted {len(book.accepted)}, delivered {len(book.accepted & set(book.arrived))}, "
          f"quarantined {len(book.accepted & apart)}, rejected {book.rejected}, lost {len(lost)}, "
          f"duplicate {twice}, unscanned {len(unscanned)}")
    print(f"delivered though not acknowledged {len(set(book.arrived) - book.accepted)}, damaged {len(book.damaged)}, "
          f"attempts that failed {book.errors}, listening again after {watch.longest:.2f} s at most")
    print(f"ledger {ledger}")
    checks = [
        (not lost, f"lost: {sorted(lost)[:5]}"),
        (not book.damaged, "messages arrived that nobody sent"),
        (not unscanned, f"unscanned: {unscanned[:5]}"),
        (twice <= DUPLICATES * len(book.accepted), f"{twice} duplicates"),
        (watch.longest <= LISTENING, f"nobody listened for {watch.longest:.1f} s"),
        (ledger["delivered"] == len(book.arrived), "the ledger's deliveries are not those that arrived"),
        (ledger["quarantined"] == len(apart), "the ledger's quarantine is not the quarantine"),
        (ledger["accepted"] == len(set(book.arrived) | apart), "the ledger does not close"),
    ]
    return [wrong for good, wrong in checks if not good]


def run(messages, rate, threads, seed, least, most):
    book, place = Book(), Path(house.folder())
    scanner, sink = Scanner(place / "scanner", book.scan), QuickSink(book.take)
    gateway = house.Gateway([("example.org", [sink.url])], QUICK + scanner.section, where=str(place), trusted='"192.0.2.0/24"')
    killer, watch = Killer(gateway, random.Random(seed), least, most), Watch(gateway.port)
    senders = Senders(book, gateway.port, messages, threads, rate)
    print(f"{messages} messages, {rate} a second, {threads} senders, seed {seed}")
    began = time.monotonic()
    try:
        with sink, scanner:
            killer.start()
            gateway.wait_ready()
            watch.start()
            senders.start()
            in_time = killer.kill_while(senders.busy, 60 + 3 * messages / rate)
            taken = time.monotonic() - began
            settle(gateway, killer, watch)
            ledger, apart = rows(gateway, "queue", "ledger")[0], quarantined(gateway, book)
            gateway.stop()
            time.sleep(0.2)                              # the sink's last words
    except BaseException:
        print(gateway.log_text(), file=sys.stderr)
        raise
    finally:
        for session in killer.sessions:
            machine.end_session(session)
    print(f"kills {sum(killer.kills.values())} in {taken:.1f} s: " + ", ".join(f"{n} {c}" for n, c in sorted(killer.kills.items())))
    wrong = verdict(book, apart, ledger, watch) + ([] if in_time else ["the senders did not come to their end"])
    if wrong:
        print(f"the gateway's folder is {place}")
    else:
        shutil.rmtree(place)
    return wrong


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--messages", type=int, default=2000)
    words.add_argument("--rate", type=float, default=120, help="messages a second at most")
    words.add_argument("--threads", type=int, default=8)
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    words.add_argument("--pause-least", type=float, default=0.1)
    words.add_argument("--pause-most", type=float, default=0.3)
    given = words.parse_args()
    if not os.access(house.POSTERN, os.X_OK):
        sys.exit(f"no gateway is built in {house.BUILD} (POSTERN_BUILD names another folder)")
    wrong = run(given.messages, given.rate, given.threads, given.seed, given.pause_least, given.pause_most)
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
