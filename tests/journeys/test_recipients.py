# SPDX-License-Identifier: Apache-2.0
"""Who exists: tables of text, of SQLite and of PostgreSQL, call-outs to the next hop, aliases and lists for insiders."""
import os
import shutil
import sqlite3

import pytest

import certificates
import database
import house
import nsd
import test_dane
from client import STRANGER, TRUSTED, Client, letter
from secure_sink import SecureSink

UNKNOWN, LATER = "550 5.1.1 there is no such recipient here", "451 4.4.3"


def gateway_for(started, sink, tables="", domain="", **how):
    """A gateway that trusts TRUSTED only; `tables` and `domain` may name {folder}."""
    gateway = house.Gateway(trusted=f'"{TRUSTED}"', **how)
    gateway.extra = (tables + f'domain "example.org" {{ deliver = "{sink.url}" ' + domain + "}").replace("{folder}", gateway.folder)
    gateway.write()
    return gateway


def put(gateway, name, text):
    with open(os.path.join(gateway.folder, name), "w", encoding="utf-8") as out:
        out.write(text)


def rcpt(gateway, *recipients, source=STRANGER):
    """The replies to RCPT, pipelined behind MAIL."""
    with Client(gateway.port, source) as client:
        client.send("".join(line + "\r\n" for line in ["MAIL FROM:<a@b.example>", *(f"RCPT TO:<{r}>" for r in recipients)]).encode())
        assert client.reply().startswith("250")
        return [client.reply() for _ in recipients]


def check(gateway, rows, source=STRANGER):
    replies = rcpt(gateway, *(one for one, _ in rows), source=source)
    assert [(one, reply[:len(wanted)]) for (one, wanted), reply in zip(rows, replies)] == rows


def delivered(sink, gateway, recipient, source=STRANGER):
    """All who got one message to `recipient`."""
    before = len(sink.letters)
    with Client(gateway.port, source) as client:
        assert client.mail("a@b.example", recipient, letter()).startswith("250")
    sink.wait(before + 1)
    gateway.wait_empty()
    return sorted(r for one in sink.letters[before:] for r in one.recipients)


TEXTS = '''
table "people"  { file = "{folder}/people" }
table "aliases" { file = "{folder}/aliases" }
table "lists"   { file = "{folder}/lists" inside = yes }
table "moved"   { file = "{folder}/moved" }
'''


@pytest.fixture
def texts(started, sink):
    gateway = gateway_for(started, sink, TEXTS, 'recipients = people  aliases = {aliases, lists}  virtual = moved')
    gateway.extra += f'domain "old.example.org" {{ deliver = "{sink.url}"  virtual = moved }}'
    gateway.write()
    put(gateway, "people", "# who is here\nanna@example.org\nberta\ncarla   OK\n")
    put(gateway, "aliases", "info  anna, berta\nteam:  info,\n  carla@example.org\nown  own, anna\nteam-all  staff, anna\n")
    put(gateway, "lists", "staff  anna, berta, carla\n")
    put(gateway, "moved", "@old.example.org  @example.org\nmiller@example.org  anna\n")
    return started(gateway)


def test_text(texts):
    check(texts, [("anna@example.org", "250"), ("BERTA@Example.org", "250"), ("carla+news@example.org", "250"),
                  ("dora@example.org", UNKNOWN), ("info@example.org", "250"), ("postmaster@example.org", "250"),
                  ("abuse@example.org", "250"), ("postmaster", "250"), ("anna@old.example.org", "250"),
                  ("dora@old.example.org", UNKNOWN), ("x@elsewhere.example", "550 5.7.1")])


def test_expansion(texts, sink):
    assert delivered(sink, texts, "info@example.org") == ["anna@example.org", "berta@example.org"]
    assert delivered(sink, texts, "team@example.org") == ["anna@example.org", "berta@example.org", "carla@example.org"]
    assert delivered(sink, texts, "own@example.org") == ["anna@example.org", "own@example.org"]
    assert delivered(sink, texts, "miller+shop@example.org") == ["anna+shop@example.org"]
    assert delivered(sink, texts, ["anna@example.org", "info@example.org"]) == ["anna@example.org", "berta@example.org"]


def test_list_for_insiders(texts, sink):
    stranger, unknown = rcpt(texts, "staff@example.org", "nobody@example.org")
    assert stranger == unknown == UNKNOWN
    assert rcpt(texts, "staff@old.example.org") == [UNKNOWN]
    with Client(texts.port) as client:
        assert client.say("VRFY staff@example.org") == client.say("VRFY nobody@example.org")
        assert client.say("EXPN staff").startswith("502")
    assert delivered(sink, texts, "staff@example.org", TRUSTED) == ["anna@example.org", "berta@example.org", "carla@example.org"]
    assert delivered(sink, texts, "team-all@example.org") == ["anna@example.org"], "a stranger reaches no list through another"


def test_reload(texts):
    with Client(texts.port) as client:
        assert client.say("MAIL FROM:<a@b.example>").startswith("250")
        assert client.say("RCPT TO:<dora@example.org>") == UNKNOWN
        put(texts, "people", "anna\ndora\n")
        texts.text("reload")
        house.wait_for(lambda: rcpt(texts, "dora@example.org")[0].startswith("250"), 20, "the new table")
        assert client.say("RCPT TO:<dora@example.org>").startswith("250"), "the session goes on"
        assert client.say("RCPT TO:<berta@example.org>") == UNKNOWN
        texts.extra = texts.extra.replace('table "moved"', 'table "more" { file = "{folder}/more" }\ntable "moved"') \
            .replace("recipients = people", "recipients = {people, more}").replace("{folder}", texts.folder)
        put(texts, "more", "emil\n")
        texts.write()
        texts.text("reload")
        house.wait_for(lambda: rcpt(texts, "emil@example.org")[0].startswith("250"), 20, "the new section")
        assert client.say("RCPT TO:<emil@example.org>").startswith("250"), "the session goes on"


def test_mistakes_are_told(texts):
    check(texts, [("info@example.org", "250")])
    put(texts, "aliases", "info anna\n# fine\nbad |/bin/sh\ninfo berta\n a@b@c\nalone\n")
    done = texts.command("check", "-c", texts.conf)
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 1
    for line, what in ((3, "no address"), (4, "already"), (5, "no address"), (6, "no value")):
        assert any(f"aliases:{line}: " in one and what in one for one in told.splitlines()), told
    assert texts.command("reload").returncode == 1
    check(texts, [("info@example.org", "250"), ("team@example.org", "250")])


def test_access_killed(texts):
    """What it did not answer is asked of the next one; the session goes on."""
    with Client(texts.port) as client:
        assert client.say("MAIL FROM:<a@b.example>").startswith("250")
        for _ in range(3):
            pid = next(pid for pid, name in texts.children().items() if name == "access")
            os.kill(pid, 9)
            assert client.say("RCPT TO:<anna@example.org>").startswith("250")
            assert client.say("RCPT TO:<dora@example.org>") == UNKNOWN


def test_sqlite(started, sink):
    gateway = gateway_for(started, sink, '''
table "users" { type = sqlite  file = "{folder}/mail.db"  query = "SELECT 1 FROM users WHERE address = ?1" }
table "sent"  { type = sqlite  file = "{folder}/mail.db"  query = "SELECT target FROM aliases WHERE address = ?1" }
''', "recipients = users  aliases = sent")
    base = sqlite3.connect(os.path.join(gateway.folder, "mail.db"))
    base.executescript("CREATE TABLE users(address TEXT); INSERT INTO users VALUES ('anna@example.org'), ('berta@example.org');"
                       "CREATE TABLE aliases(address TEXT, target TEXT);"
                       "INSERT INTO aliases VALUES ('info', 'anna'), ('info', 'berta@example.org');")
    os.chmod(os.path.join(gateway.folder, "mail.db"), 0o644)
    started(gateway)
    check(gateway, [("Anna@example.org", "250"), ("dora@example.org", UNKNOWN), ("anna+x@example.org", "250"),
                    ("x'or'1'='1@example.org", UNKNOWN)])
    assert delivered(sink, gateway, "info@example.org") == ["anna@example.org", "berta@example.org"]
    base.execute("INSERT INTO users VALUES ('dora@example.org')")
    base.commit()
    check(gateway, [("dora@example.org", "250")])
    base.execute("DROP TABLE users")
    base.commit()
    check(gateway, [("anna@example.org", LATER), ("postmaster@example.org", "250")])
    assert "table-users" in gateway.command("health").stdout.decode()
    base.close()


@pytest.mark.skipif(not database.programs(), reason="not installed: postgresql")
def test_postgresql(started, sink):
    server = started(database.Postgres())
    server.sql("CREATE TABLE users(address TEXT); INSERT INTO users VALUES ('anna@example.org'), ('berta@example.org');"
               "CREATE TABLE aliases(address TEXT, target TEXT); INSERT INTO aliases VALUES ('info', 'anna, berta')")
    gateway = started(gateway_for(started, sink, f'''
table "users" {{ type = pgsql  connection = "{server.by_network}"  query = "SELECT 1 FROM users WHERE address = $1" }}
table "sent"  {{ type = pgsql  connection = "{server.by_socket}"  query = "SELECT target FROM aliases WHERE address = $1" }}
''', "recipients = users  aliases = sent"))
    check(gateway, [("anna@example.org", "250"), ("dora@example.org", UNKNOWN), ("x'or'1'='1@example.org", UNKNOWN)])
    assert delivered(sink, gateway, "info@example.org") == ["anna@example.org", "berta@example.org"]
    server.halt()
    check(gateway, [("anna@example.org", LATER), ("dora@example.org", LATER)])
    server.start()
    check(gateway, [("anna@example.org", "250"), ("dora@example.org", UNKNOWN)])


def test_callout(started, sink):
    gateway = started(gateway_for(started, sink, "access { callout_unknown = 1s }", "recipients = callout"))
    sink.answers = {"dora@example.org": "RCPT 550 5.1.1 no such user", "emil@example.org": "RCPT 450 4.2.0 greylisted",
                    "fritz@example.org": "RCPT 550 5.7.1 we do not like you"}
    check(gateway, [("anna@example.org", "250"), ("dora@example.org", UNKNOWN), ("emil@example.org", LATER),
                    ("fritz@example.org", LATER)])
    connections = sink.connections
    check(gateway, [("anna@example.org", "250")])
    assert sink.connections == connections, "who is there is remembered"
    del sink.answers["dora@example.org"]
    house.wait_for(lambda: rcpt(gateway, "dora@example.org")[0].startswith("250"), 20, "the end of what was remembered")
    assert not sink.letters


def test_callout_asks_where_the_mail_would_go(started, sink):
    other = started(house.Sink())
    gateway = gateway_for(started, sink, "", "recipients = callout")
    gateway.extra += f'route "d*@example.org" {{ deliver = "{other.url}" }}'
    gateway.write()
    started(gateway)
    sink.answers = {"dora@example.org": "RCPT 550 5.1.1 no such user"}
    other.answers = {"doris@example.org": "RCPT 550 5.1.1 no such user", "anna@example.org": "RCPT 550 5.1.1 no such user"}
    check(gateway, [("anna@example.org", "250"), ("dora@example.org", "250"), ("doris@example.org", UNKNOWN)])


@pytest.fixture
def authority():
    made = certificates.Authority()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


NAMED = 'tls = verified  tls_name = "mx.example.org"  ca = "{ca}"'
CALLOUTS = [("", {"insists": True}, True), ("tls = required", {"insists": True}, True), (NAMED, {"insists": True}, True),
            (NAMED.replace("mx.", "other."), {}, None), (NAMED.replace("{ca}", "/nonexistent"), {}, None),
            ("tls = required", {"offers": False}, None), ("tls = required", {"broken": True}, None),
            ("tls = required", {"behind": b"250-x\r\n250 ok\r\n250 ok\r\n250 ok\r\n"}, None),
            ("", {"broken": True}, False), ("", {"stalls": True}, False), ("tls = none", {}, False), ("tls = dane", {}, None)]


@pytest.mark.skipif(bool(house.need("openssl")), reason=str(house.need("openssl")))
@pytest.mark.parametrize("target, server, inside", CALLOUTS)
def test_callout_in_tls(started, authority, target, server, inside):
    """As mail goes to the target, so it is asked; `inside` None: it cannot be, whatever is done with the recipients of the dead."""
    hop = started(SecureSink(*authority.make("mx.example.org"), **server))
    hop.answers = {"dora@example.org": "550 5.1.1 no such user"}
    patience = "1s" if "stalls" in server else "20s"
    gateway = started(gateway_for(started, hop, f'access {{ callout_dead = accept  callout_timeout = {patience} }}\n'
                                  f'target "{hop.url}" {{ {target.replace("{ca}", authority.file)} }}\n', "recipients = callout"))
    if inside is None:
        check(gateway, [("anna@example.org", LATER), ("dora@example.org", LATER)])
        assert not hop.asked
    else:
        check(gateway, [("anna@example.org", "250"), ("dora@example.org", UNKNOWN)])
        assert hop.asked == [("anna@example.org", inside), ("dora@example.org", inside)]


@pytest.mark.skipif(bool(house.need("openssl", *nsd.PROGRAMS)), reason=str(house.need("openssl", *nsd.PROGRAMS)))
@pytest.mark.parametrize("record, proved", [("3 1 1 {key}", True), ("2 0 1 {ca}", True), ("3 1 1 " + "ab" * 32, False),
                                            ("1 1 1 {key}", False), (None, False)])
def test_callout_by_dane(started, authority, record, proved):
    chain, key = authority.make("mail.signed.example")
    with open(authority.file, encoding="ascii") as ca, open(chain, "a", encoding="ascii") as out:
        out.write(ca.read())
    hop = started(SecureSink(chain, key, insists=True))
    hop.url = f"smtp://mail.signed.example:{hop.port}"
    text = record and record.format(key=test_dane.key_digest(chain), ca=test_dane.digest(authority.file))
    zone = started(nsd.Nsd("mail IN A 127.0.0.1\n" + (f"_{hop.port}._tcp.mail IN TLSA {text}\n" if text else "")))
    gateway = started(gateway_for(started, hop, f'{zone.section}\ntarget "{hop.url}" {{ tls = dane }}\n', "recipients = callout"))
    check(gateway, [("anna@example.org", "250" if proved else LATER)])
    assert hop.asked == ([("anna@example.org", True)] if proved else [])


def test_callout_limits(started, sink):
    gateway = started(gateway_for(started, sink, "access { callout_rate = 3 }", "recipients = callout"))
    replies = rcpt(gateway, *(f"user{i}@example.org" for i in range(6)))
    assert [reply[:3] for reply in replies] == ["250"] * 3 + ["451"] * 3
    check(gateway, [("user1@example.org", "250")])
    assert "callouts_limited" in gateway.text("stats")


@pytest.mark.parametrize("dead,wanted", [("later", LATER), ("accept", "250")])
def test_callout_to_the_dead(started, sink, dead, wanted):
    sink.stop()
    gateway = started(gateway_for(started, sink, f"access {{ callout_dead = {dead} }}", "recipients = callout"))
    check(gateway, [("anna@example.org", wanted), ("postmaster@example.org", "250")])


@pytest.mark.skipif(bool(house.need("postfix")) or not house.IS_ROOT, reason=house.need("postfix") or "postfix needs root")
@pytest.mark.parametrize("target, main", [("", {}), ("tls = required  client = proxy", {
    "smtpd_tls_security_level": "encrypt", "smtpd_upstream_proxy_protocol": "haproxy"})])
def test_callout_to_postfix(started, sink, authority, target, main):
    """The second refuses MAIL before STARTTLS, and whoever does not say first who he is."""
    chain, key = authority.make("mx.example.org")
    postfix = house.Postfix(domains="example.org", smtpd_tls_cert_file=chain, smtpd_tls_key_file=key, **main)
    table = os.path.join(postfix.folder, "users")
    with open(table, "w", encoding="ascii") as out:
        out.write("anna@example.org inbox/\n")
    with open(f"{postfix.config}/main.cf", "a", encoding="ascii") as out:
        out.write(f"virtual_mailbox_maps = texthash:{table}\n")
    started(postfix)
    sink.stop()
    gateway = house.Gateway(trusted=f'"{TRUSTED}"')
    url = f"smtp://127.0.0.1:{postfix.port}"
    gateway.extra = f'domain "example.org" {{ deliver = "{url}" recipients = callout }}\ntarget "{url}" {{ {target} }}'
    gateway.write()
    started(gateway)
    check(gateway, [("anna@example.org", "250"), ("dora@example.org", UNKNOWN)])


def test_silence_is_later(started, sink):
    """A next hop that says nothing: the deadline of the front, or of the call-out, whichever is first."""
    import socket
    mute = socket.create_server(("127.0.0.1", 0))
    gateway = house.Gateway(trusted=f'"{TRUSTED}"')
    gateway.extra = (f'front {{ recipient_deadline = 1s }}\ndomain "example.org" {{ '
                     f'deliver = "smtp://127.0.0.1:{mute.getsockname()[1]}" recipients = callout }}')
    gateway.write()
    started(gateway)
    with Client(gateway.port) as client:
        client.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<anna@example.org>\r\nRCPT TO:<postmaster@example.org>\r\nNOOP\r\n")
        assert [client.reply()[:3] for _ in range(4)] == ["250", "451", "250", "250"]
    mute.close()
