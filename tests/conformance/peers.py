# SPDX-License-Identifier: Apache-2.0
"""What two other readers make of a message, Python's email and Perl's MIME-tools, and why that is something else than ours.

A leaf is what holds no other part: (type, name, bytes). difference() compares a message's leaves with ours; explain() looks
for the cause of each difference in the table of causes, by making their bytes of ours, or ours of theirs."""
import base64
import email
import email.header
import hashlib
import json
import multiprocessing
import os
import re
import subprocess

from reading import ROOT

PERL = os.path.join(ROOT, "tests", "conformance", "mime_tools.pl")
PROCESSES = 2


# ---- the peers ----

def decoded(name):
    """A name of Python's, with its encoded words decoded, as its own header module does it."""
    try:
        return str(email.header.make_header(email.header.decode_header(name)))
    except (ValueError, LookupError, AssertionError, email.errors.HeaderParseError):
        return name


def python_leaves(path):
    """None where it gives up."""
    try:
        with open(path, "rb") as file:
            message = email.message_from_bytes(file.read())     # from a file it would change line ends
        return [(part.get_content_type(), decoded(part.get_filename() or ""), part.get_payload(decode=True) or b"")
                for part in message.walk() if not part.is_multipart()]
    except (ValueError, LookupError, AssertionError, AttributeError, TypeError, RecursionError):
        return None


def python_digests(path):
    leaves = python_leaves(path)
    return leaves and [(kind, name, len(data), hashlib.sha256(data).hexdigest()) for kind, name, data in leaves]


def perl(paths, *options):
    done = subprocess.run(["perl", PERL, *options], input="\n".join(paths) + "\n", capture_output=True, check=False,
                          encoding="utf-8", timeout=1500)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line)["leaves"] for line in done.stdout.splitlines()]


def perl_digests(paths):
    return [leaves and [(leaf["type"], leaf["name"], int(leaf["size"]), leaf["sha256"]) for leaf in leaves] for leaves in perl(paths)]


def perl_leaves(paths):
    return [leaves and [(leaf["type"], leaf["name"], base64.b64decode(leaf["bytes"])) for leaf in leaves]
            for leaves in perl(paths, "-c")]


def chunks(paths):
    size = max(1, -(-len(paths) // (PROCESSES * 8)))
    return [paths[i:i + size] for i in range(0, len(paths), size)]


def all_of(paths, who, contents=False):
    """Leaves of each path, with digests or with contents. `who`: "python" or "perl"."""
    with multiprocessing.Pool(PROCESSES) as pool:
        if who == "python":
            return pool.map(python_leaves if contents else python_digests, paths, chunksize=64)
        return [leaves for some in pool.imap(perl_leaves if contents else perl_digests, chunks(paths)) for leaves in some]


# ---- why theirs is something else ----
# Each cause is a name and how it changes bytes: the same change made to their bytes and to ours makes them equal.

def lines(data):
    return data.replace(b"\r\n", b"\n")


def without_blanks(data):
    return re.sub(rb"[ \t\r]+(?=\n|$)", b"", lines(data))


def without_end(data):
    return without_blanks(data).rstrip(b"\n")


CHANGES = [
    ("line ends: CR LF or LF", lines),
    ("blanks at the ends of lines", without_blanks),
    ("the last line ends", without_end),
]


def has_no_fields(raw):
    """The first line is neither a field nor blank nor an mbox's: a licence, a program's output, a decoded body."""
    first = raw.lstrip(b"\r\n").split(b"\n", 1)[0]
    return not re.match(rb"[!-9;-~]+[ \t]*:|>?From ", first)


def has_odd_fields(raw):
    """Among the fields stands a line that is none, or the blank line holds blanks."""
    block = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    rows = block.split(b"\n")
    return any(not re.match(rb"[!-9;-~]+[ \t]*:|[ \t]|>?From |\r?$", row) for row in rows) or any(not row.strip() for row in rows[1:])


def undecoded(raw, theirs, ours):
    """Bytes in an encoding that the other does not decode: they stand there as they travelled."""
    code = theirs[2].strip()
    return len(code) > 8 and code in raw and any(part["encoding"] not in ("none", "unknown") for part in ours["parts"])


def holds_fields(raw, theirs, _ours):
    """message/delivery-status and the like: Python reads its groups of fields as messages without a body."""
    return b"message/" in raw.lower() and theirs[2].strip() in raw


def is_whole_multipart(raw, theirs, _ours):
    """A multipart in which the other finds no part is one leaf, preamble and all."""
    return theirs[0].startswith("multipart") and without_end(theirs[2])[:2000] in without_blanks(raw)


def is_cut_elsewhere(raw, theirs, _ours):
    return (has_no_fields(raw) or has_odd_fields(raw)) and without_end(theirs[2]) in without_blanks(raw)


LOOKS = [                                            # a name, and what is asked of the message, their leaf, our parts
    ("a multipart without a part is one leaf", is_whole_multipart),
    ("what has no fields, or odd ones, is cut elsewhere", is_cut_elsewhere),
    ("an encoding that the other does not know, or not in that place", undecoded),
    ("fields within a report are read as messages", holds_fields),
]


def cause_of_bytes(raw, leaf, ours, contents):
    """The first cause of the tables that makes something of ours, or of the message, their leaf; None: unexplained."""
    for name, change in CHANGES:
        changed = change(leaf[2])
        if not changed or any(change(data) == changed for data in contents):
            return name
    return next((name for name, looks in LOOKS if looks(raw, leaf, ours)), None)


def differences(raw, ours, theirs):
    """What they have and we do not: (kind, cause or None, their leaf)."""
    contents = [bytes.fromhex(part["bytes"]) for part in ours["parts"] if "bytes" in part]
    digests = {part["sha256"] for part in ours["parts"]}
    names = {name for part in ours["parts"] for name in part["names"]}
    found = []
    for leaf in theirs:
        kind, name, data = leaf
        if data and hashlib.sha256(data).hexdigest() not in digests:
            found.append(("bytes", cause_of_bytes(raw, leaf, ours, contents), leaf))
        if name and name not in names:
            found.append(("name", cause_of_name(raw, name, names), leaf))
    return found


def plain_name(name):
    """A name without what is lost or made differently on the way: blanks, quotes, letters that are no ASCII, paths."""
    return re.sub(r"[^a-z0-9.]", "", re.sub(r"^.*[/\\]", "", name.lower()))


def cause_of_name(_raw, name, names):
    if any(plain_name(name) == plain_name(ours) for ours in names):
        return "a name in other letters, blanks or quotes"
    if any(plain_name(name) and plain_name(name) in plain_name(ours) for ours in names):
        return "a piece of the name"
    return None
