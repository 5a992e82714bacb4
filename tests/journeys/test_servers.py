# SPDX-License-Identifier: Apache-2.0
"""Real servers on both sides: Postfix sends, Dovecot and another Postfix receive."""
import re
import smtplib

import pytest

import house
from house import Dovecot, Gateway, Postfix, message, wait_for

pytestmark = [
    pytest.mark.skipif(not house.IS_ROOT, reason="real servers are started as root"),
    pytest.mark.skipif(bool(house.need("postfix")), reason=str(house.need("postfix"))),
]
needs_dovecot = pytest.mark.skipif(bool(house.need("dovecot")), reason=str(house.need("dovecot")))


def through(postfix, data, recipients):
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.ehlo()
        client.mail("you@example.net")
        for recipient in recipients:
            assert client.rcpt(recipient)[0] == 250
        assert client.data(data)[0] == 250


def body_of(path):
    """From disk both servers write LF."""
    with open(path, "rb") as file:
        return file.read().replace(b"\r\n", b"\n")


@needs_dovecot
def test_postfix_to_postern_to_dovecot(started, quick):
    dovecot = started(Dovecot(["anna@example.org", "bert@example.org"]))
    gateway = started(Gateway([("example.org", [f"lmtp://127.0.0.1:{dovecot.port}"])], quick))
    postfix = started(Postfix(relayhost=f"[127.0.0.1]:{gateway.port}"))
    data = message(subject="to Dovecot", body=".dot\r\nend\r\n")
    through(postfix, data, ["anna@example.org", "bert@example.org"])
    for user in ("anna@example.org", "bert@example.org"):
        path = wait_for(lambda: dovecot.mails(user), 60,
                        f"mail for {user}: {postfix.log_text()}\n{gateway.log_text()}\n{dovecot.log_text()}")[0]
        assert body_of(path).endswith(b"Subject: to Dovecot" + data.replace(b"\r\n", b"\n").split(b"Subject: to Dovecot")[1])


@needs_dovecot
def test_dovecot_refuses_one_of_two(started, quick):
    dovecot = started(Dovecot(["anna@example.org"]))
    gateway = started(Gateway([("example.org", [f"lmtp://127.0.0.1:{dovecot.port}"])], quick))
    house.send(gateway, message(), sender="anna@example.org", recipients=["anna@example.org", "nobody@example.org"])
    wait_for(lambda: len(dovecot.mails("anna@example.org")) == 2, 60, f"the mail and a notice: {gateway.log_text()}")
    assert any(b"nobody@example.org" in body_of(path) and b"delivery-status" in body_of(path)
               for path in dovecot.mails("anna@example.org"))


def test_postfix_to_postern_to_postfix(started, quick):
    target = started(Postfix(domains="example.org"))
    gateway = started(Gateway([("example.org", [f"smtp://127.0.0.1:{target.port}"])], quick))
    source = started(Postfix(relayhost=f"[127.0.0.1]:{gateway.port}"))
    data = message(subject="to Postfix", body=".dot\r\n..\r\n.\r\nMAIL FROM:<>\r\n" + "a line of text\r\n" * 20000 + "end\r\n")
    through(source, data, ["anna@example.org"])
    path = wait_for(target.mails, 60, f"mail: {source.log_text()}\n{gateway.log_text()}\n{target.log_text()}")[0]
    assert body_of(path).endswith(data.replace(b"\r\n", b"\n").split(b"Message-ID")[1])
    gateway.stop()                         # and so its connection ends, of which Postfix says what was said on it
    chunks = wait_for(lambda: re.findall(r"disconnect from .* bdat=(\d+)", target.log_text()), 20, f"chunks: {target.log_text()}")
    assert chunks == ["5"] and " data=" not in target.log_text(), "by BDAT alone, a block a chunk"
