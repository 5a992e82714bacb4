# SPDX-License-Identifier: Apache-2.0
"""A second message hidden in the first, behind what some servers take for the end of data: one arrives, or none."""
import time

import pytest

import house
from client import Client, letter

HIDDEN = ("MAIL FROM:<smuggler@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\n"
          "Subject: smuggled\r\n\r\nsmuggled\r\n").encode()

# What stands where the end of data might be. Those with a bare CR, a bare LF or a NUL are refused from strangers.
REFUSED = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n",
           b"\r\n.\r\r\n", b"\r\n\0.\r\n", b"\n\0.\r\n", b"\r\n.\0\r\n"]
TAKEN = [b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n .\r\n", b"\v.\v\r\n", "\u0085.\u0085\r\n".encode(), "\u2028.\u2028\r\n".encode()]
PLACES = {"in the body": letter("one") + b"text", "in the head": b"From: a@example.net", "first": b""}


@pytest.fixture
def strangers(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick, trusted='"192.0.2.0/24"'))


def converse(gateway, data, cut=None):
    """The replies to the data of one message: cut in two segments, where that is asked for."""
    with Client(gateway.port) as client:
        for line in ("MAIL FROM:<anna@example.net>", "RCPT TO:<berta@example.org>"):
            assert client.say(line).startswith("250")
        assert client.say("DATA").startswith("354")
        for piece in (data[:cut], data[cut:]) if cut else (data,):
            client.send(piece)
            time.sleep(0.01 if cut else 0)          # so that the pieces arrive one by one
        replies = []
        try:
            client.send(b"QUIT\r\n")
            while not replies or not replies[-1].startswith("221"):
                replies.append(client.reply())
        except (ConnectionError, OSError):
            pass
        return replies


def test_what_others_take_for_an_end_is_refused(strangers, sink):
    for name, start in PLACES.items():
        for sequence in REFUSED:
            replies = converse(strangers, start + sequence + HIDDEN + b"\r\n.\r\n")
            assert replies and replies[0].startswith("5"), (name, sequence, replies)
    assert strangers.queue_ids() == [] and sink.letters == []


def test_a_sequence_that_comes_in_two_segments_is_refused_too(strangers, sink):
    start = PLACES["in the body"]
    for sequence in REFUSED:
        for cut in range(len(start), len(start) + len(sequence) + 1):
            replies = converse(strangers, start + sequence + HIDDEN + b"\r\n.\r\n", cut)
            assert replies and replies[0].startswith("5"), (sequence, cut, replies)
    assert strangers.queue_ids() == [] and sink.letters == []


def test_a_carriage_return_before_a_true_end_hides_nothing(strangers, sink):
    """CR CR LF . CR LF ends in the legal sequence: the message is refused, and what follows is commands."""
    replies = converse(strangers, PLACES["in the body"] + b"\r\r\n.\r\n")
    assert replies[0].startswith("5") and sink.letters == []


def test_harmless_look_alikes_are_part_of_the_message(strangers, sink):
    for sequence in TAKEN:
        data = PLACES["in the body"] + sequence + HIDDEN
        replies = converse(strangers, data + b".\r\n")
        assert replies[0].startswith("250"), (sequence, replies)
        whole = data.replace(b"\r\n.", b"\r\n")          # dot-stuffing undone
        arrived = sink.wait(TAKEN.index(sequence) + 1)[-1]
        assert house.without_trace(arrived.data, whole) == whole, sequence
    assert all(one.recipients == ["berta@example.org"] for one in sink.letters)


def test_what_leaves_has_no_bare_line_end_and_stuffed_dots(started, quick):
    """Our own network may send a bare LF or CR; what goes out is CR LF throughout."""
    raw = []

    class Raw(house.Sink):
        @staticmethod
        def read_data(rfile):
            lines = []
            while not lines or lines[-1] != b".\r\n":
                lines.append(rfile.readline())
            raw.append(b"".join(lines))
            return b"".join(lines[:-1])
    sink = started(Raw())
    gateway = started(house.Gateway([("example.org", [sink.url])], quick))
    with Client(gateway.port) as client:
        for line in ("MAIL FROM:<anna@example.net>", "RCPT TO:<berta@example.org>", "DATA"):
            client.say(line)
        client.send(letter() + b"a\n.\nb\r.\rc\r\n..d\r\n.\r\n")
        reply = client.reply()
    if not reply.startswith("250"):
        assert reply.startswith("5")
        return
    sink.wait()
    body = raw[0]
    assert b"\0" not in body and body.replace(b"\r\n", b"").find(b"\n") < 0 and body.replace(b"\r\n", b"").find(b"\r") < 0
    assert body.count(b"\r\n.\r\n") == 1 and body.endswith(b"\r\n.\r\n")
    assert b"\r\n..\r\n" in body and b"\r\n..d\r\n" in body
