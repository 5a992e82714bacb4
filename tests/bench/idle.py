# SPDX-License-Identifier: Apache-2.0
"""idle.py — what a session costs that has been greeted, has said EHLO, and is silent: user memory, by private pages.

One front takes 9,000 sessions at most, so 10,000 are held by two. The kernel's memory for sockets is counted for nobody.
"""
import os
import resource
import socket
import time

import servers

SESSIONS, TARGET, TRIES = 10000, 4096, 50


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


def hear(sock):
    text = b""
    while not text.endswith(b"\r\n") or text.splitlines()[-1][3:4] == b"-":
        piece = sock.recv(4096)
        if not piece:
            raise RuntimeError("a session ended early")
        text += piece
    return text


def greeted(port, number):
    """A session, or None where the front that took it was full."""
    for _ in range(TRIES):
        sock = socket.socket()
        sock.bind((f"127.0.0.{2 + number % 200}", 0))        # more than one address has ports
        sock.connect(("127.0.0.1", port))
        if hear(sock).startswith(b"220"):
            return sock
        sock.close()
        time.sleep(0.01)
    return None


def open_sessions(port, count):
    """As many as there is room for; which front takes one is the kernel's choice."""
    held = []
    for number in range(count):
        sock = greeted(port, number)
        if sock is None:
            break
        held.append(sock)
        sock.sendall(b"EHLO client.example.net\r\n")
        if not hear(sock).startswith(b"250"):
            raise RuntimeError("EHLO was refused")
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
        return len(held), (memory(pids) - before) / (len(held) - 400), len(pids)
    finally:
        for sock in held:
            sock.close()
        server.end()
