# SPDX-License-Identifier: Apache-2.0
"""Where mail goes by the DNS: hosts by name, null MX, a name that is not there, a DNS that does not answer."""
import json

import pytest

import house
from client import TRUSTED, Client, letter
from house import wait_for
from nameserver import MX, A, NameServer


@pytest.fixture
def names(started):
    return started(NameServer({("mail.example.org", A): ["127.0.0.1"], ("null.example", MX): [(0, "")],
                               ("lonely.example", MX): [(10, "gone.example")]}, broken=["broken.example", "mx.broken.example"]))


@pytest.fixture
def gateway(started, sink, quick, names):
    return started(house.Gateway([("example.org", [f"smtp://mail.example.org:{sink.port}"])], f"{quick}\n{names.section}",
                                 trusted=f'"{TRUSTED}/32"'))


def send_to(gateway, recipient):
    with Client(gateway.port, TRUSTED) as client:
        assert client.mail("anna@example.org", recipient, letter()).startswith("250")


def queued(gateway):
    return [json.loads(line)["recipients"][0] for line in gateway.text("queue", "list", "--json").splitlines()]


def test_a_next_hop_by_name_is_looked_up(gateway, sink, names):
    send_to(gateway, "berta@example.org")
    assert sink.wait(1)[0].recipients == ["berta@example.org"]
    assert ("mail.example.org", A) in names.asked


@pytest.mark.parametrize("recipient, status", [("a@null.example", "5.1.10"), ("a@nowhere.example", "5.1.2")])
def test_who_takes_no_mail_is_told_of_at_once(gateway, sink, recipient, status):
    send_to(gateway, recipient)
    notice = sink.wait(1)[0]
    assert notice.recipients == ["anna@example.org"] and notice.sender == ""
    assert f"Status: {status}".encode() in notice.data, notice.data.decode()


@pytest.mark.parametrize("recipient", ["a@broken.example"])
def test_a_dns_that_fails_is_no_reason_to_give_up(gateway, sink, recipient):
    send_to(gateway, recipient)
    wait_for(lambda: queued(gateway) and queued(gateway)[0]["attempts"] >= 2, 30, "two attempts")
    assert queued(gateway)[0]["reply"].startswith("451 4.4.3"), queued(gateway)
    assert sink.letters == []


def test_mail_to_the_gateway_itself_makes_no_loop(gateway, sink, names):
    names.records[("ours.example", MX)] = [(10, "mx.example.org")]
    names.records[("local.example", MX)] = [(10, "mail.example.org")]
    for recipient in ("a@ours.example", "a@local.example"):
        before = len(sink.letters)
        send_to(gateway, recipient)
        wait_for(lambda: len(sink.letters) == before + 1, 20, "a notice")
        assert sink.letters[-1].recipients == ["anna@example.org"] and recipient.encode() in sink.letters[-1].data


def test_two_gateways_that_point_at_each_other(started, sink, quick):
    """The message goes round until it has passed too many, and then its sender is told; not before it has passed 25."""
    ports = house.free_port(), house.free_port()
    for me, (port, other) in enumerate((ports, ports[::-1])):
        started(house.Gateway([("loop.example", [f"smtp://127.0.0.1:{other}"]), ("example.org", [sink.url])], quick, port=port,
                              name=f"mx{me}.example.org"))
    with Client(ports[0], TRUSTED) as client:
        assert client.mail("anna@example.org", "berta@loop.example", letter()).startswith("250")
    notice = sink.wait(1, 60)[0]
    assert b"Status: 5.4.6" in notice.data and notice.data.count(b"\nReceived: ") >= 25
    assert len(sink.letters) == 1
