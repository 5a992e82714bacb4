# SPDX-License-Identifier: Apache-2.0
"""Disks that others fill, limits of the system, files of somebody else: mail is put off, nothing is lost, the log says why."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "journeys"))

import house                    # noqa: E402
from test_faults import ACCEPTED, check_kept, queue_of        # noqa: E402

pytestmark = pytest.mark.skipif(not os.access(house.POSTERN, os.X_OK), reason=f"no gateway is built in {house.BUILD}")
only_root = pytest.mark.skipif(not house.IS_ROOT, reason="only root may mount a small file system")

SETTINGS = 'queue { threads = 4 retry_least = "1s" retry_most = "2s" reserve = "%s" reserve_inodes = %d journal_size = 64K }'
MAKERS = {"ext4": ["mkfs.ext4", "-q", "-N", "600"], "xfs": ["mkfs.xfs", "-q"]}
SIZES = {"ext4": 48, "xfs": 320}               # MiB; mkfs.xfs makes none below 300
BACK = 5.0                                     # seconds after there is room


@contextlib.contextmanager
def small_disk(kind, where):
    image = Path(where + ".image")
    os.makedirs(where, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(SIZES[kind] << 20)
    made = subprocess.run([*MAKERS[kind], str(image)], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    mounted = subprocess.run(["mount", "-o", "loop", str(image), where], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no namespace in which an image can be mounted: " + mounted.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", where], check=False)
        image.unlink()


def fill_bytes(path):
    """To the last byte."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for piece in (1 << 20, 65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(fd, b"x" * piece)
        with contextlib.suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)


def fill_inodes(path):
    os.mkdir(path)
    with contextlib.suppress(OSError):
        for number in range(1 << 30):
            os.close(os.open(f"{path}/{number}", os.O_WRONLY | os.O_CREAT, 0o600))


def take_away(path):
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def offer(gateway, data):
    """(code, text) of whichever command says no, or of the final dot."""
    with gateway.client() as client:
        client.ehlo()
        for code, text in (client.mail("you@example.net"), client.rcpt("someone@example.org")):
            if code != 250:
                return code, text
        return client.data(data)


def deposit(gateway, kept, count, size=10):
    for _ in range(count):
        data = house.message(subject=f"number {len(kept)}", body="x" * 70 + "\r\n" + "line\r\n" * size)
        code, text = offer(gateway, data)
        assert code == 250, (text, gateway.log_text())
        kept[ACCEPTED.search(text).group(1).decode()] = data


@contextlib.contextmanager
def stopped_at_the_end(gateway):
    """Before the disk goes away."""
    try:
        yield
    finally:
        gateway.stop()


@only_root
@pytest.mark.parametrize("kind, fill", [("ext4", fill_bytes), ("ext4", fill_inodes), ("xfs", fill_bytes)])
def test_others_fill_the_disk(kind, fill):
    sink = house.Sink()
    sink.answers["DATA"] = "451 4.3.0 not now"
    gateway = house.Gateway([("example.org", [sink.url])], SETTINGS % ("64K", 4))
    try:
        with small_disk(kind, gateway.spool), stopped_at_the_end(gateway):
            others, kept = os.path.join(gateway.spool, "lost+found-of-others"), {}
            gateway.start()
            deposit(gateway, kept, 40)
            fill(others)
            end = time.monotonic() + 10
            while (answer := offer(gateway, house.message(subject="too much")))[0] == 250:
                kept[ACCEPTED.search(answer[1]).group(1).decode()] = house.message(subject="too much")
                assert time.monotonic() < end, "a full disk is noticed"
            assert answer[0] in (451, 452), answer
            check_kept(gateway, kept)
            if fill is fill_bytes:                     # deliveries go on, and are written down
                sink.answers.clear()
                gateway.text("queue", "flush")
                house.wait_for(lambda: len(sink.letters) >= len(kept), 30, f"deliveries with a full disk: {gateway.log_text()}")
                gateway.wait_empty(30)
                pid = queue_of(gateway)
                os.kill(pid, signal.SIGKILL)
                house.wait_for(lambda: any(name == "queue" and one != pid for one, name in gateway.children().items()), 20, "a new queue")
                house.wait_for(lambda: gateway.command("queue", "ledger").returncode == 0, 20, "its ledger")
                gateway.wait_empty(30)
                assert len(sink.letters) == len(kept), "nothing was delivered twice"
                kept = {}
            take_away(others)
            began = time.monotonic()
            while offer(gateway, house.message(subject="is there room?"))[0] != 250:
                time.sleep(0.1)
                assert time.monotonic() - began < 5 * BACK, gateway.log_text()
            taken = time.monotonic() - began
            print(f"{kind} {fill.__name__}: mail is taken again {taken:.1f} s after there is room")
            assert taken < BACK
            sink.answers.clear()
            gateway.text("queue", "flush")
            gateway.wait_empty(60)
            assert len(sink.letters) >= len(kept)
    finally:
        sink.stop()
        shutil.rmtree(gateway.folder, ignore_errors=True)


@contextlib.contextmanager
def limited(gateway, limit):
    """The gateway that is started meanwhile has that limit."""
    real, wrapped = house.POSTERN, os.path.join(gateway.folder, "limited")
    with open(wrapped, "w", encoding="utf-8") as out:
        out.write(f'#!/bin/sh\nexec prlimit {limit} {real} "$@"\n')
    os.chmod(wrapped, 0o755)
    house.POSTERN = wrapped
    try:
        yield
    finally:
        house.POSTERN = real


def test_a_limit_of_file_sizes_is_a_full_disk():
    """Not the end of a process: SIGXFSZ."""
    gateway = house.Gateway([("example.org", [f"smtp://127.0.0.1:{house.free_port()}"])], SETTINGS % ("0", 0))
    try:
        with limited(gateway, "--fsize=300000"):
            gateway.start()
        kept = {}
        deposit(gateway, kept, 3)
        before = set(gateway.children())
        code, text = offer(gateway, house.message(subject="large", body="x" * 70 + "\r\n" + "line\r\n" * 80000))
        assert code in (451, 452), (code, text)
        deposit(gateway, kept, 3)
        check_kept(gateway, kept)
        assert set(gateway.children()) == before and gateway.process.poll() is None, gateway.log_text()
    finally:
        gateway.stop()
        shutil.rmtree(gateway.folder, ignore_errors=True)


def wait_for_words(gateway, *words):
    def said():
        return all(re.search(word, gateway.log_text()) for word in words)
    house.wait_for(said, 30, f"{words} in the log")


@pytest.mark.skipif(not house.IS_ROOT, reason="only root may give files away")
def test_files_of_another_user_are_named():
    gateway = house.Gateway([("example.org", [f"smtp://127.0.0.1:{house.free_port()}"])], SETTINGS % ("0", 0))
    try:
        gateway.start()
        deposit(gateway, {}, 2)
        gateway.stop()
        os.chown(os.path.join(gateway.spool, "journal"), 0, 0)
        os.chmod(os.path.join(gateway.spool, "journal"), 0o600)
        gateway.begin()
        wait_for_words(gateway, r"queue cannot-begin what=journal .*error=EACCES", re.escape(gateway.spool))
    finally:
        gateway.stop()
        shutil.rmtree(gateway.folder, ignore_errors=True)


def test_too_little_memory_is_named():
    gateway = house.Gateway([("example.org", [f"smtp://127.0.0.1:{house.free_port()}"])], "queue { threads = 64 }")
    try:
        with limited(gateway, "--as=150000000"):
            gateway.begin()
        wait_for_words(gateway, r"queue cannot-begin what=threads .*error=ENOMEM")
    finally:
        gateway.stop()
        shutil.rmtree(gateway.folder, ignore_errors=True)
