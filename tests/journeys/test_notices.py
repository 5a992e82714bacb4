# SPDX-License-Identifier: Apache-2.0
"""Who is told that a message could not be delivered, and how; and who is not."""
import email
import email.policy
import email.utils
import json
import pathlib
import re
import socket

import pytest

import house
from client import STRANGER, TRUSTED, Client, letter
from house import wait_for


@pytest.fixture
def gateway(started, sink, quick):
    """Only 127.0.0.2 is our own network; nobody@ and nowhere@ are refused by the next hop."""
    sink.answers["nobody@example.org"] = "RCPT 550 5.1.1 no such user"
    sink.answers["nowhere@example.org"] = "RCPT 554 5.7.1 go away"
    return started(house.Gateway([("example.org", [sink.url])], quick, trusted=f'"{TRUSTED}/32"'))


def send_from(gateway, source, recipients, sender="anna@example.org", data=None):
    with Client(gateway.port, source) as client:
        assert client.mail(sender, recipients, data or letter("not delivered")).startswith("250")


def rows(gateway, what):
    return [json.loads(line) for line in gateway.text(what, "list", "--json").splitlines()]


def test_our_own_sender_gets_a_notice_by_the_book(gateway, sink):
    data = letter("not delivered", "a secret text\r\n")
    send_from(gateway, TRUSTED, ["nobody@example.org", "berta@example.org", "nowhere@example.org"], data=data)
    wait_for(lambda: len(sink.letters) >= 2, 30, "the message to one, a notice to the sender")
    notice = next(one for one in sink.letters if one.recipients == ["anna@example.org"])
    assert notice.sender == ""
    parsed = email.message_from_bytes(notice.data, policy=email.policy.default)
    assert not parsed.defects and parsed["Auto-Submitted"] == "auto-replied"
    assert parsed.get_content_type() == "multipart/report" and parsed.get_param("report-type") == "delivery-status"
    text, status, original = parsed.iter_parts()
    assert text.get_content_type() == "text/plain" and "nobody@example.org" in text.get_content()
    assert status.get_content_type() == "message/delivery-status"
    message, *recipients = status.get_payload()
    assert message["Reporting-MTA"].replace("; ", ";") == "dns;mx.example.org" and message["Arrival-Date"]
    told = {one["Final-Recipient"].replace("; ", ";"): (one["Action"], one["Status"], one["Diagnostic-Code"])
            for one in recipients}
    assert told == {
        "rfc822;nobody@example.org": ("failed", "5.1.1", "smtp; 550 5.1.1 no such user"),
        "rfc822;nowhere@example.org": ("failed", "5.7.1", "smtp; 554 5.7.1 go away")}
    assert original.get_content_type() in ("text/rfc822-headers", "message/rfc822")
    assert "Subject: not delivered" in original.as_string() or "not delivered" in str(original.get_payload())
    gateway.wait_empty()
    assert rows(gateway, "quarantine") == []


def test_a_stranger_is_told_nothing(gateway, sink):
    data = letter("not delivered")
    send_from(gateway, STRANGER, ["nobody@example.org"], data=data)
    row = wait_for(lambda: rows(gateway, "quarantine"), 20, "one in quarantine")[0]
    gateway.wait_empty()
    assert (row["kind"], row["recipients"]) == ("undeliverable", ["nobody@example.org"])
    assert gateway.command("quarantine", "show", row["id"], "--bytes").stdout == data
    assert sink.letters == []


def test_a_notice_is_never_answered_by_a_notice(gateway, sink):
    send_from(gateway, TRUSTED, ["nobody@example.org"], sender="")
    row = wait_for(lambda: rows(gateway, "quarantine"), 20, "one in quarantine")[0]
    gateway.wait_empty()
    assert row["kind"] == "undeliverable" and sink.letters == []


def test_nobody_is_told_twice_when_the_gateway_restarts(gateway, sink):
    send_from(gateway, TRUSTED, ["nobody@example.org"])
    sink.wait(1)
    gateway.wait_empty()
    gateway.stop()
    gateway.start()
    send_from(gateway, TRUSTED, ["berta@example.org"])
    wait_for(lambda: len(sink.letters) >= 2, 20, "a second letter")
    assert sorted(one.recipients[0] for one in sink.letters) == ["anna@example.org", "berta@example.org"]


def test_a_host_without_an_answer_is_no_failure(started, quick):
    """Nobody listens, then somebody does: delivered once, and nobody is told anything."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    gateway = started(house.Gateway([("example.org", [f"smtp://127.0.0.1:{port}"])], quick))
    send_from(gateway, TRUSTED, ["berta@example.org"])
    row, = rows(gateway, "queue")
    wait_for(lambda: rows(gateway, "queue")[0]["recipients"][0]["attempts"] >= 2, 20, "two attempts")
    assert rows(gateway, "queue")[0]["recipients"][0]["reply"].startswith("451 4.4.1")
    sink = started(house.Sink(port=port))
    sink.wait(1)
    gateway.wait_empty()
    assert len(sink.letters) == 1 and rows(gateway, "quarantine") == [] and row["id"]


def test_two_recipients_have_times_of_their_own(started, sink, quick):
    """One message: a profile says that one of its recipients is waited for less, and that its sender hears of it soon."""
    rules = 'profile "students" { when = "recipient ~ \'s*@*\'" queue { lifetime = 2d delay_notice = 1s } }\n'
    sink.answers["student@example.org"] = sink.answers["teacher@example.org"] = "RCPT 451 4.2.1 not now"
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + rules, trusted=f'"{TRUSTED}/32"'))
    send_from(gateway, TRUSTED, ["student@example.org", "teacher@example.org"])
    ident = rows(gateway, "queue")[0]["id"]
    sink.wait(1)
    notice, = sink.letters
    status = email.message_from_bytes(notice.data, policy=email.policy.default).get_payload()[1]
    _, *told = status.get_payload()
    assert [one["Final-Recipient"].replace("; ", ";") for one in told] == ["rfc822;student@example.org"], status
    late = email.utils.parsedate_to_datetime(told[0]["Will-Retry-Until"]) - notice_time(status)
    assert abs(late.total_seconds() - 2 * 86400) < 60, status
    trace = json.loads(gateway.text("explain", "--json", ident))
    student, teacher = trace["recipients"]
    assert [(one["name"], one["seconds"], one["profile"]) for one in student["times"]] == \
        [("lifetime", 2 * 86400, "students"), ("delay_notice", 1, "students")], trace
    assert teacher["times"] == [], trace
    line = next(line for line in gateway.text("explain", ident).splitlines() if "lifetime" in line)
    assert re.fullmatch(r'      lifetime 2d, profile "students", .*postern\.conf:\d+', line), line
    # What a configuration without the profile would have made of it is another fate.
    other = pathlib.Path(gateway.folder) / "new.conf"
    other.write_text(pathlib.Path(gateway.conf).read_text(encoding="utf-8").replace("lifetime = 2d ", ""), encoding="utf-8")
    told = json.loads(gateway.text("replay", "--against", str(other), "--kept", "--json").splitlines()[-1])
    assert told["totals"]["differ"] == 1 and told["totals"]["changes"] == {"deliver, done otherwise": 1}, told


def notice_time(status):
    return email.utils.parsedate_to_datetime(status.get_payload()[0]["Arrival-Date"])
