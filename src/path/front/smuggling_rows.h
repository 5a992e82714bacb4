/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smuggling_rows.h — for tests: what some server has taken for the end of data, and where it may stand.
 *
 * Knows:   the sequences, the places, the hidden message, the rules of the house it is sent to.
 * Ignores: how it is sent: smuggling_test.c, smuggling_tls_test.c.
 * Owns:    nothing.
 */
#ifndef FRONT_SMUGGLING_ROWS_H
#define FRONT_SMUGGLING_ROWS_H

#include "front/front_bench.h"

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = 100000, .recipients = 100, .null_sender_recipients = 1, .errors = 1000, .hops = 50,
	.room = ROOM_FREE,
};

#define HIDDEN "MAIL FROM:<smuggler@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nSubject: h\r\n\r\nh\r\n"

/* Refused: in DATA from strangers, since it has a bare CR, a bare LF or NUL; of those we trust they are put right. */
static const struct sequence {
	const char *about;
	struct slice bytes;
	bool refused, ends;               /* ends: by a legal CR LF . CR LF of its own */
} sequences[] = {
	{ "LF . LF", LIT("\n.\n"), true, false },
	{ "LF . CR LF", LIT("\n.\r\n"), true, false },
	{ "CR LF . LF", LIT("\r\n.\n"), true, false },
	{ "CR . CR", LIT("\r.\r"), true, false },
	{ "CR . CR LF", LIT("\r.\r\n"), true, false },
	{ "CR LF . CR", LIT("\r\n.\r"), true, false },
	{ "LF . CR", LIT("\n.\r"), true, false },
	{ "CR . LF", LIT("\r.\n"), true, false },
	{ "CR CR LF . CR CR LF", LIT("\r\r\n.\r\r\n"), true, false },
	{ "CR LF . CR CR LF", LIT("\r\n.\r\r\n"), true, false },
	{ "CR CR LF . CR LF", LIT("\r\r\n.\r\n"), true, true },
	{ "CR LF NUL . CR LF", LIT("\r\n\0.\r\n"), true, false },
	{ "LF NUL . CR LF", LIT("\n\0.\r\n"), true, false },
	{ "CR LF . NUL CR LF", LIT("\r\n.\0\r\n"), true, false },
	{ "CR LF .. CR LF", LIT("\r\n..\r\n"), false, false },
	{ "CR LF . space CR LF", LIT("\r\n. \r\n"), false, false },
	{ "CR LF space . CR LF", LIT("\r\n .\r\n"), false, false },
	{ "VT . VT", LIT("\v.\v"), false, false },
	{ "NEL . NEL, as one byte", LIT("\x85.\x85"), false, false },
	{ "U+2028 . U+2028", LIT("\xe2\x80\xa8.\xe2\x80\xa8"), false, false },
	{ "the end itself", LIT("\r\n.\r\n"), false, true },
};

static const struct place {
	const char *about;
	struct slice before;
} places[] = {
	{ "as first bytes", LIT("") },
	{ "in the head", LIT("Subject: x") },
	{ "behind the empty line", LIT("Subject: x\r\n\r\n") },
	{ "in the body", LIT("Subject: x\r\n\r\nbody") },
};

/* The whole text of one case. */
static inline void smuggling_text(const struct sequence *sequence, const struct place *place, struct buffer *ret_all)
{
	buffer_init(ret_all, 4096);
	CHECK(buffer_add(ret_all, place->before) == OK && buffer_add(ret_all, sequence->bytes) == OK &&
	      buffer_add(ret_all, SLICE(HIDDEN ".\r\n")) == OK, "room");
}

/* What was said by DATA, and how it must end: refused, or one message. */
static inline void smuggling_judge(struct bench *bench, const struct sequence *sequence, const char *about)
{
	bool refused = sequence->refused && !(bench->who & SESSION_TRUSTED);

	CHECK(sequence->ends || !bench->hidden, about);
	CHECK(!bench->foul, sequence->about);
	CHECK(sequence->ends || bench->deposits == (refused ? 0 : 1), sequence->about);
	CHECK(slice_begins(buffer_slice(&bench->heard), refused ? SLICE("550 5.6.0") : SLICE("250 2.0.0 accepted")),
	      sequence->about);
}

#endif
