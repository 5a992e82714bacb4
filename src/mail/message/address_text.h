/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_text.h — the lexical side of addresses (RFC 5322, 3.2): quotes, comments, brackets, words (inside
 *                  mail/message only).
 *
 * Knows:   where a mailbox ends, what of it stands in angle brackets, in comments, in neither.
 * Ignores: which of it is the address: addresses.c.
 * Owns:    nothing; what is rewritten stands in the arena.
 * Fails:   LATER: the arena is full. A quote, comment or bracket that is not closed is taken for a letter.
 */
#ifndef MESSAGE_ADDRESS_TEXT_H
#define MESSAGE_ADDRESS_TEXT_H

#include "mail/message/addresses.h"

/* text: as written. angle: within the first brackets. phrase: what is neither in brackets nor a comment, without
 * quotes; bare: the same with them. comment: the last. */
struct mailbox {
	struct slice text, angle, phrase, bare, comment;
	unsigned angles;
};

struct address_text {
	struct slice rest;
	char *room;                              /* for phrase and bare of all mailboxes */
	unsigned unclosed;                       /* kinds of bracket that nobody closes from here on */
	unsigned faults;
};

must_use enum result address_text_init(struct address_text *text, struct arena *arena);
/* The next mailbox, with the comma, semicolon or colon behind it cut off. */
void address_mailbox(struct address_text *text, struct mailbox *ret_mailbox);
/* Behind the quoted string, comment, bracket, escaped byte or plain byte at `at`; 0: a bracket without its end, whose kind
 * is then in `unclosed` and not looked at again. */
size_t address_stretch(struct slice text, size_t at, unsigned *unclosed);
/* Of the first "@" outside of quotes; SIZE_MAX: there is none. */
size_t address_at(struct slice text);
/* The next word between blanks, cut off; blanks within quotes belong to it. Empty: there is none. */
struct slice address_word(struct slice *rest);
/* Without the blanks that the obsolete grammar allows around dots and "@". */
must_use enum result address_join(struct arena *arena, struct slice text, struct slice *ret_text);
/* As addresses.h has it; empty: it is none. */
must_use enum result address_plain(struct arena *arena, struct slice text, struct slice *ret_address, unsigned *faults);

#endif
