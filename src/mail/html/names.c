/* SPDX-License-Identifier: Apache-2.0 */
/* A table of fixed size, probed for a few places only: a page that is made to collide loses facts, not time. */
#include "mail/html/reading.h"

enum { PROBES = 16 };

static size_t place_of(struct slice name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
	return (hash ^ hash >> 16) % HTML_NAMES_MOST;
}

static struct html_name *probe(struct html_name *names, struct slice name)
{
	size_t place = place_of(name);

	for (size_t i = 0; i < PROBES; i++) {
		struct html_name *here = &names[(place + i) % HTML_NAMES_MOST];

		if (!here->ever || slice_same(here->name, name))
			return here;
	}
	return NULL;
}

struct html_name *html_names_place(struct html_page *page, struct slice name)
{
	struct html_name *here = probe(page->names, name);

	page->over = page->over || here == NULL;
	return here;
}

const struct html_name *html_find(const struct html_page *page, struct slice name)
{
	const struct html_name *here = probe(page->names, name);

	return here && here->ever ? here : NULL;
}
