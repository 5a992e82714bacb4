# SPDX-License-Identifier: Apache-2.0
"""house.py — what journeys need: a gateway from build/ in a folder of its own, a sink, a sender, and real servers.

Everything listens on 127.0.0.1 at free ports, and every process is ended by its own id.
"""
import atexit
import contextlib
import hashlib
import json
import os
import pwd
import random
import re
import shutil
import signal
import smtplib
import socket
import socketserver
import subprocess
import tempfile
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("POSTERN_BUILD", os.path.join(ROOT, "build"))
POSTERN = os.path.join(BUILD, "postern")
IS_ROOT = os.geteuid() == 0

DEFAULT_POLICY = '''
policy "virus"      { when = "virus"       do = {"quarantine"} }
policy "unreadable" { when = "unscannable" do = {"quarantine"} }
'''


def free_port():
    """Below those that the kernel gives to who connects: nobody else comes by it, and nobody who looks whether somebody listens
    there yet is connected with himself."""
    while True:
        port = random.randrange(10000, 32768)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


def wait_for(what, seconds=20.0, about="that"):
    """The first true answer of what(); fails with `about` when time is over."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < end, f"waited {seconds} s for {about}"
        time.sleep(0.05)


def end_process(process, seconds=20):
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_users():
    """As root every process changes to a user of its own."""
    if IS_ROOT:
        with open(os.path.join(ROOT, "dist", "sysusers.d", "postern.conf"), encoding="utf-8") as file:
            wanted = re.findall(r"^u (\S+)", file.read(), re.M)
        if not set(wanted) <= {user.pw_name for user in pwd.getpwall()}:
            subprocess.run([os.path.join(ROOT, "tools", "make-users")], check=True)


def folder():
    path = tempfile.mkdtemp(prefix="postern-journey-")
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


# ---- the gateway ----

class Gateway:
    def __init__(self, domains=(), extra="", name="mx.example.org", where=None, port=None, trusted='"127.0.0.0/8"',
                 policy=DEFAULT_POLICY, top=""):
        make_users()
        self.folder = where or folder()
        self.port = port or free_port()
        self.conf = os.path.join(self.folder, "postern.conf")
        self.log = os.path.join(self.folder, "log")
        self.spool = os.path.join(self.folder, "spool")
        self.name, self.trusted, self.top, self.policy, self.extra = name, trusted, top, policy, extra
        self.domains = list(domains)
        self.process = None
        self.write()

    def write(self):
        domains = "\n".join(f'domain "{name}" {{ deliver = {{{", ".join(chr(34) + t + chr(34) for t in targets)}}} }}'
                            for name, targets in self.domains)
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(f'''hostname = "{self.name}"
spool = "{self.spool}"
state = "{self.folder}/state"
run = "{self.folder}/run"
trusted = {{{self.trusted}}}
{self.top}
listen "smtp" {{ address = {{"127.0.0.1:{self.port}"}} }}
{domains}
{self.extra}
{self.policy}
''')

    def start(self, seconds=20):
        self.begin()
        self.wait_ready(seconds)
        return self

    def begin(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([POSTERN, "run", "-c", self.conf], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)

    def wait_ready(self, seconds=20):
        end = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.log_text()}")
            assert time.monotonic() < end, f"no greeting after {seconds} s:\n{self.log_text()}"
            time.sleep(0.02)

    def answers(self):
        """Greets, and has a queue behind it that takes mail."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port, local_hostname="probe.example.net", timeout=2) as client:
                client.ehlo()
                return client.mail("probe@example.net")[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def stop(self):
        end_process(self.process)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-6000:]

    def command(self, *words, **how):
        env = dict(os.environ, POSTERN_CONF=self.conf)
        how.setdefault("timeout", 60)
        return subprocess.run([POSTERN, *words], env=env, capture_output=True, **how)

    def text(self, *words):
        done = self.command(*words)
        assert done.returncode == 0, f"{words}: {done.returncode} {done.stderr.decode()} {self.log_text()}"
        return done.stdout.decode("utf-8", "replace")

    def queue_ids(self, what="queue"):
        return re.findall(r"\b[0-9A-Z]{16}\b", self.text(what, "list"))

    def wait_empty(self, seconds=60):
        wait_for(lambda: not self.queue_ids(), seconds, f"an empty queue: {self.log_text()}")

    def client(self, **how):
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example.net", timeout=30, **how)

    def children(self):
        return children_of(self.process.pid)


def children_of(pid):
    """All processes below one, as {pid: name}."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    text = file.read()
                name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
                if rest[0] != "Z":
                    parents[int(entry)] = (int(rest[1]), name)
    found, fresh = {}, {pid}
    while fresh:
        fresh = {child for child, (parent, _) in parents.items() if parent in fresh and child not in found}
        found.update({child: parents[child][1] for child in fresh})
    return found


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024


# ---- mail ----

def message(subject="a message", body="hello\r\n", to="someone@example.org", sender="you@example.net"):
    return (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 10:09:18 +0000\r\n"
            f"Message-ID: <{hashlib.sha256(subject.encode()).hexdigest()[:20]}@example.net>\r\n\r\n{body}").encode()


def send(gateway, data, sender="you@example.net", recipients=("someone@example.org",), client=None):
    """Byte for byte; the (code, text) of the answer to the final dot."""
    own = client or gateway.client()
    try:
        if not client:
            own.ehlo()
        for code, text in [own.mail(sender), *(own.rcpt(r) for r in recipients)]:
            assert code == 250, (code, text)
        return own.data(data)
    finally:
        if not client:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                own.quit()


TRACE = re.compile(rb"\A(?:(?:Return-Path|Delivered-To|Received|X-Original-To):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)", re.I)


def without_trace(data, original):
    """The headers of ours that stand above the original, cut off: what is left must be the original."""
    cut = len(data) - len(original)
    return data[cut:] if cut >= 0 and is_trace(data[:cut]) else data


def is_trace(head):
    while head:
        match = TRACE.match(head)
        if not match:
            return False
        head = head[match.end():]
    return True


class Letter:
    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data


class Sink:
    """An SMTP or LMTP server that keeps what it gets. `answers` maps a recipient (or "DATA") to a reply."""

    def __init__(self, lmtp=False, port=None, keep=True, seen=None):
        self.lmtp, self.letters, self.answers, self.keep, self.seen = lmtp, [], {}, keep, seen
        self.lock, self.connections = threading.Lock(), 0
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, ValueError):
                    sink.serve(self.rfile, self.wfile)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, request_queue_size = True, True, 256

        self.server = Server(("127.0.0.1", port or free_port()), Handler)
        self.server.socket.setblocking(False)       # who went before it was greeted must not hold accept(), and so stop()
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{'lmtp' if self.lmtp else 'smtp'}://127.0.0.1:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, rfile, wfile):
        def say(text):
            wfile.write(text.encode() + b"\r\n")
            wfile.flush()

        with self.lock:
            self.connections += 1
        sender, recipients = None, []
        say("220 sink")
        while True:
            line = rfile.readline(4096)
            verb = line[:4].upper()
            if not line or verb == b"QUIT":
                return say("221 bye") if line else None
            if verb in (b"EHLO", b"LHLO"):
                say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb == b"MAIL":
                sender, recipients = self.path(line), []
                say("250 2.1.0 ok")
            elif verb == b"RCPT":
                reply = self.answers.get(self.path(line), "250 2.1.5 ok")
                if reply.startswith("250") or (self.lmtp and not reply.startswith("RCPT ")):
                    recipients.append(self.path(line))
                    reply = "250 2.1.5 ok"
                say(reply.replace("RCPT ", ""))
            elif verb == b"DATA":
                if not recipients:
                    say("554 5.5.1 no recipients")
                    continue
                say("354 go on")
                data = self.read_data(rfile)
                if data is None:
                    return None
                for reply in self.take(sender, recipients, data):
                    say(reply)
            elif verb in (b"RSET", b"NOOP"):
                say("250 2.0.0 ok")
            else:
                say("500 5.5.2 what?")

    @staticmethod
    def path(line):
        found = re.search(rb"<([^>]*)>", line)
        return found.group(1).decode("utf-8", "replace") if found else ""

    @staticmethod
    def read_data(rfile):
        lines = []
        while True:
            line = rfile.readline()
            if not line:
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def take(self, sender, recipients, data):
        replies = {r: self.answers.get(r, self.answers.get("DATA", "250 2.0.0 kept")) for r in recipients}
        good = [r for r in recipients if replies[r].startswith("250")] if self.lmtp else \
            (recipients if self.answers.get("DATA", "250").startswith("250") else [])
        with self.lock:
            if good and self.keep:
                self.letters.append(Letter(sender, good, data))
        if good and self.seen:
            self.seen(sender, good, data)
        return [replies[r] for r in recipients] if self.lmtp else [self.answers.get("DATA", "250 2.0.0 kept")]

    def wait(self, count=1, seconds=30, about="mail at the sink"):
        wait_for(lambda: len(self.letters) >= count, seconds, about)
        return self.letters


# ---- real servers ----

def need(*programs):
    """Why a test that needs them is skipped, or None."""
    missing = [p for p in programs if not shutil.which(p, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/libexec")]
    return f"not installed: {', '.join(missing)}" if missing else None


class Postfix:
    """A Postfix of its own: configuration, queue and data in a temporary folder. As root only."""

    def __init__(self, relayhost=None, domains="", **others):
        self.folder = folder()
        self.port = free_port()
        self.proxied = "smtpd_upstream_proxy_protocol" in others
        self.config = os.path.join(self.folder, "etc")
        for name in ("etc", "queue", "data", "mail"):
            os.mkdir(os.path.join(self.folder, name))
        shutil.chown(os.path.join(self.folder, "data"), "postfix")
        shutil.chown(os.path.join(self.folder, "mail"), "nobody", "nogroup")
        user = pwd.getpwnam("nobody")
        settings = {
            "compatibility_level": "3.6", "queue_directory": f"{self.folder}/queue", "data_directory": f"{self.folder}/data",
            "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "mail_owner": "postfix",
            "setgid_group": "postdrop", "myhostname": "postfix.example.net", "mydestination": "", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8", "relayhost": relayhost or "",
            "smtp_host_lookup": "native", "smtp_dns_support_level": "disabled", "alias_maps": "", "alias_database": "",
            "local_recipient_maps": "", "maillog_file": f"{self.folder}/log", "maillog_file_prefixes": f"{self.folder}",
            "smtputf8_enable": "no", "minimal_backoff_time": "5s", "queue_run_delay": "5s", "smtpd_tls_security_level": "none",
            "virtual_mailbox_domains": domains, "virtual_mailbox_base": f"{self.folder}/mail",
            "virtual_mailbox_maps": "static:inbox/", "virtual_uid_maps": f"static:{user.pw_uid}",
            "virtual_gid_maps": f"static:{user.pw_gid}", "virtual_minimum_uid": "1",
            **others,
        }
        with open(f"{self.config}/main.cf", "w", encoding="ascii") as out:
            out.writelines(f"{name} = {value}\n" for name, value in settings.items())
        services = [f"127.0.0.1:{self.port} inet n - n - - smtpd", "pickup unix n - n 60 1 pickup",
                    "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "tlsmgr unix - - n 1000? 1 tlsmgr",
                    "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
                    "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "verify unix - - n - 1 verify",
                    "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp",
                    "relay unix - - n - - smtp", "lmtp unix - - n - - lmtp", "error unix - - n - - error", "retry unix - - n - - error",
                    "discard unix - - n - - discard", "virtual unix - n n - - virtual", "anvil unix - - n - 1 anvil",
                    "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd"]
        with open(f"{self.config}/master.cf", "w", encoding="ascii") as out:
            out.write("\n".join(services) + "\n")

    def control(self, word):
        return subprocess.run(["postfix", "-c", self.config, word], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin"), check=False)

    def start(self):
        done = self.control("start")
        assert done.returncode == 0, done.stderr + self.log_text()
        wait_for(self.answers, 20, "Postfix to answer")
        return self

    def answers(self):
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                sock.settimeout(5)
                if self.proxied:
                    sock.sendall(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n")
                return sock.recv(100).startswith(b"220")
        return False

    def log_text(self):
        with contextlib.suppress(OSError):
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
                return file.read()[-4000:]
        return ""

    def mails(self):
        new = f"{self.folder}/mail/inbox/new"
        return [os.path.join(new, name) for name in sorted(os.listdir(new))] if os.path.isdir(new) else []

    def stop(self):
        self.control("stop")
        shutil.rmtree(self.folder, ignore_errors=True)


class Dovecot:
    """Dovecot's LMTP on a TCP port, with a Maildir for each user of a passwd file of ours. As root only."""

    def __init__(self, users, extra="ssl = no"):
        self.folder = folder()
        self.port = free_port()
        user = pwd.getpwnam("nobody")
        for name in ("base", "mail", "state"):
            os.mkdir(os.path.join(self.folder, name))
        shutil.chown(f"{self.folder}/mail", "nobody", "nogroup")
        with open(f"{self.folder}/users", "w", encoding="ascii") as out:
            out.writelines(f"{name}:{{PLAIN}}pass:{user.pw_uid}:{user.pw_gid}::{self.folder}/mail/{name}::\n" for name in users)
        with open(f"{self.folder}/dovecot.conf", "w", encoding="ascii") as out:
            out.write(f'''base_dir = {self.folder}/base
state_dir = {self.folder}/state
instance_name = journey
protocols = lmtp
log_path = {self.folder}/log
{extra}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.port}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
''')
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", f"{self.folder}/dovecot.conf"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(self.answers, 20, "Dovecot to answer")
        return self

    def answers(self):
        assert self.process.poll() is None, self.process.stderr.read().decode() + self.log_text()
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                sock.settimeout(5)
                return sock.recv(100).startswith(b"220")
        return False

    def log_text(self):
        with contextlib.suppress(OSError):
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
                return file.read()[-4000:]
        return ""

    def mails(self, user):
        new = f"{self.folder}/mail/{user}/Maildir/new"
        return [os.path.join(new, name) for name in sorted(os.listdir(new))] if os.path.isdir(new) else []

    def stop(self):
        end_process(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """A real clamd with one signature of ours, for the EICAR test text wherever it stands in a file."""

    def __init__(self):
        self.folder = folder()
        self.socket = os.path.join(self.folder, "clamd.sock")
        os.mkdir(f"{self.folder}/db")
        with open(f"{self.folder}/db/ours.ndb", "w", encoding="ascii") as out:
            out.write(f"Postern.Test.EICAR:0:*:{EICAR.hex()}\n")
        with open(f"{self.folder}/clamd.conf", "w", encoding="ascii") as out:
            out.write(f'''Foreground yes
DatabaseDirectory {self.folder}/db
LocalSocket {self.socket}
LocalSocketMode 666
LogFile {self.folder}/log
LogTime yes
OfficialDatabaseOnly no
SelfCheck 3600
MaxThreads 4
TemporaryDirectory {self.folder}
''')
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/clamd", "-c", f"{self.folder}/clamd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_for(lambda: os.path.exists(self.socket) or self.process.poll() is not None, 60, "clamd's socket")
        assert self.process.poll() is None, self.log_text()
        return self

    def log_text(self):
        with contextlib.suppress(OSError):
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
                return file.read()[-4000:]
        return ""

    @property
    def section(self):
        return f'scanner "clamav" {{ type = clamd  socket = "{self.socket}" }}'

    def stop(self):
        end_process(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def corpora():
    """The developers' folder of mail, unpacked, or None with the reason."""
    tool = os.path.join(ROOT, "..", "shared", "tools", "unpack-data")
    data = os.path.join(ROOT, "..", "shared", "data")
    if not os.path.isdir(data) or not os.path.exists(tool):
        return None, "the developers' corpora (../shared/data) are not here"
    if need("zstd"):
        return None, need("zstd")
    done = subprocess.run([tool], capture_output=True, text=True, check=False)
    return (done.stdout.strip().splitlines()[-1], None) if done.returncode == 0 else (None, done.stderr)


def load_json(text):
    """One JSON value, or one a line."""
    try:
        value = json.loads(text)
        return value if isinstance(value, list) else [value]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def signal_process(process, number=signal.SIGHUP):
    os.kill(process.pid, number)
