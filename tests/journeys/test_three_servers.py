# SPDX-License-Identifier: Apache-2.0
"""Postfix, Dovecot and Cyrus together: TLS on both sides, with the certificate that the name (SNI) asks for, a back end that
dies, one message for five on three back ends, addresses in UTF-8. As root only."""
import contextlib
import os
import pwd
import shutil
import signal
import smtplib
import subprocess

import pytest

import certificates
import house
from client import TRUSTED, Client, letter
from cyrus import Cyrus, why_not
from house import Dovecot, Gateway, Postfix, Sink, message, wait_for

NEEDS = house.need("postfix", "dovecot", "openssl") or why_not()
pytestmark = pytest.mark.skipif(not house.IS_ROOT or bool(NEEDS), reason=str(NEEDS or "real servers are started as root"))
MBOX, OTHER = "mbox.example.org", "other.example.org"


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def text_of(path):
    """From disk both servers write LF."""
    with open(path, "rb") as file:
        return file.read().replace(b"\r\n", b"\n")


# ---- servers with TLS; Postfix shows MBOX to whoever asks for it, and OTHER to everybody else ----

def secure_postfix(authority):
    postfix = Postfix(domains="example.org")
    chains = {}
    for name in (MBOX, OTHER):
        chain, key = authority.make(name)
        chains[name] = os.path.join(postfix.folder, name)
        with open(chains[name], "wb") as out, open(key, "rb") as secret, open(chain, "rb") as public:
            out.write(secret.read() + public.read())
    with open(f"{postfix.folder}/names", "w", encoding="ascii") as out:
        out.write(f"{MBOX} {chains[MBOX]}\n")
    subprocess.run(["postmap", "-c", postfix.config, "-F", f"hash:{postfix.folder}/names"], check=True, capture_output=True,
                   env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin"))
    with open(f"{postfix.config}/main.cf", "a", encoding="ascii") as out:
        out.write(f"smtpd_tls_security_level = encrypt\nsmtpd_tls_chain_files = {chains[OTHER]}\n"
                  f"tls_server_sni_maps = hash:{postfix.folder}/names\n")
    return postfix, f"smtp://127.0.0.1:{postfix.port}", postfix.mails


def secure_dovecot(authority):
    """Its LMTP has one certificate."""
    chain, key = authority.make(MBOX)
    dovecot = Dovecot(["someone@example.org"], f"ssl = required\nssl_cert = <{chain}\nssl_key = <{key}")
    return dovecot, f"lmtp://127.0.0.1:{dovecot.port}", lambda: dovecot.mails("someone@example.org")


def trusting_cyrus(authority):
    """To whom it trusts without a password, as we are here, it offers no TLS, whatever certificate it has."""
    chain, key = authority.make(MBOX)
    user = pwd.getpwnam("cyrus")
    os.chown(key, user.pw_uid, user.pw_gid)
    os.chmod(authority.folder, 0o755)
    cyrus = Cyrus(["someone"], f"tls_server_cert: {chain}\ntls_server_key: {key}")
    return cyrus, f"lmtp://127.0.0.1:{cyrus.port}", cyrus.mails


@pytest.mark.parametrize("make, tls", [(secure_postfix, "verified"), (secure_dovecot, "verified"), (trusting_cyrus, "may")])
def test_tls_on_both_sides(started, quick, authority, make, tls):
    server, target, mails = make(authority)
    started(server)
    mx = started(Gateway([("example.org", [target])], f"""{quick}
{authority.section("two.example.org")}{authority.section("mx.example.org")}
target "{target}" {{ tls = {tls}  tls_name = "{MBOX}"  ca = "{authority.file}" }}"""))
    source = started(Postfix(relayhost=f"[127.0.0.1]:{mx.port}", smtp_tls_security_level="verify", smtp_tls_CAfile=authority.file,
                             smtp_tls_verify_cert_match="mx.example.org", smtp_tls_servername="mx.example.org"))
    with smtplib.SMTP("127.0.0.1", source.port, timeout=30) as client:
        client.sendmail("you@example.net", ["someone@example.org"], message(body=".in TLS\r\n" * 2000))
    path = wait_for(mails, 60, f"mail: {source.log_text()}\n{mx.log_text()}")[0]
    assert text_of(path).count(b".in TLS\n") == 2000 and b"with ESMTPS" in text_of(path)
    wait_for(lambda: "relay delivered" in mx.log_text(), 20, "the delivery in the log")
    assert (' verified"' in mx.log_text()) == (tls == "verified"), "and the log says how"


def test_of_two_dovecots_one_dies(started, quick):
    servers = [started(Dovecot(["berta@example.org"])) for _ in range(2)]
    mx = started(Gateway([("example.org", [f"lmtp://127.0.0.1:{server.port}" for server in servers])], quick,
                         trusted=f'"{TRUSTED}/32"'))

    def there():
        return {line for server in servers for path in server.mails("berta@example.org")
                for line in text_of(path).splitlines() if line.startswith(b"Subject: number")}
    with Client(mx.port, TRUSTED) as client:
        for number in range(60):
            assert client.mail("anna@example.net", "berta@example.org", letter(f"number {number}")).startswith("250")
            if number == 20:
                wait_for(lambda: all(server.mails("berta@example.org") for server in servers), 30, "both have mail")
                for pid in [*house.children_of(servers[0].process.pid), servers[0].process.pid]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(there()) == 60, 60, f"all sixty: {mx.log_text()}")
    mx.wait_empty()


def test_five_recipients_on_three_servers(started, quick, sink):
    dovecot = started(Dovecot(["anna@example.org"]))
    cyrus = started(Cyrus(["berta"]))
    postfix = Postfix(domains="example.org", smtpd_recipient_restrictions="check_recipient_access texthash:${config_directory}/who, "
                      "permit_mynetworks, reject")
    with open(f"{postfix.config}/who", "w", encoding="ascii") as out:
        out.write("emil@example.org 450 4.2.1 not now\n")
    started(postfix)
    mx = started(Gateway([("example.org", [f"lmtp://127.0.0.1:{dovecot.port}"]), ("example.net", [sink.url])], f"""{quick}
route "berta@example.org" {{ deliver = "lmtp://127.0.0.1:{cyrus.port}" }}
route "carl@example.org" {{ deliver = "smtp://127.0.0.1:{postfix.port}" }}
route "emil@example.org" {{ deliver = "smtp://127.0.0.1:{postfix.port}" }}""", trusted=f'"{TRUSTED}/32"'))
    people = [f"{name}@example.org" for name in ("anna", "berta", "carl", "nobody", "emil")]
    with Client(mx.port, TRUSTED) as client:
        assert client.mail("you@example.net", people, letter("for five")).startswith("250")
    wait_for(lambda: dovecot.mails("anna@example.org") and cyrus.mails() and postfix.mails(), 60, f"three have it: {mx.log_text()}")
    notice = sink.wait(1)[0]
    assert b"Final-Recipient: rfc822;nobody@example.org" in notice.data and b"5.1.1" in notice.data
    assert not any(f"rfc822;{name}".encode() in notice.data for name in people if not name.startswith("nobody"))
    wait_for(lambda: "450 4.2.1" in mx.text("queue", "list", "--json"), 30, "one waits, with the reply")
    postfix.control("stop")
    with open(f"{postfix.config}/who", "w", encoding="ascii") as out:
        out.write("emil@example.org OK\n")
    postfix.start()
    wait_for(lambda: len(postfix.mails()) == 2, 60, f"and has it later: {mx.log_text()} {postfix.log_text()}")
    mx.wait_empty()
    assert (len(dovecot.mails("anna@example.org")), len(cyrus.mails()), len(sink.letters)) == (1, 1, 1)


@pytest.mark.parametrize("make", [lambda: Dovecot(["someone@example.org"]), Cyrus], ids=["Dovecot", "Cyrus"])
def test_utf8_to_servers_that_lack_it(started, quick, make):
    """An address that needs it fails; the notice names it in the escapes of RFC 6533. What does not need it arrives."""
    server = started(make())
    home = started(Sink())
    mx = started(Gateway([("example.org", [f"lmtp://127.0.0.1:{server.port}"]), ("example.net", [home.url])], quick))
    with mx.client() as client:
        client.ehlo()
        assert client.mail("you@example.net", ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
        assert client.rcpt("bücher@example.org")[0] == 250
        assert client.data(letter("a letter"))[0] == 250
    notice = home.wait(1)[0].data
    assert b"Status: 5.6.7" in notice and rb"Final-Recipient: utf-8;b\x{FC}cher@example.org" in notice and max(notice) < 128
    mx.wait_empty()
