#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""power_cut.py — the power fails at any moment, and nothing that was acknowledged is lost.

usage: power_cut.py [--states N] [--kinds ext4,xfs] [--situations A,B] [--queue FILE] [--recordings N] [--seed N]

Each situation is played on a disk whose writes are logged (block_log.py), with marks for what was begun and what was
acknowledged. Then N states for each file system are made, half of them right behind an acknowledgement and half at a
random place of the log, with none, all, or a random half of the writes since the last flush. Each is mounted, the
real queue opens the spool on it, and what it says is there is compared with the marks (cut_judge.py).

Exit status 0: nothing lost, nothing torn, nothing half visible, no wrong fate. 1: something is. 2: a situation could
not be played. 77: it can't be done on this machine.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import block_log                                         # noqa: E402
import cut_judge                                         # noqa: E402
import cut_smtp                                          # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
BUILD = os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build"))
SITUATIONS = ("receiving", "requeueing", "several", "quarantine", "operator", "compaction", "settings", "smtp")
VARIANTS = ("none", "all", "half")
CONF = '''spool = "{folder}/disk/spool"
queue {{ answer_budget = 1s  reserve = 0  reserve_inodes = 0  threads = 4  journal_size = 64K  retry_least = 1s
         retry_most = 2s }}
'''
AGAIN = 10                                               # every so many states the queue is started once more on it
SHOWN = 5


def program(name):
    return os.path.join(BUILD, "tests", "crash", name)


def settle_in(folder):
    os.makedirs(os.path.join(folder, "disk"), exist_ok=True)
    with open(os.path.join(folder, "postern.conf"), "w", encoding="utf-8") as out:
        out.write(CONF.format(folder=folder))


def record(kind, situation, queue, seed):
    """(what was on the disk before, the log)"""
    folder = block_log.folder()
    try:
        settle_in(folder)
        with block_log.Recording(kind, folder) as recording:
            if situation == "smtp":
                cut_smtp.play(folder, recording.device, block_log.MARKS, seed)
            else:
                done = subprocess.run([program("cut_drive"), situation, queue, folder, recording.device, str(block_log.MARKS),
                                       str(seed)], capture_output=True, text=True, timeout=300, check=False)
                if done.returncode != 0:
                    raise RuntimeError(f"{situation} on {kind} was not played: {done.stdout}{done.stderr}")
        return recording.base, recording.log
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def choose(log, count, chance):
    """[(place in the log, variant)], in order"""
    marks = block_log.marks(log)
    acknowledged = [index + 1 for index, kind, *_ in marks if kind in "ANDV"]
    first = marks[0][0]
    chosen = set()
    for number in range(count * 20):
        place = chance.choice(acknowledged) if len(chosen) % 2 else chance.randrange(first, len(log) + 1)
        variant = VARIANTS[number % len(VARIANTS)]
        chosen.add((place, variant, chance.random() if variant == "half" else 0))
        if len(chosen) == count:
            break
    return sorted(chosen)


def look(folder, kind, queue, image, settings):
    """[what is there, and again after another start]"""
    corrupt = os.path.join(folder, "disk", "spool", "corrupt")
    words = [program("cut_look"), queue, folder] + (["settings"] if settings else [])
    with block_log.Mounted(image, kind, os.path.join(folder, "disk")):
        while True:
            done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
            names = os.listdir(corrupt) if os.path.isdir(corrupt) else []
            if done.returncode != 0:
                seen = cut_judge.Seen("", names)
                seen.wrong.append(("lost", f"the spool was not opened: {done.stderr}"))
                yield seen
                return
            yield cut_judge.Seen(done.stdout, names)


def try_states(kind, situation, queue, states, seed, base, log):
    """Counts of a part of the states, and the first things that were wrong."""
    folder = block_log.folder()
    counts, wrong = collections.Counter(), []
    try:
        settle_in(folder)
        replay, facts, marks = block_log.Replay(base, log), cut_judge.Facts(), iter(block_log.marks(log))
        mark, image = next(marks, None), os.path.join(folder, "image")
        judge = cut_judge.judge_settings if situation == "settings" else cut_judge.judge
        for number, (place, variant, salt) in enumerate(states):
            while mark and mark[0] < place:
                facts.take(*mark[1:])
                mark = next(marks, None)
            replay.go_to(place)
            replay.write(image, variant, random.Random(f"{seed} {place} {salt}"))
            found = []
            for again, seen in enumerate(look(folder, kind, queue, image, situation == "settings")):
                found += seen.wrong if seen.wrong and not seen.ledger and situation != "settings" else judge(facts, seen)
                counts["journals with a gap"] += bool(seen.journals) and not again
                if found or again or number % AGAIN or situation == "settings":
                    break
                counts["started twice"] += 1
            counts["states"] += 1
            counts["acknowledgements"] += facts.acknowledged
            counts["bad states"] += bool(found)
            counts.update({one for one, _ in found})
            wrong += [f"{kind} {situation} at {place}, {variant}: {one}: {text}" for one, text in found]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return counts, wrong[:SHOWN]


def run_job(job):
    block_log.own_mounts()
    kind, situation, queue, count, seed = job
    try:
        base, log = record(kind, situation, queue, seed)
        states = choose(log, count, random.Random(seed))
        counts, wrong = try_states(kind, situation, queue, states, seed, base, log)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        return kind, situation, collections.Counter({"failures": 1}), [f"{kind} {situation}: {error}"]
    counts["log"], counts["recordings"] = len(log), 1
    return kind, situation, counts, wrong


def jobs(options):
    names = options.situations.split(",")
    for kind in options.kinds.split(","):
        shares = len(names) * options.recordings
        for number in range(shares):
            share = options.states // shares + (number < options.states % shares)
            if share:
                yield kind, names[number % len(names)], options.queue, share, options.seed + number // len(names)


def show(sums):
    titles = ("states", "lost", "torn", "half visible", "wrong fate")
    print(f"{'':6} {'':12}" + "".join(f"{title:>14}" for title in titles) + f"{'acknowledged':>14}{'log entries':>14}")
    for (kind, situation), counts in sorted(sums.items()):
        print(f"{kind:6} {situation:12}" + "".join(f"{counts[title]:14}" for title in titles) +
              f"{counts['acknowledgements'] // max(1, counts['states']):14}{counts['log'] // max(1, counts['recordings']):14}")
    whole = sum(sums.values(), collections.Counter())
    print(f"{whole['states']} states, {whole['bad states']} bad; {whole['started twice']} started twice; "
          f"{whole['journals with a gap']} journals with whole records behind a gap")
    return whole


def run(options):
    sums, wrong, began = collections.defaultdict(collections.Counter), [], time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(options.workers, max_tasks_per_child=1) as pool:
        for kind, situation, counts, found in pool.map(run_job, jobs(options)):
            sums[kind, situation] += counts
            wrong += found
    whole = show(sums)
    print(f"seed {options.seed}, {time.monotonic() - began:.0f} s")
    for line in wrong[:SHOWN * 4]:
        print(f"WRONG: {line}")
    return 2 if whole["failures"] else 1 if whole["bad states"] else 0


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--states", type=int, default=1000, help="for each file system")
    words.add_argument("--kinds", default="ext4,xfs")
    words.add_argument("--situations", default=",".join(SITUATIONS))
    words.add_argument("--recordings", type=int, default=1, help="of each situation")
    words.add_argument("--queue", default=os.path.join(BUILD, "libexec", "postern", "queue"))
    words.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    options = words.parse_args()
    reason = block_log.missing()
    if reason:
        print(reason)
        return 77
    cut_smtp.house.make_users()
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
