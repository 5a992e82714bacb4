# SPDX-License-Identifier: Apache-2.0
"""What the gateway costs when nothing happens, and what each of its processes may do."""
import time

import pytest

import house
from house import message, send

MOST = 40 << 20


def test_memory_at_rest(gateway, sink):
    assert send(gateway, message())[0] == 250
    sink.wait()
    time.sleep(2)
    pids = {gateway.process.pid: "supervisor", **gateway.children()}
    sizes = {pid: house.pss(pid) for pid in pids}
    print({f"{pids[pid]} {pid}": f"{size / 1024:.0f} KiB" for pid, size in sizes.items()}, f"{sum(sizes.values()) / 2**20:.1f} MiB")
    assert sum(sizes.values()) < MOST


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_every_process_is_jailed(gateway, sink):
    assert send(gateway, message())[0] == 250
    sink.wait()
    children = gateway.children()
    assert {"front", "queue", "inspect", "relay", "resolver", "scanners", "keys", "keeper"} <= set(children.values()), children
    for pid, name in children.items():
        facts = status(pid)
        assert facts["Seccomp"] == "2", name
        assert facts["NoNewPrivs"] == "1", name
        if house.IS_ROOT and name != "supervisor":
            assert facts["Uid"].split()[0] != "0", name
            if name != "inspect":
                assert int(facts["CapEff"], 16) == 0, (name, facts["CapEff"])


@pytest.mark.parametrize("name", ["front", "queue", "inspect", "relay", "resolver", "scanners", "keys", "keeper"])
def test_each_process_comes_back(gateway, sink, name):
    import os
    import signal
    pid = next(pid for pid, own in gateway.children().items() if own == name)
    os.kill(pid, signal.SIGKILL)
    house.wait_for(lambda: any(own == name and new != pid for new, own in gateway.children().items()), 20, f"another {name}")
    house.wait_for(gateway.answers, 20, "a greeting")
    assert send(gateway, message(subject=name))[0] == 250
    sink.wait(seconds=40)
