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
            message = email.message_from_binary_file(file)
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
