# SPDX-License-Identifier: Apache-2.0
"""inside_dane.py — runs in a network namespace of its own: mail for domains whose MX hosts, at port 25 of addresses made
here, have TLSA records that are right, wrong, of no use, without TLS behind them, not signed, or none."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import certificates  # noqa: E402
import house  # noqa: E402
import nsd  # noqa: E402
from client import TRUSTED, Client, letter  # noqa: E402
from secure_sink import SecureSink  # noqa: E402
from test_dane import digest, key_digest  # noqa: E402

# host, TLSA (None: none), offers STARTTLS
HOSTS = [("right", "3 1 1 {key}", True), ("ta", "2 0 1 {ca}", True), ("wrong", "3 1 1 " + "ab" * 32, True), ("useless", "1 1 1 {key}", True),
         ("rubbish", "3 1 0 abcdef", True), ("xn--grn-ioa", "2 0 1 {ca}", True),
         ("hidden", "3 1 1 {key}", False), ("plain", None, False)]
ZONE = """d-right IN MX 10 right
d-ta IN MX 10 ta
d-next IN MX 10 wrong
d-next IN MX 20 right
d-wrong IN MX 10 wrong
d-useless IN MX 10 useless
d-rubbish IN MX 10 rubbish
d-hidden IN MX 10 hidden
d-plain IN MX 10 plain
"""
# domain: host that gets it, inside TLS?, the log's word of it
ENDS = {"d-right.signed": ("right", True, "dane"), "d-ta.signed": ("ta", True, "dane"), "d-next.signed": ("right", True, "dane"),
        "d-useless.signed": ("useless", True, "unverified"), "d-rubbish.signed": ("rubbish", True, "unverified"), "d-plain.signed": ("plain", False, None),
        # No MX, and a name in UTF-8: certificates have its A-labels.
        "grün.signed": ("xn--grn-ioa", True, None), "d-open.open": ("open", True, "unverified"), "d-wrong.signed": None, "d-hidden.signed": None}


def start_hosts(authority):
    hops, zone, values = {}, ZONE, {"ca": digest(authority.file)}
    for number, (name, record, offers) in enumerate([*HOSTS, ("open", None, True)]):
        address = f"10.77.0.{number + 1}"
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
        # The authority vouches for the domain's name where the host's is another one (RFC 7672 3.2.2).
        chain, key = authority.make("d-ta.signed.example" if name == "ta" else f"{name}.signed.example")
        values["key"] = key_digest(chain)
        with open(authority.file, encoding="ascii") as ca, open(chain, "a", encoding="ascii") as out:
            out.write(ca.read())
        hops[name] = SecureSink(chain, key, offers=offers, at=(address, 25))
        if name == "open":
            opened = (f"d-open IN MX 10 open\nopen IN A {address}\n_25._tcp.open IN TLSA 3 1 1 " + "ab" * 32 + "\n")
        else:
            zone += f"{name} IN A {address}\n"
        if record:
            zone += f"_25._tcp.{name} IN TLSA {record.format(**values)}\n"
    return hops, zone, opened


def has(letters, domain):
    return any(f"Subject: for {domain}".encode() in letter_ for letter_ in letters)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hops, zone, opened = start_hosts(certificates.Authority())
    names = nsd.Nsd(zone, unsigned=opened).start()
    mx = house.Gateway([("example.org", [house.Sink().url])], f'queue {{ retry_least = "1s" retry_most = "2s" }}\n{names.section}',
                       trusted=f'"{TRUSTED}/32"').start()
    try:
        for domain in ENDS:
            with Client(mx.port, TRUSTED) as client:
                assert client.mail("anna@example.org", f"berta@{domain}.example", letter(f"for {domain}"), "" if domain.isascii() else " SMTPUTF8").startswith("250")
        for domain, end in ENDS.items():
            if end is None:
                continue
            host, inside, word = end
            house.wait_for(lambda: has(hops[host].inside if inside else hops[host].outside, domain), 40, f"{domain}: {mx.log_text()}")
            if word:
                house.wait_for(lambda: any(f"@{domain}.example" in line and f' {word}"' in line for line in mx.log_text().splitlines()),
                               20, f"{domain} {word}: {mx.log_text()}")
        house.wait_for(lambda: len(mx.queue_ids()) == 2, 20, f"two that wait: {mx.log_text()}")
        queued = mx.text("queue", "list", "--json")
        assert "451 4.7.5" in queued and "451 4.7.4" in queued, queued
        for domain, end in ENDS.items():
            for name, hop in hops.items():
                got = has(hop.inside, domain), has(hop.outside, domain)
                assert got == ((end[1], not end[1]) if end and end[0] == name else (False, False)), (domain, name, got)
        print("all went as they should")
    finally:
        mx.stop()
        names.stop()


if __name__ == "__main__":
    main()
