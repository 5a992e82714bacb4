# SPDX-License-Identifier: Apache-2.0
"""The message log: `postern explain` of what is long gone, `postern replay` of what a new configuration would change, and
a keeper that is slow, stopped or killed: mail goes on, and the log says what it lacks."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import zlib

import pytest

import house
from client import Client, letter
from house import message, send, wait_for
from scanner import Scanner

RULES = """
policy "pills"  { when = "subject ~ '*pills*'" do = {"quarantine"} }
policy "nobody" { when = "recipient ~ 'nobody@*'" do = {"reject nobody lives here"} }
policy "mark"   { when = "subject ~ '*offer*'" do = {"subject '[offer] '"} }
"""


@pytest.fixture
def gateway(started, sink, quick):
    return started(house.Gateway([("example.org", [sink.url])], quick + RULES))


def hand_in(gateway, subject, recipients=("berta@example.org",)):
    with Client(gateway.port) as client:
        return client.mail("anna@example.net", list(recipients), letter(subject))


def id_of(reply):
    return re.search(r"accepted as (\w{16})", reply)[1]


def explained(gateway, ident):
    done = gateway.command("explain", "--json", ident)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def replay(gateway, against, *words):
    done = gateway.command("replay", "--against", str(against), "--json", *words)
    assert done.returncode == 0, done
    rows = house.load_json(done.stdout.decode())
    return rows[:-1], rows[-1]["totals"]


def other_conf(gateway, tmp_path, old, new, name="new.conf"):
    text = pathlib.Path(gateway.conf).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_what_is_delivered_is_explained(gateway, sink):
    ident = id_of(hand_in(gateway, "an offer"))
    sink.wait()
    gateway.wait_empty()
    trace = explained(gateway, ident)
    assert trace["envelope"]["id"] == ident and trace["envelope"]["sender"] == "anna@example.net"
    assert trace["recipients"][0]["outcome"] == "deliver" and trace["recipients"][0]["address"] == "berta@example.org"
    assert trace["recipients"][0]["also"][0]["rule"] == "mark" and trace["recipients"][0]["also"][0]["origin"]
    assert trace["facts"]["subject"] == "an offer" and trace["parts"]
    assert {"clock", "peer"} <= {answer["kind"] for answer in trace["answers"]}
    assert any("127.0.0.1" in answer["text"] for answer in trace["answers"] if answer["kind"] == "peer")
    text = gateway.text("explain", ident)
    for word in ("berta@example.org: deliver", "subject = an offer", "policy mark (", "clock: said 20", "settings", "policy 'pills' when"):
        assert word in text, text


def test_what_was_refused_is_explained(gateway):
    reply = hand_in(gateway, "hello", ["nobody@example.org"])
    assert reply.startswith("550"), reply
    ident = wait_for(lambda: re.search(r"info (\w{16}) queue refused", gateway.log_text()), 10, "the refusal in the log")[1]
    trace = explained(gateway, ident)
    assert trace["recipients"][0]["outcome"] == "reject" and trace["recipients"][0]["rule"] == "nobody"
    assert gateway.command("explain", "0" * 16).returncode == 1


def test_the_quarantine_is_explained_and_replayed(gateway, tmp_path):
    ident = id_of(hand_in(gateway, "pills"))
    wait_for(lambda: ident in gateway.text("quarantine", "list"), 20, "it in the quarantine")
    assert explained(gateway, ident)["recipients"][0]["rule"] == "pills"
    assert "quarantine (policy) by policy pills (" in gateway.text("explain", ident)
    rows, totals = replay(gateway, gateway.conf, "--quarantine")
    assert rows == [] and totals["messages"] == totals["same"] == 1, (rows, totals)
    rows, totals = replay(gateway, other_conf(gateway, tmp_path, "*pills*", "*other*"), "--quarantine")
    assert totals["differ"] == 1 and totals["changes"] == {"quarantine -> deliver": 1}, totals
    assert rows[0]["file"] == ident and rows[0]["changes"][0]["from"]["why"] == "pills"


def test_what_was_judged_is_replayed(gateway, sink, tmp_path):
    for subject in ("one", "an offer", "pills", "two"):
        assert hand_in(gateway, subject).startswith("250")
    assert hand_in(gateway, "three", ["nobody@example.org"]).startswith("550")
    sink.wait(3)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["messages"] == totals["same"] == 5, (rows, totals)
    new = other_conf(gateway, tmp_path, 'do = {"reject nobody lives here"}', 'do = {"hold"}')
    rows, totals = replay(gateway, new, "--kept")
    assert totals == {"messages": 5, "same": 4, "differ": 1, "unknown": 0, "not_looked_for": 0, "changes": {"reject -> hold": 1}}
    change = rows[0]["changes"][0]
    assert change["recipient"] == "nobody@example.org" and change["to"]["why"] == "nobody"
    assert re.fullmatch(r".*/new\.conf:\d+", change["to"]["origin"]) and change["from"]["what"].startswith("reject '550")
    # The same without a gateway: the files are read.
    gateway.stop()
    rows, totals = replay(gateway, new, "--kept")
    assert totals["messages"] == 5 and totals["differ"] == 1
    done = gateway.command("replay", "--against", str(new), "--kept")
    assert b"nobody@example.org: reject '550" in done.stdout and b"5 messages: 4 the same, 1 differ" in done.stdout, done


def test_a_header_that_was_not_kept_is_not_guessed(gateway, sink, tmp_path):
    assert hand_in(gateway, "one").startswith("250")
    sink.wait()
    new = other_conf(gateway, tmp_path, "subject ~ '*pills*'", "header('X-Kind') = 'offer'")
    rows, totals = replay(gateway, new, "--kept")
    assert totals["not_looked_for"] == 1 and totals["same"] == totals["unknown"] == 0, (rows, totals)
    assert rows[0]["not_looked_for"] == ['header("X-Kind")'], rows
    done = gateway.command("replay", "--against", str(new), "--kept")
    assert b': not looked for then: header("X-Kind")\n' in done.stdout and b"1 not looked for then\n" in done.stdout, done
    rows, totals = replay(gateway, new, "--kept", "--quarantine")
    assert totals["not_looked_for"] == 1, (rows, totals)


def test_scanners_are_not_asked_again(started, sink, quick):
    socket = pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "clamd"
    socket.parent.chmod(0o755)
    scanner = started(Scanner(socket))
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + RULES + scanner.section))
    ident = id_of(hand_in(gateway, "one"))
    sink.wait()
    assert any(answer["kind"] == "scanners" and answer["end"] == "clean" for answer in explained(gateway, ident)["answers"])
    gateway.stop()
    scanner.stop()
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["same"] == 1, (rows, totals)


def test_files_are_replayed(gateway, tmp_path):
    for number, subject in enumerate(("pills", "hello", "an offer")):
        (tmp_path / f"{number}.eml").write_bytes(message(subject=subject))
    (tmp_path / "new").mkdir()
    new = other_conf(gateway, tmp_path / "new", "*pills*", "*hello*")
    paths = [str(tmp_path / f"{number}.eml") for number in range(3)]
    rows, totals = replay(gateway, gateway.conf, *paths)
    assert rows == [] and totals["same"] == 3
    rows, totals = replay(gateway, new, *paths)
    assert [os.path.basename(row["file"]) for row in rows] == ["0.eml", "1.eml"]
    assert totals["changes"] == {"quarantine -> deliver": 1, "deliver -> quarantine": 1} and totals["same"] == 1


def test_a_mistake_in_the_new_configuration_is_said(gateway, tmp_path):
    new = other_conf(gateway, tmp_path, "subject ~ '*pills*'", "subjekt ~ '*pills*'")
    done = gateway.command("replay", "--against", str(new), "--kept")
    assert done.returncode == 2 and b"subjekt" in done.stderr, done
    assert gateway.command("replay", "--kept").returncode == 2


@pytest.mark.skipif(house.corpora()[0] is None, reason=str(house.corpora()[1]))
def test_the_same_configuration_twice_over_the_corpora(gateway):
    folder = os.path.join(house.corpora()[0], "mime")
    rows, totals = replay(gateway, gateway.conf, folder)
    assert rows == [] and totals["messages"] == totals["same"] > 500, totals
    print(totals)


# ---- what a judgement by what was found then does not show ----

def test_another_template_is_told(started, sink, quick, tmp_path):
    rules = 'policy "tell" { when = "subject ~ \'*offer*\'" do = {"notify postmaster@example.org"} }\n' \
            'template "address" { subject = "a rule applies" }\n'
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + rules))
    assert hand_in(gateway, "an offer").startswith("250") and hand_in(gateway, "two").startswith("250")
    sink.wait(3)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["same"] == totals["messages"], totals
    rows, totals = replay(gateway, other_conf(gateway, tmp_path, '"a rule applies"', '"another word"'), "--kept")
    assert totals["differ"] == 1 and totals["changes"] == {"deliver, done otherwise": 1}, totals
    assert rows[0]["changes"][0]["to"]["what"].endswith('by another template "address"'), rows


def test_other_ceilings_are_not_told_as_the_same(gateway, sink, tmp_path):
    assert hand_in(gateway, "one").startswith("250") and hand_in(gateway, "pills").startswith("250")
    sink.wait()
    new = other_conf(gateway, tmp_path, 'policy "mark"', 'inspect { mime_depth = 3 cpu_limit = "5s" }\npolicy "mark"')
    rows, totals = replay(gateway, new, "--kept")
    assert totals["unknown"] == totals["messages"] == 2 and totals["same"] == 0, totals
    assert all("mime_depth" in row["unknown"] for row in rows), rows
    (tmp_path / "0.eml").write_bytes(message())
    rows, totals = replay(gateway, new, "--quarantine", str(tmp_path / "0.eml"))
    assert rows == [] and totals["same"] == 2, "where the bytes are at hand they are read anew"
    (tmp_path / "deep.eml").write_bytes(b"Content-Type: message/rfc822\r\n\r\n" * 5 + message())
    rows, totals = replay(gateway, new, str(tmp_path / "deep.eml"))
    assert totals["changes"]["verdict clean -> unscannable"] == 1, totals


class FakeKeeper:
    """Listens where a keeper would. `names` are listed; `handed` of them are handed out, and then nothing is answered."""

    def __init__(self, run, names, handed):
        self.names, self.handed, self.asked = names, handed, []
        os.makedirs(run)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(os.path.join(run, "keeper.control"))
        self.socket.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(20)
        self.socket.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    self.answer(connection)

    def answer(self, connection):
        words, rest = [], connection.recv(65536)[16:]
        while rest:
            length, = struct.unpack_from("<I", rest)
            words.append(rest[4:4 + length].decode())
            rest = rest[4 + length:]
        self.asked.append(words)
        if words[1] == "list":
            self.say(connection, 1, "".join(name + "\n" for name in self.names).encode())
        elif len([asked for asked in self.asked if asked[1] == "file"]) > self.handed:
            return                                          # it goes away
        else:
            with tempfile.TemporaryFile() as file:
                self.say(connection, 2, b"", file.fileno())
        self.say(connection, 3, struct.pack("<BI", 0, 0))

    @staticmethod
    def say(connection, kind, payload, *descriptors):
        head = struct.pack("<BBBBIQ", 1, kind, 0, len(descriptors), len(payload), 1)
        socket.send_fds(connection, [head + payload], descriptors)


def test_a_keeper_that_goes_midway_leaves_no_file_unmentioned(started, tmp_path):
    keeper = started(FakeKeeper(str(tmp_path / "run"), ["0000000001-1", "0000000002-2", "0000000003-3"], 1))
    conf = tmp_path / "postern.conf"
    conf.write_text(f'hostname = "mx.example.org"\nspool = "{tmp_path}/spool"\nstate = "{tmp_path}"\nrun = "{tmp_path}/run"\n'
                    'listen "smtp" { address = "127.0.0.1:2525" }\n', encoding="utf-8")
    house.make_users()
    done = subprocess.run([house.POSTERN, "replay", "-c", conf, "--against", conf, "--kept"], capture_output=True, check=False, timeout=100)
    assert done.returncode == 1 and b"0000000002-2" in done.stderr and b"2 files" in done.stderr, done
    assert [words[2] for words in keeper.asked if words[1] == "file"] == ["0000000001-1", "0000000002-2", "0000000002-2"], "asked twice"


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def block(records):
    """A block of a log, of judgements: (key, bytes)."""
    raw = b"".join(struct.pack("<BQ16sI", 1, 1795600000, key, len(data)) + data for key, data in records)
    stored, keys = zlib.compress(raw), sorted(key for key, _ in records)
    head = struct.pack("<IIIIII16s16sQQI", 0x424c5350, 1, len(stored), len(raw), crc32c(stored), len(records), keys[0], keys[-1],
                       1795600000, 1795600000, 0)
    return head + struct.pack("<I", crc32c(head)) + stored


def records_of(path):
    """(key, bytes) of each judgement in a file of the log."""
    rest, size = path.read_bytes(), struct.calcsize("<IIIIII16s16sQQI") + 4
    while rest:
        stored, = struct.unpack_from("<I", rest, 8)
        raw, rest = zlib.decompress(rest[size:size + stored]), rest[size + stored:]
        while raw:
            kind, _, key, length = struct.unpack_from("<BQ16sI", raw)
            if kind == 1:
                yield key, raw[29:29 + length]
            raw = raw[29 + length:]


def as_of_then(data):
    """The same judgement, as it was kept before findings had the number of their reader."""
    start = 5 + struct.unpack_from("<I", data, 1)[0]
    judgement = data[start + 4:]
    for place in range(len(judgement) - 8):
        length, = struct.unpack_from("<I", judgement, place)
        findings, rest = judgement[place + 4:place + 4 + length], judgement[place + 4 + length:]
        if findings[:1] == b"\3" and len(rest) >= 4 and struct.unpack_from("<I", rest)[0] == len(rest) - 4:
            break
    facts, = struct.unpack_from("<I", findings, 5)
    old = b"\2" + findings[5:-4 - 8 * facts]
    judgement = judgement[:place] + struct.pack("<I", len(old)) + old + rest
    return data[:start] + struct.pack("<I", len(judgement)) + judgement


def test_what_was_not_looked_for_then_is_said(started, sink, quick, tmp_path):
    gateway = started(house.Gateway([("example.org", [sink.url])], quick + 'policy "huge" { when = "size > 1G" do = {"hold"} }\n'))
    assert hand_in(gateway, "pills").startswith("250")
    sink.wait()
    gateway.wait_empty()
    gateway.stop()
    log = pathlib.Path(gateway.folder) / "state" / "log"
    kept = [record for path in sorted(log.iterdir()) for record in records_of(path)]
    (log / "0000000000-1").write_bytes(block([(b"000000000000PAST", as_of_then(kept[0][1]))]))
    rows, totals = replay(gateway, other_conf(gateway, tmp_path, "size > 1G", "parts > 0"), "--kept")
    assert totals["differ"] == 2 and totals["not_looked_for"] == 0, "what was looked for then is judged"
    rows, totals = replay(gateway, other_conf(gateway, tmp_path, "size > 1G", "subject ~ '*pills*' and signed"), "--kept")
    assert totals["same"] == 1 and totals["not_looked_for"] == 1 and totals["unknown"] == 0, (rows, totals)
    assert rows == [{"file": "000000000000PAST", "not_looked_for": ["subject", "signed"]}], rows


def test_a_record_that_is_none_ends_nothing(gateway, sink):
    for number, subject in enumerate(("one", "two", "three")):
        assert hand_in(gateway, subject).startswith("250")
        sink.wait(number + 1)
    gateway.wait_empty()
    gateway.stop()
    bad = block([(b"0000000000000BAD", b"nothing of a record"), (b"0000000000001BAD", struct.pack("<BI4sI3s", 0, 4, b"what", 3, b"why"))])
    (pathlib.Path(gateway.folder) / "state" / "log" / "0000000000-1").write_bytes(bad)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert totals["messages"] == 5 and totals["same"] == 3 and totals["unknown"] == 2, (rows, totals)
    assert [row["file"] for row in rows] == ["0000000000000BAD", "0000000000001BAD"], rows


def test_an_id_that_may_stand_in_what_cannot_be_read(gateway):
    nobody = "0000000000000000"
    done = gateway.command("explain", nobody)
    assert done.returncode == 1 and b"nor the message log knows it" in done.stderr, done
    gateway.stop()
    damaged = pathlib.Path(gateway.folder) / "state" / "log" / "0000000000-1"
    bad = block([(b"0000000000001BAD", b"what")])
    damaged.write_bytes(bytes([bad[0] ^ 1]) + bad[1:])          # in its head: nobody knows what may stand in it
    done = gateway.command("explain", nobody)
    assert done.returncode == 2 and b"0000000000-1: the message log is damaged" in done.stderr, done
    assert b"could not be read whole" in done.stderr, done


# ---- a keeper in trouble ----

def keeper(gateway):
    return next(pid for pid, name in gateway.children().items() if name == "keeper")


def gaps(gateway):
    return sum(int(count) for count in re.findall(r"keeper log-gap records=(\d+)", gateway.log_text()))


def test_a_keeper_that_does_not_read_holds_nothing(gateway, sink):
    pid = keeper(gateway)
    os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for number in range(30):
            assert hand_in(gateway, f"mail {number}").startswith("250")
        sink.wait(30)
        gateway.wait_empty()
        assert time.monotonic() - begin < 25
    finally:
        os.kill(pid, signal.SIGCONT)
    rows, totals = replay(gateway, gateway.conf, "--kept")
    assert rows == [] and totals["messages"] == 30, "what waited was not lost"


def test_a_killed_keeper_loses_no_mail_and_its_log_says_what_it_lacks(gateway, sink):
    assert hand_in(gateway, "before").startswith("250")
    assert replay(gateway, gateway.conf, "--kept")[1]["messages"] == 1
    pid = keeper(gateway)
    os.kill(pid, signal.SIGSTOP)
    for number in range(20):
        assert hand_in(gateway, f"mail {number}").startswith("250")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: any(name == "keeper" and new != pid for new, name in gateway.children().items()), 20, "another keeper")
    sink.wait(21)
    gateway.wait_empty()
    wait_for(lambda: gaps(gateway) == 20, 20, "the gap in the log")
    assert hand_in(gateway, "after").startswith("250")
    wait_for(lambda: replay(gateway, gateway.conf, "--kept")[1]["messages"] == 2, 20, "before and after")


def test_strangers_do_not_read_the_log(gateway, sink):
    if not house.IS_ROOT:
        pytest.skip("root can become somebody else")
    assert hand_in(gateway, "one").startswith("250")
    sink.wait()
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", house.POSTERN, "replay", "-c", gateway.conf,
                           "--against", gateway.conf, "--kept"], capture_output=True, check=False)
    assert done.returncode == 2 and b"postern-admin" in done.stderr, done
