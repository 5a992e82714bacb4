# SPDX-License-Identifier: Apache-2.0
"""The disk says no, at each system call of one accept and of one delivery, one after the other.

strace makes the one thread of the queue's crew hear an error where there was none. Each time the client must be told
4xx, or the message must be there: in the queue, after a kill too, and at the next hop once.
"""
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

pytestmark = pytest.mark.skipif(not os.access(house.POSTERN, os.X_OK), reason=f"no gateway is built in {house.BUILD}")

ONE_THREAD = 'queue { threads = 1 retry_least = "%s" retry_most = "1h" reserve = 0 reserve_inodes = 0 }'
ERRORS = {
    "openat": ("EMFILE", "ENOSPC", "ENOMEM"), "writev": ("ENOSPC", "EIO", "EDQUOT", "EINTR", "ENOMEM"), "pread64": ("EIO", "EINTR", "ENOMEM"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT"), "fdatasync": ("EIO", "ENOSPC", "EDQUOT"), "linkat": ("EEXIST", "ENOSPC", "EIO", "EDQUOT", "ENOMEM"),
    "renameat": ("EIO", "ENOSPC"), "unlinkat": ("EIO", "EROFS"), "lseek": ("EIO",), "fallocate": ("ENOSPC", "EINTR", "EOPNOTSUPP")}
ACCEPTED = re.compile(rb"accepted as ([0-9A-Z]{16})")


class Trace:
    """strace at the queue while the block lasts; `lines` afterwards: (thread, call, error)."""

    def __init__(self, gateway, *inject):
        self.pid, self.path = queue_of(gateway), os.path.join(gateway.folder, "trace")
        self.words = ["strace", "-f", "-qq", "-o", self.path, "-p", str(self.pid),
                      "-e", "trace=" + ",".join(ERRORS), *[word for one in inject for word in ("-e", "inject=" + one)]]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        house.wait_for(self._holds, 10, "strace to hold the queue's threads")
        return self

    def _holds(self):
        if self.process.poll() is not None:
            pytest.skip("strace may not hold a process here: " + self.process.stderr.read().decode().strip())
        return all(f"TracerPid:\t{self.process.pid}\n" in Path(status).read_text()
                   for status in map(str, Path(f"/proc/{self.pid}/task").glob("*/status")))

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.process.stderr.close()
        text = Path(self.path).read_text(errors="replace")
        self.lines = [(int(tid), call, rest) for tid, call, rest in re.findall(r"^(\d+)\s+(\w+)\((.*)$", text, re.M)]
        self.hit = "(INJECTED)" in text

    def count(self):
        """How often the crew's thread made each call."""
        calls = [call for tid, call, _ in self.lines if tid != self.pid]
        return {call: calls.count(call) for call in ERRORS if call in calls}


def queue_of(gateway):
    return next(pid for pid, name in gateway.children().items() if name == "queue")


def kill_queue(gateway):
    pid = queue_of(gateway)
    os.kill(pid, signal.SIGKILL)
    house.wait_for(lambda: any(name == "queue" and one != pid for one, name in gateway.children().items()), 20, "a new queue")
    gateway.wait_ready()


def each_fault(calls):
    return [(call, error, when) for call, times in calls.items() for error in ERRORS[call] for when in range(1, times + 1)]


def inject(call, error, when):
    """A call without arguments that the queue's jail permits is made in its place."""
    return f"{call}:error={error}:when={when}:syscall=geteuid"


def send(gateway, number):
    """(the id, or None for a 4xx, the message)"""
    data = house.message(subject=f"number {number}", body=f"line {number}\r\n" * (1 + number * 97 % 400))
    code, text = house.send(gateway, data)
    assert code == 250 or 400 <= code < 500, (code, text)
    return (ACCEPTED.search(text).group(1).decode() if code == 250 else None), data


def need_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")


@contextlib.contextmanager
def gateway_for(target, retry):
    gateway = house.Gateway([("example.org", [target])], ONE_THREAD % retry)
    try:
        yield gateway.start()
    finally:
        gateway.stop()
        shutil.rmtree(gateway.folder, ignore_errors=True)


def check_kept(gateway, kept):
    assert set(gateway.queue_ids()) == set(kept), gateway.log_text()
    for name, data in kept.items():
        shown = gateway.command("queue", "show", name, "--bytes")
        assert shown.returncode == 0 and shown.stdout.endswith(data), name


def test_an_accept_is_durable_or_put_off():
    need_strace()
    with gateway_for(f"smtp://127.0.0.1:{house.free_port()}", "1h") as gateway:
        with Trace(gateway) as trace:
            name, data = send(gateway, 0)
            time.sleep(0.3)
        kept, refused = {name: data}, 0
        calls = trace.count()
        assert calls.get("fsync", 0) >= 2 and calls.get("linkat") == 1, calls
        for number, fault in enumerate(each_fault(calls), 1):
            with Trace(gateway, inject(*fault)) as trace:
                name, data = send(gateway, number)
            if name:
                kept[name] = data
            else:
                refused += 1
            assert trace.hit or name, fault
        check_kept(gateway, kept)
        kill_queue(gateway)
        check_kept(gateway, kept)
        print(f"{len(kept)} kept, {refused} put off")
        assert refused >= 10 and len(kept) >= 2


def test_a_delivery_is_written_down():
    need_strace()
    sink = house.Sink()
    try:
        with gateway_for(sink.url, "1s") as gateway:
            with Trace(gateway) as trace:
                sent = [send(gateway, 0)]
                gateway.wait_empty()
                time.sleep(0.3)
            for number, fault in enumerate(each_fault(trace.count()), 1):
                with Trace(gateway, inject(*fault)):
                    sent.append(send(gateway, number))
                    time.sleep(0.1)
            gateway.text("queue", "flush")
            gateway.wait_empty()
            kill_queue(gateway)
            gateway.wait_empty()
            time.sleep(0.5)
            got = [letter.data for letter in sink.letters]
            for name, data in sent:
                times = sum(house.without_trace(one, data) == data for one in got)
                assert times == (1 if name else 0), (name, times, gateway.log_text())
            house.wait_for(lambda: not os.listdir(os.path.join(gateway.spool, "messages")), 20, "no file left")
    finally:
        sink.stop()


@pytest.mark.skipif(not house.IS_ROOT, reason="only root may mount a small file system")
def test_a_full_disk_puts_off_and_recovers():
    target = f"smtp://127.0.0.1:{house.free_port()}"
    gateway = house.Gateway([("example.org", [target])], ONE_THREAD % "1h")
    os.makedirs(gateway.spool)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", gateway.spool], capture_output=True)
    if mounted.returncode:
        shutil.rmtree(gateway.folder)
        pytest.skip("no tmpfs can be mounted here: " + mounted.stderr.decode().strip())
    try:
        gateway.start()
        kept, refused = {}, 0
        big = "x" * 70 + "\r\n"
        while refused < 3 and len(kept) < 40:
            data = house.message(subject=f"number {len(kept)} {refused}", body=big * 1000)
            code, text = house.send(gateway, data)
            if code == 250:
                kept[ACCEPTED.search(text).group(1).decode()] = data
            else:
                assert code in (451, 452), (code, text)
                refused += 1
        assert refused == 3 and len(kept) > 5
        check_kept(gateway, kept)
        kill_queue(gateway)
        check_kept(gateway, kept)
        gone = sorted(kept)[:3]
        for name in gone:
            gateway.text("queue", "delete", name)
            kept.pop(name)
        house.wait_for(lambda: len(os.listdir(os.path.join(gateway.spool, "messages"))) == len(kept), 20, "room")
        data = house.message(subject="room again", body=big * 1000)
        code, text = house.send(gateway, data)
        assert code == 250, (text, gateway.log_text())
        kept[ACCEPTED.search(text).group(1).decode()] = data
        kill_queue(gateway)
        check_kept(gateway, kept)
    finally:
        gateway.stop()
        subprocess.run(["umount", gateway.spool], check=False)
        shutil.rmtree(gateway.folder, ignore_errors=True)
