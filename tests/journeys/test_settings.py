# SPDX-License-Identifier: Apache-2.0
"""The configuration: mistakes are named with file and line; a reload drops nobody; health and stats."""
import os
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


STRICT = 'policy "virus" { when = "virus" do = {"reject"} }'
SCANNER = 'scanner "clamav" { type = clamd socket = "/nonexistent/clamd.ctl" }'
WEAKER = [                                              # what stands in the file, and what may not come of it
    ("nothing at all", "", None),
    ("a file cut in the middle", "half", None),
    ("a word too few", "", ('"virus" do', '"viru" do')),
    ("a policy without an action", "", ('do = {"reject"}', "do = {}")),
    ("an action that is none", "", ('"reject"', '"rejct"')),
    ("a scanner that is of no kind", "", ("type = clamd", "type = clamav")),
    ("networks that are none", "", ('"192.0.2.0/24"', '"192.0.2.0/2400"')),
    ("a network of everybody by a slip", "", ('"192.0.2.0/24"', '"192.0.2.0/"')),
    ("a limit that is no number", "", ("message_limit = 1M", "message_limit = lots")),
    ("a limit out of bounds", "", ("message_limit = 1M", "message_limit = 0")),
    ("a limit below zero", "", ("message_limit = 1M", "message_limit = -1")),
    ("a time without sense", "", ("inspect_limit = 20s", "inspect_limit = never")),
    ("a jail of another word", "", ("jail = strict", "jail = none")),
    ("an include that is gone", "", ("jail = strict", 'jail = strict\ninclude("/nonexistent/policy.conf")')),
    ("a file that cannot be read", "folder", None),
]


def spoil(gateway, how, change):
    path = gateway.conf
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if how == "folder":                                  # root reads any file
        os.unlink(path)
        os.mkdir(path)
        return
    if change:
        assert change[0] in text, change
        text = text.replace(*change)
    else:
        text = text[:len(text) * 2 // 3].rstrip().rstrip("}") if how == "half" else ""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def put_right(gateway):
    if os.path.isdir(gateway.conf):
        os.rmdir(gateway.conf)
    gateway.write()


def events(gateway, name):
    with open(gateway.log, encoding="utf-8", errors="replace") as file:
        return sum(f" supervisor {name} " in line for line in file)


def test_a_bad_setting_never_weakens(started):
    """Row by row: a start is refused; a reload is refused, and what stood stands: the virus rule, the relay rule, limits."""
    nobody = f"smtp://127.0.0.1:{house.free_port()}"
    gateway = Gateway([("example.org", [nobody])], SCANNER + "\nfront { message_limit = 1M }\ninspect { inspect_limit = 20s }",
                      trusted='"192.0.2.0/24"', policy=STRICT + house.DEFAULT_POLICY, top="jail = strict")
    gateway.policy = gateway.policy.replace(house.DEFAULT_POLICY, '\npolicy "unreadable" { when = "unscannable" do = {"reject"} }')
    gateway.write()
    started(gateway)
    for about, how, change in WEAKER:
        spoil(gateway, how, change)
        assert gateway.command("check").returncode == 1, f"{about}: a start is refused"
        refused = events(gateway, "not-reloaded")
        house.signal_process(gateway.process, signal.SIGHUP)
        wait_for(lambda: events(gateway, "not-reloaded") == refused + 1, 20, f"{about}: a reload that is refused")
        assert events(gateway, "reloaded") == 0, about
        code, text = send(gateway, message(subject=about))
        assert 500 <= code < 600, f"{about}: unscannable mail was answered {code} {text}"
        with gateway.client() as client:
            client.ehlo()
            client.mail("you@example.net")
            assert client.rcpt("someone@elsewhere.example")[0] // 100 == 5, about
            assert client.docmd("MAIL", "FROM:<x@example.net> SIZE=2000000")[0] // 100 == 5, about
        put_right(gateway)
    assert gateway.command("reload").returncode == 0
    assert gateway.process.poll() is None


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
