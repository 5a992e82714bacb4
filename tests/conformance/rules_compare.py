#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rules_compare.py ORACLE FOLDER_OF_MAIL RULES… [--most N] [--show N] — our hits against SpamAssassin's own.

ORACLE has a line a message: label, path below the folder, score, rules, subrules; TAB between them, names with `=N` where
a rule hit N times. RULES are folders as rules_show takes them. Prints for each kind of rule that can hit here how many
(message, rule) pairs agree: in both, ours alone, theirs alone, and the F1 of it; then the same of messages without HTML;
and which rules differ most."""
import argparse
import collections
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "rules", "rules_show")
PATIENCE = 1200                          # seconds, for all messages of a corpus


def oracle(path, most):
    """{path: {rule: hits}}; `most` of them, spread over all; 0 for all."""
    rows = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(words) < 5:
                continue
            names = [name for name in (words[3] + "," + words[4]).replace(" ", ",").split(",") if name and name != "none"]
            rows[words[1]] = {name.split("=")[0]: int((name.split("=") + ["1"])[1]) for name in names}
    step = max(1, len(rows) // most) if most else 1
    return dict(list(rows.items())[::step])


def ours(rules, paths):
    kinds = {}
    for line in subprocess.run([SHOW, "-r", *rules], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout.splitlines():
        name, kind, form = line.split()
        kinds[name] = f"{kind} {form}"
    done = subprocess.run([SHOW, "-m", *rules], input="\n".join(paths) + "\n", capture_output=True, text=True, check=True,
                          errors="replace", timeout=PATIENCE)
    return kinds, [json.loads(line) for line in done.stdout.splitlines()]


class Tally:
    def __init__(self):
        self.both, self.ours, self.theirs = collections.Counter(), collections.Counter(), collections.Counter()

    def add(self, kinds, mine, other):
        for name in mine.keys() | other.keys():
            if name not in kinds:
                continue
            if mine.get(name) == other.get(name):
                self.both[name] += 1
            else:
                self.ours[name] += name in mine
                self.theirs[name] += name in other

    def by_kind(self, kinds):
        rows = collections.defaultdict(lambda: [0, 0, 0, 0])
        for name, kind in kinds.items():
            for key in (kind, "all that run"):
                row = rows[key]
                row[0] += 1
                row[1] += self.both[name]
                row[2] += self.ours[name]
                row[3] += self.theirs[name]
        return rows


def f1(both, mine, theirs):
    return 2 * both / (2 * both + mine + theirs) if both + mine + theirs else 1.0


def compare(oracle_path, mail, rules, most=0):
    """Tallies of all messages and of those without HTML, the kinds of rules that run, and unread messages."""
    rows = oracle(oracle_path, most)
    kinds, found = ours(rules, [os.path.join(mail, path) for path in rows])
    whole, plain, unread = Tally(), Tally(), []
    for row, (path, theirs) in zip(found, rows.items(), strict=True):
        if row["result"]:
            unread.append(path)
            continue
        for tally in [whole] + ([] if row["html"] else [plain]):
            tally.add(kinds, row["rules"], theirs)
    return kinds, whole, plain, unread, len(rows)


def compare_metas(oracle_path, rules, most=0):
    """Meta rules alone, where all other rules are as the oracle has them: (message, rule) pairs that agree, ours alone,
    theirs alone, and the names of the latter two."""
    rows = oracle(oracle_path, most)
    kinds = {line.split()[0] for line in subprocess.run([SHOW, "-r", *rules], capture_output=True, text=True, check=True,
                                                             timeout=PATIENCE).stdout.splitlines() if " meta " in line}
    lines = [" ".join(f"{name}={hits}" for name, hits in row.items() if name not in kinds) for row in rows.values()]
    done = subprocess.run([SHOW, "-k", *rules], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
                          timeout=PATIENCE)
    both, mine, theirs, names = 0, 0, 0, collections.Counter()
    for line, row in zip(done.stdout.splitlines(), rows.values(), strict=True):
        found, wanted = set(line.split()), kinds & row.keys()
        both, mine, theirs = both + len(found & wanted), mine + len(found - wanted), theirs + len(wanted - found)
        names.update(found ^ wanted)
    return both, mine, theirs, names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oracle")
    parser.add_argument("mail")
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--show", type=int, default=30)
    options = parser.parse_args()
    kinds, whole, plain, unread, count = compare(options.oracle, options.mail, options.rules, options.most)
    print(f"{count} messages, {len(unread)} not read")
    for title, tally in (("all messages", whole), ("messages without HTML", plain)):
        print(f"\n{title}\n{'kind':22} {'rules':>6} {'agree':>8} {'ours':>7} {'theirs':>7} {'F1':>9}")
        for kind, (rules, both, mine, theirs) in sorted(tally.by_kind(kinds).items()):
            print(f"{kind:22} {rules:6} {both:8} {mine:7} {theirs:7} {100 * f1(both, mine, theirs):8.3f}%")
    both, mine, theirs, names = compare_metas(options.oracle, options.rules, options.most)
    print(f"\nmeta rules, the others as SpamAssassin has them: {both} agree, {mine} ours alone, {theirs} theirs alone, "
          f"F1 {100 * f1(both, mine, theirs):.3f}%", *(f"\n  {name} {count}" for name, count in names.most_common(10)))
    print("\nrules that differ most (without HTML): ours alone, theirs alone")
    worst = sorted(kinds, key=lambda name: -(plain.ours[name] + plain.theirs[name]))[:options.show]
    for name in worst:
        if plain.ours[name] + plain.theirs[name]:
            print(f"{name:40} {kinds[name]:16} {plain.ours[name]:6} {plain.theirs[name]:6}")


if __name__ == "__main__":
    main()
