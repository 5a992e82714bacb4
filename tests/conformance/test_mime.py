# SPDX-License-Identifier: Apache-2.0
"""What mail/message makes of other projects' test messages and of whole corpora, by tests/conformance/mime_show.c.

POSTERN_CORPORA is the sample: that many mails of the corpora, 0 for all of them. The suites are always read whole."""
import os
import resource

import pytest

from reading import DATA, WHY_NOT, clean_mail, files, show

pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))


def test_every_message_of_the_suites_is_read():
    """In bounded time and memory, too: two minutes and a gigabyte for all of them, sanitizers included."""
    paths = files(os.path.join(DATA, "mime"))
    rows = show(paths, "-m", timeout=120)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20, "more than a gigabyte"
    assert len(paths) >= 2300 and len({row["file"] for row in rows}) == len(paths)
    unread = [row["file"] for row in rows if row["result"] != 0 and not row["limit"]]
    assert not unread, unread


def test_no_hostile_name_is_missed_in_silence():
    rows = show([path for path in files(os.path.join(DATA, "mime", "hostile-names")) if not path.endswith(".md")])
    assert len(rows) == 176
    found = [row for row in rows if any("file.zip" in part["names"] for part in row["parts"])]
    assert len(found) >= 176 * 9 // 10, "nine in ten are to be found outright"
    missed = [row["file"] for row in rows
              if not row["ambiguous"] and not any("file.zip" in part["names"] for part in row["parts"])]
    assert not missed, missed


def test_clean_mail_is_hardly_ever_ambiguous():
    rows = show(clean_mail())
    flagged = [(row["file"], row["ambiguous"]) for row in rows if row["ambiguous"] or row["limit"]]
    print(f"{len(flagged)} of {len(rows)} clean mails are ambiguous")
    assert len(flagged) <= max(2, len(rows) // 1000), flagged
