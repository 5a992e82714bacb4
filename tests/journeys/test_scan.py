# SPDX-License-Identifier: Apache-2.0
"""`postern scan` and `explain`, which need no gateway."""
import base64
import json
import os
import pty
import select
import subprocess

import pytest

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


RULES = """
policy "mark" { when = "subject ~ '*pills*'" do = {"subject '[pills] '", "header X-Seen: yes"} }
policy "same" { when = "subject ~ '*pills*'" do = {"subject '[again] '"} }
policy "keep" { when = "encrypted" do = {"quarantine"} }
"""


def test_what_held_and_what_it_asks_for(tmp_path):
    """Every rule that held, the collecting ones and those that came too late among them; four facts are always there."""
    house.make_users()
    conf = tmp_path / "rules.conf"
    conf.write_text(RULES)
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "1").write_bytes(message())
    (folder / "2").write_bytes(message(subject="pills", body="-----BEGIN PGP MESSAGE-----\r\n\r\nxxx\r\n"))
    (folder / "3").write_bytes(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 2000)
    (folder / "4").write_bytes(b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx\n")
    (folder / "5").write_bytes(b"Subject: a\nSubject: pills\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n\nx\n")
    status, out, err = scan("--json", "-c", str(conf), str(folder))
    assert status == 0, err
    rows = house.load_json(out)
    assert [row["policy"] for row in rows] == [[], ["mark", "same", "keep"], [], ["keep"], ["mark", "same"]]
    pills = ["subject [pills] ", "header X-Seen: yes"]
    assert [row["actions"] for row in rows] == [["deliver"], [*pills, "quarantine"], ["deliver"], ["quarantine"], [*pills, "deliver"]]
    always = [{name: row["facts"][name] for name in ("ambiguous", "encrypted", "unscannable", "virus")} for row in rows]
    nothing = {"ambiguous": [], "encrypted": [], "unscannable": "", "virus": ""}
    assert always[0] == nothing and always[1] == {**nothing, "encrypted": ["pgp"]} and always[3]["encrypted"] == ["smime"]
    assert rows[2]["verdict"] == "unscannable" and "parts" in always[2]["unscannable"]
    assert rows[4]["facts"]["subject"] == ["a", "pills"] and always[4]["ambiguous"] and not always[4]["encrypted"]


def test_what_is_long_is_shown_shortened(tmp_path):
    name, kind = "n" * 300 + ".txt", "application/" + "t" * 300
    (tmp_path / "long").write_bytes(f'Content-Type: {kind}; name="{name}"\r\n'.encode() + message(subject="\r\n ".join(["filler"] * 100)))
    done = subprocess.run([house.POSTERN, "explain", tmp_path / "long"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "(shortened; 699 bytes in all)" in done.stdout, done
    assert "named " + "n" * 200 + " ... (shortened; 304 bytes in all)" in done.stdout and kind not in done.stdout, done
    done = subprocess.run([house.POSTERN, "explain", "--json", tmp_path / "long"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert house.load_json(done.stdout)[0]["facts"]["subject"] == " ".join(["filler"] * 100), "whole as an object"


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


def memory_of(pids):
    """{pid: (kilobytes of its own, descriptors)} of those that still run."""
    found = {}
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                found[pid] = (int(next(line for line in file if line.startswith("RssAnon")).split()[1]), len(os.listdir(f"/proc/{pid}/fd")))
        except (OSError, StopIteration):
            continue
    return found


def tree_of(pid):
    return [pid, *house.children_of(pid)]


def test_ten_thousand_messages_cost_no_memory(tmp_path):
    """Workers that are never replaced, so that what one of them keeps would show."""
    house.make_users()
    conf = tmp_path / "scan.conf"
    conf.write_text('hostname = "mx.example.org"\ninspect { workers = 2 messages_per_worker = 100000 }\n', encoding="utf-8")
    (tmp_path / "mail").mkdir()
    for kind in range(50):
        first = tmp_path / "mail" / f"{kind:02}-000"
        first.write_bytes(message(subject=f"mail {kind}", body=f"line {kind}\r\n" * (20 + 40 * kind)))
        for number in range(1, 200):
            os.link(first, tmp_path / "mail" / f"{kind:02}-{number:03}")
    with subprocess.Popen([house.POSTERN, "scan", "--json", "--jobs", "4", "-c", str(conf), str(tmp_path / "mail")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        early, late, count = {}, {}, 0
        for _ in process.stdout:
            count += 1
            if count == 3000:
                early = memory_of(tree_of(process.pid))
            if count == 9500:
                late = memory_of(early)
        assert process.wait(60) == 0, process.stderr.read()
    assert count == 10000 and len(early) >= 5, (count, early)
    assert set(late) == set(early), "the same processes all the way"
    grown = {pid: late[pid][0] - early[pid][0] for pid in early}
    print(f"kilobytes after 3,000 and 9,500 messages: {early} {late}")
    assert max(grown.values()) < 1024, (early, late)
    assert all(late[pid][1] <= early[pid][1] + 4 for pid in early), "descriptors"


def test_a_line_on_a_terminal_says_how_far_it_is(tmp_path):
    """And none where nobody looks."""
    house.make_users()
    (tmp_path / "mail").mkdir()
    first = tmp_path / "mail" / "0000"
    first.write_bytes(message(body="x" * 60 + "\r\n") + b"--b\r\n" * 600000)
    for number in range(1, 3000):                       # far more than are read until the line comes
        os.link(first, tmp_path / "mail" / f"{number:04}")
    master, slave = pty.openpty()
    with subprocess.Popen([house.POSTERN, "scan", "--jobs", "1", str(tmp_path / "mail")], stdout=subprocess.PIPE, stderr=slave,
                          env=dict(os.environ, POSTERN_CONF="")) as process:
        os.close(slave)
        said = b""
        while process.poll() is None or select.select([master], [], [], 0)[0]:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    said += os.read(master, 65536)
                except OSError:
                    break
            if b" a second, at " in said:
                process.terminate()
                break
    os.close(master)
    assert b" messages, " in said and b" a second, at " in said, said[-300:]


# ---- ceilings and character sets, in the jailed worker ----

CEILINGS = [                                         # a setting of `inspect`, its reason, and a message that only the usual value lets pass
    ("mime_depth = 3", "depth", b"Content-Type: message/rfc822\r\n\r\n" * 5 + message()),
    ("mime_parts = 4", "parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 6 + b"--b--\r\n"),
    ("mime_parameters = 3", "parameters", b"Content-Type: text/plain" + b"; a=b" * 9 + b"\r\n\r\nx\r\n"),
    ("mime_boundary = 70", "boundary", b"Content-Type: multipart/mixed; boundary=" + b"y" * 71 + b"\r\n\r\n--" + b"y" * 71 + b"\r\n\r\nx\r\n"),
    ('header_bytes = "4K"', "headers", b"X-A: b\r\n" * 900 + message()),
    ("header_count = 10", "headers", b"X-A: b\r\n" * 20 + message()),
    ('header_longest = "1K"', "headers", b"X-A: " + b"b" * 2000 + b"\r\n" + message()),
]


def scan_one(tmp_path, data, settings=""):
    (tmp_path / "scan.conf").write_text(f'hostname = "mx.example.org"\ninspect {{ workers = 1 {settings} }}\n', encoding="utf-8")
    (tmp_path / "one.eml").write_bytes(data)
    status, out, err = scan("--json", "-c", str(tmp_path / "scan.conf"), str(tmp_path / "one.eml"))
    assert status == 0, err
    return house.load_json(out)[0]


@pytest.mark.parametrize("setting,reason,data", CEILINGS, ids=[setting.split()[0] for setting, _, _ in CEILINGS])
def test_a_ceiling_of_the_file_holds(tmp_path, setting, reason, data):
    house.make_users()
    usual, low = scan_one(tmp_path, data), scan_one(tmp_path, data, setting)
    assert usual["verdict"] == "clean" and not usual["facts"]["unscannable"], usual
    assert low["verdict"] == "unscannable" and f"a ceiling was hit: {reason}" in json.dumps(low), low


def test_addresses_beyond_the_ceiling_of_the_file_are_said(tmp_path):
    house.make_users()
    data = b"To: " + b", ".join(b"a%d@example.org" % i for i in range(9)) + b"\r\n" + message()
    assert scan_one(tmp_path, data)["facts"]["ambiguous"] == []
    assert scan_one(tmp_path, data, "addresses = 5")["facts"]["ambiguous"] == ["more addresses in a field than are read"]


def test_character_sets_are_converted_in_the_jail(tmp_path):
    """By converters that were opened before it; one that nobody opened is a fact, and never a silent guess."""
    house.make_users()
    word = "привет"
    for charset in ("koi8-r", "windows-1251", "iso-8859-5", "utf-8"):
        code = base64.b64encode(word.encode(charset)).decode()
        data = message(subject=f"=?{charset}?b?{code}?=")
        assert scan_one(tmp_path, data)["facts"]["subject"] == word, charset
    for charset in ("iso-2022-jp", "shift_jis", "euc-jp"):
        code = base64.b64encode("日本".encode(charset)).decode()
        assert scan_one(tmp_path, message(subject=f"=?{charset}?b?{code}?="))["facts"]["subject"] == "日本", charset
    head = b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b; name="=?%s?q?file=E9.txt?="\r\n\r\nx\r\n--b--\r\n'
    assert scan_one(tmp_path, head % b"koi8-r")["facts"]["ambiguous"] == []
    assert scan_one(tmp_path, head % b"x-nobody-knows")["facts"]["ambiguous"][-1] == "a name in a character set that readers take differently"
