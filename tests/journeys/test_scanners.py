# SPDX-License-Identifier: Apache-2.0
"""Viruses, and scanners that are dead, slow or lying: nothing of that ends as clean."""
import os
import time
from pathlib import Path

import pytest

import house
from house import EICAR, Clamd, Gateway, message, send, wait_for, without_trace
from scanner import CLEAN, Scanner

needs_clamd = pytest.mark.skipif(bool(house.need("clamd")), reason=str(house.need("clamd")))


@needs_clamd
def test_eicar_is_quarantined_and_released(started, sink, quick):
    clamd = started(Clamd())
    gateway = started(Gateway([("example.org", [sink.url])], quick + "\n" + clamd.section))
    viruses = [message(subject, EICAR.decode() + "\r\n") for subject in ("a virus", "a second one")]
    clean = message("no virus")
    for virus in viruses:
        assert send(gateway, virus)[0] == 250
    assert send(gateway, clean)[0] == 250
    assert without_trace(sink.wait()[0].data, clean) == clean
    ids = sorted(wait_for(lambda: len(gateway.queue_ids("quarantine")) == 2 and gateway.queue_ids("quarantine"), 20,
                          f"two in quarantine: {gateway.log_text()}"))
    assert "virus" in gateway.text("quarantine", "list")
    assert "Postern.Test.EICAR" in gateway.text("quarantine", "show", ids[0])
    original = gateway.command("quarantine", "show", "--bytes", ids[0]).stdout
    assert original in viruses
    gateway.text("quarantine", "delete", ids[1])
    gateway.text("quarantine", "release", ids[0])
    wait_for(lambda: len(sink.letters) == 2, 20, f"the released one: {gateway.log_text()}")
    assert without_trace(sink.letters[1].data, original) == original
    time.sleep(1)
    assert len(sink.letters) == 2, "only what was released came"


@needs_clamd
def test_scan_asks_the_real_scanner(started, quick, tmp_path):
    clamd = started(Clamd())
    gateway = Gateway([], quick + "\n" + clamd.section)
    (tmp_path / "virus").write_bytes(message(body=EICAR.decode() + "\r\n"))
    (tmp_path / "clean").write_bytes(message())
    done = gateway.command("scan", "--scanners", "--json", str(tmp_path))
    assert done.returncode == 0, done.stderr
    rows = house.load_json(done.stdout.decode())
    assert [(os.path.basename(row["file"]), row["verdict"]) for row in rows] == [("clean", "clean"), ("virus", "virus")]
    done = gateway.command("scan", "--json", str(tmp_path))
    assert [row["verdict"] for row in house.load_json(done.stdout.decode())] == ["clean", "clean"]


def quarantined_as_unscannable(started, sink, quick, section):
    gateway = started(Gateway([("example.org", [sink.url])], quick + "\n" + section))
    assert send(gateway, message())[0] == 250
    wait_for(lambda: gateway.queue_ids("quarantine"), 40, f"one in quarantine: {gateway.log_text()}")
    assert "unscannable" in gateway.text("quarantine", "list")
    assert sink.letters == []


def test_a_dead_scanner_is_not_clean(started, sink, quick):
    nobody = Scanner(Path(house.folder()) / "nobody")
    quarantined_as_unscannable(started, sink, quick, nobody.section)


@pytest.mark.parametrize("answer", [None, b"OK", b"stream: ok\n", b"fd[10]: OK FOUND and more\n", b"\n", b"x" * 100000,
                                    b"fd[10]: Size limit exceeded ERROR\n", b"fd[10]: OK"])
def test_a_lying_scanner_is_not_clean(started, sink, quick, answer):
    liar = started(Scanner(Path(house.folder()) / "liar", lambda data: answer))
    quarantined_as_unscannable(started, sink, quick, liar.section)


def test_a_scanner_sees_the_original(started, sink, quick):
    seen = []
    scanner = started(Scanner(Path(house.folder()) / "scanner", lambda data: seen.append(data) or CLEAN))
    gateway = started(Gateway([("example.org", [sink.url])], quick + "\n" + scanner.section))
    data = message(body=".dots\r\n")
    assert send(gateway, data)[0] == 250
    sink.wait()
    assert any(without_trace(one, data) == data for one in seen)


def test_a_virus_may_be_refused(started, sink, quick):
    scanner = started(Scanner(Path(house.folder()) / "scanner", lambda data: b"fd[10]: Bad FOUND\n" if b"bad" in data else CLEAN))
    gateway = started(Gateway([("example.org", [sink.url])], quick + "\n" + scanner.section,
                              policy='policy "virus" { when = "virus" do = {"reject"} }'))
    assert send(gateway, message(body="bad\r\n"))[0] in range(550, 555)
    assert send(gateway, message())[0] == 250
    sink.wait()
    assert len(sink.letters) == 1
