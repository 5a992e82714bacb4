/* SPDX-License-Identifier: Apache-2.0 */
/* Whole conversations, as rows: what the client says, what it must hear. "" is a line that is not answered. */
#include "front/session.h"

#include "base/test.h"

enum { TURNS = 14, BUFFER = 65536 };

static const struct slice domains[] = { LIT("example.org"), LIT("example.net"), LIT("asked.example"), LIT("xn--grn-ioa.example") };
static const struct slice asked[] = { LIT("asked.example") };
static const struct session_rules usual = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP Postern"), .postmaster = LIT("postmaster"),
	.domains = domains, .domain_count = COUNT_OF(domains), .asked = asked, .asked_count = 1, .message_limit = 1000, .recipients = 3,
	.null_sender_recipients = 1, .errors = 4, .hops = 50, .room = ROOM_FREE,
};

#define HI   { "EHLO client.example", "250 ENHANCEDSTATUSCODES" }
#define FROM { "MAIL FROM:<a@b.example>", "250 2.1.0" }
#define TO   { "RCPT TO:<u@example.org>", "250 2.1.5" }
#define ASK  { "RCPT TO:<u@asked.example>", "" }
#define BEGIN HI, FROM, TO, { "DATA", "354" }

/* `.` ends a body as `end` says, `#` a chunk; `?` is what was found of a recipient; `=` is a verdict: its reply follows. */
static const struct talk {
	const char *about;
	unsigned client;
	struct { const char *say, *hear; } turns[TURNS];
} talks[] = {
	{ "a message", 0, { BEGIN, { ".", "" }, { "=", "250 2.0.0" }, { "QUIT", "221" } } },
	{ "a message by HELO", 0, { { "HELO x", "250 mx.example.org" }, FROM, TO, { "DATA", "354" }, { ".", "" },
	                            { "=", "250" } } },
	{ "two messages", 0, { BEGIN, { ".", "" }, { "=", "250" }, FROM, TO, { "DATA", "354" }, { ".", "" },
	                       { "=", "250" } } },
	{ "small letters and spaces", 0, { { "ehlo x ", "250" }, { "mail from:<a@b> ", "250" },
	                                   { "rcpt to: <u@EXAMPLE.org>", "250" }, { "data ", "354" } } },
	{ "hello is needed", 0, { { "MAIL FROM:<a@b>", "503 5.5.1" } } },
	{ "a name is needed", 0, { { "EHLO", "501 5.5.4" }, { "HELO", "501 5.5.4" } } },
	{ "a name has no space", 0, { { "EHLO a b", "501" } } },
	{ "recipient before sender", 0, { HI, { "RCPT TO:<u@example.org>", "503" } } },
	{ "data before recipient", 0, { HI, FROM, { "DATA", "503" } } },
	{ "data before sender", 0, { HI, { "DATA", "503" } } },
	{ "a second sender", 0, { HI, FROM, { "MAIL FROM:<c@d>", "503" } } },
	{ "data stands alone", 0, { HI, FROM, TO, { "DATA x", "501" } } },
	{ "RSET forgets", 0, { HI, FROM, TO, { "RSET", "250" }, { "DATA", "503" }, FROM } },
	{ "RSET does not greet", 0, { { "RSET", "250" }, { "MAIL FROM:<a@b>", "503" } } },
	{ "a second EHLO forgets", 0, { HI, FROM, TO, HI, { "DATA", "503" } } },
	{ "NOOP, HELP", 0, { { "NOOP", "250" }, { "NOOP x", "250" }, { "HELP", "214" } } },
	{ "VRFY tells nothing", 0, { { "VRFY u@example.org", "252 2.1.5 send a message and see\r\n" },
	                             { "VRFY nobody@example.org", "252 2.1.5 send a message and see\r\n" },
	                             { "VRFY u@elsewhere.example", "252 2.1.5 send a message and see\r\n" } } },
	{ "EXPN is not here", 0, { { "EXPN list", "502" } } },
	{ "what is not offered", 0, { HI, { "STARTTLS", "502" }, { "AUTH PLAIN x", "502" } } },
	{ "an unknown word", 0, { { "XSOMETHING ADDR=1", "500" }, { "", "500" } } },
	{ "M11: XCLIENT and XFORWARD of anybody", 0, { { "XCLIENT ADDR=192.0.2.1", "550" }, HI, { "XCLIENT ADDR=192.0.2.1", "550" },
	                                               { "XFORWARD ADDR=192.0.2.1", "550" } } },
	{ "M11: XFORWARD of those who may", SESSION_XFORWARD, { HI, { "XFORWARD ADDR=192.0.2.1 NAME=x", "250" }, FROM,
	                                               { "XFORWARD ADDR=192.0.2.1", "503" }, { "XCLIENT NAME=x", "503" } } },
	{ "M11: XCLIENT with nonsense", SESSION_XCLIENT, { { "XCLIENT ADDR=x", "501" }, { "XCLIENT LOGIN=root", "501" } } },
	{ "M11: XCLIENT begins anew", SESSION_XCLIENT, { HI, { "XCLIENT ADDR=192.0.2.1", "" }, { "MAIL FROM:<a@b>", "503" } } },
	{ "M11: a header of a balancer is a bad command", 0, { { "PROXY TCP4 192.0.2.1 192.0.2.2 1 2", "500" } } },
	{ "four mistakes are enough", 0, { { "A", "500" }, { "B", "500" }, { "C", "500" }, { "D", "421 4.7.0" } } },
	{ "HTTP is not answered", 0, { { "GET / HTTP/1.1", "" } } },
	{ "HTTP by a proxy", 0, { { "CONNECT x:25 HTTP/1.1", "" } } },
	{ "HTTP later", 0, { HI, { "POST / HTTP/1.1", "" } } },
	/* hardening: the state machine */
	{ "M1: BDAT ends the transaction", 0, { HI, FROM, TO, { "BDAT bad-arg", "501" }, { "DATA", "503" } } },
	{ "M4: chunks", 0, { HI, FROM, TO, { "BDAT 5", "" }, { "#", "250 2.0.0 chunk" }, { "BDAT 3 LAST", "" }, { "#", "" },
	                     { "=", "250 2.0.0 accepted" }, FROM } },
	{ "M4: small letters and spaces", 0, { HI, FROM, TO, { "bdat  0005   last ", "" }, { "#", "" }, { "=", "250" } } },
	{ "M4: nothing", 0, { HI, FROM, TO, { "BDAT 0", "" }, { "#", "250" }, { "BDAT 0 LAST", "" }, { "#", "" },
	                      { "=", "250" } } },
	{ "M4: a length with a sign", 0, { HI, FROM, TO, { "BDAT +1", "501" }, { "DATA", "503" } } },
	{ "M4: a negative length", 0, { HI, FROM, TO, { "BDAT -1", "501" }, { "DATA", "503" } } },
	{ "M4: a length in hex", 0, { HI, FROM, TO, { "BDAT 0x10", "501" }, { "DATA", "503" } } },
	{ "M4: a length of 2^64", 0, { HI, FROM, TO, { "BDAT 18446744073709551616", "501" }, { "DATA", "503" } } },
	{ "M4: no length", 0, { HI, FROM, TO, { "BDAT", "501" }, { "DATA", "503" } } },
	{ "M4: not the last word", 0, { HI, FROM, TO, { "BDAT 5 LASTX", "" }, { "#", "501" }, { "DATA", "503" } } },
	{ "M4: a word too many", 0, { HI, FROM, TO, { "BDAT 5 LAST LAST", "" }, { "#", "501" }, { "DATA", "503" } } },
	{ "M4: DATA after a chunk", 0, { HI, FROM, TO, { "BDAT 5", "" }, { "#", "250" }, { "DATA", "503" },
	                                 { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M4: a chunk after DATA", 0, { BEGIN, { ".", "" }, { "=", "250" }, { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M4: RSET between chunks", 0, { HI, FROM, TO, { "BDAT 5", "" }, { "#", "250" }, { "RSET", "250" },
	                                  { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M4: a sender or a recipient between chunks", 0, { HI, FROM, TO, { "BDAT 5", "" }, { "#", "250" },
	                                  { "MAIL FROM:<a@b>", "503" }, { "RCPT TO:<u@example.org>", "503" } } },
	{ "M4: too large, and the rest is swallowed", 0, { HI, FROM, TO, { "BDAT 5", "" }, { "#large", "552" },
	                                  { "BDAT 5 LAST", "" }, { "#", "503" }, FROM } },
	{ "M4: no recipient was taken", 0, { HI, FROM, { "RCPT TO:<u@elsewhere.example>", "550" }, { "BDAT 5", "" },
	                                  { "#", "503" }, { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M4: a recipient comes after a chunk was refused", 0, { HI, FROM, { "BDAT 5", "" }, { "#", "503" },
	                                  { "RCPT TO:<u@example.org>", "503" }, { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M4: a chunk before hello", 0, { { "BDAT 5 LAST", "" }, { "#", "503" }, { "MAIL FROM:<a@b>", "503" } } },
	{ "M4: a chunk after the last", 0, { HI, FROM, TO, { "BDAT 5 LAST", "" }, { "#", "" }, { "=", "250" },
	                                  { "BDAT 5 LAST", "" }, { "#", "503" } } },
	{ "M2: after a refusal everything begins anew", 0, { BEGIN, { ".", "" }, { "=5", "550 5.7.1 no" },
	                                                     { "RCPT TO:<u@example.org>", "503" }, { "DATA", "503" } } },
	{ "M3: VRFY with eight bits ends the transaction", 0, { HI, FROM, TO, { "VRFY \xc3\xbc", "501" },
	                                                        { "DATA", "503" } } },
	{ "M5: no size", 0, { HI, { "MAIL FROM:<a@b> SIZE=0", "250" } } },
	{ "M5: the limit", 0, { HI, { "MAIL FROM:<a@b> SIZE=1000", "250" } } },
	{ "M5: above the limit", 0, { HI, { "MAIL FROM:<a@b> SIZE=1001", "552 5.3.4" }, FROM } },
	{ "M5: 2^31", 0, { HI, { "MAIL FROM:<a@b> SIZE=2147483648", "552" } } },
	{ "M5: 2^63", 0, { HI, { "MAIL FROM:<a@b> SIZE=9223372036854775808", "552" } } },
	{ "M5: 2^64", 0, { HI, { "MAIL FROM:<a@b> SIZE=18446744073709551616", "552" } } },
	{ "M5: negative", 0, { HI, { "MAIL FROM:<a@b> SIZE=-1", "501" } } },
	{ "M5: a lie", 0, { HI, { "MAIL FROM:<a@b> SIZE=1", "250" }, TO, { "DATA", "354" }, { ".large", "552 5.3.4" },
	                    { "DATA", "503" } } },
	{ "M6: a line of mbox", 0, { { "From a@b Sat Nov 21", "500" } } },
	{ "M8: an escape in the greeting", 0, { { "EHLO a\x1b[m", "501" } } },
	{ "M8: a carriage return in the greeting", 0, { { "EHLO a\rb", "501" } } },
	{ "M8: eight bits in the greeting", 0, { { "EHLO \xff", "501" } } },
	{ "M9: eight bits in an address", 0, { HI, { "MAIL FROM:<\xc3\xbc@b>", "553 5.6.7" }, FROM,
	                                       { "RCPT TO:<\xc3\xbc@example.org>", "553 5.6.7" } } },
	{ "M9: no UTF-8", 0, { HI, { "MAIL FROM:<\xc3@b> SMTPUTF8", "501" }, { "MAIL FROM:<\xc0\xae@b> SMTPUTF8", "501" },
	                       { "MAIL FROM:<\xed\xa0\x80@b> SMTPUTF8", "501" } } },
	{ "M9: eight bits elsewhere", 0, { HI, { "MAIL FROM:<a@b> SMTPUTF8", "250" }, TO, { "NOOP \xc3\xbc", "501" },
	                                   { "DATA", "503" } } },
	{ "UTF-8 where it was asked for", 0, { HI, { "MAIL FROM:<\xc3\xbc@b.example> SMTPUTF8", "250" },
	                                       { "RCPT TO:<\xc3\xa4@example.org>", "250" }, { "DATA", "354" } } },
	{ "a domain of ours in UTF-8, in either case", 0, { HI, { "MAIL FROM:<a@b> SMTPUTF8", "250" },
	                                       { "RCPT TO:<u@gr\xc3\xbcn.example>", "250" }, { "RCPT TO:<\"u u\"@GR\xc3\x9cN.Example>", "250" },
	                                       { "RCPT TO:<u@xn--grn-ioa.example>", "250" } } },
	{ "another one is not ours", 0, { HI, { "MAIL FROM:<a@b> SMTPUTF8", "250" }, { "RCPT TO:<u@gr\xc3\xbcner.example>", "550 5.7.1" },
	                                  { "RCPT TO:<u\xef\xbc\xa0" "xn--grn-ioa.example>", "501" } } },
	{ "UTF-8 is asked for each message anew", 0, { HI, { "MAIL FROM:<a@b> SMTPUTF8", "250" }, { "RSET", "250" }, FROM,
	                                               { "RCPT TO:<\xc3\xa4@example.org>", "553" } } },
	{ "SMTPUTF8 has no value", 0, { HI, { "MAIL FROM:<a@b> SMTPUTF8=1", "501" } } },
	/* delivery status notifications */
	{ "M10: what notices shall be sent", 0, { HI, { "MAIL FROM:<a@b> RET=HDRS ENVID=a+2B", "250" },
	                              { "RCPT TO:<u@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;u+40x", "250" } } },
	{ "M10: NEVER stands alone", 0, { HI, FROM, { "RCPT TO:<u@example.org> NOTIFY=NEVER,DELAY", "501" } } },
	{ "M10: NUL, LF and CR in xtext", 0, { HI, { "MAIL FROM:<a@b> ENVID=+00", "501" },
	                              { "MAIL FROM:<a@b> ENVID=+0A", "501" }, { "MAIL FROM:<a@b> ENVID=+0D", "501" } } },
	{ "M10: xtext in small letters", 0, { HI, { "MAIL FROM:<a@b> ENVID=+2b", "501" } } },
	{ "M10: twice, unknown", 0, { HI, { "MAIL FROM:<a@b> RET=FULL RET=FULL", "501" },
	                              { "MAIL FROM:<a@b> NOTIFY=NEVER", "555" }, { "MAIL FROM:<a@b> RET=ALL", "501" } } },
	{ "BINARYMIME is not offered", 0, { HI, { "MAIL FROM:<a@b> BODY=BINARYMIME", "501" } } },
	{ "M9: a tab", 0, { HI, { "MAIL\tFROM:<a@b>", "501" } } },
	/* how a body may end */
	{ "a faulty body", 0, { BEGIN, { ".faulty", "550 5.6.0" }, { "RCPT TO:<u@example.org>", "503" } } },
	{ "a loop", 0, { BEGIN, { ".loop", "554 5.4.6" }, FROM } },
	{ "no room", 0, { BEGIN, { ".room", "452 4.3.1" }, FROM } },
	/* verdicts */
	{ "the queue's own words", 0, { BEGIN, { ".", "" }, { "=5", "550 5.7.1 no" } } },
	{ "the queue's later", 0, { BEGIN, { ".", "" }, { "=4", "452 4.3.1 full" } } },
	{ "a refusal is no acceptance", 0, { BEGIN, { ".", "" }, { "=5as2", "550 5.7.1 this" } } },
	{ "later is no acceptance", 0, { BEGIN, { ".", "" }, { "=4as2", "451 4.3.0" } } },
	{ "a reply of two lines is not passed on", 0, { BEGIN, { ".", "" }, { "=5two", "550 5.7.1 this" } } },
	/* recipients */
	{ "recipients have a limit", 0, { HI, FROM, TO, TO, TO, { "RCPT TO:<u@example.org>", "452 4.5.3" },
	                                  { "DATA", "354" } } },
	{ "R2: an address of ours as a stranger's sender is the policy's matter", 0,
	  { HI, { "MAIL FROM:<boss@example.org>", "250 2.1.0" }, TO, { "RCPT TO:<u@elsewhere.example>", "550 5.7.1 relay" } } },
	{ "nobody writes to many", 0, { HI, { "MAIL FROM:<>", "250" }, TO, { "RCPT TO:<v@example.org>", "452 4.5.3" },
	                                { "DATA", "354" } } },
	{ "our own nobody may", SESSION_TRUSTED, { HI, { "MAIL FROM:<>", "250" }, TO, TO } },
	{ "strangers may not relay", 0, { HI, FROM, { "RCPT TO:<u@elsewhere.example>", "550 5.7.1 relay" },
	                                  { "DATA", "503" } } },
	{ "a domain below ours is not ours", 0, { HI, FROM, { "RCPT TO:<u@sub.example.org>", "550 5.7.1 relay" } } },
	{ "trusted clients may relay", SESSION_TRUSTED, { HI, FROM, { "RCPT TO:<u@elsewhere.example>", "250" } } },
	{ "trusted clients may route", SESSION_TRUSTED, { HI, FROM, { "RCPT TO:<u%x@elsewhere.example>", "250" } } },
	{ "postmaster is at home", 0, { HI, FROM, { "RCPT TO:<postmaster>", "250" },
	                                { "RCPT TO:<PostMaster@example.net>", "250" },
	        { "RCPT TO:<abuse@example.org>", "250" } } },
	{ "postmaster of others is not", 0, { HI, FROM, { "RCPT TO:<postmaster@elsewhere.example>", "550" } } },
	{ "a recipient is looked up", 0, { HI, FROM, ASK, { "?there", "250 2.1.5" }, { "DATA", "354" } } },
	{ "who is not there is refused", 0, { HI, FROM, ASK, { "?none", "550 5.1.1" }, { "DATA", "503" } } },
	{ "of whom nothing is known, later", 0, { HI, FROM, ASK, { "?later", "451 4.4.3" }, { "DATA", "503" } } },
	{ "and the others stand", 0, { HI, FROM, TO, ASK, { "?none", "550" }, ASK, { "?later", "451" }, { "DATA", "354" } } },
	{ "others take its place", 0, { HI, FROM, ASK, { "?two", "250" }, { "DATA", "354" } } },
	{ "who is there already is not there twice", 0, { HI, FROM, ASK, { "?there", "250" }, ASK, { "?there", "250" },
	                                                  ASK, { "?there", "250" }, { "DATA", "354" } } },
	{ "the first may be a list as long as the limit", 0, { HI, FROM, ASK, { "?three", "250" }, { "DATA", "354" } } },
	{ "beside others it may not", 0, { HI, FROM, TO, ASK, { "?three", "452 4.5.3" }, { "DATA", "354" } } },
	{ "looking for names is a mistake", 0, { HI, FROM, ASK, { "?none", "550" }, ASK, { "?none", "550" }, ASK,
	                                         { "?none", "550" }, ASK, { "?none", "421 4.7.0" } } },
	{ "insiders are looked up too", SESSION_TRUSTED, { HI, FROM, ASK, { "?none", "550 5.1.1" } } },
	{ "what is refused is not looked up", 0, { HI, FROM, { "RCPT TO:<u%x@asked.example>", "550 5.7.1" } } },
	{ "nobody is no recipient", 0, { HI, FROM, { "RCPT TO:<>", "501 5.1.3" } } },
};

#define X20 "xxxxxxxxxxxxxxxxxxxx"
#define X60 X20 X20 X20
#define X100 X60 X20 X20

/* The 16 probes of a well-known relay scanner (R1), and more of their kind (R2, R3). D is foreign. */
static const struct probe {
	const char *from, *to;
} probes[] = {
	{ "<>", "<u@d.example>" }, { "<a@d.example>", "<u@d.example>" }, { "<a@mx.example.org>", "<u@d.example>" },
	{ "<a@[192.0.2.9]>", "<u@d.example>" }, { "<a@[192.0.2.9]>", "<u%d.example@[192.0.2.9]>" },
	{ "<a@[192.0.2.9]>", "<u%d.example@example.org>" }, { "<a@[192.0.2.9]>", "<\"u@d.example\">" },
	{ "<a@[192.0.2.9]>", "<\"u%d.example\">" }, { "<a@[192.0.2.9]>", "<u@d.example@[192.0.2.9]>" },
	{ "<a@[192.0.2.9]>", "<\"u@d.example\"@[192.0.2.9]>" }, { "<a@[192.0.2.9]>", "<u@d.example@example.org>" },
	{ "<a@[192.0.2.9]>", "<@[192.0.2.9]:u@d.example>" }, { "<a@[192.0.2.9]>", "<@example.org:u@d.example>" },
	{ "<a@[192.0.2.9]>", "<d.example!u>" }, { "<a@[192.0.2.9]>", "<d.example!u@[192.0.2.9]>" },
	{ "<a@[192.0.2.9]>", "<d.example!u@example.org>" },
	{ "<a@b>", "<\"u@d.example\"@example.org>" }, { "<a@b>", "<@a,@b:u@d.example>" },
	{ "<a@b>", "<u%d.example%example.org@example.org>" }, { "<a@b>", "<u@d.example>@example.org" },
	{ "<a@b>", "<u@example.org.>" }, { "<a@b>", "<u@localhost>" }, { "<a@b>", "<u@[127.0.0.1]>" },
	{ "<a@b>", "<u@[IPv6:::1]>" }, { "<a@b>", "<u@[0x7f.1]>" }, { "<a@b>", "<u@example.org,u@d.example>" },
	{ "<a@b>", "<u@example.org;x@d.example>" }, { "<a@b>", "<u(c)@example.org(c)@d.example>" },
	{ "<a@b> SMTPUTF8", "<u\xef\xbc\xa0" "d.example>" }, { "<a@b>", "<@example.org>" }, { "<a@b>", "<u@>" },
	{ "<a@b>", "<u@example.org@>" }, { "<a@b>", "u@example.org" }, { "<a@b>", "< u@example.org>" },
	{ "<a@b>", "<u\t@example.org>" }, { "<a@b>", "<${run{/bin/sh -c id}}@localhost>" }, { "<a@b>", "<|id>" },
	{ "<a@b>", "<u@xn--example-ku3e.org>" }, { "<a@b>", "<u@xn--exampleorg-cr2f>" }, { "<a@b>", "<u@xn--0.example.org>" },
	{ "<a@b> SMTPUTF8", "<u@example\xe3\x80\x82org>" }, { "<a@b> SMTPUTF8", "<u@example\xef\xbc\x8eorg>" },
	{ "<a@b> SMTPUTF8", "<u@\xef\xbd\x85xample.org>" }, { "<a@b> SMTPUTF8", "<u@example.org\xe2\x80\x8b>" },
	{ "<a@b>", "<=?utf-8?q?u=40d.example=3e?=@local>" }, { "<a@b>", "<a%0d%0aDATA@example.org>" },
	{ "<a@b>", "<u%40d.example@example.org>" }, { "<a@b>", "<" X100 X100 X100 X100 X100 X100 X100 X100 X100 X100 "@example.org>" },
	{ "<a@b>", "<u@" X60 "." X60 "." X60 "." X60 ".example.org>" }, { "<a@b>", "<u@" X60 "." X60 "." X60 "." X60 ".xxxxxxxxxxx>" },
	{ "<a@b>", "<u@" X60 "xxxx.example.org>" }, { "<root@example.org>", "<u@d.example>" }, { "<postmaster>", "<u@d.example>" },
	{ "<a%0d%0aRCPT@b>", "<u@d.example>" },
	{ "<a@b>", "</etc/passwd>" }, { "<a@b>", "<:include:/etc/passwd>" }, { "<a@b>", "<\":x\"@example.org>" },
};

static const struct turn_row {
	struct slice say;
	bool verdict;
	enum session_body end;
	enum result result;
	struct slice reply;
} events[] = {
	{ LIT("."), false, BODY_FINE, OK, { 0 } },
	{ LIT(".faulty"), false, BODY_FAULTY, OK, { 0 } },
	{ LIT(".large"), false, BODY_TOO_LARGE, OK, { 0 } },
	{ LIT(".loop"), false, BODY_LOOPS, OK, { 0 } },
	{ LIT(".room"), false, BODY_NO_ROOM, OK, { 0 } },
	{ LIT("#"), false, BODY_FINE, OK, { 0 } },
	{ LIT("#large"), false, BODY_TOO_LARGE, OK, { 0 } },
	{ LIT("?there"), true, 0, OK, LIT("u@asked.example") },
	{ LIT("?two"), true, 0, OK, LIT("v@example.org w@elsewhere.example") },
	{ LIT("?three"), true, 0, OK, LIT("v@example.org x@example.org y@example.org") },
	{ LIT("?none"), true, 0, REFUSED, LIT("") },
	{ LIT("?later"), true, 0, LATER, LIT("") },
	{ LIT("="), true, 0, OK, LIT("ID") },
	{ LIT("=5"), true, 0, REFUSED, LIT("550 5.7.1 no") },
	{ LIT("=4"), true, 0, LATER, LIT("452 4.3.1 full") },
	{ LIT("=5as2"), true, 0, REFUSED, LIT("250 fine") },
	{ LIT("=4as2"), true, 0, BROKEN, LIT("250 fine") },
	{ LIT("=5two"), true, 0, REFUSED, LIT("550 a\r\n250 b") },
};

/* What was found, if it is asked for at all. */
static enum result find_recipient(struct session *session, const struct turn_row *row)
{
	struct slice rest = row->reply, addresses[4];
	size_t count = 0;

	CHECK(session_question(session) != NULL, "somebody is looked up");
	while (rest.len)
		addresses[count++] = slice_cut(&rest, ' ');
	return session_asked(session, row->result, addresses, count);
}

static enum result say(struct session *session, struct slice line)
{
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		if (!slice_same(events[i].say, line))
			continue;
		if (line.at[0] == '?')
			return find_recipient(session, &events[i]);
		if (line.at[0] == '#') {
			session->chunk.left = 0;
			return session_chunk(session, events[i].end);
		}
		return events[i].verdict ? session_verdict(session, events[i].result, events[i].reply)
		                         : session_body(session, events[i].end);
	}
	return session_line(session, line);
}

static bool heard(struct buffer *replies, const char *hear)
{
	struct slice all = buffer_slice(replies), wanted = slice_of(hear);

	if (wanted.len == 0)
		return all.len == 0;
	if (!slice_ends_nocase(all, SLICE("\r\n")))
		return false;
	for (struct slice rest = all; rest.len; (void)slice_cut(&rest, '\n'))
		if (slice_begins(rest, wanted))
			return true;
	return false;
}

static void check_talks(struct buffer *replies)
{
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		struct session session;

		session_init(&session, &usual, replies, talks[i].client);
		for (size_t turn = 0; turn < TURNS && talks[i].turns[turn].say; turn++) {
			buffer_clear(replies);
			CHECK(say(&session, slice_of(talks[i].turns[turn].say)) != BROKEN, talks[i].about);
			CHECK(heard(replies, talks[i].turns[turn].hear), talks[i].about);
		}
		session_finish(&session);
	}
}

static void check_probes(struct buffer *replies)
{
	for (size_t i = 0; i < COUNT_OF(probes); i++) {
		struct session session;
		struct buffer line;

		buffer_init(&line, 1024);
		session_init(&session, &usual, replies, 0);
		CHECK(session_line(&session, SLICE("EHLO x")) == OK, "hello");
		CHECK(buffer_format(&line, "MAIL FROM:%s", probes[i].from) == OK, "room");
		CHECK(session_line(&session, buffer_slice(&line)) == OK, probes[i].from);
		buffer_clear(&line);
		buffer_clear(replies);
		CHECK(buffer_format(&line, "RCPT TO:%s", probes[i].to) == OK, "room");
		CHECK(session_line(&session, buffer_slice(&line)) == REFUSED, probes[i].to);
		CHECK(heard(replies, "5"), probes[i].to);
		CHECK(session_line(&session, SLICE("DATA")) == REFUSED, probes[i].to);
		session_finish(&session);
		buffer_finish(&line);
	}
}

static void begin(struct session *session, const struct session_rules *rules, struct buffer *replies, unsigned client)
{
	session_init(session, rules, replies, client);
	buffer_clear(replies);
	CHECK(session_line(session, SLICE("EHLO [192.0.2.1]")) == OK, "hello");
	CHECK(session_line(session, SLICE("MAIL FROM:<A@b> BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=Q1")) == OK, "a sender");
}

static void check_envelope(struct buffer *replies)
{
	struct session_rules rules = usual;
	struct envelope envelope;
	struct session session;

	begin(&session, &rules, replies, SESSION_TRUSTED | SESSION_LOCAL);
	CHECK(session_line(&session, SLICE("RCPT TO:<Postmaster>")) == OK, "postmaster");
	rules.postmaster = SLICE("root@elsewhere.example");
	CHECK(session_line(&session, SLICE("RCPT TO:<postmaster>")) == OK, "postmaster elsewhere");
	CHECK(session_line(&session, SLICE("RCPT TO:<\"a b\"@Example.ORG> NOTIFY=DELAY ORCPT=x;y+20")) == OK,
	      "a quoted one");
	CHECK(session_envelope(&session, &envelope) == OK && envelope.recipient_count == 3, "three");
	CHECK(slice_same(envelope.recipients[0].address, SLICE("postmaster@example.org")), "our first domain's");
	CHECK(slice_same(envelope.recipients[1].address, SLICE("root@elsewhere.example")), "the setting's");
	CHECK(slice_same(envelope.recipients[2].address, SLICE("\"a b\"@Example.ORG")), "as written");
	CHECK(slice_same(envelope.sender, SLICE("A@b")) && slice_same(envelope.helo, SLICE("[192.0.2.1]")) &&
	      slice_same(envelope.protocol, SLICE("UTF8SMTP")), "from whom");
	CHECK(envelope.flags == (ENVELOPE_TRUSTED | ENVELOPE_LOCAL | ENVELOPE_EIGHT_BIT | ENVELOPE_UTF8 | ENVELOPE_RET_FULL),
	      "flags");
	CHECK(slice_same(envelope.envelope_id, SLICE("Q1")) && envelope.recipients[2].notify == NOTIFY_DELAY &&
	      slice_same(envelope.recipients[2].original, SLICE("x;y ")) && envelope.recipients[1].notify == 0, "notices");
	session_finish(&session);
}

static void check_asked(struct buffer *replies)
{
	static const struct slice found[] = { LIT("v@example.org"), LIT("u@asked.example") };
	struct envelope envelope;
	struct session session;

	begin(&session, &usual, replies, SESSION_TRUSTED);
	CHECK(session_line(&session, SLICE("RCPT TO:<u@asked.example> NOTIFY=DELAY")) == AGAIN, "looked up");
	CHECK(slice_same(session_question(&session)->address, SLICE("u@asked.example")), "who");
	CHECK(session_asked(&session, OK, found, 2) == OK && session_question(&session) == NULL, "found");
	CHECK(session_line(&session, SLICE("RCPT TO:<w@asked.example> ORCPT=rfc822;x@y")) == AGAIN, "another");
	CHECK(session_asked(&session, OK, (const struct slice[]){ LIT("z@example.org") }, 1) == OK, "found too");
	CHECK(session_asked(&session, OK, found, 2) == BROKEN, "nobody is looked up now");
	CHECK(session_envelope(&session, &envelope) == OK && envelope.recipient_count == 3, "three");
	CHECK(slice_same(envelope.recipients[0].address, found[0]) &&
	      slice_same(envelope.recipients[0].original, SLICE("rfc822;u@asked.example")), "who was written to is kept");
	CHECK(slice_same(envelope.recipients[1].address, found[1]) && envelope.recipients[1].original.len == 0, "but once");
	CHECK(envelope.recipients[0].notify == NOTIFY_DELAY && envelope.recipients[1].notify == NOTIFY_DELAY, "notices");
	CHECK(slice_same(envelope.recipients[2].original, SLICE("rfc822;x@y")), "what the client said stands");
	session_finish(&session);
}

static void check_rooms(struct buffer *replies)
{
	static const struct { enum room room; const char *hear; } rows[] = {
		{ ROOM_GONE, "451 4.3.0" }, { ROOM_NONE, "452 4.3.1" }, { ROOM_FREE, "250" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct session_rules rules = usual;
		struct session session;

		rules.room = rows[i].room;
		session_init(&session, &rules, replies, 0);
		CHECK(session_line(&session, SLICE("HELO x")) == OK, "hello");
		buffer_clear(replies);
		CHECK(session_line(&session, SLICE("MAIL FROM:<a@b>")) == (rows[i].room == ROOM_FREE ? OK : LATER), rows[i].hear);
		CHECK(heard(replies, rows[i].hear), rows[i].hear);
		session_finish(&session);
	}
}

static unsigned count_lines(struct buffer *replies, const char *begin)
{
	unsigned count = 0;

	for (struct slice rest = buffer_slice(replies); rest.len; (void)slice_cut(&rest, '\n'))
		count += slice_begins(rest, slice_of(begin));
	return count;
}

/* RFC 2033: who was noted is answered, one by one. */
static void check_lmtp(struct buffer *replies)
{
	static const struct { const char *about; enum result verdict; struct slice reply; const char *hear; } rows[] = {
		{ "kept", OK, LIT("ID"), "250 2.0.0 accepted as ID\r\n" },
		{ "refused", REFUSED, LIT("550 5.7.1 no"), "550 5.7.1 no\r\n" },
		{ "later", LATER, LIT("nonsense"), "451 4.3.0 try later\r\n" },
	};
	struct session_rules rules = usual;

	rules.lmtp = true;
	rules.errors = 100;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct session session;

		session_init(&session, &rules, replies, 0);
		CHECK(session_line(&session, SLICE("EHLO x")) == REFUSED && session_line(&session, SLICE("HELO x")) == REFUSED &&
		      session_line(&session, SLICE("LHLO x")) == OK, "LHLO only");
		CHECK(session_line(&session, SLICE("MAIL FROM:<a@b>")) == OK, "a sender");
		CHECK(session_line(&session, SLICE("RCPT TO:<u@example.org>")) == OK &&
		      session_line(&session, SLICE("RCPT TO:<u@elsewhere.example>")) == REFUSED &&
		      session_line(&session, SLICE("RCPT TO:<v@example.org>")) == OK, "two of three");
		CHECK(session_line(&session, SLICE("DATA")) == OK, "data");
		CHECK(session_body(&session, BODY_FINE) == AGAIN, "a body");
		buffer_clear(replies);
		CHECK(session_verdict(&session, rows[i].verdict, rows[i].reply) != BROKEN, rows[i].about);
		CHECK(count_lines(replies, rows[i].hear) == 2 && count_lines(replies, "") == 2, rows[i].about);
		session_finish(&session);
	}
	CHECK(usual.lmtp == false, "and not elsewhere");
}

/* A RCPT that was answered 250 may have brought several, or none that was not there: who was refused, by places in the
 * envelope, and what each RCPT hears. The first is asked about and stands for two, the third for the first again. */
static void check_lmtp_in_part(struct buffer *replies)
{
	static const struct slice two[] = { LIT("x@asked.example"), LIT("y@asked.example") };
	static const struct { const char *about; uint32_t places[3]; size_t count; const char *hear; } rows[] = {
		{ "none", { 0 }, 0, "250\n250\n250\n" },
		{ "the one between", { 2 }, 1, "250\n550\n250\n" },
		{ "one of two: some get it", { 1 }, 1, "250\n250\n250\n" },
		{ "both, and who was there already", { 0, 1 }, 2, "550\n250\n550\n" },
		{ "the first, who stands for the third", { 0 }, 1, "250\n250\n550\n" },
	};
	struct session_rules rules = usual;

	rules.lmtp = true;
	rules.recipients = 10;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct session session;
		char heard[64] = "";

		session_init(&session, &rules, replies, 0);
		CHECK(session_line(&session, SLICE("LHLO x")) == OK && session_line(&session, SLICE("MAIL FROM:<a@b>")) == OK, "a sender");
		CHECK(session_line(&session, SLICE("RCPT TO:<l@asked.example>")) == AGAIN && session_asked(&session, OK, two, 2) == OK,
		      "one that is two");
		CHECK(session_line(&session, SLICE("RCPT TO:<u@example.org>")) == OK, "one that is one");
		CHECK(session_line(&session, SLICE("RCPT TO:<x@asked.example>")) == AGAIN && session_asked(&session, OK, two, 1) == OK,
		      "one that was there");
		CHECK(session_line(&session, SLICE("DATA")) == OK && session_body(&session, BODY_FINE) == AGAIN, "a body");
		CHECK(session_refused(&session, 3, SLICE("550 5.7.1 no")) == LATER, "there are three");
		for (size_t j = 0; j < rows[i].count; j++)
			CHECK(session_refused(&session, rows[i].places[j], SLICE("550 5.7.1 no")) == OK, rows[i].about);
		buffer_clear(replies);
		CHECK(session_verdict(&session, OK, SLICE("ID")) != BROKEN, rows[i].about);
		for (struct slice rest = buffer_slice(replies), line; rest.len; ) {
			line = slice_cut(&rest, '\n');
			(void)snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%.3s\n", line.at);
		}
		CHECK(strcmp(heard, rows[i].hear) == 0, rows[i].about);
		session_finish(&session);
	}
}

/* What is said to a door of which kind, by whom, and with TLS ready or not; `!` is a handshake that succeeds. */
static const struct tls_talk {
	const char *about;
	enum session_tls tls;
	bool ready, lmtp;
	unsigned client;
	struct { const char *say, *hear; } turns[TURNS];
} tls_talks[] = {
	{ "it is offered", SESSION_TLS_OPTIONAL, true, false, 0, { { "EHLO x", "250-STARTTLS" }, { "STARTTLS", "220" } } },
	{ "not without a certificate", SESSION_TLS_OPTIONAL, false, false, 0, { HI, { "STARTTLS", "454 4.7.0" }, FROM } },
	{ "not where it is off", SESSION_TLS_NONE, true, false, 0, { HI, { "STARTTLS", "502" }, FROM } },
	{ "not on a socket of this machine", SESSION_TLS_REQUIRED, true, false, SESSION_LOCAL, { HI, { "STARTTLS", "502" }, FROM } },
	{ "EHLO comes first", SESSION_TLS_OPTIONAL, true, false, 0, { { "STARTTLS", "503" }, { "HELO x", "250" }, { "STARTTLS", "503" } } },
	{ "it stands alone", SESSION_TLS_OPTIONAL, true, false, 0, { HI, { "STARTTLS x", "501" } } },
	{ "not within a transaction", SESSION_TLS_OPTIONAL, true, false, 0, { HI, FROM, { "STARTTLS", "503" }, TO,
	                              { "STARTTLS", "503" }, { "RSET", "250" }, { "STARTTLS", "220" } } },
	{ "no mail before it", SESSION_TLS_REQUIRED, true, false, 0, { HI, { "MAIL FROM:<a@b>", "530 5.7.0" },
	                       { "RCPT TO:<u@example.org>", "503" }, { "STARTTLS", "220" }, { "!", "" }, HI, FROM, TO } },
	{ "no mail without a certificate", SESSION_TLS_REQUIRED, false, false, 0, { HI, { "MAIL FROM:<a@b>", "530" },
	                                   { "STARTTLS", "454" }, { "MAIL FROM:<a@b>", "530" } } },
	{ "not from those we trust either", SESSION_TLS_REQUIRED, true, false, SESSION_TRUSTED, { HI, { "MAIL FROM:<a@b>", "530" } } },
	{ "the users of this machine are inside", SESSION_TLS_REQUIRED, true, false, SESSION_LOCAL, { HI, FROM, TO } },
	{ "hello is forgotten", SESSION_TLS_OPTIONAL, true, false, 0, { HI, { "STARTTLS", "220" }, { "!", "" },
	                        { "MAIL FROM:<a@b>", "503" }, { "STARTTLS", "503" }, HI, { "STARTTLS", "503" }, FROM } },
	{ "XCLIENT makes a client new, and not the TLS", SESSION_TLS_REQUIRED, true, false, SESSION_XCLIENT,
	  { HI, { "STARTTLS", "220" }, { "!", "" }, HI, { "XCLIENT ADDR=192.0.2.1", "" }, HI, { "STARTTLS", "503" }, FROM } },
	{ "in LMTP too", SESSION_TLS_REQUIRED, true, true, 0, { { "LHLO x", "250-STARTTLS" }, { "MAIL FROM:<a@b>", "530" },
	                 { "STARTTLS", "220" }, { "!", "" }, { "LHLO x", "250" }, FROM, TO } },
};

static void check_tls_talks(struct buffer *replies)
{
	for (size_t i = 0; i < COUNT_OF(tls_talks); i++) {
		const struct tls_talk *talk = &tls_talks[i];
		struct session_rules rules = usual;
		struct session session;

		rules.tls = talk->tls;
		rules.lmtp = talk->lmtp;
		rules.tls_ready = &talk->ready;
		session_init(&session, &rules, replies, talk->client);
		for (size_t turn = 0; turn < TURNS && talk->turns[turn].say; turn++) {
			buffer_clear(replies);
			if (talk->turns[turn].say[0] == '!') {
				CHECK(session.begins_tls, talk->about);
				session_secured(&session, "TLSv1.3", "CIPHER");
			} else {
				CHECK(say(&session, slice_of(talk->turns[turn].say)) != BROKEN, talk->about);
			}
			CHECK(heard(replies, talk->turns[turn].hear), talk->about);
			CHECK(session.begins_tls == (slice_same(slice_of(talk->turns[turn].say), SLICE("STARTTLS")) &&
			                             talk->turns[turn].hear[0] == '2'), talk->about);
		}
		session_finish(&session);
	}
}

/* RFC 3848, 6531 */
static void check_protocols(struct buffer *replies)
{
	static const struct { bool lmtp, secure; const char *hello, *mail; struct slice is; } rows[] = {
		{ false, false, "HELO x", "MAIL FROM:<a@b>", LIT("SMTP") },
		{ false, true,  "HELO x", "MAIL FROM:<a@b>", LIT("SMTP") },
		{ false, false, "EHLO x", "MAIL FROM:<a@b>", LIT("ESMTP") },
		{ false, true,  "EHLO x", "MAIL FROM:<a@b>", LIT("ESMTPS") },
		{ false, false, "EHLO x", "MAIL FROM:<a@b> SMTPUTF8", LIT("UTF8SMTP") },
		{ false, true,  "EHLO x", "MAIL FROM:<a@b> SMTPUTF8", LIT("UTF8SMTPS") },
		{ true,  false, "LHLO x", "MAIL FROM:<a@b>", LIT("LMTP") },
		{ true,  true,  "LHLO x", "MAIL FROM:<a@b>", LIT("LMTPS") },
		{ true,  false, "LHLO x", "MAIL FROM:<a@b> SMTPUTF8", LIT("UTF8LMTP") },
		{ true,  true,  "LHLO x", "MAIL FROM:<a@b> SMTPUTF8", LIT("UTF8LMTPS") },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct session_rules rules = usual;
		struct envelope envelope;
		struct session session;

		rules.lmtp = rows[i].lmtp;
		buffer_clear(replies);
		session_init(&session, &rules, replies, 0);
		if (rows[i].secure)
			session_secured(&session, "TLSv1.3", "CIPHER");
		CHECK(session_line(&session, slice_of(rows[i].hello)) == OK &&
		      session_line(&session, slice_of(rows[i].mail)) == OK, rows[i].mail);
		CHECK(session_envelope(&session, &envelope) == OK && slice_same(envelope.protocol, rows[i].is), rows[i].is.at);
		CHECK(slice_same(envelope.tls, rows[i].secure ? SLICE("TLSv1.3 CIPHER") : SLICE("")), rows[i].is.at);
		session_finish(&session);
	}
}

/* 552 at RCPT where the size was said; the smallest limit holds for the bytes. */
static void check_domain_limits(struct buffer *replies)
{
	static const uint64_t limits[COUNT_OF(domains)] = { 500 };
	struct session_rules rules = usual;
	struct session session;

	rules.domain_limits = limits;
	session_init(&session, &rules, replies, 0);
	CHECK(session_line(&session, SLICE("EHLO x")) == OK && session_line(&session, SLICE("MAIL FROM:<a@b> SIZE=501")) == OK,
	      "a size");
	buffer_clear(replies);
	CHECK(session_line(&session, SLICE("RCPT TO:<u@example.org>")) == REFUSED && heard(replies, "552 5.3.4"), "too large");
	CHECK(session_line(&session, SLICE("RCPT TO:<u@example.net>")) == OK && session.most == 0, "not for the other");
	CHECK(session_line(&session, SLICE("RSET")) == OK && session_line(&session, SLICE("MAIL FROM:<a@b> SIZE=500")) == OK,
	      "as large as permitted");
	CHECK(session_line(&session, SLICE("RCPT TO:<u@EXAMPLE.org>")) == OK && session.most == 500, "a limit for the bytes");
	CHECK(session_line(&session, SLICE("RSET")) == OK && session.most == 0, "forgotten");
	session_finish(&session);
}

static void check_edges(struct buffer *replies)
{
	struct session session;

	session_init(&session, &usual, replies, 0);
	CHECK(session_verdict(&session, OK, SLICE("ID")) == BROKEN, "a verdict on nothing");
	CHECK(session_body(&session, BODY_FINE) == BROKEN, "an end of nothing");
	buffer_clear(replies);
	CHECK(session_greet(&session) == OK && heard(replies, "220 mx.example.org ESMTP Postern"), "the greeting");
	buffer_clear(replies);
	CHECK(session_bad_line(&session, SLICE("NOOP"), LINE_TOO_LONG) == REFUSED && heard(replies, "500"), "M6: too long");
	buffer_clear(replies);
	CHECK(session_bad_line(&session, SLICE("NOOP"), LINE_WITHOUT_CR) == REFUSED && heard(replies, "500"), "a bare LF");
	buffer_clear(replies);
	CHECK(session_line(&session, SLICE("NOOP\0")) == REFUSED && heard(replies, "501"), "M9: NUL");
	buffer_clear(replies);
	CHECK(session_end(&session, END_STOP) == LATER && heard(replies, "421") && session.stage == STAGE_GOODBYE, "the end");
	session_finish(&session);
}

/* A BDAT whose length nobody knows, or what some would take for one: the next line is the last, whatever it says. */
static const struct { struct slice line; bool is_chunk; } chunks[] = {
	{ LIT("BDAT"), true }, { LIT("BDAT x"), true }, { LIT("bdat 5x LAST"), true }, { LIT("BDAT +1"), true },
	{ LIT("BDAT\t5"), true }, { LIT("BDAT 5\x01"), true }, { LIT("BDAT 5 LAST\0"), true }, { LIT("BD\0AT 5"), true },
	{ LIT("\x01" "BDAT 5"), true }, { LIT("  BDAT\x7f" " 5"), true }, { LIT("BDAT5"), true }, { LIT("BDATA 5"), true },
	{ LIT("BDAT\xff 5"), true }, { LIT("\xef\xbb\xbf" "BDAT 5"), true },
	{ LIT("NOOP\x01"), false }, { LIT("XBDAT 5"), false }, { LIT("BDA 5"), false }, { LIT("VRFY BDAT\x01"), false },
	{ LIT(""), false }, { LIT("B"), false },
};
static const struct { struct slice line; const char *hear; } behind[] = {
	{ LIT("MAIL FROM:<a@b>"), "503 5.5.1 a chunk" }, { LIT("RSET"), "503 5.5.1 a chunk" }, { LIT("EHLO x"), "503 5.5.1 a chunk" },
	{ LIT("BDAT 5 LAST"), "503 5.5.1 a chunk" }, { LIT("DATA"), "503 5.5.1 a chunk" }, { LIT("QUIT x"), "503 5.5.1 a chunk" },
	{ LIT("\xff"), "503 5.5.1 a chunk" }, { LIT(""), "503 5.5.1 a chunk" }, { LIT("GET / HTTP/1.1"), "503 5.5.1 a chunk" },
	{ LIT("QUIT"), "221" }, { LIT("quit "), "221" },
};

static void check_unmeasured(struct buffer *replies)
{
	static const enum session_bad_line bad[] = { LINE_TOO_LONG, LINE_WITHOUT_CR };

	for (size_t i = 0; i < COUNT_OF(chunks) * COUNT_OF(behind) * 3; i++) {
		struct slice first = chunks[i % COUNT_OF(chunks)].line, second = behind[i / COUNT_OF(chunks) % COUNT_OF(behind)].line;
		size_t manner = i / COUNT_OF(chunks) / COUNT_OF(behind);
		struct session session;

		begin(&session, &usual, replies, 0);
		CHECK((manner == 2 ? session_line(&session, first) : session_bad_line(&session, first, bad[manner])) == REFUSED, first.at);
		CHECK(session.chunk.unmeasured == chunks[i % COUNT_OF(chunks)].is_chunk, first.at);
		buffer_clear(replies);
		CHECK(session_line(&session, second) != BROKEN, second.at);
		if (chunks[i % COUNT_OF(chunks)].is_chunk)
			CHECK(session.stage == STAGE_GOODBYE && heard(replies, behind[i / COUNT_OF(chunks) % COUNT_OF(behind)].hear), first.at);
		else
			CHECK(!heard(replies, "503 5.5.1 a chunk"), first.at);
		session_finish(&session);
	}
}

int main(void)
{
	struct buffer replies;

	buffer_init(&replies, BUFFER);
	check_talks(&replies);
	check_probes(&replies);
	check_envelope(&replies);
	check_asked(&replies);
	check_rooms(&replies);
	check_lmtp(&replies);
	check_lmtp_in_part(&replies);
	check_tls_talks(&replies);
	check_protocols(&replies);
	check_domain_limits(&replies);
	check_edges(&replies);
	check_unmeasured(&replies);
	buffer_finish(&replies);
	return TEST_END();
}
