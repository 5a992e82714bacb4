/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h — under which keys an address is looked for in a table, the nearest first.
 *
 *   Anna+shop@Example.org  →  anna+shop@example.org, anna@example.org, anna+shop, anna, @example.org
 *
 * Knows:   subaddresses: user, a separator, detail (RFC 5233); that case does not matter to us.
 * Ignores: tables. A local part alone is a key of the domain whose setting names the table.
 * Owns:    its copy of the address.
 * Fails:   REFUSED for what is not local@domain, or is too long.
 */
#ifndef ACCESS_KEYS_H
#define ACCESS_KEYS_H

#include "base/slice.h"
#include "wire/front-access.h"

enum { KEYS_MOST = 5 };

struct keys {
	struct slice list[KEYS_MOST];
	bool without_detail[KEYS_MOST];        /* found by it, the values lack the detail */
	size_t count;
	struct slice domain, detail;           /* detail with its separator, in the case it came in; or empty */
	char whole[ACCESS_ADDRESS], user[ACCESS_ADDRESS], as_written[ACCESS_ADDRESS];
};

/* `separators`: each of its bytes is one. keys must stay where it is. */
must_use enum result keys_make(struct keys *keys, struct slice address, struct slice separators);

#endif
