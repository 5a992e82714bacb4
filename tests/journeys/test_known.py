# SPDX-License-Identifier: Apache-2.0
"""Known senders: a rule that asks for them, a keeper that is killed, stopped, or finds its map damaged. Nobody is taken for
known because it could not be asked, and mail goes on."""
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

import house
from client import Client, letter
from house import wait_for

RULES = """
keeper { log_sync = 0 }
policy "large from strangers" { when = "sender.seen < 2 and size > 20K" do = {"quarantine"} }
"""


@pytest.fixture
def gateway(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick + RULES))


def hand_in(gateway, large, sender="anna@example.net"):
    with Client(gateway.port) as client:
        return client.mail(sender, ["berta@example.org"], letter("a letter", "x" * 60 + "\r\n") if not large else
                           letter("a large letter", ("x" * 60 + "\r\n") * 600))


def id_of(reply):
    assert reply.startswith("250"), reply
    return re.search(r"accepted as (\w{16})", reply)[1]


def outcome(gateway, ident):
    return explained(gateway, ident)["recipients"][0]["outcome"]


def explained(gateway, ident):
    done = gateway.command("explain", "--json", ident)
    return json.loads(done.stdout) if done.returncode == 0 else None


def settled(gateway, ident):
    """When its judgement is told, what became of it is counted too."""
    wait_for(lambda: explained(gateway, ident), 20, "the record")
    return ident


def counted(gateway):
    stats = json.loads(gateway.command("stats", "--json").stdout)
    return stats["keeper"]["remembered"]


def pass_one(gateway, large, sender="anna@example.net"):
    before = counted(gateway)
    ident = settled(gateway, id_of(hand_in(gateway, large, sender)))
    wait_for(lambda: counted(gateway) > before, 20, "what is remembered of it")
    return outcome(gateway, ident), ident


def told(gateway, ident):
    return {answer["who"]: answer for answer in explained(gateway, ident)["answers"] if answer["kind"] == "state"}


def keeper(gateway):
    return next((pid for pid, name in gateway.children().items() if name == "keeper"), None)


def make_known(gateway):
    for _ in range(2):
        assert pass_one(gateway, False)[0] == "deliver"


def test_a_sender_becomes_known(gateway):
    was, ident = pass_one(gateway, True)
    assert was == "quarantine" and told(gateway, ident)["sender anna@example.net 127.0.0.0/24"]["text"] == "never"
    assert pass_one(gateway, True)[0] == "quarantine", "what was set apart makes nobody known"
    make_known(gateway)
    was, ident = pass_one(gateway, True)
    assert was == "deliver", "then large letters pass"
    answers = told(gateway, ident)
    assert re.fullmatch(r"delivered 2 quarantined 0 rejected 0 first \d+ last \d+", answers["sender anna@example.net 127.0.0.0/24"]["text"])
    assert answers["domain example.net"]["text"].startswith("delivered 2 ")
    assert pass_one(gateway, True, "otto@example.net")[0] == "quarantine", "of that sender alone"
    text = gateway.text("explain", ident)
    assert "domain example.net: said delivered 2" in text, text


def test_a_killed_keeper_forgets_nothing(gateway):
    make_known(gateway)
    for _ in range(2):
        pid = keeper(gateway)
        os.kill(pid, signal.SIGKILL)
        assert outcome(gateway, settled(gateway, id_of(hand_in(gateway, True)))) == "deliver", "another keeper is asked"
        wait_for(lambda: keeper(gateway) not in (None, pid), 20, "another keeper")


def test_who_cannot_be_asked_about_is_put_off(started, sink, quick):
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + "inspect { inspect_limit = 3s }" + RULES))
    make_known(gateway)
    pid = keeper(gateway)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert hand_in(gateway, True).startswith("451 4.7.1"), "nobody is known, nor a stranger, because nothing was said"
        ident = id_of(hand_in(gateway, False))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert outcome(gateway, settled(gateway, ident)) == "deliver", "what the rule does not depend on goes on"
    assert "inspect keeper-silent" in gateway.log_text()
    assert pass_one(gateway, True)[0] == "deliver"


def test_a_damaged_map_is_put_aside(gateway):
    make_known(gateway)
    gateway.stop()
    known = pathlib.Path(gateway.folder) / "state" / "known"
    data = bytearray((known / "map").read_bytes())
    for at in range(0, len(data), 8):
        data[at:at + 4] = b"what"
    (known / "map").write_bytes(data)
    gateway.start()
    assert pass_one(gateway, True)[0] == "quarantine", "nobody is known any more"
    make_known(gateway)
    assert pass_one(gateway, True)[0] == "deliver"
    assert (known / "map.damaged-1").read_bytes() == data, "what was there is kept"
    assert "keeper map-damaged moved-to=map.damaged-1" in gateway.log_text().replace('"', "")
    assert b"state" in gateway.command("health").stdout


def test_tools_know_nobody_and_wait_for_nobody(tmp_path):
    """Without a keeper; its patience for each of the messages would take minutes."""
    house.make_users()
    now, new = tmp_path / "now.conf", tmp_path / "new.conf"
    now.write_text('inspect { senders = yes  inspect_limit = 60s }\npolicy "strangers" { when = "sender.seen < 2" do = {"quarantine"} }\n', encoding="utf-8")
    new.write_text('policy "known" { when = "sender.seen > 2" do = {"quarantine"} }\n', encoding="utf-8")
    mail = tmp_path / "one.eml"
    mail.write_bytes(house.message())

    def postern(*words):
        done = subprocess.run([house.POSTERN, *words, "--from", "anna@example.net", mail], capture_output=True, text=True, timeout=120,
                              check=False, env=dict(os.environ, POSTERN_CONF=""))
        assert done.returncode == 0, done
        return done.stdout

    row = json.loads(postern("scan", "--json", "-c", now))
    assert row["policy"] == ["strangers"], row
    assert "domain example.net: never" in postern("explain", "-c", now).replace("said ", "")
    *_, last = house.load_json(postern("replay", "--json", "-c", now, "--against", new))
    assert last["totals"]["differ"] == 1, last
    new.write_text(now.read_text(encoding="utf-8"), encoding="utf-8")
    now.write_text('policy "bad" { when = "virus" do = {"quarantine"} }\n', encoding="utf-8")
    *_, last = house.load_json(postern("replay", "--json", "-c", now, "--against", new))
    assert last["totals"]["differ"] == 1 and last["totals"]["unknown"] == 0, "and where only the new rules ask for senders"


def test_a_replay_asks_nobody(gateway, tmp_path):
    pass_one(gateway, True)
    make_known(gateway)
    pass_one(gateway, True)
    text = pathlib.Path(gateway.conf).read_text(encoding="utf-8")
    for rule, differ in (("sender.seen < 2", 0), ("sender.seen < 3", 1), ("sender.domain.age < 1", 1)):
        path = tmp_path / "new.conf"
        path.write_text(text.replace("sender.seen < 2", rule), encoding="utf-8")
        done = gateway.command("replay", "--against", str(path), "--json", "--kept")
        assert done.returncode == 0, done
        totals = house.load_json(done.stdout.decode())[-1]["totals"]
        assert totals["messages"] == 4 and totals["differ"] == differ and totals["unknown"] == 0, (rule, totals)
