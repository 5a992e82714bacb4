/* SPDX-License-Identifier: Apache-2.0 */
/* A setting is a row: what it is called, and whether it matters to what could be read. */
#include "cli/ceilings.h"

enum { SHOWN_MOST = 4096 };

static const struct { const char *name, *why; bool always; } rows[] = {
#define ROW(name, always) { #name, "inspect " #name " is another, and its bytes were not kept", always }
	ROW(mime_depth, true),   ROW(mime_parts, true),   ROW(mime_parameters, true), ROW(mime_boundary, true),
	ROW(header_bytes, true), ROW(header_count, true), ROW(header_longest, true),  ROW(addresses, true),
	ROW(memory, false),      ROW(cpu_limit, false),   ROW(inspect_limit, false),
#undef ROW
};

static bool same(const struct settings *was, const struct settings *will, const char *name)
{
	struct buffer one, other;
	bool is;

	buffer_init(&one, SHOWN_MOST);
	buffer_init(&other, SHOWN_MOST);
	is = settings_show(was, "inspect", name, &one) == OK && settings_show(will, "inspect", name, &other) == OK &&
	     slice_same(buffer_slice(&one), buffer_slice(&other));
	buffer_finish(&one);
	buffer_finish(&other);
	return is;
}

const char *ceilings_differ(const struct settings *was, const struct settings *will, bool unread)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if ((rows[i].always || unread) && !same(was, will, rows[i].name))
			return rows[i].why;
	return NULL;
}
