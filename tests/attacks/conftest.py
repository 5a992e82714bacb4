# SPDX-License-Identifier: Apache-2.0
"""The journeys' fixtures and helpers serve attacks too."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "journeys"))
import importlib.util  # noqa: E402

_spec = importlib.util.spec_from_file_location("journeys_conftest", os.path.join(sys.path[0], "conftest.py"))
_journeys = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_journeys)
started, sink, gateway, quick = _journeys.started, _journeys.sink, _journeys.gateway, _journeys.quick
pytest_runtest_makereport = _journeys.pytest_runtest_makereport
