/* SPDX-License-Identifier: Apache-2.0 */
/* Two copies in lower case, with and without the detail; every key is a stretch of one of them. */
#include "access/keys.h"

#include <string.h>

static void add(struct keys *keys, struct slice key, bool without_detail)
{
	keys->without_detail[keys->count] = without_detail;
	keys->list[keys->count++] = key;
}

static size_t last_at(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	return at ? at - 1 : address.len;
}

/* A separator in front is part of a name; a quoted name has no detail. */
static size_t user_length(struct slice local, struct slice separators)
{
	for (size_t i = 1; i < local.len && local.at[0] != '"'; i++)
		if (slice_has(separators, local.at[i]))
			return i;
	return local.len;
}

enum result keys_make(struct keys *keys, struct slice address, struct slice separators)
{
	size_t at = last_at(address), user;

	if (address.len == 0 || address.len > ACCESS_ADDRESS || at == 0 || at + 1 >= address.len)
		return REFUSED;
	*keys = (struct keys){ 0 };
	memcpy(keys->as_written, address.at, address.len);
	for (size_t i = 0; i < address.len; i++)
		keys->whole[i] = byte_lower(address.at[i]);
	user = user_length((struct slice){ keys->whole, at }, separators);
	memcpy(keys->user, keys->whole, user);
	memcpy(keys->user + user, keys->whole + at, address.len - at);
	keys->domain = (struct slice){ keys->whole + at + 1, address.len - at - 1 };
	keys->detail = (struct slice){ keys->as_written + user, at - user };
	add(keys, (struct slice){ keys->whole, address.len }, false);
	if (user < at)
		add(keys, (struct slice){ keys->user, address.len - (at - user) }, true);
	add(keys, (struct slice){ keys->whole, at }, false);
	if (user < at)
		add(keys, (struct slice){ keys->whole, user }, true);
	add(keys, (struct slice){ keys->whole + at, address.len - at }, false);
	return OK;
}
