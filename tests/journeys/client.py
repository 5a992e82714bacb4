# SPDX-License-Identifier: Apache-2.0
"""An SMTP client that sends exactly the bytes it is given, and helpers to make mails."""
import socket
import uuid

STRANGER = "127.0.0.1"        # loopback addresses as senders, of which a test may trust only the other
TRUSTED = "127.0.0.2"


class Client:
    def __init__(self, port, source=STRANGER, timeout=30, hello="client.example.net", address="127.0.0.1"):
        self.socket = socket.create_connection((address, port), timeout=timeout, source_address=(source, 0))
        self.file = self.socket.makefile("rb")
        try:
            self.greeting = self.reply()
            if hello:
                self.hello = self.say(f"EHLO {hello}")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        """The whole reply as text; ConnectionError at the end of the stream."""
        lines = []
        while True:
            line = self.file.readline(8192)
            if not line.endswith(b"\n"):
                raise ConnectionError("the server closed the connection")
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, line):
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def mail(self, sender, recipients, data, words=""):
        """One message; returns the last reply: the first refusal, or the one to the final dot.
        The envelope is pipelined; `words` stand behind the sender."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        lines = [f"MAIL FROM:<{sender}>{words}", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"]
        self.send("".join(line + "\r\n" for line in lines).encode())
        replies = [self.reply() for _ in lines]
        bad = [reply for reply in replies[:-1] if not reply.startswith("2")]
        if not replies[-1].startswith("354"):
            return bad[0] if bad else replies[-1]
        self.send(stuffed(data))
        last = self.reply()
        return bad[0] if bad else last

    def quit(self):
        return self.say("QUIT")


def stuffed(data):
    """As it goes over the wire, with the final dot."""
    if data.startswith(b"."):
        data = b"." + data
    data = data.replace(b"\r\n.", b"\r\n..")
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def token():
    return uuid.uuid4().hex


def letter(subject="a letter", body="Good day.\r\n", headers=""):
    return (f"From: Anna <anna@example.net>\r\nTo: Berta <berta@example.org>\r\nSubject: {subject}\r\n"
            f"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{token()}@example.net>\r\n{headers}\r\n"
            f"{body}").encode()
