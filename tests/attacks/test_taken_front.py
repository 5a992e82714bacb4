# SPDX-License-Identifier: Apache-2.0
"""A front that was taken over: the true jail, the true descriptors, and somebody else's will. It reads no private key and
nobody else's mail, and forges no verdict. taken_front.c does as it is told here; beside it a true front serves clients."""
import base64
import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import struct
import time

import pytest

import certificates
import house
from house import message, send, wait_for

PUPPET = os.path.join(house.BUILD, "tests", "attacks", "taken_front")
POLICY = """
policy "forbidden" { when = "subject ~ '*forbidden*'" do = {"reject"} }
policy "aside"     { when = "subject ~ '*aside*'"     do = {"quarantine"} }
"""
KEPT, REFUSED, LATER = 2, 3, 4                            # queue_says
DEPOSIT, CANCEL = 1, 2                                    # front_says
WIRE_LOST = 5                                             # process_says
TRUSTED, LOCAL, NOTICE, RELEASED = 1, 4, 128, 256         # envelope_flag

pytestmark = [pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl"))),
              pytest.mark.skipif(not os.access(PUPPET, os.X_OK), reason="the test's program was not built")]


class House:
    """A gateway of which the second front is not ours any more."""

    def __init__(self, started, sink):
        self.tree = house.folder()
        os.makedirs(f"{self.tree}/libexec/postern")
        shutil.copy2(house.POSTERN, f"{self.tree}/postern")
        for name in os.listdir(f"{house.BUILD}/libexec/postern"):
            if os.path.isfile(f"{house.BUILD}/libexec/postern/{name}"):
                shutil.copy2(f"{house.BUILD}/libexec/postern/{name}", f"{self.tree}/libexec/postern/{name}")
        shutil.copy2(PUPPET, f"{self.tree}/libexec/postern/front")
        self.sink, self.door, self.serial = sink, house.free_port(), 0
        self.authority = certificates.Authority()
        self.chain, self.key = self.authority.make("mx.example.org")
        extra = (f'queue {{ retry_least = "1s" retry_most = "2s" }}\nfront {{ processes = 2 }}\n'
                 f'certificate "mx.example.org" {{ chain = "{self.chain}"  key = "{self.key}" }}\n'
                 f'listen "taken" {{ address = {{"127.0.0.1:{self.door}"}} }}\n')
        gateway = house.Gateway([("example.org", [sink.url])], extra, policy=house.DEFAULT_POLICY + POLICY, trusted='"192.0.2.0/24"')
        gateway.wait_ready = lambda seconds=20: wait_for(lambda: self.greets(gateway), seconds, "a greeting")
        before, house.POSTERN = house.POSTERN, f"{self.tree}/postern"
        try:
            self.gateway = started(gateway)
        finally:
            house.POSTERN = before
        wait_for(self.is_there, 20, f"the one that was taken over: {gateway.log_text()}")

    @staticmethod
    def greets(gateway):
        return gateway.process.poll() is None and gateway.answers()

    def is_there(self):
        with contextlib.suppress(OSError):
            return all(f"gift 0 {name}" in self.tell("gifts").decode() for name in ("queue", "access", "keys"))
        return False

    def tell(self, line):
        """What it answers; without `done` at its end it has ended."""
        with socket.create_connection(("127.0.0.1", self.door), 60) as sock:
            sock.settimeout(60)
            sock.sendall(line.encode() + b"\n")
            got = b""
            with contextlib.suppress(ConnectionError):
                while piece := sock.recv(1 << 16):
                    got += piece
        return got

    def say(self, wire, kind, exchange=0, payload=b"", cargo="none", ms=400):
        got = self.tell(f"say {wire} {kind} {exchange} {payload.hex()} {cargo} {ms}")
        if b"closed\n" in got:
            self.wait_wire(wire)
        return got

    def deposit(self, data, flags=0, tail=b"", kind="sealed", name=None, ms=5000):
        self.serial += 1
        name = name or f"{self.serial:016d}"
        cargo = f"{kind}:{data.hex()}" if kind in ("sealed", "open") else kind
        got = self.tell(f"deposit {self.serial} {name} b@example.org {flags} {tail.hex()} {cargo} {ms if kind == 'sealed' else 500}")
        if b"closed\n" in got:
            self.wait_wire("queue")
        return got

    def wait_wire(self, wire):
        """The supervisor makes a new one in a while."""
        wait_for(lambda: b"no wire" not in self.tell(f"hear {wire}"), 20, f"a new wire to {wire}")

    def children(self, name):
        return [pid for pid, one in self.gateway.children().items() if one == name]


def kinds(answer):
    return [int(one) for one in re.findall(rb"^frame kind (\d+)$", answer, re.M)]


@pytest.fixture
def taken(started, sink):
    return House(started, sink)


def deliver(taken, subject, token):
    """A message through the front that is true."""
    data = message(subject=subject, body=f"{token}\r\n")
    assert send(taken.gateway, data)[0] == 250
    return data


def slices(*texts):
    return b"".join(struct.pack("<I", len(one)) + one for one in texts)


# ---- private keys ----

def secrets(taken):
    """As it stands in the file, and as a number, in both orders."""
    with open(taken.key, encoding="ascii") as file:
        lines = [line for line in file.read().encode().split() if len(line) > 40]
    text = certificates.openssl("ec", "-in", taken.key, "-text", "-noout")
    secret = bytes.fromhex(re.sub(r"[\s:]", "", text.split("priv:")[1].split("pub:")[0]))[-32:]
    return [*lines, secret, secret[::-1], secret.hex().encode(), secret[::-1].hex().encode()]


def name_of_key(taken):
    """SHA-256 of the SubjectPublicKeyInfo."""
    pem = certificates.openssl("pkey", "-in", taken.key, "-pubout")
    der = base64.b64decode("".join(pem.split("\n")[1:-2]))
    return hashlib.sha256(der).digest()


def test_no_private_key(taken):
    needles = secrets(taken)
    heard = taken.tell("descriptors")
    assert b"BEGIN CERTIFICATE" in heard, "what it may see is seen"
    key, digest = name_of_key(taken), b"\x11" * 32
    good = taken.say("keys", 1, 1, struct.pack("<I", 0x0403) + slices(key, digest))
    assert kinds(good)[-1:] == [2], f"a signature is given to it while it lasts: {good}"
    heard += good
    for about, payload in {
        "another digest's length": struct.pack("<I", 0x0403) + slices(key, b"\x11" * 31),
        "no digest at all": struct.pack("<I", 0x0403) + slices(key, b""),
        "a scheme of another kind of key": struct.pack("<I", 0x0804) + slices(key, digest),
        "a scheme that there is not: decryption": struct.pack("<I", 0x0001) + slices(key, digest),
        "a key that there is not": struct.pack("<I", 0x0403) + slices(b"\0" * 32, digest),
    }.items():
        got = taken.say("keys", 1, 2, payload)
        assert 2 not in kinds(got), (about, got)
        heard += got
    for kind in (0, 2, 4):
        got = taken.say("keys", kind, 3, slices(key))
        assert b"closed" in got and 2 not in kinds(got), (kind, got)
        heard += got
    for needle in needles:
        assert needle not in heard
    assert certificates.shown(taken.gateway.port, "mx.example.org")[0], "who signs is well"


# ---- others' mail ----

def test_no_mail_of_others(taken):
    """One message lies in the queue, one is being judged, one is being sent."""
    taken.sink.answers["DATA"] = "451 4.3.0 later"
    kept, judged, coming = (f"canary-{os.urandom(12).hex()}" for _ in range(3))
    first = deliver(taken, "kept", kept)
    (name,) = wait_for(taken.gateway.queue_ids, 20, "a message in the queue")
    client = taken.gateway.client()
    client.ehlo()
    for line in ("MAIL FROM:<a@example.net>", "RCPT TO:<b@example.org>", "DATA"):
        client.docmd(line)
    client.send(message(subject="coming", body=coming + "\r\n"))
    inspectors = taken.children("inspect")
    for pid in inspectors:
        os.kill(pid, signal.SIGSTOP)
    try:
        other = taken.gateway.client()
        other.ehlo()
        for line in ("MAIL FROM:<a@example.net>", "RCPT TO:<b@example.org>", "DATA"):
            other.docmd(line)
        other.send(message(subject="judged", body=judged + "\r\n") + b"\r\n.\r\n")
        time.sleep(0.3)
        heard = taken.tell("descriptors")
        for serial in range(1, 20):                      # exchanges that the true front may have given out
            got = taken.say("queue", CANCEL, serial << 16, ms=0)
            assert b"closed" not in got, "to take back what one has not got is nothing"
            heard += got
    finally:
        for pid in inspectors:
            os.kill(pid, signal.SIGCONT)
    assert other.getreply()[0] == 250, "nobody else took it back"
    got = taken.deposit(message(subject="instead"), name=name)
    assert kinds(got)[-1:] == [LATER], f"a name that is taken: {got}"
    heard += got
    for kind in (0, KEPT, 200):
        got = taken.say("queue", kind, 1, slices(name.encode()))
        assert b"closed" in got and not [one for one in kinds(got) if one > 1], (kind, got)
        heard += got
    for kind in (0, 3):
        heard += taken.say("access", kind, 1, slices(b"", b"b@example.org"))
    for word in (kept, judged, coming):
        assert word.encode() not in heard and word.encode().hex().encode() not in heard
    client.send(b"\r\n.\r\n")
    assert client.getreply()[0] == 250
    taken.sink.answers.clear()
    letters = taken.sink.wait(3)
    assert house.without_trace(next(one.data for one in letters if kept.encode() in one.data), first) == first, "it was not touched"
    assert not any(b"instead" in one.data for one in letters)


def test_no_wires_but_its_own(taken):
    """It says of wires that it never had that they are lost."""
    before = taken.tell("gifts")
    for neighbour in ("inspect", "relay", "resolver", "scanners", "front", "supervisor"):
        for instance in (0, 1):
            taken.say("supervisor", WIRE_LOST, 0, slices(neighbour.encode()) + struct.pack("<I", instance))
    time.sleep(4)
    assert taken.tell("gifts") == before
    assert "wire-renewed" not in taken.gateway.log_text()
    deliver(taken, "afterwards", "well")
    taken.sink.wait()


# ---- verdicts ----

def test_no_forged_verdict(taken):
    bad, aside = message(subject="this is forbidden"), message(subject="to be put aside")
    good = taken.deposit(message(subject="hello"))
    assert kinds(good)[-1:] == [KEPT], f"it may bring mail: {good}"
    assert b"cargo changed 0" in good, "what was handed over cannot be changed"
    for flags in (0, TRUSTED, TRUSTED | LOCAL, 1 << 31):
        got = taken.deposit(bad, flags)
        assert kinds(got)[-1:] == [REFUSED], (flags, got)
    field = bytes([200]) + slices(b"a judgement: deliver")
    got = taken.deposit(bad, tail=field)
    assert kinds(got)[-1:] == [REFUSED], f"a field that nobody knows: {got}"
    for about, got in {
        "that it was released, so needs no judgement": taken.deposit(bad, RELEASED),
        "that it is a notice of ours": taken.deposit(bad, NOTICE),
        "a judgement behind the envelope": taken.deposit(bad, tail=b"\x01\x02\x03deliver"),
        "bytes that can be changed afterwards": taken.deposit(message(subject="harmless"), kind="open"),
        "a socket for bytes": taken.deposit(bad, kind="socket"),
        "no bytes": taken.deposit(bad, kind="none"),
    }.items():
        assert b"closed" in got and KEPT not in kinds(got), (about, got)
    assert kinds(taken.deposit(aside))[-1:] == [KEPT]
    wait_for(lambda: len(taken.gateway.queue_ids("quarantine")) == 1, 20, "the quarantine")
    letters = taken.sink.wait()
    time.sleep(1)
    assert [b"hello" in one.data for one in letters] == [True], "what was judged well, and nothing else"


# ---- what the jail does not know ----

def test_calls_that_end_it(taken):
    """The supervisor starts it again; nothing came of it."""
    deliver(taken, "kept", "mail")
    keys = taken.children("keys")[0]
    for number, call in enumerate((f"open {taken.key}", f"open {taken.gateway.spool}", f"open /proc/{keys}/mem", f"memory {keys}", f"trace {keys}",
                                   "socket", "steal")):
        wait_for(taken.is_there, 60, "it to be started again")
        got = taken.tell(f"try {call}")
        assert b"end good" not in got, (call, got)
        if not sanitized():
            assert got == b"", "it has ended"
            wait_for(lambda number=number: taken.gateway.log_text().count("signal=SYS") > number, 10, "a line in the log")
    deliver(taken, "afterwards", "well")


def sanitized():
    with open(PUPPET, "rb") as file:
        return b"__asan_init" in file.read()
