# SPDX-License-Identifier: Apache-2.0
"""What every journey needs of the machine: folders, ports, waiting, and who still runs."""
import os
import pwd
import shutil
import signal
import smtplib
import socket
import tempfile
import time
from pathlib import Path

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")


def folder(name):
    """A folder that every user may enter, with a short path: UNIX sockets will lie there."""
    path = Path(tempfile.mkdtemp(prefix=f"postern-{name}-", dir="/tmp"))
    path.chmod(0o755)
    return path


def give_to_nobody(path):
    if ROOT:
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def free_port(address="127.0.0.1"):
    with socket.socket() as one:
        one.bind((address, 0))
        return one.getsockname()[1]


def wait_for(true, seconds, what, step=0.05):
    """The first true answer; AssertionError with `what` when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(step)


def greets(port, address="127.0.0.1", start=b"220", patience=1.0):
    try:
        with socket.create_connection((address, port), timeout=patience) as one:
            one.settimeout(patience)
            return one.recv(512).startswith(start)
    except OSError:
        return False


def takes_mail(port, address="127.0.0.1"):
    """Greets, and has a queue behind it that takes messages."""
    try:
        with smtplib.SMTP(address, port, timeout=2) as client:
            client.ehlo("probe.example.net")
            return client.mail("probe@example.net")[0] == 250
    except (OSError, smtplib.SMTPException):
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
    wait_for(lambda: not session_members(session), seconds, f"session {session} does not end")
    return len(left)
