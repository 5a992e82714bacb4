# SPDX-License-Identifier: Apache-2.0
"""Mail servers, balancers and proxies beside us: what they may ask for, and as whom they may speak."""
import email
import email.policy
import smtplib
import socket
import struct
import subprocess

import pytest

import house
from client import STRANGER, TRUSTED, Client, letter, stuffed
from house import Gateway, Postfix, free_port, wait_for

needs_postfix = [
    pytest.mark.skipif(not house.IS_ROOT, reason="real servers are started as root"),
    pytest.mark.skipif(bool(house.need("postfix")), reason=str(house.need("postfix"))),
]
needs_swaks = pytest.mark.skipif(bool(house.need("swaks")), reason=str(house.need("swaks")))
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def real(test):
    for mark in needs_postfix:
        test = mark(test)
    return test


def with_door(targets, quick, words, **how):
    """A gateway with a second listener, about which `words` say more."""
    port = free_port()
    gateway = Gateway(targets, f'{quick}\nlisten "door" {{ address = "127.0.0.1:{port}" {words} }}', **how)
    gateway.door = port
    return gateway


def traced(data):
    """Our own Received field, the topmost one."""
    return str(email.message_from_bytes(data, policy=email.policy.default)["Received"])


def notices(postfix):
    found = []
    for path in postfix.mails():
        with open(path, "rb") as file:
            parsed = email.message_from_binary_file(file, policy=email.policy.default)
        if parsed.get_content_type() == "multipart/report":
            found.append(parsed)
    return found


# ---- extensions ----

@real
def test_addresses_in_utf8_come_in_and_go_out(started, quick):
    target = started(Postfix(domains="example.org", smtputf8_enable="yes"))
    gateway = started(Gateway([("example.org", [f"smtp://127.0.0.1:{target.port}"])], quick))
    with gateway.client() as client:
        client.ehlo()
        assert client.has_extn("smtputf8")
        assert client.mail("jürgen@example.net", ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
        assert client.rcpt("bücher@example.org")[0] == 250
        assert client.data(letter("ein Gruß"))[0] == 250
    path = wait_for(target.mails, 60, f"mail: {gateway.log_text()}\n{target.log_text()}")[0]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "jürgen@example.net" in text and "ein Gruß" in text and "with UTF8SMTP" in text


def test_utf8_is_not_pressed_upon_a_server_without_it(gateway, sink):
    with gateway.client() as client:
        client.ehlo()
        assert client.mail("anna@example.org", ["SMTPUTF8"])[0] == 250
        assert client.rcpt("bücher@example.org")[0] == 250
        assert client.data(letter())[0] == 250
    sink.wait(1)
    gateway.wait_empty()
    notice, = sink.letters
    assert notice.sender == "" and notice.recipients == ["anna@example.org"]
    assert b"5.6.7" in notice.data


def test_a_domain_of_ours_in_either_form(started, quick):
    """In postern.conf and in mail; the next hop needs no SMTPUTF8 for it."""
    one, other = started(house.Sink()), started(house.Sink())
    mx = Gateway([("grün.example", [one.url]), ("xn--bcher-kva.example", [one.url])], quick, trusted='"192.0.2.0/24"')
    mx.extra += f'\nroute "d*@GRÜN.example" {{ deliver = "{other.url}" }}\n'
    mx.write()
    started(mx)
    for recipient in ("anna@grün.example", "anna@xn--grn-ioa.example", "anna@bücher.example", "anna@xn--bcher-kva.example", "dora@Grün.example"):
        with Client(mx.port) as client:
            assert client.mail("you@example.net", recipient, letter(), " SMTPUTF8").startswith("250"), recipient
    with Client(mx.port) as client:
        assert client.mail("you@example.net", "anna@grüner.example", letter(), " SMTPUTF8").startswith("550 5.7.1")
    one.wait(4)
    other.wait(1)
    assert sorted(r for l in one.letters for r in l.recipients) == sorted(["anna@xn--grn-ioa.example", "anna@xn--bcher-kva.example"] * 2)
    assert other.letters[0].recipients == ["dora@xn--grn-ioa.example"]


def test_addresses_in_utf8_need_the_word(gateway):
    with Client(gateway.port) as client:
        assert client.say("MAIL FROM:<jürgen@example.net>")[0] == "5"


def ask_for_success(port, recipient):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        assert client.mail("anna@example.net", ["RET=HDRS", "ENVID=number-17"])[0] == 250
        assert client.rcpt(recipient, ["NOTIFY=SUCCESS", f"ORCPT=rfc822;{recipient}"])[0] == 250
        assert client.data(letter("tell me"))[0] == 250


@real
def test_success_is_told_by_us_where_the_next_hop_cannot(started, sink, quick):
    home = started(Postfix(domains="example.net"))
    gateway = started(Gateway([("example.org", [sink.url]), ("example.net", [f"smtp://127.0.0.1:{home.port}"])], quick))
    source = started(Postfix(relayhost=f"[127.0.0.1]:{gateway.port}"))
    ask_for_success(source.port, "berta@example.org")
    sink.wait(1)
    notice = wait_for(lambda: notices(home), 60, f"a notice: {gateway.log_text()}\n{source.log_text()}")[0]
    message, recipient = notice.get_payload()[1].get_payload()
    assert message["Original-Envelope-Id"] == "number-17"
    assert (recipient["Action"], recipient["Final-Recipient"].replace("; ", ";")) == ("relayed", "rfc822;berta@example.org")
    assert recipient["Original-Recipient"].replace("; ", ";") == "rfc822;berta@example.org"


@real
def test_the_request_goes_along_to_a_next_hop_that_tells(started, quick):
    home = started(Postfix(domains="example.net"))
    port = free_port()
    target = started(Postfix(relayhost=f"[127.0.0.1]:{port}", domains="example.org"))
    gateway = started(Gateway([("example.org", [f"smtp://127.0.0.1:{target.port}"]),
                               ("example.net", [f"smtp://127.0.0.1:{home.port}"])], quick, port=port))
    source = started(Postfix(relayhost=f"[127.0.0.1]:{gateway.port}"))
    ask_for_success(source.port, "berta@example.org")
    notice = wait_for(lambda: notices(home), 60, f"a notice: {gateway.log_text()}\n{target.log_text()}")[0]
    message, recipient = notice.get_payload()[1].get_payload()
    assert message["Original-Envelope-Id"] == "number-17" and recipient["Action"] == "delivered"
    gateway.wait_empty()
    assert len(target.mails()) == 1 and len(notices(home)) == 1


# ---- LMTP ----

@real
def test_postfix_sends_by_lmtp(started, sink, quick):
    gateway = started(with_door([("example.org", [sink.url])], quick, "protocol = lmtp"))
    postfix = started(Postfix(default_transport=f"lmtp:[127.0.0.1]:{gateway.door}"))
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.sendmail("you@example.net", ["anna@example.org", "bert@example.org"], letter("by LMTP"))
    sink.wait(1)
    gateway.wait_empty()
    got = sorted(one for each in sink.letters for one in each.recipients)
    assert got == ["anna@example.org", "bert@example.org"], postfix.log_text()
    assert "with LMTP" in traced(sink.letters[0].data)
    wait_for(lambda: postfix.log_text().count("status=sent") == 2, 20, "Postfix to be told of both")


def test_by_lmtp_some_are_refused(started, sink, quick):
    """What policy refuses to one is told of that one; the others have it, and nobody's goes to quarantine."""
    rule = 'policy "not him" { when = "recipient ~ \'bert@*\'" do = {"reject not for bert"} }\n'
    gateway = started(with_door([("example.org", [sink.url])], quick + rule, "protocol = lmtp"))
    with Client(gateway.door, hello=None) as client:
        client.say("LHLO client.example.net")
        for line in ("MAIL FROM:<you@example.net>", "RCPT TO:<anna@example.org>", "RCPT TO:<bert@example.org>", "RCPT TO:<carl@example.org>"):
            assert client.say(line).startswith("250"), line
        assert client.say("DATA").startswith("354")
        client.send(stuffed(letter("for two of three")))
        replies = [client.reply() for _ in range(3)]
    assert [one[:3] for one in replies] == ["250", "550", "250"] and "not for bert" in replies[1], replies
    gateway.wait_empty()
    assert sorted(one for each in sink.letters for one in each.recipients) == ["anna@example.org", "carl@example.org"]
    assert gateway.queue_ids("quarantine") == []


# ---- who speaks for whom ----

def header(address, port=4711):
    return V2 + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, socket.inet_aton(address), socket.inet_aton("192.0.2.25"), port, 25)


def dial(port, source):
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def converse(sock, file, lines):
    def reply():
        while True:
            line = file.readline()
            if line[3:4] != b"-":
                return line
    heard = [reply()]
    for line in lines:
        sock.sendall(line)
        heard.append(reply())
    return heard


def test_a_balancer_names_the_client(started, sink, quick):
    gateway = started(with_door([("example.org", [sink.url])], quick, f'proxy_from = "{TRUSTED}"'))
    letters = [b"EHLO x.example\r\n", b"MAIL FROM:<you@example.net>\r\n", b"RCPT TO:<u@elsewhere.example>\r\n",
               b"RCPT TO:<anna@example.org>\r\n", b"DATA\r\n", b"Subject: x\r\n\r\nx\r\n.\r\n"]
    with dial(gateway.door, TRUSTED) as sock, sock.makefile("rb") as file:
        sock.sendall(header("192.0.2.77"))
        codes = [line[:3] for line in converse(sock, file, letters)]
    assert codes == [b"220", b"250", b"250", b"550", b"250", b"354", b"250"]    # trusted as the client, not the balancer
    assert "[192.0.2.77]" in traced(sink.wait()[0].data)


def test_a_balancer_that_says_nothing_to_be_read_is_not_answered(started, quick):
    gateway = started(with_door([], quick, f'proxy_from = "{TRUSTED}"'))
    with dial(gateway.door, TRUSTED) as sock:
        sock.sendall(b"EHLO x.example\r\n")
        try:
            heard = sock.recv(100)
        except ConnectionResetError:                # it had not read all of it
            heard = b""
    assert heard == b""


def test_nobody_else_names_a_client(started, sink, quick):
    gateway = started(with_door([("example.org", [sink.url])], quick, f'proxy_from = "{TRUSTED}"', trusted='"192.0.2.77"'))
    with dial(gateway.door, STRANGER) as sock, sock.makefile("rb") as file:
        assert file.readline().startswith(b"220")
        sock.sendall(header("192.0.2.77"))
        assert file.readline().startswith(b"500")
    with dial(gateway.door, STRANGER) as sock, sock.makefile("rb") as file:
        assert file.readline().startswith(b"220")
        sock.sendall(b"PROXY TCP4 192.0.2.77 192.0.2.25 4711 25\r\n")
        assert file.readline().startswith(b"500")


def swaks(port, recipient, *words):
    return subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--from", "you@example.net", "--to", recipient, *words],
                          capture_output=True, text=True, timeout=60, check=False)


@needs_swaks
def test_swaks_is_another_client(started, sink, quick):
    gateway = started(with_door([("example.org", [sink.url])], quick, f'xclient_from = "{STRANGER}"'))
    claim = ("--xclient", "ADDR=192.0.2.78 NAME=far.example HELO=far")
    done = swaks(gateway.door, "anna@example.org", *claim)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[192.0.2.78]" in traced(sink.wait()[0].data)
    done = swaks(gateway.door, "u@elsewhere.example", *claim)
    assert "550 5.7.1" in done.stdout and done.returncode != 0
    assert swaks(gateway.port, "anna@example.org", *claim).returncode != 0      # a door at which it is not offered
    with Client(gateway.port) as client:
        assert client.say("XCLIENT ADDR=192.0.2.78").startswith("550 5.7.1")


@real
def test_postfix_tells_from_whom_it_has_a_message(started, sink, quick):
    gateway = started(with_door([("example.org", [sink.url])], quick, f'xforward_from = "{STRANGER}"'))
    postfix = started(Postfix(relayhost=f"[127.0.0.1]:{gateway.door}", smtp_send_xforward_command="yes"))
    with Client(postfix.port, "127.0.0.3") as client:
        assert client.mail("you@example.net", "anna@example.org", letter("from afar")).startswith("250")
    data = sink.wait()[0].data
    assert "[127.0.0.3]" in traced(data), data
    with Client(gateway.port) as client:
        assert client.say("XFORWARD ADDR=192.0.2.78").startswith("550 5.7.1")
