/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations as rows: what the server says, what we must say, what becomes of each recipient. */
#include "relay/client.h"
#include "base/test.h"

#define LF "\r\n"
#define HELLO { "220 mx ready" LF, "EHLO us" LF }
#define LHELLO { "220 mx ready" LF, "LHLO us" LF }
#define PLAIN { "250 mx" LF, "" }
#define PIPED { "250-mx" LF "250-PIPELINING" LF "250-SIZE 1000" LF "250 8BITMIME" LF, "" }
#define CHUNKS { "250-mx" LF "250-PIPELINING" LF "250 CHUNKING" LF, "" }
#define SLOWER { "250-mx" LF "250 CHUNKING" LF, "" }
#define NAMED "MAIL FROM:<s@a>" LF "RCPT TO:<0@b>" LF "RCPT TO:<1@b>" LF
#define NOTED "MAIL FROM:<s@a> RET=HDRS ENVID=a+2Bb+3D" LF \
              "RCPT TO:<0@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+2B@b" LF "RCPT TO:<1@b>" LF "DATA" LF
#define ALL   "MAIL FROM:<s@a> SIZE=100" LF "RCPT TO:<0@b>" LF "RCPT TO:<1@b>" LF "DATA" LF

/* Instead of a server's words: things that happen on our side. */
#define BEGIN "(begin)"
#define EIGHT "(begin with 8 bits)"
#define SENT  "(content sent)"
#define CHUNK "(chunk sent)"
#define UTF   "(begin in UTF-8)"
#define GONE  "(gone)"
#define QUIT  "(quit)"
#define SHOOK "(the handshake is done)"
#define STARTTLS { "250-mx" LF "250-PIPELINING" LF "250-STARTTLS" LF "250 8BITMIME" LF, "STARTTLS" LF }
#define INSIDE { "220 go" LF, "" }, { SHOOK, "EHLO us" LF }
#define FIRST { BEGIN, "MAIL FROM:<s@a>" LF }

static const struct talk {
	const char *about;
	bool lmtp;
	const char *fates;             /* for each recipient: d(elivered) l(ater) f(ailed) -(open) */
	enum client_stage stage;       /* at the end */
	struct { const char *hear, *say; } turns[12];
} talks[] = {
	{ "one command at a time without pipelining", false, "dd", AT_REST,
	  { HELLO, PLAIN, { BEGIN, "MAIL FROM:<s@a>" LF }, { "250 ok" LF, "RCPT TO:<0@b>" LF },
	    { "250 ok" LF, "RCPT TO:<1@b>" LF }, { "250 ok" LF, "DATA" LF }, { "354 go" LF, "" }, { SENT, "" },
	    { "250 2.0.0 kept as 42" LF, "" } } },
	{ "all at once with pipelining", false, "dd", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { "354 go" LF, "" }, { SENT, "" },
	    { "250 done" LF, "" } } },
	{ "a greeting of many lines", false, "--", AT_REST,
	  { { "220-mx" LF "220-is" LF, "" }, { "220 here" LF, "EHLO us" LF }, PLAIN } },
	{ "replies may come byte by byte", false, "--", AT_REST,
	  { { "2", "" }, { "20 m", "" }, { "x\r", "" }, { "\n", "EHLO us" LF }, PLAIN } },
	{ "HELO where EHLO is unknown", false, "--", AT_REST,
	  { HELLO, { "502 what" LF, "HELO us" LF }, { "250 mx" LF, "" } } },
	{ "features of a refused EHLO do not count", false, "--", AT_MAIL,
	  { HELLO, { "502-PIPELINING" LF "502 PIPELINING" LF, "HELO us" LF }, { "250 mx" LF, "" },
	    { BEGIN, "MAIL FROM:<s@a>" LF } } },
	{ "no HELO in LMTP", true, "--", AT_END, { LHELLO, { "502 what" LF, "" } } },
	{ "turned away at the door", false, "--", AT_END, { { "554 not you" LF, "" } } },
	{ "turned away for now", false, "--", AT_END, { { "421 busy" LF, "" } } },
	{ "EHLO refused for now", false, "--", AT_END, { HELLO, { "450 busy" LF, "" } } },
	{ "dropped at EHLO", false, "--", AT_END, { HELLO, { GONE, "" } } },
	{ "garbage for a greeting", false, "--", AT_END, { { "SSH-2.0-OpenSSH" LF, "" } } },
	{ "a code that changes between lines", false, "--", AT_END, { { "220-mx" LF "221 mx" LF, "" } } },
	{ "a positive reply that is not the expected one", false, "--", AT_END, { { "354 go" LF, "" } } },

	{ "TLS may: where it is offered, and hello is said again", false, "--", AT_MAIL,
	  { HELLO, STARTTLS, INSIDE, PLAIN, FIRST } },
	{ "TLS may: what was offered outside is forgotten inside", false, "ll", AT_END,
	  { HELLO, STARTTLS, INSIDE, { "502 what" LF, "HELO us" LF }, { "250 mx" LF, "" }, FIRST, { GONE, "" } } },
	{ "TLS may: nobody asks for it twice", false, "--", AT_REST,
	  { HELLO, STARTTLS, INSIDE, { "250-mx" LF "250 STARTTLS" LF, "" } } },
	{ "TLS may: without it where it is not offered", false, "--", AT_MAIL, { HELLO, PLAIN, FIRST } },
	{ "TLS may: without it where it is refused", false, "--", AT_REST, { HELLO, STARTTLS, { "454 not now" LF, "" } } },
	{ "TLS may: text behind the 220 is not heard", false, "--", AT_END,
	  { HELLO, STARTTLS, { "220 go" LF "250-evil" LF "250 8BITMIME" LF, "" } } },
	{ "TLS may: half a line behind the 220 neither", false, "--", AT_END, { HELLO, STARTTLS, { "220 go" LF "2", "" } } },
	{ "once without TLS: who insists on it refuses nothing for good", false, "ll", AT_END,
	  { HELLO, PLAIN, FIRST, { "530 5.7.0 Must issue STARTTLS" LF, "" } } },
	{ "once without TLS: with pipelining neither", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "530 5.7.0 a" LF "503 b" LF "503 c" LF, "" } } },
	{ "once without TLS: 4xx to MAIL is as ever", false, "ll", AT_RSET,
	  { HELLO, PLAIN, FIRST, { "450 4.7.1 later" LF, "RSET" LF } } },
	{ "once without TLS: an unknown recipient is unknown", false, "f-", AT_RCPT,
	  { HELLO, PLAIN, FIRST, { "250 ok" LF, "RCPT TO:<0@b>" LF }, { "550 5.1.1 unknown" LF, "RCPT TO:<1@b>" LF } } },
	{ "TLS must: inside", false, "--", AT_MAIL, { HELLO, STARTTLS, INSIDE, PLAIN, FIRST } },
	{ "TLS must: not offered", false, "--", AT_END, { HELLO, PLAIN } },
	{ "TLS must: refused for now", false, "--", AT_END, { HELLO, STARTTLS, { "454 not now" LF, "" } } },
	{ "TLS must: refused for good", false, "--", AT_END, { HELLO, STARTTLS, { "502 what" LF, "" } } },
	{ "TLS must: an old server", false, "--", AT_END, { HELLO, { "502 what" LF, "HELO us" LF }, { "250 mx" LF, "" } } },
	{ "TLS must: in LMTP too", true, "--", AT_END, { LHELLO, PLAIN } },

	{ "MAIL refused: both failed, RSET", false, "ff", AT_REST,
	  { HELLO, PLAIN, { BEGIN, "MAIL FROM:<s@a>" LF }, { "550 no" LF, "RSET" LF }, { "250 ok" LF, "" } } },
	{ "MAIL refused for now", false, "ll", AT_RSET,
	  { HELLO, PLAIN, { BEGIN, "MAIL FROM:<s@a>" LF }, { "451 later" LF, "RSET" LF } } },
	{ "MAIL refused in a pipeline: the rest is heard, and means nothing", false, "ff", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "550 no" LF "250 b" LF "503 c" LF "503 d" LF, "RSET" LF },
	    { "250 ok" LF, "" } } },
	{ "MAIL refused, DATA accepted: a lone dot", false, "ff", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "550 no" LF "503 b" LF "503 c" LF "354 d" LF, "." LF },
	    { "554 nobody" LF, "" } } },
	{ "one recipient refused, one goes on", false, "fd", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "550 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 ok" LF, "" } } },
	{ "all refused, nothing pipelined: no DATA", false, "fl", AT_RSET,
	  { HELLO, PLAIN, { BEGIN, "MAIL FROM:<s@a>" LF }, { "250 ok" LF, "RCPT TO:<0@b>" LF },
	    { "550 no" LF, "RCPT TO:<1@b>" LF }, { "450 no" LF, "RSET" LF } } },
	{ "all refused in a pipeline, DATA refused: RSET", false, "ff", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "550 b" LF "550 c" LF "554 d" LF, "RSET" LF },
	    { "250 ok" LF, "" } } },
	{ "all refused in a pipeline, DATA accepted: a lone dot, and nobody got it", false, "ff", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "550 b" LF "550 c" LF "354 d" LF, "." LF },
	    { "250 empty mail kept" LF, "" } } },
	{ "too many recipients, said in the old way", false, "dl", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "552 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 ok" LF, "" } } },
	{ "DATA refused: both, by its reply", false, "ll", AT_RSET,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "451 d" LF, "RSET" LF } } },
	{ "250 for DATA is disorder, not an invitation", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "250 d" LF, "" } } },

	{ "refused after the dot", false, "ff", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "554 virus" LF, "" } } },
	{ "refused for now after the dot", false, "ll", AT_REST,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "452 full" LF, "" } } },
	{ "reset after the dot is not delivered", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" }, { GONE, "" } } },
	{ "goodbye after the dot is not delivered", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "421 bye" LF, "" } } },
	{ "250 before the content was sent is not delivered", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { "250 early" LF, "" } } },
	{ "250 glued behind the 354 is not delivered", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF "250 early" LF, "" } } },
	{ "a reply before its command", false, "ll", AT_END,
	  { HELLO, PLAIN, { BEGIN, "MAIL FROM:<s@a>" LF }, { "250 a" LF "250 b" LF, "" } } },
	{ "EHLO answered with the greeting", false, "--", AT_END, { { "220 mx" LF "250 mx" LF, "" } } },
	{ "a refusal in the middle of the content counts", false, "ff", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" },
	    { "552 too big" LF, "" } } },
	{ "goodbye in the middle of the content", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { "421 bye" LF, "" } } },
	{ "goodbye at RCPT", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "421 bye" LF, "" } } },
	{ "gone before the reply to MAIL, on a new connection", false, "ll", AT_END,
	  { HELLO, PIPED, { BEGIN, ALL }, { GONE, "" } } },
	{ "speaks while at rest", false, "--", AT_END, { HELLO, PLAIN, { "250 hello?" LF, "" } } },
	{ "says goodbye while at rest", false, "--", AT_END, { HELLO, PLAIN, { "421 idle" LF, "" } } },
	{ "our own goodbye", false, "--", AT_END, { HELLO, PLAIN, { QUIT, "QUIT" LF }, { "221 bye" LF, "" } } },
	{ "a server that is rude about it", false, "--", AT_END, { HELLO, PLAIN, { QUIT, "QUIT" LF }, { "500 no" LF, "" } } },

	{ "LMTP: a reply for each", true, "df", AT_REST,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 0" LF "550 1" LF, "" } } },
	{ "LMTP: replies for those who were accepted", true, "ld", AT_REST,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "450 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 1" LF, "" } } },
	{ "LMTP: full for one, and the other follows", true, "ld", AT_REST,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "421 0" LF "250 1" LF, "" } } },
	{ "LMTP: too few replies", true, "dl", AT_END,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 0" LF, "" }, { GONE, "" } } },
	{ "LMTP: too many replies change nothing", true, "df", AT_END,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" },
	    { "250 0" LF "550 1" LF "250 2" LF, "" } } },
	{ "LMTP: nobody accepted but DATA: leave", true, "ff", AT_END,
	  { LHELLO, PIPED, { BEGIN, ALL }, { "250 a" LF "550 b" LF "550 c" LF "354 d" LF, "" } } },

	{ "BDAT where it is offered: the replies to RCPT come first", false, "dd", AT_REST,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF, "" }, { "250 c" LF, "" }, { CHUNK, "" },
	    { "250 taken" LF, "" }, { SENT, "" }, { "250 kept" LF, "" } } },
	{ "BDAT: many chunks on their way", false, "dd", AT_REST,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" }, { CHUNK, "" },
	    { SENT, "" }, { "250 1" LF "250 2" LF, "" }, { "250 kept" LF, "" } } },
	{ "BDAT: a chunk's reply is not the message's", false, "ll", AT_END,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" }, { SENT, "" },
	    { "250 1" LF, "" }, { GONE, "" } } },
	{ "BDAT: 250 before the last chunk went is not delivered", false, "ll", AT_END,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" },
	    { "250 1" LF "250 early" LF, "" } } },
	{ "BDAT: a chunk refused", false, "ff", AT_END,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" },
	    { "552 too much" LF, "" } } },
	{ "BDAT: a chunk refused after the last has gone", false, "ll", AT_END,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" }, { SENT, "" },
	    { "451 no" LF, "" } } },
	{ "BDAT: 354 is no answer to a chunk", false, "ll", AT_END,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" },
	    { "354 go on" LF, "" } } },
	{ "BDAT: all refused, no content", false, "fl", AT_RSET,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "550 b" LF "450 c" LF, "RSET" LF } } },
	{ "BDAT: MAIL refused", false, "ff", AT_RSET,
	  { HELLO, CHUNKS, { BEGIN, NAMED }, { "550 a" LF "503 b" LF "503 c" LF, "RSET" LF } } },
	{ "BDAT without pipelining", false, "df", AT_REST,
	  { HELLO, SLOWER, { BEGIN, "MAIL FROM:<s@a>" LF }, { "250 a" LF, "RCPT TO:<0@b>" LF },
	    { "250 b" LF, "RCPT TO:<1@b>" LF }, { "550 c" LF, "" }, { CHUNK, "" }, { "250 1" LF, "" }, { SENT, "" },
	    { "250 kept" LF, "" } } },
	{ "BDAT in LMTP: a reply for each after the last", true, "df", AT_REST,
	  { LHELLO, CHUNKS, { BEGIN, NAMED }, { "250 a" LF "250 b" LF "250 c" LF, "" }, { CHUNK, "" }, { SENT, "" },
	    { "250 1" LF, "" }, { "250 0" LF "550 1" LF, "" } } },

	{ "DSN where it is offered: asked for, and passed on", false, "pp", AT_REST,
	  { HELLO, { "250-mx" LF "250-PIPELINING" LF "250 DSN" LF, "" }, { BEGIN, NOTED },
	    { "250 a" LF "250 b" LF "250 c" LF "354 d" LF, "" }, { SENT, "" }, { "250 ok" LF, "" } } },

	{ "XFORWARD before each letter, with what the server knows", false, "--", AT_MAIL,
	  { HELLO, { "250-mx" LF "250-PIPELINING" LF "250 XFORWARD NAME ADDR HELO SOURCE" LF, "" },
	    { BEGIN, "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 HELO=x+3Dy" LF }, { "250 ok" LF, NAMED "DATA" LF } } },
	{ "XFORWARD refused: the mail goes all the same", false, "--", AT_MAIL,
	  { HELLO, { "250-mx" LF "250 XFORWARD NAME" LF, "" }, { BEGIN, "XFORWARD NAME=[UNAVAILABLE]" LF },
	    { "550 no" LF, "MAIL FROM:<s@a>" LF } } },
	{ "XCLIENT: the conversation begins anew", false, "--", AT_MAIL,
	  { HELLO, { "250-mx" LF "250 XCLIENT ADDR PROTO" LF, "" },
	    { BEGIN, "XCLIENT ADDR=IPV6:2001:db8::1 PROTO=ESMTP" LF }, { "220 mx" LF, "EHLO us" LF },
	    { "250 mx" LF, "MAIL FROM:<s@a>" LF } } },
	{ "XCLIENT refused: the mail waits", false, "ll", AT_END,
	  { HELLO, { "250-mx" LF "250 XCLIENT ADDR" LF, "" }, { BEGIN, "XCLIENT ADDR=IPV6:2001:db8::1" LF },
	    { "550 no" LF, "" } } },

	{ "UTF-8 where it is offered", false, "--", AT_MAIL,
	  { HELLO, { "250-mx" LF "250-8BITMIME" LF "250 SMTPUTF8" LF, "" }, { UTF, "MAIL FROM:<s@a> SMTPUTF8" LF } } },
	{ "UTF-8 where it is not", false, "ff", AT_REST, { HELLO, PLAIN, { UTF, "" } } },

	{ "silence and odd bytes are no replies: NUL", false, "--", AT_END, { { "220 mx" LF, "EHLO us" LF }, { "2", "" },
	    { "5" LF, "" } } },
	{ "a bare CR is a part of the text", false, "--", AT_EHLO, { { "220 m\rx" LF, "EHLO us" LF } } },
	{ "a bare LF ends a line of theirs", false, "--", AT_EHLO, { { "220 mx\n", "EHLO us" LF } } },
	{ "a number alone", false, "--", AT_END, { { "2" LF, "" } } },
	{ "a code without a text", false, "--", AT_EHLO, { { "220" LF, "EHLO us" LF } } },
	{ "a code that is none", false, "--", AT_END, { { "199 x" LF, "" } } },
	{ "a code beyond", false, "--", AT_END, { { "600 x" LF, "" } } },
	{ "no space behind the code", false, "--", AT_END, { { "220_x" LF, "" } } },

	{ "8 bits where they are offered", false, "--", AT_MAIL,
	  { HELLO, PIPED, { EIGHT, "MAIL FROM:<s@a> SIZE=100 BODY=8BITMIME" LF "RCPT TO:<0@b>" LF "RCPT TO:<1@b>" LF
	                           "DATA" LF } } },
	{ "8 bits where they are not", false, "ff", AT_REST, { HELLO, PLAIN, { EIGHT, "" } } },
	{ "larger than SIZE", false, "ff", AT_REST, { HELLO, { "250-mx" LF "250 SIZE 99" LF, "" }, { BEGIN, "" } } },
	{ "SIZE without a number, and SIZE 0, are no limit", false, "--", AT_MAIL,
	  { HELLO, { "250-mx" LF "250 SIZE 0" LF, "" }, { BEGIN, "MAIL FROM:<s@a> SIZE=100" LF } } },
};

struct scene {
	struct client client;
	char fates[3];
	char reply[2][RELAY_REPLY];
	unsigned settled;
};

static void note(void *owner, size_t which, enum relay_outcome outcome, struct slice reply)
{
	static const char letters[] = { [RELAY_DELIVERED] = 'd', [RELAY_DEFERRED] = 'l', [RELAY_FAILED] = 'f',
	                                [RELAY_BUSY] = 'b', [RELAY_RELAYED] = 'd', [RELAY_PASSED_ON] = 'p' };
	struct scene *scene = owner;

	scene->fates[which] = letters[outcome];
	memcpy(scene->reply[which], reply.at, reply.len < RELAY_REPLY ? reply.len : RELAY_REPLY);
	scene->settled++;
}

static void happen(struct client *client, struct client_letter *letter, const char *what)
{
	if (strcmp(what, BEGIN) == 0 || strcmp(what, EIGHT) == 0 || strcmp(what, UTF) == 0) {
		letter->eight_bit = strcmp(what, EIGHT) == 0;
		letter->utf8 = strcmp(what, UTF) == 0;
		client_begin(client, letter);
	} else if (strcmp(what, CHUNK) == 0) {
		CHECK(client_wants_chunks(client) && client_takes_chunk(client), "a chunk is taken now");
		client_chunk_sent(client);
		CHECK(client_takes_chunk(client) == client_offers(client, CLIENT_PIPELINING), "one at a time, or many");
	} else if (strcmp(what, SENT) == 0) {
		client_content_sent(client);
	} else if (strcmp(what, SHOOK) == 0) {
		CHECK(client->stage == AT_SHAKING, "a handshake was due");
		client_secured(client);
	} else if (strcmp(what, GONE) == 0) {
		client_gone(client, SLICE("451 4.4.2 gone"));
	} else if (strcmp(what, QUIT) == 0) {
		client_quit(client);
	} else {
		client_bytes(client, slice_of(what));
	}
}

static void try_talk(const struct talk *talk)
{
	struct scene scene = { .fates = "--" };
	struct client_recipient recipients[] = {
		{ .address = SLICE("0@b"), .notify = NOTIFY_SUCCESS | NOTIFY_DELAY, .original = SLICE("rfc822;o+@b") },
		{ .address = SLICE("1@b"), .original = SLICE("no type") },
	};
	struct client_letter letter = { .sender = SLICE("s@a"), .size = 100, .recipients = recipients, .count = 2,
	                                .envelope_id = SLICE("a+b="), .ret_headers = true,
	                                .origin = { .address = SLICE("2001:db8::1"), .helo = SLICE("x=y"),
	                                            .protocol = SLICE("ESMTP") } };

	client_init(&scene.client, talk->lmtp, SLICE("us"), note, &scene);
	scene.client.tells = strncmp(talk->about, "XF", 2) == 0 ? TELLS_BY_XFORWARD : strncmp(talk->about, "XC", 2) == 0 ?
	                     TELLS_BY_XCLIENT : TELLS_NOBODY;
	scene.client.wants_tls = strncmp(talk->about, "TLS", 3) == 0;
	scene.client.plain_for_once = strncmp(talk->about, "once", 4) == 0;
	scene.client.needs_tls = strncmp(talk->about, "TLS must", 8) == 0;
	for (size_t turn = 0; turn < 12 && talk->turns[turn].hear; turn++) {
		happen(&scene.client, &letter, talk->turns[turn].hear);
		CHECK(slice_same(buffer_slice(&scene.client.out), slice_of(talk->turns[turn].say)), talk->about);
		buffer_clear(&scene.client.out);
	}
	CHECK(strcmp(scene.fates, talk->fates) == 0, talk->about);
	CHECK(scene.client.stage == talk->stage, talk->about);
	CHECK(scene.settled <= 2, talk->about);
	client_finish(&scene.client);
}

/* A connection that was used before and ends at MAIL hands the letter back. */
static void hand_back(void)
{
	struct scene scene = { .fates = "--" };
	struct client_recipient recipients[] = { { .address = SLICE("0@b") } };
	struct client_letter letter = { .size = 1, .recipients = recipients, .count = 1 };

	client_init(&scene.client, false, SLICE("us"), note, &scene);
	client_bytes(&scene.client, SLICE("220 mx\r\n"));
	client_bytes(&scene.client, SLICE("250 mx\r\n"));
	client_begin(&scene.client, &letter);
	client_bytes(&scene.client, SLICE("450 no\r\n"));
	client_bytes(&scene.client, SLICE("250 ok\r\n"));
	CHECK(scene.fates[0] == 'l', "the first letter has its reply");
	scene.fates[0] = '-';
	client_begin(&scene.client, &letter);
	client_bytes(&scene.client, SLICE("421 4.7.0 that was enough\r\n"));
	CHECK(scene.client.handed_back && scene.fates[0] == '-', "the second is handed back");
	CHECK(scene.client.ending_length == 25, "and the reason is kept");
	client_finish(&scene.client);
}

static const struct address_row { const char *about; struct slice address; char fate; } addresses[] = {
	{ "a line end in an address never becomes a command", LIT("a@b>\r\nRCPT TO:<c@d"), 'f' },
	{ "a NUL neither", LIT("a\0@b"), 'f' },
	{ "nor nothing at all", LIT(""), 'f' },
	{ "8 bits that were not agreed", LIT("\xc3\xa4@b"), 'f' },
	{ "a quoted local part is an address", LIT("\"a b\"@c"), '-' },
};

static void try_addresses(void)
{
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct scene scene = { .fates = "--" };
		struct client_recipient recipients[] = { { .address = addresses[i].address } };
		struct client_letter letter = { .size = 1, .recipients = recipients, .count = 1 };

		client_init(&scene.client, false, SLICE("us"), note, &scene);
		client_bytes(&scene.client, SLICE("220 mx\r\n"));
		client_bytes(&scene.client, SLICE("250 mx\r\n"));
		buffer_clear(&scene.client.out);
		client_begin(&scene.client, &letter);
		CHECK(scene.fates[0] == addresses[i].fate, addresses[i].about);
		CHECK((buffer_length(&scene.client.out) > 0) == (addresses[i].fate == '-'), addresses[i].about);
		client_finish(&scene.client);
	}
}

static void endless(void)
{
	struct scene scene = { .fates = "--" };

	client_init(&scene.client, false, SLICE("us"), note, &scene);
	for (unsigned i = 0; i < 1000; i++)
		client_bytes(&scene.client, SLICE("220-more\r\n"));
	CHECK(scene.client.stage == AT_END, "an endless reply ends the conversation");
	client_finish(&scene.client);
	client_init(&scene.client, false, SLICE("us"), note, &scene);
	for (unsigned i = 0; i < 10000; i++)
		client_bytes(&scene.client, SLICE("x"));
	CHECK(scene.client.stage == AT_END, "an endless line too");
	client_finish(&scene.client);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(talks); i++)
		try_talk(&talks[i]);
	hand_back();
	try_addresses();
	endless();
	return TEST_END();
}
