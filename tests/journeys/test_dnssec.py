# SPDX-License-Identifier: Apache-2.0
"""A signed zone in a real name server (NSD): what is signed is believed, what was changed is not, and no mail is refused
for it."""
import json

import pytest

import house
import nsd
from client import TRUSTED, Client, letter
from house import wait_for

pytestmark = pytest.mark.skipif(bool(house.need(*nsd.PROGRAMS)), reason=str(house.need(*nsd.PROGRAMS)))

ZONE = """mail  IN A   127.0.0.1
other IN A   127.0.0.1
null  IN MX  0 .
"""


def server(spoil=None):
    return nsd.Nsd(ZONE, spoil)


@pytest.fixture
def gateway(started, sink, quick):
    def make(names):
        return started(house.Gateway([("example.org", [f"smtp://mail.signed.example:{sink.port}"]),
                                      ("other.org", [f"smtp://other.signed.example:{sink.port}"])],
                                     f"{quick}\n{names.section}", trusted=f'"{TRUSTED}/32"'))
    return make


def send_to(gateway, recipient):
    with Client(gateway.port, TRUSTED) as client:
        assert client.mail("anna@example.org", recipient, letter()).startswith("250")


def resolver(gateway):
    return json.loads(gateway.text("stats", "--json"))["resolver"]


def test_what_is_signed_is_secure(gateway, started, sink):
    mx = gateway(started(server()))
    send_to(mx, "berta@example.org")
    assert sink.wait(1)[0].recipients == ["berta@example.org"]
    assert resolver(mx)["secure"] >= 1 and resolver(mx)["bogus"] == 0, resolver(mx)


def test_null_mx_of_a_signed_zone(gateway, started, sink):
    mx = gateway(started(server()))
    send_to(mx, "berta@null.signed.example")
    notice = sink.wait(1)[0]
    assert b"5.1.10" in notice.data
    send_to(mx, "berta@nobody.signed.example")
    assert b"5.1.2" in sink.wait(2)[1].data, "that there is no such name is signed too"
    assert resolver(mx)["negative"] >= 1


def test_what_was_changed_is_not_believed_and_nothing_is_refused(gateway, started, sink):
    mx = gateway(started(server(spoil=("mail.signed.example.\t60\tIN\tA\t127.0.0.1", "mail.signed.example.\t60\tIN\tA\t127.0.0.9"))))
    send_to(mx, "berta@example.org")
    send_to(mx, "berta@other.org")
    assert sink.wait(1)[0].recipients == ["berta@other.org"], "the rest of the zone is good"

    def waiting():
        return [r for line in mx.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]
    wait_for(lambda: waiting() and waiting()[0]["attempts"] >= 1, 20, "an attempt")
    assert waiting()[0]["reply"].startswith("451 4.4.3"), waiting()
    assert resolver(mx)["bogus"] >= 1, resolver(mx)


def test_a_dead_dns_stops_only_what_needs_it(gateway, started, sink):
    names = started(server())
    mx = gateway(names)
    send_to(mx, "berta@example.org")
    sink.wait(1)
    names.stop()
    for _ in range(5):
        send_to(mx, "berta@example.org")
    send_to(mx, "berta@other.org")
    assert all(l.recipients == ["berta@example.org"] for l in sink.wait(6)), "what is remembered goes on"

    def waiting():
        return [r for line in mx.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]
    wait_for(lambda: waiting() and waiting()[0]["attempts"] >= 1, 30, "an attempt")
    assert [r["address"] for r in waiting()] == ["berta@other.org"] and waiting()[0]["reply"].startswith("451 4.4.3")
    assert len(sink.letters) == 6, "and nobody is told that it failed"
