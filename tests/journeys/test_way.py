# SPDX-License-Identifier: Apache-2.0
"""A message on its way: in by SMTP, socket or command; out by SMTP, LMTP or into a Maildir."""
import contextlib
import os
import smtplib
import socket
import subprocess

import pytest

import house
from house import Gateway, Sink, message, send, wait_for, without_trace


def test_a_message_arrives_byte_for_byte(gateway, sink):
    data = message(body=".\r\n..dots\r\n.end\r\n\tTabs \x7f and sp\xe4t\r\n".encode("latin-1").decode("latin-1"))
    data = data.decode().encode("latin-1")
    assert send(gateway, data)[0] == 250
    letter = sink.wait()[0]
    assert without_trace(letter.data, data) == data
    assert letter.sender == "you@example.net" and letter.recipients == ["someone@example.org"]
    assert b"Received: from client.example.net" in letter.data.replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ")
    gateway.wait_empty()


def test_the_log_follows_one_message(gateway, sink):
    answer = send(gateway, message())[1].decode()
    sink.wait()
    ids = [word for word in gateway.log_text().split() if len(word) == 16 and word.isalnum() and word.isupper()]
    assert ids, f"an id in the log; the answer was {answer}"


def test_several_recipients_one_message(gateway, sink):
    recipients = [f"user{n}@example.org" for n in range(5)]
    assert send(gateway, message(), recipients=recipients)[0] == 250
    wait_for(lambda: sorted(r for letter in sink.letters for r in letter.recipients) == recipients, 20, "all recipients")


def test_a_maildir_is_filled(started, quick, tmp_path):
    mail = house.folder()
    if house.IS_ROOT:
        import shutil
        house.make_users()
        shutil.chown(mail, "postern-relay", "postern-relay")
    gateway = started(Gateway([("example.org", [f"maildir:{mail}"])], quick))
    data = message(subject="into a Maildir")
    assert send(gateway, data)[0] == 250

    def found():
        return [os.path.join(where, name) for where, _, names in os.walk(mail) for name in names
                if os.path.basename(where) == "new"]
    path = wait_for(found, 20, f"a file below {mail}: {gateway.log_text()}")[0]
    with open(path, "rb") as file:
        got = file.read()
    assert without_trace(got.replace(b"\n", b"\r\n"), data) == data, "in a Maildir lines end with LF"
    assert got.startswith(b"Return-Path:"), got[:100]


def test_lmtp_answers_for_each_recipient(started, quick):
    sink = started(Sink(lmtp=True))
    sink.answers = {"later@example.org": "451 4.2.2 mailbox busy", "never@example.org": "550 5.1.1 nobody"}
    gateway = started(Gateway([("example.org", [sink.url])], quick))
    data = message()
    assert send(gateway, data, recipients=["now@example.org", "later@example.org", "never@example.org"])[0] == 250
    wait_for(lambda: any("now@example.org" in letter.recipients for letter in sink.letters), 20, "the first recipient")
    sink.answers.pop("later@example.org")
    wait_for(lambda: any("later@example.org" in letter.recipients for letter in sink.letters), 30, "the second, later")
    assert not any("never@example.org" in letter.recipients for letter in sink.letters)
    took = [r for letter in sink.letters for r in letter.recipients]
    assert took.count("now@example.org") == 1, "who has it does not get it again"


def test_relaying_for_strangers_is_refused(started, sink, quick):
    gateway = started(Gateway([("example.org", [sink.url])], quick, trusted='"192.0.2.0/24"'))
    client = gateway.client()
    client.ehlo()
    client.mail("you@example.net")
    assert client.rcpt("someone@elsewhere.example")[0] in range(550, 555)
    for address in ("someone%elsewhere.example@example.org", "@example.org:a@elsewhere.example", '"a@elsewhere.example"@example.com'):
        assert client.rcpt(address)[0] >= 500, address
    assert client.rcpt("someone@example.org")[0] == 250
    assert client.rcpt("postmaster")[0] == 250
    client.quit()


class Talk:
    """A conversation whose bytes are ours: nothing is repaired on the way."""

    def __init__(self, gateway):
        self.sock = socket.create_connection(("127.0.0.1", gateway.port), 10)
        self.heard = ""
        self.hear("220 ")

    def hear(self, code):
        """Reads until a line begins with this, or the other side is gone."""
        fresh = ""
        while not any(line.startswith(code) for line in fresh.split("\r\n")[:-1]):
            try:
                piece = self.sock.recv(65536)
            except (socket.timeout, ConnectionResetError):
                piece = b""
            if not piece:
                break
            fresh += piece.decode("utf-8", "replace")
        self.heard += fresh
        return fresh

    def say(self, text, code):
        self.sock.sendall(text)
        return self.hear(code)


def transaction(gateway, body):
    """What is answered to these bytes after 354, and to QUIT."""
    talk = Talk(gateway)
    talk.say(b"EHLO c.example\r\n", "250 ")
    talk.say(ENVELOPE, "354 ")
    assert "354 " in talk.heard, talk.heard
    return talk.say(body + b"QUIT\r\n", "221 ")


ENVELOPE = b"MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"


@pytest.mark.parametrize("what, body", [
    ("a bare LF", b"a\nb\r\n.\r\n"), ("a bare CR", b"a\rb\r\n.\r\n"), ("NUL", b"a\0b\r\n.\r\n"),
    ("LF dot LF, which others take for an end", b"a\n.\nMAIL FROM:<x@y>\r\n.\r\n"),
    ("LF dot CR LF", b"a\n.\r\nMAIL FROM:<x@y>\r\n.\r\n"), ("CR dot CR LF", b"a\r.\r\nb\r\n.\r\n"),
])
def test_line_ends_are_strict(started, sink, quick, what, body):
    gateway = started(Gateway([("example.org", [sink.url])], quick, trusted='"192.0.2.0/24"'))
    answers = transaction(gateway, body)
    assert answers.startswith("5") and "250" not in answers, (what, answers)
    assert sink.letters == []


def test_commands_may_come_in_one_piece(gateway, sink):
    answers = transaction(gateway, message() + b".\r\n")
    assert answers.startswith("250 ") and "\r\n221 " in answers, answers
    sink.wait()


def test_who_does_not_wait_for_the_greeting_is_sent_away(gateway, sink):
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as sock:
        sock.sendall(b"EHLO c.example\r\n" + ENVELOPE + message() + b".\r\n")
        sock.settimeout(10)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := sock.recv(65536):
                got += piece
    assert b"\r\n354" not in got, got
    assert sink.letters == []


def test_what_the_next_hop_puts_off_is_tried_again(gateway, sink):
    sink.answers["DATA"] = "451 4.3.0 not now"
    data = message()
    assert send(gateway, data)[0] == 250
    wait_for(lambda: sink.connections >= 1, 20, "a first attempt")
    assert len(gateway.queue_ids()) == 1
    assert "someone@example.org" in gateway.text("queue", "list")
    assert "someone@example.org" in gateway.text("mailq")
    del sink.answers["DATA"]
    gateway.text("queue", "flush")
    assert without_trace(sink.wait()[0].data, data) == data
    gateway.wait_empty()


def test_the_next_hop_is_down_and_comes_back(started, quick):
    port = house.free_port()
    gateway = started(Gateway([("example.org", [f"smtp://127.0.0.1:{port}"])], quick))
    assert send(gateway, message())[0] == 250
    assert len(gateway.queue_ids()) == 1
    sink = started(Sink(port=port))
    sink.wait(seconds=40)
    gateway.wait_empty()


def test_hold_release_and_delete(gateway, sink):
    sink.answers["DATA"] = "451 4.3.0 not now"
    assert send(gateway, message(subject="one"))[0] == 250
    assert send(gateway, message(subject="two"))[0] == 250
    wait_for(lambda: len(gateway.queue_ids()) == 2, 20, "two in the queue")
    one, two = gateway.queue_ids()
    wait_for(lambda: gateway.command("queue", "hold", one).returncode == 0, 20, "a hold, when no attempt is under way")
    gateway.text("queue", "delete", two)
    del sink.answers["DATA"]
    gateway.text("queue", "flush")
    wait_for(lambda: gateway.queue_ids() == [one], 20, "only the held one left")
    assert sink.letters == [], "neither the held nor the deleted one was delivered"
    assert b"Subject: " in gateway.command("queue", "show", "--bytes", one).stdout
    gateway.text("queue", "release", one)
    sink.wait()
    gateway.wait_empty()


def test_a_restart_keeps_what_was_accepted(gateway, sink):
    sink.answers["DATA"] = "451 4.3.0 not now"
    data = message()
    assert send(gateway, data)[0] == 250
    gateway.stop()
    del sink.answers["DATA"]
    gateway.start()
    assert without_trace(sink.wait()[0].data, data) == data
    gateway.wait_empty()


def test_refused_by_the_next_hop_is_not_sent_to_strangers(gateway, sink):
    """`notices = verified`: without SPF or DKIM a stranger gets no notice; 127.0.0.1 is trusted here, so it does."""
    sink.answers["RCPT"] = ""
    sink.answers["nobody@example.org"] = "RCPT 550 5.1.1 nobody"
    assert send(gateway, message(), sender="someone@example.org", recipients=["nobody@example.org"])[0] == 250
    notice = sink.wait(seconds=40, about="a failure notice")[0]
    assert notice.sender == "" and notice.recipients == ["someone@example.org"]
    assert b"multipart/report" in notice.data and b"message/delivery-status" in notice.data
    assert b"nobody@example.org" in notice.data


# ---- senders ----

needs_swaks = pytest.mark.skipif(bool(house.need("swaks")), reason=str(house.need("swaks")))


@needs_swaks
def test_swaks_sends(gateway, sink):
    done = subprocess.run(["swaks", "--server", f"127.0.0.1:{gateway.port}", "--from", "you@example.net",
                           "--to", "someone@example.org", "--pipeline", "--h-Subject", "by swaks"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert b"Subject: by swaks" in sink.wait()[0].data


def test_sendmail_takes_recipients_from_the_head(gateway, sink):
    text = (b"To: A Person <one@example.org>,\n two@example.org (the second)\nCc: three@example.org\n"
            b"Bcc: four@example.org\nSubject: by command\n\n.dot\nlast\n")
    done = gateway.command("sendmail", "-t", "-i", "-f", "me@example.org", input=text)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: sum(len(letter.recipients) for letter in sink.letters) == 4, 20, "four recipients")
    data = sink.letters[0].data
    assert {r for letter in sink.letters for r in letter.recipients} == {f"{n}@example.org" for n in ("one", "two", "three", "four")}
    assert b"Bcc" not in data and b"four@" not in data
    assert data.endswith(b"\r\n\r\n.dot\r\nlast\r\n")
    for name in (b"From: ", b"Date: ", b"Message-ID: "):
        assert name in data


def test_sendmail_ends_at_a_dot_and_adds_a_name(gateway, sink):
    done = gateway.command("sendmail", "-F", 'A "Shell" User', "someone@example.org",
                           input=b"Subject: s\n\ntext\n.\nnot this\n")
    assert done.returncode == 0, done.stderr
    data = sink.wait()[0].data
    assert data.endswith(b"\r\n\r\ntext\r\n") and b'From: "A \\"Shell\\" User" <' in data


def test_sendmail_speaks_smtp(gateway, sink):
    env = dict(os.environ, POSTERN_CONF=gateway.conf)
    with subprocess.Popen([house.POSTERN, "sendmail", "-bs"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
        for say in (b"", b"EHLO x\r\n", b"MAIL FROM:<a@example.net>\r\n", b"RCPT TO:<b@example.org>\r\n", b"DATA\r\n",
                    message() + b".\r\n", b"QUIT\r\n"):
            talk.stdin.write(say)
            talk.stdin.flush()
            while (line := talk.stdout.readline())[3:4] == b"-":
                pass
            assert line[:1] in b"23", (say, line)
        assert talk.wait(20) == 0
    sink.wait()


@pytest.mark.parametrize("words, status", [
    (["sendmail"], 64), (["sendmail", "-t"], 64), (["sendmail", "-Z"], 64), (["sendmail", "a b"], 64),
    (["nonsense"], 64), (["scan"], 2),
])
def test_wrong_words_have_an_exit_status(gateway, words, status):
    assert gateway.command(*words, input=b"\n").returncode == status


def test_called_as_sendmail_and_mailq(gateway, sink, tmp_path):
    for name in ("sendmail", "mailq"):
        os.symlink(house.POSTERN, tmp_path / name)
    env = dict(os.environ, POSTERN_CONF=gateway.conf)
    done = subprocess.run([tmp_path / "sendmail", "-oi", "someone@example.org"], input=b"Subject: x\n\nhello\n", env=env,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    sink.wait()
    assert subprocess.run([tmp_path / "mailq"], env=env, capture_output=True, timeout=60, check=False).returncode == 0


def test_without_a_gateway_commands_say_so(started, quick):
    gateway = Gateway([], quick)
    for words in (["queue", "list"], ["health"], ["mailq"]):
        done = gateway.command(*words)
        assert done.returncode == 69 and b"not running" in done.stderr, (words, done)
    done = gateway.command("sendmail", "someone@example.org", input=b"x\n")
    assert done.returncode == 75 and b"not running" in done.stderr, done


def test_a_connection_may_carry_many_messages(gateway, sink):
    client = gateway.client()
    client.ehlo()
    for number in range(20):
        assert send(gateway, message(subject=f"number {number}"), client=client)[0] == 250
    client.quit()
    sink.wait(20)
    assert len(sink.letters) == 20


def test_too_large_is_refused(started, sink, quick):
    gateway = started(Gateway([("example.org", [sink.url])], quick + '\nfront { message_limit = "64K" }'))
    with pytest.raises((smtplib.SMTPException, AssertionError)):
        client = gateway.client()
        client.ehlo()
        code, _ = client.mail("you@example.net", ["SIZE=70000"])
        assert code == 250
    assert send(gateway, message(body="x" * 70 + "\r\n"))[0] == 250
    assert send(gateway, message(body=("x" * 70 + "\r\n") * 1000))[0] in (552, 554)
