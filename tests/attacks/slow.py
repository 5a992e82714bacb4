# SPDX-License-Identifier: Apache-2.0
"""slow.py [--connections N] [--phases a,b] — thousands of clients that send a byte now and then, in each phase of a
session, while a good one sends mail: how long it waits, and what the fronts need for the others.

They come from 250 addresses of loopback, so each stays within the share of one client. test_slow.py runs a small number.
"""
import argparse
import os
import resource
import selectors
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "journeys"))
import certificates  # noqa: E402
import house  # noqa: E402
from client import Client, letter  # noqa: E402

ADDRESSES, PACE, PATIENCE, AT_ONCE = 250, 10, 60, 200
GOOD = "127.0.9.9"
ENVELOPE = [b"EHLO slow.example.net\r\n", b"MAIL FROM:<slow@example.net>\r\n", b"RCPT TO:<b@example.org>\r\n"]
HEAD = b"Subject: slow\r\n\r\n"

# What is said, each answered, before it becomes slow; the bytes that come then, one by one; whether TLS is on by then.
PHASES = {
    "greeting": ([], b"", False),
    "proxy": (None, b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 25", False),
    "hello": ([], b"EHLO slow.example.net", False),
    "line": ([ENVELOPE[0]], b"MAIL FROM:<slow@example.net>" + b" " * 100, False),
    "data": ([*ENVELOPE, b"DATA\r\n"], HEAD + b"x" * 1000, False),
    "chunk": (ENVELOPE, b"BDAT 10000 LAST\r\n" + HEAD + b"x" * 1000, False),
    "handshake": ([ENVELOPE[0], b"STARTTLS\r\n"], None, False),
    "inside": ([ENVELOPE[0]], b"\x17\x03\x03\x40\x00" + b"x" * 1000, True),
    "inside data": ([*ENVELOPE, b"DATA\r\n"], b"\x17\x03\x03\x40\x00" + b"x" * 1000, True),
}
MOST = {False: 256 << 20, True: 1 << 30}              # bytes of all fronts


def hello_bytes(context):
    """The first message of a handshake."""
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = context.wrap_bio(coming, going, server_hostname="mx.example.org")
    try:
        inside.do_handshake()
    except ssl.SSLWantReadError:
        return going.read()
    raise AssertionError("a handshake without a server")


def gateway_for_slow(started, deliver, authority, connections=9000, processes=3, patience="10s", proxy=False):
    extra = (authority.section("mx.example.org") + f'front {{ processes = {processes}  connections = {connections}  crowd_patience = "{patience}" network_handshakes_per_minute = 0 }}\n'
             'queue { retry_least = "1s" retry_most = "2s" }\n')
    gateway = house.Gateway([("example.org", [deliver])], extra, trusted='"192.0.2.0/24"')
    gateway.proxied = house.free_port()
    if proxy:
        with open(gateway.conf, "a", encoding="utf-8") as out:
            out.write(f'listen "proxied" {{ address = {{"127.0.0.1:{gateway.proxied}"}} proxy_from = {{"127.0.0.0/8"}} }}\n')
    started(gateway)
    house.wait_for(lambda: "tls-ready" in gateway.log_text(), 20, "TLS")
    return gateway


def fronts(gateway):
    return [pid for pid, name in gateway.children().items() if name == "front"]


def memory(gateway):
    """Resident bytes of all fronts, what they share with others divided among them."""
    return sum(house.pss(pid) for pid in fronts(gateway))


def descriptors(gateway):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in fronts(gateway))


class Slow:
    """One of them; its steps are taken by Crowd, as replies come."""

    def __init__(self, number, port, phase, context, hello):
        lines, drops, self.secured = PHASES[phase]
        self.words, self.heard, self.inside, self.state = list(lines or []), b"", None, "opening"
        self.drops, self.dropped, self.context = hello if drops is None else drops, 0, context
        self.ready = lines is None
        if self.secured:
            self.after, self.words = self.words, [ENVELOPE[0], b"STARTTLS\r\n"]
        self.sock = socket.socket()
        self.sock.bind((f"127.0.3.{1 + number % ADDRESSES}", 0))
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)

    def whole(self):
        lines = self.heard.split(b"\r\n")
        return self.heard.endswith(b"\r\n") and lines[-2][3:4] == b" "

    def listen(self):
        """A whole reply has come: the next word. True when it may become slow."""
        try:
            piece = self.sock.recv(16384)
        except BlockingIOError:
            return self.ready
        assert piece, f"closed while {self.state}: {self.heard}"
        if self.inside and not self.shaken():
            self.shake(piece)
            return self.ready
        self.heard += self.unseal(piece) if self.inside else piece
        if self.whole():
            assert self.heard[:1] in b"23", self.heard
            self.heard = b""
            self.speak()
        return self.ready

    def speak(self):
        if self.words:
            self.send(self.words.pop(0))
        elif self.secured and self.inside is None:
            self.coming, self.going = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.inside, self.done = self.context.wrap_bio(self.coming, self.going, server_hostname="mx.example.org"), False
            self.shake(b"")
        else:
            self.ready, self.inside = True, None

    def shaken(self):
        return self.done

    def shake(self, piece):
        self.coming.write(piece)
        try:
            self.inside.do_handshake()
            self.done, self.words = True, self.after
        except ssl.SSLWantReadError:
            pass
        self.sock.sendall(self.going.read())
        if self.done:
            self.speak()

    def send(self, text):
        if self.inside:
            self.inside.write(text)
            text = self.going.read()
        self.sock.sendall(text)

    def unseal(self, piece):
        self.coming.write(piece)
        try:
            return self.inside.read()
        except ssl.SSLWantReadError:
            return b""

    def drop(self):
        """One byte more. False: it was sent away, with a last line or without."""
        try:
            self.sock.send(self.drops[self.dropped:self.dropped + 1])
            self.dropped += self.dropped + 1 < len(self.drops)
            self.sock.recv(1)
            return False
        except BlockingIOError:
            return True
        except OSError:
            return False


class Crowd:
    def __init__(self, gateway, phase, count, authority):
        self.members, self.gone, self.next = [], 0, 0
        context = authority.context()
        port = gateway.proxied if PHASES[phase][0] is None else gateway.port
        hello = hello_bytes(context)
        for start in range(0, count, AT_ONCE):
            fresh = [Slow(number, port, phase, context, hello) for number in range(start, min(start + AT_ONCE, count))]
            self.lead(fresh)
            self.members += fresh

    @staticmethod
    def lead(members):
        """Each to where it is to be slow."""
        with selectors.DefaultSelector() as selector:
            left = set()
            for one in members:
                if not one.ready:
                    selector.register(one.sock, selectors.EVENT_READ, one)
                    left.add(one)
            end = time.monotonic() + PATIENCE
            while left:
                assert time.monotonic() < end, f"{len(left)} were not served in {PATIENCE} s"
                for key, _ in selector.select(1):
                    if key.data.listen():
                        selector.unregister(key.fileobj)
                        left.discard(key.data)

    def dribble(self, share):
        """So many of them send a byte."""
        for _ in range(share):
            one = self.members[self.next % len(self.members)]
            self.next += 1
            if one.sock.fileno() >= 0 and not one.drop():
                one.sock.close()
                self.gone += 1

    def close(self):
        for one in self.members:
            one.sock.close()


def good_mail(gateway):
    """From the first knock to 250: seconds."""
    begin = time.monotonic()
    with Client(gateway.port, source=GOOD) as client:
        reply = client.mail("good@example.net", "b@example.org", letter())
        assert reply.startswith("250"), reply
    return time.monotonic() - begin


def is_sanitized():
    with open(os.path.join(house.BUILD, "libexec", "postern", "front"), "rb") as file:
        return b"__asan_init" in file.read()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(gateway, phase, count, seconds, authority):
    before, held = descriptors(gateway), memory(gateway)
    begin = time.monotonic()
    crowd = Crowd(gateway, phase, count, authority)
    opened = time.monotonic() - begin
    waits, end = [], time.monotonic() + seconds
    tick = time.monotonic()
    while time.monotonic() < end:
        waits.append(good_mail(gateway))
        now = time.monotonic()
        crowd.dribble(int(count * (now - tick) / PACE))
        tick = now
    result = {"phase": phase, "connections": count, "opened_s": opened, "p50_s": percentile(waits, 0.5), "p99_s": percentile(waits, 0.99),
              "mails": len(waits), "memory": memory(gateway), "gone": crowd.gone, "each": (memory(gateway) - held) / count}
    crowd.close()
    house.wait_for(lambda: descriptors(gateway) <= before + 2, 30, f"descriptors to be given back: {before}, {descriptors(gateway)}")
    return result


def raise_limit(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 200) if hard >= count + 200 else count + 200, max(hard, count + 200)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--phases", default=",".join(PHASES))
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--patience", type=float, default=2, help="seconds for 99 of 100 good mails")
    options = parser.parse_args()
    raise_limit(options.connections)
    sink, authority, bad = house.Sink(keep=False), certificates.Authority(), 0
    print("| phase | connections | opened in | good mails | p50 | p99 | memory of the fronts | each | sent away |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for phase in options.phases.split(","):
        begun = []
        gateway = gateway_for_slow(lambda one, begun=begun: begun.append(one) or one.start(), sink.url, authority, proxy=True)
        try:
            got = measure(gateway, phase, options.connections, options.seconds, authority)
        finally:
            gateway.stop()
        print(f"| {phase} | {got['connections']:,} | {got['opened_s']:.1f} s | {got['mails']} | {got['p50_s'] * 1000:.0f} ms | "
              f"{got['p99_s'] * 1000:.0f} ms | {got['memory'] / (1 << 20):.0f} MiB | {got['each']:,.0f} B | {got['gone']} |", flush=True)
        bad += got["p99_s"] > options.patience or got["memory"] > MOST[PHASES[phase][2] or phase == "handshake"]
    sink.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
