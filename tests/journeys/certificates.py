# SPDX-License-Identifier: Apache-2.0
"""certificates.py — certificates for journeys, made by openssl: one authority, and whom it vouches for."""
import os
import socket
import ssl
import subprocess

import house


def openssl(*words, text=""):
    done = subprocess.run(["openssl", *words], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Authority:
    def __init__(self, where=None):
        self.folder = where or house.folder()
        self.file = os.path.join(self.folder, "ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test authority",
                "-keyout", self.file + ".key", "-out", self.file)

    def make(self, *names, kind="ec", to=None):
        """(chain, key): files; the key is readable by their owner alone."""
        chain = os.path.join(self.folder, f"{to or names[0]}.pem")
        key, request, extra = chain + ".key", chain + ".csr", chain + ".ext"
        new = ["-newkey", "rsa:2048"] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", *new, "-nodes", "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        with open(extra, "w", encoding="ascii") as out:
            out.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.file + ".key", "-CAcreateserial", "-days", "2",
                "-extfile", extra, "-out", chain)
        os.chmod(key, 0o600)
        return chain, key

    def section(self, title, *names, kind="ec"):
        """A section of postern.conf for a certificate of those names."""
        chain, key = self.make(*(names or (title,)), kind=kind)
        return f'certificate "{title}" {{ chain = "{chain}"  key = "{key}" }}\n'

    def context(self):
        """A client's, that believes this authority alone."""
        return ssl.create_default_context(cafile=self.file)


def shown(port, name, implicit=False, versions=()):
    """What openssl's own client says of a server asked for that name: the names in its certificate, and the version."""
    words = ["s_client", "-connect", f"127.0.0.1:{port}", "-servername", name, *versions]
    if not implicit:
        words += ["-starttls", "smtp"]
    done = subprocess.run(["openssl", *words], input="QUIT\r\n", capture_output=True, text=True, timeout=60, check=False)
    text = done.stdout
    if "-----BEGIN CERTIFICATE-----" not in text:
        return None, done.stdout + done.stderr
    pem = text[text.index("-----BEGIN"):text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    names = openssl("x509", "-noout", "-ext", "subjectAltName", text=pem)
    return names, text


def plain(port):
    """A bare socket behind the greeting and EHLO."""
    sock = socket.create_connection(("127.0.0.1", port), 20)
    sock.settimeout(20)
    file = sock.makefile("rwb")
    assert file.readline().startswith(b"220")
    return sock, file
