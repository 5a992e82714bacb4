# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of its own, with its data in a temporary folder, as a user without rights."""
import glob
import os
import pwd
import shutil
import signal
import subprocess

from house import IS_ROOT, folder, free_port, wait_for


def programs():
    """The newest version's folder of programs, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return os.path.dirname(found[-1]) if found else None


class Postgres:
    def __init__(self):
        self.folder, self.port, self.process = folder(), free_port(), None
        self.data = os.path.join(self.folder, "data")
        if IS_ROOT:
            user = pwd.getpwnam("nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.run("initdb", "-D", self.data, "-U", "mail", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")

    def how(self):
        return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if IS_ROOT else {}

    def run(self, program, *words):
        subprocess.run([os.path.join(programs(), program), *words], check=True, cwd=self.folder, stdin=subprocess.DEVNULL,
                       capture_output=True, **self.how())

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(programs(), "postgres"), "-D", self.data, "-k", self.folder, "-p", str(self.port), "-F",
                 "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=4MB", "-c", "max_connections=20"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.how())
        wait_for(self.answers, 60, "PostgreSQL")
        return self

    def answers(self):
        try:
            self.sql("SELECT 1")
            return True
        except subprocess.CalledProcessError:
            return False

    def sql(self, text):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", "mail", "-d", "postgres",
                 "-c", text)

    @property
    def by_socket(self):
        return f"host={self.folder} port={self.port} user=mail dbname=postgres"

    @property
    def by_network(self):
        return f"host=127.0.0.1 port={self.port} user=mail dbname=postgres"

    def halt(self):
        """Without waiting for those who are connected."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
