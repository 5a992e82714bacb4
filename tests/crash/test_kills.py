# SPDX-License-Identifier: Apache-2.0
"""A kill loses nothing: kills.py with the number of messages that POSTERN_KILLS names, 3000 if it does not."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent / "kills.py"
sys.path.insert(0, str(SCRIPT.parent.parent / "journeys"))

import house                    # noqa: E402


@pytest.mark.skipif(not os.access(house.POSTERN, os.X_OK), reason=f"no gateway is built in {house.BUILD}")
def test_a_kill_loses_nothing():
    messages = os.environ.get("POSTERN_KILLS", "3000")
    done = subprocess.run([sys.executable, SCRIPT, "--messages", messages], capture_output=True, text=True, timeout=1800)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
