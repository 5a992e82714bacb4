# SPDX-License-Identifier: Apache-2.0
"""The message log: `postern explain` of what is long gone, `postern replay` of what a new configuration would change, and
a keeper that is slow, stopped or killed: mail goes on, and the log says what it lacks."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import pytest

import house
from client import Client, letter
from house import message, send, wait_for
from scanner import Scanner

RULES = """
policy "pills"  { when = "subject ~ '*pills*'" do = {"quarantine"} }
policy "nobody" { when = "recipient ~ 'nobody@*'" do = {"reject nobody lives here"} }
policy "mark"   { when = "subject ~ '*offer*'" do = {"subject '[offer] '"} }
"""


@pytest.fixture
def gateway(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick + RULES))


def hand_in(gateway, subject, recipients=("berta@example.org",)):
    with Client(gateway.port) as client:
        return client.mail("anna@example.net", list(recipients), letter(subject))


def id_of(reply):
    return re.search(r"accepted as (\w{16})", reply)[1]


def explained(gateway, ident):
    done = gateway.command("explain", "--json", ident)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def replay(gateway, against, *words):
    done = gateway.command("replay", "--against", str(against), "--json", *words)
    assert done.returncode == 0, done
    rows = house.load_json(done.stdout.decode())
    return rows[:-1], rows[-1]["totals"]


def other_conf(gateway, tmp_path, old, new, name="new.conf"):
    text = pathlib.Path(gateway.conf).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_what_is_delivered_is_explained(gateway, sink):
    ident = id_of(hand_in(gateway, "an offer"))
    sink.wait()
    gateway.wait_empty()
    trace = explained(gateway, ident)
    assert trace["envelope"]["id"] == ident and trace["envelope"]["sender"] == "anna@example.net"
    assert trace["recipients"][0]["outcome"] == "deliver" and trace["recipients"][0]["address"] == "berta@example.org"
    assert trace["recipients"][0]["also"][0]["rule"] == "mark" and trace["recipients"][0]["also"][0]["origin"]
    assert trace["facts"]["subject"] == "an offer" and trace["parts"]
    assert {"clock", "peer"} <= {answer["kind"] for answer in trace["answers"]}
    assert any("127.0.0.1" in answer["text"] for answer in trace["answers"] if answer["kind"] == "peer")
    text = gateway.text("explain", ident)
    for word in ("berta@example.org: deliver", "subject = an offer", "policy mark (", "clock: said 20", "settings", "policy 'pills' when"):
        assert word in text, text


def test_what_was_refused_is_explained(gateway):
    reply = hand_in(gateway, "hello", ["nobody@example.org"])
    assert reply.startswith("550"), reply
    ident = wait_for(lambda: re.search(r"info (\w{16}) queue refused", gateway.log_text()), 10, "the refusal in the log")[1]
    trace = explained(gateway, ident)
    assert trace["recipients"][0]["outcome"] == "reject" and trace["recipients"][0]["rule"] == "nobody"
    assert gateway.command("explain", "0" * 16).returncode == 1


def test_the_quarantine_is_explained_and_replayed(gateway, tmp_path):
    ident = id_of(hand_in(gateway, "pills"))
    wait_for(lambda: ident in gateway.text("quarantine", "list"), 20, "it in the quarantine")
    assert explained(gateway, ident)["recipients"][0]["rule"] == "pills"
    assert "quarantine (policy) by policy pills (" in gateway.text("explain", ident)
    rows, totals = replay(gateway, gateway.conf, "--quarantine")
    assert rows == [] and totals["messages"] == totals["same"] == 1, (rows, totals)
    rows, totals = replay(gateway, other_conf(gateway, tmp_path, "*pills*", "*other*"), "--quarantine")
    assert totals["differ"] == 1 and totals["changes"] == {"quarantine -> deliver": 1}, totals
    assert rows[0]["file"] == ident and rows[0]["changes"][0]["from"]["why"] == "pills"


def test_what_was_judged_is_replayed(gateway, sink, tmp_path):
    for subject in ("one", "an offer", "pills", "two"):
        assert hand_in(gateway, subject).startswith("250")
    assert hand_in(gateway, "three", ["nobody@example.org"]).startswith("550")
    sink.wait(3)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["messages"] == totals["same"] == 5, (rows, totals)
    new = other_conf(gateway, tmp_path, 'do = {"reject nobody lives here"}', 'do = {"hold"}')
    rows, totals = replay(gateway, new, "--kept")
    assert totals == {"messages": 5, "same": 4, "differ": 1, "unknown": 0, "changes": {"reject -> hold": 1}}
    change = rows[0]["changes"][0]
    assert change["recipient"] == "nobody@example.org" and change["to"]["why"] == "nobody"
    assert re.fullmatch(r".*/new\.conf:\d+", change["to"]["origin"]) and change["from"]["what"].startswith("reject '550")
    # The same without a gateway: the files are read.
    gateway.stop()
    rows, totals = replay(gateway, new, "--kept")
    assert totals["messages"] == 5 and totals["differ"] == 1
    done = gateway.command("replay", "--against", str(new), "--kept")
    assert b"nobody@example.org: reject '550" in done.stdout and b"5 messages: 4 the same, 1 differ" in done.stdout, done


def test_a_header_that_was_not_kept_is_not_guessed(gateway, sink, tmp_path):
    assert hand_in(gateway, "one").startswith("250")
    sink.wait()
    new = other_conf(gateway, tmp_path, "subject ~ '*pills*'", "header('X-Kind') = 'offer'")
    rows, totals = replay(gateway, new, "--kept")
    assert totals["unknown"] == 1 and totals["same"] == 0 and "header" in rows[0]["unknown"], (rows, totals)


def test_scanners_are_not_asked_again(started, sink, quick):
    socket = pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "clamd"
    socket.parent.chmod(0o755)
    scanner = started(Scanner(socket))
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + RULES + scanner.section))
    ident = id_of(hand_in(gateway, "one"))
    sink.wait()
    assert any(answer["kind"] == "scanners" and answer["end"] == "clean" for answer in explained(gateway, ident)["answers"])
    gateway.stop()
    scanner.stop()
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["same"] == 1, (rows, totals)


def test_files_are_replayed(gateway, tmp_path):
    for number, subject in enumerate(("pills", "hello", "an offer")):
        (tmp_path / f"{number}.eml").write_bytes(message(subject=subject))
    (tmp_path / "new").mkdir()
    new = other_conf(gateway, tmp_path / "new", "*pills*", "*hello*")
    paths = [str(tmp_path / f"{number}.eml") for number in range(3)]
    rows, totals = replay(gateway, gateway.conf, *paths)
    assert rows == [] and totals["same"] == 3
    rows, totals = replay(gateway, new, *paths)
    assert [os.path.basename(row["file"]) for row in rows] == ["0.eml", "1.eml"]
    assert totals["changes"] == {"quarantine -> deliver": 1, "deliver -> quarantine": 1} and totals["same"] == 1


def test_a_mistake_in_the_new_configuration_is_said(gateway, tmp_path):
    new = other_conf(gateway, tmp_path, "subject ~ '*pills*'", "subjekt ~ '*pills*'")
    done = gateway.command("replay", "--against", str(new), "--kept")
    assert done.returncode == 2 and b"subjekt" in done.stderr, done
    assert gateway.command("replay", "--kept").returncode == 2


@pytest.mark.skipif(house.corpora()[0] is None, reason=str(house.corpora()[1]))
def test_the_same_configuration_twice_over_the_corpora(gateway):
    folder = os.path.join(house.corpora()[0], "mime")
    rows, totals = replay(gateway, gateway.conf, folder)
    assert rows == [] and totals["messages"] == totals["same"] > 500, totals
    print(totals)


# ---- a keeper in trouble ----

def keeper(gateway):
    return next(pid for pid, name in gateway.children().items() if name == "keeper")


def gaps(gateway):
    return sum(int(count) for count in re.findall(r"keeper log-gap records=(\d+)", gateway.log_text()))


def test_a_keeper_that_does_not_read_holds_nothing(gateway, sink):
    pid = keeper(gateway)
    os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for number in range(30):
            assert hand_in(gateway, f"mail {number}").startswith("250")
        sink.wait(30)
        gateway.wait_empty()
        assert time.monotonic() - begin < 25
    finally:
        os.kill(pid, signal.SIGCONT)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["messages"] == 30, "what waited was not lost"


def test_a_killed_keeper_loses_no_mail_and_its_log_says_what_it_lacks(gateway, sink):
    assert hand_in(gateway, "before").startswith("250")
    assert replay(gateway, gateway.conf, "--kept")[1]["messages"] == 1
    pid = keeper(gateway)
    os.kill(pid, signal.SIGSTOP)
    for number in range(20):
        assert hand_in(gateway, f"mail {number}").startswith("250")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: any(name == "keeper" and new != pid for new, name in gateway.children().items()), 20, "another keeper")
    sink.wait(21)
    gateway.wait_empty()
    wait_for(lambda: gaps(gateway) == 20, 20, "the gap in the log")
    assert hand_in(gateway, "after").startswith("250")
    wait_for(lambda: replay(gateway, gateway.conf, "--kept")[1]["messages"] == 2, 20, "before and after")


def test_strangers_do_not_read_the_log(gateway, sink):
    if not house.IS_ROOT:
        pytest.skip("root can become somebody else")
    assert hand_in(gateway, "one").startswith("250")
    sink.wait()
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", house.POSTERN, "replay", "-c", gateway.conf,
                           "--against", gateway.conf, "--kept"], capture_output=True, check=False)
    assert done.returncode == 2 and b"postern-admin" in done.stderr, done
