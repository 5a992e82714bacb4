# SPDX-License-Identifier: Apache-2.0
"""cyrus.py — a real Cyrus, for its LMTP. As root only."""
import os
import pwd
import shutil
import subprocess

import house
from client import Client
from house import wait_for

MASTER = "/usr/lib/cyrus/bin/master"


def why_not():
    if not house.IS_ROOT:
        return "Cyrus's master starts as root"
    return None if os.path.exists(MASTER) else f"not installed: {MASTER}"


class Cyrus:
    """Its LMTP on a TCP port, with mailboxes that are made when the first mail comes; in a temporary folder."""

    def __init__(self, users=("berta", "carl"), extra=""):
        self.folder, self.port = house.folder(), house.free_port()
        user = pwd.getpwnam("cyrus")
        for name in ("conf", "spool", "run"):
            os.mkdir(f"{self.folder}/{name}")
            os.chown(f"{self.folder}/{name}", user.pw_uid, user.pw_gid)
        with open(f"{self.folder}/imapd.conf", "w", encoding="ascii") as out:
            out.write(f'''configdirectory: {self.folder}/conf
proc_path: {self.folder}/run/proc
mboxname_lockpath: {self.folder}/run/lock
defaultpartition: default
partition-default: {self.folder}/spool
unixhierarchysep: yes
admins: cyrus
autocreate_quota: 0
autocreate_post: yes
autocreate_users: {" ".join(users)}
sievedir: {self.folder}/run/sieve
idlesocket: {self.folder}/run/idle
notifysocket: {self.folder}/run/notify
lmtpsocket: {self.folder}/run/lmtp
duplicate_db_path: {self.folder}/run/deliver.db
statuscache_db_path: {self.folder}/run/statuscache.db
tls_sessions_db_path: {self.folder}/run/tls.db
{extra}
''')
        with open(f"{self.folder}/cyrus.conf", "w", encoding="ascii") as out:
            out.write(f'''START {{
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -C {self.folder}/imapd.conf -r"
}}
SERVICES {{
  lmtp cmd="lmtpd -C {self.folder}/imapd.conf -a" listen="127.0.0.1:{self.port}" prefork=0 maxchild=5
}}
EVENTS {{
}}
''')
        self.process = None

    def start(self):
        self.process = subprocess.Popen([MASTER, "-D", "-C", f"{self.folder}/imapd.conf", "-M", f"{self.folder}/cyrus.conf",
                                         "-p", f"{self.folder}/run/pid"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.answers, 20, "Cyrus to answer")
        return self

    def answers(self):
        try:
            with Client(self.port, hello=None, timeout=10) as client:
                return client.greeting.startswith("220") and client.say("LHLO x").startswith("250")
        except OSError:
            return False

    def mails(self):
        """All messages that are kept; their files are numbers with a dot."""
        return [os.path.join(where, name) for where, _, names in os.walk(f"{self.folder}/spool") for name in names
                if name.rstrip(".").isdigit()]

    def stop(self):
        house.end_process(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
