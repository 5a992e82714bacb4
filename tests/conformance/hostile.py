# SPDX-License-Identifier: Apache-2.0
"""Mails that hide an attachment, all written by us: how the tree is built, how the part is named, how its bytes travel.

Each table is of rows that one reader or another understands; a mail is a row of each table, crossed. The attachment is
PAYLOAD under the name that the row of NAMES says. A gateway finds it, or says that the mail is ambiguous."""
import base64
import itertools
import random

PAYLOAD = b"the hidden thing, of which a reader must be told!"


# ---- how the bytes travel: (about, fields, body) ----

def uu_line(piece):
    padded = piece + b"\0" * (-len(piece) % 3)
    code = bytearray([32 + len(piece)])
    for i in range(0, len(padded), 3):
        bits = int.from_bytes(padded[i:i + 3], "big")
        code += bytes((bits >> shift & 63) + 32 if bits >> shift & 63 else 96 for shift in (18, 12, 6, 0))
    return bytes(code)


def uu(data, end=b"\r\n`\r\nend"):
    return b"\r\n".join(uu_line(data[i:i + 45]) for i in range(0, len(data), 45)) + end


def yenc(data):
    out = bytearray()
    for byte in data:
        code = (byte + 42) % 256
        out += bytes([61, (code + 64) % 256]) if code in (0, 10, 13, 61) else bytes([code])
    return bytes(out)


def crc_binhex(data):
    crc = 0
    for byte in data + b"\0\0":
        for bit in range(8):
            crc = (crc << 1 | byte >> (7 - bit) & 1) ^ (0x11021 if crc & 0x8000 else 0)
    return crc.to_bytes(2, "big")


def binhex(data, name=b"file.exe"):
    letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    head = bytes([len(name)]) + name + b"\0" + b"????" + b"????" + b"\0\0" + len(data).to_bytes(4, "big") + b"\0\0\0\0"
    stream = head + crc_binhex(head) + data + crc_binhex(data) + crc_binhex(b"")
    stream = stream.replace(b"\x90", b"\x90\0")
    bits = "".join(f"{byte:08b}" for byte in stream)
    bits += "0" * (-len(bits) % 6)
    code = bytes(letters[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + code + b":"


def wrapped(code, width, between=b"\r\n"):
    return between.join(code[i:i + width] for i in range(0, len(code), width))


def quoted(data, form="=%02X"):
    return "".join(form % byte for byte in data).encode()


CTE = b"Content-Transfer-Encoding: "


def bodies(data):
    code = base64.b64encode(data)
    half = len(data) // 6 * 3
    pieces = base64.b64encode(data[:half + 1]) + base64.b64encode(data[half + 1:])
    url = code.replace(b"+", b"-").replace(b"/", b"_")
    soft = wrapped(quoted(data), 30, b"=\r\n")
    begin = b"begin 644 file.exe\r\n"
    text = [
        ("as it is", b"", data),
        ("7bit", CTE + b"7bit\r\n", data),
        ("binary", CTE + b"binary\r\n", data),
    ]
    base64_body = [
        ("base64", code),
        ("base64 in lines of 3", wrapped(code, 3)), ("base64 in lines of 5", wrapped(code, 5)),
        ("base64 in lines of 6", wrapped(code, 6)), ("base64, a letter a line", wrapped(code, 1)),
        ("base64 in lines of LF", wrapped(code, 8, b"\n")), ("base64 in lines of CR", wrapped(code, 8, b"\r")),
        ("base64 with blank lines", wrapped(code, 8, b"\r\n\r\n")), ("base64 with blanks", wrapped(code, 8, b" ")),
        ("base64 with tabs before lines", b"\t" + wrapped(code, 8, b"\r\n\t")),
        ("base64 with junk", wrapped(code, 3, b"*")), ("base64 with letters of eight bits", wrapped(code, 5, b"\xe9")),
        ("base64 with NUL", wrapped(code, 5, b"\0")), ("base64 with dots", b"." + wrapped(code, 7, b"\r\n.")),
        ("base64 quoted as in a reply", b"> " + wrapped(code, 8, b"\r\n> ")),
        ("base64 in two pieces, each with its end", pieces),
        ("base64 in two pieces, each in its line", wrapped(base64.b64encode(data[:half + 1]), 76) + b"\r\n"
         + base64.b64encode(data[half + 1:])),
        ("base64 with = in the middle", code[:9] + b"=" + code[9:]),
        ("base64 with == between groups", code[:8] + b"==" + code[8:]),
        ("base64 with ==== in a line", code[:8] + b"\r\n====\r\n" + code[8:]),
        ("base64 behind a line of padding", b"====\r\n" + code),
        ("base64 without its end", code.rstrip(b"=")), ("base64 with too much of an end", code + b"==="),
        ("base64 with text behind it", code + b"\r\n\r\nthis is text, again"),
        ("base64 with other code behind it", code + b"\r\nAAAA"),
        ("base64 behind a line of text", b"a word of text!\r\n" + code),
        ("base64 of the other alphabet", url),
        ("base64 of URLs, wholly", base64.urlsafe_b64encode(data)),
        ("base64 in one line of many blanks", (b" " * 50).join(code[i:i + 4] for i in range(0, len(code), 4))),
        ("base64 with comments", wrapped(code, 8, b"\r\n(comment)\r\n")),
    ]
    names = [
        ("", b"base64"), ("written in capitals", b"BASE64"), ("in mixed letters", b"bAse64"), ("with blanks", b"  base64 \t"),
        ("in quotes", b'"base64"'), ("with a semicolon", b"base64;"), ("with a parameter", b"base64; x=y"),
        ("with a comment behind", b"base64 (really)"), ("with a comment before", b"(really) base64"),
        ("with a comment within", b"base(really)64"), ("with a blank within", b"base 64"), ("with a dash", b"base-64"),
        ("as x-base64", b"x-base64"), ("with a comma", b"base64, 7bit"), ("behind another", b"7bit base64"),
        ("before another", b"base64 7bit"), ("folded", b"\r\n base64"), ("folded twice", b"\r\n \r\n base64"),
        ("with a dot", b"base64."), ("with dots", b"base64..."), ("with a dot behind a blank", b"base64 ."), ("in letters apart", b"b a s e 6 4"),
        ("with blanks of eight bits", b"\xa0base64\xa0"), ("with half a comment", b"base64 (really"), ("with a comment in a comment", b"base64 (a(b)c)"),
        ("with a slash", b"base64/"), ("behind a semicolon", b"; base64"), ("as a parameter", b"encoding=base64"), ("with NUL", b"base64\0"), ("with letters of eight bits", b"base64\xa0"),
        ("as an encoded word", b"=?us-ascii?q?base64?="), ("with CR", b"base64\r"), ("with two colons", b": base64"),
    ]
    fields = [
        ("in a field with blanks before its colon", b"Content-Transfer-Encoding : base64\r\n"),
        ("in a field with a tab before its colon", b"Content-Transfer-Encoding\t: base64\r\n"),
        ("in a field without a blank", b"Content-Transfer-Encoding:base64\r\n"),
        ("in a field in capitals", b"CONTENT-TRANSFER-ENCODING: base64\r\n"),
        ("in a field of another name", b"Content-Encoding: base64\r\n"),
        ("in a field with underscores", b"Content_Transfer_Encoding: base64\r\n"), ("in a field without dashes", b"ContentTransferEncoding: base64\r\n"),
        ("in a field with two dashes", b"Content--Transfer-Encoding: base64\r\n"),
        ("in a field that is folded before its colon", b"Content-Transfer-Encoding\r\n : base64\r\n"),
        ("in a field without a colon", b"Content-Transfer-Encoding base64\r\n"),
        ("in a field with = for the colon", b"Content-Transfer-Encoding= base64\r\n"),
        ("in the first of two fields", CTE + b"base64\r\n" + CTE + b"7bit\r\n"),
        ("in the second of two fields", CTE + b"7bit\r\n" + CTE + b"base64\r\n"),
        ("in the first, before quoted-printable", CTE + b"base64\r\n" + CTE + b"quoted-printable\r\n"),
        ("in the last of three", CTE + b"8bit\r\n" + CTE + b"quoted-printable\r\n" + CTE + b"base64\r\n"),
        ("in a field behind a line that is none", b"no field\r\n" + CTE + b"base64\r\n"),
        ("in a field behind a folded blank line", b"X-A: b\r\n \r\n" + CTE + b"base64\r\n"),
        ("in a field behind a bare CR", b"X-A: b\r" + CTE + b"base64\r\n"),
        ("in a field behind a bare LF", b"X-A: b\n" + CTE + b"base64\r\n"),
        ("in a field behind NUL", b"X-A: b\0\r\n" + CTE + b"base64\r\n"),
        ("in a field with NUL in its name", b"Content-Transfer-Encoding\0: base64\r\n"),
        ("in a field behind a blank", b" " + CTE + b"base64\r\n"),
        ("in no field", b""), ("in a field that says 8bit", CTE + b"8bit\r\n"), ("in a field that says nothing", CTE + b"\r\n"),
        ("in a field that says quoted-printable", CTE + b"quoted-printable\r\n"),
        ("in a field that says x-gzip64", CTE + b"x-gzip64\r\n"),
    ]
    others = [
        ("quoted-printable", b"quoted-printable", quoted(data)), ("quoted in small letters", b"quoted-printable", quoted(data, "=%02x")),
        ("quoted in capitals", b"QUOTED-PRINTABLE", quoted(data)), ("quoted with soft breaks", b"quoted-printable", soft),
        ("quoted with soft breaks and blanks", b"quoted-printable", soft.replace(b"=\r\n", b"= \t\r\n")),
        ("quoted with soft breaks of LF", b"quoted-printable", soft.replace(b"\r\n", b"\n")),
        ("quoted with blanks at line ends", b"quoted-printable", data[:10] + b"=  \r\n" + data[10:]),
        ("quoted and broken", b"quoted-printable", data[:10] + b"=XX" + data[10:]),
        ("quoted and broken by a blank", b"quoted-printable", quoted(data[:9]) + b"= 4" + data[9:]),
        ("quoted by one digit", b"quoted-printable", data[:10] + b"=4" + b"\r\n" + data[10:]),
        ("quoted with = at the end", b"quoted-printable", data + b"="), ("quoted-printable with a dash less", b"quotedprintable", quoted(data)),
        ("quoted with an underscore", b"quoted_printable", quoted(data)), ("called Q", b"q", quoted(data)),
        ("called x-quoted-printable", b"x-quoted-printable", quoted(data)),
        ("uuencode", b"x-uuencode", begin + uu(data)), ("called uuencode", b"uuencode", begin + uu(data)),
        ("called x-uue", b"x-uue", begin + uu(data)), ("called uu", b"uu", begin + uu(data)),
        ("uuencode without its end", b"x-uuencode", begin + uu(data, b"")),
        ("uuencode without its begin", b"x-uuencode", uu(data)),
        ("uuencode with blanks for zero", b"x-uuencode", begin + uu(data).replace(b"`", b" ")),
        ("uuencode behind text", b"x-uuencode", b"here it comes\r\n\r\n" + begin + uu(data)),
        ("uuencode in a text", b"7bit", b"here it comes\r\n" + begin + uu(data) + b"\r\nthere it went"),
        ("uuencode of an odd mode", b"7bit", begin.replace(b"644", b"0644") + uu(data)),
        ("uuencode behind a blank", b"7bit", b" " + begin + uu(data)), ("uuencode behind a tab", b"7bit", b"\t" + begin + uu(data)),
        ("uuencode behind a blank, by its header", b"x-uuencode", b" " + begin + uu(data)),
        ("uuencode, all of it behind blanks", b"7bit", b"  " + (begin + uu(data)).replace(b"\r\n", b"\r\n  ")),
        ("uuencode behind many blanks", b"7bit", b" " * 300 + begin + uu(data)),
        ("uuencode of two blanks", b"7bit", begin.replace(b" ", b"  ") + uu(data)),
        ("uuencode of tabs", b"7bit", begin.replace(b" ", b"\t") + uu(data)),
        ("uuencode in capitals", b"7bit", begin.replace(b"begin", b"BEGIN") + uu(data)),
        ("uuencode without a mode", b"7bit", b"begin file.exe\r\n" + uu(data)),
        ("uuencode in base64", b"base64", base64.b64encode(b"hi\r\n" + begin + uu(data) + b"\r\n")),
        ("uuencode in quoted-printable", b"quoted-printable", quoted(b"hi\r\n" + begin + uu(data) + b"\r\n")),
        ("base64 of uuencode", b"7bit", b"begin-base64 644 file.exe\r\n" + code + b"\r\n====\r\n"),
        ("yEnc", b"binary", b"=ybegin line=128 size=%d name=file.exe\r\n" % len(data) + yenc(data) + b"\r\n=yend size=%d\r\n" % len(data)),
        ("yEnc by its field", b"x-yencode", b"=ybegin line=128 size=%d name=file.exe\r\n" % len(data) + yenc(data) + b"\r\n=yend size=%d\r\n" % len(data)),
        ("yEnc of one part", b"binary", b"=ybegin part=1 total=1 line=128 size=%d name=file.exe\r\n=ypart begin=1 end=%d\r\n" % (len(data), len(data))
         + yenc(data) + b"\r\n=yend size=%d part=1\r\n" % len(data)),
        ("yEnc without its end", b"binary", b"=ybegin line=128 size=%d name=file.exe\r\n" % len(data) + yenc(data)),
        ("BinHex", b"7bit", binhex(data)), ("BinHex by its field", b"x-binhex", binhex(data)),
        ("BinHex by a field of another name", b"mac-binhex40", binhex(data)),
        ("BinHex behind text", b"7bit", b"here it comes\r\n\r\n" + binhex(data) + b"\r\nthere it went"),
        ("gzip64", b"x-gzip64", code), ("bzip2", b"x-bzip2", code), ("a name that nobody knows", b"x-unknown", code),
    ]
    rows = text + [(about, CTE + b"base64\r\n", body) for about, body in base64_body]
    rows += [(f"base64 {about}", CTE + name + b"\r\n", code) for about, name in names if about]
    rows += [(f"base64 {about}", field, code) for about, field in fields]
    return rows + [(about, CTE + name + b"\r\n", body) for about, name, body in others]


# ---- how the part is named: (about, fields) ----

PARAMETERS = [                                       # behind "attachment" or a type; N stands for filename or name
    ("a token", b"; N=file.exe"), ("a quoted string", b'; N="file.exe"'), ("other quotes", b"; N='file.exe'"),
    ("one section alone", b"; N*0=file.exe"), ("blanks around =", b'; N = "file.exe"'), ("a tab around =", b'; N\t=\t"file.exe"'),
    ("folded behind =", b'; N=\r\n "file.exe"'), ("folded before =", b'; N\r\n ="file.exe"'),
    ("folded within", b'; N="file\r\n .exe"'), ("folded blank lines", b'; \r\n \r\n N="file.exe"'),
    ("no blank", b';N="file.exe"'), ("two semicolons", b';;N="file.exe"'), ("no semicolon", b' N="file.exe"'),
    ("a comma for it", b', N="file.exe"'), ("no semicolon behind another", b'; x=y N="file.exe"'),
    ("behind a parameter without a value", b'; x; N="file.exe"'), ("behind an empty one", b'; x=; N="file.exe"'),
    ("behind an unfinished quote", b'; x="y; N="file.exe"'), ("within the quotes of another", b'; x="; N=file.exe"'),
    ("behind an escaped quote", b'; x="\\"; N="file.exe"'), ("behind a comment", b'; (c) N="file.exe"'),
    ("behind half a comment", b'; (c N="file.exe"'), ("a comment within the name", b'; N(c)="file.exe"'),
    ("a comment before the value", b'; N=(c)"file.exe"'), ("a comment behind it", b'; N="file.exe"(c)'),
    ("a comment within the token", b"; N=file(c).exe"), ("a comment behind the token", b"; N=file.exe(.txt)"),
    ("quotes without an end", b'; N="file.exe'), ("quotes that begin late", b'; N=file".exe"'), ("text behind quotes", b'; N="file".exe'),
    ("quoted strings in a row", b'; N="file"".exe"'), ("quoted strings with a blank", b'; N="file" ".exe"'),
    ("backslashes", b'; N="f\\ile\\.exe"'), ("a backslash in a token", b"; N=fi\\le.exe"), ("blanks at the ends", b'; N=" file.exe "'),
    ("blanks in a token", b"; N=my file.exe"), ("a tab in it", b'; N="file\t.exe"'), ("NUL in it", b'; N="file.exe\0.txt"'),
    ("two NUL in it", b'; N="fi\0le.e\0xe"'), ("NUL behind it", b'; N="file.exe\0"'), ("NUL for the dot", b'; N="file\0.exe"'),
    ("an overlong dot", b'; N="file\xc0\xaeexe"'), ("an overlong dot of three bytes", b'; N="file\xe0\x80\xaeexe"'),
    ("an overlong dot of four bytes", b'; N="file\xf0\x80\x80\xaeexe"'), ("an overlong letter", b'; N="file.e\xc1\xb8e"'),
    ("an overlong dot in percent", b"; N*=utf-8''file%C0%AEexe"), ("an overlong dot in an encoded word", b'; N="=?utf-8?q?file=C0=AEexe?="'),
    ("a leader for the dot", "; N=\"file\u2024exe\"".encode()), ("a leader in percent", b"; N*=utf-8''file%E2%80%A4exe"),
    ("a wide dot", "; N=\"file\uff0eexe\"".encode()), ("a small dot", "; N=\"file\ufe52exe\"".encode()), ("a full stop of the East", "; N=\"file\u3002exe\"".encode()),
    ("a half-wide stop", "; N=\"file\uff61exe\"".encode()), ("a middle dot", "; N=\"file\u00b7exe\"".encode()), ("an Arabic stop", "; N=\"file\u06d4exe\"".encode()),
    ("a leader behind another extension", "; N=\"file.txt\u2024exe\"".encode()), ("a leader in an encoded word", b'; N="=?utf-8?q?file=E2=80=A4exe?="'),
    ("turned round, wholly", "; N=\"\u202eexe.elif\u202c.exe\"".encode()), ("turned round by an isolate", "; N=\"file\u2067txt.exe\"".encode()),
    ("turned round in percent", b"; N*=utf-8''file%E2%80%AEtxt.exe"), ("turned round in an encoded word", b'; N="=?utf-8?b?ZmlsZeKArnR4dC5leGU=?="'),
    ("percent, all of it", b'; N="%66%69%6c%65%2e%65%78%65"'), ("percent of a wide dot", b'; N="file%u002eexe"'), ("percent of the last letters", b'; N="file.%65%78%65"'),
    ("three extensions", b'; N="file.txt.pdf.exe"'), ("an extension behind blanks and dots", b'; N="file.txt. . .exe"'), ("an extension of capitals", b'; N="file.ExE"'),
    ("a quote too many behind it", b'; N=file.exe"'), ("a quote too many before it", b"; N='file.exe\""), ("quotes in quotes", b'; N=""file.exe""'),
    ("a quote that another closes", b'; N="file.exe; x="y"'), ("a quote of three", b'; N="file".exe"'), ("quotes that hold nothing", b'; N="" file.exe'),
    ("a comment with a semicolon", b'; (a; N=file.txt) N="file.exe"'), ("a comment with a quote", b'; (") N="file.exe" (")'), ("comments in a comment", b'; N=(a(b)c)"file.exe"'),
    ("a comment with a backslash", b'; N=(\\))"file.exe"'), ("half a comment in the token", b"; N=file(.exe"), ("a comment's end alone", b'; N=)"file.exe"'),
    ("NUL before it", b'; N=\0"file.exe"'), ("a control character", b'; N="file\x01.exe"'), ("a bare CR", b'; N="file.exe\r.txt"'),
    ("extended", b"; N*=us-ascii''file.exe"), ("extended, in percent", b"; N*=utf-8''%66%69le%2Eexe"),
    ("extended, in quotes", b"; N*=\"utf-8''file%2Eexe\""), ("extended, without a set", b"; N*=''file%2Eexe"),
    ("extended, without anything", b"; N*=file%2Eexe"), ("extended, one quote", b"; N*=utf-8'file%2Eexe"),
    ("extended, of an unknown set", b"; N*=x-none''file%2Eexe"), ("extended, UTF-7", b"; N*=utf-7''file.e+AHg-e"),
    ("extended, UTF-16", b"; N*=utf-16be''%00f%00i%00l%00e%00.%00e%00x%00e"), ("extended, broken percent", b"; N*=utf-8''file%2Gexe"),
    ("extended, twice percent", b"; N*=utf-8''file%252Eexe"), ("percent without a star", b"; N=file%2Eexe"),
    ("extended, and the star is away", b"; N=utf-8''file%2Eexe"), ("extended with a language", b"; N*=utf-8'en-gb'file%2Eexe"),
    ("a blank before the star", b"; N *=utf-8''file%2Eexe"), ("a blank behind the star", b"; N* =utf-8''file%2Eexe"),
    ("sections", b"; N*0=file; N*1=.exe"), ("sections in quotes", b'; N*0="file"; N*1=".exe"'),
    ("sections, extended", b"; N*0*=utf-8''file; N*1*=%2Eexe"), ("sections, one of them extended", b"; N*0*=utf-8''fi; N*1=le; N*2*=%2Eexe"),
    ("sections, the second extended", b"; N*0=file; N*1*=%2Eexe"), ("sections out of order", b"; N*1=.exe; N*0=file"),
    ("sections with a gap", b"; N*0=file; N*2=.exe"), ("sections from 1", b"; N*1=file; N*2=.exe"),
    ("sections with zeros", b"; N*00=file; N*01=.exe"), ("sections, one twice", b"; N*0=file; N*0=file; N*1=.exe"),
    ("sections and something between", b"; N*0=file; x=y; N*1=.exe"), ("sections with signs", b"; N*+0=file; N*+1=.exe"),
    ("eleven sections", b"".join(b"; N*%d=%c" % (i, c) for i, c in enumerate(b"a-long-file.exe"))),
    ("eleven sections backwards", b"".join(b"; N*%d=%c" % (i, c) for i, c in reversed(list(enumerate(b"a-long-file.exe"))))),
    ("sections and the whole", b"; N=file.txt; N*0=file; N*1=.exe"), ("both forms", b"; N=file.txt; N*=utf-8''file.exe"),
    ("both forms, the other order", b"; N*=utf-8''file.exe; N=file.txt"), ("both forms, hidden in the plain one", b"; N=file.exe; N*=utf-8''file.txt"),
    ("twice, the first", b"; N=file.exe; N=file.txt"), ("twice, the last", b"; N=file.txt; N=file.exe"),
    ("an encoded word", b"; N==?us-ascii?q?file=2Eexe?="), ("an encoded word in quotes", b'; N="=?us-ascii?q?file=2Eexe?="'),
    ("an encoded word of base64", b'; N="=?utf-8?b?ZmlsZS5leGU=?="'), ("without its padding", b'; N="=?utf-8?b?ZmlsZS5leGU?="'),
    ("with text behind it", b'; N="=?utf-8?q?file=2E?=exe"'), ("with text before it", b'; N="file=?utf-8?q?=2Eexe?="'),
    ("two encoded words", b'; N="=?utf-8?q?file?= =?utf-8?q?=2Eexe?="'), ("two, folded", b'; N="=?utf-8?q?file?=\r\n =?utf-8?q?=2Eexe?="'),
    ("two without a blank", b'; N="=?utf-8?q?file?==?utf-8?q?=2Eexe?="'), ("two of two kinds", b'; N="=?utf-8?q?file?= =?utf-8?b?LmV4ZQ==?="'),
    ("an encoded word with a language", b'; N="=?utf-8*en?q?file=2Eexe?="'), ("of UTF-7", b'; N="=?utf-7?q?file.e+AHg-e?="'),
    ("of UTF-16", b'; N="=?utf-16be?b?AGYAaQBsAGUALgBlAHgAZQ==?="'), ("of an unknown set", b'; N="=?x-none?q?file=2Eexe?="'),
    ("without an end", b'; N="=?utf-8?q?file=2Eexe"'), ("with blanks within", b'; N="=?utf-8?q?file .exe?="'),
    ("with a bad kind", b'; N="=?utf-8?x?file=2Eexe?="'), ("with broken code", b'; N="=?utf-8?q?file=2Eex=ZZe?="'),
    ("an encoded word in an encoded word", b'; N="=?utf-8?b?PT91dGYtOD9xP2ZpbGU9MkVleGU/PQ==?="'),
    ("an encoded word in an extended one", b"; N*=utf-8''=%3Futf-8%3Fq%3Ffile%3D2Eexe%3F="),
    ("an encoded word in sections", b'; N*0="=?utf-8?q?file"; N*1="=2Eexe?="'),
    ("a parameter named by an encoded word", b"; =?utf-8?q?N?==file.exe"),
    ("raw Latin letters", b'; N="f\xeele.exe"'), ("raw UTF-8", b'; N="f\xc3\xaele.exe"'), ("broken UTF-8", b'; N="file\xc3.exe"'),
    ("turned round", "; N=\"file\u202etxt.exe\"".encode()), ("invisible letters", "; N=\"file.e\u200bxe\"".encode()),
    ("a dot behind it", b'; N="file.exe."'), ("blanks behind it", b'; N="file.exe   "'), ("a stream behind it", b'; N="file.exe::$DATA"'),
    ("a path", b'; N="../../file.exe"'), ("a path of the other kind", b'; N="C:\\\\tmp\\\\file.exe"'),
    ("blanks before the extension", b'; N="file.txt' + b" " * 60 + b'.exe"'), ("300 letters", b'; N="' + b"a" * 300 + b'.exe"'),
    ("two extensions", b'; N="file.txt.exe"'), ("a semicolon in it", b'; N="file;.exe"'), ("a quote in it", b'; N="fi\\"le.exe"'),
    ("folded within the extension", b'; N="file.e\r\n xe"'), ("folded by a tab within the extension", b'; N="file.\r\n\texe"'), ("folded within a bare extension", b"; N=file.e\r\n xe"),
    ("folded within an extended extension", b"; N*=utf-8''file.e\r\n xe"), ("folded within a section", b'; N*0="file.e\r\n "; N*1="xe"'), ("a tab within the extension", b'; N="file.\texe"'),
    ("extended, behind a blank", b"; N*=utf-8''file.txt .exe"), ("sections, behind a blank", b"; N*0=file.txt .exe"), ("percent of percent", b'; N="file%252Eexe"'),
    ("a blank of eight bits before it", b'; \xa0N="file.exe"'), ("an invisible character before it", '; \u200bN="file.exe"'.encode()), ("a dash in its name", b'; x-N="file.exe"'),
    ("a colon for =", b'; N:"file.exe"'), ("two =", b'; N=="file.exe"'), ("a name in quotes", b'; "N"="file.exe"'),
]


def names():
    rows = []
    for about, parameter in PARAMETERS:
        of_disposition, of_type = parameter.replace(b"N", b"filename"), parameter.replace(b"N", b"name")
        rows.append((f"{about}, in the disposition",
                     b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment" + of_disposition + b"\r\n"))
        rows.append((f"{about}, in the type", b"Content-Type: application/octet-stream" + of_type + b"\r\n"))
    plain = b'; filename="file.exe"'
    kind = b"Content-Type: application/octet-stream\r\n"
    return rows + [
        ("a disposition without a word", kind + b'Content-Disposition: filename="file.exe"\r\n'),
        ("a disposition with a semicolon for a word", kind + b'Content-Disposition: ; filename="file.exe"\r\n'),
        ("a disposition with an odd word", kind + b"Content-Disposition: at tach ment" + plain + b"\r\n"),
        ("a disposition inline", kind + b"Content-Disposition: inline" + plain + b"\r\n"),
        ("a disposition in capitals", kind + b'CONTENT-DISPOSITION: ATTACHMENT; FILENAME="file.exe"\r\n'),
        ("a disposition with blanks before its colon", kind + b"Content-Disposition : attachment" + plain + b"\r\n"),
        ("a disposition that is folded before its colon", kind + b"Content-Disposition\r\n : attachment" + plain + b"\r\n"),
        ("two dispositions, in the first", kind + b"Content-Disposition: attachment" + plain + b"\r\nContent-Disposition: inline\r\n"),
        ("two dispositions, in the last", kind + b"Content-Disposition: inline\r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("two dispositions of two names", kind + b'Content-Disposition: attachment; filename="file.txt"\r\nContent-Disposition: attachment' + plain + b"\r\n"),
        ("two types, in the first", b'Content-Type: application/octet-stream; name="file.exe"\r\nContent-Type: text/plain\r\n'),
        ("two types, in the last", b'Content-Type: text/plain\r\nContent-Type: application/octet-stream; name="file.exe"\r\n'),
        ("two names, of disposition and type", b'Content-Type: text/plain; name="file.txt"\r\nContent-Disposition: attachment' + plain + b"\r\n"),
        ("and the other way round", b'Content-Type: text/plain; name="file.exe"\r\nContent-Disposition: attachment; filename="file.txt"\r\n'),
        ("a text by its type", b'Content-Type: text/plain; name="file.exe"\r\n'),
        ("a picture by its type", b'Content-Type: image/png; name="file.exe"\r\n'),
        ("no type", b"Content-Disposition: attachment" + plain + b"\r\n"),
        ("a type that is none", b"Content-Type: x\r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("an empty type", b"Content-Type: \r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("a type with a blank in it", b'Content-Type: application / octet-stream; name="file.exe"\r\n'),
        ("a disposition with an underscore", kind + b"Content_Disposition: attachment" + plain + b"\r\n"), ("a disposition without a dash", kind + b"ContentDisposition: attachment" + plain + b"\r\n"),
        ("a type with an underscore", b'Content_Type: application/octet-stream; name="file.exe"\r\n'), ("a type without a dash", b'ContentType: application/octet-stream; name="file.exe"\r\n'),
        ("a description", kind + b"Content-Description: file.exe\r\n"), ("a description in an encoded word", kind + b"Content-Description: =?utf-8?q?file=2Eexe?=\r\n"),
        ("an identity", kind + b"Content-ID: <file.exe>\r\n"), ("an identity at a place", kind + b"Content-ID: <file.exe@sender.example>\r\n"),
        ("a location", kind + b"Content-Location: file.exe\r\n"), ("a location of the net", kind + b"Content-Location: http://sender.example/a/file.exe?x=y\r\n"),
        ("a comment with a parameter in the type", b'Content-Type: application/octet-stream (; name=file.txt); name="file.exe"\r\n'),
        ("a comment with a quote in the type", b'Content-Type: application/octet-stream ("); name="file.exe" (")\r\n'),
        ("half a comment in the type", b'Content-Type: application/octet-stream (c; name="file.exe"\r\n'), ("comments in a comment in the type", b'Content-Type: application/(a(b)c)octet-stream; name="file.exe"\r\n'),
        ("a disposition behind a line that is none", kind + b"oops\r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("a disposition behind a folded blank line", kind + b"X-A: b\r\n\t\r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("a disposition behind a bare CR", kind + b"X-A: b\rContent-Disposition: attachment" + plain + b"\r\n"),
        ("a disposition as a folded line", kind.replace(b"\r\n", b"") + b"\r\n Content-Disposition: attachment" + plain + b"\r\n"),
        ("a disposition behind NUL", kind + b"X-A: \0\r\nContent-Disposition: attachment" + plain + b"\r\n"),
        ("a field of 2,000 blanks", kind + b"Content-Disposition: attachment;" + b" " * 2000 + b'filename="file.exe"\r\n'),
        ("100 parameters before it", kind + b"Content-Disposition: attachment" + b"".join(b"; a%d=b" % i for i in range(100)) + plain + b"\r\n"),
        ("200 parameters before it", kind + b"Content-Disposition: attachment" + b"".join(b"; a%d=b" % i for i in range(200)) + plain + b"\r\n"),
    ]


# ---- how the tree is built: (about, from the part to the message) ----

TOP = b"From: a@sender.example\r\nTo: b@receiver.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain\r\n\r\nhello\r\n"
MIXED = b"multipart/mixed; boundary="


def tree(declared, boundary=b"QX7", top=TOP, field=b"Content-Type: "):
    """Two parts between lines of this boundary; `declared` stands in the field."""
    line = b"--" + boundary
    return lambda part: (top + field + declared + b"\r\n\r\n" + line + b"\r\n" + TEXT + line + b"\r\n" + part + b"\r\n" + line + b"--\r\n")


def between(before, after=b"\r\n--QX7--\r\n", boundary=b"QX7"):
    """What stands before the part, first part included, and what behind it."""
    return lambda part: TOP + b"Content-Type: " + MIXED + boundary + b"\r\n\r\n" + before + part + after


DECLARED = [                                         # (about, Content-Type, the boundary that is used)
    ("a token", MIXED + b"QX7", b"QX7"), ("a quoted string", MIXED + b'"QX7"', b"QX7"), ("blanks around =", b"multipart/mixed; boundary = QX7", b"QX7"),
    ("capitals", b"MULTIPART/MIXED; BOUNDARY=QX7", b"QX7"), ("other quotes, used with them", MIXED + b"'QX7'", b"'QX7'"),
    ("other quotes, used without them", MIXED + b"'QX7'", b"QX7"),
    ("two, the first is used", MIXED + b"QX7; boundary=c", b"QX7"), ("two, the last is used", MIXED + b"c; boundary=QX7", b"QX7"),
    ("three, the second is used", MIXED + b"c; boundary=QX7; boundary=d", b"QX7"),
    ("extended", b"multipart/mixed; boundary*=us-ascii''QX7", b"QX7"), ("extended, in percent", b"multipart/mixed; boundary*=us-ascii''%51X7", b"QX7"),
    ("extended, used as written", b"multipart/mixed; boundary*=us-ascii''QX7", b"us-ascii''QX7"),
    ("sections", b"multipart/mixed; boundary*0=a; boundary*1=b", b"ab"), ("sections, out of order", b"multipart/mixed; boundary*1=b; boundary*0=a", b"ab"),
    ("sections, used as they stand", b"multipart/mixed; boundary*1=b; boundary*0=a", b"ba"), ("sections, the first alone", b"multipart/mixed; boundary*0=a; boundary*1=b", b"a"),
    ("sections, extended", b"multipart/mixed; boundary*0*=''a; boundary*1*=%51X7", b"aQX7"), ("one section", b"multipart/mixed; boundary*0=QX7", b"QX7"),
    ("sections from 1", b"multipart/mixed; boundary*1=a; boundary*2=b", b"ab"), ("sections and the whole", b"multipart/mixed; boundary=QX7; boundary*0=c", b"QX7"),
    ("sections and the whole, used are they", b"multipart/mixed; boundary=c; boundary*0=QX7", b"QX7"),
    ("both forms", b"multipart/mixed; boundary=QX7; boundary*=''c", b"QX7"), ("both forms, used is the other", b"multipart/mixed; boundary=c; boundary*=''QX7", b"QX7"),
    ("an encoded word", MIXED + b'"=?us-ascii?q?QX7?="', b"QX7"), ("an encoded word, as written", MIXED + b'"=?us-ascii?q?QX7?="', b"=?us-ascii?q?QX7?="),
    ("an encoded word of base64", MIXED + b'"=?us-ascii?b?UVg3?="', b"QX7"),
    ("a comment behind the type", b"multipart/mixed (c); boundary=QX7", b"QX7"), ("a comment within the type", b"multipart/(c)mixed; boundary=QX7", b"QX7"),
    ("a comment before the type", b"(c) multipart/mixed; boundary=QX7", b"QX7"), ("a comment before it", MIXED + b"(c)QX7", b"QX7"),
    ("a comment behind it", MIXED + b"QX7(c)", b"QX7"), ("a comment behind it, used with it", MIXED + b"QX7(c)", b"QX7(c)"),
    ("a comment behind quotes", MIXED + b'"QX7"(c)', b"QX7"), ("text behind quotes", MIXED + b'"QX7"c', b"QX7"), ("text behind quotes, used with it", MIXED + b'"QX7"c', b"QX7c"),
    ("text behind a blank", MIXED + b"QX7 c", b"QX7"), ("text behind a blank, used with it", MIXED + b"QX7 c", b"QX7 c"),
    ("quotes in the middle", MIXED + b'a"b"', b"ab"), ("quotes in the middle, as written", MIXED + b'a"b"', b'a"b"'), ("quotes in the middle, up to them", MIXED + b'a"b"', b"a"),
    ("no semicolon", b"multipart/mixed boundary=QX7", b"QX7"), ("a comma for it", b"multipart/mixed, boundary=QX7", b"QX7"), ("a colon for it", b"multipart/mixed: boundary=QX7", b"QX7"),
    ("two semicolons", b"multipart/mixed;; boundary=QX7", b"QX7"), ("no blank", b"multipart/mixed;boundary=QX7", b"QX7"), ("a semicolon behind it", MIXED + b"QX7;", b"QX7"),
    ("no semicolon behind another", b"multipart/mixed; charset=x boundary=QX7", b"QX7"), ("behind a broken parameter", b"multipart/mixed; x; boundary=QX7", b"QX7"),
    ("behind an open quote", b'multipart/mixed; x="y; boundary=QX7', b"QX7"), ("within another's quotes", b'multipart/mixed; x="; boundary=c"; boundary=QX7', b"QX7"),
    ("within another's quotes, and used", b'multipart/mixed; x="; boundary=QX7"; boundary=c', b"QX7"),
    ("folded", b"multipart/mixed;\r\n\tboundary=QX7", b"QX7"), ("folded by LF", b"multipart/mixed;\n boundary=QX7", b"QX7"), ("folded behind =", b"multipart/mixed; boundary=\r\n QX7", b"QX7"),
    ("folded before =", b"multipart/mixed; boundary\r\n =QX7", b"QX7"), ("folded over a blank line", b"multipart/mixed;\r\n \r\n boundary=QX7", b"QX7"),
    ("folded over a line of a tab", b"multipart/mixed;\r\n\t\r\n boundary=QX7", b"QX7"), ("folded at once", b"\r\n multipart/mixed; boundary=QX7", b"QX7"),
    ("folded within quotes", MIXED + b'"a\r\n b"', b"a b"), ("folded within the name", b"multipart/mixed; boun\r\n dary=QX7", b"QX7"),
    ("an open quote", MIXED + b'"QX7', b"QX7"), ("an open quote, used with it", MIXED + b'"QX7', b'"QX7'), ("a quote behind it", MIXED + b'QX7"', b"QX7"),
    ("a backslash", MIXED + b'"\\QX7"', b"QX7"), ("a backslash, used with it", MIXED + b'"\\QX7"', b"\\QX7"), ("an escaped quote", MIXED + b'"a\\"b"', b'a"b'),
    ("an escaped quote, cut there", MIXED + b'"a\\"b"', b"a\\"), ("blanks behind it in quotes", MIXED + b'"QX7 "', b"QX7 "), ("blanks behind it, used without", MIXED + b'"QX7 "', b"QX7"),
    ("blanks before it in quotes", MIXED + b'" QX7"', b" QX7"), ("blanks before it, used without", MIXED + b'" QX7"', b"QX7"), ("a blank within", MIXED + b'"a b"', b"a b"),
    ("a blank within, cut there", MIXED + b'"a b"', b"a"), ("a tab within", MIXED + b'"a\tb"', b"a\tb"),
    ("empty", MIXED + b'""', b""), ("empty, and used is another", MIXED + b'""', b"QX7"), ("none", b"multipart/mixed", b"QX7"), ("a name without a value", b"multipart/mixed; boundary", b"QX7"),
    ("nothing behind =", MIXED, b"QX7"), ("of 70", MIXED + b"x" * 70, b"x" * 70), ("of 71", MIXED + b"x" * 71, b"x" * 71), ("of 71, used are 70", MIXED + b"x" * 71, b"x" * 70),
    ("of 200", MIXED + b"x" * 200, b"x" * 200), ("of 300", MIXED + b"x" * 300, b"x" * 300), ("NUL behind it", MIXED + b"QX7\0c", b"QX7"), ("NUL within it", MIXED + b"QX7\0c", b"QX7\0c"),
    ("NUL in quotes", MIXED + b'"QX7\0c"', b"QX7"), ("eight bits", MIXED + b"\xe9", b"\xe9"), ("UTF-8", MIXED + b"\xc3\xa9", b"\xc3\xa9"), ("a control character", MIXED + b"QX7\x01", b"QX7"),
    ("a control character in it", MIXED + b"QX7\x01", b"QX7\x01"), ("another case, used large", MIXED + b"QX7", b"qx7"), ("another case, used small", MIXED + b"qx7", b"QX7"),
    ("dashes alone", MIXED + b"--", b"--"), ("a dash alone", MIXED + b"-", b"-"), ("dashes within", MIXED + b"QX--7", b"QX--7"), ("dashes within, cut there", MIXED + b"QX--7", b"QX"),
    ("dashes in quotes", MIXED + b'"--"', b"--"), ("dashes behind it, one used", MIXED + b"QX7--", b"QX7-"), ("half a comment behind it", MIXED + b"QX7 (c", b"QX7"),
    ("comments in a comment", MIXED + b"(a(b)c)QX7", b"QX7"), ("a comment with a quote", b'multipart/mixed (") ; boundary=QX7 (")', b"QX7"),
    ("a comment with a boundary", b"multipart/mixed (; boundary=c); boundary=QX7", b"QX7"), ("a comment with the boundary", b"multipart/mixed (; boundary=QX7); boundary=c", b"QX7"),
    ("dashes before it", MIXED + b"--QX7", b"--QX7"), ("dashes before it, used without", MIXED + b"--QX7", b"QX7"), ("dashes behind it", MIXED + b"QX7--", b"QX7--"),
    ("a dash alone", MIXED + b"-", b"-"), ("all the odd ones", MIXED + b"\"'()+_,-./:=?\"", b"'()+_,-./:=?"),
    ("odd ones without quotes", MIXED + b"a/b=c:d?e", b"a/b=c:d?e"), ("angle brackets", MIXED + b"<QX7>", b"<QX7>"), ("angle brackets, used without", MIXED + b"<QX7>", b"QX7"),
    ("in another parameter", b"multipart/mixed; bound=QX7", b"QX7"), ("percent without a star", MIXED + b"%51X7", b"QX7"),
    ("an unknown kind", b"multipart/x-none; boundary=QX7", b"QX7"), ("alternative", b"multipart/alternative; boundary=QX7", b"QX7"), ("related", b"multipart/related; boundary=QX7", b"QX7"),
    ("signed", b"multipart/signed; boundary=QX7", b"QX7"), ("parallel", b"multipart/parallel; boundary=QX7", b"QX7"), ("report", b"multipart/report; boundary=QX7", b"QX7"),
    ("appledouble", b"multipart/appledouble; boundary=QX7", b"QX7"), ("no kind", b"multipart; boundary=QX7", b"QX7"), ("no kind behind /", b"multipart/; boundary=QX7", b"QX7"),
    ("two /", b"multipart//mixed; boundary=QX7", b"QX7"), ("three words", b"multipart/mixed/x; boundary=QX7", b"QX7"), ("blanks around /", b"multipart / mixed; boundary=QX7", b"QX7"),
    ("in quotes all", b'"multipart/mixed"; boundary=QX7', b"QX7"), ("a letter too many", b"multiparts/mixed; boundary=QX7", b"QX7"), ("a blank in it", b"multi part/mixed; boundary=QX7", b"QX7"),
    ("an x- before it", b"x-multipart/mixed; boundary=QX7", b"QX7"), ("a text", b"text/plain; boundary=QX7", b"QX7"), ("a text of HTML", b"text/html; boundary=QX7", b"QX7"),
    ("bytes", b"application/octet-stream; boundary=QX7", b"QX7"), ("no type", b"; boundary=QX7", b"QX7"), ("the parameter alone", b"boundary=QX7", b"QX7"), ("NUL in the type", b"multipart/mi\0xed; boundary=QX7", b"QX7"),
    ("a message", b"message/rfc822; boundary=QX7", b"QX7"), ("a dot behind it", b"multipart/mixed.; boundary=QX7", b"QX7"), ("an encoded word as type", b"=?us-ascii?q?multipart/mixed?=; boundary=QX7", b"QX7"),
]


def declared():
    rows = [(f"boundary: {about}", tree(kind, boundary)) for about, kind, boundary in DECLARED]
    good = MIXED + b"QX7"
    for about, field in [
            ("blanks before the colon", b"Content-Type : "), ("a tab before the colon", b"Content-Type\t: "), ("folded before the colon", b"Content-Type\r\n : "),
            ("no blank behind it", b"Content-Type:"), ("a tab behind it", b"Content-Type:\t"), ("capitals", b"CONTENT-TYPE: "), ("NUL behind the name", b"Content-Type\0: "),
            ("no colon", b"Content-Type "), ("= for it", b"Content-Type= "), ("two colons", b"Content-Type:: "), ("a blank in it", b"Content Type: "), ("an underscore in it", b"Content_Type: "), ("no dash in it", b"ContentType: "), ("two dashes in it", b"Content--Type: "),
            ("a dot in it", b"Content.Type: "),
            ("blanks in it", b"Content - Type: "), ("a blank before it", b" Content-Type: "), ("eight bits before it", b"\xa0Content-Type: "), ("eight bits behind it", b"Content-Type\xa0: "),
            ("a comment behind it", b"Content-Type (c): "), ("behind a line that is none", b"no field\r\nContent-Type: "), ("behind a line of blanks", b"X-A: b\r\n  \r\nContent-Type: "),
            ("behind a line of blanks, unfolded", b"  \r\nContent-Type: "), ("behind CR CR LF", b"X-A: b\r\r\nContent-Type: "), ("behind a bare CR", b"X-A: b\rContent-Type: "),
            ("behind a bare LF", b"X-A: b\nContent-Type: "), ("behind LF CR", b"X-A: b\n\rContent-Type: "), ("behind NUL", b"X-A: b\0c\r\nContent-Type: "), ("behind a colon alone", b": x\r\nContent-Type: "),
            ("behind a From line", b"From a@b Sat Nov 21 10:09:18 2026\r\nContent-Type: "), ("behind a quoted From line", b">From a@b Sat Nov 21 10:09:18 2026\r\nContent-Type: "),
            ("behind an empty type", b"Content-Type: \r\nContent-Type: "), ("behind a text", b"Content-Type: text/plain\r\nContent-Type: "), ("behind two texts", b"Content-Type: text/plain\r\nContent-Type: text/html\r\nContent-Type: "),
            ("behind another boundary", b"Content-Type: multipart/mixed; boundary=c\r\nContent-Type: "), ("behind a field of 70,000", b"X-A: " + b"b" * 70000 + b"\r\nContent-Type: "),
            ("behind 1,100 fields", b"X-A: b\r\n" * 1100 + b"Content-Type: "), ("behind a boundary", b"--QX7\r\nContent-Type: "), ("behind a field of eight bits", b"X-\xe9: b\r\nContent-Type: "),
            ("behind a field without a name", b"=?x?=\r\nContent-Type: "), ("in a folded line", b"X-A: b\r\n Content-Type: ")]:
        rows.append((f"field: {about}", tree(good, field=field)))
    for about, behind in [("a text", b"Content-Type: text/plain"), ("another boundary", b"Content-Type: multipart/mixed; boundary=c"), ("a blank line", b" "), ("a line that is none", b"no field"),
                          ("an encoding", b"Content-Transfer-Encoding: 8bit"), ("a long encoding", b"Content-Transfer-Encoding: base64"), ("quoting", b"Content-Transfer-Encoding: quoted-printable"),
                          ("uuencode", b"Content-Transfer-Encoding: x-uuencode"), ("an unknown encoding", b"Content-Transfer-Encoding: x-none"), ("a disposition", b"Content-Disposition: attachment; filename=a.txt")]:
        rows.append((f"field: before {about}", tree(good + b"\r\n" + behind)))
    for about, top in [("no MIME-Version", TOP.replace(b"MIME-Version: 1.0\r\n", b"")), ("another MIME-Version", TOP.replace(b"1.0", b"2.0")), ("two MIME-Versions", TOP + b"MIME-Version: 1.1\r\n"),
                       ("nothing before it", b""), ("a blank line before all", b"\r\n" + TOP), ("a line of blanks before all", b"  \r\n" + TOP), ("a folded line first", b" x\r\n" + TOP),
                       ("a From line first", b"From a@b Sat Nov 21 10:09:18 2026\r\n" + TOP), ("a line that is none first", b"no field\r\n" + TOP), ("a mark of UTF-8 first", b"\xef\xbb\xbf" + TOP)]:
        rows.append((f"top: {about}", tree(good, top=top)))
    rows += [("lines: of LF", lambda part: tree(good)(part).replace(b"\r\n", b"\n")), ("lines: of CR CR LF", lambda part: tree(good)(part).replace(b"\r\n", b"\r\r\n")),
             ("lines: LF in the fields", lambda part: TOP.replace(b"\r\n", b"\n") + tree(good, top=b"")(part)),
             ("whole body in base64", lambda part: encoded(tree(good, top=b"")(part), b"base64")), ("whole body quoted", lambda part: encoded(tree(good, top=b"")(part), b"quoted-printable"))]
    return rows


def encoded(message, name):
    """The body of a message in an encoding that multiparts may not have."""
    fields, _, body = message.partition(b"\r\n\r\n")
    code = wrapped(base64.b64encode(body), 76) if name == b"base64" else wrapped(quoted(body), 75, b"=\r\n")
    return TOP + fields + b"\r\n" + CTE + name + b"\r\n\r\n" + code + b"\r\n"


ONE = b"--QX7\r\n" + TEXT                              # a first part that hides nothing
INNER = b"Content-Type: multipart/mixed; boundary="


def lines():
    """Lines that one reader takes for a boundary, and another does not."""
    rows = []
    for about, line in [
            ("a blank behind it", b"--QX7 "), ("blanks and tabs behind it", b"--QX7 \t \t"), ("text behind it", b"--QX7x"), ("text behind a blank", b"--QX7 x"), ("one dash behind it", b"--QX7-"),
            ("dashes and text behind it", b"--QX7--x"), ("a closing one as the next", b"--QX7--"), ("a blank before it", b" --QX7"), ("a tab before it", b"\t--QX7"), ("a quote sign before it", b"> --QX7"),
            ("a dot before it", b".--QX7"), ("a blank behind the dashes", b"-- QX7"), ("one dash", b"-QX7"), ("three dashes", b"---QX7"), ("another case", b"--qx7"), ("a bare CR behind it", b"--QX7\r"),
            ("a bare CR before it", b"x\r--QX7"), ("a bare CR first", b"\r--QX7"), ("two CR behind it", b"--QX7\r\r"), ("NUL behind it", b"--QX7\0"), ("NUL before it", b"\0--QX7"), ("a form feed behind it", b"--QX7\f"),
            ("a form feed before it", b"\f--QX7"), ("a vertical tab behind it", b"--QX7\v"), ("a blank of eight bits behind it", b"--QX7\xa0"), ("in quotes", b'--"QX7"'), ("a semicolon behind it", b"--QX7;"),
            ("a comment behind it", b"--QX7 (c)"), ("1,000 blanks behind it", b"--QX7" + b" " * 1000), ("text behind 1,000 blanks", b"--QX7" + b" " * 1000 + b"x"), ("a mark of UTF-8 before it", b"\xef\xbb\xbf--QX7")]:
        rows.append((f"line: {about}", between(ONE + line + b"\r\n")))
        rows.append((f"first line: {about}", between(line + b"\r\n")))
    rows.append(("line: LF before it", between(ONE[:-2] + b"\n--QX7\r\n")))
    rows.append(("line: CR before it", between(ONE[:-2] + b"\r--QX7\r\n")))
    rows.append(("line: of CR", between(ONE + b"--QX7\r")))
    rows.append(("line: of LF", between(ONE + b"--QX7\n")))
    return rows


def nests():
    close, one = b"--QX7--\r\n", ONE
    inner = b"--QX7\r\n" + INNER
    wrap = b"--QX7\r\nContent-Type: message/rfc822\r\n"
    mail = b"From: c@d.example\r\nSubject: in\r\n"

    def in_message(kind, form=lambda message: message, field=b""):
        return lambda part: TOP + b"Content-Type: " + MIXED + b"QX7\r\n\r\n" + one + b"--QX7\r\nContent-Type: " + kind + b"\r\n" + field + b"\r\n" \
            + form(tree(MIXED + b"in", b"in", mail)(part)) + b"\r\n--QX7--\r\n"

    return [
        ("nest: no end", between(one + b"--QX7\r\n", b"")), ("nest: no end, no line end", between(one + b"--QX7\r\n", b"\r\n")), ("nest: an end without dashes behind", between(one + b"--QX7\r\n", b"\r\n--QX7\r\n")),
        ("nest: alone", lambda part: TOP + part), ("nest: alone, fields of MIME first", lambda part: part.replace(b"\r\n\r\n", b"\r\n" + TOP + b"\r\n", 1)),
        ("nest: behind the end", between(one + close + b"--QX7\r\n")), ("nest: behind the end, and no end", between(one + close + b"--QX7\r\n", b"\r\n")),
        ("nest: behind two ends", between(one + close + close + b"--QX7\r\n")), ("nest: the end first", between(close + b"--QX7\r\n")), ("nest: behind the end, with text", between(one + close + b"text\r\n--QX7\r\n")),
        ("nest: without a blank line before it", between(one + b"--QX7\r\n")), ("nest: no line before the part", between(one[:-2] + b"--QX7\r\n")), ("nest: an empty part before it", between(b"--QX7\r\n--QX7\r\n")),
        ("nest: a part of fields before it", between(b"--QX7\r\nContent-Type: text/plain\r\n--QX7\r\n")), ("nest: an inner multipart", between(one + inner + b"in\r\n\r\n--in\r\n", b"\r\n--in--\r\n--QX7--\r\n")),
        ("nest: an inner one that is not closed", between(one + inner + b"in\r\n\r\n--in\r\n")), ("nest: behind an inner one that is not closed", between(inner + b"in\r\n\r\n--in\r\n" + TEXT + b"--QX7\r\n")),
        ("nest: an inner one of the same boundary", between(one + inner + b"QX7\r\n\r\n--QX7\r\n")), ("nest: an inner one that is longer", between(one + inner + b"QX7b\r\n\r\n--QX7b\r\n", b"\r\n--QX7b--\r\n--QX7--\r\n")),
        ("nest: an inner one that is shorter", between(b"--QX7b\r\n" + TEXT + b"--QX7b\r\n" + INNER + b"QX7\r\n\r\n--QX7\r\n", b"\r\n--QX7--\r\n--QX7b--\r\n", b"QX7b")),
        ("nest: behind an inner one, by its boundary", between(inner + b"in\r\n\r\n--in\r\n" + TEXT + b"--in--\r\n--QX7\r\n" + TEXT + b"--in\r\n")), ("nest: in an inner one's end", between(inner + b"in\r\n\r\n--in\r\n" + TEXT + b"--in--\r\n--in\r\n")),

        ("nest: in the preamble", lambda part: TOP + b"Content-Type: " + MIXED + b"QX7\r\n\r\n" + part + b"\r\n" + one + close),
        ("nest: behind the end, without a boundary", lambda part: TOP + b"Content-Type: " + MIXED + b"QX7\r\n\r\n" + one + close + part + b"\r\n"),
        ("nest: in the preamble of an inner one", between(one + inner + b"in\r\n\r\n", b"\r\n--in\r\n" + TEXT + b"--in--\r\n--QX7--\r\n")),
        ("nest: behind an inner one's end, without a boundary", between(inner + b"in\r\n\r\n--in\r\n" + TEXT + b"--in--\r\n")),
        ("nest: an inner one that nobody declared", between(one + b"--QX7\r\nContent-Type: text/plain\r\n\r\n--in\r\n", b"\r\n--in--\r\n--QX7--\r\n")),
        ("nest: an inner one without a boundary", between(one + b"--QX7\r\nContent-Type: multipart/mixed\r\n\r\n--in\r\n", b"\r\n--in--\r\n--QX7--\r\n")),
        ("nest: an inner one of no type", between(one + b"--QX7\r\n\r\n--in\r\n", b"\r\n--in--\r\n--QX7--\r\n")),
        ("nest: an inner one in base64", lambda part: between(one)(CTE + b"base64\r\n" + INNER + b"in\r\n\r\n" + wrapped(base64.b64encode(b"--in\r\n" + part + b"\r\n--in--\r\n"), 76))
         .replace(b"--QX7\r\nContent-Type: text/plain\r\n\r\nhello\r\n", b"--QX7\r\n" + TEXT + b"--QX7\r\n", 1)),
        ("nest: 62 levels", lambda part: nested(part, 62)), ("nest: 63 levels", lambda part: nested(part, 63)), ("nest: 64 levels", lambda part: nested(part, 64)),
        ("nest: 65 levels", lambda part: nested(part, 65)), ("nest: 300 levels", lambda part: nested(part, 300)),
        ("message: as a text", in_message(b"text/rfc822")), ("message: of an application", in_message(b"application/rfc822")), ("message: as a text of headers", in_message(b"text/rfc822-headers")),
        ("message: that lies elsewhere", lambda part: TOP + b"Content-Type: message/external-body; access-type=anon-ftp; site=sender.example; name=file.exe\r\n\r\n" + part),
        ("message: a piece, in a part", in_message(b"message/partial; id=x; number=2; total=3")), ("message: with an underscore", in_message(b"message/rfc_822")),
        ("nest: an inner one behind a text that declares it", between(b"--QX7\r\nContent-Type: text/plain; boundary=in\r\n\r\n--in\r\n", b"\r\n--in--\r\n--QX7--\r\n")),
        ("nest: an outer boundary behind its end, in an inner one", between(inner + b"in\r\n\r\n--QX7--\r\n--in\r\n", b"\r\n--in--\r\n")), ("nest: ten levels", lambda part: nested(part, 10)), ("nest: 70 levels", lambda part: nested(part, 70)),
        ("nest: behind 1,100 parts", between((b"--QX7\r\n\r\nx\r\n") * 1100 + b"--QX7\r\n")), ("message: plain", in_message(b"message/rfc822")), ("message: global", in_message(b"message/global")),
        ("message: of news", in_message(b"message/news")), ("message: in capitals", in_message(b"MESSAGE/RFC822")), ("message: with blanks", in_message(b"message / rfc822")), ("message: with a comment", in_message(b"message/(c)rfc822")),
        ("message: in base64", in_message(b"message/rfc822", lambda mail: wrapped(base64.b64encode(mail), 76), CTE + b"base64\r\n")),
        ("message: quoted", in_message(b"message/rfc822", lambda mail: wrapped(quoted(mail), 75, b"=\r\n"), CTE + b"quoted-printable\r\n")), ("message: in uuencode", in_message(b"message/rfc822", lambda mail: b"begin 644 x\r\n" + uu(mail), CTE + b"x-uuencode\r\n")),
        ("message: said to be in base64", in_message(b"message/rfc822", field=CTE + b"base64\r\n")), ("message: said to be quoted", in_message(b"message/rfc822", field=CTE + b"quoted-printable\r\n")),
        ("message: behind a blank line", between(one + wrap + b"\r\n\r\n")), ("message: behind a From line", in_message(b"message/rfc822", lambda mail: b"From a@b Sat Nov 21 10:09:18 2026\r\n" + mail)), ("message: in a digest", lambda part: TOP
         + b"Content-Type: multipart/digest; boundary=QX7\r\n\r\n--QX7\r\n\r\n" + part + b"\r\n--QX7--\r\n"), ("message: of the whole", lambda part: TOP + b"Content-Type: message/rfc822\r\n\r\n" + tree(MIXED + b"QX7")(part)),
        ("message: a piece", lambda part: TOP + b"Content-Type: message/partial; id=x; number=1; total=1\r\n\r\n" + tree(MIXED + b"QX7")(part)), ("message: of an unknown kind", in_message(b"message/x-none")), ("message: two in one", between(one + wrap
         + b"\r\n" + mail + b"Content-Type: message/rfc822\r\n\r\n")), ("message: 70 in each other", lambda part: TOP + b"Content-Type: message/rfc822\r\n\r\n" * 70 + part),
    ]


# ---- what hides, and is no part with a name ----

SCRIPT = "<html><script>alert(1)</script></html>"


def in_type(kind, body, fields=b""):
    return TOP + b"Content-Type: " + kind + b"\r\n" + fields + b"\r\n" + body + b"\r\n"


def in_base64(kind, body):
    return in_type(kind, wrapped(base64.b64encode(body), 76), CTE + b"base64\r\n")


def others():
    """(about, message): each is to be ambiguous, or to have a fact of its own."""
    script, seven = SCRIPT.encode(), SCRIPT.encode("utf-7").replace(b"<", b"+ADw-").replace(b">", b"+AD4-")
    rows = [(f"text: {kind} by name", in_type(b"text/html; charset=" + kind.encode(), seven))
            for kind in ("utf-7", "UTF7", '"utf-7"', "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csUnicode11UTF7")]
    rows += [(f"text: {kind} in base64", in_base64(b"text/html; charset=" + kind.encode(), SCRIPT.encode(kind)))
             for kind in ("utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "cp037", "cp500", "cp273", "cp424", "cp875", "cp1026", "cp1140")]
    rows += [("text: XHTML in UTF-7", in_type(b"application/xhtml+xml; charset=utf-7", seven)), ("text: XHTML in UTF-16", in_base64(b"application/xhtml+xml; charset=utf-16", SCRIPT.encode("utf-16"))),
             ("text: EBCDIC by IBM's name", in_base64(b"text/html; charset=IBM01140", SCRIPT.encode("cp1140"))),
             ("text: UTF-7 in one run", in_type(b"text/html", b"+" + base64.b64encode(SCRIPT.encode("utf-16be")).rstrip(b"=") + b"-"))]
    rows += [("text: UTF-7 by no name", in_type(b"text/html", seven)), ("text: UTF-7 by another name", in_type(b"text/html; charset=utf-8", seven)),
             ("text: UTF-16 by no name", in_base64(b"text/html", SCRIPT.encode("utf-16"))), ("text: UTF-16 by another name", in_base64(b"text/html; charset=utf-8", SCRIPT.encode("utf-16le"))),
             ("text: two sets, the first hides", in_type(b"text/html; charset=utf-7; charset=us-ascii", seven)), ("text: two sets, the last hides", in_type(b"text/html; charset=us-ascii; charset=utf-7", seven)),
             ("text: in sections", in_type(b"text/html; charset*0=utf; charset*1=-7", seven)), ("text: extended", in_type(b"text/html; charset*=us-ascii''utf-7", seven))]
    tnef = b"\x78\x9f\x3e\x22" + b"\1\0" + b"\1" * 60
    rows += [("TNEF by its type", in_base64(b"application/ms-tnef; name=winmail.dat", tnef)), ("TNEF by another type", in_base64(b"application/octet-stream; name=a.dat", tnef)),
             ("TNEF as a text", in_base64(b"text/plain", tnef)), ("TNEF as it is", in_type(b"application/vnd.ms-tnef", tnef, CTE + b"binary\r\n"))]
    code, file = PAYLOAD, b"begin 644 file.exe\r\n" + uu(PAYLOAD) + b"\r\n"
    mixed, yenced = b"multipart/mixed; boundary=QX7", b"=ybegin line=128 size=%d name=file.exe\r\n" % len(code) + yenc(code) + b"\r\n=yend\r\n"
    for about, hidden in [("uuencode", file), ("yEnc", yenced), ("BinHex", binhex(code) + b"\r\n"), ("base64", wrapped(base64.b64encode(code * 4), 76) + b"\r\n"),
                          ("fields", b"Content-Type: application/x-a; name=file.exe\r\n\r\n" + code + b"\r\n")]:
        rows += [(f"{about} in a preamble", in_type(mixed, hidden + ONE + b"--QX7--")), (f"{about} in an epilogue", in_type(mixed, ONE + b"--QX7--\r\n" + hidden)),
                 (f"{about} in an inner epilogue", in_type(mixed, b"--QX7\r\n" + INNER + b"in\r\n\r\n--in\r\n" + TEXT + b"--in--\r\n" + hidden + b"--QX7--"))]
    single = b"\0\5\x16\0\0\2\0\0" + b"\0" * 16 + b"\0\2\0\0\0\3\0\0\0\x32\0\0\0\x08\0\0\0\1\0\0\0\x3a\0\0\0\x31file.exe" + code
    binary = (b"\0\x08file.exe".ljust(65, b"\0") + b"????????").ljust(102, b"\0") + b"mBIN"
    signed = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + code
    mail = in_type(b"application/octet-stream; name=file.exe", code)
    rows += [("AppleSingle", in_base64(b"application/applefile", single)), ("AppleSingle by another type", in_base64(b"text/plain", single)), ("MacBinary", in_base64(b"application/octet-stream", binary.ljust(128, b"\0") + code)),
             ("MacBinary by its type", in_base64(b"application/x-macbinary", code)), ("CMS that holds what it signs", in_base64(b"application/pkcs7-mime; smime-type=signed-data", signed)),
             ("CMS by its name", in_base64(b"application/octet-stream; name=smime.p7m", signed)), ("a message by its name", in_base64(b"application/octet-stream; name=a.eml", mail)), ("a page by its name", in_base64(b"text/html; name=a.mht", mail)),
             ("uuencode behind a bare CR", in_base64(b"text/plain", (b"hi\r\n" + file).replace(b"\r\n", b"\r"))), ("uuencode in uuencode", in_type(b"text/plain", b"begin 644 a.txt\r\n" + uu(file))),
             ("uuencode in yEnc", in_type(b"text/plain", b"=ybegin line=128 size=%d name=a.txt\r\n" % len(file) + yenc(file) + b"\r\n=yend\r\n", CTE + b"binary\r\n")),
             ("uuencode of a long name", in_type(b"text/plain", b"begin 644 " + b"a" * 200 + b".exe\r\n" + uu(code)))]
    return rows + [("a piece of a message", in_type(b"message/partial; id=x; number=1; total=2", code)), ("another's body", in_type(b"message/external-body; access-type=URL; URL=\"http://a.example/file.exe\"", b"Content-Type: a/b\r\n\r\n"))]


def nested(part, levels):
    message = part
    for level in range(levels):
        name = b"in%d" % level
        message = INNER + name + b"\r\n\r\n--" + name + b"\r\n" + message + b"\r\n--" + name + b"--\r\n"
    return TOP + message


# ---- crossed ----

def written(rows):
    for structure, name, travel in rows:
        yield (f"{structure[0]} / {name[0]} / {travel[0]}", structure[1](name[1] + travel[1] + b"\r\n" + travel[2]))


def tables():
    """Structures, names and ways to travel; and the plain one of each."""
    structures, parts, travels = declared() + lines() + nests(), names(), bodies(PAYLOAD)
    return structures, parts, travels, (structures[0], parts[0], next(row for row in travels if row[0] == "base64"))


def plain_mail():
    return next(written([tables()[3]]))[1]


def single():
    """Every row with plain rows of the other tables: (about, message)."""
    structures, parts, travels, plain = tables()
    return written([(row, *plain[1:]) for row in structures] + [(plain[0], row, plain[2]) for row in parts]
                   + [(*plain[:2], row) for row in travels])


def crossed(triples, step):
    """Every pair of rows of two tables, or every step-th of them; and so many of all three."""
    structures, parts, travels, plain = tables()
    pairs = itertools.chain(itertools.product(structures, parts, plain[2:]), itertools.product(structures, plain[1:2], travels),
                            itertools.product(plain[:1], parts, travels))
    luck = random.Random(20261121)
    more = ((luck.choice(structures), luck.choice(parts), luck.choice(travels)) for _ in range(triples))
    return written(itertools.chain(itertools.islice(pairs, 0, None, step), more))
