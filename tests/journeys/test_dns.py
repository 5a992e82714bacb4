# SPDX-License-Identifier: Apache-2.0
"""A DNS that is dead in each way, or hostile: nothing is refused for it, and what is remembered or local goes on."""
import base64
import json
import os
import shutil
import struct
import time

import pytest

import house
from client import STRANGER, TRUSTED, Client, letter
from house import wait_for
from nameserver import CNAME, CUT, MX, TXT, A, NameServer, name, row

MANY = 60


@pytest.fixture
def names(started):
    return started(NameServer({("mail.example.org", A): ["127.0.0.1"], ("late.example.net", A): ["127.0.0.1"],
                               ("call.example.net", A): ["127.0.0.1"]}))


@pytest.fixture
def gateway(started, sink, quick, names):
    mx = house.Gateway([("example.org", [f"smtp://mail.example.org:{sink.port}"]), ("local.example", [sink.url]),
                        ("late.example", [f"smtp://late.example.net:{sink.port}"])], f"{quick}\n{names.section}\n",
                       trusted=f'"{TRUSTED}/32"')
    mx.extra += f'domain "call.example" {{ deliver = "smtp://call.example.net:{sink.port}" recipients = callout }}'
    mx.write()
    return started(mx)


def queued(gateway):
    return [r for line in gateway.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]


def send(gateway, recipient, subject="a letter"):
    """How long the slowest reply took; all of them are 250."""
    slowest = 0.0
    with Client(gateway.port, TRUSTED) as client:
        for line in ("MAIL FROM:<anna@example.org>", f"RCPT TO:<{recipient}>", "DATA"):
            begun = time.monotonic()
            reply = client.say(line)
            slowest = max(slowest, time.monotonic() - begun)
            assert reply[:3] in ("250", "354"), reply
        client.send(letter(subject) + b".\r\n")
        begun = time.monotonic()
        assert client.reply().startswith("250")
        return max(slowest, time.monotonic() - begun)


def many(gateway, sink, what):
    """MANY messages, half by a name that is remembered and half local, until the last one is there; and the slowest reply."""
    before, begun = len(sink.letters), time.monotonic()
    slowest = max(send(gateway, ("berta@example.org", "carl@local.example")[i % 2], f"{what} {i}") for i in range(MANY))
    wait_for(lambda: len(sink.letters) == before + MANY, 60, f"{what}: all of them: {gateway.log_text()}")
    return time.monotonic() - begun, slowest


@pytest.mark.parametrize("mode", ["silent", "failed", "refused", "cut"])
def test_a_dead_dns(gateway, sink, names, mode):
    send(gateway, "berta@example.org")
    sink.wait(1)
    alive, _ = many(gateway, sink, "alive")
    names.mode = mode
    slowest = send(gateway, "dora@late.example", "late")
    slowest = max(slowest, send(gateway, "emil@unknown.example", "unknown"))
    dead, slow = many(gateway, sink, "dead")
    print(f"{mode}: {MANY} messages took {alive:.2f} s with a DNS, {dead:.2f} s without; slowest reply {max(slow, slowest):.2f} s")
    assert max(slow, slowest) <= 30
    begun = time.monotonic()
    with Client(gateway.port, STRANGER) as client:
        assert client.say("MAIL FROM:<a@b.example>").startswith("250")
        assert client.say("RCPT TO:<fritz@call.example>").startswith("451"), "nobody is unknown for that"
    assert time.monotonic() - begun <= 30
    wait_for(lambda: len(queued(gateway)) == 2 and all(r["attempts"] >= 1 for r in queued(gateway)), 60, "two attempts")
    assert all(r["reply"].startswith("451 4.4.3") for r in queued(gateway)), queued(gateway)
    assert not [l for l in sink.letters if l.sender == ""], "nobody is told that it failed"
    names.mode = None
    wait_for(lambda: any(l.recipients == ["dora@late.example"] for l in sink.letters), 150, "what had to wait for the DNS")


def pointer(offset):
    return bytes([0xc0 | offset >> 8, offset & 0xff])


# What is answered for a name of that label, and whether anything but "later" may come of it.
HOSTILE = {
    "short": ((1, row(MX, b"\0\1")), False),                                      # an MX without a host
    "empty": ((1, row(MX, b"")), False),
    "lies": ((1, row(MX, b"\0\1\3abc\0", length=400)), False),                   # longer than its message
    "past": ((1, row(MX, b"\0\1\x3fab")), False),                                # a label past the end
    "loop": ((1, row(MX, b"\0\1" + pointer(12 + 18 + 4 + 12 + 2))), False),      # a name that points to itself, or near it
    "odd": ((1, row(MX, b"\0\1\x80abc\0")), False),                              # a label of no known kind
    "many": ((3000, b"".join(row(MX, b"\0\1" + name(f"h{i}.nowhere.example")) for i in range(2400))), True),
    "promised": ((500, row(MX, b"\0\1\3abc\0")), False),                         # records that are not there
    "wide": ((1, row(TXT, (b"\xff" + b"x" * 255) * 240)), True),                 # 60 KiB that nobody asked for
    "control": ((1, row(MX, b"\0\1\x08a\r\nb: c\0\0")), False),                  # a line end in a host
}


def test_a_hostile_dns(started, sink, quick):
    """Every answer is malformed; the resolver stays, and nothing is refused for what could not be read."""
    records = {(f"c{i}.example", CNAME): [f"c{(i + 1) % 40}.example"] for i in range(40)}
    names = started(NameServer(records, crafted={f"{label}.example": what for label, (what, _) in HOSTILE.items()}))
    mx = started(house.Gateway([("example.org", [sink.url])], f"{quick}\n{names.section}", trusted=f'"{TRUSTED}/32"'))
    processes = {name_: pid for pid, name_ in mx.children().items()}
    domains = {f"{label}.example": final for label, (_, final) in HOSTILE.items()} | {"c0.example": False}
    for domain in domains:
        send(mx, f"berta@{domain}", domain)

    def settled():
        waiting = {r["address"].split("@")[1] for r in queued(mx) if r["attempts"] >= 1}
        told = {domain for domain in domains for l in sink.letters if l.sender == "" and f"berta@{domain}".encode() in l.data}
        return waiting | told >= set(domains) and (waiting, told)
    waiting, told = wait_for(settled, 60, f"an end for each: {queued(mx)}\n{mx.log_text()}")
    assert not [domain for domain in told if not domains[domain]], (waiting, told)
    assert {name_: pid for pid, name_ in mx.children().items()}["resolver"] == processes["resolver"], "it is still the same"
    send(mx, "anna@example.org", "good")
    wait_for(lambda: any(b"Subject: good" in l.data for l in sink.letters), 20, "a good one")


# ---- signatures that are dear to look at ----

KEYS, ALGORITHM, DNSKEY, RRSIG = 150, 8, 48, 46
DEAR = 2                                   # seconds of processor for all of it, which is some hundredths


def key_tag(rdata):
    """RFC 4034 appendix B."""
    total = sum(byte << 8 if i % 2 == 0 else byte for i, byte in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def key_of_tag(wanted):
    """A key of RSA that nobody has the other half of; its last two bytes bring its tag about."""
    start = struct.pack("!HBB", 257, 3, ALGORITHM) + b"\3\1\0\1" + b"\xc0" + os.urandom(125)
    end = (wanted - key_tag(start + b"\0\0")) % 0xffff
    return start + struct.pack("!H", end)


class Trap(NameServer):
    """Every name of trap.example has KEYS signatures that are none, and its zone KEYS keys that each of them might be by."""

    def __init__(self, records):
        tag = 4711
        keys = [key for key in (key_of_tag(tag) for _ in range(2 * KEYS)) if key_tag(key) == tag][:KEYS]
        assert len(keys) == KEYS
        self.folder = house.folder()
        self.anchor = os.path.join(self.folder, "anchor")
        with open(self.anchor, "w", encoding="ascii") as out:
            out.write(f"trap.example. IN DNSKEY 257 3 {ALGORITHM} {base64.b64encode(keys[0][4:]).decode()}\n")
        now = int(time.time())
        self.keys = b"".join(row(DNSKEY, key) for key in keys)

        def signed(kind, labels):
            head = struct.pack("!HBBIIIH", kind, ALGORITHM, labels, 60, now + 86400, now - 86400, tag) + name("trap.example")
            return b"".join(row(RRSIG, head + os.urandom(128)) for _ in range(KEYS))
        self.signed = signed
        super().__init__(records)

    def answer(self, packet, tcp):
        asked, end = self.name_in(packet, 12)
        kind, = struct.unpack("!H", packet[end:end + 2])
        if not asked.endswith("trap.example"):
            return super().answer(packet, tcp)
        self.asked.append((asked, kind))
        if not tcp:
            return self.head(packet, CUT, 0) + packet[12:end + 4]
        data = self.keys if kind == DNSKEY else row(kind, struct.pack("!H", 1) + name("host.trap.example"))
        count = KEYS if kind == DNSKEY else 1
        head = packet[:2] + struct.pack("!HHHHH", 0x8580, 1, count + KEYS, 0, 1)
        return head + packet[12:end + 4] + data + self.signed(kind, asked.count(".") + 1) + b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder)


def test_many_keys_times_many_signatures(started, sink, quick):
    """KeyTrap: each signature might be by each key. What is asked meanwhile is answered, and nothing of it is believed."""
    names = started(Trap({("mail.example.net", A): ["127.0.0.1"]}))
    section = names.section.replace("timeout", f'dnssec = yes  trust_anchor = "{names.anchor}"  timeout')
    mx = started(house.Gateway([("example.org", [sink.url]), ("example.net", [f"smtp://mail.example.net:{sink.port}"])],
                               f"{quick}\n{section}", trusted=f'"{TRUSTED}/32"'))
    resolver = next(pid for pid, process in mx.children().items() if process == "resolver")
    for i in range(10):
        send(mx, f"berta@d{i}.trap.example", "trapped")
    send(mx, "anna@example.net", "free")
    wait_for(lambda: any(b"Subject: free" in l.data for l in sink.letters), 20, f"who is not trapped: {mx.log_text()}")
    wait_for(lambda: all(r["attempts"] >= 1 for r in queued(mx)), 60, f"an attempt for each: {queued(mx)}")
    with open(f"/proc/{resolver}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    print(f"the resolver used {used:.2f} s for {len(names.asked)} answers")
    assert used < DEAR, "most of these signatures were never looked at"
    assert len(queued(mx)) == 10 and all(r["reply"].startswith("451 4.4.3") for r in queued(mx)), queued(mx)
    assert ("trap.example", DNSKEY) in names.asked, "it was looked at"
    assert mx.children()[resolver] == "resolver", "it is still the same"
    assert not [l for l in sink.letters if l.sender == ""], "nobody is told that it failed"


def test_a_domain_in_utf8_is_asked_about_by_its_a_labels(started, sink, quick):
    names = started(NameServer({("xn--grn-ioa.example", MX): [(0, "")]}))
    mx = started(house.Gateway([("example.org", [sink.url])], f"{quick}\n{names.section}", trusted=f'"{TRUSTED}/32"'))
    with Client(mx.port, TRUSTED) as client:
        for line in ("MAIL FROM:<anna@example.org> SMTPUTF8", "RCPT TO:<berta@grün.example>", "RCPT TO:<carl@GRÜN.example>"):
            assert client.say(line).startswith("250")
        assert client.say("DATA").startswith("354")
        client.send(letter() + b".\r\n")
        assert client.reply().startswith("250")
    text = sink.wait(1)[0].data
    assert ("xn--grn-ioa.example", MX) in names.asked
    assert text.count(b"Status: 5.1.10") == 2, "it takes no mail, and that is what its sender is told"
    assert rb"Final-Recipient: utf-8;berta@gr\x{FC}n.example" in text
