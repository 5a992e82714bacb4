/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is there is meant as a file. An id is asked for where its message is, then where it was judged. */
#include "cli/explain.h"

#include "cli/ask.h"
#include "cli/config.h"
#include "cli/kept.h"
#include "cli/report.h"
#include "cli/scan.h"
#include "cli/spooled.h"
#include "mail/smtp/smtp.h"
#include "wire/control.h"

#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

enum { FOUND_MEMORY = 64 << 20, TRACE_LIMIT = 64 << 20, STATUS_UNKNOWN = 1, STATUS_UNREAD = 2 };

struct found {
	bool is;
	bool unread;                             /* not all of the message log could be read, which was complained of */
	const char *where;
	struct arena arena;
	struct slice envelope, judgement;
};

static enum result take_kept(void *own_found, const struct kept_judgement *kept)
{
	struct found *found = own_found;

	arena_reset(&found->arena);              /* a later judgement takes the place of an earlier one */
	found->is = true;
	found->where = kept->late ? "the message log, judged after it was kept" : "the message log";
	TRY(arena_keep(&found->arena, kept->envelope, &found->envelope));
	return arena_keep(&found->arena, kept->judgement, &found->judgement);
}

static void find_spooled(struct found *found, struct slice run, const char *room, const char *id)
{
	struct slice envelope, judgement;
	struct buffer bytes;

	buffer_init(&bytes, FOUND_MEMORY);
	if (spooled_judged(run, room, id, &bytes, &envelope, &judgement) == OK &&
	    arena_keep(&found->arena, envelope, &found->envelope) == OK &&
	    arena_keep(&found->arena, judgement, &found->judgement) == OK) {
		found->is = true;
		found->where = room;
	}
	buffer_finish(&bytes);
}

static void find(struct found *found, struct places *places, const char *id)
{
	struct kept_walk walk = { .key = id, .each = take_kept, .owner = found };
	static const char *const rooms[] = { "queue", "quarantine" };

	for (size_t i = 0; i < COUNT_OF(rooms) && !found->is; i++)
		find_spooled(found, places->gateway.run.is, rooms[i], id);
	if (found->is)
		return;
	if (kept_walk(&walk, places) != OK) {
		found->is = false;
		found->unread = true;
	}
	found->unread = found->unread || walk.unread_files > 0;
}

/* Where it is now, as `queue show` or `quarantine show` say. */
static bool show_place(struct slice run, const char *id)
{
	const char *const queue[] = { "queue", "show", id, NULL }, *const quarantine[] = { "quarantine", "show", id, NULL };

	return ask_quietly(run, CONTROL_QUEUE, 3, queue) == EX_OK || ask_quietly(run, CONTROL_QUEUE, 3, quarantine) == EX_OK;
}

static int print_trace(const struct found *found, struct places *places, const char *id, bool json)
{
	const struct report report = { .file = id, .judged = true, .payload = found->judgement, .envelope = found->envelope,
		                       .settings = &places->settings };
	struct buffer text;
	enum result result;

	buffer_init(&text, TRACE_LIMIT);
	result = (json ? report_trace_json : report_trace)(&report, &text);
	if (result == OK)
		(void)fwrite(buffer_slice(&text).at, 1, buffer_length(&text), stdout);
	else
		complain("%s: what was kept of it cannot be read", id);
	buffer_finish(&text);
	return result == OK && fflush(stdout) == 0 ? EX_OK : 2;
}

/* It may stand in what could not be read. */
static int nobody_knows(const struct found *found, const char *id)
{
	if (found->unread) {
		complain("%s: neither the queue nor the quarantine knows it, and the message log could not be read whole", id);
		return STATUS_UNREAD;
	}
	complain("%s: neither the queue nor the quarantine nor the message log knows it", id);
	return STATUS_UNKNOWN;
}

static int explain_id(struct places *places, const char *id, bool json)
{
	struct found found = { 0 };
	bool there;
	int status = STATUS_UNKNOWN;

	if (config_load(places, true) != OK)
		return EX_CONFIG;
	arena_init(&found.arena, FOUND_MEMORY);
	there = !json && show_place(places->gateway.run.is, id);
	find(&found, places, id);
	if (found.is)
		status = print_trace(&found, places, id, json);
	else if (there)
		status = EX_OK;                  /* not judged yet */
	else
		status = nobody_knows(&found, id);
	arena_finish(&found.arena);
	return status;
}

/* Of the words, the one that is an id and no file; NULL: files are meant. */
static const char *id_among(int count, char **words, bool *ret_json)
{
	const char *id = NULL;
	struct stat about;

	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], "--json") == 0)
			*ret_json = true;
		else if (id || !message_id_valid(slice_of(words[i])) || stat(words[i], &about) == 0)
			return NULL;
		else
			id = words[i];
	}
	return id;
}

int explain_main(struct places *places, int count, char **words)
{
	bool json = false;
	const char *id = id_among(count, words, &json);

	return id ? explain_id(places, id, json) : explain_paths(places, count, words);
}
