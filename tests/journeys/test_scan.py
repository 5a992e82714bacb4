# SPDX-License-Identifier: Apache-2.0
"""`postern scan` and `explain`, which need no gateway."""
import os
import subprocess

import house
from house import message, send, wait_for


def scan(*words):
    done = subprocess.run([house.POSTERN, "scan", *words], capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, POSTERN_CONF=""))
    return done.returncode, done.stdout, done.stderr


def test_folders_maildirs_and_mboxes_in_order(tmp_path):
    house.make_users()
    for name in ("b", "a", "c"):
        (tmp_path / name).write_bytes(message(subject=name).replace(b"\r\n", b"\n"))
    for name in ("cur", "new", "tmp"):
        (tmp_path / "m" / name).mkdir(parents=True)
        (tmp_path / "m" / name / "one").write_bytes(message())
    from_line = b"From a@b Sat Nov 21 10:09:18 2026\n"
    (tmp_path / "z").write_bytes(from_line + b"A: 1\n\none\n\n" + from_line + b"B: 2\n\ntwo\n")
    status, out, err = scan("--json", "--jobs", "3", str(tmp_path))
    assert status == 0, err
    rows = house.load_json(out)
    assert [os.path.relpath(row["file"], tmp_path) for row in rows] == ["a", "b", "c", "m/cur/one", "m/new/one", "z#1", "z#2"]
    assert {row["verdict"] for row in rows} == {"clean"}
    assert all(row["actions"] == ["deliver"] and row["took_us"] > 0 for row in rows)


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "good").write_bytes(message())
    status, out, err = scan(str(tmp_path / "missing"), str(tmp_path / "good"))
    assert status == 1 and "missing" in err
    assert out == f"{tmp_path}/good: clean\n"


def test_a_size_of_nothing_is_not_believed(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    status, out, err = scan("/proc/self/status", str(tmp_path / "empty"))
    assert status == 1 and "/proc/self/status" in err and "/proc/self/status" not in out
    assert out == f"{tmp_path}/empty: clean\n"


def test_explain_a_file(tmp_path):
    (tmp_path / "good").write_bytes(message())
    done = subprocess.run([house.POSTERN, "explain", tmp_path / "good"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "clean" in done.stdout and "facts" in done.stdout


def test_explain_an_id(gateway, sink):
    sink.answers["DATA"] = "451 4.3.0 not now"
    assert send(gateway, message())[0] == 250
    ids = wait_for(gateway.queue_ids, 20, "an id")
    done = gateway.command("explain", ids[0])
    assert done.returncode == 0 and b"someone@example.org" in done.stdout, done
    assert gateway.command("explain", "0" * 16).returncode != 0
