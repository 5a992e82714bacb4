# SPDX-License-Identifier: Apache-2.0
"""load.py — smtp-source on one side, smtp-sink on the other, and the clock between: a run ends when the sink has
counted the last message, not when the server has said 250 to it."""
import os
import re
import socket
import subprocess
import time

COUNTED = re.compile(rb"mesg=(\d+)")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Sink:
    def __init__(self, folder, name, group):
        self.port, self.file = free_port(), f"{folder}/sink-{name}"
        with open(self.file, "wb") as out:
            self.process = subprocess.Popen(["smtp-sink", "-u", "nobody", "-c", "-h", "sink.example.net", "-m", "500", f"127.0.0.1:{self.port}", "1024"],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, preexec_fn=group.enter)

    def count(self):
        with open(self.file, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 200))
            found = COUNTED.findall(file.read())
        return int(found[-1]) if found else 0

    def end(self):
        self.process.terminate()
        self.process.wait()


def wait_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as sock:
                sock.settimeout(5)
                if sock.recv(4).startswith(b"220"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"nobody greets on port {port}")


class Source:
    def __init__(self, group):
        self.group = group

    def send(self, port, sink, cell, most):
        """Seconds until the sink has all of it; None when it did not come in time."""
        goal = sink.count() + cell.messages
        begin = time.monotonic()
        words = ["smtp-source", "-s", cell.sessions, "-m", cell.messages, "-l", cell.size, "-f", "sender@example.net",
                 "-t", "recipient@example.org", f"127.0.0.1:{port}"]
        source = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, preexec_fn=self.group.enter)
        try:
            while sink.count() < goal:
                if time.monotonic() - begin > most or source.poll() not in (None, 0):
                    return None, (source.stderr.read().decode(errors="replace") if source.poll() else "not delivered in time")
                time.sleep(0.005)
            return time.monotonic() - begin, ""
        finally:
            try:
                source.wait(3)
            except subprocess.TimeoutExpired:        # it still waits for an answer: the run is told of by the sink
                source.kill()
                source.wait()
