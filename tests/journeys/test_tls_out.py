# SPDX-License-Identifier: Apache-2.0
"""TLS to next hops: taken where it is offered, needed, verified; and what a next hop smuggles around it."""
import shutil

import pytest

import certificates
import house
from house import Gateway, message, send, wait_for
from secure_sink import SecureSink

pytestmark = pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl")))


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def deliver(started, hop, target=""):
    gateway = started(Gateway([("example.org", [hop.url])], f'queue {{ retry_least = "1s" retry_most = "2s" }}\n'
                              f'target "{hop.url}" {{ check = "1s" {target} }}'))
    assert send(gateway, message(body="x" * 60 + "\r\n" + "a long message\r\n" * 20000))[0] == 250
    return gateway


@pytest.mark.parametrize("target", ["", 'tls = "may"', 'tls = "required"', 'tls = "verified" tls_name = "mx.example.org" ca = "{ca}"'])
def test_inside(started, authority, target):
    hop = started(SecureSink(*authority.make("mx.example.org", kind="rsa")))
    gateway = deliver(started, hop, target.replace("{ca}", authority.file))
    wait_for(lambda: hop.inside, 30, "mail inside TLS")
    assert not hop.outside
    words = 'tls="TLSv1.3 TLS_AES_256_GCM_SHA384 %s"' % ("verified" if "verified" in target else "unverified")
    wait_for(lambda: words in gateway.log_text(), 10, f"{words} in the log: {gateway.log_text()}")


def test_none(started, authority):
    hop = started(SecureSink(*authority.make("mx.example.org")))
    gateway = deliver(started, hop, 'tls = "none"')
    wait_for(lambda: hop.outside, 30, "mail in the clear")
    assert not hop.inside
    wait_for(lambda: " delivered " in gateway.log_text(), 10, "a line in the log")
    assert "tls=" not in gateway.log_text()


@pytest.mark.parametrize("target, offers", [('tls = "required"', False), ('tls = "verified" tls_name = "other.example.org" ca = "{ca}"', True),
                                            ('tls = "verified" tls_name = "mx.example.org"', True)])
def test_deferred(started, authority, target, offers):
    """No TLS, a wrong name, an authority that is not the system's: it waits, and says why."""
    hop = started(SecureSink(*authority.make("mx.example.org"), offers=offers))
    gateway = deliver(started, hop, target.replace("{ca}", authority.file))
    wait_for(lambda: "4.7." in gateway.text("queue", "list") + gateway.log_text(), 30, f"the reason: {gateway.log_text()}")
    assert gateway.queue_ids() and not hop.inside and not hop.outside


def test_a_failed_handshake_that_may(started, authority):
    """Without TLS, on a new connection."""
    hop = started(SecureSink(*authority.make("mx.example.org"), broken=True))
    gateway = deliver(started, hop)
    wait_for(lambda: hop.outside, 30, f"mail in the clear: {gateway.log_text()}")


def test_a_handshake_without_an_end_that_may(started, authority):
    """It has its own limit, far below that of a command."""
    hop = started(SecureSink(*authority.make("mx.example.org"), stalls=True))
    gateway = started(Gateway([("example.org", [hop.url])], 'relay { handshake_timeout = "1s" command_timeout = "5m" }'))
    assert send(gateway, message())[0] == 250
    wait_for(lambda: hop.outside, 20, f"mail in the clear: {gateway.log_text()}")


def test_one_failed_handshake_is_no_reason_to_forget_tls(started, authority):
    """The letter of that attempt goes without, the one after it goes inside."""
    hop = started(SecureSink(*authority.make("mx.example.org"), broken=1))
    gateway = started(Gateway([("example.org", [hop.url])], 'queue { retry_least = "1s" retry_most = "2s" }\nrelay { messages_per_connection = 1 }'))
    assert send(gateway, message())[0] == 250
    wait_for(lambda: hop.outside, 30, f"mail in the clear: {gateway.log_text()}")
    gateway.wait_empty()
    assert send(gateway, message())[0] == 250
    wait_for(lambda: hop.inside, 30, f"mail inside TLS: {gateway.log_text()}")
    assert len(hop.outside) == len(hop.inside) == 1


def test_who_insists_on_tls_after_one_failed_handshake(started, authority):
    """The attempt without TLS is refused with a 530: the mail waits for the next one, and nobody is told that it failed."""
    hop = started(SecureSink(*authority.make("mx.example.org"), broken=1, insists=True))
    gateway = deliver(started, hop)
    wait_for(lambda: hop.inside, 30, f"mail inside TLS: {gateway.log_text()}")
    gateway.wait_empty()
    assert "530 5.7.0" in gateway.log_text() and len(hop.inside) == 1 and not hop.outside


def test_text_behind_the_220_is_never_heard(started, authority):
    hop = started(SecureSink(*authority.make("mx.example.org"), behind=b"250-evil\r\n250 ok\r\n250 ok\r\n"))
    gateway = deliver(started, hop, 'tls = "required"')
    wait_for(lambda: "its TLS handshake" in gateway.log_text() or "TLS:" in gateway.log_text(), 30, f"an end: {gateway.log_text()}")
    assert gateway.queue_ids() and not hop.inside and not hop.outside
