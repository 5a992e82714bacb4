# SPDX-License-Identifier: Apache-2.0
"""A gateway of our own: its folder, its configuration, its process, and the questions one asks of it."""
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import machine

PROJECT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("POSTERN_BUILD") or PROJECT / "build").resolve()

STRANGER = "127.0.0.1"        # loopback addresses as senders: only one of them is trusted
TRUSTED = "127.0.0.2"
QUICK = 'retry_least = "1s"  retry_most = "2s"  reserve = "1M"'


def built():
    return os.access(BUILD / "postern", os.X_OK) and os.access(BUILD / "libexec/postern/supervisor", os.X_OK)


def _open_to_all(path):
    return all(place.stat().st_mode & 0o001 for place in [path, *path.parents])


class Programs:
    """The executables of the build; a copy of them, where the unprivileged user could not reach the build."""

    def __init__(self):
        self.folder, self.copied = BUILD, None
        if machine.ROOT and not _open_to_all(BUILD):
            self.folder = self.copied = machine.folder("programs")
            shutil.copy2(BUILD / "postern", self.folder)
            shutil.copytree(BUILD / "libexec/postern", self.folder / "libexec/postern",
                            ignore=shutil.ignore_patterns("*.p"))

    def end(self):
        if self.copied:
            machine.remove(self.copied)


class Gateway:
    """Starts as the user `nobody` when the tests are root's: so no user has to be made for it."""

    def __init__(self, programs, place, domains="", more="", top="", queue=QUICK, port=None):
        self.programs, self.place = programs, place
        self.config, self.log = place / "postern.conf", place / "log"
        self.spool, self.run, self.mail = place / "spool", place / "run", place / "mail"
        self.port = port or machine.free_port()
        self.process, self.sessions = None, []
        for path in (place, self.mail):
            path.mkdir(exist_ok=True)
            machine.give_to_nobody(path)
        self.configure(domains, more, top, queue)

    def configure(self, domains="", more="", top="", queue=QUICK):
        domains = domains or self.domain("example.org", f"maildir:{self.mail}")
        self.write(f'hostname = "mx.example.org"\nspool = "{self.spool}"\nstate = "{self.place}/state"\n'
                   f'run = "{self.run}"\ntrusted = {{"{TRUSTED}/32"}}\n{top}\n'
                   f'listen "smtp" {{ address = "127.0.0.1:{self.port}" }}\n'
                   f'{domains}\nqueue {{ {queue} }}\n{more}\n')

    @staticmethod
    def domain(name, *targets):
        return 'domain "%s" { deliver = {%s} }\n' % (name, ", ".join(f'"{target}"' for target in targets))

    def write(self, text):
        self.config.write_text(text)
        machine.give_to_nobody(self.config)

    # --- the process ---

    def _as_user(self):
        if not machine.ROOT:
            return {}
        return {"user": machine.NOBODY.pw_uid, "group": machine.NOBODY.pw_gid, "extra_groups": []}

    def command(self, *words, config=None):
        return [str(self.programs.folder / "postern"), *words, "-c", str(config or self.config)]

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command("run"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, cwd="/", **self._as_user())
        self.sessions.append(self.process.pid)

    def start(self, seconds=15):
        self.launch()
        self.wait_listening(seconds)
        return self

    def wait_listening(self, seconds=15):
        """Until it takes mail."""
        def listens():
            assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}:\n{self.log_tail()}"
            return machine.takes_mail(self.port)
        machine.wait_for(listens, seconds, lambda: f"mail taken at port {self.port}\n{self.log_tail()}", step=0.02)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def members(self):
        return [pid for session in self.sessions for pid in machine.session_members(session)]

    def stop(self, seconds=20):
        """In order, by SIGTERM: exit status 0, and no process stays behind."""
        if self.process is None:
            return
        process, self.process = self.process, None
        try:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            status = process.wait(seconds)
            machine.wait_for(lambda: not self.members(), 5,
                             lambda: f"processes stay behind: {[machine.process_name(pid) for pid in self.members()]}")
            assert status == 0, f"exit status {status}\n{self.log_tail()}"
        finally:
            self.end()
            process.wait(5)

    def end(self):
        """At once, whatever state it is in."""
        for session in self.sessions:
            machine.end_session(session)
        self.sessions = []
        if self.process:
            self.process.wait(5)
            self.process = None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_tail(self, lines=60):
        return "\n".join(self.log_text().splitlines()[-lines:])

    # --- the command line ---

    def ask(self, *words, status=0, stdin=None):
        """The command's standard output. It must end with `status`; None: any."""
        done = subprocess.run(self.command(*words), input=stdin, capture_output=True, timeout=60)
        assert status is None or done.returncode == status, \
            f"postern {' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def fails(self, *words):
        """What the command complains of; it must fail."""
        done = subprocess.run(self.command(*words), capture_output=True, timeout=60)
        assert done.returncode != 0, f"postern {' '.join(words)} did not fail"
        return done.stderr.decode()

    def rows(self, *words):
        return [json.loads(line) for line in self.ask(*words, "--json").splitlines()]

    def queue(self):
        return self.rows("queue", "list")

    def quarantine(self):
        return self.rows("quarantine", "list")

    def ledger(self):
        return self.rows("queue", "ledger")[0]

    def stats(self):
        return self.rows("stats")[0]

    def processes(self):
        return self.rows("processes")[0]["processes"]

    def wait_drained(self, seconds=15):
        machine.wait_for(lambda: not self.queue(), seconds, lambda: f"an empty queue: {self.queue()[:5]}")

    # --- what arrived in Maildirs ---

    def box(self, address):
        """The mails of an address, as bytes."""
        local, domain = address.split("@")
        new = self.mail / domain / local / "new"
        return [path.read_bytes() for path in sorted(new.iterdir())] if new.is_dir() else []

    def wait_box(self, address, count=1, seconds=10):
        machine.wait_for(lambda: len(self.box(address)) >= count, seconds,
                         lambda: f"{count} mails for {address}\n{self.log_tail()}")
        time.sleep(0.1)                            # a second one that should not be would come now
        mails = self.box(address)
        assert len(mails) == count, f"{len(mails)} mails for {address}, not {count}"
        return mails
