# SPDX-License-Identifier: Apache-2.0
"""Every mail of the developers' corpora that is CRLF-clean arrives byte for byte, trace headers aside."""
import hashlib
import os
import threading

import pytest

import house
from house import Gateway, Sink, send, wait_for

SAMPLE = int(os.environ.get("POSTERN_CORPORA", "400"))        # 0: all
DATA, WHY_NOT = house.corpora() if os.environ.get("POSTERN_CORPORA") != "no" else (None, "switched off")
pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))

MARK = b"X-Journey-Digest: "


def as_sent(path):
    """As SMTP would carry it: without a From line, lines ended by CR LF; None if it cannot be."""
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"From "):
        data = data.split(b"\n", 1)[-1]
    data = data.replace(b"\r\n", b"\n")
    if not data or b"\r" in data or b"\0" in data:
        return None
    if data.lower().count(b"\nreceived:") > 45:
        return None
    data = data.replace(b"\n", b"\r\n")
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def mails():
    paths = []
    for where in ("mail", "mime"):
        for folder, folders, names in os.walk(os.path.join(DATA, where)):
            folders.sort()
            paths += [os.path.join(folder, name) for name in sorted(names)
                      if not name.startswith(("index", "NOTES")) and not name.endswith((".json", ".md", ".tsv"))]
    step = max(1, len(paths) // SAMPLE) if SAMPLE else 1
    return paths[::step]


class Arrivals:
    """Digests only: the corpora are large. The mark is the first line of what was sent."""

    def __init__(self):
        self.lock, self.wrong, self.seen = threading.Lock(), [], {}

    def take(self, _sender, _recipients, data):
        at = data.find(MARK)
        digest = data[at + len(MARK):at + len(MARK) + 64].decode("ascii", "replace")
        good = at >= 0 and house.is_trace(data[:at]) and hashlib.sha256(data[at + len(MARK) + 66:]).hexdigest() == digest
        with self.lock:
            self.seen[digest] = self.seen.get(digest, 0) + 1
            if not good:
                self.wrong.append(digest)


def send_share(gateway, share, sent, refused):
    client = gateway.client()
    client.ehlo()
    for path in share:
        data = as_sent(path)
        if data is None:
            continue
        digest = hashlib.sha256(data).hexdigest()
        code, text = send(gateway, MARK + digest.encode() + b"\r\n" + data, client=client)
        if code == 250:
            sent.append(digest)
        else:
            refused.append((path, code, text))
    client.quit()


def test_every_mail_arrives_as_it_was(started, quick):
    arrivals = Arrivals()
    sink = started(Sink(keep=False, seen=arrivals.take))
    gateway = started(Gateway([("example.org", [sink.url])], quick, policy='policy "all" { when = "unscannable" do = {"deliver"} }'))
    paths, sent, refused = mails(), [], []
    shares = [threading.Thread(target=send_share, args=(gateway, paths[n::6], sent, refused)) for n in range(6)]
    for share in shares:
        share.start()
    for share in shares:
        share.join()
    print(f"{len(paths)} files, {len(sent)} sent, {len(refused)} refused")
    assert not refused, refused[:5]
    wait_for(lambda: sum(arrivals.seen.values()) >= len(sent), 120 + len(sent) / 50, "all mail at the sink")
    assert not arrivals.wrong, arrivals.wrong[:5]
    assert set(sent) == set(arrivals.seen)
