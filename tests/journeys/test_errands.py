# SPDX-License-Identifier: Apache-2.0
"""What rules ask for beside a fate: copies, notices, a message as an attachment; made once, and before anything else."""
import email
import email.policy
import json
import os
import pathlib
import signal
import tempfile

import pytest

import house
from client import Client, letter
from house import wait_for
from scanner import Scanner

OUTSIDE = '"192.0.2.0/24"'       # the tests' client is a stranger


def hand_in(gateway, recipients, data, sender="anna@example.net"):
    with Client(gateway.port) as client:
        return client.mail(sender, recipients, data)


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def to(sink, address):
    return [one for one in sink.letters if address in one.recipients]


def wait_to(sink, address, count=1):
    wait_for(lambda: len(to(sink, address)) >= count, 30, f"{count} for {address}")
    return to(sink, address)


@pytest.fixture(params=["without a scanner", "with a scanner"])
def more(request, started):
    """Without a scanner one worker reads, judges and mends; with one these are three questions."""
    if request.param == "without a scanner":
        return ""
    scanner = started(Scanner(pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "clamd"))
    scanner.path.parent.chmod(0o755)
    return scanner.section


def begin(started, sink, quick, rules, trusted=OUTSIDE, more=""):
    return started(house.Gateway([("example.org", [sink.url])], quick + more, trusted=trusted, policy=rules))


def archived(folder):
    return {str(path.relative_to(folder).parent.parent): path.read_bytes()
            for path in sorted(pathlib.Path(folder).glob("*/*/new/*"))}


def test_copies_attachments_and_notices(started, sink, quick, more):
    folder = pathlib.Path(house.folder()) / "kept"
    gateway = begin(started, sink, quick, f'''
        policy "all"   {{ do = {{"archive {folder}"}} }}
        policy "odd"   {{ when = "subject ~ '*pills*'" do = {{"subject '[pills] '", "forward watch@example.org"}} }}
        policy "wrap"  {{ when = "recipient ~ 'wrapped@*'" do = {{"as attachment"}} }}
        policy "gone"  {{ when = "recipient ~ 'gone@*'" do = {{"notify recipient", "discard"}} }}
        policy "aside" {{ when = "recipient ~ 'aside@*'" do = {{"notify help@example.org", "quarantine"}} }}
        template "recipient" {{ subject = "Für Sie: %subject%" text = {{"Regel %rule%, %action%", "", "Ende"}} }}
        ''', more=more)
    data = letter("Cheap pills")
    names = ["plain", "wrapped", "gone", "aside"]
    assert hand_in(gateway, [f"{name}@example.org" for name in names], data).startswith("250")

    plain = wait_to(sink, "plain@example.org")[0]
    assert b"Subject: [pills] Cheap pills\r\n" in plain.data
    wrapped = parsed(wait_to(sink, "wrapped@example.org")[0].data)
    assert wrapped["Subject"] == "[pills] Cheap pills" and wrapped.get_content_type() == "multipart/mixed"
    text, original = wrapped.iter_parts()
    assert text.get_content_type() == "text/plain" and original.get_content_type() == "message/rfc822"
    assert original.is_attachment() and original.get_payload(0)["Subject"] == "Cheap pills"
    assert data in wait_to(sink, "wrapped@example.org")[0].data, "the original is inside, byte for byte"

    copies = wait_to(sink, "watch@example.org", 2)
    assert all(copy.sender == "" and b"[pills] " in copy.data for copy in copies), "nobody answers a copy"
    told = wait_to(sink, "gone@example.org")[0]
    notice = parsed(told.data)
    assert told.sender == "" and notice["Subject"] == "Für Sie: Cheap pills", notice["Subject"]
    assert notice["Auto-Submitted"] == "auto-generated" and notice.get_content().splitlines() == "Regel gone, discard\n\nEnde".splitlines()
    helped = parsed(wait_to(sink, "help@example.org")[0].data)
    assert "aside@example.org" in helped.get_content() and "anna@example.net" in helped.get_content()

    gateway.wait_empty()
    wait_for(lambda: len(archived(folder)) == 4, 30, f"four copies in the archive: {archived(folder)}")
    assert set(archived(folder)) == {f"example.org/{name}" for name in names}
    for kept in archived(folder).values():
        lines = data.replace(b"\r\n", b"\n")
        assert kept.startswith(b"Return-Path: <anna@example.net>\n") and kept.endswith(lines), "the archive has it as it came"
    kept = [json.loads(line) for line in gateway.text("quarantine", "list", "--json").splitlines()]
    assert [one["recipients"] for one in kept] == [["aside@example.org"]]
    assert len(to(sink, "watch@example.org")) == 2 and len(to(sink, "gone@example.org")) == 1, "each was made once"
    assert not to(sink, "aside@example.org")


def test_profiles_speak_their_recipients_language(started, sink, quick, more):
    gateway = begin(started, sink, quick, '''
        profile "vienna"  { when = "recipient ~ '*@wien.*'"  template "recipient" { subject = "Zurückgehalten: %%subject%%" } }
        profile "careful" { when = "recipient ~ 'anna@*'"  template "attachment" { text = {"Vorsicht"} } }
        policy "wrap"     { when = "profile = 'careful'" do = {"as attachment", "deliver"} }
        policy "aside"    { do = {"notify recipient", "quarantine"} }
        domain "wien.example.org" { deliver = {"%s"} }
        ''' % sink.url, more=more)
    people = ["anna@wien.example.org", "anna@example.org", "berta@wien.example.org", "berta@example.org"]
    assert hand_in(gateway, people, letter("offer")).startswith("250")
    mails = {name: parsed(wait_to(sink, name)[0].data) for name in people}
    gateway.wait_empty()
    assert mails["berta@wien.example.org"]["Subject"] == "Zurückgehalten: offer"
    assert mails["berta@example.org"]["Subject"] == "A message for you was stopped by a rule"
    for name in people[:2]:
        assert next(mails[name].iter_parts()).get_content().strip() == "Vorsicht" and mails[name]["Subject"] == "offer"
    assert len(sink.letters) <= 4, "who is in two profiles is treated once"


def test_a_sender_is_told_only_when_known(started, sink, quick):
    rules = 'policy "no" { when = "size > 0" do = {"notify sender", "notify recipient", "quarantine"} }'
    stranger = begin(started, sink, quick, rules)
    assert hand_in(stranger, ["berta@example.org"], letter("one"), "anna@example.org").startswith("250")
    wait_to(sink, "berta@example.org")
    assert hand_in(stranger, ["carl@example.org"], letter("two"), "").startswith("250")
    stranger.wait_empty()
    assert not to(sink, "anna@example.org"), "a stranger's sender may be anybody's"
    assert not to(sink, "carl@example.org"), "what has no sender is answered by nobody"

    known = begin(started, sink, quick, rules, trusted='"127.0.0.0/8"')
    assert hand_in(known, ["berta@example.org"], letter("three"), "anna@example.org").startswith("250")
    notice = parsed(wait_to(sink, "anna@example.org")[0].data)
    assert "berta@example.org" in notice.get_content() and "three" in notice.get_content()
    known.wait_empty()


def test_a_copy_that_fails_is_kept_where_it_is_seen(started, sink, quick):
    sink.answers["watch@example.org"] = "550 5.1.1 nobody here"
    gateway = begin(started, sink, quick, 'policy "copy" { do = {"forward watch@example.org"} }')
    assert hand_in(gateway, ["berta@example.org"], letter("copied")).startswith("250")
    wait_to(sink, "berta@example.org")
    wait_for(lambda: gateway.text("quarantine", "list", "--json"), 30, "the copy in quarantine")
    gateway.wait_empty()
    kept = json.loads(gateway.text("quarantine", "list", "--json"))
    assert kept["kind"] == "undeliverable" and kept["recipients"] == ["watch@example.org"]
    assert not to(sink, "anna@example.net"), "the sender hears nothing of a copy"


def test_errands_outlive_a_kill(started, sink, quick):
    """The queue dies behind its 250, in the middle of what it has to make: each of them comes, none is lost."""
    gateway = begin(started, sink, quick, 'policy "tell" { do = {"notify help@example.org", "forward watch@example.org"} }')
    for number in range(5):
        name = f"berta{number}@example.org"
        wait_for(lambda: hand_in(gateway, [name], letter(f"told {number}")).startswith("250"), 20, "a queue that takes mail")
        for pid, child in gateway.children().items():
            if child == "queue":
                os.kill(pid, signal.SIGKILL)
        gateway.wait_ready()
        assert wait_to(sink, name)
    for address in ("watch@example.org", "help@example.org"):
        wait_for(lambda: len({parsed(one.data)["Subject"] for one in to(sink, address)}) == 5, 30, f"five for {address}")
    gateway.wait_empty()


def test_refused_is_refused(started, sink, quick):
    gateway = begin(started, sink, quick, 'policy "no" { do = {"forward watch@example.org", "notify recipient", "reject"} }')
    assert hand_in(gateway, ["berta@example.org"], letter()).startswith("550")
    gateway.wait_empty()
    assert sink.letters == [], "what was not taken is nobody's to copy"
