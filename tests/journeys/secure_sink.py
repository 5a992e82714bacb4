# SPDX-License-Identifier: Apache-2.0
"""secure_sink.py — an SMTP server that offers STARTTLS, and keeps what comes inside and outside of it."""
import socket
import ssl
import threading

from house import Sink


class SecureSink:
    """`inside` and `outside` are the letters that came. `behind`: bytes in the clear behind its 220; `broken`: rubbish instead of
    a handshake, always or as often as the number says; `stalls`: nothing instead of one; `insists`: no MAIL outside. `asked` has
    each recipient, and whether inside; `answers` are the replies to RCPT that are no 250."""

    def __init__(self, chain, key, behind=b"", broken=False, offers=True, insists=False, stalls=False, at=("127.0.0.1", 0)):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.behind, self.broken, self.offers = behind, 1 << 30 if broken is True else int(broken), offers
        self.inside, self.outside, self.names = [], [], []
        self.insists, self.stalls, self.asked, self.answers = insists, stalls, [], {}
        self.listener = socket.create_server(at)
        self.port = self.listener.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.settimeout(20)
            sock.sendall(b"220 secure\r\n")
            self.talk(sock, self.outside, self.offers)
        except (OSError, ssl.SSLError):
            pass
        finally:
            sock.close()

    def talk(self, sock, letters, offers):
        file = sock.makefile("rb")
        while line := file.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                sock.sendall(b"250-secure\r\n" + (b"250-STARTTLS\r\n" if offers else b"") + b"250-SMTPUTF8\r\n250 8BITMIME\r\n")
            elif verb == b"STAR":
                sock.sendall(b"220 go\r\n" + self.behind)
                if self.stalls:
                    while file.read(1):
                        pass
                    return
                if self.broken:
                    self.broken -= 1
                    file.read(1)           # the client's first byte: it has taken the 220 for what it is
                    sock.sendall(b"what?\r\n")
                    return
                self.talk(self.context.wrap_socket(sock, server_side=True), self.inside, False)
                return
            elif verb == b"MAIL" and self.insists and letters is self.outside:
                sock.sendall(b"530 5.7.0 Must issue a STARTTLS command first\r\n")
            elif verb == b"RCPT":
                recipient = line[line.index(b"<") + 1:line.index(b">")].decode()
                self.asked.append((recipient, letters is self.inside))
                sock.sendall(self.answers.get(recipient, "250 2.1.5 ok").encode() + b"\r\n")
            elif verb == b"DATA":
                sock.sendall(b"354 go\r\n")
                letters.append(Sink.read_data(file))
                sock.sendall(b"250 kept\r\n")
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")

    def stop(self):
        self.listener.close()
