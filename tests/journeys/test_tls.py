# SPDX-License-Identifier: Apache-2.0
"""TLS at the front: names, renewals, what is smuggled around STARTTLS, and what becomes of it without keys."""
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess

import pytest

import certificates
import house
from house import Gateway, Postfix, message, send, wait_for

pytestmark = pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl")))


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def gateway_with(started, sink, extra, tls="optional", **how):
    gateway = Gateway([("example.org", [sink.url])], 'queue { retry_least = "1s" retry_most = "2s" }\n' + extra, **how)
    with open(gateway.conf, encoding="utf-8") as file:
        text = file.read()
    with open(gateway.conf, "w", encoding="utf-8") as file:
        file.write(text.replace(f'"127.0.0.1:{gateway.port}"}}', f'"127.0.0.1:{gateway.port}"}} tls = {tls}'))
    if tls == "optional":
        return started(gateway)
    gateway.wait_ready = lambda seconds=20: wait_for(lambda: re.search(r"tls-ready|no-tls", gateway.log_text()) and greets(gateway), seconds, "TLS")
    return started(gateway)


def greets(gateway):
    try:
        with socket.create_connection(("127.0.0.1", gateway.port), 2) as sock:
            sock.settimeout(2)
            sock.sendall(b"")
            return True
    except OSError:
        return False


@pytest.fixture
def secured(started, sink, authority):
    """RSA for one name, EC for another."""
    return gateway_with(started, sink, authority.section("mx.example.org", kind="rsa") + authority.section("two.example.org", "two.example.org", "also.example.org"))


def offers(gateway):
    with gateway.client() as client:
        client.ehlo()
        return client.has_extn("starttls")


def wait_offered(gateway):
    wait_for(lambda: offers(gateway), 20, f"STARTTLS to be offered: {gateway.log_text()}")


# ---- what works ----

def test_a_message_in_tls(secured, sink, authority):
    wait_offered(secured)
    client = smtplib.SMTP("127.0.0.1", secured.port, local_hostname="client.example.net", timeout=30)
    client._host = "mx.example.org"
    client.ehlo()
    assert client.starttls(context=authority.context())[0] == 220
    client.ehlo()
    assert not client.has_extn("starttls"), "TLS is on already"
    letter = message(body="x" * 70 + "\r\n" + "a line of a longer message\r\n" * 20000)
    assert send(secured, letter, client=client)[0] == 250
    client.quit()
    got = sink.wait()[0].data
    head = got[:got.index(b"From:")]
    assert b"with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)" in re.sub(rb"\r\n\s+", b" ", head), head
    assert house.without_trace(got, letter) == letter


@pytest.mark.parametrize("name, shown", [("mx.example.org", "mx.example.org"), ("two.example.org", "two.example.org"),
                                         ("also.example.org", "two.example.org"), ("unknown.example.org", "mx.example.org")])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_certificate_for_each_name(secured, name, shown, version):
    wait_offered(secured)
    names, text = certificates.shown(secured.port, name, versions=[version])
    assert names and shown in names, (names, text)


@pytest.mark.skipif(bool(house.need("swaks")), reason=str(house.need("swaks")))
def test_swaks(secured, sink):
    wait_offered(secured)
    done = subprocess.run(["swaks", "--server", f"127.0.0.1:{secured.port}", "--tls", "--from", "a@example.net", "--to", "b@example.org",
                           "--tls-sni", "two.example.org"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sink.wait()


def test_implicit_tls(started, sink, authority):
    gateway = gateway_with(started, sink, authority.section("mx.example.org"), tls="implicit")
    context = authority.context()

    def connects():
        try:
            with socket.create_connection(("127.0.0.1", gateway.port), 5) as sock:
                with context.wrap_socket(sock, server_hostname="mx.example.org") as inside:
                    return inside.recv(100).startswith(b"220")
        except OSError:
            return False
    wait_for(connects, 20, f"implicit TLS: {gateway.log_text()}")
    names, text = certificates.shown(gateway.port, "mx.example.org", implicit=True)
    assert names and "mx.example.org" in names, text
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as sock:
        sock.settimeout(10)
        sock.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n")
        got = b""
        while piece := sock.recv(1000):
            got += piece
        assert not got.startswith((b"2", b"5")), "plain text is not answered"


def test_required(started, sink, authority):
    gateway = gateway_with(started, sink, authority.section("mx.example.org"), tls="required")
    wait_offered(gateway)
    with gateway.client() as client:
        client.ehlo()
        assert client.mail("a@example.net")[0] == 530
        assert client.rcpt("b@example.org")[0] == 503
        client._host = "mx.example.org"
        client.starttls(context=authority.context())
        client.ehlo()
        assert send(gateway, message(), client=client)[0] == 250


def test_without_a_certificate(gateway):
    """It says so, and takes mail as before."""
    assert not offers(gateway)
    assert "no-tls" in gateway.log_text()
    with gateway.client() as client:
        client.ehlo()
        assert client.docmd("STARTTLS")[0] == 454


@pytest.mark.skipif(not house.IS_ROOT, reason="Postfix is started as root")
@pytest.mark.skipif(bool(house.need("postfix")), reason=str(house.need("postfix")))
def test_postfix_sends_with_tls(started, secured, sink, authority):
    wait_offered(secured)
    postfix = Postfix(relayhost=f"[127.0.0.1]:{secured.port}")
    with open(f"{postfix.config}/main.cf", "a", encoding="ascii") as out:
        out.write(f"smtp_tls_security_level = verify\nsmtp_tls_CAfile = {authority.file}\nsmtp_tls_verify_cert_match = mx.example.org\n")
    started(postfix)
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail("a@example.net", ["b@example.org"], message())
    got = sink.wait(about=f"Postfix's mail: {postfix.log_text()}")[0].data
    assert b"ESMTPS" in got


# ---- behind a balancer, and for others ----

HEADER = b"PROXY TCP4 192.0.2.77 192.0.2.2 4711 465\r\n"
BALANCED = ' proxy_from = {"127.0.0.1"} xclient_from = {"192.0.2.77"}'


def first_words_in_tls(sock, context, before):
    """`before` and the client's first handshake bytes go in one piece; the first line that is said inside."""
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = context.wrap_bio(coming, going, server_hostname="mx.example.org")
    while True:
        try:
            inside.do_handshake()
            said = inside.read()
            return said
        except ssl.SSLWantReadError:
            sock.sendall(before + going.read())
            before = b""
            got = sock.recv(16384)
            assert got, "an end instead of a handshake"
            coming.write(got)


def test_implicit_tls_behind_a_balancer(started, sink, authority):
    """Nothing is said in the clear, however header and handshake are cut."""
    gateway = gateway_with(started, sink, authority.section("mx.example.org"), tls="implicit" + BALANCED)
    wait_for(lambda: "tls-ready" in gateway.log_text(), 20, "TLS")
    for cut in (0, 1, len(HEADER) - 1, len(HEADER)):
        with socket.create_connection(("127.0.0.1", gateway.port), 5) as sock:
            if cut:
                sock.sendall(HEADER[:cut])
                sock.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    sock.recv(1)
            sock.settimeout(10)
            assert first_words_in_tls(sock, authority.context(), HEADER[cut:]).startswith(b"220 "), cut


def test_required_behind_a_balancer_and_for_others(started, sink, authority):
    """What XCLIENT makes new is the client, not the TLS that it came in."""
    gateway = gateway_with(started, sink, authority.section("mx.example.org"), tls="required" + BALANCED)
    wait_for(lambda: "tls-ready" in gateway.log_text(), 20, "TLS")
    sock = socket.create_connection(("127.0.0.1", gateway.port), 20)
    sock.settimeout(20)
    sock.sendall(HEADER)
    file = sock.makefile("rwb")
    assert file.readline().startswith(b"220")
    assert [one[:3] for one in talk(file, b"EHLO x", b"MAIL FROM:<a@example.net>", b"STARTTLS")] == [b"250", b"530", b"220"]
    with authority.context().wrap_socket(sock, server_hostname="mx.example.org") as inside:
        file = inside.makefile("rwb")
        replies = talk(file, b"EHLO y", b"XCLIENT ADDR=192.0.2.88 NAME=claimed.example HELO=z", b"EHLO z", b"STARTTLS",
                       b"MAIL FROM:<a@example.net>", b"RCPT TO:<b@example.org>", b"DATA", message() + b"\r\n.")
    assert [one[:3] for one in replies] == [b"250", b"220", b"250", b"503", b"250", b"250", b"354", b"250"], replies
    got = sink.wait()[0].data
    head = re.sub(rb"\r\n\s+", b" ", got[:got.index(b"From:")])
    assert b"with ESMTPS (TLSv1.3" in head and b"192.0.2.88" in head, head


# ---- renewals, and the process that signs ----

def renew(gateway, authority, name):
    chain, key = authority.make(name, "renewed.example.org", to="renewed")
    os.replace(chain, os.path.join(authority.folder, f"{name}.pem"))
    os.replace(key, os.path.join(authority.folder, f"{name}.pem.key"))
    gateway.text("reload")


def test_a_renewed_certificate_while_a_session_stays(secured, authority):
    wait_offered(secured)
    client = smtplib.SMTP("127.0.0.1", secured.port, local_hostname="client.example.net", timeout=30)
    client._host = "mx.example.org"
    client.ehlo()
    client.starttls(context=authority.context())
    client.ehlo()
    for _ in range(2):
        renew(secured, authority, "mx.example.org")
        wait_for(lambda: "renewed" in str(certificates.shown(secured.port, "mx.example.org")[0]), 20, f"the new certificate: {secured.log_text()}")
    assert client.noop()[0] == 250, "the session stays"
    assert send(secured, message(), client=client)[0] == 250
    client.quit()


def test_a_file_that_is_gone_changes_nothing(secured, authority):
    wait_offered(secured)
    os.remove(os.path.join(authority.folder, "two.example.org.pem.key"))
    assert secured.command("reload").returncode != 0
    assert "two.example.org" in certificates.shown(secured.port, "two.example.org")[0]


def test_the_signer_is_stopped_or_dead(secured, sink, authority):
    """Its handshakes fail, and nothing else; then it is back."""
    wait_offered(secured)
    keys = next(pid for pid, name in secured.children().items() if name == "keys")
    os.kill(keys, signal.SIGSTOP)
    try:
        sock, file = certificates.plain(secured.port)
        file.write(b"EHLO x\r\nSTARTTLS\r\n")
        file.flush()
        while not file.readline().startswith(b"250 "):
            pass
        assert file.readline().startswith(b"220")
        sock.settimeout(2)
        with pytest.raises((ssl.SSLError, OSError)):
            authority.context().wrap_socket(sock, server_hostname="mx.example.org")
        sock.close()
        assert send(secured, message())[0] == 250, "in the clear mail comes in"
    finally:
        os.kill(keys, signal.SIGCONT)
    os.kill(keys, signal.SIGKILL)
    wait_for(lambda: any(name == "keys" and pid != keys for pid, name in secured.children().items()), 20, "keys to be started again")
    wait_offered(secured)
    assert certificates.shown(secured.port, "mx.example.org")[0]


def test_only_keys_has_the_key(secured, authority):
    """The front's memory is looked through for the numbers of the private key; the signer's is too, to see that it would show."""
    if not house.IS_ROOT:
        pytest.skip("only root may look into other processes")
    wait_offered(secured)
    assert certificates.shown(secured.port, "two.example.org")[0]
    text = certificates.openssl("ec", "-in", os.path.join(authority.folder, "two.example.org.pem.key"), "-text", "-noout")
    number = bytes.fromhex(re.sub(r"[\s:]", "", text.split("priv:")[1].split("pub:")[0]))[-32:]
    found = {name for pid, name in secured.children().items() if has_bytes(pid, number) or has_bytes(pid, number[::-1])}
    assert found == {"keys"}, found


def has_bytes(pid, wanted):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(start)
                if wanted in memory.read(min(end - start, 64 << 20)):
                    return True
            except (OSError, ValueError):
                continue
    return False


# ---- around STARTTLS (NO STARTTLS, USENIX Security 2021; CVE-2011-0411) ----

def talk(file, *lines):
    """Sends each line and returns the last lines of the replies."""
    replies = []
    for line in lines:
        file.write(line + b"\r\n")
        file.flush()
        while True:
            reply = file.readline()
            if reply[3:4] != b"-":
                break
        replies.append(reply)
    return replies


@pytest.mark.parametrize("behind", [b"RSET\r\n", b"MAIL FROM:<evil@example.net>\r\n", b"X", b"\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_text_behind_starttls_is_never_heard(secured, authority, behind):
    wait_offered(secured)
    sock, file = certificates.plain(secured.port)
    talk(file, b"EHLO x")
    sock.sendall(b"STARTTLS\r\n" + behind)
    got = file.read()
    assert got.startswith(b"554 5.5.0") and b"220" not in got, got
    sock.close()


@pytest.mark.parametrize("lines, end", [
    ([b"STARTTLS"], b"503"),
    ([b"HELO x", b"STARTTLS"], b"503"),
    ([b"EHLO x", b"STARTTLS now"], b"501"),
    ([b"EHLO x", b"MAIL FROM:<a@example.net>", b"STARTTLS"], b"503"),
    ([b"EHLO x", b"MAIL FROM:<a@example.net>", b"RSET", b"STARTTLS"], b"220"),
    ([b"EHLO x", b"starttls"], b"220"),
])
def test_when_starttls_may_be_said(secured, lines, end):
    wait_offered(secured)
    sock, file = certificates.plain(secured.port)
    assert talk(file, *lines)[-1].startswith(end)
    sock.close()


def test_nothing_is_remembered_inside(secured, authority):
    wait_offered(secured)
    sock, file = certificates.plain(secured.port)
    assert talk(file, b"EHLO x", b"MAIL FROM:<evil@example.net>", b"RSET", b"STARTTLS")[-1].startswith(b"220")
    with authority.context().wrap_socket(sock, server_hostname="mx.example.org") as inside:
        file = inside.makefile("rwb")
        replies = talk(file, b"MAIL FROM:<a@example.net>", b"RCPT TO:<b@example.org>", b"EHLO y", b"STARTTLS", b"RCPT TO:<b@example.org>")
    assert [reply[:3] for reply in replies] == [b"503", b"503", b"250", b"503", b"503"], replies


def test_commands_in_one_record_inside(secured, sink, authority):
    """Pipelining inside TLS, in one record and in many; a body cut in two records at its final dot."""
    wait_offered(secured)
    sock, file = certificates.plain(secured.port)
    talk(file, b"EHLO x", b"STARTTLS")
    with authority.context().wrap_socket(sock, server_hostname="mx.example.org") as inside:
        inside.sendall(b"EHLO y\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        file = inside.makefile("rwb")
        while not file.readline().startswith(b"354"):
            pass
        for piece in (message(), b"\r\n", b".", b"\r", b"\nQUI", b"T\r\n"):
            inside.sendall(piece)
        assert file.readline().startswith(b"250 2.0.0 accepted")
        assert file.readline().startswith(b"221")
    sink.wait()


@pytest.mark.parametrize("bytes_", [b"EHLO x\r\nQUIT\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 100, b"\x15\x03\x01\0\x02\x02\x28", b"\0" * 300])
def test_rubbish_instead_of_a_handshake(secured, bytes_):
    wait_offered(secured)
    sock, file = certificates.plain(secured.port)
    assert talk(file, b"EHLO x", b"STARTTLS")[-1].startswith(b"220")
    sock.sendall(bytes_)
    got = file.read()
    assert not re.match(rb"\d\d\d[ -]", got), got
    sock.close()
    assert offers(secured), "the front is well"
    wait_for(lambda: "tls-failed" in secured.log_text(), 10, "a line in the log")


def test_old_versions_are_refused(secured):
    wait_offered(secured)
    names, _ = certificates.shown(secured.port, "mx.example.org", versions=["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    assert names is None
