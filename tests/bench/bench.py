#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py — Postern against Postfix and others as a relay, in one run on one machine, as root.

All are started once for each file system and then take turns, run after run, so that what else the machine does meets
all alike. One run: smtp-source sends N messages, a connection each, and the time ends when smtp-sink behind the server
has counted the last. Processor time is that of all processes of the server, from before the run until they are at rest.
It prints ratios; it judges nothing.
"""
import argparse
import collections
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import idle
import load
import machine
import picture
import servers

Cell = collections.namedtuple("Cell", "kind size sessions messages")
DIRECT = "generator alone"
PATIENCE = 25


class Runner:
    """A server, its sink, and what was measured of it."""

    def __init__(self, name, port, sink, group, server):
        self.name, self.port, self.sink, self.group, self.server = name, port, sink, group, server


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = tempfile.mkdtemp(prefix="postern-bench-", dir=options.work)
        os.chmod(self.work, 0o755)
        self.results = collections.defaultdict(list)         # (cell, name): rows
        self.missing, self.ends = {}, contextlib.ExitStack()
        self.source_group = self.group("source")

    def group(self, name, until=None):
        group = machine.Group(name)
        (until or self.ends).callback(group.end)
        return group

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    # ---- starting ----

    def start(self, kind, make, until):
        """A server on a fresh file system; None with the reason kept where a peer is missing."""
        name = make.name
        if name in self.missing:
            return None
        sink = load.Sink(self.work, f"{name}-{kind}", self.group(f"sink-{name}-{kind}", until))
        until.callback(sink.end)
        image = machine.Image(self.work, name, kind)
        until.callback(image.end)
        group = self.group(f"{name}-{kind}", until)
        server = make(image.folder, self.work, sink.port, group)
        try:
            until.callback(server.end)
            server.start()
        except servers.Missing as reason:
            self.missing[name] = str(reason)
            self.say(f"{name} is missing: {reason}")
            return None
        return Runner(name, server.port, sink, group, server)

    def direct(self, until):
        group = self.group("sink-direct", until)
        sink = load.Sink(self.work, "direct", group)
        until.callback(sink.end)
        load.wait_port(sink.port)
        return Runner(DIRECT, sink.port, sink, group, None)

    # ---- one run ----

    def once(self, runner, key, keep):
        cell = key._replace(messages=max(50, key.messages // (runner.server.part if runner.server else 1)))
        before, names = runner.group.cpu(), runner.group.by_process()
        elsewhere = machine.busy_elsewhere([runner.group, self.source_group], None)
        took, why = load.Source(self.source_group).send(runner.port, runner.sink, cell, PATIENCE)
        others = machine.busy_elsewhere([runner.group, self.source_group], elsewhere)
        runner.group.rest()
        if took is None:
            self.say(f"{runner.name}, {label(cell)}: {why}")
            return False
        spent = collections.defaultdict(float)
        for pid, (name, seconds) in runner.group.by_process().items():
            spent[name] += (seconds - names.get(pid, ("", 0.0))[1]) / cell.messages * 1000
        if keep:
            self.results[key, runner.name].append({
                "rate": cell.messages / took, "cpu": (runner.group.cpu() - before) / cell.messages * 1000,
                "by": dict(spent), "load": machine.load(), "others": others})
        return True

    def cell(self, runners, cell):
        broken = set()
        for turn in range(self.options.repeat + 1):          # the first warms up
            for runner in runners:
                if runner.name not in broken and not self.once(runner, cell, turn > 0):
                    broken.add(runner.name)

    def kind(self, kind):
        with contextlib.ExitStack() as until:
            runners = [self.direct(until)]
            for make in servers.ALL:
                runners.append(self.start(kind, make, until) if self.is_wanted(make.name, kind) else None)
            runners = [runner for runner in runners if runner]
            for size in self.options.sizes:
                for sessions in self.options.sessions:
                    messages = self.options.messages // (1 if sessions > 1 else 6) // (1 if size < 20000 else 2)
                    self.cell(runners, Cell(kind, size, sessions, max(50, messages)))
                    self.say(f"{kind} {size} bytes {sessions} sessions: done")

    def is_wanted(self, name, kind):
        return name in ("postern", "postfix") or (self.options.peers and kind == self.options.kinds[0])

    def idle(self):
        with contextlib.ExitStack() as until:
            image = machine.Image(self.work, "idle", "ext4")
            until.callback(image.end)
            return idle.measure(image, self.work, self.group("idle", until))

    def finish(self):
        self.ends.close()
        shutil.rmtree(self.work, ignore_errors=True)


# ---- what is said ----

def label(cell):
    return f"{cell.kind}, {cell.size // 1024} KB, {cell.sessions} session{'s' if cell.sessions > 1 else ''}"


def spread(rows, what):
    values = [row[what] for row in rows]
    return statistics.median(values), min(values), max(values)


def ratio(results, cell, name, other, what):
    """The median of the ratios of runs that followed each other."""
    pairs = list(zip(results.get((cell, name), []), results.get((cell, other), [])))
    return statistics.median(mine[what] / theirs[what] for mine, theirs in pairs) if pairs else None


def show(value, form="{:.2f}"):
    return form.format(value) if value is not None else "-"


def table(results):
    out = ["| file system, size, sessions | who | messages/s: median (least to most) | CPU ms a message | rate / Postfix | CPU / Postfix | "
           "rate / generator alone |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for (cell, name), rows in sorted(results.items(), key=lambda item: (item[0][0].kind, item[0][0].size, item[0][0].sessions)):
        rate, cpu = spread(rows, "rate"), spread(rows, "cpu")
        is_peer = name not in ("postfix", DIRECT)
        out.append(f"| {label(cell)} | {name} | {rate[0]:,.0f} ({rate[1]:,.0f} to {rate[2]:,.0f}) | {cpu[0]:.3f} ({cpu[1]:.3f} to {cpu[2]:.3f}) | "
                   f"{show(ratio(results, cell, name, 'postfix', 'rate') if is_peer else None)} | "
                   f"{show(ratio(results, cell, name, 'postfix', 'cpu') if is_peer else None)} | "
                   f"{show(ratio(results, cell, name, DIRECT, 'rate') if name != DIRECT else None)} |")
    return "\n".join(out)


def where_time_goes(results, name):
    cells = [cell for cell, who in results if who == name and cell.sessions > 1]
    names = sorted({process for cell in cells for row in results[cell, name] for process in row["by"]})
    out = ["| CPU ms a message | " + " | ".join(label(cell) for cell in cells) + " |", "| --- |" + " --- |" * len(cells)]
    for process in names:
        values = [statistics.median(row["by"].get(process, 0.0) for row in results[cell, name]) for cell in cells]
        if max(values) >= 0.0005:
            out.append(f"| {process} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    return "\n".join(out)


def pictures(results, folder):
    os.makedirs(folder, exist_ok=True)
    for what, title, unit in (("rate", "Messages a second until all is delivered", "messages a second"),
                              ("cpu", "Processor time of the whole server for one message", "milliseconds a message")):
        for kind in sorted({cell.kind for cell, _ in results}):
            rows = collections.defaultdict(dict)
            for (cell, name), found in results.items():
                if cell.kind == kind and name != DIRECT:
                    rows[f"{cell.size // 1024} KB, {cell.sessions}"][name] = spread(found, what)
            picture.bars(f"{folder}/{what}-{kind}.svg", f"{title} ({kind}; size, sessions)", unit, list(rows.items()))


def report(bench, idle_cost):
    results = bench.results
    loads = [row["others"] for rows in results.values() for row in rows]
    print(f"\nMachine: {machine.describe()}. Load: others used {statistics.mean(loads) if loads else 0:.2f} processors on average "
          f"(server, generator apart; the sink and the kernel's threads are among them).\n")
    print(table(results))
    for name, reason in bench.missing.items():
        print(f"\n{name}: missing ({reason})")
    print(f"\nWhere Postern's time goes:\n\n{where_time_goes(results, 'postern')}")
    if idle_cost:
        count, each, fronts = idle_cost
        print(f"\nIdle: {count:,} plain sessions in {fronts} fronts cost {each:,.0f} bytes of front memory each (goal: at most {idle.TARGET:,}).")


READING = [                                         # what reading.c measures, and the goal in microseconds
    ("parsing, 10 KB", 40), ("read step, 10 KB", None), ("parsing, 50 MB", 300_000), ("read step, 50 MB", 300_000),
]


def reading():
    """What a message costs a worker: processor time of parsing, and of the whole first step with digests and facts."""
    program = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(servers.ROOT, "build")), "tests", "bench", "reading")
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    return {row["what"]: row for row in map(json.loads, done.stdout.splitlines())}


def reading_table(rows):
    lines = ["| a message's reading | runs | least | median | goal |", "| --- | --- | --- | --- | --- |"]
    for what, goal in READING:
        row = rows[what]
        lines.append(f"| {what} | {row['runs']:,} | {row['least_us']:,.1f} us | {row['median_us']:,.1f} us | "
                     f"{f'at most {goal:,} us' if goal else '-'} |")
    return "\n".join(lines)


def options_of(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two minutes: ext4, 5 KB, fewer runs, Postfix alone")
    parser.add_argument("--kinds", default="ext4,xfs")
    parser.add_argument("--sizes", default="5120,51200")
    parser.add_argument("--sessions", default="1,20,100")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--messages", type=int, default=2400)
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="Postfix alone")
    parser.add_argument("--no-idle", action="store_true")
    parser.add_argument("--work", default=None, help="a folder for images; default: where temporary files go")
    parser.add_argument("--out", default=os.path.join(servers.ROOT, "build", "bench"), help="pictures and results.json")
    options = parser.parse_args(arguments)
    if options.quick:
        options.kinds, options.sizes, options.messages, options.peers = "ext4", "5120", 2000, False
    for name in ("sizes", "sessions"):
        setattr(options, name, [int(word) for word in getattr(options, name).split(",")])
    options.kinds = options.kinds.split(",")
    return options


def main():
    if os.geteuid() != 0:
        sys.exit("the benchmark mounts file systems: run it as root")
    if not shutil.which("smtp-source", path=servers.SBIN["PATH"]):
        sys.exit("smtp-source and smtp-sink, the load's two ends, are of package postfix: it is not installed")
    os.environ["PATH"] = servers.SBIN["PATH"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = options_of(sys.argv[1:])
    print(f"\nProcessor time of one worker:\n\n{reading_table(reading())}", flush=True)
    bench, begin, idle_cost = Bench(options), time.monotonic(), None
    try:
        if not options.no_idle:
            idle_cost = bench.idle()
        for kind in options.kinds:
            bench.kind(kind)
    except KeyboardInterrupt:
        bench.say("interrupted: what there is so far")
    finally:
        bench.finish()
        tell(bench, idle_cost, options.out, begin)


def tell(bench, idle_cost, out, begin):
    report(bench, idle_cost)
    pictures(bench.results, out)
    with open(f"{out}/results.json", "w", encoding="utf-8") as file:
        json.dump([{"cell": cell._asdict(), "name": name, "runs": rows} for (cell, name), rows in bench.results.items()], file, indent=1)
    print(f"\nPictures and figures: {out}. It took {time.monotonic() - begin:.0f} s.")


if __name__ == "__main__":
    main()
