# SPDX-License-Identifier: Apache-2.0
"""Neighbours at the control sockets: silent ones, ones that never read, ones that send anything."""
import os
import random
import re
import socket
import struct
import subprocess
import sys

import pytest

import house
from house import Gateway, message, send

STRANGER = 4321
NOWHERE = "smtp://127.0.0.1:1"
SOCKETS = ("queue.control", "supervisor.control")


@pytest.fixture
def full(started):
    """A gateway whose queue holds 70 messages."""
    gateway = started(Gateway([("example.org", [NOWHERE])], 'queue { retry_least = "1h" retry_most = "2h" }'))
    client = gateway.client()
    client.ehlo()
    for number in range(70):
        assert send(gateway, message(subject=f"number {number}"), client=client)[0] == 250
    client.quit()
    return gateway


def call(gateway, name):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one.settimeout(1)
    one.connect(os.path.join(gateway.folder, "run", name))
    return one


def frame(*words, kind=1):
    payload = b"".join(struct.pack("<I", len(word)) + word for word in words)
    return struct.pack("<BBHIQ", kind, 1, 0, len(payload), 1) + payload


def test_a_long_queue_is_listed(full):
    assert len(full.queue_ids()) == 70
    assert "ended" not in full.log_text(), "and nobody dies of it"


HOLD = """
import socket, sys
held = []
for name in sys.argv[2:]:
    for _ in range(100):
        held.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        held[-1].connect(sys.argv[1] + "/run/" + name)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not house.IS_ROOT, reason="only root can be somebody else")
def test_silent_strangers_leave_operators_their_places(full):
    with subprocess.Popen(["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", sys.executable,
                           "-c", HOLD, full.folder, *SOCKETS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        try:
            assert crowd.stdout.readline() == b"held\n"
            assert len(full.queue_ids()) == 70
            assert full.command("health").returncode == 0
        finally:
            crowd.stdin.close()
            crowd.wait(10)


def test_who_never_reads_an_answer_hurts_nobody(full):
    held = [call(full, "queue.control") for _ in range(20)]
    for one in held:
        one.send(frame(b"queue", b"list", b"--json"))
    assert len(full.queue_ids()) == 70
    assert send(full, message())[0] == 250
    for one in held:
        one.close()


def test_anything_at_a_control_socket_is_no_command(full):
    chance = random.Random(1)
    rows = [b"x", chance.randbytes(200), frame(chance.randbytes(30)), frame(*[b"a"] * 1000), frame(b""), frame(b"queue"),
            frame(b"queue", b"list", b"--to"), frame(b"queue", b"delete", b"../../etc"), frame(b"reload", b"\n\x1b"),
            frame(b"queue", b"show", b"\xff" * 16), frame(b"quarantine", b"release", b"0" * 16, b"--to", b"a@b\r\nDATA"),
            frame(kind=2), frame()[:-4], struct.pack("<BBHIQ", 1, 1, 0, 0xffffffff, 1) + b"\xff" * 4]
    for _ in range(100):
        for name in SOCKETS:
            with call(full, name) as one:
                one.send(chance.choice(rows))
                if chance.random() < 0.5:
                    try:
                        one.recv(10000)
                    except OSError:
                        pass
    assert len(full.queue_ids()) == 70
    assert "ended" not in full.log_text()


@pytest.mark.skipif(not house.IS_ROOT, reason="only root can be somebody else")
def test_strangers_may_look_at_their_own_only(full):
    first = full.queue_ids()[0]
    for words in (["queue", "delete", first], ["queue", "flush"], ["queue", "ledger"], ["quarantine", "list"], ["stop"],
                  ["reload"], ["stats"]):
        done = full.command(*words, user=STRANGER, group=STRANGER, extra_groups=[])
        assert done.returncode == 77 and b"only root" in done.stderr, (words, done)
    done = full.command("queue", "list", user=STRANGER, group=STRANGER, extra_groups=[])
    assert done.returncode == 0 and not re.findall(rb"[0-9A-Z]{16}", done.stdout)
    assert len(full.queue_ids()) == 70
