# SPDX-License-Identifier: Apache-2.0
"""Where other projects' suites say what their test messages come to, ours comes to the same; or the message stands, with
its reason, in the table of docs/mime.md that this test reads."""
import os
import re

import pytest

import suites
from reading import DATA, ROOT, WHY_NOT, show_messages

pytestmark = pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
TABLE = "## Where suites expect something else"


def lines(data):
    return data.replace(b"\r\n", b"\n")


def our_leaves(row):
    """Of the first reading: what holds no other part. A file within a text is not counted; an encoded message is read."""
    parts = [part for part in row["parts"] if re.fullmatch(r"[0-9.]+", part["path"])]
    holders = {part["path"]: part["type"] for part in parts}
    leaves = []
    for part in parts:
        above = part["path"].rpartition(".")[0]
        embedded = above in holders and not holders[above].startswith(("message/", "multipart"))
        holds = any(path.startswith(part["path"] + ".") for path in holders) and part["type"].startswith(("message/", "multipart"))
        if not part["many"] and not holds and not embedded:
            leaves.append(part)
    return leaves


def leaf_differs(expected, ours):
    content = bytes.fromhex(ours["bytes"])
    if expected.type is not None and expected.type.lower() != ours["type"]:
        return f"type {ours['type']}, not {expected.type}"
    if expected.name is not None and expected.name not in ours["names"]:
        return f"names {ours['names']}, not {expected.name}"
    if expected.size is not None and expected.size not in (len(content), len(lines(content))):
        return f"{len(content)} bytes, not {expected.size}"
    if expected.bytes is not None and lines(expected.bytes) != lines(content):
        return f"{content[:400]}, not {expected.bytes[:400]}"
    if expected.text is not None and lines(expected.text.encode()) != lines(ours.get("text", content.decode("latin-1")).encode()):
        return f"{ours.get('text', content)[:400]!r}, not {expected.text[:400]!r}"
    return None


def sequence_differs(expected, ours):
    if len(ours) != len(expected):
        return f"{len(ours)} leaves, not {len(expected)}: " + ", ".join(part["type"] for part in ours)
    return next(filter(None, (leaf_differs(*pair) for pair in zip(expected, ours))), None)


def leaves_differ(expected, row):
    """A multipart in which no part begins is a leaf for some, and for others nothing at all. Where the message is ambiguous,
    every leaf may be that of another reading."""
    ours = our_leaves(row)
    why = sequence_differs(expected, ours)
    if why and sequence_differs(expected, [part for part in ours if not part["type"].startswith("multipart")]) is None:
        return None
    everything = [part for part in row["parts"] if "bytes" in part]
    if why and row["ambiguous"] and all(any(leaf_differs(leaf, part) is None for part in everything) for leaf in expected):
        return None
    return why


def fields_differ(expected, row):
    for key, value in expected.items():
        ours = row.get(key)
        if key in ("from", "to"):
            ours, value = [one["address"].lower() for one in ours if not one["other"]], [one.lower() for one in value]
        if key == "subject":
            ours, value = " ".join(ours.split()), " ".join(value.split())
        if key == "parameters":
            found = {name.lower(): readings for name, readings in ours or []}
            if all(text in found.get(re.sub(r"\*.*", "", name).lower(), []) for name, text in value
                   if text and not name.endswith("-language")):
                continue
        if ours != value:
            return f"{key} {ours!r}, not {value!r}"
    return None


def listed():
    """The messages of the table in the document, without the copies that have other line ends."""
    with open(os.path.join(ROOT, "docs", "mime.md"), encoding="utf-8") as file:
        table = file.read().partition(TABLE)[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)
    return {name for row in rows for name in re.findall(r"`([^`]*)`", row[0])}


def test_what_suites_expect_comes_out_or_is_explained(tmp_path):
    cases = suites.expectations(DATA)
    assert len(cases) >= 560, "a suite is missing"
    rows = show_messages(str(tmp_path), [case.message for case in cases], "-c", "-f")
    differ = {}
    for case, row in zip(cases, rows):
        why = leaves_differ(case.leaves, row) if case.leaves is not None else fields_differ(case.fields, row)
        if why:
            differ.setdefault(case.id.removesuffix(".crlf"), why)
    print(f"{len(cases)} expectations, {len(differ)} messages differ")
    new = {name: why for name, why in differ.items() if name not in listed()}
    assert not new, "\n".join(f"{name}: {why}" for name, why in new.items())
    assert not listed() - set(differ), "these are listed, and do not differ"
