# SPDX-License-Identifier: Apache-2.0
"""A real Cyrus as next hop: LMTP, a reply for each recipient, mail byte for byte. As root only."""
import pytest

import house
from client import TRUSTED, Client, letter
from cyrus import Cyrus, why_not
from house import wait_for

pytestmark = pytest.mark.skipif(bool(why_not()), reason=str(why_not()))


def test_cyrus_as_next_hop(started, quick, sink):
    cyrus = started(Cyrus())
    mx = started(house.Gateway([("example.org", [f"lmtp://127.0.0.1:{cyrus.port}"]), ("example.net", [sink.url])], quick,
                               trusted=f'"{TRUSTED}/32"'))
    data = letter(body=".\r\n..\r\nGood day.\r\n")
    with Client(mx.port, TRUSTED) as client:
        assert client.mail("anna@example.net", ["berta@example.org", "nobody@example.org", "carl@example.org"],
                           data).startswith("250")
    wait_for(lambda: len(cyrus.mails()) == 2, 30, "mail in two mailboxes")
    for path in cyrus.mails():
        with open(path, "rb") as file:
            kept = file.read()
        assert kept.endswith(data.split(b"\r\n\r\n", 1)[1]) and b"Return-Path: <anna@example.net>" in kept
    notice = sink.wait(1)[0]
    assert b"nobody@example.org" in notice.data and b"berta@example.org" not in notice.data.split(b"message/")[0]
    mx.wait_empty()
