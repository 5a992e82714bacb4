# SPDX-License-Identifier: Apache-2.0
"""A DNS that is dead in each way, or hostile: nothing is refused for it, and what is remembered or local goes on."""
import json
import time

import pytest

import house
from client import STRANGER, TRUSTED, Client, letter
from house import wait_for
from nameserver import CNAME, MX, TXT, A, NameServer, name, row

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
    assert max(slow, slowest) <= 30 and dead <= alive * 5 + 2
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
