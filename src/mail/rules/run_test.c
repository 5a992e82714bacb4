/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and a message, and what hits; the paragraphs and pieces that rules see; expressions with their counts. */
#include "mail/rules/run.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/reader.h"

enum { LIMIT = 64 << 20 };

#define HEAD "From: \"Ann O'Nym\" <ann@example.org>\nTo: bob@example.net\nCc: eve@example.com\nSubject: Hello there\n"

static const struct { const char *about, *rules, *message, *hits; } rows[] = {
	/* headers */
	{ "a header", "header A Subject =~ /hello/i", HEAD "\nx\n", "A=1" },
	{ "its value ends with its line", "header A Subject =~ /there\\n$/", HEAD "\nx\n", "A=1" },
	{ "a header that must not match", "header A Subject !~ /bye/", HEAD "\nx\n", "A=1" },
	{ "…and is not there", "header A X-None !~ /bye/", HEAD "\nx\n", "A=1" },
	{ "a header that is not there is empty", "header A X-None =~ /^$/", HEAD "\nx\n", "A=1" },
	{ "…or what the rule says", "header A X-None =~ /^UNSET$/ [if-unset: UNSET]", HEAD "\nx\n", "A=1" },
	{ "it exists", "header A exists:Cc\nheader B exists:Bcc", HEAD "\nx\n", "A=1" },
	{ "…even empty", "header A exists:X", "X:\n" HEAD "\nx\n", "A=1" },
	{ "folded lines are one", "header A X =~ /^one two three$/", "X: one\n\t two\n three\n\nx\n", "A=1" },
	{ "…but not raw", "header A X:raw =~ /^ one\\n\\ttwo\\n$/", "X: one\n\ttwo\n\nx\n", "A=1" },
	{ "several of a name", "header A X =~ /^one\\ntwo\\n$/", "X: one\nY: z\nX: two\n\nx\n", "A=1" },
	{ "the first of them", "header A X:first =~ /^one\\n$/", "X: one\nX: two\n\nx\n", "A=1" },
	{ "the last of them", "header A X:last =~ /^two\\n$/", "X: one\nX: two\n\nx\n", "A=1" },
	{ "an address", "header A From:addr =~ /^ann\\@example\\.org$/", HEAD "\nx\n", "A=1" },
	{ "two addresses", "header A To:addr =~ /^a\\@b.c\\nd\\@e.f$/", "To: a@b.c, X <d@e.f>\n\nx\n", "A=1" },
	{ "a name", "header A From:name =~ /^Ann O'Nym$/", HEAD "\nx\n", "A=1" },
	{ "To and Cc", "header A ToCc:addr =~ /net\\neve/", HEAD "\nx\n", "A=1" },
	{ "all fields", "header A ALL =~ /^To: bob.*\\nCc: eve/m", HEAD "\nx\n", "A=1" },
	{ "…in these letters alone", "header A All =~ /./", HEAD "\nx\n", "" },
	{ "identifiers", "header A MESSAGEID =~ /^<1>\\n$/", "Message-ID: <1>\n\nx\n", "A=1" },
	{ "what another filter said is hidden", "header A X-Spam-Status =~ /Yes/\nheader B ALL =~ /X-Spam/", "X-Spam-Status: Yes\n\nx\n", "" },
	{ "encoded words", "header A Subject =~ /^caf\\xc3\\xa9\\n/", "Subject: =?iso-8859-1?Q?caf=E9?=\n\nx\n", "A=1" },
	{ "…not in every field", "header A References =~ /^=\\?iso/", "References: =?iso-8859-1?Q?caf=E9?=\n\nx\n", "A=1" },
	{ "raw bytes become UTF-8", "header A Subject =~ /caf\\xc3\\xa9/", "Subject: caf\xe9\n\nx\n", "A=1" },
	{ "counted", "header A X =~ /o/\ntflags A multiple", "X: oooo\n\nx\n", "A=4" },
	{ "…up to a limit", "header A X =~ /o/\ntflags A multiple maxhits=2", "X: oooo\n\nx\n", "A=2" },
	{ "CR LF", "header A Subject =~ /^there\\n$/\nbody B /^one two $/", "Subject: there\r\n\r\none\r\ntwo\r\n", "A=1 B=1" },
	{ "a mailbox's first line is none", "header A ALL =~ /From/", "From a@b Thu Jan  1 00:00:00 1970\nX: y\n\nx\n", "" },
	{ "lines that are none are passed over", "header A X =~ /1/\nbody B /odd/", "odd line\nX: 1\n\nx\n", "A=1" },
	{ "…three of them; the fourth begins the body", "header A X =~ /1/\nbody B /^four/", "one x\ntwo x\nthree x\nX: 1\nfour x\n\nx\n",
	  "A=1 B=1" },
#define TOPS "util_rb_tld org example\n"
	{ "the host of an address", "header A From:addr:host =~ /^Mail.example.org$/\nheader B To:addr:host =~ /^localhost$/",
	  "From: a@Mail.example.org\nTo: b@localhost\n\nx\n", "A=1 B=1" },
	{ "…and what was registered of it", TOPS "header A From:addr:domain =~ /^example\\.org$/", "From: a@Mail.Example.org\n\nx\n", "A=1" },
	{ "a host in any text, behind an at sign before all others", TOPS "header A X:host =~ /^b.example$/\nheader B Y:host =~ /^a.example$/\n"
	  "header C X:domain:first =~ /^b.example$/", "X: see a.example, or c@b.example; d\nY: see x.y and a.example;\nY: none\n\nx\n", "A=1 B=1 C=1" },
	{ "…of each field", TOPS "header A X:host =~ /^a.example\\nb.example$/", "X: a.example\nX: none\nX: (b.example)\nX: at b.example)\n\nx\n", "A=1" },
	{ "…none", TOPS "header A exists:X\nheader B X:host !~ /./\nheader C X:host =~ /^none$/ [if-unset: none]", "X: a.invalid _b.example- c\n\nx\n",
	  "A=1 B=1 C=1" },
	{ "an address, as it is and reversed", "header A X:ip =~ /^192\\.0\\.2\\.1$/\nheader B X:revip =~ /^1\\.2\\.0\\.192$/\nheader C Y:revip =~ /^1(\\.0){23}\\.8\\./",
	  "X: 1.2.3.4.5 [192.0.2.1] 192.0.2.2\nY: 2001:db8::1\n\nx\n", "A=1 B=1 C=1" },
	/* the way it came */
#define WAY "X-A: 1\nReceived: from a.example (b.example [10.0.0.1]) by c.example (Postfix) with ESMTP id A12\nX-B: 2\n" \
            "Received: from d.example (unknown [192.0.2.2]) by e.example (Postfix) with ESMTP id A34\nX-C: 3\n"
	{ "relays, the trusted and the others", "header A X-Spam-Relays-Trusted =~ /^\\[ ip=10\\.0\\.0\\.1 rdns=b\\.example [^\\[]* intl=1 id=A12 auth= msa=0 \\]$/\n"
	  "header B X-Spam-Relays-Untrusted =~ /^\\[ ip=192\\.0\\.2\\.2 rdns= helo=d\\.example by=e\\.example ident= envfrom= intl=0 id=A34 [^\\[]*$/\n"
	  "header C X-Spam-Relays-Internal =~ /^\\[ ip=10[^\\[]*$/\nheader D X-Spam-Relays-External =~ /^\\[ ip=192[^\\[]*$/", WAY "\nx\n", "A=1 B=1 C=1 D=1" },
	{ "…as the rules say", "trusted_networks 10/8 192.0.2.2\ninternal_networks 10/8\nheader A X-Spam-Relays-External =~ /ip=192.* intl=0/\n"
	  "header B X-Spam-Relays-Trusted =~ /ip=10.*ip=192/\nheader C X-Spam-Relays-Untrusted =~ /^$/", WAY "\nx\n", "A=1 B=1 C=1" },
	{ "…and are there even if there is none", "header A exists:X-Spam-Relays-Trusted\nheader B X-Spam-Relays-Trusted =~ /^$/", HEAD "\nx\n", "A=1 B=1" },
	{ "fields from trusted machines", "header A ALL-TRUSTED =~ /^X-A: 1\\nReceived: .*\\nX-B: 2\\nReceived: .*A34\\n$/\nheader B ALL-INTERNAL =~ /X-C/", WAY "\nx\n",
	  "A=1" },
	{ "…and from the others", "header A ALL-UNTRUSTED =~ /^Received: .*A34\\nX-C: 3\\n$/\nheader B ALL-EXTERNAL:raw =~ /^Received: .*A34\\nX-C: 3\\n$/\n"
	  "header C ALL-External =~ /./", WAY "\nx\n", "A=1 B=1" },
	{ "the sender of the envelope, as a relay tells it", "header A EnvelopeFrom =~ /^e\\@example\\.org$/\nheader B EnvelopeFrom:addr =~ /^e\\@/",
	  "Return-Path: <f@example.org>\nReceived: from a.example (HELO b) (192.0.2.1) (envelope-sender <e@example.org>) by c with SMTP\n\nx\n", "A=1 B=1" },
	{ "…or a header above all relays", "header A EnvelopeFrom =~ /^f\\@example\\.org$/", "Return-Path: <f@example.org>\n" WAY "\nx\n", "A=1" },
	{ "…but not below one", "header A EnvelopeFrom =~ /./\nheader B EnvelopeFrom =~ /^none$/ [if-unset: none]", WAY "Return-Path: <f@example.org>\n\nx\n", "B=1" },
	{ "…nor where a list's own may have been taken", "header A EnvelopeFrom =~ /./",
	  "Return-Path: <f@example.org>\nReceived: from x [192.0.2.1] by y with POP3 (fetchmail-6)\nX-Sender: <g@example.org>\n\nx\n", "" },
	{ "…or the one header that the rules name", "envelope_sender_header X-Who\nheader A EnvelopeFrom =~ /^h\\@/", "Return-Path: <f@x.org>\nX-Who: <h@x.org>\n\nx\n", "A=1" },
	{ "…and no other", "envelope_sender_header X-Who\nheader A EnvelopeFrom =~ /./", "Return-Path: <f@x.org>\n\nx\n", "" },
	/* the body */
	{ "a paragraph is one line", "body A /^one two three\\n$/\nbody B /^four $/", "Subject: s\n\none\ntwo  \n three\n\nfour\n", "A=1 B=1" },
	{ "no pattern reaches over paragraphs", "body A /one.*two/s", "Subject: s\n\none\n\ntwo\n", "" },
	{ "the Subject is the first", "body A /^Hello there\\n$/", HEAD "\nx\n", "A=1" },
	{ "…unless the rule says no", "body A /Hello/\ntflags A nosubject", HEAD "\nx\n", "" },
	{ "of two the last", "body A /two/\nbody B /one/", "Subject: one\nSubject: two\n\nx\n", "A=1" },
	{ "each match in each paragraph", "body A /a/\ntflags A multiple", "Subject: a\n\naa\n\na\n", "A=4" },
	{ "empty matches count once a place", "body A /x*/\ntflags A multiple nosubject", "Subject: s\n\nab", "A=3" },
	{ "quoted-printable", "body A /^a=b $/", "Content-Transfer-Encoding: quoted-printable\n\na=3Db\n", "A=1" },
	{ "base64", "body A /^hello$/", "Content-Transfer-Encoding: base64\n\naGVsbG8=\n", "A=1" },
	{ "a declared set", "body A /^\\xd0\\xb0 $/", "Content-Type: text/plain; charset=koi8-r\n\n\xc1\n", "A=1" },
	{ "UTF-8 whatever was declared", "body A /^\\xc3\\xa9 $/", "Content-Type: text/plain; charset=koi8-r\n\n\xc3\xa9\n", "A=1" },
	{ "two parts run together", "body A /^one two$/",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n", "A=1" },
	{ "…but not over a picture", "body A /^one\\n$/\nbody B /two/",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\nx\n--b\n\ntwo\n--b--\n", "A=1 B=1" },
	{ "a calendar is none", "body A /one/\nrawbody B /one/", "Content-Type: text/calendar\n\none\n", "" },
	{ "a text of any other kind is", "body A /one/", "Content-Type: text/x-diff\n\none\n", "A=1" },
	{ "a letter of Latin 1 in either case", "rawbody A /CAF\\xc9/i", "X: y\n\ncaf\xe9\n", "A=1" },
	{ "…but not where case counts", "rawbody A /CAF\\xc9/", "X: y\n\nCAF\xe9\n", "" },
	{ "classes are those of ASCII", "rawbody A /^\\w+$/", "X: y\n\n\xe9\xe9\n", "" },
	/* the raw body, the whole, the parts */
	{ "lines of the raw body stay", "rawbody A /^one\\ntwo\\n$/", "X: y\n\none\ntwo\n", "A=1" },
	{ "a report is of the raw body alone", "body A /one/\nrawbody B /one/", "Content-Type: message/delivery-status\n\none: x\n", "B=1" },
	{ "the whole as it came", "full A /^X: =3D\\n\\na=3Db\\n$/", "X: =3D\n\na=3Db\n", "A=1" },
	{ "a part's header", "mimeheader A Content-Type =~ /name=x/",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=x\n\none\n--b--\n", "A=1" },
	{ "…the message's own too", "mimeheader A Subject =~ /Hello/", HEAD "\nx\n", "A=1" },
	{ "…raw, without its first blank", "mimeheader A X:raw =~ /^a\\n b\\n$/",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: a\n b\n\none\n--b--\n", "A=1" },
	{ "one that must not match always hits", "mimeheader A Subject !~ /Hello/", HEAD "\nx\n", "A=1" },
	{ "counted within one part", "mimeheader A X =~ /o/\ntflags A multiple",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: oo\n\none\n--b\nX: oooo\n\ntwo\n--b--\n", "A=2" },
	{ "parts from one to another", "mimeheader A X =~ /o/\ntflags A range=3",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: o\n\none\n--b\nX: x\n\ntwo\n--b--\n", "" },
	/* functions */
#define PAGE "Content-Type: text/html\nSubject: Hi\n\n<title>a long title</title><a href=x><img width=2 height=3>A</a><foo></b><!--c-->\n"
	{ "a page is one", "body A eval:html_test('html')\nbody B eval:html_test('embeds')", PAGE, "A=1" },
	{ "…and a plain text is none", "body A eval:html_test('html')", HEAD "\n<b>x</b>\n", "" },
	{ "an element, opened or closed", "body A eval:html_tag_exists('b')\nbody B eval:html_tag_exists('i')", PAGE, "A=1" },
	{ "…left open", "body A eval:html_tag_balance('img', '!= 0')\nbody B eval:html_tag_balance('a', '!= 0')", PAGE, "A=1" },
	{ "values in a range: above the first, up to the second", "body A eval:html_range('length', '81', '82')\n"
	  "body B eval:html_range('length', 82, 'inf')\nbody C eval:html_eval('length', '< 83')", PAGE, "A=1 C=1" },
	{ "ends without a beginning, of all marks", "body A eval:html_range('closed_extra_ratio', '.1', '.2')", PAGE, "A=1" },
	{ "a value that is not there is in no range", "body A eval:html_range('obfuscation_ratio', '-1', 'inf')", PAGE, "" },
	{ "pictures, and how much text there is for them", "body A eval:html_image_only(0, 200)\nbody B eval:html_image_ratio('1', '2')", PAGE,
	  "A=1 B=1" },
	{ "texts of a page", "body A eval:html_text_match('anchor', '^<img>.A$')\nbody B eval:html_text_match('anchor', '(?s)^<img>.A$')\n"
	  "body C eval:html_text_match('comment', '--c--')\nbody D eval:html_text_match('title', 'c')", PAGE, "B=1 C=1" },
	{ "a title against the subject", "body A eval:html_title_subject_ratio('3.9')\nbody B eval:html_title_subject_ratio('4')", PAGE, "A=1" },
	{ "the length of the body as it came", "body A eval:check_body_length('4')\nbody B eval:check_body_length('3')", HEAD "\nabc\n", "A=1" },
	{ "empty lines", "body A eval:check_blank_line_ratio('60','90','4')\nbody B eval:check_blank_line_ratio('80','90','4')",
	  HEAD "\na\n\n\n\n\n\n\nb\n", "A=1" },
	{ "words below each other", "body A eval:tvd_vertical_words('60', '90')", "Subject: a\n\na b c d e", "A=1" },
	{ "parts in HTML alone", "body A eval:check_for_mime_html()\nbody B eval:check_for_mime_html_only()",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\nx\n--b\n\ny\n--b--\n", "A=1" },
	{ "no recipient", "header A eval:check_for_missing_to_header()\nheader B eval:subject_is_all_caps()", "Subject: RE: HELLO WORLD\n\nx", "A=1 B=1" },
	{ "…an empty one is one; one word is no shouting", "header A eval:check_for_missing_to_header()\nheader B eval:subject_is_all_caps()",
	  "To:\nSubject: RE: HELLOWORLD\n\nx", "" },
	{ "a function that nobody knows, or with other arguments, never hits", "body A eval:no_such_thing()\nbody B eval:html_test()\nmeta M !A && !B",
	  PAGE, "M=1" },
	{ "relays are counted", "header A eval:check_all_trusted()\nheader B eval:check_no_relays()\nheader C eval:check_relays_unparseable()",
	  "Received: from a (a [10.0.0.1]) by b (Postfix) with SMTP id abc\n\nx", "A=1" },
	{ "…none", "header A eval:check_all_trusted()\nheader B eval:check_no_relays()\nheader C eval:check_relays_unparseable()",
	  "Received: by a with b\n\nx", "B=1" },
	{ "…of a form that nobody knows", "header A eval:check_all_trusted()\nheader B eval:check_no_relays()\nheader C eval:check_relays_unparseable()",
	  "Received: from here blah\n\nx", "C=1" },
	{ "an address for a name, and not the relay's own", "header A eval:helo_ip_mismatch()\nheader B eval:check_for_numeric_helo()\n"
	  "header C eval:check_for_forged_received_ip_helo()", "Received: from 203.0.113.8 (unknown [192.0.2.1]) by mail.bee.example (Postfix) with SMTP\n\nx",
	  "A=1 B=1 C=1" },
	{ "…a near one, and one of private use", "header A eval:helo_ip_mismatch()\nheader B eval:check_for_numeric_helo()",
	  "Received: from 192.0.2.9 (unknown [192.0.2.1]) by b (Postfix) with SMTP\nReceived: from 10.0.0.8 (unknown [192.0.2.1]) by b (Postfix) with SMTP\n\nx",
	  "B=1" },
	{ "a large provider without a name", "header A eval:check_for_no_rdns_dotcom_helo()",
	  "Received: from mx.hotmail.com (unknown [192.0.2.1]) by b (Postfix) with SMTP\n\nx", "A=1" },
	{ "…the farthest decides", "header A eval:check_for_no_rdns_dotcom_helo()",
	  "Received: from mx.hotmail.com (unknown [192.0.2.1]) by b (Postfix) with SMTP\nReceived: from c (d [192.0.2.2]) by b (Postfix) with SMTP\n\nx", "" },
#define STEP(from, by) "Received: from " from " (" from " [192.0.2.1]) by " by " (Postfix) with SMTP id abc\n"
	{ "names that do not follow from each other", "header A eval:check_for_forged_received_trail()",
	  STEP("mx.one.example", "mx.two.example") STEP("mx.three.example", "mx.four.example") STEP("mx.five.example", "mx.six.example") "\nx", "A=1" },
	{ "…and that do", "header A eval:check_for_forged_received_trail()",
	  STEP("mx.one.example", "mx.two.example") STEP("mx.three.example", "a.one.example") STEP("mx.five.example", "b.three.example") "\nx", "" },
	{ "a domain of From in a relay's names", "header A eval:check_for_from_domain_in_received_headers('b.example', 'true')\n"
	  "header B eval:check_for_from_domain_in_received_headers('b.example', 'false')\nheader C eval:check_for_sender_no_reverse()",
	  "From: x@b.example\n" STEP("mx.b.example", "in.b.example") "\nx", "A=1 C=1" },
	{ "the envelope's sender and From's", "header A eval:check_for_matching_env_and_hdr_from()", "Return-Path: <A@b.example>\nFrom: x <a@B.example>\n\nx", "A=1" },
	{ "…apart", "header A eval:check_for_matching_env_and_hdr_from()", "Return-Path: <c@b.example>\nFrom: x <a@b.example>\n\nx", "" },
	{ "a list that takes Received fields away", "header A eval:gated_through_received_hdr_remover()", "Mailing-List: contact a@b.example; run by ezmlm\n"
	  "Delivered-To: mailing list a@b.example\nReceived: (qmail 1 invoked from network); 1 Jan 2023 10:00:00 -0000\n\nx", "A=1" },
	{ "…or has none; one that leaves them", "header A eval:gated_through_received_hdr_remover()", STEP("a.example", "b.example") "\nx", "" },
	{ "forged: Hotmail", "header A eval:check_for_forged_hotmail_received_headers()\nheader B eval:check_for_no_hotmail_received_headers()",
	  "From: a@hotmail.com\n" STEP("mx.hotmail.com", "b.example") "\nx", "A=1" },
	{ "…in From alone", "header A eval:check_for_forged_hotmail_received_headers()\nheader B eval:check_for_no_hotmail_received_headers()",
	  "From: a@hotmail.com\n" STEP("a.example", "b.example") "\nx", "B=1" },
	{ "…and its own", "header A eval:check_for_forged_hotmail_received_headers()\nheader B eval:check_for_no_hotmail_received_headers()",
	  "From: a@hotmail.com\nX-Originating-IP: [192.0.2.7]\nReceived: from hotmail.com (f1.law1.hotmail.com [192.0.2.1]) by b.example (Postfix) with SMTP\n\nx", "" },
	{ "forged: Yahoo, Juno, Gmail, Eudoramail, AOL", "header A eval:check_for_forged_yahoo_received_headers()\n"
	  "header B eval:check_for_forged_juno_received_headers()\nheader C eval:check_for_forged_gmail_received_headers()\n"
	  "header D eval:check_for_forged_eudoramail_received_headers()\nheader E eval:check_for_fake_aol_relay_in_rcvd()",
	  "From: a@yahoo.com\nReceived: from x by rly-xw01.mx.aol.com with QMQP; x\n\nx", "A=1 E=1" },
	{ "…each by its own domain", "header B eval:check_for_forged_juno_received_headers()\nheader C eval:check_for_forged_gmail_received_headers()",
	  "From: a@gmail.com\n" STEP("a.example", "b.example") "\nx", "C=1" },
	{ "…and its own", "header A eval:check_for_forged_yahoo_received_headers()\nheader C eval:check_for_forged_gmail_received_headers()",
	  "From: a@gmail.com\nX-Received: by 10.1.2.3 with SMTP id abc\n" STEP("a.example", "b.example") "\nx", "" },
	{ "…of a relay's name", "header A eval:check_for_forged_yahoo_received_headers()", "From: a@yahoo.com\n" STEP("mta.mail.yahoo.com", "b.example") "\nx", "" },
	{ "what is rendered is the body", "body A /^a long title$/m\nbody B /<a/", PAGE, "A=1" },
	/* senders */
	{ "domains of the sender and of the envelope, the last two labels of each", "header A eval:check_equal_from_domains()",
	  "Return-Path: <x@mail.example.net>\nFrom: a@example.org\n\nx\n", "A=1" },
	{ "…which are the same", "header A eval:check_equal_from_domains()", "Return-Path: <x@mail.Example.org>\nFrom: a@example.org\n\nx\n", "" },
	{ "…or one is not there", "header A eval:check_equal_from_domains()", "From: a@example.org\n\nx\n", "" },
	{ "the same address, in any case", "header A eval:check_for_matching_env_and_hdr_from()",
	  "Return-Path: <A@example.org>\nFrom: a@Example.org\n\nx\n", "A=1" },
	{ "…or none at all", "header A eval:check_for_matching_env_and_hdr_from()", "X: y\n\nx\n", "A=1" },
	{ "no Received fields, as lists leave them", "header A eval:gated_through_received_hdr_remover()", "X: y\n\nx\n", "A=1" },
	{ "…or one", "header A eval:gated_through_received_hdr_remover()", "Received: from a by b\n\nx\n", "" },
#define FREE "freemail_domains free.example mail.*.example ?.net x*y.org\nfreemail_welcomelist boss@free.example\n"
	{ "a mailbox that costs nothing", FREE "header A eval:check_freemail_from()", "From: a@Free.example\n\nx\n", "A=1" },
	{ "…by a shape", FREE "header A eval:check_freemail_from()", "From: a@mail.org.example\n\nx\n", "A=1" },
	{ "…whose star takes no dot", FREE "header A eval:check_freemail_from()", "From: a@mail.a.b.example\n\nx\n", "" },
	{ "…within a label", FREE "header A eval:check_freemail_header('X')", "X: a@xaybyy.org\n\nx\n", "A=1" },
	{ "…not behind it", FREE "header A eval:check_freemail_header('X')", "X: a@xyz.org\n\nx\n", "" },
	{ "…welcome, an office, a bounce, a number", FREE "header A eval:check_freemail_header('X')",
	  "X: boss@free.example, info@free.example, a=b=c@free.example, 0123abcd-0123-0123-0123-0123456789ab@free.example\n\nx\n", "" },
	{ "…whose name ends as the rule says", FREE "header A eval:check_freemail_header('X', '\\d@')\nheader B eval:check_freemail_header('Y', '\\d@')",
	  "X: a@free.example, b1@free.example\nY: a@free.example\n\nx\n", "A=1" },
	{ "…who sent it once more", FREE "header A eval:check_freemail_from()", "Resent-From: a@b.c\nFrom: a@free.example\n\nx\n", "" },
	/* dates */
#define PASSED(time) "Received: from a.example by b.example; " time "\n"
#define AHEAD(least, most) "header A eval:check_for_shifted_date('" least "', '" most "')"
	{ "a clock that is ahead", AHEAD("3", "6"), PASSED("Wed, 1 Jan 2020 10:00:00 +0000") "Date: Wed, 1 Jan 2020 15:00:00 +0100\n\nx\n", "A=1" },
	{ "…by less", AHEAD("3", "6"), PASSED("Wed, 1 Jan 2020 10:00:00 +0000") "Date: Wed, 1 Jan 2020 15:00:00 +0300\n\nx\n", "" },
	{ "…behind, in ctime's order, which has no time of the day", AHEAD("-12", "-6"),
	  PASSED("Wed, 1 Jan 2020 10:00:00 +0000") "Date: Wed Jan  1 12:34:56 2020\n\nx\n", "A=1" },
	{ "…of the nearest clock on the way", AHEAD("undef", "-3"),
	  PASSED("1 Jan 2020 10:00:00 EST") PASSED("1 Jan 2020 10:00:00 GMT") "Date: 1 Jan 20 9:30 (GMT)\n\nx\n", "" },
	{ "…without the last where that is the same", AHEAD("-6", "-3"),
	  PASSED("1 Jan 2020 14:00:00 GMT") PASSED("1 Jan 2020 10:00:00 GMT") "Date: 1 Jan 2020 10:00:00\n\nx\n", "A=1" },
	{ "…of a message sent once more", AHEAD("-6", "-3"),
	  PASSED("1 Jan 2020 14:00:00 GMT") "Date: 1 Jan 2020 14:00:00\nResent-Date: 1 Jan 2020 10:00:00\n\nx\n", "A=1" },
	{ "…a day that no month has is the first of the next", AHEAD("-12", "-6"),
	  PASSED("1 Mar 2020 10:00:00 GMT") "Date: 31 Feb 2020 00:00:00 GMT\n\nx\n", "A=1" },
	{ "…no date, no difference", AHEAD("-1", "1"), PASSED("1 Mar 2020 10:00:00 GMT") "Date: x\n\nx\n", "A=1" },
	{ "an identifier that tells another time", "header A eval:check_outlook_message_id()",
	  "Message-ID: <000001c1e1b2$00000001$00000001@x>\nDate: 1 Jan 2020 10:00:00 GMT\n\nx\n", "A=1" },
	{ "…or that of the Date", "header A eval:check_outlook_message_id()",
	  "Message-ID: <000001d5c088$00000001$00000001@x>\nDate: 1 Jan 2020 10:00:00 GMT\n\nx\n", "" },
	/* parts */
#define MIME(key) "body A eval:check_for_mime('" key "')"
	{ "a part in base64", MIME("mime_base64_count"), "Content-Transfer-Encoding: base64\n\neA==\n", "A=1" },
	{ "…a text, where nothing says why", MIME("mime_base64_encoded_text"), "Content-Transfer-Encoding: base64\n\neA==\n", "A=1" },
	{ "…with a set that wants it", MIME("mime_base64_encoded_text"),
	  "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\neA==\n", "" },
	{ "needless escapes", MIME("mime_qp_count"), "Content-Transfer-Encoding: quoted-printable\n\n=41=3D\n", "A=1" },
	{ "…there are none", MIME("mime_qp_count"), "Content-Transfer-Encoding: quoted-printable\n\na=3D=20\n", "" },
	{ "…lines longer than 78", MIME("mime_qp_long_line"), "Content-Transfer-Encoding: quoted-printable\n\n"
	  "1234567890123456789012345678901234567890123456789012345678901234567890123456789\n", "A=1" },
	{ "an attachment", MIME("mime_attachment"), "Content-Disposition: Attachment; x=y\n\nx\n", "A=1" },
	{ "no such set of characters", MIME("mime_bad_iso_charset"), "Content-Type: text/plain; charset=iso-10646-1\n\nx\n", "A=1" },
	{ "…but this", MIME("mime_bad_iso_charset"), "Content-Type: text/plain; charset=ISO-8859-15\n\nx\n", "" },
	{ "bytes that ASCII has not", "body A eval:check_for_ascii_text_illegal()", "X: y\n\n\xe9\n", "A=1" },
	{ "lines of base64", "body A eval:check_base64_length('5', '6')\nbody B eval:check_base64_length('6')",
	  "Content-Transfer-Encoding: base64\n\neA==\neA==\n", "A=1" },
	{ "numbers of characters, to all others", "body A eval:check_abundant_unicode_ratio(0.5)\nbody B eval:check_abundant_unicode_ratio(0.6)",
	  "X: y\n\na&#x12AB;\n", "A=1" },
	{ "alternatives, one longer than the other", "body A eval:check_mime_multipart_ratio('0.1', '0.3')\nbody B eval:check_mime_multipart_ratio('1', '2')",
	  "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/html\n\n1234567\n--b--\n", "A=1" },
#define LOUD "MAKE MONEY fast and now 10 TIMES A "
	{ "capitals", "body A eval:check_for_uppercase('50', '75')", "Subject: x\n\n" LOUD LOUD LOUD LOUD LOUD LOUD LOUD "\n", "A=1" },
	{ "…of a short text", "body A eval:check_for_uppercase('50', '75')", "Subject: x\n\n" LOUD LOUD "\n", "" },
	{ "…of a set whose letters look so", "body A eval:check_for_uppercase('50', '75')",
	  "Content-Type: text/plain; charset=koi8-r\nSubject: x\n\n" LOUD LOUD LOUD LOUD LOUD LOUD LOUD "\n", "" },
	/* all together */
#define EIGHT(of) "body __" of "1 /q/\nbody __" of "2 /q/\nbody __" of "3 /q/\nbody __" of "4 /q/\n" \
                  "body __" of "5 /q/\nbody __" of "6 /q/\nbody __" of "7 /q/\nbody __" of "8 /q/\n"
#define ALL "rules_matching(*)"
	{ "all that match, four times in one rule", EIGHT("A") EIGHT("B") EIGHT("C") "meta M " ALL "+" ALL "+" ALL "+" ALL " == 0", HEAD "\nx\n", "M=1" },
	{ "…more often than is read: that rule alone is off",
	  "body A /x/\nmeta M " ALL "+" ALL "+" ALL "+" ALL "+" ALL "+" ALL "+" ALL "+" ALL "+" ALL "\nmeta N A", HEAD "\nx\n", "A=1 N=1" },
	{ "a rule with score 0 is off", "body A /x/\nscore A 0\nmeta M A || B\nbody B /x/", HEAD "\nx\n", "M=1 B=1" },
	{ "priorities and meta rules", "meta M A && !B\npriority M -10\nbody A /x/\nbody B /y/\npriority B 5", HEAD "\nx\n", "M=1 A=1" },
	{ "a pattern that is none never hits", "body A /(x/\nmeta M !A", HEAD "\nx\n", "M=1" },
	{ "look-behind, look-ahead, back references", "body A /(?<=a)(b)(?=c)c\\1/", "X: y\n\nabcb", "A=1" },
};

static enum result build(const char *rules, struct ruleset *set, struct engine *engine, struct arena *arena)
{
	const struct rules_options options = { .local = true, .stock = true };
	struct rules_reader reader;
	enum result result = ruleset_begin(set, arena), end;

	if (result != OK || rules_begin(&reader, set, &options) != OK)
		return LATER;
	result = rules_file(&reader, SLICE("test.cf"), slice_of(rules));
	end = rules_end(&reader);
	if (result == OK && end == OK)
		return engine_build(engine, set, 0, false, arena);
	return LATER;
}

/* A character set that is not built in. */
static struct charsets charsets;

static enum result run(const struct engine *engine, const char *message, struct arena *arena, struct rule_hits *hits)
{
	const struct message_reader reader = { &message_limits_standard, &charsets, arena };
	struct rules_view view;

	TRY(view_build(slice_of(message), &reader, &view));
	return engine_run(engine, &view, arena, hits);
}

static void show(const struct rule_hits *hits, struct buffer *out)
{
	buffer_clear(out);
	for (size_t i = 0; i < hits->count; i++)
		(void)!buffer_format(out, "%s%.*s=%g", i ? " " : "", SHOW(hits->list[i].rule->name), hits->list[i].count);
}

static void check_row(size_t row, struct buffer *out)
{
	struct ruleset set;
	struct engine engine = { 0 };
	struct rule_hits hits;
	struct arena arena;
	bool good;

	arena_init(&arena, LIMIT);
	good = build(rows[row].rules, &set, &engine, &arena) == OK && run(&engine, rows[row].message, &arena, &hits) == OK;
	CHECK(good, rows[row].about);
	if (good) {
		show(&hits, out);
		CHECK(slice_same(buffer_slice(out), slice_of(rows[row].hits)), rows[row].about);
		if (!slice_same(buffer_slice(out), slice_of(rows[row].hits)))
			printf("    it is \"%.*s\", not \"%s\"\n", SHOW(buffer_slice(out)), rows[row].hits);
	}
	engine_finish(&engine);
	arena_finish(&arena);
}

/* ---- scores, limits, lengths ---- */

static void check_score(void)
{
	struct ruleset set;
	struct engine engine;
	struct rule_hits hits = { 0 };
	struct arena arena;

	arena_init(&arena, LIMIT);
	CHECK(build("body A /x/\nscore A 1.5\ntflags A multiple\nbody __B /x/\nmeta M A + 1\nscore M -0.25", &set, &engine, &arena) == OK &&
	      run(&engine, "X: y\n\nx x x\n", &arena, &hits) == OK, "rules with scores");
	CHECK(hits.score == 1.5 * 3 - 0.25, "each hit of a `multiple` rule adds its score, a meta rule adds it once");
	engine_finish(&engine);
	arena_finish(&arena);
}

static void check_limit(bool jit)
{
	struct ruleset set;
	struct engine engine;
	struct rule_hits hits;
	struct arena arena;

	arena_init(&arena, LIMIT);
	CHECK(build("body A /(?:a|aa)+[z%]$/", &set, &engine, &arena) == OK, "a pattern without end");
	engine_finish(&engine);
	CHECK(engine_build(&engine, &set, 0, jit, &arena) == OK, "…translated or not");
	CHECK(run(&engine, "X: y\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &arena, &hits) == OK &&
	      hits.count == 0 && hits.limits == 1, "a match that comes to its limit is counted, and is no hit");
	engine_finish(&engine);
	arena_finish(&arena);
}

static const struct { const char *about; size_t words, first, second; } lines[] = {
	{ "a line that just fits", 512, 2048, 0 },        /* of "abc ", the last blank being its end */
	{ "one that is too long is cut behind a blank", 600, 2048, 352 },
};

static void check_lines(void)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		static char message[8192];
		size_t length = (size_t)snprintf(message, sizeof(message), "X: y\n\n");
		struct rules_view view;
		struct arena arena;
		const struct message_reader reader = { &message_limits_standard, NULL, &arena };

		for (size_t word = 0; word < lines[i].words; word++)
			length += (size_t)snprintf(message + length, sizeof(message) - length, "abc ");
		arena_init(&arena, LIMIT);
		CHECK(view_build((struct slice){ message, length }, &reader, &view) == OK, lines[i].about);
		CHECK(view.body.count == (lines[i].second ? 3 : 2) && view.body.list[1].len == lines[i].first, lines[i].about);
		CHECK(lines[i].second == 0 || view.body.list[2].len == lines[i].second, lines[i].about);
		arena_finish(&arena);
	}
}

static void check_raw_pieces(void)
{
	static char message[16384] = "X: y\n\n";
	struct rules_view view;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	memset(message + 6, 'x', 10000);
	message[6 + 2500] = '\n';
	arena_init(&arena, LIMIT);
	CHECK(view_build((struct slice){ message, 6 + 10000 }, &reader, &view) == OK, "a long raw body");
	CHECK(view.rawbody.count == 4 && view.rawbody.list[0].len == 2501, "it is cut behind the first end of a line from 2048 on");
	CHECK(view.rawbody.list[1].len == 2049 && view.rawbody.list[3].len == 10000 - 2501 - 2 * 2049, "…or hard, and the rest is whole");
	arena_finish(&arena);
}

static enum result run_some(struct arena *arena)
{
	struct ruleset set;
	struct engine engine;
	struct rule_hits hits;
	enum result result = build("body A /x/\nheader B From:addr =~ /x/\nmeta M A && B", &set, &engine, arena);

	if (result != OK)
		return result;
	result = run(&engine, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n", arena, &hits);
	engine_finish(&engine);
	return result;
}

static const struct torture short_of_memory = { "every allocation of a run fails once", run_some, LATER };

int main(void)
{
	struct buffer out;

	charsets.list[charsets.count++] = (struct charset){ SLICE("KOI8-R"), iconv_open("UTF-8", "KOI8-R") };
	buffer_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(i, &out);
	check_score();
	check_limit(false);
	check_limit(true);
	check_lines();
	check_raw_pieces();
	torture(&short_of_memory);
	buffer_finish(&out);
	(void)iconv_close(charsets.list[0].converter);
	return TEST_END();
}
