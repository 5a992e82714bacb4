# SPDX-License-Identifier: Apache-2.0
"""A signed zone in a real name server (NSD): what is signed is believed, what was changed is not, and no mail is refused
for it."""
import glob
import json
import os
import subprocess

import pytest

import house
from client import TRUSTED, Client, letter
from house import wait_for

pytestmark = pytest.mark.skipif(bool(house.need("nsd", "ldns-signzone", "ldns-keygen")),
                                reason=str(house.need("nsd", "ldns-signzone", "ldns-keygen")))

ZONE = """$ORIGIN signed.example.
$TTL 60
@     IN SOA ns hostmaster 1 3600 600 86400 60
@     IN NS  ns
ns    IN A   127.0.0.1
mail  IN A   127.0.0.1
other IN A   127.0.0.1
null  IN MX  0 .
_25._tcp.mail IN TLSA 3 1 1 {digest}
"""


class Nsd:
    """One zone, signed with a key of its own; `spoil` changes a record after the signing."""

    def __init__(self, spoil=None):
        self.folder, self.port = house.folder(), house.free_port()
        with open(f"{self.folder}/zone", "w", encoding="ascii") as out:
            out.write(ZONE.format(digest="ab" * 32))
        key = self.run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "signed.example").strip()
        self.run("ldns-signzone", "-n", "-f", "zone.signed", "zone", key)
        if spoil:
            with open(f"{self.folder}/zone.signed", encoding="ascii") as file:
                text = file.read()
            assert spoil[0] in text, text
            with open(f"{self.folder}/zone.signed", "w", encoding="ascii") as out:
                out.write(text.replace(*spoil))
        self.anchor = glob.glob(f"{self.folder}/{key}.key")[0]
        with open(f"{self.folder}/nsd.conf", "w", encoding="ascii") as out:
            out.write(f'''server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  server-count: 1
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/pid"
  xfrdfile: "{self.folder}/xfrd"
  xfrdir: "{self.folder}"
  zonelistfile: "{self.folder}/zones"
  logfile: "{self.folder}/log"
remote-control:
  control-enable: no
zone:
  name: signed.example
  zonefile: zone.signed
''')
        self.process = None

    def run(self, *words):
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", f"{self.folder}/nsd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(f"{self.folder}/pid"), 20, "NSD")
        return self

    @property
    def section(self):
        return (f'resolver {{ servers = {{"127.0.0.1@{house.free_port()}"}}  stubs = {{"signed.example@127.0.0.1:{self.port}"}}\n'
                f'  dnssec = yes  trust_anchor = "{self.anchor}"  timeout = 5 }}')

    def stop(self):
        house.end_process(self.process)


@pytest.fixture
def gateway(started, sink, quick):
    def make(nsd):
        return started(house.Gateway([("example.org", [f"smtp://mail.signed.example:{sink.port}"]),
                                      ("other.org", [f"smtp://other.signed.example:{sink.port}"])],
                                     f"{quick}\n{nsd.section}", trusted=f'"{TRUSTED}/32"'))
    return make


def send_to(gateway, recipient):
    with Client(gateway.port, TRUSTED) as client:
        assert client.mail("anna@example.org", recipient, letter()).startswith("250")


def resolver(gateway):
    return json.loads(gateway.text("stats", "--json"))["resolver"]


def test_what_is_signed_is_secure(gateway, started, sink):
    mx = gateway(started(Nsd()))
    send_to(mx, "berta@example.org")
    assert sink.wait(1)[0].recipients == ["berta@example.org"]
    assert resolver(mx)["secure"] >= 1 and resolver(mx)["bogus"] == 0, resolver(mx)


def test_null_mx_of_a_signed_zone(gateway, started, sink):
    mx = gateway(started(Nsd()))
    send_to(mx, "berta@null.signed.example")
    notice = sink.wait(1)[0]
    assert b"5.1.10" in notice.data
    send_to(mx, "berta@nobody.signed.example")
    assert b"5.1.2" in sink.wait(2)[1].data, "that there is no such name is signed too"
    assert resolver(mx)["negative"] >= 1


def test_what_was_changed_is_not_believed_and_nothing_is_refused(gateway, started, sink):
    mx = gateway(started(Nsd(spoil=("mail.signed.example.\t60\tIN\tA\t127.0.0.1", "mail.signed.example.\t60\tIN\tA\t127.0.0.9"))))
    send_to(mx, "berta@example.org")
    send_to(mx, "berta@other.org")
    assert sink.wait(1)[0].recipients == ["berta@other.org"], "the rest of the zone is good"

    def waiting():
        return [r for line in mx.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]
    wait_for(lambda: waiting() and waiting()[0]["attempts"] >= 1, 20, "an attempt")
    assert waiting()[0]["reply"].startswith("451 4.4.3"), waiting()
    assert resolver(mx)["bogus"] >= 1, resolver(mx)


def test_a_dead_dns_stops_only_what_needs_it(gateway, started, sink):
    nsd = started(Nsd())
    mx = gateway(nsd)
    send_to(mx, "berta@example.org")
    sink.wait(1)
    nsd.stop()
    for _ in range(5):
        send_to(mx, "berta@example.org")
    send_to(mx, "berta@other.org")
    assert all(l.recipients == ["berta@example.org"] for l in sink.wait(6)), "what is remembered goes on"

    def waiting():
        return [r for line in mx.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]
    wait_for(lambda: waiting() and waiting()[0]["attempts"] >= 1, 30, "an attempt")
    assert [r["address"] for r in waiting()] == ["berta@other.org"] and waiting()[0]["reply"].startswith("451 4.4.3")
    assert len(sink.letters) == 6, "and nobody is told that it failed"
