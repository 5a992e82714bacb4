# SPDX-License-Identifier: Apache-2.0
"""Mails in which several constructions at once hide a file, all written by us: layer upon layer, by a seed.

hostile.py crosses tables, one row of each. Here a name passes through several forms (letters, words, percent, quotes, sections,
folding), a body through two encodings, a part through several wrappers, and noise falls on the fields at last. A mail is
(about, message, pure): what is pure, without noise, can be read by somebody by design; with noise, if a peer reads it."""
import base64
import random

import hostile
from hostile import CTE, PAYLOAD, TEXT, TOP

NAME = "file.exe"


# ---- letters of the name: text to text ----

LETTERS = [
    ("", lambda text: text), ("", lambda text: text), ("", lambda text: text), ("", lambda text: text),
    ("capitals", str.upper),
    ("a dot behind", lambda text: text + "."),
    ("blanks behind", lambda text: text + "  "),
    ("turned round", lambda text: text.replace("file", "file\u202e")),
    ("an invisible letter", lambda text: text.replace("exe", "e\u200bxe")),
    ("a wide dot", lambda text: text.replace(".", "\uff0e")),
    ("a leader", lambda text: text.replace(".", "\u2024")),
    ("a document before", lambda text: text.replace(".exe", ".pdf.exe")),
    ("a path", lambda text: "../a/" + text),
    ("a wall of blanks", lambda text: text.replace(".exe", ".txt" + " " * 40 + ".exe")),
]


# ---- the name's bytes: how they are coded; (about, bytes, is it extended?) ----

def q_word(text, charset="utf-8"):
    return b"=?" + charset.encode() + b"?q?" + b"".join(b"=%02X" % byte for byte in text.encode(charset)) + b"?="


def b_word(text, charset="utf-8", padding=True):
    code = base64.b64encode(text.encode(charset))
    return b"=?" + charset.encode() + b"?b?" + (code if padding else code.rstrip(b"=")) + b"?="


def halves(text):
    return text[:len(text) // 2], text[len(text) // 2:]


def percent(text, charset="utf-8"):
    return b"".join(b"%%%02x" % byte for byte in text.encode(charset))


CODED = [
    ("as it is", lambda text: text.encode(), False), ("as it is", lambda text: text.encode(), False),
    ("a word of Q", q_word, False), ("a word of B", b_word, False),
    ("a word without padding", lambda text: b_word(text, padding=False), False),
    ("two words", lambda text: b" ".join(map(q_word, halves(text))), False),
    ("two words, folded", lambda text: b"\r\n ".join(map(b_word, halves(text))), False),
    ("two words without a blank", lambda text: b"".join(map(q_word, halves(text))), False),
    ("a word behind letters", lambda text: text[:3].encode() + q_word(text[3:]), False),
    ("a word before letters", lambda text: q_word(text[:3]) + text[3:].encode(), False),
    ("a word in a word", lambda text: b_word(q_word(text).decode()), False),
    ("a word of UTF-7", lambda text: b"=?utf-7?q?" + text.encode("utf-7").replace(b"=", b"=3D") + b"?=", False),
    ("a word of UTF-16", lambda text: b_word(text, "utf-16-be"), False),
    ("a word of a set that nobody knows", lambda text: q_word(text).replace(b"utf-8", b"x-none"), False),
    ("a word with a language", lambda text: q_word(text).replace(b"utf-8", b"utf-8*en"), False),
    ("a word without an end", lambda text: q_word(text)[:-2], False),
    ("a word in small letters", lambda text: q_word(text).lower(), False),
    ("a word with blanks", lambda text: q_word(text).replace(b"=", b" =", 3), False),
    ("bare percent", percent, False), ("percent of percent", lambda text: percent(text).replace(b"%", b"%25"), False),
    ("an overlong dot", lambda text: text.encode().replace(b".", b"\xc0\xae"), False),
    ("overlong letters", lambda text: text.encode().replace(b"x", b"\xc1\xb8"), False),
    ("extended", lambda text: b"utf-8''" + percent(text), True), ("extended", lambda text: b"utf-8''" + percent(text), True),
    ("extended, plain letters", lambda text: b"utf-8''" + text.encode(), True),
    ("extended with a language", lambda text: b"UTF-8'en'" + percent(text), True),
    ("extended without a set", lambda text: b"''" + percent(text), True),
    ("extended without quotes", percent, True),
    ("extended with one quote", lambda text: b"utf-8'" + percent(text), True),
    ("extended, UTF-16", lambda text: b"utf-16be''" + percent(text, "utf-16-be"), True),
    ("extended, UTF-7", lambda text: b"utf-7''" + text.encode("utf-7"), True),
    ("extended, another set", lambda text: b"x-none''" + percent(text), True),
    ("extended, broken percent", lambda text: b"utf-8''%zz" + percent(text), True),
    ("extended, percent without digits", lambda text: b"utf-8''%" + percent(text), True),
    ("extended, an overlong dot", lambda text: b"utf-8''" + percent(text).replace(b"%2e", b"%c0%ae"), True),
    ("extended, a word within", lambda text: b"utf-8''" + percent(q_word(text).decode()), True),
    ("extended, percent twice", lambda text: b"utf-8''" + percent(text).replace(b"%", b"%25"), True),
]


# ---- how the value stands there ----

QUOTES = [
    ("in quotes", lambda value: b'"' + value + b'"'), ("in quotes", lambda value: b'"' + value + b'"'), ("in quotes", lambda value: b'"' + value + b'"'),
    ("bare", lambda value: value), ("bare", lambda value: value),
    ("in other quotes", lambda value: b"'" + value + b"'"),
    ("with backslashes", lambda value: b'"' + b"".join(b"\\%c" % byte for byte in value) + b'"'),
    ("an open quote", lambda value: b'"' + value),
    ("a quote behind", lambda value: value + b'"'),
    ("a comment behind", lambda value: b'"' + value + b'"(c)'),
    ("a comment before", lambda value: b'(c)"' + value + b'"'),
    ("a comment within", lambda value: value[:3] + b"(c)" + value[3:]),
    ("text behind the quotes", lambda value: b'"' + value[:-4] + b'"' + value[-4:]),
    ("two strings", lambda value: b'"' + value[:4] + b'""' + value[4:] + b'"'),
    ("folded within", lambda value: b'"' + value[:4] + b"\r\n " + value[4:] + b'"'),
    ("folded over a line of blanks", lambda value: b'\r\n \r\n "' + value + b'"'),
    ("blanks within", lambda value: b'" ' + value + b' "'),
    ("NUL behind", lambda value: b'"' + value + b'\0"'),
    ("NUL and another end", lambda value: b'"' + value + b'\0.txt"'),
    ("a tab within", lambda value: b'"' + value[:4] + b"\t" + value[4:] + b'"'),
]


# ---- one parameter, whole or in sections: from (name, value, extended) ----

def sections(order, numbers, stars):
    """In three pieces, with these numbers, in this order; `stars`: what of them is extended."""
    def parameter(name, value, extended, quote):
        cut = [len(value) // 3, len(value) * 2 // 3]
        pieces = [value[:cut[0]], value[cut[0]:cut[1]], value[cut[1]:]]
        rows = [b"; " + name + b"*" + numbers[i] + (b"*=" if (extended if stars is None else stars[i]) else b"=")
                + (pieces[i] if extended else quote(pieces[i])) for i in range(3)]
        return b"".join(rows[i] for i in order)
    return parameter


def whole(before=b"; ", star=b"*", equals=b"=", behind=b""):
    def parameter(name, value, extended, quote):
        return before + name + (star if extended else b"") + equals + (value if extended else quote(value)) + behind
    return parameter


SPREAD = [
    ("", whole()), ("", whole()), ("", whole()), ("", whole()), ("", whole()),
    ("the star forgotten", whole(star=b"")), ("quoted extended value", lambda name, value, extended, quote: b"; " + name + (b"*=" if extended else b"=") + quote(value)),
    ("blanks around =", whole(equals=b" = ")), ("a tab behind the name", whole(equals=b"\t=")), ("folded before =", whole(equals=b"\r\n =")), ("folded behind =", whole(equals=b"=\r\n\t")),
    ("no semicolon", whole(before=b" ")), ("a comma", whole(before=b", ")), ("semicolons", whole(before=b";;; ; ")), ("behind half a parameter", whole(before=b"; x; ")),
    ("behind a comment", whole(before=b"; (a;b=c) ")), ("behind an open comment", whole(before=b"; (a ")), ("behind an open quote", whole(before=b'; x="y; ')),
    ("behind an escaped quote", whole(before=b'; x="\\"; ')), ("behind a line of blanks", whole(before=b";\r\n \t \r\n ")), ("behind NUL", whole(before=b"; \0")), ("behind CR", whole(before=b";\r ")),
    ("a semicolon behind", whole(behind=b";")), ("text behind", whole(behind=b" x")),
    ("sections", sections((0, 1, 2), (b"0", b"1", b"2"), None)), ("sections", sections((0, 1, 2), (b"0", b"1", b"2"), None)), ("sections backwards", sections((2, 1, 0), (b"0", b"1", b"2"), None)),
    ("sections mixed up", sections((1, 0, 2), (b"0", b"1", b"2"), None)), ("sections with a gap", sections((0, 1, 2), (b"0", b"1", b"3"), None)), ("sections from 1", sections((0, 1, 2), (b"1", b"2", b"3"), None)),
    ("sections, one number twice", sections((0, 1, 2), (b"0", b"1", b"1"), None)), ("sections, all of one number", sections((0, 1, 2), (b"0", b"0", b"0"), None)), ("sections with zeros", sections((0, 1, 2), (b"00", b"01", b"02"), None)),
    ("sections, the first with a star", sections((0, 1, 2), (b"0", b"1", b"2"), (True, False, False))), ("sections, the last with a star", sections((0, 1, 2), (b"0", b"1", b"2"), (False, False, True))),
    ("sections, two with a star", sections((0, 1, 2), (b"0", b"1", b"2"), (True, False, True))), ("sections with empty numbers", sections((0, 1, 2), (b"", b"1", b"2"), None)),
    ("sections with letters for numbers", sections((0, 1, 2), (b"a", b"b", b"c"), None)), ("sections with signs", sections((0, 1, 2), (b"-0", b"+1", b"+2"), None)),
    ("sections far apart", sections((0, 1, 2), (b"0", b"50", b"999999"), None)), ("sections of huge numbers", sections((0, 1, 2), (b"0", b"4294967297", b"4294967298"), None)),
]
DECOYS = [                                           # another name beside it; N is the parameter
    ("", b"", b""), ("", b"", b""), ("", b"", b""), ("", b"", b""), ("a plain name before", b"; N=a.txt", b""), ("a plain name behind", b"", b"; N=a.txt"), ("an extended name before", b"; N*=utf-8''a.txt", b""),
    ("an extended name behind", b"", b"; N*=utf-8''a.txt"), ("sections before", b"; N*0=a; N*1=.txt", b""), ("sections behind", b"", b"; N*0=a; N*1=.txt"), ("an empty name before", b'; N=""', b""),
    ("an empty name behind", b"", b'; N=""'), ("a section 0 before", b'; N*0="a.txt"', b""), ("an extended section before", b"; N*0*=utf-8''a.txt", b""), ("a broken name before", b"; N*=x'a.txt", b""),
]
FIELDS = [                                           # the two fields; D and T are what a name is put behind; FIRST: which has it
    ("in the disposition", b"Content-Type: application/octet-stream\r\nContent-Disposition: attachmentD\r\n", b"filename"),
    ("in the disposition", b"Content-Disposition: attachmentD\r\nContent-Type: application/octet-stream\r\n", b"filename"),
    ("in the type", b"Content-Type: application/octet-streamD\r\nContent-Disposition: attachment\r\n", b"name"), ("in the type alone", b"Content-Type: application/octet-streamD\r\n", b"name"),
    ("as filename in the type", b"Content-Type: application/octet-streamD\r\n", b"filename"), ("as name in the disposition", b"Content-Disposition: attachmentD\r\n", b"name"),
    ("against the type's", b"Content-Type: text/plain; name=a.txt\r\nContent-Disposition: inlineD\r\n", b"filename"),
    ("against the disposition's", b"Content-Type: image/pngD\r\nContent-Disposition: inline; filename=a.txt\r\n", b"name"),
    ("in the second disposition", b"Content-Disposition: inline\r\nContent-Disposition: attachmentD\r\n", b"filename"), ("in the first disposition", b"Content-Disposition: attachmentD\r\nContent-Disposition: inline\r\n", b"filename"),
    ("in the second type", b"Content-Type: text/plain\r\nContent-Type: application/octet-streamD\r\n", b"name"), ("in a text's type", b"Content-Type: text/plainD\r\n", b"name"), ("in a page's type", b"Content-Type: text/htmlD\r\n", b"name"),
    ("in a disposition without a word", b"Content-Disposition: D\r\n", b"filename"), ("in a picture's type", b"Content-Type: image/jpegD\r\n", b"name"), ("in a type that is none", b"Content-Type: xD\r\n", b"name"),
    ("in a tabbed field", b"Content-Type: application/octet-stream\r\nContent-Disposition\t: attachmentD\r\n", b"filename"), ("in a folded field", b"Content-Disposition:\r\n \r\n attachmentD\r\n", b"filename"),
    ("behind a line that is none", b"x y\r\nContent-Disposition: attachmentD\r\n", b"filename"), ("behind a bare CR", b"X-A: b\rContent-Disposition: attachmentD\r\n", b"filename"),
    ("behind NUL", b"X-A: b\0\r\nContent-Disposition: attachmentD\r\n", b"filename"), ("in a forwarded message's type", b"Content-Type: message/rfc822D\r\n", b"name"),
]


def named(luck, odd):
    """(about, fields) of a part whose name is NAME to somebody; `odd`: which of the tables' rows are drawn, the others are plain."""
    tables = {"letters": LETTERS, "coded": CODED, "quote": QUOTES, "spread": SPREAD, "decoy": DECOYS, "field": FIELDS}
    letters, coded, quote, spread, decoy, field = (luck.choice(table) if name in odd else table[0] for name, table in tables.items())
    parameter = decoy[1] + spread[1](b"N", coded[1](letters[1](NAME)), coded[2], quote[1]) + decoy[2]
    about = [row[0] for row in (letters, coded, quote, spread, decoy, field) if row[0]]
    before, _, behind = field[1].partition(b"D\r\n")
    return ", ".join(about), before + parameter.replace(b"N", field[2]) + b"\r\n" + behind


# ---- two encodings, one in the other ----

INSIDE = [
    ("", lambda data: data), ("", lambda data: data), ("", lambda data: data), ("", lambda data: data),
    ("uuencode", lambda data: b"begin 644 file.exe\r\n" + hostile.uu(data) + b"\r\n"), ("uuencode behind text", lambda data: b"hi\r\n\r\nbegin 644 file.exe\r\n" + hostile.uu(data) + b"\r\n"),
    ("yEnc", lambda data: b"=ybegin line=128 size=%d name=file.exe\r\n" % len(data) + hostile.yenc(data) + b"\r\n=yend size=%d\r\n" % len(data)),
    ("BinHex", hostile.binhex), ("uuencode of LF", lambda data: (b"begin 644 file.exe\r\n" + hostile.uu(data) + b"\r\n").replace(b"\r\n", b"\n")),
]


def travels():
    """Rows of hostile.bodies() by what they make of any data."""
    count = len(hostile.bodies(PAYLOAD))
    return [lambda data, i=i: hostile.bodies(data)[i] for i in range(count)]


# ---- wrappers, one in the other: (about, part to part) ----

def multipart(declared, boundary, before=TEXT, close=True, tail=b"", lines=b"\r\n"):
    def wrap(part, number):
        name = boundary.replace(b"#", b"%d" % number)
        body = b"--" + name + lines + before + b"--" + name + lines + part + b"\r\n"
        return b"Content-Type: " + declared.replace(b"#", b"%d" % number) + b"\r\n\r\n" + body + (b"--" + name + b"--" + tail + b"\r\n" if close else b"")
    return wrap


def message(kind, fields=b"", code=lambda mail: mail):
    return lambda part, _: b"Content-Type: " + kind + b"\r\n" + fields + b"\r\n" + code(b"Subject: in\r\n" + part)


def digest(part, number):
    name = b"dg%d" % number
    return b"Content-Type: multipart/digest; boundary=" + name + b"\r\n\r\n--" + name + b"\r\n\r\nSubject: in\r\n" + part + b"\r\n--" + name + b"--\r\n"


def in_epilogue(part, number):
    name = b"ep%d" % number
    return b"Content-Type: multipart/mixed; boundary=" + name + b"\r\n\r\n--" + name + b"\r\n" + TEXT + b"--" + name + b"--\r\n--" + name + b"\r\n" + part + b"\r\n--" + name + b"--\r\n"


def unclosed_first(part, number):
    """An inner multipart never ends, and the part stands behind the outer boundary."""
    out, inner = b"out%d" % number, b"in%d" % number
    return (b"Content-Type: multipart/mixed; boundary=" + out + b"\r\n\r\n--" + out + b"\r\nContent-Type: multipart/alternative; boundary=" + inner
            + b"\r\n\r\n--" + inner + b"\r\n" + TEXT + b"--" + out + b"\r\n" + part + b"\r\n--" + out + b"--\r\n")


def prefix(first, second):
    """Two multiparts, the boundary of one being the beginning of the other's."""
    def wrap(part, number):
        out, inner = (name.replace(b"#", b"%d" % number) for name in (first, second))
        return (b"Content-Type: multipart/mixed; boundary=\"" + out + b"\"\r\n\r\n--" + out + b"\r\nContent-Type: multipart/mixed; boundary=\"" + inner + b"\"\r\n\r\n--" + inner
                + b"\r\n" + TEXT + b"--" + inner + b"\r\n" + part + b"\r\n--" + inner + b"--\r\n--" + out + b"\r\n" + TEXT + b"--" + out + b"--\r\n")
    return wrap


WRAPPERS = [
    ("mixed", multipart(b"multipart/mixed; boundary=m#", b"m#")), ("mixed", multipart(b"multipart/mixed; boundary=\"m#\"", b"m#")), ("mixed", multipart(b"multipart/mixed; boundary=m#", b"m#")),
    ("related", multipart(b"multipart/related; boundary=r#; type=\"text/html\"", b"r#")), ("no end", multipart(b"multipart/mixed; boundary=n#", b"n#", close=False)), ("text behind the end", multipart(b"multipart/mixed; boundary=t#", b"t#", tail=b" x")),
    ("a boundary in a word", multipart(b"multipart/mixed; boundary=\"=?us-ascii?q?w#?=\"", b"w#")), ("a boundary as a word", multipart(b"multipart/mixed; boundary=\"=?us-ascii?q?w#?=\"", b"=?us-ascii?q?w#?=")),
    ("a boundary extended", multipart(b"multipart/mixed; boundary*=us-ascii''%65#", b"e#")), ("a boundary in sections", multipart(b"multipart/mixed; boundary*0=s; boundary*1=#", b"s#")),
    ("sections out of order", multipart(b"multipart/mixed; boundary*1=#; boundary*0=s", b"s#")), ("a boundary twice, the first", multipart(b"multipart/mixed; boundary=f#; boundary=x", b"f#")),
    ("a boundary twice, the last", multipart(b"multipart/mixed; boundary=x; boundary=l#", b"l#")), ("a comment before the type", multipart(b"(c) multipart/mixed; boundary=c#", b"c#")),
    ("a comment within the type", multipart(b"multipart/(a;b)mixed; boundary=c#", b"c#")), ("a comment before the boundary", multipart(b"multipart/mixed; boundary=(c)c#", b"c#")), ("a comment behind the boundary", multipart(b"multipart/mixed; boundary=c#(c)", b"c#")),
    ("blanks behind the boundary", multipart(b"multipart/mixed; boundary=\"b# \"", b"b# ")), ("blanks behind it, used without", multipart(b"multipart/mixed; boundary=\"b# \"", b"b#")), ("blanks at its lines", multipart(b"multipart/mixed; boundary=b#", b"b#", lines=b" \t \r\n")),
    ("lines of LF", multipart(b"multipart/mixed; boundary=b#", b"b#", lines=b"\n")), ("text behind its lines", multipart(b"multipart/mixed; boundary=b#", b"b#", lines=b" x\r\n")), ("lines of CR CR LF", multipart(b"multipart/mixed; boundary=b#", b"b#", lines=b"\r\r\n")),
    ("a boundary in capitals", multipart(b"multipart/mixed; boundary=k#", b"K#")), ("NUL in the boundary", multipart(b"multipart/mixed; boundary=\"z\0#\"", b"z")), ("folded over blanks", multipart(b"multipart/mixed;\r\n \r\n boundary=v#", b"v#")),
    ("no boundary", multipart(b"multipart/mixed", b"q#")), ("another boundary", multipart(b"multipart/mixed; boundary=x", b"q#")), ("a type twice", multipart(b"text/plain\r\nContent-Type: multipart/mixed; boundary=q#", b"q#")),
    ("a type twice, the first", multipart(b"multipart/mixed; boundary=q#\r\nContent-Type: text/plain", b"q#")), ("encoded by name", multipart(b"multipart/mixed; boundary=q#\r\n" + CTE + b"base64", b"q#")), ("a text", multipart(b"text/plain; boundary=q#", b"q#")),
    ("a line before its fields", multipart(b"multipart/mixed; boundary=q#", b"q#", lines=b"\r\nx y\r\n")), ("a blank line before its fields", multipart(b"multipart/mixed; boundary=q#", b"q#", lines=b"\r\n\r\n")), ("blanks before its fields", multipart(b"multipart/mixed; boundary=q#", b"q#", lines=b"\r\n \r\n")),
    ("nothing before", multipart(b"multipart/mixed; boundary=q#", b"q#", before=b"")), ("a digest", digest), ("in an epilogue", in_epilogue), ("behind one without an end", unclosed_first), ("a longer boundary inside", prefix(b"p#", b"p#x")), ("a shorter boundary inside", prefix(b"p#x", b"p#")),
    ("a boundary and dashes inside", prefix(b"p#", b"p#--")), ("the same boundary inside", prefix(b"p#", b"p#")), ("a boundary with a blank inside", prefix(b"p#", b"p# x")),
    ("a message", message(b"message/rfc822")), ("a message", message(b"message/rfc822")), ("a message in base64", message(b"message/rfc822", CTE + b"base64\r\n", base64.encodebytes)), ("a message as text", message(b"text/rfc822")),
    ("a message said to be quoted", message(b"message/rfc822", CTE + b"quoted-printable\r\n")), ("a piece", message(b"message/partial; id=x; number=1; total=1")), ("another's body", message(b"message/external-body; access-type=x; name=a.txt")), ("a global message", message(b"message/global")),
    ("a message that is none", message(b"message/x-y")), ("a message behind blank lines", message(b"message/rfc822", b"", lambda mail: b"\r\n\r\n" + mail)), ("a From line", message(b"message/rfc822", b"", lambda mail: b"From x@y Sat Nov 21 10:09:18 2026\r\n" + mail)),
]
LINE_ENDS = [
    ("", lambda mail: mail), ("", lambda mail: mail), ("", lambda mail: mail), ("", lambda mail: mail), ("", lambda mail: mail), ("all LF", lambda mail: mail.replace(b"\r\n", b"\n")), ("all CR", lambda mail: mail.replace(b"\r\n", b"\r")),
    ("all CR CR LF", lambda mail: mail.replace(b"\r\n", b"\r\r\n")), ("all LF CR", lambda mail: mail.replace(b"\r\n", b"\n\r")), ("the second half of LF", lambda mail: mail[:len(mail) // 2] + mail[len(mail) // 2:].replace(b"\r\n", b"\n")),
    ("the second half of CR", lambda mail: mail[:len(mail) // 2] + mail[len(mail) // 2:].replace(b"\r\n", b"\r")), ("blank lines of blanks", lambda mail: mail.replace(b"\r\n\r\n", b"\r\n \r\n")),
    ("a line of blanks behind the top", lambda mail: mail.replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\n \r\n")), ("blank lines first", lambda mail: b"\r\n\r\n" + mail),
]
NOISE = [b"\0", b"\t", b"\r", b"\n", b" ", b";", b'"', b"(", b")", b"\\", b"=", b"'", b"*", b"%", b":", b"?", b"-", b",", b"\r\n ", b"\r\n\t", b"\r\n \r\n ", b"\r\n", b"\r\n\r\n", b"\xa0", b"\xff", b"\x0b", b"--", b"=?", b"?="]


def noisy(luck, mail):
    """Pieces put in, taken out or doubled, mostly among fields and boundaries, which stand in front."""
    for _ in range(luck.randint(1, 3)):
        at = int(luck.random() ** 1.5 * len(mail))
        kind = luck.randint(0, 3)
        if kind == 0:
            mail = mail[:at] + mail[at + luck.randint(1, 3):]
        elif kind == 1:
            rows = mail.split(b"\r\n")
            at = luck.randrange(len(rows))
            mail = b"\r\n".join(rows[:at + 1] + rows[at:])
        else:
            mail = mail[:at] + luck.choice(NOISE) + mail[at:]
    return mail


# ---- texts that a character set hides: from the text to (about, the set's name, the bytes) ----

SETS = [("UTF-7", "utf-7", "utf-7"), ("UTF-16", "utf-16", "utf-16"), ("UTF-16 of one order", "utf-16le", "utf-16-le"), ("UTF-32", "utf-32", "utf-32"),
        ("EBCDIC", "cp037", "cp037"), ("EBCDIC of IBM", "IBM01140", "cp1140"), ("UTF-7 by another name", "unicode-1-1-utf-7", "utf-7")]
TEXT_FIELDS = [("a page", b"text/html"), ("a text", b"text/plain"), ("XHTML", b"application/xhtml+xml"), ("a page with a comment", b"text/(c)html"), ("a page in capitals", b"TEXT/HTML")]
SET_DECOYS = [("", b"", b""), ("another set before", b"; charset=utf-8", b""), ("another set behind", b"", b"; charset=utf-8"), ("an extended set before", b"; charset*=us-ascii''utf-8", b""),
              ("a name behind", b"", b"; name=a.htm"), ("an empty set before", b"; charset=", b"")]


def texts(seed, count):
    """(about, message) of texts in a set that hides what they say; each is to be ambiguous."""
    luck = random.Random(seed)
    for _ in range(count):
        about, name, codec = luck.choice(SETS)
        odd = luck.sample(("coded", "quote", "spread", "decoy", "field", "wrapper", "again", "ends"), luck.choice((1, 2, 2, 3)))
        quote, spread, decoy = (luck.choice(table) if what in odd else table[0] for what, table in (("quote", QUOTES), ("spread", SPREAD), ("decoy", SET_DECOYS)))
        coded = luck.choice([row for row in CODED if row[0] in ("as it is", "extended")]) if "coded" in odd else CODED[0]
        kind = luck.choice(TEXT_FIELDS) if "field" in odd else TEXT_FIELDS[0]
        data = hostile.SCRIPT.encode(codec).replace(b"<", b"+ADw-").replace(b">", b"+AD4-") if codec == "utf-7" else hostile.SCRIPT.encode(codec)
        fields = b"Content-Type: " + kind[1] + decoy[1] + spread[1](b"charset", coded[1](name), coded[2], quote[1]) + decoy[2] + b"\r\n"
        fields += luck.choice((b"", b"Content-Type: text/html\r\n", b"Content-Disposition: inline\r\n")) if "again" in odd else b""
        part = fields + CTE + b"base64\r\n\r\n" + base64.encodebytes(data)
        wrapper = luck.choice(WRAPPERS) if "wrapper" in odd else ("alone", lambda part, _: part)
        ends = luck.choice(LINE_ENDS) if "ends" in odd else LINE_ENDS[0]
        words = (about, coded[0], quote[0], spread[0], decoy[0], kind[0], wrapper[0], ends[0])
        yield " / ".join(word for word in words if word), ends[1](TOP + wrapper[1](part, 0))


# ---- all of it ----

ODD = ("letters", "coded", "quote", "spread", "decoy", "field", "inside", "travel", "wrapper", "wrapper", "within", "ends", "noise")


def mails(seed, count):
    """(about, message, pure) as the seed has it: two to four things of each mail are odd, the others as they should be."""
    luck, rows = random.Random(seed), travels()
    for _ in range(count):
        odd = luck.sample(ODD, luck.choice((2, 2, 2, 3, 3, 4)))
        name, fields = named(luck, odd)
        inside = luck.choice(INSIDE) if "inside" in odd else INSIDE[0]
        data = inside[1](PAYLOAD)
        travel = luck.choice(rows)(data) if "travel" in odd else ("base64", CTE + b"base64\r\n", base64.b64encode(data))
        part, about = fields + travel[1] + b"\r\n" + travel[2], [name, inside[0], travel[0]]
        for number in range(2 if "within" in odd else 1):
            wrapper = luck.choice(WRAPPERS) if "wrapper" in odd else WRAPPERS[0]
            part = wrapper[1](part, number)
            about.append(wrapper[0])
        ends = luck.choice(LINE_ENDS) if "ends" in odd else LINE_ENDS[0]
        mail = ends[1](TOP + part)
        about += [ends[0], "noise" if "noise" in odd else ""]
        yield " / ".join(word for word in about if word), noisy(luck, mail) if "noise" in odd else mail, "noise" not in odd
