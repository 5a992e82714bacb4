/* SPDX-License-Identifier: Apache-2.0 */
/* A row is something said by a process, and which warnings stand afterwards. */
#include "supervisor/warnings.h"

#include "base/test.h"

#include <string.h>

static const struct row {
	const char *about, *process;
	uint32_t instance;
	const char *name, *text;           /* no name: the process is gone */
	int64_t now;
	const char *stand;
} rows[] = {
	{ "nothing is taken back that was not said", "queue", 0, "disk", "", 1, "" },
	{ "a warning stands", "queue", 0, "disk", "is full", 2, "queue/0 disk: is full 2;" },
	{ "said again, it is as old as it was", "queue", 0, "disk", "is fuller", 3, "queue/0 disk: is fuller 2;" },
	{ "another instance has its own", "queue", 1, "disk", "is full", 4,
	  "queue/0 disk: is fuller 2;queue/1 disk: is full 4;" },
	{ "and another name", "queue", 0, "journal", "is slow", 5,
	  "queue/0 disk: is fuller 2;queue/1 disk: is full 4;queue/0 journal: is slow 5;" },
	{ "one is taken back", "queue", 1, "disk", "", 6, "queue/0 disk: is fuller 2;queue/0 journal: is slow 5;" },
	{ "what is not printable is not shown", "relay", 0, "a\nb", "\033[2J\xff", 7,
	  "queue/0 disk: is fuller 2;queue/0 journal: is slow 5;relay/0 a?b: ?[2J? 7;" },
	{ "a process that is gone takes its own along", "queue", 0, NULL, "", 8, "relay/0 a?b: ?[2J? 7;" },
	{ "and no others", "front", 0, NULL, "", 9, "relay/0 a?b: ?[2J? 7;" },
};

static void check_row(struct warnings *warnings, const struct row *row)
{
	char stand[1024] = "";
	size_t used = 0;

	if (row->name)
		warnings_set(warnings, row->process, row->instance, slice_of(row->name), slice_of(row->text), row->now);
	else
		warnings_forget(warnings, row->process, row->instance);
	for (size_t i = 0; i < warnings->count; i++) {
		const struct warning *one = &warnings->list[i];

		used += (size_t)snprintf(stand + used, sizeof(stand) - used, "%s/%u %s: %s %ld;", one->process,
					 one->instance, one->name, one->text, (long)one->since);
	}
	CHECK(strcmp(stand, row->stand) == 0, row->about);
}

static void set_many(struct warnings *warnings, unsigned from, unsigned to, const char *text)
{
	char name[16];

	for (unsigned i = from; i < to; i++) {
		(void)snprintf(name, sizeof(name), "w%u", i);
		warnings_set(warnings, "relay", 0, slice_of(name), slice_of(text), 1);
	}
}

static size_t mores(const struct warnings *warnings)
{
	size_t count = 0;

	for (size_t i = 0; i < warnings->count; i++)
		count += strcmp(warnings->list[i].name, "warnings") == 0;
	return count;
}

static void check_many(void)
{
	static struct warnings warnings;

	set_many(&warnings, 0, WARNINGS_MOST - 1, "x");
	CHECK(warnings.count == WARNINGS_MOST - 1 && mores(&warnings) == 0, "what has a place is remembered");
	set_many(&warnings, WARNINGS_MOST - 1, 2 * WARNINGS_MOST, "x");
	CHECK(warnings.count == WARNINGS_MOST && mores(&warnings) == 1, "the last place says that there are more");
	set_many(&warnings, 0, 2, "");
	CHECK(warnings.count == WARNINGS_MOST - 2 && mores(&warnings) == 1, "places come free");
	set_many(&warnings, 200, 210, "x");
	CHECK(warnings.count == WARNINGS_MOST && mores(&warnings) == 1, "and are taken");
	warnings_forget(&warnings, "relay", 0);
	CHECK(warnings.count == 0, "when all others are gone, there are no more");
}

static void check_lengths(void)
{
	static struct warnings warnings;
	char text[2 * WARNING_TEXT];

	memset(text, 'x', sizeof(text));
	warnings_set(&warnings, "relay", 0, (struct slice){ text, sizeof(text) }, (struct slice){ text, sizeof(text) },
		     1);
	CHECK(strlen(warnings.list[0].name) == WARNING_NAME - 1, "a long name is cut");
	CHECK(strlen(warnings.list[0].text) == WARNING_TEXT - 1, "and so is a long text");
	warnings_set(&warnings, "relay", 0, (struct slice){ text, sizeof(text) }, SLICE(""), 2);
	CHECK(warnings.count == 0, "and is taken back by the name that was cut");
}

int main(void)
{
	static struct warnings warnings;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&warnings, &rows[i]);
	check_many();
	check_lengths();
	return TEST_END();
}
