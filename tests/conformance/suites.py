# SPDX-License-Identifier: Apache-2.0
"""What other projects' suites expect of their own test messages, each in a form of its own, as one kind of list.

expectations(DATA) gives Case: the message, and what is expected of it. A leaf is what holds no other part: its type, its
name, its decoded bytes or its text; None where the suite does not say."""
import calendar
import dataclasses
import glob
import json
import os
import re
import xml.etree.ElementTree as tree


@dataclasses.dataclass
class Leaf:
    type: str = None
    name: str = None
    size: int = None
    bytes: bytes = None
    text: str = None


@dataclasses.dataclass
class Case:
    id: str                                          # suite/message, unique
    message: bytes
    leaves: list = None
    fields: dict = None                              # "subject", "date", "from", "to", "parameters", as mime_show -f has them


def read(path):
    with open(path, "rb") as file:
        return file.read()


def found(data, *pattern):
    return sorted(glob.glob(os.path.join(data, "mime", *pattern), recursive=True))


def with_crlf(message):
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# ---- mime4j: the tree as XML, each body in a file of its own ----

def mime4j(data):
    for expected in found(data, "mime4j", "**", "*_decoded.xml"):
        folder, stem = os.path.dirname(expected), os.path.basename(expected)[:-len("_decoded.xml")]
        bodies = [node.get("name") for node in tree.parse(expected).iter() if node.get("name")]
        yield Case(f"mime4j/{stem}", read(os.path.join(folder, stem + ".msg")),
                   [Leaf(bytes=read(os.path.join(folder, body))) for body in bodies])


# ---- MIME-tools: a Perl structure, "Part_2_1" => { "Type" => …, "Size" => … } ----

PERL_PART = re.compile(r'"(Msg|Part_[0-9_]+)" => \{(.*?)\n  \}', re.S)
PERL_VALUE = re.compile(r'"(\w+)" => (?:"((?:[^"\\]|\\.)*)"|(\d+))')


def perl_text(quoted):
    return re.sub(r"\\(x\{([0-9a-f]+)\}|.)", lambda hit: chr(int(hit.group(2), 16)) if hit.group(2) else hit.group(1), quoted)


def mime_tools(data):
    for expected in found(data, "MIME-tools", "testmsgs", "*.ref"):
        text = read(expected).decode("latin-1")
        if '"ExtractNested" => "REPLACE"' in text or '"ExtractUuencode" => 1' in text:
            continue                                # another way to show the same parts
        parts = {name: {key: perl_text(quoted) or number for key, quoted, number in PERL_VALUE.findall(body)}
                 for name, body in PERL_PART.findall(text)}
        path = re.search(r'"Message" => "([^"]*)"', text).group(1)
        names = sorted(parts, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
        leaves = [parts[name] for name in names if not any(other.startswith(name + "_") for other in names)
                  and (name != "Msg" or len(names) == 1)]
        yield Case(f"MIME-tools/{os.path.basename(expected)}", read(os.path.join(data, "mime", "MIME-tools", path)),
                   [Leaf(type=leaf.get("Type"), name=leaf.get("Filename"), size=int(leaf["Size"]) if "Size" in leaf else None)
                    for leaf in leaves])


# ---- Stalwart: JSON of messages, and lists of header fields ----

def stalwart_leaf(part):
    kind, value = next(iter(part["body"].items()))
    fields = {str(field["name"]): field["value"] for field in part["headers"]}
    kinds = fields.get("content_type")
    kinds = kinds.get("ContentType") if isinstance(kinds, dict) else None
    type_name = f"{kinds['c_type']}/{kinds['c_subtype']}" if kinds and kinds["c_subtype"] else None
    if kind in ("Text", "Html"):
        return Leaf(type=type_name, text=value)
    return Leaf(type=type_name, bytes=bytes(value))


def stalwart_leaves(message):
    leaves, unread = [], [(message, 0)]
    while unread:
        message, number = unread.pop()
        part = message["parts"][number]
        if "Multipart" in part["body"]:
            unread += [(message, child) for child in reversed(part["body"]["Multipart"])]
        elif "Message" in part["body"]:
            unread.append((part["body"]["Message"], 0))
        else:
            leaves.append(stalwart_leaf(part))
    return leaves


def stalwart_date(value):
    minutes = value["tz_hour"] * 60 + value["tz_minute"]
    seconds = calendar.timegm((value["year"], value["month"], value["day"], value["hour"], value["minute"], value["second"]))
    return seconds + minutes * (60 if value["tz_before_gmt"] else -60)


def stalwart_addresses(value):
    if not value:
        return []
    groups = [{"addresses": value["List"]}] if "List" in value else value["Group"]
    found = [address["address"] for group in groups for address in group["addresses"] if address["address"]]
    return found


STALWART_LISTS = {                                   # file: the field, and what is expected of it
    "address": ("To", lambda value: {"to": stalwart_addresses(value)}),
    "date": ("Date", lambda value: {"date": value and stalwart_date(value)}),
    "unstructured": ("Subject", lambda value: {"subject": value}),
    "content_type": ("Content-Type", lambda value: value and {"parameters": value.get("attributes") or []}),
}


def stalwart(data):
    for expected in found(data, "stalwart-mail-parser", "resources", "eml", "**", "*.json"):
        stem = re.sub(r"(\.crlf)?\.json$", "", expected)
        message = read(stem + ".eml")
        if expected.endswith(".crlf.json"):
            message = with_crlf(message)
        name = os.path.relpath(expected, os.path.join(data, "mime", "stalwart-mail-parser", "resources", "eml"))
        yield Case(f"stalwart/{name[:-len('.json')]}", message, stalwart_leaves(json.loads(read(expected))))
    for name, (field, expect) in STALWART_LISTS.items():
        for number, row in enumerate(json.loads(read(found(data, "stalwart-mail-parser", "resources", name + ".json")[0]))):
            fields = expect(row["expected"]) if "://" not in row["header"] and "mailto:" not in row["header"] else None    # no links
            if fields:
                yield Case(f"stalwart/{name}/{number}", f"{field}: {row['header']}\n\n".encode(), fields=fields)


# ---- Angus: parameters with what they come to; uuencode with what it hides ----

def angus_parameters(data):
    for path in found(data, "angus-mail-javamail", "**", "paramdata*"):
        blocks = re.findall(r"^Content-Type: .*\n(?:[ \t].*\n)*Expect: \d+\n(?:\t.*\n)*", read(path).decode("latin-1"), re.M)
        for number, block in enumerate(blocks):
            field, expected = re.split(r"^Expect: \d+\n", block, flags=re.M)
            rows = [line.strip().split("=", 1) for line in expected.splitlines()]
            rows = [[name, re.sub(r"\\u(....)", lambda hit: chr(int(hit.group(1), 16)), value)] for name, value in rows]
            yield Case(f"angus/{os.path.basename(path)}/{number}", field.encode("latin-1") + b"\n", fields={"parameters": rows})


def angus_uu(data):
    for path in found(data, "angus-mail-javamail", "**", "uudata"):
        tests = re.findall(r"^TEST ([^\n]*)\nDATA[^\n]*\n(.*?)^EXPECT\n(.*?)^END$", read(path).decode("latin-1"), re.M | re.S)
        for about, code, expected in tests:
            if not expected.startswith("EXCEPTION"):
                yield Case(f"angus/uudata/{about}", ("Content-Transfer-Encoding: x-uuencode\n\n" + code).encode(),
                           [Leaf(bytes=expected.encode())])


# ---- imaptest: what an IMAP server answers ----

def lists(text):
    """An answer of IMAP as nested lists."""
    stack = [[]]
    for opened, closed, quoted, word in re.findall(r'(\()|(\))|"([^"]*)"|([^\s()"]+)', text):
        if opened:
            stack.append([])
        elif closed:
            stack[-2].append(stack.pop())
        else:
            stack[-1].append(None if word == "NIL" else word or quoted)
    return stack[0]


def imaptest_leaves(body):
    if not isinstance(body[0], list):
        return [Leaf(type=f"{body[0]}/{body[1]}".lower(), size=int(body[6]))]
    return [leaf for part in body if isinstance(part, list) for leaf in imaptest_leaves(part)]


def imaptest(data):
    for path in found(data, "dovecot-imaptest", "src", "tests", "fetch-*.mbox"):
        messages = re.split(r"^From .*\n", read(path).decode("latin-1"), flags=re.M)[1:]
        answers = read(path[:-len(".mbox")]).decode("latin-1")
        stem = os.path.basename(path)[:-len(".mbox")]
        for number, body in re.findall(r"^\* (\d+) FETCH \(BODY (\(.*\))\)$", answers, re.M):
            yield Case(f"imaptest/{stem}/{number}", with_crlf(messages[int(number) - 1].encode()), imaptest_leaves(lists(body)[0]))
        for number, envelope in re.findall(r"^\* (\d+) FETCH \(ENVELOPE (\(.*\))\)$", answers, re.M):
            _, subject, author, _, _, to = lists(envelope)[0][:6]
            plain = [[f"{local}@{domain}" for _, _, local, domain in group or [] if domain] for group in (author, to)]
            yield Case(f"imaptest/{stem}/{number}", messages[int(number) - 1].encode(),
                       fields={"subject": subject or "", "from": plain[0], "to": plain[1]})


SUITES = (mime4j, mime_tools, stalwart, angus_parameters, angus_uu, imaptest)


def expectations(data):
    return [case for suite in SUITES for case in suite(data)]
