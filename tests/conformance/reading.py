# SPDX-License-Identifier: Apache-2.0
"""What the conformance runs share: mime_show, the corpora, and the sample of them (POSTERN_CORPORA, 0 for all)."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "journeys"))
import house                                                    # noqa: E402  (the journeys' helper knows the corpora)

SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "message", "mime_show")
SAMPLE = int(os.environ.get("POSTERN_CORPORA", "2000"))
DATA, WHY_NOT = house.corpora()


def show(paths, *options, timeout=300):
    """One object a message; mime_show ends with 0 or there is no answer at all."""
    done = subprocess.run([SHOW, *options, "-"], input="\n".join(paths) + "\n", capture_output=True, check=False,
                          encoding="utf-8", errors="replace", timeout=timeout)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def show_messages(folder, messages, *options):
    """The same of messages that are in memory: files 0, 1, 2 … in the folder."""
    paths = []
    for number, message in enumerate(messages):
        paths.append(os.path.join(folder, str(number)))
        with open(paths[-1], "wb") as file:
            file.write(message)
    return show(paths, *options)


def files(folder):
    return [os.path.join(where, name) for where, _, names in sorted(os.walk(folder)) for name in sorted(names)
            if "\n" not in name]


def corpora(label, sample=SAMPLE):
    """Mails of all corpora that are ham, or spam; `sample` of them, 0 for all."""
    paths = []
    for folder in sorted(os.listdir(os.path.join(DATA, "mail"))):
        here = os.path.join(DATA, "mail", folder)
        if os.path.isfile(os.path.join(here, "index")):
            with open(os.path.join(here, "index"), encoding="utf-8", errors="replace") as index:
                paths += [os.path.join(here, line.split(" ", 1)[1].strip()) for line in index if line.startswith(label + " ")]
    return paths[::max(1, len(paths) // sample) if sample else 1]


def clean_mail():
    return corpora("ham")
