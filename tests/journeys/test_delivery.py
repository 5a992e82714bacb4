# SPDX-License-Identifier: Apache-2.0
"""A message goes in by SMTP and lies in a mailbox; mail for others is not ours to carry."""
import shutil
import smtplib
import subprocess

import pytest

from client import Client, as_file, is_traced, letter, send, send_own


def test_a_message_lands_in_a_maildir(postern):
    data = letter(mark="byte for byte", body="one\r\n.two\r\n..three\r\n.\u00e4\r\n\r\n")
    assert send(postern, "berta@example.org", data).startswith("250 ")
    arrived, = postern.wait_box("berta@example.org")
    assert is_traced(arrived, as_file(data))
    assert arrived.startswith(b"Return-Path: <anna@example.net>\n")
    postern.wait_drained()
    assert not any((postern.spool / "messages").iterdir())


def test_each_recipient_has_a_mailbox_and_none_gets_two(postern):
    assert send(postern, ["a@example.org", "b@example.org", "c@EXAMPLE.org"]).startswith("250 ")
    for address in ("a@example.org", "b@example.org", "c@example.org"):
        postern.wait_box(address)


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed")
def test_swaks_is_served(postern):
    done = subprocess.run(["swaks", "--server", f"127.0.0.1:{postern.port}", "--from", "anna@example.net",
                           "--to", "berta@example.org", "--pipeline", "--header", "Subject: from swaks"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"Subject: from swaks" in postern.wait_box("berta@example.org")[0]


def test_smtplib_is_served(postern):
    with smtplib.SMTP("127.0.0.1", postern.port, timeout=30) as client:
        client.ehlo("client.example.net")
        assert client.has_extn("size") and client.has_extn("pipelining") and client.has_extn("8bitmime")
        assert client.sendmail("anna@example.net", ["berta@example.org"], letter()) == {}
    postern.wait_box("berta@example.org")


def test_a_stranger_may_not_relay(postern):
    assert send(postern, "someone@elsewhere.example").startswith("550 5.7.1")
    assert postern.queue() == []


@pytest.mark.parametrize("recipient", [
    "someone%elsewhere.example@mx.example.org", "@example.org:someone@elsewhere.example", "someone!elsewhere.example",
    '"someone@elsewhere.example"', "someone@[127.0.0.1]", "someone@example.org.elsewhere.example", "someone@sub.example.org"])
def test_a_stranger_may_not_relay_by_a_trick(postern, recipient):
    with Client(postern.port) as client:
        client.say("MAIL FROM:<anna@example.net>")
        assert client.say(f"RCPT TO:<{recipient}>").startswith(("5", "4"))


def test_our_own_network_may_relay(make_gateway, hop):
    gateway = make_gateway(more=f'relay {{ relayhost = "{hop.target}" }}')
    data = letter()
    assert send_own(gateway, "someone@elsewhere.example", data).startswith("250 ")
    delivery, = hop.wait()
    assert delivery.recipients == ["someone@elsewhere.example"] and delivery.sender == "anna@example.net"
    assert is_traced(delivery.data, data)


def test_postmaster_is_always_accepted(postern):
    for address in ("postmaster", "Postmaster@example.org", "abuse@example.org"):
        with Client(postern.port) as client:
            client.say("MAIL FROM:<>")
            assert client.say(f"RCPT TO:<{address}>").startswith("250"), address


def test_the_limit_of_recipients_is_a_4xx_for_the_rest(make_gateway):
    gateway = make_gateway(more="front { recipient_limit = 100 }")
    with Client(gateway.port) as client:
        client.say("MAIL FROM:<anna@example.net>")
        replies = [client.say(f"RCPT TO:<r{i}@example.org>") for i in range(101)]
    assert all(reply.startswith("250") for reply in replies[:100])
    assert replies[100].startswith("452")


def test_the_limit_of_bytes_holds_whatever_is_said(make_gateway):
    gateway = make_gateway(more='front { message_limit = "64K" }')
    with Client(gateway.port) as client:
        assert client.say("MAIL FROM:<anna@example.net> SIZE=65537").startswith("552")
        assert client.mail("anna@example.net", "berta@example.org", letter(body="x" * 70 + "\r\n" + "y\r\n" * 30000)) \
            .startswith("552")
        assert client.mail("anna@example.net", "berta@example.org", letter()).startswith("250")
    gateway.wait_box("berta@example.org")
