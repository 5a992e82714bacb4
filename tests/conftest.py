# SPDX-License-Identifier: Apache-2.0
"""No test waits for ever: after LIMIT seconds each thread's stack is printed and the test fails where it stands."""
import faulthandler
import signal

import pytest

LIMIT = 600


def end_it(_number, _frame):
    faulthandler.dump_traceback(file=2)
    pytest.fail(f"not over after {LIMIT} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):  # pylint: disable=unused-argument
    """The alarm repeats: what hangs while it is taken down ends too."""
    signal.signal(signal.SIGALRM, end_it)
    signal.setitimer(signal.ITIMER_REAL, LIMIT, LIMIT / 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
