# SPDX-License-Identifier: Apache-2.0
"""Policy of the configuration, carried out: for each recipient its own, seen by the next hop and in the quarantine."""
import json
import tempfile
import pathlib

import pytest

import house
from client import Client, letter
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
