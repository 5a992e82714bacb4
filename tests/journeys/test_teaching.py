# SPDX-License-Identifier: Apache-2.0
"""The gateway's classifier is taught: once, moved, forgotten; by two at once; over a keeper that is killed; a damaged model
is refused while mail goes on."""
import json
import os
import re
import signal
import subprocess

import pytest

import house
from house import wait_for

SPAM = b"From: win@shop%d.example\r\nSubject: Cheap watches %d\r\n\r\nBuy cheap watches at http://shop%d.example/ now!!!\r\n"
HAM = b"From: anna@example.org\r\nTo: berta@example.org\r\nSubject: Minutes of meeting %d\r\n\r\nDear Berta, here are minutes number %d %d.\r\n"


@pytest.fixture
def gateway(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick))


def messages(folder, text, numbers):
    folder.mkdir()
    for number in numbers:
        (folder / f"{number:06}").write_bytes(text % (number, number, number))
    return str(folder)


def taught(gateway, *words):
    """{"messages": 3, "new": 2, "known": 1} of "spam: 3 messages, 2 new, 1 known"."""
    text = gateway.text(*words)
    return {what: int(count) for count, what in re.findall(r"(\d+) (\w+)", text)}


def stats(gateway):
    return json.loads(gateway.command("stats", "--json").stdout)["keeper"]


def keeper(gateway):
    return next((pid for pid, name in gateway.children().items() if name == "keeper"), None)


def end_keeper(gateway):
    old = keeper(gateway)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: keeper(gateway) not in (None, old), 20, "another keeper")


def when_it_listens(gateway, *words):
    """Who asks while the keeper is started again is told so."""
    result = {}
    wait_for(lambda: result.update(done=gateway.command(*words)) or result["done"].returncode == 0, 30, "an answer")
    return {what: int(count) for count, what in re.findall(r"(\d+) (\w+)", result["done"].stdout.decode())}


def test_each_message_counts_once(gateway, tmp_path):
    spam, ham = messages(tmp_path / "spam", SPAM, range(6)), messages(tmp_path / "ham", HAM, range(4))
    assert taught(gateway, "learn", "spam", spam) == {"messages": 6, "new": 6}
    assert taught(gateway, "learn", "ham", ham) == {"messages": 4, "new": 4}
    assert taught(gateway, "learn", "spam", spam, ham + "/000000") == {"messages": 7, "known": 6, "moved": 1}
    end_keeper(gateway)
    assert when_it_listens(gateway, "learn", "spam", spam) == {"messages": 6, "known": 6}
    assert taught(gateway, "learn", "ham", ham) == {"messages": 4, "known": 3, "moved": 1}
    assert taught(gateway, "learn", "forget", ham + "/000001") == {"messages": 1, "forgotten": 1}
    assert taught(gateway, "forget", ham) == {"messages": 4, "forgotten": 3, "unknown": 1}
    assert stats(gateway)["learned_known"] == 6
    with open(gateway.log, encoding="utf-8") as log:
        lines = [line for line in log if " learned message=" in line]
    assert len(lines) == 16 and "as=ham what=moved by=" in "".join(lines), lines[-3:]
    assert not any("Cheap" in line or "000000" in line for line in lines), "nothing of a message or its name is logged"


def test_an_mbox_is_many_messages(gateway, tmp_path):
    box = tmp_path / "box"
    box.write_bytes(b"".join(b"From a@example.org Sat Jan  1 00:00:00 2022\n" + (SPAM % (n, n, n)).replace(b"\r\n", b"\n") + b"\n"
                             for n in range(5)))
    assert taught(gateway, "learn", "spam", str(box)) == {"messages": 5, "new": 5}
    assert taught(gateway, "learn", "spam", str(box)) == {"messages": 5, "known": 5}


def test_two_teachers_at_once(gateway, tmp_path):
    spam, ham = messages(tmp_path / "spam", SPAM, range(150)), messages(tmp_path / "ham", HAM, range(150))
    words = [["learn", "spam", spam], ["learn", "ham", ham], ["learn", "spam", spam]]
    env = dict(os.environ, POSTERN_CONF=gateway.conf)
    teachers = [subprocess.Popen([house.POSTERN, *word], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for word in words]
    said = [teacher.communicate(timeout=60) for teacher in teachers]
    assert all(teacher.returncode == 0 for teacher in teachers), said
    new = [int((re.search(rb"(\d+) new", out) or [0, 0])[1]) for out, _ in said]
    assert new[1] == 150 and new[0] + new[2] == 150, said
    assert stats(gateway)["learned_known"] == 300


def forks():
    """Processes that this machine has begun since it was started."""
    with open("/proc/stat", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("processes "))


def test_each_message_has_a_worker_of_its_own(gateway, tmp_path):
    """One that a message has taken over would make the features of those behind it."""
    spam, before = messages(tmp_path / "spam", SPAM, range(1000)), forks()
    assert taught(gateway, "learn", "spam", spam) == {"messages": 1000, "new": 1000}
    assert forks() - before >= 1000


def test_a_keeper_that_is_killed(gateway, tmp_path):
    spam = messages(tmp_path / "spam", SPAM, range(400))
    safe = 0
    for _ in range(3):
        before = stats(gateway)["lessons"]
        env = dict(os.environ, POSTERN_CONF=gateway.conf)
        with subprocess.Popen([house.POSTERN, "learn", "spam", spam], env=env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as teacher:
            wait_for(lambda: teacher.poll() is not None or stats(gateway)["lessons"] > before, 20, "a lesson")
            end_keeper(gateway)
            teacher.communicate(timeout=60)
        told = when_it_listens(gateway, "learn", "spam", spam + "/000000")
        assert told in ({"messages": 1, "new": 1}, {"messages": 1, "known": 1})
        assert stats(gateway)["learned_known"] >= max(safe, 1)
        safe = stats(gateway)["learned_known"]
    told = when_it_listens(gateway, "learn", "spam", spam)
    assert told["messages"] == 400 and told.get("new", 0) == 400 - safe and stats(gateway)["learned_known"] == 400
    assert taught(gateway, "forget", spam) == {"messages": 400, "forgotten": 400}


def test_a_damaged_model(gateway, tmp_path, sink):
    spam = messages(tmp_path / "spam", SPAM, range(3))
    taught(gateway, "learn", "spam", spam)
    folder = os.path.join(gateway.folder, "state", "learned")
    names = [name for name in os.listdir(folder) if name.startswith("model.")]
    assert len(names) == 1, names
    with open(os.path.join(folder, names[0]), "r+b") as file:
        file.seek(5000)
        file.write(b"?")
    end_keeper(gateway)
    wait_for(lambda: b"damaged" in gateway.command("health").stdout, 20, "a warning")
    done = gateway.command("learn", "spam", spam)
    assert done.returncode == 2 and b"damaged" in done.stderr, done
    house.send(gateway, house.message(to="berta@example.org"), recipients=("berta@example.org",))
    gateway.wait_empty()
    os.unlink(os.path.join(folder, names[0]))
    end_keeper(gateway)
    assert when_it_listens(gateway, "learn", "spam", spam) == {"messages": 3, "new": 3}


def test_what_cannot_be_learned_is_said(gateway, tmp_path):
    spam = messages(tmp_path / "spam", SPAM, range(2))
    (tmp_path / "many").write_bytes(b"X-A: b\r\n" * 3000 + SPAM % (1, 2, 3))
    done = gateway.command("learn", "spam", spam, str(tmp_path / "many"), str(tmp_path / "missing"))
    assert done.returncode == 1 and b"2 new" in done.stdout and b"many" in done.stderr and b"missing" in done.stderr, done
    assert gateway.command("learn", "spam").returncode == 2
    assert gateway.command("learn", "eggs", spam).returncode == 2
    assert gateway.command("forget").returncode == 2
    gateway.stop()
    done = gateway.command("learn", "spam", spam)
    assert done.returncode == 2 and b"not running" in done.stderr, done


LEARNED = """
keeper { log_sync = 0  learned_lent = 0 }
inspect { learned_least = 20 }
policy "learned" { when = "spam.probability >= 0.8" do = {"quarantine"} }
"""


@pytest.fixture
def asking(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick + LEARNED))


def explained(gateway, ident):
    done = gateway.command("explain", "--json", ident)
    return json.loads(done.stdout) if done.returncode == 0 else None


def judged(gateway, data):
    """The probability that was told of one message, or None, and what became of it."""
    with gateway.client() as client:
        client.ehlo()
        client.mail("you@example.net")
        client.rcpt("berta@example.org")
        status, reply = client.data(data)
    assert status == 250, reply
    ident = re.search(r"accepted as (\w{16})", reply.decode())[1]
    wait_for(lambda: explained(gateway, ident), 20, "the record")
    trace = explained(gateway, ident)
    return trace["facts"].get("spam.probability"), trace["recipients"][0]["outcome"], trace["facts"].get("spam.model")


def when_it_is_lent(gateway, data, wanted):
    """Workers that have the new model answer soon after it was learned."""
    seen = []
    wait_for(lambda: seen.append(judged(gateway, data)) or wanted(seen[-1]), 20, f"another answer than {seen[-1:]}")
    return seen[-1]


def test_what_was_learned_is_asked(asking, tmp_path):
    new_spam, new_ham = SPAM % (77, 77, 77), HAM % (78, 78, 78)
    assert judged(asking, new_spam)[:2] == (None, "deliver"), "a model that has learned nothing is not asked"
    spam, ham = messages(tmp_path / "spam", SPAM, range(30)), messages(tmp_path / "ham", HAM, range(30))
    taught(asking, "learn", "spam", spam)
    assert judged(asking, new_spam)[0] is None, "nor one that knows no ham"
    taught(asking, "learn", "ham", ham)
    said, outcome, model = when_it_is_lent(asking, new_spam, lambda answer: answer[0] is not None)
    assert float(said) >= 0.8 and outcome == "quarantine", (said, outcome)
    assert re.fullmatch(r"[0-9a-f]{16}/[1-9][0-9]*", model), model
    reasons = explained(asking, asking.queue_ids("quarantine")[0])["facts"]["spam.reason"]
    assert any(reason.startswith("+") and "watches" in reason for reason in reasons), reasons
    said, outcome, _ = judged(asking, new_ham)
    assert float(said) < 0.2 and outcome == "deliver", (said, outcome)
    end_keeper(asking)
    assert judged(asking, new_spam)[1] == "quarantine", "the last model is used while the keeper is away"
    more = messages(tmp_path / "more", SPAM, range(100, 105))
    assert when_it_listens(asking, "learn", "spam", more)["new"] == 5
    said, outcome, newer = when_it_is_lent(asking, new_spam, lambda answer: answer[2] != model)
    assert float(said) >= 0.8 and newer[:16] == model[:16], "another generation of the same model"
    taught(asking, "forget", spam)
    when_it_is_lent(asking, new_spam, lambda answer: answer == (None, "deliver", None))


def test_a_damaged_model_is_not_asked(asking, tmp_path):
    new_spam = SPAM % (77, 77, 77)
    spam, ham = messages(tmp_path / "spam", SPAM, range(30)), messages(tmp_path / "ham", HAM, range(30))
    taught(asking, "learn", "spam", spam)
    taught(asking, "learn", "ham", ham)
    when_it_is_lent(asking, new_spam, lambda answer: answer[1] == "quarantine")
    folder = os.path.join(asking.folder, "state", "learned")
    name = next(name for name in os.listdir(folder) if name.startswith("model."))
    with open(os.path.join(folder, name), "r+b") as file:
        file.truncate(100000)
    end_keeper(asking)
    when_it_is_lent(asking, new_spam, lambda answer: answer[:2] == (None, "deliver"))
    assert b"model." in asking.command("health").stdout
