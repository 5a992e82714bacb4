# SPDX-License-Identifier: Apache-2.0
"""Mails that hide an attachment (hostile.py): each is found, by its bytes and the extension of its name, or ambiguous."""
import hashlib
import itertools
import re

import hostile
from reading import SAMPLE, show_messages

BATCH = 10000
TRIPLES, STEP = (4000, 8) if SAMPLE else (50000, 1)
DIGESTS = {hashlib.sha256(hostile.PAYLOAD + end).hexdigest() for end in (b"", b"\n", b"\r\n")}


def is_program(name):
    """By what stands behind the last dot, as a careful reader would see it."""
    plain = name.split(":")[0] if "::" in name else name
    return re.sub(r"[^a-z]", "", plain.rstrip(". \"'").rpartition(".")[2].lower()) == "exe"


def is_found(row):
    for part in row["parts"]:
        if part["sha256"] in DIGESTS and any(is_program(name) for name in part["names"]):
            return True
    return False


def test_what_is_hidden_is_found_or_ambiguous(tmp_path):
    mails, missed, found, flagged, count = hostile.mails(TRIPLES, STEP), [], 0, 0, 0
    while batch := list(itertools.islice(mails, BATCH)):
        rows = show_messages(str(tmp_path), [message for _, message in batch])
        assert len(rows) == len(batch)
        for (about, _), row in zip(batch, rows):
            count, here = count + 1, is_found(row)
            found, flagged = found + here, flagged + bool(row["ambiguous"] or row["limit"])
            if not here and not row["ambiguous"] and not row["limit"]:
                missed.append(about)
    print(f"{count} mails that hide something: {found} found, {flagged} flagged, {len(missed)} missed in silence")
    assert count > 20000
    assert not missed, "\n".join(missed[:200])
