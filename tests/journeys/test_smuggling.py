# SPDX-License-Identifier: Apache-2.0
"""A second message hidden in the first, behind what some servers take for the end of data: one arrives, or none."""
import re
import time

import pytest

import house
from client import Client, letter, token

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


class Raw(house.Sink):
    """Keeps what comes after 354 as it came, to the final dot."""

    def __init__(self):
        self.raw = []
        super().__init__()

    def read_data(self, rfile):
        lines = []
        while not lines or lines[-1] != b".\r\n":
            lines.append(rfile.readline())
            if not lines[-1]:
                return None
        self.raw.append(b"".join(lines))
        return b"".join(lines[:-1])


def as_it_must_be(data):
    """A bare CR and a bare LF are each meant as a line end, NUL as nothing; and the last line has an end."""
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", data).replace(b"\0", b"")
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"


def unstuffed(raw):
    """What a good server takes it for; and every server must take it for one message."""
    assert b"\0" not in raw and not re.search(rb"\r(?!\n)|(?<!\r)\n", raw), raw
    assert raw.endswith(b"\r\n.\r\n") and raw.count(b"\r\n.\r\n") == 1, raw
    return re.sub(rb"(\A|\n)\.", rb"\1", raw[:-3])


def by_data(client, data):
    client.send(b"DATA\r\n")
    assert client.reply().startswith("354")
    client.send(data + b"\r\n.\r\n")


def by_chunks(client, data):
    cut = len(data) // 2
    client.send(b"BDAT %d\r\n" % cut + data[:cut] + b"BDAT %d LAST\r\n" % (len(data) - cut) + data[cut:])
    assert client.reply().startswith("250 2.0.0 chunk")


def send_all(gateway, rows, how):
    with Client(gateway.port) as client:
        for data in rows:
            client.send(b"MAIL FROM:<anna@example.net>\r\nRCPT TO:<berta@example.org>\r\n")
            assert client.reply().startswith("250") and client.reply().startswith("250")
            how(client, data)
            reply = client.reply()
            assert reply.startswith("250 2.0.0 accepted"), (data, reply)


@pytest.mark.parametrize("how", [by_data, by_chunks])
def test_what_leaves_is_one_message_whatever_came(started, quick, how):
    """Every sequence in every place, from those we trust by DATA and by BDAT; the next hop has no CHUNKING. No bare CR,
    bare LF or NUL leaves, dots are stuffed, and what was hidden stays in the message."""
    sink = started(Raw())
    gateway = started(house.Gateway([("example.org", [sink.url])], quick))
    rows = [start + sequence + HIDDEN for start in PLACES.values() for sequence in REFUSED + TAKEN]
    if how is by_data:      # there a line that begins with a dot has lost it: the stranger before us has not stuffed it
        sent = {re.sub(rb"(\A|\r\n)\.", rb"\1", row + b"\r\n"): row for row in rows}
    else:
        sent = {row: row for row in rows}
    send_all(gateway, sent.values(), how)
    sink.wait(len(sent), 60)
    assert all(one.recipients == ["berta@example.org"] and one.sender == "anna@example.net" for one in sink.letters)
    wanted = sorted(as_it_must_be(data) for data in sent)
    got = [unstuffed(raw) for raw in sink.raw]
    assert sorted(without_our_trace(one) for one in got) == wanted


def without_our_trace(data):
    """Our one Received field, cut off."""
    found = re.match(rb"Received: from .*\r\n(?:\t.*\r\n)+", data)
    assert found, data
    return data[found.end():]


MARK = 'policy "mark" { when = "size >= 0"  do = {"header \'X-Checked: yes\'", "subject \'[seen] \'"} }'

HEADS = {
    "none": b"", "an empty line first": b"\r\n", "a subject": b"Subject: x\r\n\r\n", "no end": b"Subject: x\r\n",
    "a line of spaces": b"Subject: x\r\n \r\nX: y\r\n\r\n", "folded at once": b" folded\r\nSubject: x\r\n\r\n",
    "no field": b"Subject: x\r\nno field at all\r\n\r\n", "bare CR": b"Subject: x\rX: y\r\n\r\n", "bare LF": b"Subject: x\n\nX: y\r\n\r\n",
    "CR CR LF": b"Subject: x\r\r\nX: y\r\n\r\n", "NUL": b"Subject: x\r\n\0\r\nX: y\r\n\r\n", "a dot": b"Subject: x\r\n.\n\r\n",
    "mbox": b"From a@b Sat Nov 21 10:09:18 2026\r\nSubject: x\r\n\r\n",
}


def body_of(data):
    """What stands behind the first empty line."""
    return (b"\r\n" + data).split(b"\r\n\r\n", 1)[1] if b"\r\n\r\n" in b"\r\n" + data else b""


def test_no_field_of_ours_moves_the_end_of_the_head(started, quick):
    """Two gateways, one behind the other, each of which adds a trace, a field and a mark in the subject."""
    sink = started(Raw())
    last = started(house.Gateway([("example.org", [sink.url])], quick, policy=MARK))
    first = started(house.Gateway([("example.org", [f"smtp://127.0.0.1:{last.port}"])], quick, policy=MARK))
    rows = [head + token().encode() + b"\r\n" + sequence + HIDDEN for head in HEADS.values() for sequence in (b"\n.\n", b"\r.\r\n", b"\r\n..\r\n")]
    send_all(first, rows, by_chunks)
    sink.wait(len(rows), 60)
    assert all(one.recipients == ["berta@example.org"] for one in sink.letters)
    bodies = {body_of(unstuffed(raw)) for raw in sink.raw}
    for row in rows:
        wanted = body_of(as_it_must_be(row))
        assert wanted in bodies, (row, wanted, [raw for raw in sink.raw if raw.find(row[row.index(b"\r\n"):][:40]) >= 0][:1])
    assert all(raw.count(b"Received: from") == 2 and raw.count(b"X-Checked: yes\r\n") == 2 for raw in sink.raw)
    assert all(b"[seen] " in raw.split(b"\r\n\r\n", 1)[0] for raw in sink.raw)
