# SPDX-License-Identifier: Apache-2.0
"""Mails that hide a file by several constructions at once (layers.py): what is readable by design is found or ambiguous; what
noise has broken is, too, where Python's email or Perl's MIME-tools finds the file's name or its bytes."""
import os

import pytest

import layers
import peers
from hostile import PAYLOAD
from reading import SAMPLE, show_messages
from test_hostile import is_flagged, is_program

SEEDS, COUNT = ((1,), 1500) if SAMPLE else ((2, 3, 4), 20000)


def found(names_and_bytes):
    """(a name that says program, the bytes) of what some reader has."""
    return (any(is_program(name) for names, _ in names_and_bytes for name in names),
            any(PAYLOAD in data for _, data in names_and_bytes))


def ours(row):
    return found([(part["names"], bytes.fromhex(part.get("bytes", ""))) for part in row["parts"]])


def theirs(leaves):
    return found([([name], data) for _, name, data in leaves or []])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_somebody_reads_is_found_or_ambiguous(tmp_path, seed):
    mails = list(layers.mails(seed, COUNT))
    rows = show_messages(str(tmp_path), [message for _, message, _ in mails], "-c")
    silent = [number for number, row in enumerate(rows) if not is_flagged(row) and not all(ours(row))]
    print(f"{COUNT} mails: {sum(all(ours(row)) for row in rows)} found, {sum(map(is_flagged, rows))} flagged")
    missed = [mails[number][0] for number in silent if mails[number][2]]
    noisy = [number for number in silent if not mails[number][2]]
    paths = [os.path.join(str(tmp_path), str(number)) for number in noisy]
    for who in ("python", "perl"):
        for number, leaves in zip(noisy, peers.all_of(paths, who, contents=True)):
            if any(they and not we for they, we in zip(theirs(leaves), ours(rows[number]))):
                missed.append(f"{who}: {mails[number][0]}")
    assert not missed, "\n".join(missed[:100])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_text_in_a_set_that_hides_it_is_ambiguous(tmp_path, seed):
    mails = list(layers.texts(seed, COUNT))
    rows = show_messages(str(tmp_path), [message for _, message in mails])
    silent = [about for (about, _), row in zip(mails, rows) if not is_flagged(row)]
    print(f"{COUNT} texts in hidden sets: {len(silent)} in silence")
    assert not silent, "\n".join(silent[:100])
