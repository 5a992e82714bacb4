/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h — a command line of SMTP, cut into its parts (RFC 5321 4.1.1, RFC 1870, 3030, 3461, 6152, 6531).
 *
 * Knows:   verbs, MAIL and RCPT with their parameters, xtext (RFC 3461 4).
 * Ignores: whether the command is allowed now; that is the session's table.
 * Owns:    nothing: slices point into the line.
 * Fails:   REFUSED, or LATER when the arena is full, with the reply to give in `ret_reply` ("501 5.5.4 …").
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "base/arena.h"
#include "mail/smtp/address.h"

struct mail_command {
	struct address sender;
	uint64_t size;                     /* SIZE=, 0: not said */
	bool eight_bit, utf8, ret_full, ret_headers;
	struct slice envelope_id;          /* decoded xtext, in the arena */
};

struct rcpt_command {
	struct address recipient;
	uint8_t notify;                    /* bits of envelope_notify */
	struct slice original;             /* ORCPT as `type;address`, decoded, in the arena */
};

/* `argument` is what follows "MAIL" or "RCPT" and a space. Parameters that were not offered
 * (bits of COMMAND_*) are answered 555. */
enum { COMMAND_SIZE = 1, COMMAND_BODY = 2, COMMAND_UTF8 = 4, COMMAND_DSN = 8 };
must_use enum result command_mail(struct slice argument, unsigned offered, struct arena *arena,
                                  struct mail_command *ret_mail, const char **ret_reply);
/* `utf8`: the message's sender asked for SMTPUTF8. */
must_use enum result command_rcpt(struct slice argument, unsigned offered, bool utf8, struct arena *arena,
                                  struct rcpt_command *ret_rcpt, const char **ret_reply);
/* What follows "BDAT" and a space. OK with a reply: the length is known, and so many bytes follow, but the command is
 * wrong. REFUSED: the length is not known, so what follows cannot be told from commands. No reply: NULL. */
struct bdat_command {
	uint64_t size;
	bool last;
};
must_use enum result command_bdat(struct slice argument, struct bdat_command *ret_bdat, const char **ret_reply);
/* The argument of HELO, EHLO, LHLO: a domain or address literal; lenient as clients are, but
 * printable ASCII and at most 255 bytes. */
must_use enum result command_helo(struct slice argument);

#endif
