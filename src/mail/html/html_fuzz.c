/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a page: what is told stands within what was read, and adds up. */
#include "mail/html/html.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizer sees one that is not there. */
static void touch(struct slice text)
{
	volatile char last = 0;

	for (size_t i = 0; i < text.len; i++)
		last = text.at[i];
	(void)last;
}

static void check(const struct html_page *page, size_t size)
{
	touch(page->text);
	touch(page->seen);
	touch(page->hidden);
	for (size_t i = 0; i < page->link_count; i++)
		touch(page->links[i].uri);
	for (size_t i = 0; i < page->anchor_count; i++)
		touch(page->anchors[i].text);
	for (size_t i = 0; i < page->titles.count; i++)
		touch(page->titles.list[i]);
	for (size_t i = 0; i < page->comments.count; i++)
		touch(page->comments.list[i]);
	if (page->seen.len + page->hidden.len != page->text.len || page->text.len > size || page->elements > page->tags ||
	    page->names_seen > page->tags || page->closed_extra > page->tags)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct html_page page;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	if (html_read((struct slice){ (const char *)data, size }, &arena, &page) != OK)
		abort();
	check(&page, size);
	arena_finish(&arena);
	return 0;
}
