# SPDX-License-Identifier: Apache-2.0
"""What mail/rules makes of Debian's SpamAssassin rule files (tools/stock-rules), by tests/conformance/rules_show.c."""
import os
import subprocess

import pytest

from reading import DATA, ROOT, SAMPLE, WHY_NOT
from rules_compare import compare, compare_metas, f1

SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "rules", "rules_show")

ORACLE = os.path.join(DATA or "", "spamassassin", "oracle-subrules.tsv")

# As SpamAssassin 4.0.1 itself counts them when it has read the same files: kind, form, rules.
COUNTS = {
    "header regex": 693, "header exists": 76, "header eval": 104, "header rbl": 66, "body regex": 622, "body eval": 145,
    "rawbody regex": 58, "rawbody eval": 7, "uri regex": 144, "full regex": 4, "full eval": 13, "meta meta": 921,
    "mimeheader regex": 61, "empty none": 32,
}


@pytest.fixture(scope="module", name="rules")
def stock_rules():
    try:
        done = subprocess.run([os.path.join(ROOT, "tools", "stock-rules")], capture_output=True, text=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("the package with the stock rules cannot be downloaded")
    root = done.stdout.strip()
    return [os.path.join(root, "usr/share/spamassassin"), os.path.join(root, "etc/spamassassin")]


def show(*words):
    done = subprocess.run([SHOW, *words], capture_output=True, check=False, encoding="utf-8", errors="replace", timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_stock_rules_are_read_without_a_mistake_and_counted_as_spamassassin_counts_them(rules):
    lines = show(*rules)
    assert "mistakes 0" in lines, lines
    counts = {" ".join(line.split()[:2]): int(line.split()[2]) for line in lines if line.split()[0] not in ("mistakes", "memory")}
    counts.pop("named none")
    assert counts == COUNTS


def test_every_directive_stands_in_the_document_as_it_is_treated():
    with open(os.path.join(ROOT, "docs", "spamassassin-parity.md"), encoding="utf-8") as file:
        rows = [line for line in file if line.startswith("| `")]
    told = {row.split("|")[1].strip().strip("`"): row.split("|")[2].strip() for row in rows}
    assert told == dict(line.split("|") for line in show("-d"))


@pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
def test_meta_rules_say_what_spamassassin_says(rules):
    """All other rules are taken from its own hits: what is left is the meta rules' doing alone."""
    both, ours, theirs, names = compare_metas(ORACLE, rules, SAMPLE)
    assert (ours, theirs) == (0, 0) and both > 1000, names


@pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
def test_rules_over_messages_agree_with_spamassassin(rules):
    """Kinds of rules that need no HTML. Body rules, where there is none in the message."""
    kinds, whole, plain, unread, count = compare(ORACLE, os.path.join(DATA, "mail"), rules, min(SAMPLE, 200) if SAMPLE else 0)
    assert not unread and count >= 200
    for tally, kind, least in ((whole, "header regex", 0.999), (whole, "header exists", 0.999), (whole, "mimeheader regex", 0.999),
                               (whole, "rawbody regex", 0.995), (plain, "body regex", 0.985)):
        _, both, ours, theirs = tally.by_kind(kinds)[kind]
        assert f1(both, ours, theirs) >= least, f"{kind}: {both} agree, {ours} ours alone, {theirs} theirs alone"
