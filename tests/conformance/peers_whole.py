#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""peers_whole.py [--shares N] [--only FIRST-LAST] [--who WHO] — test_peers.py over every message of the corpora and suites.

`make peers` runs it. It takes as many processors as there are, and three minutes of two; each share that is done leaves
a file in build/peers, so it goes on where it was stopped. A share is done anew when our reader, or what looks for causes, is
another one than it was. At the end stands the table of causes that docs/mime.md has; 1 is returned where a cause is missing."""
import argparse
import collections
import hashlib
import json
import os
import sys
import time

import peers
from reading import DATA, SHOW, WHY_NOT

HERE = os.path.dirname(os.path.realpath(__file__))
MADE_BY = [SHOW, os.path.join(HERE, "peers.py"), peers.PERL]
OF_MESSAGES = (peers.DIFFER, peers.AMBIGUOUS, peers.GIVES_UP)


def key():
    """Of all that a share's result depends on."""
    digest = hashlib.sha256()
    for path in MADE_BY:
        with open(path, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def kept(path, wanted):
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
    except (OSError, ValueError):
        return None
    return result if result["key"] == wanted else None


def keep(path, result):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(path + ".new", path)


def share_of(folder, who, share, shares):
    """The result of one share, of this run or of one before."""
    path, wanted = os.path.join(folder, f"{who}-{share + 1}-of-{shares}.json"), key()
    result = kept(path, wanted)
    if result is None:
        paths, begin = peers.messages(0, 1)[share::shares], time.monotonic()
        counts, unexplained = peers.compare(paths, who)
        result = {"key": wanted, "messages": len(paths), "counts": counts, "unexplained": unexplained}
        keep(path, result)
        print(f"{who}, {share + 1} of {shares}: {len(paths)} messages, {counts[peers.DIFFER]} differ, "
              f"{len(unexplained)} without a cause ({time.monotonic() - begin:.0f} s)", flush=True)
    return result


def print_table(totals):
    """Parts by cause: what the others have and we have not, and what only we have."""
    print("| cause | " + " | ".join(f"{who}'s, ours" for who in totals) + " |")
    print("| --- |" + " --- |" * len(totals))
    causes = sorted({name.split(": ", 1)[1] for counts in totals.values() for name in counts if name not in OF_MESSAGES})
    for cause in causes:
        cells = []
        for counts in totals.values():
            theirs = sum(counts[f"{kind}: {cause}"] for kind in ("bytes", "name"))
            cells.append(f"{theirs}, {counts['ours: ' + cause]}")
        print(f"| {cause} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shares", type=int, default=12)
    parser.add_argument("--only", default="", help="from share to share, as 3-5")
    parser.add_argument("--who", choices=["python", "perl"], action="append")
    options = parser.parse_args()
    if DATA is None:
        print(WHY_NOT)
        return 77
    first, last = map(int, options.only.split("-")) if options.only else (1, options.shares)
    folder = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(peers.ROOT, "build")), "peers")
    os.makedirs(folder, exist_ok=True)
    totals, unexplained = {}, []
    for who in options.who or ["python", "perl"]:
        results = [share_of(folder, who, share, options.shares) for share in range(first - 1, last)]
        totals[who] = sum((collections.Counter(result["counts"]) for result in results), collections.Counter())
        unexplained += [f"{who}: {line}" for result in results for line in result["unexplained"]]
        print(f"{who}: of {sum(result['messages'] for result in results)} messages {totals[who][peers.DIFFER]} differ, "
              f"{totals[who][peers.AMBIGUOUS]} of them ambiguous; the other gives up in {totals[who][peers.GIVES_UP]}")
    print_table(totals)
    print("\n".join(unexplained))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
