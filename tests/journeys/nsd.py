# SPDX-License-Identifier: Apache-2.0
"""nsd.py — a real name server (NSD) with one zone, signed with a key of its own."""
import glob
import os
import subprocess

import house
from house import wait_for

PROGRAMS = ("nsd", "ldns-signzone", "ldns-keygen")
HEAD = """$ORIGIN signed.example.
$TTL 60
@     IN SOA ns hostmaster 1 3600 600 86400 60
@     IN NS  ns
ns    IN A   127.0.0.1
"""


class Nsd:
    """`zone` stands behind HEAD; `spoil` changes a record after the signing; `unsigned` is a second zone, as it is."""

    def __init__(self, zone, spoil=None, unsigned=None):
        self.folder, self.port, self.process = house.folder(), house.free_port(), None
        self.unsigned = unsigned
        self.write("zone", HEAD + zone)
        key = self.run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "signed.example").strip()
        self.run("ldns-signzone", "-n", "-f", "zone.signed", "zone", key)
        if spoil:
            with open(f"{self.folder}/zone.signed", encoding="ascii") as file:
                text = file.read()
            assert spoil[0] in text, text
            self.write("zone.signed", text.replace(*spoil))
        if unsigned:
            self.write("open", HEAD.replace("signed", "open") + unsigned)
        self.anchor = glob.glob(f"{self.folder}/{key}.key")[0]
        self.write("nsd.conf", f'''server:
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
''' + ("zone:\n  name: open.example\n  zonefile: open\n" if unsigned else ""))

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="ascii") as out:
            out.write(text)

    def run(self, *words):
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", f"{self.folder}/nsd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(f"{self.folder}/pid"), 20, "NSD")
        return self

    @property
    def section(self):
        names = ["signed.example"] + (["open.example"] if self.unsigned else [])
        stubs = ", ".join(f'"{name}@127.0.0.1:{self.port}"' for name in names)
        return (f'resolver {{ servers = {{"127.0.0.1@{house.free_port()}"}}  stubs = {{{stubs}}}\n'
                f'  dnssec = yes  trust_anchor = "{self.anchor}"  timeout = 5 }}')

    def stop(self):
        house.end_process(self.process)
