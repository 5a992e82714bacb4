# SPDX-License-Identifier: Apache-2.0
"""Policy of the configuration, carried out: for each recipient its own, seen by the next hop and in the quarantine."""
import json
import pathlib
import tempfile
import threading

import pytest

import house
from client import Client, letter
from house import wait_for
from scanner import Scanner

RULES = """
list "bosses" { entries = {"boss@example.org", "*@board.example.org"} }
policy "mark"   { when = "subject ~ '*pills*' and recipient !~ 'raw@*'" do = {"subject '[pills] '", "header X-Seen: yes"} }
policy "boss"   { when = "recipient in list('bosses') and header('X-Kind') = 'offer'" do = {"quarantine"} }
policy "nobody" { when = "recipient ~ /^nobody@/ and size < 10K" do = {"reject nobody lives here"} }
"""


@pytest.fixture(params=["without a scanner", "with a scanner"])
def gateway(request, started, sink, quick):
    """Without a scanner one worker reads, judges and mends; with one these are three questions."""
    extra = quick + RULES
    if request.param == "with a scanner":
        scanner = started(Scanner(pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "clamd"))
        scanner.path.parent.chmod(0o755)
        extra += scanner.section
    return started(house.Gateway([("example.org", [sink.url])], extra, trusted='"192.0.2.0/24"'))


def hand_in(gateway, recipients, data):
    with Client(gateway.port) as client:
        return client.mail("anna@example.net", recipients, data)


def test_three_recipients_three_outcomes(gateway, sink):
    data = letter("Cheap pills", headers="X-Kind: offer\r\n")
    reply = hand_in(gateway, ["boss@example.org", "nobody@example.org", "berta@example.org", "raw@example.org"], data)
    assert reply.startswith("250"), reply
    sink.wait(2)
    gateway.wait_empty()
    by_recipient = {one: mail.data for mail in sink.letters for one in mail.recipients}
    assert sorted(by_recipient) == ["berta@example.org", "raw@example.org"]
    assert b"Subject: [pills] Cheap pills\r\n" in by_recipient["berta@example.org"]
    assert b"\r\nX-Seen: yes\r\n" in by_recipient["berta@example.org"]
    assert house.without_trace(by_recipient["raw@example.org"], data) == data, "who is not meant gets it as it came"
    kept = {}
    for line in gateway.text("quarantine", "list", "--json").splitlines():
        kept[json.loads(line)["kind"]] = json.loads(line)
    assert sorted(kept) == ["late", "policy"] or len(kept) == 1, kept


def test_a_refusal_of_all_is_the_clients(gateway, sink):
    reply = hand_in(gateway, ["nobody@example.org"], letter())
    assert reply.startswith("550 5.7.1 nobody lives here"), reply
    assert sink.letters == []


def test_a_rule_that_never_matches_is_said(gateway):
    config = pathlib.Path(gateway.folder) / "postern.conf"
    config.write_text(config.read_text() + 'policy "late" { when = "virus and size > 1M" do = {"discard"} }\n')
    checked = gateway.command("check")
    assert checked.returncode == 1 and b'"late" can never match' in checked.stdout + checked.stderr, checked


def test_a_late_refusal_is_kept(started, sink, quick):
    """Nobody is left to refuse it to: what would have been a 550 is in quarantine, as `late`."""
    scanner = started(Scanner(pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "clamd", slow_found))
    scanner.path.parent.chmod(0o755)
    section = scanner.section.replace('"3s"', '"30s"')
    gateway = started(house.Gateway([("example.org", [sink.url])], section + 'queue { answer_budget = "1s" }',
                                    policy='policy "no" { when = "virus" do = {"reject no viruses"} }'))
    reply = hand_in(gateway, ["berta@example.org"], letter())
    assert reply.startswith("250"), reply
    listed = wait_for(lambda: gateway.text("quarantine", "list", "--json"), 30, "the quarantine")
    kept = json.loads(listed)
    assert (kept["kind"], kept["verdict"], kept["recipients"]) == ("late", "virus", ["berta@example.org"]), kept
    gateway.wait_empty()
    assert sink.letters == [], "and nobody gets it"


def slow_found(data):
    threading.Event().wait(3)
    return b"fd[10]: Eicar-Test FOUND\n"


class Load(threading.Thread):
    """Sessions, each with many messages; every reply is kept."""

    def __init__(self, port, name, stopping):
        super().__init__(daemon=True)
        self.port, self.address, self.stopping, self.replies = port, f"{name}@example.org", stopping, []

    def run(self):
        try:
            with Client(self.port) as client:
                while not self.stopping.is_set() or len(self.replies) < 3:
                    self.replies.append(client.mail("anna@example.net", [self.address], letter()))
        except OSError as error:
            self.replies.append(f"lost: {error}")


def test_a_reload_under_load_drops_no_session(started, sink, quick):
    """Policy and a list's file change while sessions go on: each session lives, and each message meets one policy whole."""
    listed = pathlib.Path(house.folder()) / "blocked"
    listed.write_text("# nobody yet\n")
    rules = f'''list "blocked" {{ file = "{listed}" }}
        policy "blocked" {{ when = "recipient in list('blocked')" do = {{"reject blocked"}} }}
        policy "mark" {{ do = {{"header X-Policy: %s"}} }}'''
    gateway = started(house.Gateway([("example.org", [sink.url])], quick, policy=rules % "old"))
    stopping = threading.Event()
    load = [Load(gateway.port, name, stopping) for name in ("anna", "berta", "carl", "dora")]
    for one in load:
        one.start()
    wait_for(lambda: all(len(one.replies) > 3 for one in load), 30, "a load")
    gateway.policy = rules % "new"
    gateway.write()
    listed.write_text("# blocked now\nDora@example.org\n*@elsewhere.example\n")
    gateway.text("reload")
    wait_for(lambda: load[3].replies[-1].startswith("550 5.7.1 blocked"), 30, f"the new list: {load[3].replies[-1]}")
    stopping.set()
    for one in load:
        one.join(30)
    assert all(reply.startswith("250") for one in load[:3] for reply in one.replies), "no session was dropped, no message refused"
    dora = [reply[:3] for reply in load[3].replies]
    assert set(dora) == {"250", "550"} and dora == sorted(dora), "from the reload on, and not before"
    gateway.wait_empty()
    accepted = sum(reply.startswith("250") for one in load for reply in one.replies)
    wait_for(lambda: len(sink.letters) == accepted, 30, f"{accepted} messages")
    policies = [mail.data.count(b"X-Policy: old") + 10 * mail.data.count(b"X-Policy: new") for mail in sink.letters]
    assert set(policies) == {1, 10}, "each message met the old policy or the new one"


def test_a_mistake_in_a_list_changes_nothing(started, sink):
    listed = pathlib.Path(house.folder()) / "blocked"
    listed.write_text("anna@example.org\n")
    gateway = started(house.Gateway([("example.org", [sink.url])], policy=f'''list "blocked" {{ file = "{listed}" }}
        policy "blocked" {{ when = "recipient in list('blocked')" do = {{"reject"}} }}'''))
    listed.write_bytes(b"berta@example.org\nb\x00d\n")
    done = gateway.command("reload")
    assert done.returncode == 1, done
    checked = gateway.command("check")
    assert checked.returncode == 1 and f"{listed}:2: has a control byte".encode() in checked.stdout + checked.stderr, checked
    assert hand_in(gateway, ["anna@example.org"], letter()).startswith("550"), "what stood stands"
    assert hand_in(gateway, ["berta@example.org"], letter()).startswith("250")
