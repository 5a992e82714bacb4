# SPDX-License-Identifier: Apache-2.0
"""What mail/rules makes of Debian's SpamAssassin rule files (tools/stock-rules), by tests/conformance/rules_show.c."""
import os
import subprocess

import pytest

from reading import ROOT

SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "rules", "rules_show")

# As SpamAssassin 4.0.1 itself counts them when it has read the same files: kind, form, rules.
COUNTS = {
    "header regex": 693, "header exists": 76, "header eval": 104, "header rbl": 66, "body regex": 622, "body eval": 145,
    "rawbody regex": 58, "rawbody eval": 7, "uri regex": 144, "full regex": 4, "full eval": 13, "meta meta": 921,
    "mimeheader regex": 61, "empty none": 32,
}


@pytest.fixture(scope="module", name="rules")
def stock_rules():
    done = subprocess.run([os.path.join(ROOT, "tools", "stock-rules")], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
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
