/* SPDX-License-Identifier: Apache-2.0 */
/*
 * headers.h — what the front wants to know of a message's headers while the bytes pass by.
 *
 * Knows:   how many Received headers there are (a loop shows there), and whether Date, From and
 *          Message-ID are present. The first empty line ends the headers.
 * Ignores: everything else: reading mail is for the locked room.
 * Owns:    the first bytes of one line.
 * Fails:   never.
 */
#ifndef FRONT_HEADERS_H
#define FRONT_HEADERS_H

#include "base/slice.h"

enum { HEADERS_NAME = 12 };
enum headers_seen { HEADERS_DATE = 1, HEADERS_FROM = 2, HEADERS_MESSAGE_ID = 4, HEADERS_RECEIVED = 8 };   /* bits */

struct headers {
	bool over, named;             /* named: this line's name is known, or it has none */
	unsigned seen, hops;
	size_t length;                /* of this line so far, CR apart */
	char name[HEADERS_NAME];
};

void headers_add(struct headers *headers, struct slice piece);    /* a zeroed struct headers is a new one */

#endif
