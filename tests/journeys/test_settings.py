# SPDX-License-Identifier: Apache-2.0
"""The configuration: mistakes are named with file and line; a reload drops nobody; health and stats."""
import signal
import subprocess

import pytest

import house
from house import Gateway, message, send, wait_for


@pytest.mark.parametrize("line, said", [
    ('spol = "/x"', "spool"),
    ('queue { retry_leest = "5s" }', "retry_least"),
    ('queue { retry_least = "soon" }', "retry_least"),
    ('listen "x" { address = {"nowhere"} }', "address"),
    ('domain "example.com" { deliver = {"http://x"} }', "deliver"),
    ('policy "p" { when = "virs" do = {"quarantine"} }', "virus"),
    ('trusted = {"10.0.0.0/99"}', "trusted"),
    ('queue {', ""),
])
def test_a_mistake_is_named(line, said):
    gateway = Gateway([("example.org", ["smtp://127.0.0.1:1"])], extra=line, policy="")
    with open(gateway.conf, encoding="utf-8") as file:
        number = file.read().split("\n").index(line) + 1
    check = gateway.command("check")
    text = check.stderr.decode() + check.stdout.decode()
    assert check.returncode == 1, text
    assert f"{gateway.conf}:{number}" in text or not said, text
    assert said in text, text
    run = gateway.command("run", timeout=20)
    assert run.returncode != 0 and gateway.conf in run.stderr.decode() + run.stdout.decode()


def test_a_good_file_is_fine():
    gateway = Gateway([("example.org", ["smtp://127.0.0.1:1"])])
    done = gateway.command("check")
    assert done.returncode == 0, done.stderr


def test_the_examples_are_fine(tmp_path):
    for name in ("postern.conf", "postern-try.conf"):
        with open(f"{house.ROOT}/etc/{name}", encoding="utf-8") as file:
            text = file.read().replace("@HERE@", str(tmp_path)).replace("@SCANNER@", "")
        path = tmp_path / name
        path.write_text(text)
        done = subprocess.run([house.POSTERN, "check", "-c", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_missing_file_is_named():
    done = subprocess.run([house.POSTERN, "run", "-c", "/nonexistent/postern.conf"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "/nonexistent/postern.conf" in done.stderr


def test_a_reload_drops_no_session(gateway, sink, started):
    other = started(house.Sink())
    client = gateway.client()
    client.ehlo()
    client.mail("you@example.net")
    gateway.domains.append(("example.com", [other.url]))
    gateway.trusted = '"192.0.2.0/24"'
    gateway.write()
    before = gateway.children()
    house.signal_process(gateway.process, signal.SIGHUP)

    def new_domain():
        with gateway.client() as second:
            second.ehlo()
            second.mail("you@example.net")
            return second.rcpt("someone@example.com")[0] == 250 and second.rcpt("someone@elsewhere.example")[0] != 250
    wait_for(new_domain, 20, f"the new settings: {gateway.log_text()}")
    assert client.rcpt("someone@example.org")[0] == 250
    assert client.data(message())[0] == 250
    client.quit()
    sink.wait()
    assert send(gateway, message(to="someone@example.com"), recipients=["someone@example.com"])[0] == 250
    other.wait()
    lasting = {"front", "queue", "relay"}
    assert {p for p, n in before.items() if n in lasting} <= set(gateway.children()), "nobody was restarted"


def test_a_wrong_reload_changes_nothing(gateway, sink):
    gateway.extra += "\nnonsense = 1\n"
    gateway.write()
    done = gateway.command("reload")
    assert done.returncode != 0 and gateway.conf.encode() in done.stderr + done.stdout, done
    assert send(gateway, message())[0] == 250
    sink.wait()


def test_health_and_stats(gateway, sink):
    assert send(gateway, message())[0] == 250
    sink.wait()
    assert gateway.command("health").returncode == 0
    assert "messages_accepted" in gateway.text("stats")
    assert house.load_json(gateway.text("stats", "--json"))
    assert house.load_json(gateway.text("health", "--json"))
    for name in ("front", "queue", "inspect", "relay"):
        assert name in gateway.text("processes")


def test_stop_by_command(gateway):
    assert gateway.command("stop").returncode == 0
    assert gateway.process.wait(20) == 0
