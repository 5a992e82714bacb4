# SPDX-License-Identifier: Apache-2.0
"""Policy of the configuration, carried out: for each recipient its own, seen by the next hop and in the quarantine."""
import email
import email.policy
import json
import pathlib
import re
import tempfile
import threading

import pytest

import house
from client import STRANGER, TRUSTED, Client, letter
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
    """And a fourth, for whom nothing is changed: each gets what is meant for him, to the byte, and nobody anything else."""
    data = letter("Cheap pills", headers="X-Kind: offer\r\n")
    reply = hand_in(gateway, ["boss@example.org", "nobody@example.org", "berta@example.org", "raw@example.org"], data)
    assert reply.startswith("250"), reply
    sink.wait(2)
    gateway.wait_empty()
    assert sorted(mail.recipients for mail in sink.letters) == [["berta@example.org"], ["raw@example.org"]], "one copy each"
    got = {mail.recipients[0]: mail for mail in sink.letters}
    assert {mail.sender for mail in sink.letters} == {"anna@example.net"}
    marked = b"X-Seen: yes\r\n" + data.replace(b"Subject: Cheap pills\r\n", b"Subject: [pills] Cheap pills\r\n", 1)
    assert house.without_trace(got["berta@example.org"].data, marked) == marked
    assert house.without_trace(got["raw@example.org"].data, data) == data, "who is not meant gets it as it came"
    kept = [json.loads(line) for line in gateway.text("quarantine", "list", "--json").splitlines()]
    assert sorted(one for row in kept for one in row["recipients"]) == ["boss@example.org", "nobody@example.org"], kept
    for row in kept:
        assert gateway.command("quarantine", "show", row["id"], "--bytes").stdout == data, "as it came"
    ident = id_of(reply)
    fates = {one["address"]: one for one in explained(gateway, ident)["recipients"]}
    assert {name: (one["outcome"], one.get("kind"), one.get("rule")) for name, one in fates.items()} == {
        "boss@example.org": ("quarantine", "policy", "boss"), "nobody@example.org": ("quarantine", "late", "nobody"),
        "berta@example.org": ("deliver", None, None), "raw@example.org": ("deliver", None, None)}
    assert fates["nobody@example.org"]["reply"] == "550 5.7.1 nobody lives here", "what the client would have been told"
    assert [fates[name]["matched"] for name in sorted(fates)] == [["mark"], ["mark", "boss"], ["mark", "nobody"], []]
    assert fates["boss@example.org"]["because"] == [
        {"fact": "recipient", "values": ["boss@example.org"], "known": True},
        {"fact": "header", "argument": "X-Kind", "values": ["offer"], "known": True}], "each fact of the rule that decided, once"
    assert fates["raw@example.org"]["because"] == []
    assert 'because: recipient boss@example.org; header("X-Kind") offer' in gateway.text("explain", ident)
    gateway.wait_empty()
    assert len(sink.letters) == 2, "and nobody is told anything"


def id_of(reply):
    return re.search(r"accepted as (\w{16})", reply)[1]


def explained(gateway, ident):
    done = gateway.command("explain", "--json", ident)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=From:Subject; bh=x; b=x\r\n"


def test_edits_are_explained_with_what_they_break(gateway, sink, tmp_path):
    """Before they are made, from the findings, and after; of a message that is gone, and of a file."""
    data = letter("Cheap pills", headers=SIGNED)
    reply = hand_in(gateway, ["berta@example.org", "raw@example.org"], data)
    sink.wait(2)
    gateway.wait_empty()
    (tmp_path / "letter.eml").write_bytes(data)
    of_file = gateway.command("explain", "--json", "--to", "berta@example.org", str(tmp_path / "letter.eml"))
    assert of_file.returncode == 0, of_file
    for trace in (explained(gateway, id_of(reply)), json.loads(of_file.stdout)):
        assert trace["facts"]["signed"] == ["dkim"] and trace["policy"] == ["mark"]
        assert trace["actions"] == ["subject [pills] ", "header X-Seen: yes", "deliver"]
        first = trace["recipients"][0]
        assert [(deed["action"], deed["rule"], deed["breaks"]) for deed in first["also"]] == [
            ("subject", "mark", ["dkim-header"]), ("header", "mark", [])]
        assert all(re.search(r"postern[.]conf:\d+$", deed["origin"]) for deed in first["also"])
        changed = bytearray(data)
        for edit in reversed(first["edits"]):
            changed[edit["at"]:edit["at"] + edit["drop"]] = edit["put"].encode()
        assert b"Subject: [pills] Cheap pills\r\n" in changed and changed.startswith(b"X-Seen: yes\r\n")
        assert first["broken"] == ["dkim-header"]
    second = explained(gateway, id_of(reply))["recipients"][1]
    assert second["also"] == second["edits"] == [] and "broken" not in second, "who is not meant keeps the signature"
    text = gateway.text("explain", id_of(reply))
    for words in ("matched: mark", "subject [pills]  by policy mark (", ", breaks dkim-header", "0 left out, put in: X-Seen: yes\\x0d\\x0a",
                  "broken: dkim-header"):
        assert words in text, text


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
    data = letter()
    reply = hand_in(gateway, ["berta@example.org"], data)
    assert reply.startswith("250"), reply
    listed = wait_for(lambda: gateway.text("quarantine", "list", "--json"), 30, "the quarantine")
    kept = json.loads(listed)
    assert (kept["kind"], kept["verdict"], kept["recipients"]) == ("late", "virus", ["berta@example.org"]), kept
    gateway.wait_empty()
    assert sink.letters == [], "and nobody gets it"
    assert gateway.command("quarantine", "show", kept["id"], "--bytes").stdout == data, "as it came"
    fate = explained(gateway, id_of(reply))["recipients"][0]
    assert (fate["rule"], fate["reply"]) == ("no", "550 5.7.1 no viruses"), "with what the client would have been told"


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


def test_filler_before_a_word_hides_nothing(started, sink):
    """Nor does a ceiling of the settings: a long head that may be read is mended too, within the field."""
    gateway = started(house.Gateway([("example.org", [sink.url])], 'inspect { header_count = 3000 }',
                                    policy="""policy "word" { when = "subject ~ '*pills*'" do = {"reject pills"} }
                                    policy "mark" { do = {"subject '[x] '"} }"""))
    folded = "\r\n ".join(["filler"] * 5000)
    assert hand_in(gateway, ["berta@example.org"], letter(folded + " pills")).startswith("550 5.7.1 pills")
    fields = "".join(f"X-Field: {n}\r\n" for n in range(2000))
    data = letter("hello", headers=fields)
    moved = data.replace(b"Subject: hello\r\n", b"", 1).replace(b"X-Field: 1999\r\n", b"X-Field: 1999\r\nSubject: hello\r\n", 1)
    assert hand_in(gateway, ["berta@example.org"], moved).startswith("250")
    sink.wait(1)
    wanted = moved.replace(b"Subject: hello", b"Subject: [x] hello", 1)
    assert house.without_trace(sink.letters[0].data, wanted) == wanted


def test_a_bounce_is_told_to_whom_it_may_be_told(started, sink, quick):
    """A sender of ours gets a notice; a stranger, and nobody at all, get none, and the message is kept; nor is there one
    for what was refused in the session."""
    gateway = started(house.Gateway([("example.org", [sink.url])], quick, trusted=f'"{TRUSTED}/32"', policy="""
        policy "no"   { when = "subject ~ '*refused*'" do = {"reject not at all"} }
        policy "back" { when = "recipient ~ 'back@*'" do = {"bounce not wanted here"} }"""))
    data = letter("hello")
    assert mail_from(gateway, TRUSTED, "anna@example.org", ["back@example.org", "berta@example.org"], data).startswith("250")
    sink.wait(2)
    gateway.wait_empty()
    by_recipient = {one: mail for mail in sink.letters for one in mail.recipients}
    assert sorted(by_recipient) == ["anna@example.org", "berta@example.org"]
    assert house.without_trace(by_recipient["berta@example.org"].data, data) == data, "the other recipient's is as it came"
    told = by_recipient["anna@example.org"]
    assert told.sender == "" and b"Auto-Submitted: auto-replied\r\n" in told.data
    status = next(part for part in email.message_from_bytes(told.data).walk() if part.get_content_type() == "message/delivery-status")
    assert [(one["Final-Recipient"], one["Diagnostic-Code"]) for one in status.get_payload()[1:]] == [
        ("rfc822;back@example.org", "smtp; 550 5.7.1 not wanted here")], "of that recipient alone"
    assert gateway.text("quarantine", "list", "--json") == ""
    for source, sender in ((STRANGER, "anna@example.net"), (TRUSTED, "")):
        assert mail_from(gateway, source, sender, ["back@example.org"], data).startswith("250")
    kept = wait_for(lambda: two_of(gateway.text("quarantine", "list", "--json")), 30, "two in quarantine")
    assert {(row["kind"], *row["recipients"]) for row in kept} == {("undeliverable", "back@example.org")}
    assert mail_from(gateway, TRUSTED, "anna@example.org", ["back@example.org"], letter("refused")).startswith("550 5.7.1 not at all")
    assert mail_from(gateway, TRUSTED, "anna@example.org", ["berta@example.org"], data).startswith("250")
    sink.wait(3)
    gateway.wait_empty()
    assert [mail.recipients for mail in sink.letters][2:] == [["berta@example.org"]], "and nobody was told anything more"


def mail_from(gateway, source, sender, recipients, data):
    with Client(gateway.port, source) as client:
        return client.mail(sender, recipients, data)


def two_of(listed):
    rows = [json.loads(line) for line in listed.splitlines()]
    return rows if len(rows) == 2 else None


HTML = "<html><body><p>Good day.</p></body></html>\r\n"
BOTH = f"--b\r\nContent-Type: text/plain\r\n\r\nGood day.\r\n--b\r\nContent-Type: text/html\r\n\r\n{HTML}--b--\r\n"
BANNERS = """
banner "outside" { text = {"From outside.", "Think first."} html = {"<p>From outside \u2013 think first.</p>"} place = top }
profile "raw" { when = "recipient ~ 'raw@*'" banner "outside" { html = {"<b>raw</b>"} } }
policy "mark" { when = "direction = inbound" do = {"banner outside"} }
policy "keep" { when = "subject ~ '*keep*'" do = {"hold"} }
"""


def test_a_banner_is_added_and_what_it_stands_beside_is_as_it_was(started, sink):
    """A text, HTML, a choice of both and a signed message; the parts as Python's parser finds them."""
    gateway = started(house.Gateway([("example.org", [sink.url])], trusted='"192.0.2.0/24"', policy=BANNERS))
    text = ("text/plain", "From outside.\r\nThink first.\r\n")
    html = ("text/html", "<p>From outside \u2013 think first.</p>\r\n")
    signed = 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n'
    for kind, body, banner in (("", "Good day.\r\n", text), ("Content-Type: text/html\r\n", HTML, html),
                               ("Content-Type: multipart/alternative; boundary=b\r\n", BOTH, html), (signed, BOTH, text)):
        data = letter("hello", body, "MIME-Version: 1.0\r\n" + kind)
        assert hand_in(gateway, ["berta@example.org"], data).startswith("250")
        sink.wait(1)
        raw = sink.letters.pop().data
        got = email.message_from_bytes(raw, policy=email.policy.SMTP)
        assert not got.defects and got.get_content_type() == "multipart/mixed" and got["Subject"] == "hello"
        first, second = got.get_payload()
        assert (first.get_content_type(), first.get_payload(decode=True).decode()) == banner
        assert second.get_content_type() == (kind.split(";")[0].split(": ")[1].strip() if kind else "text/plain")
        assert b"\r\n" + kind.encode() + b"\r\n" + body.encode() + b"\r\n--" in raw, "as it came"


def test_a_profile_has_words_of_its_own_for_a_banner(started, sink):
    gateway = started(house.Gateway([("example.org", [sink.url])], trusted='"192.0.2.0/24"', policy=BANNERS))
    data = letter("hello", HTML, "Content-Type: text/html\r\n")
    reply = hand_in(gateway, ["berta@example.org", "raw@example.org"], data)
    assert reply.startswith("250"), reply
    sink.wait(2)
    got = {mail.recipients[0]: mail.data for mail in sink.letters}
    assert b"<b>raw</b>\r\n" in got["raw@example.org"] and b"<b>raw</b>" not in got["berta@example.org"]
    told = [recipient["also"][0] for recipient in explained(gateway, id_of(reply))["recipients"]]
    assert [(deed["action"], deed["text"], deed.get("profile")) for deed in told] == [
        ("banner", "outside", None), ("banner", "outside", "raw")]
    config = pathlib.Path(gateway.folder) / "postern.conf"
    config.write_text(config.read_text() + 'policy "more" { do = {"banner inside"} }\n')
    checked = gateway.command("check")
    assert checked.returncode == 1 and b'no section banner "inside" stands in the file (in policy "more")' in checked.stdout + checked.stderr
