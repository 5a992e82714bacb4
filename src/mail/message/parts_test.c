/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a message, and the parts that it has: "depth type bytes" in order. */
#include "mail/message/parts.h"

#include "base/buffer.h"
#include "base/test.h"

#define MULTI(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct row {
	const char *about;
	struct slice message;
	const char *parts;
	const char *ambiguity;
} rows[] = {
	{ "an empty message is one text", LIT(""), "0 text/plain 0;", NULL },
	{ "a plain message", LIT("Subject: a\r\n\r\nbody\r\n"), "0 text/plain 20;", NULL },
	{ "no body at all", LIT("Subject: a\r\n"), "0 text/plain 12;", NULL },
	{ "two parts, without preamble and epilogue",
	  LIT(MULTI("xx")
	          "pre\r\n--xx\r\n\r\none\r\n--xx\r\nContent-Type: Text/HTML\r\n\r\ntwo\r\n--xx--\r\nafter\r\n"),
	  "0 multipart/mixed 117;1 text/plain 5;1 text/html 30;", NULL },
	{ "line ends of LF alone are read too",
	  LIT("Content-Type: multipart/mixed; boundary=\"x y\"\n\n--x y\n\nab\n--x y--\n"),
	  "0 multipart/mixed 65;1 text/plain 3;", NULL },
	{ "an outer boundary ends an inner multipart that was not closed",
	  LIT(MULTI("out") "--out\r\n" MULTI("in") "--in\r\n\r\na\r\n--out\r\n\r\nb\r\n--out--\r\n"),
	  "0 multipart/mixed 132;1 multipart/mixed 55;2 text/plain 3;1 text/plain 3;", NULL },
	{ "a boundary that begins like another is another",
	  LIT(MULTI("ab") "--abc\r\n--ab\r\n\r\nx\r\n--ab--\r\n"), "0 multipart/mixed 72;1 text/plain 3;1 text/plain 0;",
	  "a boundary with text behind it" },
	{ "a message within a message", LIT("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n"),
	  "0 message/rfc822 50;1 text/plain 18;", NULL },
	{ "a digest holds messages",
	  LIT("Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: i\r\n\r\nx\r\n--d--\r\n"),
	  "0 multipart/digest 77;1 message/rfc822 17;2 text/plain 15;", NULL },
	{ "a boundary among the header fields ends them",
	  LIT(MULTI("b") "--b\r\nContent-Type: a/b\r\n--b\r\n\r\nx\r\n--b--\r\n"),
	  "0 multipart/mixed 86;1 a/b 17;1 text/plain 3;", NULL },
	{ "two Content-Type fields are ambiguous", LIT("Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"),
	  "0 a/b 40;0 c/d 40;",
	  "two Content-Type fields" },
	{ "two From fields are ambiguous", LIT("From: a@b\r\nfrom: c@d\r\n\r\n"), "0 text/plain 24;",
	  "two From fields" },
	{ "a multipart without a boundary is ambiguous", LIT("Content-Type: multipart/mixed\r\n\r\nx"),
	  "0 multipart/mixed 34;", "multipart without a boundary" },
	{ "two boundaries in one field are ambiguous",
	  LIT("Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n"), "0 multipart/mixed 57;",
	  "a parameter that stands twice" },
	{ "text where a field should be ends the fields", LIT("Subject: a\r\nnot a field\r\n\r\nx"), "0 text/plain 28;", NULL },
	{ "it is ambiguous where it hides fields of MIME",
	  LIT("Subject: a\r\nnot a field\r\nContent-Type: a/b\r\n\r\nx"), "0 text/plain 47;0 a/b 47;",
	  "a line among the header fields that is none" },
	{ "the same Content-Type twice is one", LIT("Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n"), "0 a/b 40;", NULL },
};

static void describe(const struct message_view *view, struct buffer *to)
{
	for (const struct part *part = view->first; part; part = part->next)
		CHECK(buffer_format(to, "%u %.*s %zu;", part->depth, SHOW(part->type), part->bytes.len) == OK, "room");
}

static void check_row(const struct row *row)
{
	struct message_view view = { 0 };
	struct buffer seen;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	uint64_t first;

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(message_read(row->message, &reader, DIGESTS_NONE, &view) == OK, row->about);
	describe(&view, &seen);
	CHECK(slice_same(buffer_slice(&seen), slice_of(row->parts)), row->about);
	if (!slice_same(buffer_slice(&seen), slice_of(row->parts)))
		printf("  it is %.*s\n", SHOW(buffer_slice(&seen)));
	first = view.ambiguities ? (uint64_t)__builtin_ctzll(view.ambiguities) : AMBIGUITY_COUNT;
	CHECK(slice_same(slice_of(ambiguity_text((enum ambiguity)first)), slice_of(row->ambiguity)), row->about);
	if (!slice_same(slice_of(ambiguity_text((enum ambiguity)first)), slice_of(row->ambiguity)))
		printf("  it is %s\n", ambiguity_text((enum ambiguity)first));
	buffer_finish(&seen);
	arena_finish(&arena);
}

/* What must be found, whatever else is: "path encoding names content" of one part; and the ambiguity, if it is one. */
#define PART "--b\r\n"
#define ZIP "Content-Type: application/zip; name=a.zip\r\n"
#define B64 "Content-Transfer-Encoding: base64\r\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"
#define BINHEX "(This file must be converted with BinHex 4.0)\r\n\r\n:\"@%ZHQP`!$mr2cmr2cmr!!!!!!!$!!!!!2-h3f&d3[8!!!:"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"
static const struct finding { const char *about; struct slice message; const char *part, *ambiguity; } findings[] = {
	{ "a part in base64", LIT(MULTI("b") PART ZIP B64 "\r\naGVsbG8=\r\n--b--\r\n"), "1.1 base64 a.zip hello", NULL },
	{ "a part in quoted-printable", LIT(MULTI("b") PART ZIP QP "\r\nh=65llo\r\n--b--\r\n"), "1.1 quoted-printable a.zip hello", NULL },
	{ "two encodings: by the first", LIT(MULTI("b") PART ZIP QP B64 "\r\naGVsbG8=\r\n--b--\r\n"),
	  "1.1 quoted-printable a.zip aGVsbG8", "two Content-Transfer-Encoding fields" },
	{ "two encodings: by the last", LIT(MULTI("b") PART ZIP QP B64 "\r\naGVsbG8=\r\n--b--\r\n"),
	  "last/1.1 base64 a.zip hello", "two Content-Transfer-Encoding fields" },
	{ "base64 in small pieces", LIT(MULTI("b") PART ZIP B64 "\r\naGU=bGxv\r\n--b--\r\n"), "1.1 base64 a.zip hello",
	  "base64 behind its end" },
	{ "by who stops at the first end", LIT(MULTI("b") PART ZIP B64 "\r\naGU=bGxv\r\n--b--\r\n"),
	  "1.1~base64-first base64 a.zip he", "base64 behind its end" },
	{ "base64 with junk", LIT(MULTI("b") PART ZIP B64 "\r\naG*Vsb!G8=\r\n--b--\r\n"), "1.1 base64 a.zip hello",
	  "base64 with bytes that are none" },
	{ "base64 that nobody named", LIT(MULTI("b") PART ZIP "\r\nVGhpcyBpcyBhIHRlc3Q=\r\n--b--\r\n"),
	  "1.1~base64 base64 a.zip This is a test", "base64 that its header does not name" },
	{ "quoted-printable by another name", LIT(MULTI("b") PART ZIP "Content-Transfer-Encoding: quoted\r\n\r\nh=65llo=\r\n--b--\r\n"),
	  "1.1~quoted-printable quoted-printable a.zip hello", "a Content-Transfer-Encoding that nobody knows" },
	{ "an encoding with a comment", LIT(MULTI("b") PART ZIP "Content-Transfer-Encoding: (x) base64\r\n\r\naGVsbG8=\r\n--b--\r\n"),
	  "1.1 base64 a.zip hello", "a Content-Transfer-Encoding that nobody knows" },
	{ "two boundaries: the first", LIT(MULTI("a; boundary=b") "--a\r\n" ZIP "\r\nhello\r\n--a--\r\n"), "1.1 none a.zip hello",
	  "a parameter that stands twice" },
	{ "two boundaries: the last", LIT(MULTI("a; boundary=b") PART ZIP "\r\nhello\r\n--b--\r\n"), "last/1.1 none a.zip hello",
	  "a parameter that stands twice" },
	{ "two types: the last",
	  LIT("Content-Type: text/plain\r\n" MULTI("b") PART ZIP "\r\nhello\r\n--b--\r\n"), "last/1.1 none a.zip hello",
	  "two Content-Type fields" },
	{ "a boundary with text behind it", LIT(MULTI("b") PART "\r\nx\r\n--bzz\r\n" ZIP "\r\nhello\r\n--b--\r\n"),
	  "lenient/1.2 none a.zip hello", "a boundary with text behind it" },
	{ "a part behind the end", LIT(MULTI("b") PART "\r\nx\r\n--b--\r\n" PART ZIP "\r\nhello\r\n--b--\r\n"),
	  "lenient/1.2 none a.zip hello", "a boundary behind the end of its multipart" },
	{ "a boundary behind the end that an outer one made",
	  LIT(MULTI("out") "--out\r\n" MULTI("in") "--in\r\n\r\nx\r\n--out\r\n\r\ny\r\n--in\r\n" ZIP "\r\nhello\r\n--out--\r\n"), "1.2 none  y",
	  "a boundary behind the end of its multipart" },
	{ "a multipart that says no boundary", LIT("Content-Type: multipart/mixed\r\n\r\n" PART ZIP "\r\nhello\r\n--b--\r\n"),
	  "lenient/1.1 none a.zip hello", "multipart without a boundary" },
	{ "a boundary in what is no multipart",
	  LIT("Content-Type: text/plain; boundary=b\r\n\r\n" PART ZIP "\r\nhello\r\n--b--\r\n"), "lenient/1.1 none a.zip hello",
	  "a boundary within what is no multipart" },
	{ "a line among the fields that is none", LIT(MULTI("b") PART "oops\r\n" ZIP "\r\nhello\r\n--b--\r\n"),
	  "lenient/1.1 none a.zip hello", "a line among the header fields that is none" },
	{ "blanks before the colon", LIT(MULTI("b") PART "Content-Type : application/zip; name=a.zip\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.zip hello", "blanks before the colon of a header field of MIME" },
	{ "several names, of different kinds",
	  LIT(MULTI("b") PART ZIP "Content-Disposition: x; filename=a.png\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.png,a.zip hello", "several names for one part" },
	{ "several names, of one kind",
	  LIT(MULTI("b") PART ZIP "Content-Disposition: x; filename=b.zip\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none b.zip,a.zip hello", NULL },
	{ "uuencode in a text", LIT("\r\nhi\r\nbegin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "1.1 uuencode a.zip Cat", NULL },
	{ "uuencode in a text in base64",
	  LIT(B64 "\r\nYmVnaW4gNjQ0IGEuemlwCiMwViVUCmAKZW5kCg==\r\n"), "1.1 uuencode a.zip Cat", NULL },
	{ "yEnc in a text", LIT("\r\nhi\r\n=ybegin line=128 size=3 name=a.zip\r\nm\x8b\x9e\r\n=yend size=3\r\n"), "1.1 yenc a.zip Cat", NULL },
	{ "yEnc in a text in base64",
	  LIT(B64 "\r\nPXliZWdpbiBsaW5lPTEyOCBzaXplPTMgbmFtZT1hLnppcA0KbYueDQo9eWVuZCBzaXplPTMNCg==\r\n"), "1.1 yenc a.zip Cat", NULL },
	{ "BinHex in a text", LIT("\r\nhi\r\n" BINHEX "\r\nbye\r\n"), "1.1 binhex a.zip Cat", NULL },
	{ "BinHex by its header", LIT("Content-Transfer-Encoding: x-binhex\r\n\r\n" BINHEX "\r\n"), "1 binhex a.zip Cat", NULL },
	{ "uuencode by its header", LIT("Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\n"),
	  "1 uuencode a Cat", NULL },
	{ "uuencode by its header, which has another name",
	  LIT("Content-Type: a/b; name=a.txt\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 b.zip\r\n#0V%T\r\n`\r\nend\r\n"),
	  "1 uuencode a.txt,b.zip Cat", "several names for one part" },
	{ "two of uuencode by their header",
	  LIT("Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\nbegin 644 b.zip\r\n#0V%T\r\n`\r\nend\r\n"),
	  "1 uuencode a,b.zip Cat", "broken uuencode, yEnc or BinHex" },
	{ "yEnc by its header", LIT("Content-Transfer-Encoding: x-yencode\r\n\r\n=ybegin line=128 size=3 name=a.zip\r\nm\x8b\x9e\r\n=yend size=3\r\n"),
	  "1 yenc a.zip Cat", NULL },
	{ "uuencode in a text, its name in quotes", LIT("\r\nbegin 644 \"a.zip\"\r\n#0V%T\r\n`\r\nend\r\n"), "1.1 uuencode \"a.zip\",a.zip Cat",
	  "a name that no grammar allows" },
	{ "uuencode in a text, with a leader for the dot", LIT("\r\nbegin 644 a\xe2\x80\xa4zip\r\n#0V%T\r\n`\r\nend\r\n"),
	  "1.1 uuencode a\xe2\x80\xa4zip,a.zip Cat", NULL },
	{ "uuencode behind a bare CR", LIT("\r\nhi\rbegin 644 a.zip\r#0V%T\r`\rend\r"), "1 none ", "broken uuencode, yEnc or BinHex" },
	{ "yEnc in uuencode", LIT("\r\nbegin 644 a.zip\r\nM/7EB96=I;B!L:6YE/3$R.\"!S:7IE/3,@;F%M93UA+G-C<@IMBYX*/7EE;F0@\r\n'<VEZ93TS\"@``\r\n`\r\nend\r\n"),
	  "1.1 uuencode a.zip =ybegin", "uuencode, yEnc or BinHex within one another" },
	{ "a message by its name", LIT(MULTI("b") PART "Content-Type: a/b; name=a.eml\r\n\r\nSubject: x\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.eml Subject", "a message of a kind that nobody knows" },
	{ "AppleSingle", LIT(MULTI("b") PART "Content-Type: a/b\r\n" B64 "\r\nAAUWAAACAAA=\r\n--b--\r\n"), "1.1 base64  ",
	  "a file in a form that only some readers open" },
	{ "CMS that holds what it signs",
	  LIT(MULTI("b") PART "Content-Type: application/pkcs7-mime\r\n" B64 "\r\nMIAGCSqGSIb3DQEHAqCA\r\n--b--\r\n"), "1.1 base64  ",
	  "a file in a form that only some readers open" },
	{ "CMS that signs another part",
	  LIT(MULTI("b") PART "Content-Type: application/pkcs7-signature; name=a.p7s\r\n" B64 "\r\nMIAGCSqGSIb3DQEHAqCA\r\n--b--\r\n"),
	  "1.1 base64 a.p7s ", NULL },
	{ "a text attached by a description",
	  LIT(MULTI("b") PART "Content-Type: text/plain\r\nContent-Disposition: attachment\r\nContent-Description: a.zip\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.zip hello", NULL },
	{ "a tab within an extension", LIT(MULTI("b") PART "Content-Type: a/b; name=\"a.z\tip\"\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.z\tip,a.zip hello", "several names for one part" },
	{ "a leader behind percent signs", LIT(MULTI("b") PART "Content-Type: a/b; name=a%E2%80%A4zip\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a%E2%80%A4zip,a\xe2\x80\xa4zip,a.zip hello", NULL },
	{ "a tab within an encoded word", LIT(MULTI("b") PART "Content-Type: a/b; name=\"=?utf\t-8?q?a=2ezip?=\"\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none =?utf\t-8?q?a=2ezip?=,=?utf-8?q?a=2ezip?=,a.zip hello", "a name in a character set that readers take differently" },
	{ "an encoded word behind letters, a blank in its set", LIT(MULTI("b") PART "Content-Type: a/b; name=\"a=?utf -8?q?=2ezip?=\"\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a=?utf -8?q?=2ezip?= hello", "a name in a character set that readers take differently" },
	{ "a set in percent signs", LIT("Content-Type: text/html; charset=\"''cp%3037\"\r\n\r\nhello"), "1 none  hello",
	  "parameters of a type that no grammar allows" },
	{ "an overlong dot in percent signs", LIT(MULTI("b") PART "Content-Type: a/b; name=\"a%c0%aezip\"\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a%c0%aezip", "a name in a character set that readers take differently" },
	{ "fields of MIME behind a line that is none and a bare CR", LIT("\tSubject: a\r\nX: b\r" MULTI("b") PART ZIP "\r\nhello\r\n--b--\r\n"), "1 none  \tSubject",
	  "a line among the header fields that is none" },
	{ "percent signs of percent signs", LIT(MULTI("b") PART "Content-Type: a/b; name=\"%2561.zip\"\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none %2561.zip,%61.zip,a.zip hello", "a name in a character set that readers take differently" },
	{ "a parameter that is nearly a name", LIT(MULTI("b") PART "Content-Type: a/b; \xa0name=a.zip\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none  hello", "a name that no grammar allows" },
	{ "XML in UTF-7", LIT("Content-Type: application/xhtml+xml; charset=utf-7\r\n\r\nhello"), "1 none  hello",
	  "text in a character set that hides what it says" },
	{ "a set in quotes, and one by a name with a comment", LIT("Content-Type: text/html; charset(x)=utf-8; y=\"; charset=utf-7\"\r\n\r\nhello"),
	  "1 none  hello", "parameters of a type that no grammar allows" },
	{ "a set behind an open quote", LIT("Content-Type: text/html; x=\"y; charset=cp037\r\n\r\nhello"), "1 none  hello",
	  "parameters of a type that no grammar allows" },
	{ "a set in sections that do not follow each other", LIT("Content-Type: text/html; charset*0=cp; charset*2=037\r\n\r\nhello"), "1 none  hello",
	  "parameters of a type that no grammar allows" },
	{ "UTF-7 behind another character of its run", LIT("\r\n+AD4APABi-"), "1 none  +AD4", "text in a character set that hides what it says" },
	{ "UTF-7 as the third of its run", LIT("\r\n+ACAAIAA8-b"), "1 none  +ACA", "text in a character set that hides what it says" },
	{ "UTF-7 in one run", LIT("\r\n+ADwAYQA+-"), "1 none  +ADw", "text in a character set that hides what it says" },
	{ "a message in base64",
	  LIT("Content-Type: message/rfc822\r\n" B64 "\r\nU3ViamVjdDogeA0KDQpoZWxsbw==\r\n"), "1.1 none  hello", NULL },
	{ "a multipart in base64",
	  LIT("Content-Type: multipart/mixed; boundary=b\r\n" B64 "\r\nLS1iDQpYOiB5DQoNCmhlbGxvDQotLWItLQ0K\r\n"), "1.1 none  hello",
	  "an encoded multipart" },
	{ "a boundary that is an encoded word",
	  LIT(MULTI("\"=?us-ascii?q?b?=\"") PART ZIP "\r\nhello\r\n--b--\r\n"), "last/1.1 none a.zip hello",
	  "two readings of a boundary" },
	{ "base64 that breaks off", LIT(MULTI("b") PART ZIP B64 "\r\naGVsbG8\r\n--b--\r\n"), "1.1 base64 a.zip hello",
	  "base64 that breaks off within a group" },
	{ "base64 whose lines end within a group", LIT(MULTI("b") PART ZIP B64 "\r\naGV\r\nsbG8=\r\n--b--\r\n"),
	  "1.1 base64 a.zip hello", "base64 whose lines end within a group" },
	{ "a boundary of odd characters", LIT(MULTI("\"b>c\"") "--b>c\r\n" ZIP "\r\nhello\r\n--b>c--\r\n"),
	  "1.1 none a.zip hello", "a boundary with characters that none may have" },
	{ "two of Sender", LIT("Sender: a@b\r\nSender: c@d\r\n\r\nhello"), "1 none  hello", "two Sender fields" },
	{ "two of Subject", LIT("Subject: a\r\nSubject: b\r\n\r\nhello"), "1 none  hello", "two Subject fields" },
	{ "two dispositions",
	  LIT(MULTI("b") PART ZIP "Content-Disposition: inline\r\nContent-Disposition: attachment\r\n\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.zip hello", "two Content-Disposition fields" },
	{ "a folded line of blanks", LIT("Subject: a\r\n \r\n b\r\n\r\nhello"), "1 none  hello", "a folded header line of blanks only" },
	{ "a bare CR", LIT("Subject: a\rb\r\n\r\nhello"), "1 none  hello", "a NUL or a bare CR in a header field" },
	{ "a type that is none", LIT("Content-Type: text\r\n\r\nhello"), "1 none  hello", "a Content-Type that names no type" },
	{ "a boundary of 70 characters", LIT(MULTI(LONG) "--" LONG "\r\n" ZIP "\r\nhello\r\n--" LONG "--\r\n"),
	  "1.1 none a.zip hello", NULL },
	{ "a boundary of 71 characters", LIT(MULTI("x" LONG) "--x" LONG "\r\n" ZIP "\r\nhello\r\n--x" LONG "--\r\n"),
	  "1.1 none a.zip hello", "a boundary of more than 70 characters" },
	{ "a boundary that never comes, and another", LIT(MULTI("a") PART ZIP "\r\nhello\r\n--b--\r\n"), "lenient/1.1 none a.zip hello",
	  "multipart in which its boundary never comes" },
	{ "a boundary that never comes", LIT(MULTI("b") "hello\r\n"), "1 none  ", "multipart in which its boundary never comes" },
	{ "a boundary on two levels", LIT(MULTI("b") PART MULTI("b") PART ZIP "\r\nhello\r\n--b--\r\n"), "1 none  ",
	  "a boundary used on two levels" },
	{ "broken quoted-printable", LIT(MULTI("b") PART ZIP QP "\r\nhello=zz\r\n--b--\r\n"), "1.1 quoted-printable a.zip hello=zz",
	  "broken quoted-printable" },
	{ "a picture that is none", LIT(MULTI("b") PART "Content-Type: image/png; name=a.png\r\n\r\nhello all\r\n--b--\r\n"),
	  "1.1 none a.png hello all", "a name of a picture or a document whose bytes are none" },
	{ "a message that says it is encoded, and does not look it",
	  LIT("Content-Type: message/rfc822\r\n" B64 "\r\nSubject: x\r\n\r\nhello\r\n"), "", "an encoded message" },
	{ "a piece of a message", LIT("Content-Type: message/partial; id=a; number=1\r\n\r\nhello"), "1 none  ",
	  "a piece of a message, or one that lies elsewhere" },
	{ "a name without its second section",
	  LIT(MULTI("b") PART "Content-Type: a/b; name*0=a; name*2=.zip\r\n\r\nhello\r\n--b--\r\n"), "1.1 none a",
	  "a name in sections that do not follow each other" },
	{ "a name in a set that nobody knows",
	  LIT(MULTI("b") PART "Content-Type: a/b; name*=x-none''%E9.zip\r\n\r\nhello\r\n--b--\r\n"), "1.1 none ",
	  "a name in a character set that readers take differently" },
	{ "a name with text behind its quotes",
	  LIT(MULTI("b") PART "Content-Type: a/b; name=\"a.zip\" x\r\n\r\nhello\r\n--b--\r\n"), "1.1 none a.zip",
	  "a name that no grammar allows" },
	{ "a boundary with text behind its quotes", LIT(MULTI("\"b\" x") PART ZIP "\r\nhello\r\n--b--\r\n"),
	  "1.1 none a.zip hello", "parameters of a type that no grammar allows" },
	{ "uuencode with a letter that is none",
	  LIT("Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#0V%T~\r\n`\r\nend\r\n"),
	  "1 uuencode a Cat", "broken uuencode, yEnc or BinHex" },
	{ "two addresses for one author", LIT("From: <a@b> <c@d>\r\n\r\nhello"), "1 none  hello",
	  "addresses that readers take differently" },
	{ "two authors", LIT("From: a@b, c@d\r\n\r\nhello"), "1 none  hello", "addresses that readers take differently" },
	{ "two recipients", LIT("From: a@b, a@B\r\nTo: c@d, e@f\r\n\r\nhello"), "1 none  hello", NULL },
	{ "a recipient behind two", LIT("To: <c@d> <e@f>\r\n\r\nhello"), "1 none  hello",
	  "addresses that readers take differently" },
	{ "a field with an underscore", LIT("Content_Type: a/b; name=a.zip\r\n\r\nhello"), "1 none  hello",
	  "a field that is nearly named like one of MIME" },
	{ "a field of another name", LIT("Content-Types: a/b\r\nContent-Description: c\r\n\r\nhello"), "1 none  hello", NULL },
	{ "fields before the first boundary", LIT(MULTI("b") ZIP "\r\nhello\r\n" PART "\r\nx\r\n--b--\r\n"), "1.1 none  x",
	  "something outside of the boundaries of a multipart" },
	{ "a file behind the last boundary", LIT(MULTI("b") PART "\r\nx\r\n--b--\r\nbegin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "1.1 none  x",
	  "something outside of the boundaries of a multipart" },
	{ "base64 behind an inner one's last boundary",
	  LIT(MULTI("out") "--out\r\n" MULTI("b") PART "\r\nx\r\n--b--\r\nVGhpcyBpcyBhIHRlc3Q=\r\n--out--\r\n"), "1.1.1 none  x",
	  "something outside of the boundaries of a multipart" },
	{ "words before the first boundary and behind the last", LIT(MULTI("b") "a message\r\nof parts\r\n" PART "\r\nx\r\n--b--\r\nthe end\r\n"), "1.1 none  x",
	  NULL },
	{ "a boundary that nobody declared", LIT("Content-Type: text/plain\r\n\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n"), "",
	  "a boundary within what is no multipart" },
	{ "text in UTF-7", LIT("Content-Type: text/html; charset=utf-7\r\n\r\nhello"), "1 none  hello",
	  "text in a character set that hides what it says" },
	{ "text that looks like UTF-7", LIT("Content-Type: text/html\r\n\r\n+ADw-b+AD4-"), "1 none  +ADw-b+AD4-",
	  "text in a character set that hides what it says" },
	{ "a message by a name of its own", LIT("Content-Type: text/rfc822\r\n\r\nContent-Type: a/b\r\n\r\nx"), "",
	  "a message of a kind that nobody knows" },
	{ "the header of one", LIT("Content-Type: text/rfc822-headers\r\n\r\nContent-Type: a/b\r\nSubject: c\r\n"), "", NULL },
	{ "a name in the description", LIT("Content-Type: a/b\r\nContent-Description: a.zip\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "a name in the identity", LIT("Content-Type: a/b\r\nContent-ID: <a.zip@b.example>\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "a name in the location, and a slash in its query",
	  LIT("Content-Type: a/b\r\nContent-Location: http://b.example/c/a.zip?d=/e\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "and in its fragment",
	  LIT("Content-Type: a/b\r\nContent-Location: http://b.example/c/a.zip#d/e.txt\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "a name in the query of a location that has none else",
	  LIT("Content-Type: a/b\r\nContent-Location: http://b.example/c?d=/a.zip\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "a character as browsers wrote it, behind what is none",
	  LIT("Content-Type: a/b; name=a%u-b%u002ezip\r\n\r\nhello"), "1 none a%u-b%u002ezip hello",
	  "a name in a character set that readers take differently" },
	{ "a name in the location", LIT("Content-Type: a/b\r\nContent-Location: http://b.example/c/a.zip?d=e\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "an identity that is none", LIT("Content-Type: a/b\r\nContent-ID: <1.2@b.example>\r\n\r\nhello"), "1 none  hello", NULL },
	{ "a description beside a name", LIT("Content-Type: a/b; name=a.zip\r\nContent-Description: c.txt\r\n\r\nhello"), "1 none a.zip hello", NULL },
	{ "a dot that is none", LIT("Content-Type: a/b; name=\"a\xe2\x80\xa4zip\"\r\n\r\nhello"), "1 none a\xe2\x80\xa4zip,a.zip hello", NULL },
	{ "a dot of too many bytes", LIT("Content-Type: a/b; name=\"a\xc0\xaezip\"\r\n\r\nhello"), "1 none a\xc3\x80\xc2\xaezip hello",
	  "a name in a character set that readers take differently" },
	{ "uuencode behind a blank", LIT("\r\n begin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "1.1 uuencode a.zip Cat",
	  "broken uuencode, yEnc or BinHex" },
	{ "a field of MIME in a folded line", LIT("X-A: b\r\n Content-Type: a/b\r\n\r\nhello"), "1 none  hello",
	  "a line among the header fields that is none" },
	{ "an encoding in a folded line", LIT("X-A: b\r\n content-transfer-encoding: base64\r\n\r\nhello"), "1 none  hello",
	  "a line among the header fields that is none" },
	{ "a disposition in a folded line", LIT("X-A: b\r\n\tContent-Disposition: attachment; filename=a\r\n\r\nhello"), "1 none  hello",
	  "a line among the header fields that is none" },
	{ "the names that a signature lists",
	  LIT("X-A: h=From:\r\n Content-Type:From; b=a/b\r\nX-B: h=\r\n Content-Transfer-Encoding:From;\r\n\r\nhello"), "1 none  hello", NULL },
	{ "a blank line before the fields", LIT("\r\n \r\nContent-Type: a/b; name=a.zip\r\n\r\nhello"), "lenient/1 none a.zip hello",
	  "a line among the header fields that is none" },
	{ "a blank line before a text", LIT("\r\nhello: this\r\n\r\nhello"), "1 none  hello: this", NULL },
	{ "fields behind the end of a multipart", LIT(MULTI("b") PART "\r\nx\r\n--b--\r\n" ZIP "\r\nhello\r\n"), "1 none  ",
	  "a boundary behind the end of its multipart" },
	{ "a message in uuencode",
	  LIT("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n+03H@8@H*:&5L;&\\`\r\n`\r\nend\r\n"),
	  "1.1 none  hello", NULL },
	{ "a message of another kind", LIT("Content-Type: message/x-a\r\n\r\nContent-Type: a/b\r\n\r\nhello"), "1 none  ",
	  "a message of a kind that nobody knows" },
	{ "a report of a delivery", LIT("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\nAction: failed\r\n"), "1 none  ",
	  NULL },
	{ "a boundary at the end of a line", LIT(MULTI("b") PART "\r\nx--b\r\n" ZIP "\r\nhello\r\n--b--\r\n"), "lenient/1.2 none a.zip hello",
	  "a line that is nearly a boundary" },
	{ "the last boundary at the end of a line", LIT(MULTI("b") PART "\r\nx--b--\r\n"), "1 none  ", "a line that is nearly a boundary" },
	{ "a boundary with three dashes", LIT(MULTI("b") PART "\r\nx\r\n---b\r\n" ZIP "\r\nhello\r\n--b--\r\n"), "lenient/1.2 none a.zip hello",
	  "a line that is nearly a boundary" },
	{ "a boundary that is quoted", LIT(MULTI("b") PART "\r\nx\r\n> --b\r\n" ZIP "\r\nhello\r\n--b--\r\n"), "lenient/1.2 none a.zip hello",
	  "a line that is nearly a boundary" },
	{ "a name within the quotes of another parameter", LIT("Content-Type: a/b; x=\"; name=a.zip\"\r\n\r\nhello"), "1 none  hello",
	  "a name that no grammar allows" },
	{ "a name that is a parameter's, and one beside", LIT("Content-Type: a/b; x=\"; name=a.zip\"; name=b.zip\r\n\r\nhello"), "1 none b.zip hello",
	  "a name that no grammar allows" },
	{ "a name with a quote within", LIT("Content-Type: a/b; name=\"a\\\".zip\"\r\n\r\nhello"), "1 none a\".zip,a.zip hello",
	  "a name that no grammar allows" },
	{ "a name with percent signs", LIT("Content-Type: a/b; name=a%2Ezip\r\n\r\nhello"), "1 none a%2Ezip,a.zip hello", NULL },
	{ "an encoded word within an extended name", LIT("Content-Type: a/b; name*=utf-8''=%3Futf-8%3Fq%3Fa.zip%3F=\r\n\r\nhello"),
	  "1 none =?utf-8?q?a.zip?=,a.zip hello", "several names for one part" },
	{ "an encoded word of a kind that there is not", LIT("Content-Type: a/b; name=\"=?utf-8?x?a.zip?=\"\r\n\r\nhello"),
	  "1 none =?utf-8?x?a.zip?= hello", "a name in a character set that readers take differently" },
	{ "a disposition that is a name at once", LIT("Content-Disposition: filename=a.zip\r\n\r\nhello"), "1 none a.zip hello",
	  "a name that no grammar allows" },
	{ "uuencode in what is no text", LIT("Content-Type: a/b\r\n\r\nbegin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n"), "1.1 uuencode a.zip Cat", NULL },
	{ "a boundary behind blanks", LIT(MULTI("b") PART "\r\nx\r\n --b\r\n" ZIP "\r\nhello\r\n--b--\r\n"),
	  "lenient/1.2 none a.zip hello", "a line that is nearly a boundary" },
};

static void describe_part(const struct part *part, struct arena *arena, struct buffer *to)
{
	char path[PART_PATH];
	struct slice name = part_path(part, path, sizeof(path)), content = { 0 };

	buffer_clear(to);
	CHECK(part_decoded(part, arena, &content) == OK, "a part can be decoded");
	if (part->many)
		content.len = 0;
	CHECK(buffer_format(to, "%.*s %s ", SHOW(name), encoding_name(part->encoding)) == OK, "room");
	for (size_t i = 0; i < part->names.count; i++)
		CHECK(buffer_format(to, "%s%.*s", i ? "," : "", SHOW(part->names.list[i])) == OK, "room");
	CHECK(buffer_format(to, " %.*s", SHOW(content)) == OK, "room");
	CHECK(part->many || content.len == part->size, "a part has the size that is said");
}

static bool says(const struct message_view *view, const char *ambiguity)
{
	bool said = ambiguity == NULL && view->ambiguities == 0;

	for (unsigned i = 0; i < AMBIGUITY_COUNT; i++)
		said |= view->ambiguities >> i & 1 && slice_same(slice_of(ambiguity_text((enum ambiguity)i)), slice_of(ambiguity));
	return said;
}

static const struct digesting { const char *about; struct slice message; enum part_digests wanted; bool digested; } digestings[] = {
	{ "nobody wants digests", LIT("Content-Type: image/png\r\n\r\nx"), DIGESTS_NONE, false },
	{ "all: a text has one", LIT("\r\nx"), DIGESTS_OF_ALL, true },
	{ "a plain text is no file", LIT("\r\nx"), DIGESTS_OF_FILES, false },
	{ "nor is HTML", LIT("Content-Type: text/html\r\nContent-Disposition: inline\r\n\r\nx"), DIGESTS_OF_FILES, false },
	{ "a text with a name is one", LIT("Content-Type: text/plain; name=a.txt\r\n\r\nx"), DIGESTS_OF_FILES, true },
	{ "and one that is attached", LIT("Content-Disposition: ATTACHMENT\r\n\r\nx"), DIGESTS_OF_FILES, true },
	{ "and one of a disposition that nobody knows", LIT("Content-Disposition: x-file\r\n\r\nx"), DIGESTS_OF_FILES, true },
	{ "and whatever is no text", LIT("Content-Type: image/png\r\n\r\nx"), DIGESTS_OF_FILES, true },
	{ "and what a text holds", LIT("\r\nbegin 644 a.bin\r\n#86)C\r\n`\r\nend\r\n"), DIGESTS_OF_FILES, true },
};

/* Of the last part: what is embedded comes behind its text. */
static void check_digesting(const struct digesting *row)
{
	struct message_view view = { 0 };
	const struct part *part;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	CHECK(message_read(row->message, &reader, row->wanted, &view) == OK, row->about);
	for (part = view.first; part && part->next;)
		part = part->next;
	CHECK(part && part->digested == row->digested, row->about);
	arena_finish(&arena);
}

static void check_finding(const struct finding *row)
{
	struct message_view view = { 0 };
	bool found = false;
	struct buffer seen;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(message_read(row->message, &reader, DIGESTS_OF_ALL, &view) == OK, row->about);
	for (const struct part *part = view.first; part; part = part->next) {
		describe_part(part, &arena, &seen);
		found |= slice_begins(buffer_slice(&seen), slice_of(row->part));
	}
	CHECK(found, row->about);
	CHECK(says(&view, row->ambiguity), row->about);
	if (!found || !says(&view, row->ambiguity))
		for (const struct part *part = view.first; part; part = part->next) {
			describe_part(part, &arena, &seen);
			printf("  there is %.*s; %llx\n", SHOW(buffer_slice(&seen)), (unsigned long long)view.ambiguities);
		}
	buffer_finish(&seen);
	arena_finish(&arena);
}

static const struct ceiling {
	const char *about, *limit;
	struct slice unit;
	size_t times;
} ceilings[] = {
	{ "100,000 header fields are too many", "headers", LIT("X: y\r\n"), 100000 },
	{ "one field of a megabyte is too long", "headers", LIT(" folded folded folded\r\n"), 50000 },
	{ "messages in messages in messages have a bottom", "depth", LIT("Content-Type: message/rfc822\r\n\r\n"),
	  5000 },
	{ "multiparts in multiparts have a bottom", "depth", LIT(MULTI("b") "--b\r\n"), 5000 },
	{ "parts have an end", "parts", LIT("--b\r\n\r\n"), 100000 },
};

static void check_ceiling(const struct ceiling *row)
{
	struct message_view view = { 0 };
	struct buffer message;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 8 << 20);
	buffer_init(&message, 8 << 20);
	CHECK(buffer_add(&message, row->unit.at[0] == ' ' ? SLICE("X: y\r\n") : SLICE("")) == OK, "room");
	CHECK(buffer_add(&message, row->unit.at[0] == '-' ? SLICE(MULTI("b")) : SLICE("")) == OK, "room");
	for (size_t i = 0; i < row->times; i++)
		CHECK(buffer_add(&message, row->unit) == OK, "room");
	CHECK(message_read(buffer_slice(&message), &reader, DIGESTS_NONE, &view) == LATER, row->about);
	CHECK(slice_same(slice_of(view.limit), slice_of(row->limit)), row->about);
	CHECK(view.first != NULL, "what was read until there can be seen");
	buffer_finish(&message);
	arena_finish(&arena);
}

/* The number of units that are within the limit, and of those that stand there. */
static const struct edge {
	const char *about, *head, *unit;
	struct message_limits limits;
	size_t times;
	const char *limit;
} edges[] = {
	{ "one level fewer than the limit", "", "Content-Type: message/rfc822\r\n\r\n", { .depth = 5, .parts = 99 }, 4, NULL },
	{ "as many levels as the limit", "", "Content-Type: message/rfc822\r\n\r\n", { .depth = 5, .parts = 99 }, 5, NULL },
	{ "one level more", "", "Content-Type: message/rfc822\r\n\r\n", { .depth = 5, .parts = 99 }, 6, "depth" },
	{ "one part fewer than the limit", MULTI("b"), "--b\r\n\r\n", { .depth = 5, .parts = 5 }, 3, NULL },
	{ "as many parts as the limit", MULTI("b"), "--b\r\n\r\n", { .depth = 5, .parts = 5 }, 4, NULL },
	{ "multiparts that are opened again count as open ones",
	  MULTI("R") "--R\r\n" MULTI("Q") "--Q\r\n\r\nx\r\n--Q--\r\n--R\r\n" MULTI("m1") "--m1\r\n" MULTI("m2") "--m2\r\n\r\nx\r\n"
	  "--Q\r\n" MULTI("n1") "--n1\r\n" MULTI("n2") "--n2\r\n" MULTI("n3") "--n3--\r\n",
	  "", { .depth = 4, .parts = 99 }, 0, "depth" },
	{ "one part more", MULTI("b"), "--b\r\n\r\n", { .depth = 5, .parts = 5 }, 5, "parts" },
};

static void check_edge(const struct edge *row)
{
	struct message_limits limits = message_limits_standard;
	struct message_view view = { 0 };
	struct buffer message;
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	limits.depth = row->limits.depth;
	limits.parts = row->limits.parts;
	arena_init(&arena, 1 << 20);
	buffer_init(&message, 1 << 16);
	CHECK(buffer_add(&message, slice_of(row->head)) == OK, "room");
	for (size_t i = 0; i < row->times; i++)
		CHECK(buffer_add(&message, slice_of(row->unit)) == OK, "room");
	CHECK(buffer_add(&message, row->head[0] ? SLICE("--b--\r\n") : SLICE("")) == OK, "room");
	CHECK(message_read(buffer_slice(&message), &reader, DIGESTS_NONE, &view) == (row->limit ? LATER : OK), row->about);
	CHECK(slice_same(slice_of(view.limit), slice_of(row->limit)), row->about);
	if (!slice_same(slice_of(view.limit), slice_of(row->limit)))
		printf("  it is %s, %zu parts\n", view.limit ? view.limit : "none", view.count);
	buffer_finish(&message);
	arena_finish(&arena);
}

static void check_address_edge(size_t limit, bool many)
{
	struct message_limits limits = message_limits_standard;
	struct message_view view = { 0 };
	struct arena arena;
	const struct message_reader reader = { &limits, NULL, &arena };

	limits.addresses = limit;
	arena_init(&arena, 1 << 20);
	CHECK(message_read(SLICE("To: a@b, c@d, e@f\r\n\r\n"), &reader, DIGESTS_NONE, &view) == OK, "addresses at their limit");
	CHECK(says(&view, many ? "more addresses in a field than are read" : NULL), "addresses at their limit");
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(edges); i++)
		check_edge(&edges[i]);
	for (size_t limit = 2; limit <= 4; limit++)
		check_address_edge(limit, limit < 3);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(digestings); i++)
		check_digesting(&digestings[i]);
	for (size_t i = 0; i < COUNT_OF(findings); i++)
		check_finding(&findings[i]);
	for (size_t i = 0; i < COUNT_OF(ceilings); i++)
		check_ceiling(&ceilings[i]);
	return TEST_END();
}
