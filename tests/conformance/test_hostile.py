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
    return any(part["sha256"] in DIGESTS and any(is_program(name) for name in part["names"]) for part in row["parts"])


def is_flagged(row):
    return bool(row["ambiguous"] or row["limit"])


def judge(mails, folder):
    """How many there are, are found, are flagged; and which are neither."""
    count = found = flagged = 0
    missed = []
    while batch := list(itertools.islice(mails, BATCH)):
        for (about, _), row in zip(batch, show_messages(folder, [message for _, message in batch])):
            count, found, flagged = count + 1, found + is_found(row), flagged + is_flagged(row)
            if not is_found(row) and not is_flagged(row):
                missed.append(about)
    print(f"{count} mails that hide something: {found} found, {flagged} flagged, {len(missed)} missed in silence")
    return count, found, missed


def test_a_plain_mail_is_found_and_not_flagged(tmp_path):
    row, = show_messages(str(tmp_path), [hostile.plain_mail()])
    assert is_found(row) and not is_flagged(row)


def test_each_way_to_hide_is_found_or_ambiguous(tmp_path):
    count, found, missed = judge(hostile.single(), str(tmp_path))
    assert count > 680 and not missed, "\n".join(missed)
    assert found >= count * 9 // 10, "nine in ten are to be found outright"


def test_ways_to_hide_crossed_are_found_or_ambiguous(tmp_path):
    count, _, missed = judge(hostile.crossed(TRIPLES, STEP), str(tmp_path))
    assert count > 20000 and not missed, "\n".join(missed[:200])
