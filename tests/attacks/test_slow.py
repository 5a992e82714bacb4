# SPDX-License-Identifier: Apache-2.0
"""Slow clients by the hundred, in each phase of a session; and what happens when they take all places (slow.py: by the
ten thousand)."""
import shutil
import time

import pytest

import certificates
import house
import slow
from client import Client, letter

COUNT, SECONDS, PATIENT = 400, 2, 10         # a busy machine: five times the goal

pytestmark = pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl")))


@pytest.fixture(scope="module")
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def test_a_good_client_beside_slow_ones(started, sink, authority):
    slow.raise_limit(COUNT)
    gateway = slow.gateway_for_slow(started, sink.url, authority, processes=1, proxy=True)
    slow.good_mail(gateway)
    for phase in slow.PHASES:
        got = slow.measure(gateway, phase, COUNT, SECONDS, authority)
        assert got["p99_s"] < PATIENT and got["gone"] == 0, got
        assert slow.is_sanitized() or got["memory"] < slow.MOST[False] / 4, got


def works(client):
    """Who works stays; to say NOOP is no work."""
    assert client.mail("busy@example.net", "b@example.org", letter()).startswith("250")


@pytest.mark.parametrize("phase", ["greeting", "line", "data", "handshake", "inside"])
def test_the_slowest_give_way(started, sink, authority, phase):
    """All places are taken by those who stand still. Who works goes on, and who comes gets in."""
    places = 60
    gateway = slow.gateway_for_slow(started, sink.url, authority, processes=1, connections=places, patience="1s")
    with Client(gateway.port, source=slow.GOOD) as busy:
        crowd = slow.Crowd(gateway, phase, places - 2, authority)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            works(busy)
            time.sleep(0.1)
        for _ in range(places):
            assert slow.good_mail(gateway) < PATIENT
            works(busy)
        crowd.dribble(places - 2)
        assert 0 < crowd.gone, "some had to go"
        crowd.close()
    assert int(stat(gateway, "gave_way")) == crowd.gone
    sink.wait(places, 60)


def stat(gateway, name):
    line = next(line for line in gateway.text("stats").splitlines() if name in line)
    return line.split()[-1]
