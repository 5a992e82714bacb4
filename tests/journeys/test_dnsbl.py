# SPDX-License-Identifier: Apache-2.0
"""Lists in the DNS, served by NSD: who is listed is refused, a list that does not answer refuses nobody, and what was
answered can be explained and replayed."""
import json
import os
import re
import subprocess

import pytest

import house
import nsd
from client import STRANGER, Client, letter

pytestmark = pytest.mark.skipif(bool(house.need(*nsd.PROGRAMS)), reason=str(house.need(*nsd.PROGRAMS)))

LISTED, CLEAN, REFUSED, LIED = "192.0.2.99", "192.0.2.1", "192.0.2.98", "192.0.2.97"
ZONE = """99.2.0.192.zen  IN A 127.0.0.4
99.2.0.192.zen  IN A 127.0.0.10
98.2.0.192.zen  IN A 127.255.255.254
97.2.0.192.zen  IN A 203.0.113.80
spam.example.dbl IN A 127.0.1.2
"""
LISTS = """
dnsbl "zen"  { zone = "zen.open.example"  answers = {"127.0.0.2-11"} }
dnsbl "dbl"  { zone = "dbl.open.example"  of = sender }
dnsbl "gone" { zone = "gone.nobody.example" }
policy "zen"  { when = "listed('zen') = 127.0.0.4" do = {"reject your address is listed"} }
policy "dbl"  { when = "listed('dbl')" do = {"reject your domain is listed"} }
policy "dead" { when = "unanswered" do = {"header 'X-Unanswered: yes'"} }
"""


@pytest.fixture
def names(started):
    return started(nsd.Nsd("", unsigned=ZONE))


@pytest.fixture
def with_lists(started, sink, quick):
    """At its door a client may say who it is."""
    def make(words):
        port = house.free_port()
        mx = house.Gateway([("example.org", [sink.url])],
                           f'{quick}\n{words}\nlisten "door" {{ address = "127.0.0.1:{port}" xclient_from = "{STRANGER}" }}',
                           trusted='"192.0.2.200"')
        mx.door = port
        return started(mx)
    return make


@pytest.fixture
def gateway(with_lists, names):
    return with_lists(names.section + LISTS)


def hand_in(gateway, address, sender="anna@example.net"):
    with Client(gateway.door) as client:
        assert client.say(f"XCLIENT ADDR={address}").startswith("220")
        client.say("EHLO client.example.net")
        return client.mail(sender, ["berta@example.org"], letter())


def answers(gateway, reply):
    done = gateway.command("explain", "--json", re.search(r"accepted as (\w{16})", reply)[1])
    assert done.returncode == 0, done
    return {one["who"]: one for one in json.loads(done.stdout)["answers"] if one["kind"] == "dns"}


def counters(gateway):
    return json.loads(gateway.text("stats", "--json"))["inspect"]


def test_who_is_listed_is_refused(gateway, sink):
    assert hand_in(gateway, LISTED).startswith("550 5.7.1 your address is listed")
    assert hand_in(gateway, CLEAN, "joe@Spam.Example").startswith("550 5.7.1 your domain is listed")
    reply = hand_in(gateway, CLEAN)
    assert reply.startswith("250"), reply
    assert b"X-Unanswered" not in sink.wait(1)[0].data
    asked = answers(gateway, reply)
    assert {name: (one["end"], one["text"]) for name, one in asked.items()} == {
        "1.2.0.192.zen.open.example": ("said", ""), "example.net.dbl.open.example": ("said", "")}, "and not what no rule asks"
    assert counters(gateway)["dns_questions"] == 6 and counters(gateway)["dns_failures"] == 0


@pytest.mark.parametrize("address, text", [(REFUSED, "127.255.255.254"), (LIED, "203.0.113.80")])
def test_an_error_code_and_a_made_up_answer_are_no_hits(gateway, sink, address, text):
    reply = hand_in(gateway, address)
    assert reply.startswith("250"), reply
    assert b"X-Unanswered: yes" in sink.wait(1)[0].data, "but rules may ask for it"
    assert text in [one["text"] for one in answers(gateway, reply).values()], "it is kept as it came"
    assert counters(gateway)["dns_wrong"] == 1 and "dnsbl-wrong" in gateway.log_text()


def test_a_dead_list_refuses_nobody_and_is_not_clean(with_lists, sink, names):
    """Its server refuses to answer for the zone, so the resolver says SERVFAIL."""
    resolver_stubs = f'stubs = {{"dead.example@127.0.0.1:{names.port}", '
    gateway = with_lists(names.section.replace("stubs = {", resolver_stubs) + LISTS.replace("open.example", "dead.example"))
    reply = hand_in(gateway, LISTED)
    assert reply.startswith("250"), reply
    assert b"X-Unanswered: yes" in sink.wait(1)[0].data
    assert {one["end"] for one in answers(gateway, reply).values()} == {"failed"}
    assert counters(gateway)["dns_failures"] == 2


def postern(*words):
    return subprocess.run([house.POSTERN, *words], capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, POSTERN_CONF=""))


@pytest.fixture
def tried(tmp_path, names):
    """Configurations and a message for tools that need no gateway."""
    house.make_users()

    def write(name, rules):
        (tmp_path / name).write_text(f'{names.section}\n{rules}', encoding="utf-8")
        return str(tmp_path / name)
    (tmp_path / "one.eml").write_bytes(house.message())
    return write, str(tmp_path / "one.eml")


def test_tools_ask_too_and_show_it(tried):
    write, mail = tried
    conf = write("now.conf", LISTS)
    done = postern("scan", "--json", "-c", conf, "--client", LISTED, mail)
    row = json.loads(done.stdout)
    assert row["policy"] == ["zen"] and row["actions"] == ["reject"], done
    assert [(one["who"], one["text"]) for one in row["answers"]] == [("99.2.0.192.zen.open.example", "127.0.0.4 127.0.0.10")]
    done = postern("explain", "-c", conf, "--client", LISTED, mail)
    assert re.search(r"^  dns 99\.2\.0\.192\.zen\.open\.example: 127\.0\.0\.4 127\.0\.0\.10, \d+ ms$", done.stdout, re.M), done
    row = json.loads(postern("scan", "--local", "--json", "-c", conf, "--client", LISTED, mail).stdout)
    assert row["actions"] == ["header X-Unanswered: yes", "deliver"] and "answers" not in row, "nothing is asked of the network"
    row = json.loads(postern("scan", "--json", "-c", conf, mail).stdout)
    assert row["actions"] == ["deliver"] and "answers" not in row, "of an address of our own there is nothing to ask"


def replayed(now, new, mail):
    done = postern("replay", "--json", "-c", now, "--against", new, "--client", LISTED, mail)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_replay_has_the_answers_of_then(tried):
    write, mail = tried
    now = write("now.conf", LISTS)
    *rows, last = replayed(now, now, mail)
    assert rows == [] and last["totals"]["same"] == 1, "the same rules give the same"
    *rows, last = replayed(now, write("range.conf", LISTS.replace("127.0.0.2-11", "127.0.0.9-11")), mail)
    assert last["totals"]["differ"] == 1, "another range is tried on what was answered"
    *rows, last = replayed(now, write("more.conf", LISTS + 'policy "g" { when = "listed(\'gone\')" do = {"hold"} }'), mail)
    assert last["totals"]["unknown"] == 1 and rows[0]["unknown"] == 'dnsbl "gone" was not asked then', rows


def test_mistakes_are_named(tried):
    write, _ = tried
    for rules, words in (('policy "p" { when = "listed(\'zenn\')" do = {"hold"} }\n' + LISTS, 'did you mean "zen"?'),
                         ('dnsbl "a" { zone = "a example" }', "a zone is a name of the DNS"),
                         ('dnsbl "a" { zone = "a.example" answers = {"10.0.0.1"} }', "an answer is an address in 127.0.0.0/8")):
        done = postern("check", "-c", write("wrong.conf", rules))
        assert done.returncode == 1 and words in done.stdout + done.stderr, done
