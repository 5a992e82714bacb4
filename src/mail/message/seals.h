/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seals.h — what others have signed or encrypted in a message, so that it is known what a change would break.
 *
 * Knows:   DKIM-Signature fields and which fields they cover (RFC 6376, 3.5 h=); S/MIME and PGP parts (RFC 8551, 3156,
 *          1847), CMS and armoured PGP in other parts.
 * Ignores: whether a signature is good.
 * Owns:    nothing.
 * Fails:   never; what cannot be read as a signature covers nothing.
 */
#ifndef MESSAGE_SEALS_H
#define MESSAGE_SEALS_H

#include "mail/message/parts.h"

enum seal {                              /* bits */
	SEAL_DKIM_HEADER = 1, SEAL_DKIM_BODY = 2, SEAL_SMIME = 4, SEAL_PGP = 8,
	SEAL_DKIM = SEAL_DKIM_HEADER | SEAL_DKIM_BODY,
	SEAL_ALL = 15,
};

/* Of the whole message; SEAL_DKIM is there whole or not at all. */
unsigned seals_of(const struct message_view *view);
/* SEAL_SMIME, SEAL_PGP or both: by whom something in the message is encrypted, so that nobody here can read it. */
unsigned seals_encrypted(const struct message_view *view);
/* SEAL_SMIME, SEAL_PGP or 0: whose bytes this part's are. */
unsigned seal_of_part(const struct part *part);
/* In how many places fields of that name stand in h= of the signature that names it most often. */
size_t seals_cover(const struct headers *headers, struct slice name);
bool seals_have_dkim(const struct headers *headers);
/* The fields that signatures cover, one after the other; *place begins with 0; false: no more. */
bool seals_next_field(const struct headers *headers, size_t *place, struct slice *ret_name);
/* The word for one bit: "dkim-header", "dkim-body", "smime", "pgp". */
const char *seal_name(enum seal seal);

#endif
