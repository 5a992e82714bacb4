# SPDX-License-Identifier: Apache-2.0
"""The operator's questions: the queue and what can be done to it, health, stats, processes."""
import pytest

import machine
from client import is_traced, letter, send
from gateway import Gateway
from sink import Sink


@pytest.fixture
def stuck(make_gateway):
    """A gateway whose next hop is not there yet, and the next hop."""
    sink = Sink()
    gateway = make_gateway(domains=Gateway.domain("example.org", sink.target))
    yield gateway, sink
    sink.stop()


def test_the_queue_tells_what_waits_and_why(stuck):
    gateway, _ = stuck
    data = letter(mark="waiting")
    send(gateway, ["berta@example.org", "carl@example.org"], data)
    row, = gateway.queue()
    assert row["sender"] == "anna@example.net" and row["size"] == len(data)
    assert [one["address"] for one in row["recipients"]] == ["berta@example.org", "carl@example.org"]
    text = gateway.ask("queue", "list").decode()
    assert row["id"] in text and "berta@example.org" in text
    assert gateway.rows("queue", "show", row["id"])[0]["id"] == row["id"]
    assert gateway.ask("queue", "show", row["id"], "--bytes") == data
    assert "no such message" in gateway.fails("queue", "show", "0123456789ABCDEF")
    assert gateway.fails("queue", "show", "../../etc/passwd")


def test_a_held_message_stays_until_it_is_released(stuck):
    gateway, sink = stuck
    data = letter(mark="held")
    send(gateway, "berta@example.org", data)
    row, = gateway.queue()
    hold_when_idle(gateway, row["id"])
    with sink:
        gateway.ask("queue", "flush")
        send(gateway, "carl@example.org")
        sink.wait(1)
        assert [one["recipients"][0]["state"] for one in gateway.queue()] == ["held"]
        gateway.ask("queue", "release", row["id"])
        sink.wait(2)
        assert is_traced(sink.of("berta@example.org")[0].data, data)
    gateway.wait_drained()


def test_a_hold_outlives_a_restart(stuck):
    gateway, sink = stuck
    send(gateway, "berta@example.org")
    row, = gateway.queue()
    hold_when_idle(gateway, row["id"])
    gateway.stop()
    with sink:
        gateway.start()
        send(gateway, "carl@example.org")
        sink.wait(1)
        assert [one["id"] for one in gateway.queue()] == [row["id"]]


def test_a_deleted_message_is_gone_and_in_the_ledger(stuck):
    gateway, sink = stuck
    send(gateway, "berta@example.org")
    row, = gateway.queue()
    delete_when_idle(gateway, row["id"])
    gateway.wait_drained()
    with sink:
        send(gateway, "carl@example.org")
        sink.wait(1)
        gateway.wait_drained()
    ledger = gateway.ledger()
    assert (ledger["deleted"], ledger["delivered"], ledger["accepted"]) == (1, 1, 2)


def test_retry_does_not_wait_for_the_time(make_gateway):
    sink = Sink()
    gateway = make_gateway(domains=Gateway.domain("example.org", sink.target), queue='retry_least = "1h" reserve = "1M"')
    send(gateway, "berta@example.org")
    row, = gateway.queue()
    with sink:
        retry_until(gateway, row["id"], sink)
    gateway.wait_drained()


def test_health_and_stats_agree_with_what_happened(postern):
    assert postern.ask("health").decode().startswith("fit")
    assert postern.rows("health")[0]["fit"] is True
    for i in range(3):
        send(postern, f"r{i}@example.org")
        postern.wait_box(f"r{i}@example.org")
    postern.wait_drained()
    stats = postern.stats()
    assert stats["queue"]["messages_accepted"] == stats["front"]["messages_accepted"] == 3
    assert stats["queue"]["delivered"] == 3 and stats["queue"]["queued"] == 0
    assert b"queue.delivered 3" in postern.ask("stats")
    assert postern.ledger() == {"delivered": 3, "queued": 0, "held": 0, "quarantined": 0, "bounced": 0, "discarded": 0,
                                "deleted": 0, "accepted": 3, "own": 0}


def test_every_process_of_the_house_runs(postern):
    names = [one["name"] for one in postern.processes()]
    assert sorted(names) == ["front", "inspect", "queue", "relay", "resolver", "scanners"]
    assert all(one["state"] == "running" and one["restarts"] == 0 for one in postern.processes())


def test_a_gateway_that_is_not_there_is_said_plainly(make_gateway):
    gateway = make_gateway(start=False)
    assert "not running" in gateway.fails("queue", "list")
    assert "not running" in gateway.fails("health")


def test_two_gateways_never_share_a_folder(postern):
    done = postern.fails("run")
    assert "already running" in done


def hold_when_idle(gateway, message):
    _when_idle(gateway, "hold", message, lambda: gateway.queue()[0]["recipients"][0]["state"] == "held")


def delete_when_idle(gateway, message):
    _when_idle(gateway, "delete", message, lambda: not gateway.queue())


def _when_idle(gateway, verb, message, done):
    """What the relay has in hand cannot be changed: asked again until it can."""
    machine.wait_for(lambda: (gateway.ask("queue", verb, message, status=None), done())[1], 10, f"{verb} {message}")


def retry_until(gateway, message, sink):
    machine.wait_for(lambda: (gateway.ask("queue", "retry", message, status=None), sink.deliveries)[1], 10, "a delivery", 0.3)
    sink.wait(1)
