# SPDX-License-Identifier: Apache-2.0
"""Floods through the front's door: of connections, of commands whose replies nobody reads, of recipients, of bytes without
a line's end; and what all that leaves in the log."""
import contextlib
import re
import socket
import threading
import time

import pytest

import house
import slow
from client import Client
from house import wait_for

STRANGER, OTHER = "127.0.4.1", "127.0.4.2"
MIB = 1 << 20
SMALL = 2 * MIB if not slow.is_sanitized() else 64 * MIB


@pytest.fixture
def strangers(started, sink, quick):
    """Whom nobody trusts; commands have three seconds."""
    return started(house.Gateway([("example.org", [sink.url])], quick + ' front { command_deadline = "3s" }', trusted='"192.0.2.0/24"'))


def plain(gateway, source=STRANGER):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    sock.settimeout(20)
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", gateway.port))
    assert sock.recv(1000).startswith(b"220")
    return sock


def push(sock, text, seconds):
    """Writes and never reads, until the socket takes no more, or it is closed; how much went."""
    sock.setblocking(False)
    went, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            went += sock.send(text)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            break
    return went


@pytest.mark.parametrize("line", ["NOOP", "EHLO x", "?"])
def test_who_reads_no_replies_is_not_heard_for_ever(strangers, line):
    """What waits for it is bounded, and so is its time."""
    text = (line + "\r\n").encode() * 1000
    before = slow.memory(strangers)
    socks = [plain(strangers) for _ in range(4)]
    threads = [threading.Thread(target=push, args=(sock, text, 60)) for sock in socks]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert slow.memory(strangers) - before < SMALL
    for thread in threads:
        thread.join()
    assert time.monotonic() - begin < 50, "they were closed"
    for sock in socks:
        sock.close()
    slow.good_mail(strangers)


@pytest.mark.parametrize("text", [b"x", b"MAIL FROM:<", b"\0", b"\r", b"\xff"])
def test_a_line_without_an_end(strangers, text):
    """500 once, however long it becomes."""
    before = slow.memory(strangers)
    sock = plain(strangers)
    sock.sendall(text * (4 * MIB // len(text)))
    assert slow.memory(strangers) - before < SMALL
    sock.sendall(b"\r\nQUIT\r\n")
    replies = b""
    while piece := sock.recv(10000):
        replies += piece
    assert [line[:3] for line in replies.splitlines()] == [b"500", b"221"], replies[:1000]
    sock.close()


def test_a_hundred_thousand_recipients(strangers):
    """As many as there may be; the others later, at no cost, and with no line in the log for each."""
    with Client(strangers.port, source=STRANGER) as client:
        client.say("MAIL FROM:<a@example.net>")
        before = slow.memory(strangers)
        good = later = 0
        for start in range(0, 100000, 500):
            client.send(b"".join(b"RCPT TO:<u%d@example.org>\r\n" % number for number in range(start, start + 500)))
            replies = [client.reply()[:3] for _ in range(500)]
            good += replies.count("250")
            later += replies.count("452")
        assert (good, later) == (1000, 99000)
        assert slow.memory(strangers) - before < SMALL
    wait_for(lambda: " refused-more " in strangers.log_text(), 20, "the log to say how many there were")
    with open(strangers.log, encoding="utf-8") as file:
        log = file.read()
    assert log.count(" refused ") == 20 and "lines=98980" in log, log[-2000:]


def test_who_looks_for_names_is_shown_the_door(started, sink, quick, tmp_path):
    (tmp_path / "names").write_text("real@example.org\n")
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:3]:
        with contextlib.suppress(OSError):
            folder.chmod(folder.stat().st_mode | 0o011)
    gateway = house.Gateway([], quick + f' table "names" {{ type = file file = "{tmp_path}/names" }}\n'
                            f'domain "example.org" {{ deliver = "{sink.url}" recipients = {{"names"}} }}', trusted='"192.0.2.0/24"')
    started(gateway)
    with Client(gateway.port, source=STRANGER) as client:
        client.say("MAIL FROM:<a@example.net>")
        replies = []
        with contextlib.suppress(ConnectionError, OSError):
            for number in range(100):
                replies.append(client.say(f"RCPT TO:<guess{number}@example.org>"))
    assert len(replies) <= 21 and replies[-1].startswith("421 4.7.0") and all(one.startswith("550 5.1.1") for one in replies[:-1]), replies


def test_one_address_above_its_share(strangers):
    socks = [plain(strangers) for _ in range(50)]
    with socket.create_connection(("127.0.0.1", strangers.port), 20, source_address=(STRANGER, 0)) as sock:
        assert sock.recv(1000).startswith(b"421 4.7.0")
    with Client(strangers.port, source=OTHER) as client:
        assert client.mail("a@example.net", "b@example.org", slow.letter()).startswith("250")
    for sock in socks:
        sock.close()
    wait_for(lambda: not slow_is_refused(strangers), 10, "a place for the first one again")


def slow_is_refused(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), 20, source_address=(STRANGER, 0)) as sock:
        return not sock.recv(1000).startswith(b"220")


def test_connections_that_come_and_go(strangers):
    """As fast as they can, for two seconds, and a good client beside them."""
    before = slow.descriptors(strangers)
    stop, count = threading.Event(), [0]

    def storm():
        while not stop.is_set():
            with contextlib.suppress(OSError):
                with socket.socket() as sock:
                    sock.bind((STRANGER, 0))
                    sock.connect(("127.0.0.1", strangers.port))
                    count[0] += 1
    threads = [threading.Thread(target=storm) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits, end = [], time.monotonic() + 2
    while time.monotonic() < end:
        waits.append(slow.good_mail(strangers))
    stop.set()
    for thread in threads:
        thread.join()
    assert count[0] > 100 and max(waits) < 10, (count, max(waits))
    wait_for(lambda: slow.descriptors(strangers) <= before + 2, 20, "descriptors to be given back")


FOUL = [b"EHLO a\x1b[31mb\r\n", b"EHLO \xff\xfe\r\n", b"EHLO a\0b\r\n", b"EHLO a\rb\r\n", b"EHLO " + b"x" * 1900 + b"\r\n",
        b"MAIL FROM:<\x1b]0;x\x07@d>\r\n", b"RCPT TO:<a\x08@example.org>\r\n", b"\x01\x02\x03\r\n", b"\xc2\x9b31m\r\n",
        b"X\"\\\n2026-11-21T00:00:00.000Z info - front accepted\r\n", b"VRFY \xe2\x80\xae\r\n"]


def test_what_strangers_say_is_harmless_in_the_log(strangers):
    for line in FOUL:
        with contextlib.suppress(ConnectionError, OSError):
            with Client(strangers.port, source=STRANGER) as client:
                client.send(line)
                client.reply()

    def whole():
        with open(strangers.log, "rb") as file:
            return file.read()
    wait_for(lambda: whole().count(b" refused ") >= len(FOUL), 10, "a line for each of them")
    log = whole()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", log)
    assert not re.search(rb"^\S+ info - front accepted\s*$", log, re.M), "and no line is theirs"


@pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600, b"\x80\x2e\x01\x03\x01" + b"a" * 41,
                                   b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT x:25 HTTP/1.1\r\n\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"])
def test_another_protocol_at_the_plain_door(strangers, first):
    """Nothing that it would take for an answer of its own."""
    with plain(strangers) as sock:
        sock.sendall(first)
        sock.settimeout(20)
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := sock.recv(1000):
                got += piece
    assert not got or re.fullmatch(rb"(?:[45]\d\d [\x20-\x7e]*\r\n)+", got), got
    slow.good_mail(strangers)
