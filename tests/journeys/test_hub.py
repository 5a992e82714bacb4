# SPDX-License-Identifier: Apache-2.0
"""Next hops: many for a domain, with limits, that die and come back, that lack extensions, or trust us."""
import contextlib
import email
import json
import socket
import time

import pytest

import house
from client import TRUSTED, Client, letter, stuffed
from house import Sink, wait_for


class Hop(Sink):
    """A sink that offers what it is told to, writes down what it hears, and knows how many speak with it at once."""

    def __init__(self, offers=("PIPELINING", "8BITMIME"), lmtp=False, port=None, drops_ehlo=False, pause=0.0, proxy=False):
        self.offers, self.drops_ehlo, self.pause, self.proxy = offers, drops_ehlo, pause, proxy
        self.heard, self.heads, self.now, self.most = [], [], 0, 0
        super().__init__(lmtp=lmtp, port=port)

    def serve(self, rfile, wfile):
        with self.lock:
            self.connections, self.now = self.connections + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            self.talk(rfile, wfile)
        finally:
            with self.lock:
                self.now -= 1

    def talk(self, rfile, wfile):
        def say(text):
            wfile.write(text.encode() + b"\r\n")
            wfile.flush()

        if self.proxy:
            head = rfile.read(16)
            self.heads.append(head + rfile.read(int.from_bytes(head[14:16], "big")))
        sender, people, data = "", [], b""
        say("220 hop")
        while line := rfile.readline(4096):
            self.heard.append(line)
            verb = line.split()[0].upper()
            if verb == b"EHLO" and self.drops_ehlo:
                return
            if verb in (b"EHLO", b"LHLO", b"HELO"):
                say("\r\n".join(f"250-{offer}" for offer in ("hop", *self.offers)) + "\r\n250 HELP" if verb != b"HELO" else "250 hop")
            elif verb == b"MAIL":
                sender, people, data = self.path(line), [], b""
                say("250 2.1.0 ok")
            elif verb == b"RCPT":
                reply = self.answers.get(self.path(line), "250 2.1.5 ok")
                people += [self.path(line)] if reply.startswith("250") else []
                say(reply)
            elif verb == b"DATA":
                say("354 go on")
                data = self.read_data(rfile)
                if data is None:
                    return
                self.keep_it(sender, people, data, say)
            elif verb == b"BDAT":
                data += rfile.read(int(line.split()[1]))
                if line.split()[2:] == [b"LAST"]:
                    self.keep_it(sender, people, data, say)
                else:
                    say("250 2.0.0 chunk")
            elif verb == b"XCLIENT":
                say("220 hop again")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 2.0.0 ok")

    def keep_it(self, sender, people, data, say):
        time.sleep(self.pause)
        for reply in self.take(sender, people, data):
            say(reply)

    def said(self, verb):
        return [line for line in self.heard if line.upper().startswith(verb)]


@pytest.fixture
def hop(started):
    return lambda **how: started(Hop(**how))


@pytest.fixture
def gateway(started, quick):
    def make(domains, extra=""):
        return started(house.Gateway(domains, f"{quick}\n{extra}", trusted=f'"{TRUSTED}/32"'))
    return make


def send(gateway, recipients, data=None, sender="anna@example.org", options=""):
    with Client(gateway.port, TRUSTED) as client:
        assert client.say(f"MAIL FROM:<{sender}>{options}").startswith("250")
        for recipient in recipients:
            assert client.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.send(stuffed(data or letter()))
        assert client.reply().startswith("250")


def queued(gateway):
    return [r for line in gateway.text("queue", "list", "--json").splitlines() for r in json.loads(line)["recipients"]]


def subject(number):
    return b"Subject: number %d\r\n\r\nbody\r\n" % number


def test_of_two_back_ends_one_dies_without_a_loss(gateway, hop):
    one, other = hop(lmtp=True, pause=0.02), hop(lmtp=True, pause=0.02)
    mx = gateway([("example.org", [one.url, other.url])])
    for number in range(60):
        send(mx, ["berta@example.org"], subject(number))
        if number == 20:
            wait_for(lambda: one.letters and other.letters, 20, "both have mail: they share it")
            one.server.shutdown()
            one.server.server_close()
    wait_for(lambda: len({bytes(l.data[-30:]) for l in one.letters + other.letters}) == 60, 60, "all sixty")
    mx.wait_empty()


def test_five_recipients_on_three_back_ends_with_mixed_replies(gateway, hop):
    one, two, three = hop(lmtp=True), hop(lmtp=True), hop()
    two.answers = {"dora@example.org": "550 5.1.1 nobody", "emil@example.org": "450 4.2.1 not now"}
    mx = gateway([("example.org", [one.url])], f'''
route "d*@example.org" {{ deliver = {{"{two.url}"}} }}
route "emil@example.org" {{ deliver = {{"{two.url}"}} }}
route "fritz@example.org" {{ deliver = {{"{three.url}"}} }}''')
    send(mx, [f"{name}@example.org" for name in ("berta", "carl", "dora", "emil", "fritz")])
    wait_for(lambda: len(one.letters) == 2 and three.letters, 30, "mail, and the notice about dora")
    assert sorted(l.recipients for l in one.letters) == [["anna@example.org"], ["berta@example.org", "carl@example.org"]]
    assert [l.recipients for l in three.letters] == [["fritz@example.org"]] and two.letters == []
    assert b"dora@example.org" in next(l.data for l in one.letters if l.sender == "")
    wait_for(lambda: [r["address"] for r in queued(mx) if r["state"] in ("queued", "lent")] == ["emil@example.org"], 20, "emil")
    two.answers = {}
    assert two.wait(1)[0].recipients == ["emil@example.org"]
    mx.wait_empty()


def test_a_back_end_gets_no_more_than_it_is_to(gateway, hop):
    small, large = hop(pause=0.05), hop(pause=0.05)
    mx = gateway([("a.example", [small.url]), ("b.example", [small.url, large.url])],
                 f'target "{small.url}" {{ connections = 2 }}')
    for number in range(40):
        send(mx, [f"berta@{'a' if number % 2 else 'b'}.example"], subject(number))
    wait_for(lambda: len(small.letters) + len(large.letters) == 40, 60, "all forty")
    assert small.most <= 2, small.most
    assert large.letters, "the other one takes what the first may not get"


def test_a_rate_is_kept(gateway, hop):
    slow = hop()
    mx = gateway([("example.org", [slow.url])], f'target "{slow.url}" {{ rate = 60 }}')
    begun = time.monotonic()
    for number in range(5):
        send(mx, ["berta@example.org"], subject(number))
    slow.wait(5, 60)
    assert time.monotonic() - begun >= 3.5, "a second apart"


def test_one_that_comes_back_is_found_by_looking(gateway, hop):
    port = house.free_port()
    mx = gateway([("example.org", [f"lmtp://127.0.0.1:{port}"])], f'target "lmtp://127.0.0.1:{port}" {{ check = 1 }}')
    send(mx, ["berta@example.org"])
    wait_for(lambda: queued(mx) and queued(mx)[0]["attempts"] >= 1, 30, "an attempt")
    assert queued(mx)[0]["reply"].startswith("451 4.4.1"), queued(mx)
    back = hop(lmtp=True, port=port)
    assert back.wait(1)[0].recipients == ["berta@example.org"]


def test_mail_in_chunks_is_byte_for_byte(gateway, hop):
    chunks = hop(offers=("PIPELINING", "CHUNKING", "8BITMIME"))
    mx = gateway([("example.org", [chunks.url])])
    data = letter() + b".\r\n..\r\n" + b"a line of text that is long enough to be counted\r\n" * 4000
    send(mx, ["berta@example.org"], data)
    assert chunks.wait(1)[0].data.endswith(data)
    assert len(chunks.said(b"BDAT")) > 2 and not chunks.said(b"DATA")


def test_eight_bits_to_a_hop_that_takes_seven(gateway, hop):
    seven = hop(offers=())
    mx = gateway([("example.org", [seven.url])])
    text = "Grüße, 100 % = alles\r\n.\r\n-- \r\n" + "ä" * 200 + "\r\n"
    send(mx, ["berta@example.org"], b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: 8bit\r\nSubject: x\r\n\r\n" + text.encode(), options=" BODY=8BITMIME")
    data = seven.wait(1)[0].data
    assert max(data) < 128 and max(map(len, data.split(b"\r\n"))) <= 100
    assert email.message_from_bytes(data).get_payload(decode=True) == text.encode()


def test_eight_bits_that_cannot_be_converted(gateway, hop):
    seven = hop(offers=())
    mx = gateway([("example.org", [seven.url])])
    signed = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa4\r\n--b\r\n\r\nx\r\n--b--\r\n"
    send(mx, ["berta@example.org"], b"MIME-Version: 1.0\r\n" + signed, options=" BODY=8BITMIME")
    notice = seven.wait(1)[0]
    assert notice.sender == "" and b"5.6.3" in notice.data and b"signed" in notice.data


@pytest.mark.parametrize("offers, goes", [(("8BITMIME",), False), (("8BITMIME", "SMTPUTF8"), True)])
def test_smtputf8(gateway, hop, offers, goes):
    server = hop(offers=offers)
    mx = gateway([("example.org", [server.url])])
    send(mx, ["grün@example.org"], "Subject: Grüße\r\n\r\nx\r\n".encode(), options=" BODY=8BITMIME SMTPUTF8")
    first = server.wait(1)[0]
    if goes:
        assert first.recipients == ["grün@example.org"] and any(b"SMTPUTF8" in line for line in server.said(b"MAIL"))
    else:
        assert first.sender == "" and b"5.6.7" in first.data


def test_a_notice_to_an_address_in_utf8(gateway, hop):
    """RFC 6533: all of it may be UTF-8 then, and it goes by SMTPUTF8."""
    server = hop(offers=("8BITMIME", "SMTPUTF8"))
    server.answers = {"grün@example.org": "550 5.1.1 nobody"}
    mx = gateway([("example.org", [server.url])])
    send(mx, ["grün@example.org"], "Subject: Grüße\r\n\r\nx\r\n".encode(), sender="jürgen@example.org", options=" BODY=8BITMIME SMTPUTF8")
    notice = server.wait(1)[0]
    assert notice.sender == "" and notice.recipients == ["jürgen@example.org"]
    assert any(b"MAIL FROM:<>" in line and b"SMTPUTF8" in line for line in server.said(b"MAIL")), server.said(b"MAIL")
    text = notice.data.decode("utf-8")
    assert "To: <jürgen@example.org>" in text and "Final-Recipient: utf-8;grün@example.org" in text and "Subject: Grüße" in text
    assert email.message_from_bytes(notice.data).get_payload()[1].get_content_type() == "message/global-delivery-status"


def test_utf8_that_is_not_needed_goes_anywhere(gateway, hop):
    server = hop()
    mx = gateway([("example.org", [server.url])])
    send(mx, ["berta@example.org"], options=" SMTPUTF8")
    assert server.wait(1)[0].recipients == ["berta@example.org"]


def test_a_server_that_drops_at_ehlo_gets_helo(gateway, hop):
    old = hop(drops_ehlo=True, offers=())
    mx = gateway([("example.org", [old.url])])
    send(mx, ["berta@example.org"])
    assert old.wait(1)[0].recipients == ["berta@example.org"]
    assert old.said(b"HELO")


@pytest.mark.parametrize("how", ["xforward", "xclient"])
def test_a_hop_that_trusts_us_is_told_who_brought_the_mail(gateway, hop, how):
    server = hop(offers=(f"{how.upper()} NAME ADDR HELO PROTO",))
    mx = gateway([("example.org", [server.url])], f'target "{server.url}" {{ client = {how} }}')
    send(mx, ["berta@example.org"])
    server.wait(1)
    assert f" ADDR={TRUSTED} ".encode() in server.said(how.upper().encode())[0]
    assert len(server.said(b"EHLO")) == (2 if how == "xclient" else 1)


def test_the_proxy_protocol(gateway, hop):
    server = hop(proxy=True)
    mx = gateway([("example.org", [server.url])], f'target "{server.url}" {{ client = proxy }}')
    for number in range(3):
        send(mx, ["berta@example.org"], subject(number))
    server.wait(3)
    heads = [head for head in server.heads if head[12] == 0x21]
    assert len(heads) == 3 and all(head[16:20] == socket.inet_aton(TRUSTED) for head in heads), server.heads


def test_what_was_asked_about_notices_is_passed_on(gateway, hop):
    server = hop(offers=("DSN",))
    mx = gateway([("example.org", [server.url])])
    with Client(mx.port, TRUSTED) as client:
        assert client.say("MAIL FROM:<anna@example.org> RET=HDRS ENVID=a+2Bb").startswith("250")
        assert client.say("RCPT TO:<berta@example.org> NOTIFY=SUCCESS ORCPT=rfc822;b+2Bc@example.org").startswith("250")
        assert client.say("DATA").startswith("354")
        client.send(stuffed(letter()))
        assert client.reply().startswith("250")
    server.wait(1)
    assert b"RET=HDRS ENVID=a+2Bb" in server.said(b"MAIL")[0]
    assert b"NOTIFY=SUCCESS ORCPT=rfc822;b+2Bc@example.org" in server.said(b"RCPT")[0]
    mx.wait_empty()
    time.sleep(1)
    assert len(server.letters) == 1, "the notice is the next hop's to send"


def test_hostile_next_hops_end_in_the_queue(gateway, started):
    """A listener that answers with nonsense of each kind: nothing is delivered, nothing is refused for it."""
    import threading
    nonsense = [b"220-x\r\n" * 100000, b"220 " + b"x" * 2000000, b"2\r\n", b"220 x\r\n250 early\r\n", b"\0\0\0\r\n",
                b"220\rx\r\r\r", b"HTTP/1.1 400 no\r\n\r\n", b"", b"554 no\r\n", b"421 no\r\n", b"220 x\r\n250-" + b"y\r\n250-" * 1000]
    listener = socket.create_server(("127.0.0.1", 0))
    served = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with contextlib.suppress(OSError), connection:
                    served.append(nonsense[len(served) % len(nonsense)])
                    connection.sendall(served[-1])
    threading.Thread(target=serve, daemon=True).start()
    url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    mx = gateway([("example.org", [url])], f'target "{url}" {{ check = 0 }}')
    for number in range(3):
        send(mx, ["berta@example.org"], subject(number))
    wait_for(lambda: len(served) >= 3, 60, "many connections")
    listener.close()
    assert {r["state"] for r in queued(mx)} <= {"queued", "lent"} and len(queued(mx)) == 3
