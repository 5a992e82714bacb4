#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""filters.py INDEX... — how well filters learn: postern, and bogofilter and crm114 where they are installed.

Each message of an index ("spam PATH" or "ham PATH" a line, oldest first) is judged, then learned, from nothing. Prints for each
filter 1-AUC in percent, spam missed at 0.1 % false alarms, and false alarms at 1 % of spam missed, with 95 % intervals of a
bootstrap; once for all messages and once for those after the first 20 of each label. With --picture, the learning curves.
The mail is read by programs without a jail: for mail of the developers' own collection only.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from picture import curves

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
POSTERN = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "postern")
WARM = 20
THICK = 10.0                                         # crm114: what is nearer to 0 than that is learned


def rows_of(index):
    """[(is spam, path)]"""
    folder = os.path.dirname(os.path.abspath(index))
    with open(index, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.rstrip("\n").split(" ", 1) for line in file if line.strip()]
    return [(label == "spam", os.path.join(folder, path)) for label, path in lines]


# ---- filters: (rows, folder, index) to a score for each row ----

def by_postern(rows, _folder, index):
    done = subprocess.run([POSTERN, "learn", "--online", index], stdout=subprocess.PIPE, text=True, errors="surrogateescape",
                          check=True, env=dict(os.environ, POSTERN_CONF=""))
    scores = [float(line.rsplit("\t", 1)[1]) for line in done.stdout.splitlines()]
    assert len(scores) == len(rows)
    return scores


def feed(path, *words, cwd=None):
    with open(path, "rb") as file:
        return subprocess.run(words, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, cwd=cwd).stdout


def by_bogofilter(rows, folder, _index):
    scores = []
    subprocess.run(["bogofilter", "-d", folder, "-n"], stdin=subprocess.DEVNULL, check=True)
    for spam, path in rows:
        scores.append(float(feed(path, "bogofilter", "-d", folder, "-TT").split()[0]))
        feed(path, "bogofilter", "-d", folder, "-s" if spam else "-n")
    return scores


CLASSIFY = "-{ isolate (:s:); { classify <osb unique microgroom> (spam.css | ham.css) (:s:) } output /:*:s:/ }"
LEARN = "-{ learn <osb unique microgroom> (%s.css) }"


def by_crm114(rows, folder, _index):
    scores = []
    for name in ("spam", "ham"):
        subprocess.run(["cssutil", "-b", "-r", "-S", "1048577", f"{name}.css"], cwd=folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    for spam, path in rows:
        said = feed(path, "crm", CLASSIFY, cwd=folder).decode("latin-1")
        score = crm_score(said)
        scores.append(score)
        if (score > 0) != spam or abs(score) < THICK:
            feed(path, "crm", LEARN % ("spam" if spam else "ham"), cwd=folder)
    return scores


def crm_score(said):
    """The pR of "spam.css", which is above 0 for spam."""
    for line in said.splitlines():
        if "(spam.css)" in line and "pR:" in line:
            return float(line.split("pR:")[1].split()[0])
    return 0.0


FILTERS = {"postern": (POSTERN, by_postern), "bogofilter": ("bogofilter", by_bogofilter), "crm114": ("crm", by_crm114)}


# ---- figures ----

def figures(pairs, weights=None):
    """pairs: [(score, is spam)], the highest score first. (1-AUC, missed at 0.1 % false alarms, false alarms at 1 % missed), in
    percent; None where one label is missing."""
    weights = weights or [1] * len(pairs)
    spam = sum(weight for (_, is_spam), weight in zip(pairs, weights) if is_spam)
    ham = sum(weights) - spam
    if not spam or not ham:
        return None
    caught = alarms = place = 0
    area, missed, alarms_at = 0.0, 1.0, None
    while place < len(pairs):
        score, tied_spam, tied_ham = pairs[place][0], 0, 0
        while place < len(pairs) and pairs[place][0] == score:
            if pairs[place][1]:
                tied_spam += weights[place]
            else:
                tied_ham += weights[place]
            place += 1
        area += tied_ham * (caught + tied_spam / 2)
        caught += tied_spam
        alarms += tied_ham
        if alarms <= 0.001 * ham:
            missed = 1 - caught / spam
        if alarms_at is None and caught >= 0.99 * spam:
            alarms_at = alarms / ham
    return 100 * (1 - area / spam / ham), 100 * missed, 100 * (alarms_at or 0)


def ordered(scores, rows):
    return sorted(zip(scores, (spam for spam, _ in rows)), key=lambda pair: -pair[0])


def resampled(pairs, chance):
    weights = [0] * len(pairs)
    for place in chance.choices(range(len(pairs)), k=len(pairs)):
        weights[place] += 1
    return weights


def intervals(pairs, times):
    chance = random.Random(7)
    drawn = [found for found in (figures(pairs, resampled(pairs, chance)) for _ in range(times)) if found]
    out = []
    for column in zip(*drawn):
        column = sorted(column)
        out.append((column[int(0.025 * len(column))], column[int(0.975 * len(column)) - 1]))
    return out


def told(pairs, times):
    found = figures(pairs)
    if found is None:
        return "one label only"
    spans = intervals(pairs, times) if times else [None] * 3
    formats = ("{:.4f}", "{:.2f}", "{:.2f}")
    return " / ".join(form.format(value) + (f" [{form.format(span[0])}, {form.format(span[1])}]" if span else "")
                      for form, value, span in zip(formats, found, spans))


def after_warming(scores, rows):
    seen = [0, 0]
    for place, (spam, _) in enumerate(rows):
        if min(seen) >= WARM:
            return ordered(scores[place:], rows[place:])
        seen[spam] += 1
    return []


def curve(scores, rows):
    """[(messages, 1-AUC of all so far)] at forty places."""
    points = []
    for step in range(1, 41):
        place = len(rows) * step // 40
        found = figures(ordered(scores[:place], rows[:place]))
        if found:
            points.append((place, found[0]))
    return points


# ---- the command ----

def measure(name, rows, index, options):
    run = FILTERS[name][1]
    with tempfile.TemporaryDirectory(prefix="filters-") as folder:
        begin = time.monotonic()
        scores = run(rows, folder, index)
        took = time.monotonic() - begin
    print(f"{name:11} all:   {told(ordered(scores, rows), options.bootstrap)}")
    print(f"{'':11} after: {told(after_warming(scores, rows), options.bootstrap)}   ({took:.0f} s)", flush=True)
    if options.scores:
        with open(f"{options.scores}.{name}", "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{path}\t{'spam' if spam else 'ham'}\t{score!r}\n" for score, (spam, path) in zip(scores, rows))
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", nargs="+")
    parser.add_argument("--only", action="append", choices=FILTERS, help="this filter; may be said several times")
    parser.add_argument("--bootstrap", type=int, default=1000, help="how many times is drawn anew; 0: no intervals")
    parser.add_argument("--picture", help="an SVG with the learning curves, for one index")
    parser.add_argument("--scores", help="where the scores go, with the filter's name behind it")
    options = parser.parse_args()
    names = [name for name in FILTERS if (not options.only or name in options.only) and shutil.which(FILTERS[name][0])]
    for index in options.index:
        rows = rows_of(index)
        print(f"{index}: {len(rows)} messages; 1-AUC % / spam missed at 0.1 % false alarms / false alarms at 1 % missed")
        lines = {name: curve(measure(name, rows, index, options), rows) for name in names}
        if options.picture:
            curves(options.picture, "What is learned from one message after the other", "1-AUC of all so far, in percent", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
