/* SPDX-License-Identifier: Apache-2.0 */
/* A short array, searched from its beginning: there are few warnings on a good day. */
#include "supervisor/warnings.h"

#include <string.h>

#define MORE_PROCESS "supervisor"

static void copy_printable(char *to, size_t size, struct slice from)
{
	struct slice head = slice_take(&from, size - 1);

	for (size_t i = 0; i < head.len; i++)
		to[i] = head.at[i] >= ' ' && head.at[i] <= '~' ? head.at[i] : '?';
	to[head.len] = '\0';
}

static bool is_more(const struct warning *warning)
{
	return strcmp(warning->process, MORE_PROCESS) == 0;
}

static void remove_at(struct warnings *warnings, size_t place)
{
	warnings->count--;
	memmove(&warnings->list[place], &warnings->list[place + 1],
		(warnings->count - place) * sizeof(warnings->list[0]));
	if (warnings->count == 1 && is_more(&warnings->list[0]))
		warnings->count = 0;
}

/* One place is left for saying that there are more, which holds until all others are gone. */
static void add(struct warnings *warnings, const struct warning *fresh)
{
	bool said = false;

	for (size_t i = 0; i < warnings->count; i++)
		said |= is_more(&warnings->list[i]);
	if (said ? warnings->count < WARNINGS_MOST : warnings->count < WARNINGS_MOST - 1)
		warnings->list[warnings->count++] = *fresh;
	else if (!said)
		warnings->list[warnings->count++] = (struct warning){
			.process = MORE_PROCESS, .since = fresh->since, .name = "warnings",
			.text = "there are more than can be remembered",
		};
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
	} else if (text.len) {
		add(warnings, &fresh);
	}
}

void warnings_forget(struct warnings *warnings, const char *process, uint32_t instance)
{
	for (size_t i = warnings->count; i-- > 0;)
		if (is_from(&warnings->list[i], process, instance))
			remove_at(warnings, i);
}
