# SPDX-License-Identifier: Apache-2.0
"""Every recipient that was accepted has an end, and the ledger says which; what an operator decided outlives a restart."""
import json

import pytest

import house
from client import TRUSTED, Client, letter
from house import wait_for


@pytest.fixture
def gateway(started, sink, quick):
    sink.answers["later@example.org"] = "RCPT 450 4.2.1 not now"
    sink.answers["held@example.org"] = "RCPT 450 4.2.1 not now"
    sink.answers["nobody@example.org"] = "RCPT 550 5.1.1 no such user"
    return started(house.Gateway([("example.org", [sink.url])], quick, trusted=f'"{TRUSTED}/32"'))


def send_to(gateway, *recipients, **how):
    with Client(gateway.port, **how) as client:
        assert client.mail("anna@example.org", recipients, letter()).startswith("250")


def rows(gateway, *words):
    return [json.loads(line) for line in gateway.text(*words, "--json").splitlines()]


def ledger(gateway):
    return {name: number for name, number in rows(gateway, "queue", "ledger")[0].items() if number}


def state_of(gateway, address):
    return [one["state"] for row in rows(gateway, "queue", "list") for one in row["recipients"] if one["address"] == address]


def act(gateway, verb, address, done):
    """What the relay has in hand cannot be changed: asked again until it can."""
    row, = (row for row in rows(gateway, "queue", "list") if row["recipients"][0]["address"] == address)
    wait_for(lambda: (gateway.command("queue", verb, row["id"]), done())[1], 20, f"{verb} for {address}")


def test_each_end_has_a_row_in_the_ledger(gateway, sink):
    send_to(gateway, "a@example.org", "b@example.org")
    send_to(gateway, "nobody@example.org")
    send_to(gateway, "nobody@example.org", source=TRUSTED)
    send_to(gateway, "later@example.org")
    send_to(gateway, "held@example.org")
    wait_for(lambda: ledger(gateway).get("quarantined") and ledger(gateway).get("delivered") == 3, 30,
             "two deliveries, a notice, one in quarantine")
    act(gateway, "hold", "held@example.org", lambda: state_of(gateway, "held@example.org") == ["held"])
    want = {"delivered": 3, "queued": 1, "held": 1, "quarantined": 1, "bounced": 1, "accepted": 7, "own": 1}
    wait_for(lambda: ledger(gateway) == want, 10, "the ledger")
    gateway.stop()
    gateway.start()
    assert ledger(gateway) == want, "a restart changes nothing"
    assert state_of(gateway, "held@example.org") == ["held"]
    act(gateway, "delete", "held@example.org", lambda: not state_of(gateway, "held@example.org"))
    del sink.answers["later@example.org"]
    gateway.text("queue", "flush")
    gateway.wait_empty()
    assert ledger(gateway) == {"delivered": 4, "quarantined": 1, "bounced": 1, "deleted": 1, "accepted": 7, "own": 1}


def test_one_recipient_may_wait_while_another_has_it(gateway, sink):
    send_to(gateway, "a@example.org", "later@example.org", "nobody@example.org", source=TRUSTED)
    wait_for(lambda: len(sink.letters) == 2, 20, "one delivery, one notice")
    assert state_of(gateway, "later@example.org") in (["queued"], ["sending"])
    del sink.answers["later@example.org"]
    gateway.wait_empty()
    took = sorted(recipient for one in sink.letters for recipient in one.recipients)
    assert took == ["a@example.org", "anna@example.org", "later@example.org"], "each once"


def test_what_is_not_asked_for_is_not_touched(gateway):
    for words in (["queue", "delete", "0" * 16], ["queue", "hold", "../../etc/passwd"], ["queue", "delete"],
                  ["quarantine", "release", "0" * 16], ["quarantine", "nonsense", "0" * 16]):
        done = gateway.command(*words)
        assert done.returncode != 0 and done.stderr, words
