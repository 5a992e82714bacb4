# SPDX-License-Identifier: Apache-2.0
"""What two other readers make of a message, Python's email and Perl's MIME-tools, and why that is something else than ours.

A leaf is what holds no other part: (type, name, bytes). difference() compares a message's leaves with ours; explain() looks
for the cause of each difference in the table of causes, by making their bytes of ours, or ours of theirs."""
import base64
import collections
import email
import email.header
import hashlib
import json
import multiprocessing
import os
import re
import subprocess

from reading import DATA, ROOT, corpora, files, show

PERL = os.path.join(ROOT, "tests", "conformance", "mime_tools.pl")
PROCESSES = os.cpu_count() or 2
BATCH = 500
NO_MAIL = (".json", ".xml", ".ref", ".md", ".out", ".gz", ".zip", ".pdf", ".png", ".gif", ".jpg", ".tiff", ".bin")


def messages(sample, every):
    """So many mails of the corpora, 0 for all of them, and every so many of the suites' messages."""
    paths = [path for label in ("ham", "spam") for path in corpora(label, sample)]
    return paths + [path for path in files(os.path.join(DATA, "mime")) if not path.endswith(NO_MAIL)][::every]


# ---- the peers ----

def decoded(name):
    """A name of Python's, with its encoded words decoded, as its own header module does it."""
    try:
        return str(email.header.make_header(email.header.decode_header(name)))
    except (ValueError, LookupError, AssertionError, email.errors.MessageError):
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
    return [json.loads(line)["leaves"] for line in done.stdout.split("\n") if line]


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


def without_break(data):
    """A = at the very end of quoted-printable, which continues a line that does not come."""
    return without_end(data).removesuffix(b"=")


CHANGES = [
    ("line ends: CR LF or LF", lines),
    ("blanks at the ends of lines", without_blanks),
    ("the last line ends", without_end),
    ("a soft line break at the very end", without_break),
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


def follows_empty_part(raw, theirs, _ours):
    """A boundary directly before the last one: the part between them takes what stands behind."""
    return bool(re.search(rb"(?m)^(--[^\r\n]+)\r?\n\1--", raw)) and theirs[2].strip() in raw


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


def is_cut_elsewhere(raw, theirs, ours):
    tail = without_end(theirs[2])
    texts = [raw] + [bytes.fromhex(part["bytes"]) for part in ours["parts"] if "bytes" in part]
    return (has_no_fields(raw) or has_odd_fields(raw)) and any(tail in without_blanks(text) for text in texts)


LOOKS = [                                            # a name, and what is asked of the message, their leaf, our parts
    ("a multipart without a part is one leaf", is_whole_multipart),
    ("what has no fields, or odd ones, is cut elsewhere", is_cut_elsewhere),
    ("an empty part takes what stands behind the end", follows_empty_part),
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


ODD_BOUNDARY = re.compile(rb"(?i)boundary(\*|=[^\"\s;]*[=?:/,@<>()\[\]])")


def is_first(part):
    return re.fullmatch(r"[0-9.]+", part["path"]) and not part["many"]


def cause_of_ours(raw, part, ours, theirs, explained):
    """Why they do not have one of our parts: None is unexplained."""
    data = bytes.fromhex(part["bytes"])
    around = [one for one in ours["parts"] if part["path"].startswith(one["path"] + ".")]
    nothing = any(not leaf[2] for leaf in theirs)
    for name, change in CHANGES:
        if not change(data) or any(change(leaf[2]) == change(data) for leaf in theirs):
            return name
    if any(not one["many"] or one["encoding"] not in ("none", "unknown") for one in around):
        return "a file or a message within an encoded part or a text, which the other does not open"
    if part["type"].startswith("message/"):
        return "fields within a report are read as messages"
    if part["encoding"] not in ("none", "base64", "quoted-printable"):
        return "an encoding that the other does not know, or not in that place"
    if has_no_fields(raw) or has_odd_fields(raw):
        return LOOKS[1][0]
    if nothing and ODD_BOUNDARY.search(raw) and any(leaf[0].startswith("multipart") for leaf in theirs):
        return "a boundary by RFC 2231, or without the quotes that it needs, is none"
    if nothing and (around and around[-1]["type"].startswith("message/") or re.search(rb"(?m)^--.*\r?\n" + re.escape(data[:60]), raw)):
        return "a part without fields is empty"
    return "the other side of a difference above" if explained else None


def differences(raw, ours, theirs):
    """What they have and we do not, and the other way round: (kind, cause or None, the leaf)."""
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
    explained = bool(found) and all(cause for _, cause, _ in found)
    digests = {hashlib.sha256(leaf[2]).hexdigest() for leaf in theirs}
    for part in filter(is_first, ours["parts"]):
        if part["size"] and part["sha256"] not in digests:
            leaf = (part["type"], part["path"], bytes.fromhex(part["bytes"]))
            found.append(("ours", cause_of_ours(raw, part, ours, theirs, explained), leaf))
    return found


def plain_name(name):
    """A name without what is lost or made differently on the way: blanks, quotes, letters that are no ASCII, paths."""
    return re.sub(r"[^a-z0-9.]", "", re.sub(r"^.*[/\\]", "", re.sub(r"\\x[0-9a-f]{2}", "", name.lower())))


def cause_of_name(_raw, name, names):
    if "=?" in name:
        return "an encoded word that the other does not decode"
    if any(plain_name(name) == plain_name(ours) for ours in names):
        return "a name in other letters, blanks or quotes"
    if any(plain_name(name) and plain_name(name) in plain_name(ours) for ours in names):
        return "a piece of the name"
    return None


# ---- one comparison after the other ----

DIFFER, AMBIGUOUS, GIVES_UP = "messages that differ", "… and are ambiguous", "the other gives up"


def differs(row, leaves):
    """Is there any difference at all, either way, by digests and names alone?"""
    digests, names = {part["sha256"] for part in row["parts"]}, {name for part in row["parts"] for name in part["names"]}
    theirs = {digest for _, _, _, digest in leaves}
    return any((size and digest not in digests) or (name and name not in names) for _, name, size, digest in leaves) or \
        any(is_first(part) and part["size"] and part["sha256"] not in theirs for part in row["parts"])


def explain(paths, who, counts):
    """Counts the causes of what differs in these messages; what has none comes back, a sentence each."""
    unexplained = []
    for path, row, theirs in zip(paths, show(paths, "-c"), all_of(paths, who, contents=True)):
        with open(path, "rb") as file:
            raw = file.read()
        for kind, cause, leaf in differences(raw, row, theirs):
            counts[f"{kind}: {cause or 'UNEXPLAINED'}"] += 1
            if cause is None:
                unexplained.append(f"{path}: {kind}, {leaf[0]} {leaf[1]!r} {leaf[2][:60]!r}")
    return unexplained


def compare(paths, who):
    """Counts, by cause, of the differences between this reader and us; and those without a cause."""
    counts, differ, unexplained = collections.Counter(), [], []
    for path, row, leaves in zip(paths, show(paths), all_of(paths, who)):
        if leaves is None:
            counts[GIVES_UP] += 1
        elif differs(row, leaves):
            counts[DIFFER] += 1
            if row["ambiguous"] or row["limit"]:
                counts[AMBIGUOUS] += 1
            else:
                differ.append(path)
    for first in range(0, len(differ), BATCH):
        unexplained += explain(differ[first:first + BATCH], who, counts)
    return counts, unexplained
