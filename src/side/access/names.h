/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h — the addresses of next hops, asked of the resolver.
 *
 * Knows:   A first, AAAA where there is none.
 * Ignores: the wire (wire/resolve.h).
 * Owns:    nothing. A question is its asker's.
 * Fails:   no wire, no such name, no answer: no addresses.
 */
#ifndef ACCESS_NAMES_H
#define ACCESS_NAMES_H

#include "wire/resolve.h"

#include <netinet/in.h>

enum { NAMES_ADDRESSES = 4 };

struct names_found {
	struct in6_addr addresses[NAMES_ADDRESSES];
	size_t count;
	bool secure;                           /* all that led to them was signed, and validated */
};

struct name_question {
	struct resolve *resolve;
	struct question question;
	struct slice name;                     /* until the answer */
	enum dns_type type;
	/* Once, and never from within names_ask(). */
	void (*answered)(struct name_question *question, const struct names_found *found);
};

void names_ask(struct name_question *question);
void names_forget(struct name_question *question);     /* safe when nothing is asked */

#endif
