# SPDX-License-Identifier: Apache-2.0
"""`postern learn --online`, which needs no gateway."""
import os
import signal
import subprocess
import time

import house

SPAM = b"From: win@shop%d.example\r\nSubject: Cheap watches %d\r\n\r\nBuy cheap watches at http://shop%d.example/ now!!!\r\n"
HAM = b"From: anna@example.org\r\nTo: berta@example.org\r\nSubject: Minutes of meeting %d\r\n\r\nDear Berta, here are minutes number %d %d.\r\n"


def learn(*words):
    done = subprocess.run([house.POSTERN, "learn", *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, POSTERN_CONF=""))
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return done.returncode, [(path, label, float(probability)) for path, label, probability in rows], done.stderr


def make_index(folder, name, numbers):
    lines = []
    for number in numbers:
        for label, text in (("spam", SPAM), ("ham", HAM)):
            (folder / f"{label}{number}").write_bytes(text % (number, number, number))
            lines.append(f"{label} {label}{number}\n")
    (folder / name).write_text("".join(lines))
    return folder / name


def test_each_is_judged_before_it_is_learned(tmp_path):
    house.make_users()
    index, then = make_index(tmp_path, "index", range(20)), make_index(tmp_path, "then", range(50, 55))
    status, rows, err = learn("--online", index, "--then", then)
    assert status == 0, err
    assert [row[:2] for row in rows[:3]] == [("spam0", "spam"), ("ham0", "ham"), ("spam1", "spam")]
    assert len(rows) == 50 and rows[0][2] == 0.5, rows[0]
    assert all((probability > 0.5) == (label == "spam") for _, label, probability in rows[4:]), rows
    assert learn("--online", index, "--then", then, "--jobs", "1")[1] == rows
    assert sorted(os.listdir(tmp_path)) == sorted(["index", "then"] + [f"{label}{number}" for label in ("spam", "ham")
                                                                      for number in [*range(20), *range(50, 55)]])


def test_what_was_learned_is_kept_where_it_is_asked(tmp_path):
    house.make_users()
    index, nothing, state = make_index(tmp_path, "index", range(8)), tmp_path / "nothing", tmp_path / "state"
    nothing.write_text("")
    assert learn("--online", index, "--state", state)[0] == 0
    size = (state / "model").stat().st_size
    status, rows, err = learn("--online", nothing, "--then", index, "--state", state)
    assert status == 0, err
    assert all((probability > 0.7) == (label == "spam") for _, label, probability in rows), rows
    assert (state / "model").stat().st_size == size


def test_what_was_learned_is_kept_though_the_second_list_is_missing(tmp_path):
    house.make_users()
    index, state = make_index(tmp_path, "index", range(2)), tmp_path / "state"
    status, rows, err = learn("--online", index, "--then", tmp_path / "missing", "--state", state)
    assert status == 2 and len(rows) == 4 and "missing" in err, err
    assert (state / "model").stat().st_size > 0


def test_a_damaged_model_is_refused_and_stays(tmp_path):
    house.make_users()
    index, state = make_index(tmp_path, "index", range(2)), tmp_path / "state"
    assert learn("--online", index, "--state", state)[0] == 0
    whole = (state / "model").read_bytes()
    for damaged, why in ((whole[:5000] + b"?" + whole[5001:], "damaged"), (whole[:-1], "length"), (b"", "no model"),
                         (b"x" * len(whole), "no model")):
        (state / "model").write_bytes(damaged)
        status, rows, err = learn("--online", index, "--state", state)
        assert status == 2 and not rows and why in err, err
        assert (state / "model").read_bytes() == damaged


def test_a_kill_leaves_the_old_model(tmp_path):
    house.make_users()
    index, state = make_index(tmp_path, "index", range(500)), tmp_path / "state"
    assert learn("--online", make_index(tmp_path, "small", range(2)), "--state", state)[0] == 0
    old = (state / "model").read_bytes()
    with subprocess.Popen([house.POSTERN, "learn", "--online", index, "--state", state], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env=dict(os.environ, POSTERN_CONF="")) as child:
        assert child.stdout.readline()
        child.send_signal(signal.SIGSTOP)
        status, _, err = learn("--online", index, "--state", state)
        assert (status == 2 and "another learner" in err) or child.poll() == 0, err
        child.kill()
    end = time.monotonic() + 20
    while learn("--online", tmp_path / "small", "--state", tmp_path / "other")[0] != 0:
        assert time.monotonic() < end
    now = (state / "model").read_bytes()
    status, rows, err = learn("--online", tmp_path / "small", "--state", state)
    assert status == 0 and len(rows) == 4, err
    assert now == old or child.returncode == 0


def test_what_cannot_be_read_is_said(tmp_path):
    house.make_users()
    index = make_index(tmp_path, "index", range(2))
    with open(index, "a", encoding="ascii") as file:
        file.write("\nspam missing\nspam pipe\nspam .\nham ham0\n")
    os.mkfifo(tmp_path / "pipe")
    status, rows, err = learn("--online", index)
    assert status == 1 and "missing" in err and err.count("it is no file") == 2, err
    assert [row[0] for row in rows] == ["spam0", "ham0", "spam1", "ham1", "missing", "pipe", ".", "ham0"]
    assert [row[2] for row in rows[4:7]] == [0.5] * 3
    (tmp_path / "many").write_bytes(b"X-A: b\r\n" * 3000 + SPAM % (1, 2, 3))
    status, rows, err = learn("--online", make_index(tmp_path, "other", range(1)), "--then", index)
    assert status == 1
    with open(tmp_path / "other", "a", encoding="ascii") as file:
        file.write("spam many\n")
    status, rows, err = learn("--online", tmp_path / "other")
    assert status == 1 and "many" in err and rows[2][2] == 0.5, "what hit a ceiling teaches nothing"
    with open(index, "a", encoding="ascii") as file:
        file.write("eggs ham0\n")
    status, rows, err = learn("--online", index)
    assert status == 2 and f"{index}:10" in err and len(rows) == 8, err
    assert learn("--online", tmp_path / "nowhere")[0] == 2
    assert learn()[0] == 2
    assert learn("--online", index, "--jobs", "0")[0] == 2
