/* SPDX-License-Identifier: Apache-2.0 */
/* A short array, searched from its beginning: there are few warnings on a good day. */
#include "supervisor/warnings.h"

#include <string.h>

static void copy_printable(char *to, size_t size, struct slice from)
{
	struct slice head = slice_take(&from, size - 1);

	for (size_t i = 0; i < head.len; i++)
		to[i] = head.at[i] >= ' ' && head.at[i] <= '~' ? head.at[i] : '?';
	to[head.len] = '\0';
}

static void remove_at(struct warnings *warnings, size_t place)
{
	warnings->count--;
	memmove(&warnings->list[place], &warnings->list[place + 1],
		(warnings->count - place) * sizeof(warnings->list[0]));
}

static bool is_from(const struct warning *warning, const char *process, uint32_t instance)
{
	return strcmp(warning->process, process) == 0 && warning->instance == instance;
}

void warnings_set(struct warnings *warnings, const char *process, uint32_t instance, struct slice name,
                  struct slice text, int64_t now)
{
	struct warning fresh = { .process = process, .instance = instance, .since = now };
	size_t place = 0;

	copy_printable(fresh.name, sizeof(fresh.name), name);
	copy_printable(fresh.text, sizeof(fresh.text), text);
	while (place < warnings->count && !(is_from(&warnings->list[place], process, instance)
	                                    && strcmp(warnings->list[place].name, fresh.name) == 0))
		place++;
	if (place < warnings->count && text.len == 0) {
		remove_at(warnings, place);
	} else if (place < warnings->count) {
		fresh.since = warnings->list[place].since;
		warnings->list[place] = fresh;
	} else if (text.len && warnings->count < WARNINGS_MOST) {
		warnings->list[warnings->count++] = fresh;
	}
}

void warnings_forget(struct warnings *warnings, const char *process, uint32_t instance)
{
	for (size_t i = warnings->count; i-- > 0;)
		if (is_from(&warnings->list[i], process, instance))
			remove_at(warnings, i);
}
