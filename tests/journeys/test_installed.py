# SPDX-License-Identifier: Apache-2.0
"""The installed tree, as root, on port 25 of a network namespace, with every process under a user of its own.

Its users are those of the installed sysusers.d file, in a copy of /etc/passwd that is seen in the namespace alone."""
import os
import shutil
import subprocess
import sys

import pytest

import house

pytestmark = [
    pytest.mark.skipif(not house.IS_ROOT, reason="an installed gateway is started as root"),
    pytest.mark.skipif(house.IS_ROOT and subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
                       .returncode != 0, reason="this machine allows no namespace"),
    pytest.mark.skipif(bool(house.need("meson")), reason=str(house.need("meson"))),
]

USERS = {"front": "postern-front", "queue": "postern-queue", "inspect": "postern-inspect", "relay": "postern-relay",
         "scanners": "postern-scan", "resolver": "postern-dns", "keys": "postern-keys", "keeper": "postern-state", "supervisor": "root"}


@pytest.fixture
def installed():
    where = house.folder()
    done = subprocess.run(["meson", "install", "-C", house.BUILD, "--no-rebuild", "--destdir", where], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield where
    shutil.rmtree(where, ignore_errors=True)


def find(where, name):
    found = [os.path.join(folder, name) for folder, _, names in os.walk(where) if name in names]
    assert found, f"{name} is not installed"
    return found[0]


def test_what_is_installed(installed):
    for name in ("postern", "supervisor", "front", "queue", "inspect", "scanners", "relay", "resolver", "keys", "keeper", "postern.service",
                 "postern.1", "postern.conf.5", "postern-queue.1"):
        find(installed, name)
    for path in ("etc/postern/postern.conf", "usr/lib/sysusers.d/postern.conf", "usr/lib/tmpfiles.d/postern.conf"):
        assert os.path.exists(os.path.join(installed, path)), path


def test_an_administrators_file_is_left_alone(installed):
    path = os.path.join(installed, "etc/postern/postern.conf")
    with open(path, "a", encoding="utf-8") as file:
        file.write("# mine\n")
    subprocess.run(["meson", "install", "-C", house.BUILD, "--no-rebuild", "--destdir", installed], capture_output=True, check=True)
    with open(path, encoding="utf-8") as file:
        assert file.read().endswith("# mine\n")


@pytest.mark.skipif(bool(house.need("systemd-analyze")), reason="not installed: systemd-analyze")
def test_the_unit_is_understood(installed):
    unit = find(installed, "postern.service")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if "postern.service" in line and "not executable" not in line
             and "Command" not in line]
    assert not wrong, wrong


def test_as_root_on_port_25_each_under_its_own_user(installed):
    """What runs in the namespaces is inside.py."""
    done = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                           os.path.join(os.path.dirname(__file__), "inside.py"), installed], capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    users = dict(line.split() for line in done.stdout.splitlines() if line.startswith(tuple(USERS)))
    assert {name: users.get(name) for name in USERS} == USERS
    assert "worker postern-work" in done.stdout
    assert "delivered" in done.stdout
