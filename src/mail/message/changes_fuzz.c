/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message, and any changes of it: they can be written out, are as long as foretold, and what comes of it
 * can be read again; a wrapped original is in it byte for byte. */
#include "mail/message/changes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct part *nth_part(const struct message_view *view, unsigned nth)
{
	const struct part *part = view->first;

	for (unsigned i = 0; part && part->next && i < nth; i++)
		part = part->next;
	return part;
}

static void change(struct changes *changes, const struct message_view *view, unsigned char what)
{
	static const struct slice names[] = { LIT("Subject"), LIT("Content-Type"), LIT("X-A"), LIT("From") };
	const struct slice name = names[what >> 4 & 3], type = SLICE("text/plain; charset=utf-8");
	const struct part *part = nth_part(view, what >> 4);
	enum result result = OK;

	switch (what & 7) {
	case 0: result = changes_add_field(changes, SLICE("X-Top: yes")); break;
	case 1: result = changes_put_before(changes, name, SLICE("[x] ")); break;
	case 2: result = changes_set_field(changes, name, SLICE("text/plain")); break;
	case 3: changes_remove_fields(changes, name); break;
	case 4: result = part ? changes_replace_part(changes, part, type, SLICE("gone\n")) : OK; break;
	case 5: result = part ? changes_remove_part(changes, part) : OK; break;
	case 6: result = changes_add_part(changes, what >> 4 & 1, type, SLICE("m\xc3\xa4h")); break;
	default: result = changes_wrap(changes, SLICE("see below\n")); break;
	}
	if (result != OK && result != REFUSED)
		abort();
}

static void write_out(struct slice bytes, const struct edits *edits, struct buffer *to)
{
	struct edit_stretch stretch;
	struct edit_walk walk;

	edit_walk_init(&walk, edits, bytes.len);
	while (edit_walk_next(&walk, &stretch) == AGAIN)
		if (buffer_add(to, stretch.ours ? stretch.put
		                                : (struct slice){ bytes.at + stretch.from, (size_t)stretch.length }) != OK)
			abort();
}

static void read_again(struct slice bytes, const struct changes *changes, struct slice written)
{
	struct message_view view = { 0 };
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 32 << 20);
	if (message_read(written, &reader, DIGESTS_NONE, &view) == OK && view.first == NULL)
		abort();
	if (changes->wrapped && !changes->spans && !changes->content.at && bytes.len &&
	    memmem(written.at, written.len, bytes.at, bytes.len) == NULL)
		abort();
	arena_finish(&arena);
}

static void try(struct slice bytes, struct slice wanted, struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view = { 0 };
	struct changes changes;
	struct edits edits;
	struct buffer written;

	if (message_read(bytes, &reader, DIGESTS_NONE, &view) != OK || changes_begin(&changes, bytes, &view, &message_limits_standard, arena) != OK)
		return;
	for (size_t i = 0; i < wanted.len; i++)
		change(&changes, &view, (unsigned char)wanted.at[i]);
	if (changes_break(&changes) & ~(unsigned)SEAL_ALL || changes_finish(&changes, &edits) != OK)
		abort();
	buffer_init(&written, 64 << 20);
	write_out(bytes, &edits, &written);
	if (buffer_length(&written) != edits_length(&edits, bytes.len))
		abort();
	read_again(bytes, &changes, buffer_slice(&written));
	buffer_finish(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size }, wanted = slice_take(&bytes, 6);
	struct arena arena;

	arena_init(&arena, 64 << 20);
	try(bytes, wanted, &arena);
	arena_finish(&arena);
	return 0;
}
