# SPDX-License-Identifier: Apache-2.0
"""Who listens, and who runs: processes by the session that they were started in, so that those whose parent was
killed are found too."""
import os
import signal
import socket
from pathlib import Path

from house import wait_for


def greets(port, address="127.0.0.1", start=b"220", patience=1.0):
    try:
        with socket.create_connection((address, port), timeout=patience) as one:
            one.settimeout(patience)
            return one.recv(512).startswith(start)
    except OSError:
        return False


def stat_of(pid):
    """(state, parent, session) of a process, or None."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent, _group, session = text[text.rindex(")") + 2:].split()[:4]
    return state, int(parent), int(session)


def session_members(session):
    """Everybody whom a program that we started with its own session started in turn, zombies apart."""
    found = []
    for name in os.listdir("/proc"):
        about = stat_of(name) if name.isdigit() else None
        if about and about[2] == session and about[0] != "Z":
            found.append(int(name))
    return found


def process_name(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def waits_in(pid):
    try:
        return " ".join(sorted({path.read_text().strip() for path in Path(f"/proc/{pid}/task").glob("*/wchan")}))
    except OSError:
        return ""


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def end_session(session, seconds=10):
    """Ends who is left of a session of ours; returns how many were."""
    left = session_members(session)
    for pid in left:
        kill(pid)
    wait_for(lambda: not session_members(session), seconds, f"the end of session {session}")
    return len(left)
