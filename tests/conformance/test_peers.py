# SPDX-License-Identifier: Apache-2.0
"""Where Python's email or Perl's MIME-tools find another part or another name, the message is ambiguous, or the difference
has a cause of the table in peers.py. The counts by cause are printed; `make peers` does it for all there is."""
import shutil

import pytest

import peers
from reading import DATA, SAMPLE, WHY_NOT

WHO = {                                              # the other reader: mails of the corpora that he gets, in a sample and at all
    "python": (1500, 0),
    "perl": (100, 500),
}
SHARES = [(who, share, shares) for who, shares in (("python", 1), ("perl", 1 if SAMPLE else 2)) for share in range(shares)]
pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))


@pytest.mark.parametrize("who,share,shares", SHARES, ids=[f"{who}-{share + 1}" for who, share, _ in SHARES])
def test_others_find_nothing_that_is_not_explained(who, share, shares):
    if who == "perl" and not shutil.which("perl"):
        pytest.fail("there is no perl")
    paths = peers.messages(WHO[who][0 if SAMPLE else 1], 4 if SAMPLE else 1)[share::shares]
    counts, unexplained = peers.compare(paths, who)
    print(f"\n{who}, {share + 1} of {shares}: {len(paths)} messages")
    for name, count in sorted(counts.items()):
        print(f"    {count:6} {name}")
    assert not unexplained, "\n".join(unexplained[:100])
