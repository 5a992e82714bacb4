# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a gateway with a folder of its own, next hops, real servers. What cannot run here says why."""
import pytest

import gateway as gateways
import machine
import sink as sinks


@pytest.fixture(scope="session")
def programs():
    if not gateways.built():
        pytest.skip(f"no gateway is built in {gateways.BUILD} (POSTERN_BUILD names another folder)")
    ours = gateways.Programs()
    yield ours
    ours.end()


@pytest.fixture
def place(request):
    """A folder; it is kept when the test failed."""
    path = machine.folder("test")
    yield path
    report = getattr(request.node, "report_call", None)
    if report is None or not report.failed:
        machine.remove(path)


@pytest.fixture
def make_gateway(programs, place, request):
    """make_gateway(domains=…, more=…) starts one; start=False only prepares it. All are stopped at the end."""
    made = []

    def make(*, start=True, name="g", **settings):
        gateway = gateways.Gateway(programs, place / f"{name}{len(made)}", **settings)
        made.append(gateway)
        return gateway.start() if start else gateway

    request.node.gateways = made
    yield make
    try:
        for gateway in made:
            gateway.stop()
    finally:
        for gateway in made:
            gateway.end()


@pytest.fixture
def postern(make_gateway):
    """A gateway for example.org that delivers to Maildirs."""
    return make_gateway()


@pytest.fixture
def hop():
    """A next hop that speaks SMTP."""
    with sinks.Sink() as one:
        yield one


@pytest.fixture
def lmtp_hop():
    with sinks.Sink(lmtp=True) as one:
        yield one
