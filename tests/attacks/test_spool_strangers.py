# SPDX-License-Identifier: Apache-2.0
"""What an unlucky administrator or a bad disk leaves in the spool: nothing of it is taken for a message."""
import os
import random
import socket

import pytest

from house import Gateway, message, send, wait_for

CHANCE = random.Random(2)


def own(path, like):
    about = os.stat(like)
    os.chown(path, about.st_uid, about.st_gid, follow_symlinks=False)


def bind(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path)


def write(data):
    def put(path):
        with open(path, "wb") as file:
            file.write(data)
    return put


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


JOURNALS = {
    "none": lambda path, data: None,
    "empty": lambda path, data: write(b"")(path),
    "random": lambda path, data: write(CHANCE.randbytes(5000))(path),
    "a pipe": lambda path, data: os.mkfifo(path),
    "a link": lambda path, data: os.symlink("/etc/passwd", path),
    "cut": lambda path, data: write(data[:len(data) // 2])(path),
    "damaged": lambda path, data: write(flipped(data, len(data) // 2))(path),
}


@pytest.mark.parametrize("journal", JOURNALS)
def test_the_rest_is_delivered_once(started, sink, quick, journal):
    sink.answers = {"DATA": "451 later"}
    gateway = started(Gateway([("example.org", [sink.url])], quick))
    for number in range(8):
        recipients = [f"a{number}@example.org", f"b{number}@example.org"]
        assert send(gateway, message(subject=f"number {number}"), recipients=recipients)[0] == 250
    gateway.stop()
    messages, path = os.path.join(gateway.spool, "messages"), os.path.join(gateway.spool, "journal")
    names = sorted(os.listdir(messages))
    with open(os.path.join(messages, names[0]), "rb") as file:
        whole = file.read()
    things = [write(b""), write(CHANCE.randbytes(1000)), write(whole), write(whole + b"x"), write(b"\0" * 4096), os.mkdir,
              os.mkfifo, bind, lambda path: os.symlink("/etc/passwd", path), lambda path: os.symlink(names[1], path),
              *(write(whole[:cut]) for cut in range(1, len(whole), 97)),
              *(write(flipped(whole, CHANCE.randrange(len(whole)))) for _ in range(10))]
    for number, thing in enumerate(things):
        thing(os.path.join(messages, f"ZZZZZZZZZZZZ{number:04}"))
    for name in ("hello", "x" * 255, names[0].lower(), "a b\n\x1b[31m"):
        write(whole)(os.path.join(messages, name))
    for name in os.listdir(messages):
        own(os.path.join(messages, name), messages)
    with open(path, "rb") as file:
        records = file.read()
    os.unlink(path)
    JOURNALS[journal](path, records)
    if os.path.lexists(path):
        own(path, messages)
    sink.answers = {}
    gateway.start()
    wanted = sorted(f"{letter}{number}@example.org" for letter in "ab" for number in range(8))
    wait_for(lambda: len([r for letter in sink.letters for r in letter.recipients]) >= len(wanted), 20, "all recipients")
    gateway.wait_empty(20)
    assert sorted(r for letter in sink.letters for r in letter.recipients) == wanted
    assert "corrupt" in gateway.command("health").stdout.decode()
    assert all(byte == "\n" or byte >= " " for byte in gateway.log_text()), "names are escaped in the log"
