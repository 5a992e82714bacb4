# SPDX-License-Identifier: Apache-2.0
"""cut_judge.py — what must be there after a power cut, and whether it is.

The marks up to the cut say what had been begun and what had been acknowledged (cut_drive.c lists them). From them
follows, for each recipient, a set of places where the message may be now. What was begun and not acknowledged may have
happened or not; what was acknowledged has happened.
"""
import json
import re

BY_PLAN = {"q": "apart", "r": "apart", "h": "held", "x": "discarded"}            # the rest: queued
FINAL = {"delivered", "bounced", "deleted", "discarded", "gone"}
NOTICES = 100000
ADDRESS = re.compile(r"p(\d+)\.(\d+)@example\.org")
SENDER = re.compile(r"s(\d+)@example\.net")


class Letter:
    def __init__(self, plan, late):
        self.plan, self.late, self.id, self.acknowledged, self.begun = plan, late, "", False, False
        self.may = [{"unjudged"} if late else {BY_PLAN.get(one, "queued")} for one in plan]
        self.before = None

    def judged(self):
        for place, one in enumerate(self.plan):
            self.may[place] |= {BY_PLAN.get(one, "queued")} | ({"quarantining"} if one in "qr" else set())

    def lent(self):
        self.may = [may - {"unjudged"} for may in self.may]

    def result(self, place, what):
        """Where it may be when that result counts."""
        if what == "d":
            return {"delivered"}
        return {"failed", "bounced" if self.plan[place] == "t" else "apart"} if what == "f" else set()

    def operator(self, verb, done):
        rows = {"queue.hold": ({"queued", "unjudged"}, {"held"}), "queue.release": ({"held"}, {"queued"}),
                "queue.delete": ({"queued", "unjudged", "held", "failed"}, {"deleted"}),
                "quarantine.delete": ({"apart"}, {"gone"}), "quarantine.release": ({"apart"}, {"released"})}
        source, target = rows[verb]
        if not done:
            self.before = [set(may) for may in self.may]
        for place, may in enumerate(self.before if done else self.may):
            if may & source:
                on_the_way = {"both"} if verb == "quarantine.release" else set()
                self.may[place] = set(target) if done else may | target | on_the_way


class Facts:
    """Grows mark by mark."""

    def __init__(self):
        self.letters, self.said, self.noted = {}, set(), set()
        self.saving = self.saved = self.acknowledged = 0

    def take(self, kind, number, place, text):
        if kind == "P":
            self.letters[number] = Letter(text, bool(place))
            return
        if kind == "S":
            self.saving = number
        if kind == "V":
            self.saved = number
        if kind in "AND" or kind == "V":
            self.acknowledged += 1
        letter = self.letters.get(number)
        if letter is None:
            return
        if kind == "I":
            letter.begun, letter.id = True, text
        elif kind == "A":
            letter.acknowledged, letter.id = True, letter.id or text
        elif kind == "J":
            letter.judged()
        elif kind == "L":
            letter.lent()
        elif kind == "R":
            letter.may[place] |= letter.result(place, text)
            self.said |= {(number, place)} if text == "d" else set()
        elif kind == "N" and text in "df":
            letter.may[place] = letter.result(place, text)
            self.noted |= {(number, place)} if text == "d" else set()
        elif kind in "OD":
            letter.operator(text, kind == "D")
        elif kind == "F":
            letter.may = letter.before


class Seen:
    """What cut_look printed."""

    def __init__(self, text, corrupt):
        self.rows, self.apart, self.wholes, self.ledger, self.wrong = [], [], {}, {}, []
        self.settings = None
        for line in text.splitlines():
            what, _, rest = line.partition(" ")
            if what == "queue":
                self.rows.append(json.loads(rest))
            elif what == "quarantine":
                self.apart.append(json.loads(rest))
            elif what == "ledger":
                self.ledger = json.loads(rest)
            elif what == "settings":
                self.settings = rest.split()[1]
            else:
                name, number = rest.split()
                self.wholes[name] = number
        self.journals = [name for name in corrupt if name.startswith("journal")]
        self.wrong += [("torn", f"{name} was set aside") for name in corrupt if not name.startswith("journal")]


def places_of(addresses):
    return [int(match.group(1)) for match in map(ADDRESS.fullmatch, addresses) if match]


class State:
    """One letter, as it was found."""

    def __init__(self):
        self.row, self.apart, self.released, self.notice = None, set(), set(), False

    def place(self, place):
        """In one word."""
        aside = {(True, True): "both", (True, False): "apart", (False, True): "released", (False, False): "gone"}[
            (place in self.apart, place in self.released)]
        if self.row is None:
            return aside
        word = self.row["recipients"][place]["state"]
        return aside if word == "quarantined" else "queued" if word == "sending" else word


def sort(facts, seen):
    """{number: State}; what belongs to no letter that was begun is wrong."""
    states = {}
    for row in seen.rows + seen.apart:
        whole = int(seen.wholes[row["id"]]) if seen.wholes[row["id"]].isdigit() else None
        sender = SENDER.fullmatch(row["sender"])
        number = int(sender.group(1)) if sender else (whole or 0) - NOTICES
        if whole is None or whole != (number if sender else number + NOTICES):
            seen.wrong.append(("torn", f"{row['id']} of letter {number} is {seen.wholes[row['id']]}"))
        letter = facts.letters.get(number)
        if letter is None or not letter.begun:
            seen.wrong.append(("half visible", f"{row['id']} of letter {number}, which was never sent"))
            continue
        state = states.setdefault(number, State())
        if row in seen.apart:
            state.apart |= set(places_of(row["recipients"]))
        elif not sender:
            state.notice = True
        elif letter.id and row["id"] != letter.id:
            state.released |= set(places_of(one["address"] for one in row["recipients"]))
        else:
            state.row = row
            if len(row["recipients"]) != len(letter.plan):
                seen.wrong.append(("half visible", f"{row['id']} has {len(row['recipients'])} recipients"))
                state.row = None
    return states


def judge_letter(number, letter, state):
    for place, plan in enumerate(letter.plan):
        found, may = state.place(place), letter.may[place]
        if not letter.acknowledged and state.row is None and not state.released:
            continue                                     # never said to be there
        about = f"letter {number} ({letter.id}, plan {letter.plan}) for recipient {place}: {found}, may be {sorted(may)}"
        if found == "gone" and not may & FINAL:
            yield "lost", about
        elif found not in may and not (found == "gone" and may & FINAL):
            yield "wrong fate", about
        if place in state.apart and plan not in "qrf":
            yield "wrong fate", about + " and in quarantine"
        if plan == "t" and found in ("bounced", "gone") and not state.notice:
            yield "lost", about + " and no notice"
    named = [place for place, plan in enumerate(letter.plan) if plan in "qr"]
    if not letter.late and state.apart and not letter.acknowledged and not state.apart >= set(named):
        yield "half visible", f"letter {number} is in quarantine for {sorted(state.apart)} alone"


def judge(facts, seen):
    """[(kind, text)] of what is wrong."""
    states = sort(facts, seen)
    wrong = list(seen.wrong)
    for number, letter in facts.letters.items():
        wrong += judge_letter(number, letter, states.get(number, State()))
    delivered = seen.ledger["delivered"]
    if not len(facts.noted) <= delivered <= len(facts.said):
        wrong.append(("wrong fate", f"the ledger has {delivered} delivered, {len(facts.noted)} were noted, {len(facts.said)} said"))
    return wrong


def judge_settings(facts, seen):
    if seen.settings is None:
        return [("lost", f"no settings, version {facts.saved} was saved")] if facts.saved else []
    if not seen.settings.isdigit():
        return [("torn", "settings that are no version")]
    good = facts.saved <= int(seen.settings) <= facts.saving
    return [] if good else [("lost", f"settings {seen.settings}, version {facts.saved} was saved")]
