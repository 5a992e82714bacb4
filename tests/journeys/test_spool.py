# SPDX-License-Identifier: Apache-2.0
"""The spool: it may be moved, and whatever else lies there is never taken for a message."""
import os
import random
import shutil
import signal
import time

from house import ROOT, Gateway, message, send, wait_for, without_trace


def fill(gateway, sink, count):
    sink.answers["DATA"] = "451 4.3.0 not now"
    mails = [message(subject=f"number {n}", body=f"text {n}\r\n" * (n + 1)) for n in range(count)]
    for data in mails:
        assert send(gateway, data)[0] == 250
    wait_for(lambda: len(gateway.queue_ids()) == count, 20, "all in the queue")
    gateway.stop()
    del sink.answers["DATA"]
    return mails


def files(spool, name):
    where = os.path.join(spool, name)
    return sorted(os.listdir(where)) if os.path.isdir(where) else []


def test_a_moved_spool_drains(started, sink, gateway, quick):
    mails = fill(gateway, sink, 10)
    second = Gateway([("example.org", [sink.url])], quick)
    shutil.copytree(gateway.spool, second.spool, copy_function=copy_with_owner)
    give_to_owner(gateway.spool, second.spool)
    shutil.rmtree(gateway.spool)
    started(second)
    sink.wait(10, 60, f"all mail of the moved spool: {second.log_text()}")
    got = [letter.data for letter in sink.letters]
    for data in mails:
        assert sum(without_trace(one, data) == data for one in got) == 1
    second.wait_empty()


def copy_with_owner(source, target):
    shutil.copy2(source, target)
    return target


def give_to_owner(source, target):
    """cp -a, as an operator would."""
    for where, folders, names in os.walk(source):
        for name in [".", *folders, *names]:
            about = os.lstat(os.path.join(where, name))
            os.chown(os.path.join(target, os.path.relpath(os.path.join(where, name), source)), about.st_uid, about.st_gid)


def test_random_and_truncated_files_are_set_aside(gateway, sink):
    mails = fill(gateway, sink, 6)
    folder = os.path.join(gateway.spool, "messages")
    names = files(gateway.spool, "messages")
    assert len(names) == 6
    chance = random.Random(2)
    owner = os.stat(os.path.join(folder, names[0]))
    paths = [os.path.join(folder, name) for name in names]
    with open(paths[0], "r+b") as file:                     # cut short
        file.truncate(os.path.getsize(paths[0]) // 2)
    with open(paths[1], "r+b") as file:                     # one bit
        file.seek(os.path.getsize(paths[1]) - 40)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with open(paths[2], "wb") as file:                      # noise under a good name
        file.write(chance.randbytes(5000))
    with open(os.path.join(folder, "0" * 16), "wb") as file:    # noise under a name that could be one of ours
        file.write(chance.randbytes(5000))
    with open(os.path.join(folder, "note.txt"), "wb") as file:
        file.write(b"From: a@b\r\n\r\nhello\r\n")
    open(os.path.join(folder, "1" * 16), "wb").close()      # empty
    for name in ("0" * 16, "1" * 16, "note.txt"):
        os.chown(os.path.join(folder, name), owner.st_uid, owner.st_gid)
    gateway.start()
    sink.wait(3, 60, f"the three good ones: {gateway.log_text()}")
    wait_for(lambda: not gateway.queue_ids(), 30, "an empty queue")
    got = [letter.data for letter in sink.letters]
    assert len(got) == 3
    assert all(any(without_trace(one, data) == data for data in mails) for one in got)
    assert len(files(gateway.spool, "corrupt")) >= 5, files(gateway.spool, "corrupt")
    assert gateway.command("health").returncode != 0 or b"corrupt" in gateway.command("health").stdout


def test_a_torn_journal_loses_nothing(gateway, sink):
    mails = fill(gateway, sink, 5)
    journal = os.path.join(gateway.spool, "journal")
    with open(journal, "ab") as file:
        file.write(random.Random(3).randbytes(333))
    gateway.start()
    sink.wait(5, 60, f"all mail after a torn journal: {gateway.log_text()}")
    got = [letter.data for letter in sink.letters]
    assert all(any(without_trace(one, data) == data for one in got) for data in mails)


FIXTURES = os.path.join(ROOT, "src", "path", "queue", "fixtures", "version-1")     # two messages, four recipients, one of them held


def test_kills_while_an_old_spool_is_taken_over(gateway, sink):
    """What an older version has written, and a journal that is written anew at each start: killed within a half second
    of it, again and again, and then all of it arrives, once."""
    mails = fill(gateway, sink, 40)
    folder = os.path.join(gateway.spool, "messages")
    owner = os.stat(os.path.join(folder, files(gateway.spool, "messages")[0]))
    for name in os.listdir(FIXTURES):
        path = shutil.copy(os.path.join(FIXTURES, name), os.path.join(folder, name))
        os.chown(path, owner.st_uid, owner.st_gid)
        os.chmod(path, 0o600)
    sink.answers["DATA"] = "451 4.3.0 not now"
    chance = random.Random(27)
    for _ in range(12):
        gateway.begin()
        time.sleep(chance.uniform(0, 0.5))
        os.killpg(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait()
    gateway.start()
    gateway.stop()                   # what killed relays have sent is read, and refused, by now
    del sink.answers["DATA"]
    gateway.start()
    sink.wait(len(mails) + 2, 60, f"all mail of the old spool: {gateway.log_text()}")
    wait_for(lambda: len(gateway.queue_ids()) == 1, 60, "one message with a recipient that is held")
    got = [letter.data for letter in sink.letters]
    for data in mails:
        assert sum(without_trace(one, data) == data for one in got) == 1
    old = sorted(address for letter in sink.letters if b"Subject: from version 1" in letter.data for address in letter.recipients)
    assert len(old) == 3, old
    assert not files(gateway.spool, "corrupt")
