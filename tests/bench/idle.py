# SPDX-License-Identifier: Apache-2.0
"""idle.py — what a session costs that has been greeted, has said EHLO, and is silent: user memory, by private pages.

One front takes 9,000 sessions at most, so 10,000 are held by two. The kernel's memory for sockets is counted for nobody.
"""
import os
import resource
import socket
import time

import servers

SESSIONS, TARGET = 10000, 4096
GOAL = {"postscreen": 2.4, "HAProxy": 3.0, "Haraka": "7 to 16"}


def private(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(("Private_Clean:", "Private_Dirty:"))) * 1024


def memory(pids):
    return sum(private(pid) for pid in pids)


def fronts(group):
    found = []
    for pid in group.pids():
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            if file.read().strip() == "front":
                found.append(pid)
    return found


def hear(sock, code):
    text = b""
    while not text.endswith(b"\r\n") or text.splitlines()[-1][3:4] == b"-":
        piece = sock.recv(4096)
        if not piece:
            raise RuntimeError("a session ended early")
        text += piece
    if not text.splitlines()[-1].startswith(code):
        raise RuntimeError(f"not greeted: {text[:80]!r}")


def open_sessions(port, count):
    held = []
    for number in range(count):
        sock = socket.socket()
        sock.bind((f"127.0.0.{2 + number % 200}", 0))        # more than one address has ports
        sock.connect(("127.0.0.1", port))
        held.append(sock)
        hear(sock, b"220")
        sock.sendall(b"EHLO client.example.net\r\n")
        hear(sock, b"250")
    return held


def measure(image, work, group, count=SESSIONS):
    """(sessions, bytes each, fronts) of Postern."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 200, count + 200))
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    server = servers.Postern(os.path.join(image.folder, "idle"), os.path.join(work, "idle"), 9, group)
    os.makedirs(server.spool, exist_ok=True)
    os.chmod(server.spool, 0o755)
    server.configure()
    with open(f"{server.folder}/postern.conf", "a", encoding="utf-8") as out:
        out.write("front { processes = 2  connections = 9000 }\n")
    server.run()
    held = []
    try:
        servers.load.wait_port(server.port)
        held = open_sessions(server.port, 400)               # what is needed once, for the first of them
        time.sleep(0.5)
        pids = fronts(group)
        before = memory(pids)
        held += open_sessions(server.port, count - len(held))
        time.sleep(1)
        return count, (memory(pids) - before) / (count - 400), len(pids)
    finally:
        for sock in held:
            sock.close()
        server.end()
