# SPDX-License-Identifier: Apache-2.0
"""servers.py — the relays that are compared, each with its spool on a file system of its own and all else as it comes.

Each takes mail from 127.0.0.1 and sends it on to one host, logs every message to a file, and syncs what it accepts.
"""
import contextlib
import os
import pwd
import shutil
import subprocess

import load

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SBIN = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Missing(Exception):
    """A peer that cannot be had here, with the reason."""


class Server:
    name = ""
    part = 1                                             # of the messages of a run: one in so many

    def __init__(self, spool, work, sink_port, group):
        self.spool, self.sink_port, self.group, self.port = spool, sink_port, group, load.free_port()
        self.folder = os.path.join(work, self.name)      # configuration and log
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.process = None

    def begin(self, *words, env=None):
        with open(f"{self.folder}/out", "ab") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            preexec_fn=self.group.enter, cwd="/", env=dict(SBIN, **(env or {})))

    def start(self):
        self.configure()
        self.run()
        load.wait_port(self.port)
        return self

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        return path


class Postern(Server):
    """As `make run` starts it, all settings at their defaults; a next hop in place of a Maildir."""
    name = "postern"

    def configure(self):
        try:
            pwd.getpwnam("postern-front")
        except KeyError:
            subprocess.run([os.path.join(ROOT, "tools", "make-users")], check=True)
        with open(os.path.join(ROOT, "etc", "postern-try.conf"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("@HERE@/mail", "MAIL").replace("@HERE@", self.spool).replace("@SCANNER@", "")
        text = text.replace("maildir:MAIL", f"smtp://127.0.0.1:{self.sink_port}").replace("127.0.0.1:2525", f"127.0.0.1:{self.port}")
        self.write("postern.conf", text)

    def run(self):
        build = os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build"))
        self.begin(os.path.join(build, "postern"), "run", "-c", f"{self.folder}/postern.conf")


class Postfix(Server):
    """Debian's main.cf and master.cf; what differs: port, relayhost, folders, no chroot (it costs nothing per message
    and wants files of /etc in the queue), and a log file of its own, for there may be no syslog here."""
    name = "postfix"

    def configure(self):
        if not shutil.which("postfix", path=SBIN["PATH"]):
            raise Missing("not installed")
        for folder in ("queue", "data"):
            os.makedirs(f"{self.spool}/{folder}", exist_ok=True)
        shutil.chown(f"{self.spool}/data", "postfix")
        settings = {
            "compatibility_level": "3.6", "queue_directory": f"{self.spool}/queue", "data_directory": f"{self.spool}/data",
            "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "mail_owner": "postfix",
            "setgid_group": "postdrop", "myhostname": "postfix.example.net", "mydestination": "", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8", "relayhost": f"[127.0.0.1]:{self.sink_port}",
            "smtp_host_lookup": "native", "smtp_dns_support_level": "disabled", "alias_maps": "", "alias_database": "",
            "maillog_file": f"{self.folder}/log", "maillog_file_prefixes": self.folder, "biff": "no", "append_dot_mydomain": "no",
            "readme_directory": "no", "smtpd_tls_security_level": "none", "smtpd_relay_restrictions":
            "permit_mynetworks permit_sasl_authenticated defer_unauth_destination", "mailbox_size_limit": "0",
        }
        self.write("main.cf", "".join(f"{name} = {value}\n" for name, value in settings.items()))
        with open("/usr/share/postfix/master.cf.dist", encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("#")]
        out, pipe = [], False
        for line in lines:
            words = line.split()
            if words and not line[0].isspace():
                pipe = words[-1] == "pipe"               # programs that are not here
                if words[:2] == ["smtp", "inet"]:
                    words[0] = f"127.0.0.1:{self.port}"
                words[4:5] = ["n"] if words[4:5] == ["y"] else words[4:5]
                line = " ".join(words) + "\n"
            if not pipe:
                out.append(line)
        self.write("master.cf", "".join(out))

    def control(self, word):
        return subprocess.run(["postfix", "-c", self.folder, word], capture_output=True, text=True, timeout=60, env=SBIN,
                              preexec_fn=self.group.enter, check=False)

    def run(self):
        done = self.control("start")
        if done.returncode != 0:
            raise RuntimeError(f"postfix: {done.stderr}")

    def end(self):
        self.control("stop")


SMTPD_CONF = '''listen on 127.0.0.1 port {port}
action "relay" relay host "smtp://127.0.0.1:{sink}"
match from any for any action "relay"
'''

# In a namespace of its own: the users, folders and paths that are compiled into smtpd, seen by nobody else.
SMTPD_INSIDE = '''set -e
mount --make-rprivate /
mount -t tmpfs none /var/spool && mkdir -m 711 /var/spool/smtpd
mount --bind "$SPOOL" /var/spool/smtpd && chmod 711 /var/spool/smtpd
mount -t tmpfs none /var/lib && mkdir -p /var/lib/opensmtpd/empty
mount -t tmpfs none /run
cp /etc/passwd /etc/group /run/
echo 'opensmtpd:x:2801:2801::/var/lib/opensmtpd/empty:/bin/false' >>/run/passwd
echo 'opensmtpq:x:2802:2802::/var/lib/opensmtpd/empty:/bin/false' >>/run/passwd
printf 'opensmtpd:x:2801:\\nopensmtpq:x:2802:\\n' >>/run/group
mount --bind /run/passwd /etc/passwd && mount --bind /run/group /etc/group
exec "$SMTPD" -d -f "$CONF"
'''


class OpenSMTPD(Server):
    """Debian's package, unpacked and not installed, for it would take the place of Postfix."""
    name = "opensmtpd"
    part = 20                                            # its scheduler lets out a few at a time

    def configure(self):
        self.unpacked = f"{self.folder}/package"
        done = subprocess.run(["apt-get", "download", "opensmtpd"], cwd=self.folder, capture_output=True, text=True, check=False)
        found = [name for name in os.listdir(self.folder) if name.endswith(".deb")]
        if not found:
            raise Missing("its package could not be downloaded: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
        subprocess.run(["dpkg", "-x", found[0], self.unpacked], cwd=self.folder, check=True)
        self.write("smtpd.conf", SMTPD_CONF.format(port=self.port, sink=self.sink_port), 0o600)
        os.makedirs(f"{self.spool}/spool", exist_ok=True)

    def run(self):
        self.begin("unshare", "--mount", "sh", "-c", SMTPD_INSIDE, env={
            "SPOOL": f"{self.spool}/spool", "SMTPD": f"{self.unpacked}/usr/sbin/smtpd", "CONF": f"{self.folder}/smtpd.conf"})

    def start(self):
        try:
            return super().start()
        except RuntimeError as error:
            with open(f"{self.folder}/out", encoding="utf-8", errors="replace") as file:
                raise Missing(f"did not start: {error}; {file.read()[-300:].strip()}") from error


class Haraka(Server):
    """The newest of npm's registry, in a folder of its own; its queue plugin is the outbound one, synced as it comes."""
    name = "haraka"

    def configure(self):
        if not shutil.which("npm"):
            raise Missing("npm is not installed")
        self.write("package.json", '{"private": true, "dependencies": {"Haraka": "*"}}')
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--omit=dev", "--omit=optional"], cwd=self.folder,
                              capture_output=True, text=True, check=False, timeout=300)
        if not os.path.exists(f"{self.folder}/node_modules/Haraka/package.json"):
            why = [line for line in done.stderr.splitlines() if "error" in line and "code" not in line]
            raise Missing("npm: " + (why or ["no reason given"])[0].replace("npm error ", ""))
        os.makedirs(f"{self.folder}/config", exist_ok=True)
        os.makedirs(f"{self.spool}/queue", exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink(f"{self.spool}/queue", f"{self.folder}/queue")
        for name, text in {
                "config/smtp.ini": f"listen=127.0.0.1:{self.port}\nnodes=0\n", "config/plugins": "relay\n", "config/me": "haraka.example.net\n",
                "config/relay.ini": "[relay]\nacl=true\nforce_routing=true\n", "config/relay_acl_allow": "127.0.0.0/8\n",
                "config/relay_dest_domains.ini": f'[domains]\nany = {{"action": "accept", "nexthop": "127.0.0.1:{self.sink_port}"}}\n',
                "config/outbound.ini": "always_split=false\nlocal_mx_ok=true\n", "config/loglevel": "NOTICE\n"}.items():
            self.write(name, text)

    def run(self):
        self.begin("node", f"{self.folder}/node_modules/Haraka/bin/haraka", "-c", self.folder)


ALL = [Postern, Postfix, OpenSMTPD, Haraka]
