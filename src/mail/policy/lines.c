/* SPDX-License-Identifier: Apache-2.0 */
/* Measured first, then copied. */
#include "mail/policy/lines.h"

#include <string.h>

enum result lines_join(struct arena *arena, const struct list *lines, struct slice *ret_text)
{
	size_t length = 0, used = 0;
	char *whole;

	for (size_t i = 0; i < lines->count; i++)
		length += lines->items[i].len + 1;
	whole = arena_take(arena, length);
	if (whole == NULL)
		return LATER;
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->items[i].len)
			memcpy(whole + used, lines->items[i].at, lines->items[i].len);
		used += lines->items[i].len;
		whole[used++] = '\n';
	}
	*ret_text = (struct slice){ whole, used };
	return OK;
}
