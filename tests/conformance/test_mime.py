# SPDX-License-Identifier: Apache-2.0
"""What mail/message makes of other projects' test messages and of whole corpora, by tests/conformance/mime_show.c.

POSTERN_CORPORA is the sample: that many mails of the corpora, 0 for all of them. The suites are always read whole."""
import email
import hashlib
import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "journeys"))
import house                                                    # noqa: E402  (the journeys' helper knows the corpora)

SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "message", "mime_show")
SAMPLE = int(os.environ.get("POSTERN_CORPORA", "2000"))
DATA, WHY_NOT = house.corpora()
pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))


def show(paths, *options, timeout=300):
    """One object a message; mime_show ends with 0 or there is no answer at all."""
    done = subprocess.run([SHOW, *options, "-"], input="\n".join(paths) + "\n", capture_output=True, check=False,
                          encoding="utf-8", errors="replace", timeout=timeout)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def files(folder):
    return [os.path.join(where, name) for where, _, names in sorted(os.walk(folder)) for name in sorted(names)
            if "\n" not in name]


def clean_mail():
    paths = []
    for folder in sorted(os.listdir(os.path.join(DATA, "mail"))):
        here = os.path.join(DATA, "mail", folder)
        if os.path.isfile(os.path.join(here, "index")):
            with open(os.path.join(here, "index"), encoding="utf-8", errors="replace") as index:
                paths += [os.path.join(here, line.split(" ", 1)[1].strip()) for line in index if line.startswith("ham ")]
    return paths[::max(1, len(paths) // SAMPLE) if SAMPLE else 1]


def test_every_message_of_the_suites_is_read():
    paths = files(os.path.join(DATA, "mime"))
    rows = show(paths, "-m")
    assert len(paths) >= 2300 and len({row["file"] for row in rows}) == len(paths)
    unread = [row["file"] for row in rows if row["result"] != 0 and not row["limit"]]
    assert not unread, unread


def test_no_hostile_name_is_missed_in_silence():
    rows = show([path for path in files(os.path.join(DATA, "mime", "hostile-names")) if not path.endswith(".md")])
    assert len(rows) == 176
    missed = [row["file"] for row in rows
              if not row["ambiguous"] and not any("file.zip" in part["names"] for part in row["parts"])]
    assert not missed, missed


def test_clean_mail_is_hardly_ever_ambiguous():
    rows = show(clean_mail())
    flagged = [(row["file"], row["ambiguous"]) for row in rows if row["ambiguous"] or row["limit"]]
    print(f"{len(flagged)} of {len(rows)} clean mails are ambiguous")
    assert len(flagged) <= max(2, len(rows) // 1000), flagged


def leaves(data):
    """What Python decodes; None where it gives up."""
    try:
        parts = [part for part in email.message_from_bytes(data).walk() if not part.is_multipart()]
        return [part.get_payload(decode=True) or b"" for part in parts]
    except (ValueError, LookupError, AssertionError, AttributeError, TypeError):
        return None



def test_python_finds_nothing_that_we_do_not():
    """Sizes and digests of what Python decodes are among ours, or the message is flagged; docs/mime.md has the counts."""
    paths, silent, flagged = clean_mail(), [], 0
    for row in show(paths):
        with open(row["file"], "rb") as file:
            theirs = leaves(file.read())
        ours = {part["sha256"] for part in row["parts"]}
        missing = [part for part in theirs or [] if part and hashlib.sha256(part).hexdigest() not in ours]
        if missing and (row["ambiguous"] or row["limit"]):
            flagged += 1
        elif missing:
            silent.append(row["file"])
    print(f"{len(paths)} mails, {len(silent)} differ and are not flagged, {flagged} are")
    assert len(silent) <= 1 + len(paths) // 10000, silent[:20]
