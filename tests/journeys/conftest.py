# SPDX-License-Identifier: Apache-2.0
"""Fixtures: each starts what it is named after, and ends it by its process id."""
import contextlib
import shutil
import sys
import os

import pytest

sys.path.insert(0, os.path.dirname(__file__))
import house  # noqa: E402


@pytest.fixture
def started(request):
    """started(thing) starts it and stops it at the end; gateways lose their folder then, unless they failed to stop."""
    with contextlib.ExitStack() as stack:
        def start(thing):
            if isinstance(thing, house.Gateway):
                request.node.gateways = [*getattr(request.node, "gateways", []), thing]
                stack.callback(shutil.rmtree, thing.folder, ignore_errors=True)
            stack.callback(thing.stop)
            if hasattr(thing, "start"):
                thing.start()
            return thing
        yield start


@pytest.fixture
def sink(started):
    return started(house.Sink())


@pytest.fixture
def gateway(started, sink):
    """A gateway for example.org that delivers to the sink by SMTP; it retries soon."""
    return started(house.Gateway([("example.org", [sink.url])], QUICK))


QUICK = 'queue { retry_least = "1s" retry_most = "2s" }'


@pytest.fixture
def quick():
    return QUICK


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed journey shows the last lines of its gateways' logs."""
    report = (yield).get_result()
    if report.failed:
        for gateway in getattr(item, "gateways", []):
            report.sections.append((f"log of {gateway.folder}", gateway.log_text()))
