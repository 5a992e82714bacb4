# SPDX-License-Identifier: Apache-2.0
"""Mails that hide an attachment (hostile.py): each is found, by its bytes and the extension of its name, or ambiguous."""
import hashlib
import itertools

import pytest

import hostile
from reading import SAMPLE, show_messages

BATCH = 10000
TRIPLES, STEP, SHARES = (4000, 8, 1) if SAMPLE else (50000, 1, 6)
DIGESTS = {hashlib.sha256(hostile.PAYLOAD + end).hexdigest() for end in (b"", b"\n", b"\r\n")}


def is_program(name):
    """As Windows opens it: by what stands behind the last dot, without a stream, and without dots and blanks at its end. A letter
    that cannot be seen has a fact of its own."""
    return name.split("::")[0].replace("\u200b", "").rstrip(". \t\0").lower().endswith(".exe")


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
    assert found >= count * 6 // 7, "six in seven are to be found outright"


def test_what_hides_without_a_name_is_said(tmp_path):
    """In character sets, outside of boundaries, in forms that are not opened: each is ambiguous or a fact of its part."""
    rows = hostile.others()
    seen = show_messages(str(tmp_path), [message for _, message in rows])
    silent = [about for (about, _), row in zip(rows, seen) if not is_flagged(row) and not any(part["tnef"] for part in row["parts"])]
    print(f"{len(rows)} mails that hide something that is no part with a name: {len(silent)} in silence")
    assert len(rows) > 60 and not silent, silent


def test_what_they_look_like_without_what_hides_is_not_said(tmp_path):
    plain = [hostile.in_type(b"text/html; charset=utf-8", hostile.SCRIPT.encode()), hostile.in_base64(b"text/html; charset=iso-8859-1", hostile.SCRIPT.encode()),
             hostile.in_base64(b"application/octet-stream; name=a.dat", hostile.PAYLOAD),
             hostile.in_type(b"multipart/mixed; boundary=QX7", b"This is a message of several parts.\r\n" + hostile.ONE + b"--QX7--\r\nThe end of it\r\n")]
    seen = show_messages(str(tmp_path), plain)
    assert not any(is_flagged(row) or any(part["tnef"] for part in row["parts"]) for row in seen), seen


@pytest.mark.parametrize("share", range(SHARES))
def test_ways_to_hide_crossed_are_found_or_ambiguous(tmp_path, share):
    count, _, missed = judge(itertools.islice(hostile.crossed(TRIPLES, STEP), share, None, SHARES), str(tmp_path))
    assert count > 20000 and not missed, "\n".join(missed[:200])
