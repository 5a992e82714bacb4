# SPDX-License-Identifier: Apache-2.0
"""A real clamd that is killed, stopped, and comes back: nothing unscanned is ever delivered."""
import json
import os
import signal
import time

import pytest

import house
from client import Client, letter
from house import EICAR, wait_for

pytestmark = pytest.mark.skipif(bool(house.need("clamd")), reason=str(house.need("clamd")))


@pytest.fixture
def clamd(started):
    return started(house.Clamd())


@pytest.fixture
def gateway(started, sink, quick, clamd):
    section = clamd.section.replace("}", ' timeout = "2s" }')
    return started(house.Gateway([("example.org", [sink.url])], f"{quick}\n{section}", trusted='"192.0.2.0/24"'))


def hand_in(gateway, text="Good day.\r\n"):
    """The reply, and how long it took."""
    with Client(gateway.port) as client:
        began = time.monotonic()
        reply = client.mail("anna@example.net", "berta@example.org", letter(body=text))
        return reply, time.monotonic() - began


def kinds(gateway):
    return [json.loads(line)["kind"] for line in gateway.text("quarantine", "list", "--json").splitlines()]


def hand_in_unscanned(gateway, sink, before=0):
    """Accepted and set apart, or put off; not delivered, and not late."""
    reply, took = hand_in(gateway)
    assert reply[0] in "24" and took < 2 + 5 * 2, (reply, took)
    if reply[0] == "2":
        wait_for(lambda: kinds(gateway) == ["unscannable"] * (before + 1), 20, "one more in quarantine")
    time.sleep(0.5)
    assert sink.letters == []


def test_a_killed_clamd_lets_nothing_through_and_may_come_back(gateway, sink, clamd):
    clamd.process.send_signal(signal.SIGKILL)
    clamd.process.wait(10)
    hand_in_unscanned(gateway, sink)
    assert gateway.command("health").returncode != 0, "a dead scanner is a warning"
    if os.path.exists(clamd.socket):
        os.unlink(clamd.socket)
    clamd.start()
    hand_in(gateway)
    sink.wait(1)
    hand_in(gateway, EICAR.decode() + "\r\n")
    wait_for(lambda: sorted(kinds(gateway)) == ["unscannable", "virus"], 20, "a virus in quarantine")
    assert len(sink.letters) == 1


def test_a_stopped_clamd_lets_nothing_through(gateway, sink, clamd):
    clamd.process.send_signal(signal.SIGSTOP)
    try:
        hand_in_unscanned(gateway, sink)
        hand_in_unscanned(gateway, sink, 1)
    finally:
        clamd.process.send_signal(signal.SIGCONT)
    hand_in(gateway)
    sink.wait(1)


def test_a_clamd_that_is_killed_at_work_lets_nothing_through(gateway, sink, clamd):
    """Killed and started again while messages come: what is delivered was scanned, and no virus is."""
    for number in range(30):
        if number % 10 == 5:
            clamd.process.send_signal(signal.SIGKILL)
            clamd.process.wait(10)
        if number % 10 == 8:
            if os.path.exists(clamd.socket):
                os.unlink(clamd.socket)
            clamd.start()
        hand_in(gateway, EICAR.decode() + "\r\n" if number % 3 == 0 else "Good day.\r\n")
    gateway.wait_empty()
    assert not any(EICAR in one.data for one in sink.letters)
    assert len(sink.letters) + len(kinds(gateway)) == 30
    assert kinds(gateway).count("virus") >= 5 and len(sink.letters) >= 10
