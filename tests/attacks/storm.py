# SPDX-License-Identifier: Apache-2.0
"""storm.py [--rate N] [--seconds N] — so many connections a second that come and go, each from one of 250 addresses, while a
good client sends mail. A third says nothing, a third hangs up in the middle of its hello, a third resets. It fails where good
mail waits for long, and where there was no storm: less than a fifth of the rate."""
import argparse
import contextlib
import selectors
import socket
import struct
import sys
import threading
import time

import slow

ADDRESSES, OPEN_MOST, LEAST, RESET = 250, 1000, 1 / 5, struct.pack("ii", 1, 0)


class Storm:
    """As fast as the rate says, or as the machine can; never more than OPEN_MOST at a time. `count` connections were begun,
    `failed` could not be."""

    def __init__(self, port, rate):
        self.port, self.rate, self.count, self.failed, self.refused, self.stopped = port, rate, 0, 0, 0, False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        begin, held = time.monotonic(), set()
        with selectors.DefaultSelector() as selector:
            while not self.stopped:
                due = min(int((time.monotonic() - begin) * self.rate) - self.count, OPEN_MOST - len(held))
                for _ in range(max(due, 0)):
                    sock = self.open()
                    if sock is None:
                        break
                    selector.register(sock, selectors.EVENT_READ)
                    held.add(sock)
                for key, _ in selector.select(0.002):
                    selector.unregister(key.fileobj)
                    held.discard(key.fileobj)
                    self.end(key.fileobj)
            for one in held:
                one.close()

    def open(self):
        sock = None
        try:
            sock = socket.socket()
            sock.setblocking(False)
            sock.bind((f"127.0.5.{1 + (self.count + self.failed) % ADDRESSES}", 0))
            with contextlib.suppress(BlockingIOError):
                sock.connect(("127.0.0.1", self.port))
        except OSError:
            self.failed += 1
            if sock:
                sock.close()
            return None
        self.count += 1
        return sock

    def end(self, sock):
        """What comes first is a greeting, or why there is none."""
        with contextlib.suppress(OSError):
            self.refused += not sock.recv(1000).startswith(b"220")
            if self.count % 3 == 0:
                sock.send(b"EHLO x")
            elif self.count % 3 == 1:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.close()

    def stop(self):
        self.stopped = True
        self.thread.join()


def measure(gateway, rate, seconds):
    slow.good_mail(gateway)
    before = slow.descriptors(gateway)
    storm, waits, begin = Storm(gateway.port, rate), [], time.monotonic()
    try:
        while time.monotonic() < begin + seconds:
            waits.append(slow.good_mail(gateway))
    finally:
        took, alive, count = time.monotonic() - begin, storm.thread.is_alive(), storm.count
        storm.stop()
    assert alive, "the storm ended too early"
    slow.house.wait_for(lambda: slow.descriptors(gateway) <= before + 2, 30, "descriptors to be given back")
    return {"rate": count / took, "failed": storm.failed, "refused": storm.refused, "mails": len(waits), "p50_s": slow.percentile(waits, 0.5),
            "p99_s": slow.percentile(waits, 0.99), "memory": slow.memory(gateway)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--patience", type=float, default=2, help="seconds for 99 of 100 good mails")
    options = parser.parse_args()
    slow.raise_limit(OPEN_MOST)
    sink = slow.house.Sink(keep=False)
    gateway = slow.house.Gateway([("example.org", [sink.url])], "front { processes = 2 }", trusted='"192.0.2.0/24"').start()
    try:
        got = measure(gateway, options.rate, options.seconds)
    finally:
        gateway.stop()
        sink.stop()
    print(f"{got['rate']:,.0f} connections a second, {got['refused']} refused, {got['failed']} not begun; {got['mails']} good mails, "
          f"p50 {got['p50_s'] * 1000:.0f} ms, p99 {got['p99_s'] * 1000:.0f} ms; {got['memory'] / (1 << 20):.0f} MiB")
    return got["p99_s"] > options.patience or got["rate"] < options.rate * LEAST


if __name__ == "__main__":
    sys.exit(main())
