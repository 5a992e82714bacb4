# SPDX-License-Identifier: Apache-2.0
"""Next hops that mean harm, in every stage of a conversation: each does its deed once, and is a good server afterwards.
Nothing counts as delivered that was not, nobody is told of a failure, and in the end each has its message."""
import contextlib
import socket
import struct
import threading
import time

import pytest

import house
from client import TRUSTED, Client, letter
from house import Sink, wait_for

GOOD = {"greeting": "220 hop", "EHLO": "250 hop", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", "dot": "250 kept",
        "HELO": "250 hop", "STARTTLS": "220 go", "BDAT": "250 chunk", "LAST": "250 kept", "XFORWARD": "250 ok"}
# What brings a client to the stages that are not in every conversation.
OFFERS = {"BDAT": "CHUNKING", "LAST": "CHUNKING", "STARTTLS": "STARTTLS", "XFORWARD": "XFORWARD NAME ADDR HELO PROTO"}
ENDLESS = 20 << 20                         # bytes that we offer; the relay takes what it takes


class Leave(Exception):
    """The deed ends the connection."""


def pour(sock, piece):
    with contextlib.suppress(OSError):
        for _ in range(ENDLESS // len(piece)):
            sock.sendall(piece)
    raise Leave


def reset(sock, _good):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Leave


def leave(_sock, _good):
    raise Leave


def say(text):
    def deed(sock, good):
        sock.sendall(text(good) if callable(text) else text)
        with contextlib.suppress(OSError):
            sock.recv(1)                   # whatever it says or does
        raise Leave
    return deed


def drip(sock, good):
    """Byte by byte, and never a whole reply."""
    for byte in good[:3].encode() + b"-" + b"x" * 30:
        sock.sendall(bytes([byte]))
        time.sleep(0.1)
    raise Leave


DEEDS = {
    "reset": reset, "end": leave, "silence": lambda sock, good: (time.sleep(4), leave(sock, good)), "drip": drip,
    "endless lines": lambda sock, good: pour(sock, good[:3].encode() + b"-and more\r\n" * 100),
    "an endless line": lambda sock, good: pour(sock, good[:3].encode() + b"-" + b"x" * 65536),
    "half a reply": say(lambda good: good[:2].encode()), "a digit": say(b"2\r\n"), "nothing but line ends": say(b"\r\n\r\n\r\n"),
    "zero bytes": say(lambda good: b"\0" + good.encode() + b"\r\n\0\0"), "another protocol": say(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"),
    "early replies": say(lambda good: b"".join(one.encode() + b"\r\n" for one in [good, *GOOD.values(), *["250 ok"] * 20])),
    "two codes": say(lambda good: good[:3].encode() + b"-a\r\n" + b"299 b\r\n"), "a code of no class": say(b"999 x\r\n"),
    "goodbye": say(b"421 4.3.2 not now\r\n"), "not now": say(lambda good: b"451 4.3.0 not now\r\n"),
}


class Harm:
    """One listener; `done` counts its deeds, and `letters` what it took as a good server."""

    def __init__(self, stage, deed):
        self.stage, self.deed, self.done, self.letters = stage, deed, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        with contextlib.suppress(OSError, Leave), sock:
            sock.settimeout(20)
            self.talk(sock)

    def answer(self, sock, stage):
        if stage == self.stage and self.done == 0:
            self.done += 1
            DEEDS[self.deed](sock, GOOD[stage])
        if stage == "EHLO" and self.stage == "HELO":
            sock.sendall(b"502 what?\r\n")
        elif stage == "EHLO" and self.stage in OFFERS and not (self.stage == "STARTTLS" and self.done):
            sock.sendall(f"250-hop\r\n250 {OFFERS[self.stage]}\r\n".encode())
        else:
            sock.sendall(GOOD[stage].encode() + b"\r\n")

    def talk(self, sock):
        file, chunks = sock.makefile("rb"), b""
        self.answer(sock, "greeting")
        while line := file.readline(4096):
            verb = line.split()[0].upper().decode("ascii", "replace") if line.strip() else ""
            if verb == "DATA":
                self.answer(sock, "DATA")
                data = Sink.read_data(file)
                if data is None:
                    return
                self.answer(sock, "dot")
                self.letters.append(data)
            elif verb == "BDAT":
                last = line.split()[2:] == [b"LAST"]
                chunks += file.read(int(line.split()[1]))
                self.answer(sock, "LAST" if last else "BDAT")
                if last:
                    self.letters.append(chunks)
            elif verb == "QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            elif verb in GOOD:
                self.answer(sock, verb)
            else:
                sock.sendall(b"250 ok\r\n")

    def stop(self):
        self.listener.close()


@pytest.mark.parametrize("stages", [("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"), ("HELO", "STARTTLS", "XFORWARD"),
                                    ("BDAT", "LAST")], ids=["DATA", "before it", "BDAT"])
def test_every_deed_in_every_stage(started, sink, stages):
    # A 250 to the last byte is what counts, whatever comes behind it; a refusal of STARTTLS or XFORWARD does no harm.
    cases = [(stage, deed) for stage in stages for deed in DEEDS
             if (stage, deed) not in [("dot", "early replies"), ("LAST", "early replies"), ("STARTTLS", "not now"), ("XFORWARD", "not now")]]
    hops = {f"d{i}.example": started(Harm(*case)) for i, case in enumerate(cases)}
    long = b"a line of a long message\r\n" * (6000 if "BDAT" in stages else 1)
    targets = "".join(f'target "{hop.url}" {{ check = 1s  client = {"xforward" if hop.stage == "XFORWARD" else "none"} }}\n'
                      for hop in hops.values())
    mx = started(house.Gateway([*((domain, [hop.url]) for domain, hop in hops.items()), ("example.org", [sink.url])],
                               targets + 'queue { retry_least = "1s" retry_most = "2s" }\n'
                               "relay { greeting_timeout = 2s  command_timeout = 2s  data_timeout = 2s  final_timeout = 2s  idle = 1s }",
                               trusted=f'"{TRUSTED}/32"'))
    relay = next(pid for pid, name in mx.children().items() if name == "relay")
    before, most = house.pss(relay), 0
    with Client(mx.port, TRUSTED) as client:
        for domain in hops:
            assert client.mail("anna@example.org", f"berta@{domain}", letter(f"for {domain}") + long).startswith("250")

    def left():
        nonlocal most
        most = max(most, house.pss(relay))
        return [(hop.stage, hop.deed) for hop in hops.values() if not (hop.done and hop.letters)]
    wait_for(lambda: not left(), 90, "mail for each of them")
    mx.wait_empty()
    for domain, hop in hops.items():
        assert all(f"Subject: for {domain}".encode() in data for data in hop.letters), (hop.stage, hop.deed)
    assert sink.letters == [], "nobody is told of a failure"
    assert relay in mx.children(), "the relay is still the same"
    print(f"{len(hops)} hostile hops; the relay's memory grew by {(most - before) >> 10} KiB at most")
    assert most - before < 64 << 20
