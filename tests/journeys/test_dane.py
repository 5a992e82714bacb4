# SPDX-License-Identifier: Apache-2.0
"""DANE: next hops whose certificates are in a signed zone of a real name server (NSD), and what is said of those whose
are not. MX records lead to port 25, so that part runs in a network namespace (inside_dane.py)."""
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys

import pytest

import certificates
import house
import nsd
from client import TRUSTED, Client, letter
from house import wait_for
from secure_sink import SecureSink

pytestmark = pytest.mark.skipif(bool(house.need("openssl", *nsd.PROGRAMS)), reason=str(house.need("openssl", *nsd.PROGRAMS)))
NAMESPACE = house.IS_ROOT and not house.need("unshare", "ip") and \
    subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def key_digest(chain):
    """TLSA 3 1 1: SHA-256 of the public key."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificates.openssl("x509", "-in", chain, "-pubkey", "-noout").replace(
        "PUBLIC KEY", "CERTIFICATE"))).hexdigest()


def digest(path):
    """TLSA 2 0 1: SHA-256 of the certificate."""
    with open(path, encoding="ascii") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


ROWS = [
    ("3 1 1 {key}", {}, None, "the server's key"),
    ("2 0 1 {ca}", {}, None, "its authority, and its name"),
    ("3 1 1 {other}\n_{port}._tcp.mail IN TLSA 3 1 1 {key}", {}, None, "one of two: the key is being changed"),
    ("3 1 1 {other}", {}, "451 4.7.5", "another key"),
    ("2 0 1 {ca}", {"name": "other.example"}, "451 4.7.5", "its authority, but not its name"),
    ("3 1 1 {key}", {"offers": False}, "451 4.7.4", "the server offers no TLS, or somebody hides it"),
    ("3 1 1 {key}", {"broken": True}, "451 4.7.5", "the handshake is broken"),
    ("1 1 1 {key}", {}, "451 4.7.5", "a usage that means nothing for mail"),
    (None, {}, "451 4.7.5", "no record at all"),
    ("spoiled", {}, "451 4.4.3", "a record that was changed after the signing"),
]


@pytest.mark.parametrize("record, server, reply, about", ROWS, ids=[row[3] for row in ROWS])
def test_a_target_of_ours(started, quick, authority, record, server, reply, about):
    server = dict(server)
    chain, key = authority.make(server.pop("name", "mail.signed.example"))
    with open(authority.file, encoding="ascii") as ca, open(chain, "a", encoding="ascii") as out:
        out.write(ca.read())
    hop = started(SecureSink(chain, key, **server))
    values = {"key": key_digest(chain), "ca": digest(authority.file), "other": "ab" * 32, "port": hop.port}
    zone = "mail IN A 127.0.0.1\n"
    if record:
        text = "3 1 1 {key}" if record == "spoiled" else record
        zone += f"_{hop.port}._tcp.mail IN TLSA " + text.format(**values) + "\n"
    names = started(nsd.Nsd(zone, spoil=(values["key"][-8:], "00112233") if record == "spoiled" else None))
    target = f"smtp://mail.signed.example:{hop.port}"
    mx = started(house.Gateway([("example.org", [target])], f'{quick}\n{names.section}\ntarget "{target}" {{ tls = dane }}'))
    assert house.send(mx, house.message())[0] == 250
    if reply is None:
        wait_for(lambda: hop.inside, 30, f"{about}: mail in TLS: {mx.log_text()}")
        wait_for(lambda: ' dane"' in mx.log_text(), 10, "a word of it in the log")
        assert "mail.signed.example" in hop.names
    else:
        def replies():
            return [r["reply"] for line in mx.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]
        wait_for(lambda: replies() and replies()[0].startswith(reply), 30, f"{about}: {reply}: {replies()} {mx.log_text()}")
        assert not hop.inside
    assert not hop.outside, about


def test_a_zone_that_nobody_signed(started, quick, authority, sink):
    """A promise of DANE is not kept there; without the promise its records mean nothing."""
    hop = started(SecureSink(*authority.make("mail.open.example")))
    names = started(nsd.Nsd("", unsigned=f"mail IN A 127.0.0.1\n_{hop.port}._tcp.mail IN TLSA 3 1 1 {'ab' * 32}\n"))
    target = f"smtp://mail.open.example:{hop.port}"
    mx = started(house.Gateway([("example.org", [target])], f'{quick}\n{names.section}\ntarget "{target}" {{ tls = dane }}',
                               trusted=f'"{TRUSTED}/32"'))
    with Client(mx.port, TRUSTED) as client:
        assert client.mail("anna@example.org", "berta@example.org", letter()).startswith("250")
    wait_for(lambda: "451 4.7.5" in mx.log_text(), 30, "the reason")
    assert not hop.inside and not hop.outside


@pytest.mark.skipif(not NAMESPACE, reason="a network namespace is made as root, where the machine allows it")
def test_mail_hosts_by_mx():
    """What runs in the namespace is inside_dane.py."""
    done = subprocess.run(["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                           os.path.join(os.path.dirname(__file__), "inside_dane.py")], capture_output=True, text=True,
                          timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as they should" in done.stdout
