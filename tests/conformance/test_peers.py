# SPDX-License-Identifier: Apache-2.0
"""Where Python's email or Perl's MIME-tools find another part or another name, the message is ambiguous, or the difference
has a cause of the table in peers.py. The counts by cause are printed; docs/mime.md has them."""
import collections
import os
import shutil

import pytest

import peers
from reading import DATA, SAMPLE, WHY_NOT, corpora, files, show

BATCH = 500
WHO = {                                              # the other reader: mails of the corpora that he gets, in a sample and at all
    "python": (1500, 0),
    "perl": (100, 500),
}
SHARES = [(who, share, shares) for who, shares in (("python", 1), ("perl", 1 if SAMPLE else 2)) for share in range(shares)]
NO_MAIL = (".json", ".xml", ".ref", ".md", ".out", ".gz", ".zip", ".pdf", ".png", ".gif", ".jpg", ".tiff", ".bin")
pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))


def differs(row, leaves):
    """Is there any difference at all, either way, by digests and names alone?"""
    digests, names = {part["sha256"] for part in row["parts"]}, {name for part in row["parts"] for name in part["names"]}
    theirs = {digest for _, _, _, digest in leaves}
    return any((size and digest not in digests) or (name and name not in names) for _, name, size, digest in leaves) or \
        any(peers.is_first(part) and part["size"] and part["sha256"] not in theirs for part in row["parts"])


def explain(paths, who, counts):
    unexplained = []
    for path, row, theirs in zip(paths, show(paths, "-c"), peers.all_of(paths, who, contents=True)):
        with open(path, "rb") as file:
            raw = file.read()
        for kind, cause, leaf in peers.differences(raw, row, theirs):
            counts[f"{kind}: {cause or 'UNEXPLAINED'}"] += 1
            if cause is None:
                unexplained.append(f"{path}: {kind}, {leaf[0]} {leaf[1]!r} {leaf[2][:60]!r}")
    return unexplained


@pytest.mark.parametrize("who,share,shares", SHARES, ids=[f"{who}-{share + 1}" for who, share, _ in SHARES])
def test_others_find_nothing_that_is_not_explained(who, share, shares):
    if who == "perl" and not shutil.which("perl"):
        pytest.fail("there is no perl")
    sample = WHO[who][0 if SAMPLE else 1]
    paths = [path for label in ("ham", "spam") for path in corpora(label, sample)]
    paths += [path for path in files(os.path.join(DATA, "mime")) if not path.endswith(NO_MAIL)][::1 if not SAMPLE else 4]
    paths = paths[share::shares]
    counts, differ, unexplained = collections.Counter(), [], []
    for path, row, leaves in zip(paths, show(paths), peers.all_of(paths, who)):
        if leaves is None:
            counts["the other gives up"] += 1
        elif differs(row, leaves):
            counts["messages that differ"] += 1
            if row["ambiguous"] or row["limit"]:
                counts["… and are ambiguous"] += 1
            else:
                differ.append(path)
    for first in range(0, len(differ), BATCH):
        unexplained += explain(differ[first:first + BATCH], who, counts)
    print(f"\n{who}, {share + 1} of {shares}: {len(paths)} messages")
    for name, count in sorted(counts.items()):
        print(f"    {count:6} {name}")
    assert not unexplained, "\n".join(unexplained[:100])
