# SPDX-License-Identifier: Apache-2.0
"""What mail/rules makes of Debian's SpamAssassin rule files (tools/stock-rules), by tests/conformance/rules_show.c."""
import json
import os
import re
import subprocess

import pytest

from reading import DATA, ROOT, SAMPLE, WHY_NOT
from rules_compare import compare, compare_metas, f1

SHOW = os.path.join(os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build")), "src", "mail", "rules", "rules_show")

FACTS = os.path.join(DATA or "", "spamassassin", "extracted")
ORIGINS = "originating_ip_headers X-Yahoo-Post-IP X-Originating-IP X-Apparently-From X-SenderIP X-AOL-IP\n"

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
                               (whole, "rawbody regex", 0.995), (whole, "uri regex", 0.99), (plain, "body regex", 0.985)):
        _, both, ours, theirs = tally.by_kind(kinds)[kind]
        assert f1(both, ours, theirs) >= least, f"{kind}: {both} agree, {ours} ours alone, {theirs} theirs alone"


def ways(folder, messages, rules):
    """What rules_show says of the relays of each message, under these rules."""
    (folder / "site.cf").write_text(rules, encoding="utf-8")
    paths = []
    for number, message in enumerate(messages):
        paths.append(folder / str(number))
        paths[-1].write_text(message, encoding="utf-8")
    done = subprocess.run([SHOW, "-w", str(folder)], input="".join(f"{path}\n" for path in paths), capture_output=True, text=True,
                          check=True, timeout=120)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
def test_received_fields_are_read_as_spamassassin_reads_them(tmp_path):
    with open(os.path.join(FACTS, "rcvd_parser.json"), encoding="utf-8") as file:
        cases = json.load(file)
    found = ways(tmp_path, [f"Received: {case['received'].strip()}\nSubject: x\n\nx\n" for case in cases], "")
    assert len(cases) > 100
    for case, way in zip(cases, found, strict=True):
        ours = re.sub(" intl=[01]", "", " ".join(text for text in way[1].split("|")[:2] if text))
        assert ours == re.sub(" intl=[01]", "", case["expect"].strip()), case["received"]


@pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
def test_relays_are_trusted_as_spamassassin_trusts_them(tmp_path):
    with open(os.path.join(FACTS, "trust_path.json"), encoding="utf-8") as file:
        cases = json.load(file)
    assert len(cases) > 30
    for case in cases:
        lines = [line.strip() for line in case["conf_and_headers"].splitlines() if line.strip()]
        headers = "\n".join(line if re.match(r"[A-Za-z-]+:", line) else "\t" + line for line in lines if "_networks " not in line)
        rules = ORIGINS + "".join(line + "\n" for line in lines if "_networks " in line)
        trusted, others = ways(tmp_path, [headers + "\n\nx\n"], rules)[0][1].split("|")[:2]
        wanted = [line.strip() for line in case["expect"].splitlines() if line.startswith(("Trusted:", "Untrusted:"))]
        assert [f"Trusted: {trusted}".strip(), f"Untrusted: {others}".strip()] == wanted, case["conf_and_headers"]


def without_comment(pattern):
    """A rule file ends a line at "#", unless a backslash stands before it."""
    return re.sub(r"\\?#", r"\\#", pattern)


def write_uri_case(folder, number, case, page):
    """A message with the case's text, and rules that say what its addresses must be and must not be."""
    text = case["text"].replace("{ESC}", "\x1b")
    head, body = ("Content-Type: text/html\n", f'<a href="{text}">x</a>') if page else ("", text)
    (folder / f"{number}.eml").write_bytes(f"X: y\n{head}\n{body}\n".encode("utf-8", "surrogateescape"))
    patterns = [("Y", pattern) for pattern in case["must_match"]] + [("N", pattern) for pattern in case["must_not_match"]]
    return [f"uri {kind}_{number}_{i} m\x02{without_comment(pattern)}\x02" for i, (kind, pattern) in enumerate(patterns)]


@pytest.mark.skipif(DATA is None, reason=str(WHY_NOT))
@pytest.mark.parametrize("name", ["uri_text", "uri_html"])
def test_addresses_are_those_of_spamassassins_own_tests(rules, tmp_path, name):
    with open(os.path.join(FACTS, name + ".json"), encoding="utf-8") as file:
        cases = json.load(file)
    lines = []
    for number, case in enumerate(cases):
        lines += write_uri_case(tmp_path, number, case, name == "uri_html")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "cases.cf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    paths = [str(tmp_path / f"{number}.eml") for number in range(len(cases))]
    done = subprocess.run([SHOW, "-m", *rules, str(tmp_path / "site")], input="\n".join(paths) + "\n", capture_output=True, text=True,
                          check=True, errors="replace", timeout=120)
    wrong = []
    for number, line in enumerate(done.stdout.splitlines()):
        hit = {rule for rule in json.loads(line)["rules"] if rule.startswith(("Y_", "N_"))}
        own = {line.split()[1] for line in lines if line.split()[1].split("_")[1] == str(number)}
        if {rule for rule in own if rule.startswith("Y_")} != hit & own:
            wrong.append(cases[number]["text"])
    assert len(cases) >= 85 and not wrong, wrong
