# SPDX-License-Identifier: Apache-2.0
"""TLS to next hops: taken where it is offered, needed, verified; and what a next hop smuggles around it."""
import shutil
import socket
import ssl
import threading

import pytest

import certificates
import house
from house import Gateway, Sink, message, send, wait_for

pytestmark = pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl")))


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


class SecureSink:
    """Offers STARTTLS. `behind`: bytes in the clear behind its 220; `broken`: rubbish instead of a handshake."""

    def __init__(self, chain, key, behind=b"", broken=False, offers=True):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.behind, self.broken, self.offers = behind, broken, offers
        self.inside, self.outside, self.names = [], [], []
        self.sink = Sink()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.settimeout(20)
            sock.sendall(b"220 secure\r\n")
            self.talk(sock, self.outside, self.offers)
        except (OSError, ssl.SSLError):
            pass
        finally:
            sock.close()

    def talk(self, sock, letters, offers):
        file = sock.makefile("rb")
        while line := file.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                sock.sendall(b"250-secure\r\n" + (b"250-STARTTLS\r\n" if offers else b"") + b"250 8BITMIME\r\n")
            elif verb == b"STAR":
                sock.sendall(b"220 go\r\n" + self.behind)
                if self.broken:
                    sock.sendall(b"what?\r\n")
                    return
                self.talk(self.context.wrap_socket(sock, server_side=True), self.inside, False)
                return
            elif verb == b"DATA":
                sock.sendall(b"354 go\r\n")
                letters.append(Sink.read_data(file))
                sock.sendall(b"250 kept\r\n")
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")

    def stop(self):
        self.listener.close()
        self.sink.stop()


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


def test_text_behind_the_220_is_never_heard(started, authority):
    hop = started(SecureSink(*authority.make("mx.example.org"), behind=b"250-evil\r\n250 ok\r\n250 ok\r\n"))
    gateway = deliver(started, hop, 'tls = "required"')
    wait_for(lambda: "its TLS handshake" in gateway.log_text() or "TLS:" in gateway.log_text(), 30, f"an end: {gateway.log_text()}")
    assert gateway.queue_ids() and not hop.inside and not hop.outside
