/* SPDX-License-Identifier: Apache-2.0 */
/* A CR is held back until its LF is seen, so that a bare one is never written; plain runs are copied whole. */
#include "relay/transmit.h"

#include <string.h>

struct sink { char *at; size_t left; };

void transmit_init(struct transmit *transmit, const struct transmit_plan *plan)
{
	transmit->plan = *plan;
	transmit->now = plan->steps ? (struct slice){ 0 } : plan->head;
	transmit->source = plan->head;
	sevenbit_write_init(&transmit->convert, plan->steps);
	transmit->from = transmit->left = 0;
	transmit->after_cr = transmit->inside_line = transmit->walked = transmit->ended = false;
	transmit->failure = edits_check(plan->edits, plan->length) == OK ? OK : LATER;
	edit_walk_init(&transmit->walk, plan->edits, plan->length);
}

uint64_t transmit_size(const struct transmit_plan *plan)
{
	return plan->head.len + edits_length(plan->edits, plan->length);
}

static enum result next_block(struct transmit *transmit, struct slice *to)
{
	size_t size = transmit->left < TRANSMIT_BLOCK ? (size_t)transmit->left : TRANSMIT_BLOCK;

	TRY(transmit->plan.read(transmit->plan.source, transmit->from, transmit->block, size));
	transmit->from += size;
	transmit->left -= size;
	*to = (struct slice){ transmit->block, size };
	return OK;
}

/* Something of head and edited bytes into `to`. OK: nothing is left. */
static enum result find_source(struct transmit *transmit, struct slice *to)
{
	while (to->len == 0) {
		struct edit_stretch stretch = { 0 };

		if (transmit->left > 0) {
			TRY(next_block(transmit, to));
			continue;
		}
		if (transmit->walked)
			return OK;
		switch (edit_walk_next(&transmit->walk, &stretch)) {
		case OK:
			transmit->walked = true;
			break;
		case AGAIN:
			*to = stretch.ours ? stretch.put : (struct slice){ 0 };
			transmit->from = stretch.from;
			transmit->left = stretch.ours ? 0 : stretch.length;
			break;
		case REFUSED:
		case LATER:
		case BROKEN:
			return LATER;
		}
	}
	return AGAIN;
}

static enum result find_converted(struct transmit *transmit)
{
	while (transmit->now.len == 0) {
		enum result more = find_source(transmit, &transmit->source);
		size_t size;

		if (more != OK && more != AGAIN)
			return more;
		size = sevenbit_write_some(&transmit->convert, &transmit->source, transmit->converted,
		                           sizeof(transmit->converted));
		transmit->now = (struct slice){ transmit->converted, size };
		if (more == OK && size == 0)
			return OK;
	}
	return AGAIN;
}

/* Something to write into `now`. OK: nothing is left. */
static enum result find_more(struct transmit *transmit)
{
	return transmit->plan.steps ? find_converted(transmit) : find_source(transmit, &transmit->now);
}

enum result transmit_look(struct transmit *transmit, struct sevenbit_scan *scan)
{
	enum result more;

	TRY(transmit->failure);
	while ((more = find_source(transmit, &transmit->now)) == AGAIN) {
		sevenbit_scan_bytes(scan, transmit->now);
		transmit->now = (struct slice){ 0 };
	}
	return more;
}

enum result transmit_measure(struct transmit *transmit, uint64_t *ret_size)
{
	uint64_t size = 0;
	enum result more;

	TRY(transmit->failure);
	while ((more = find_more(transmit)) == AGAIN) {
		size += transmit->now.len;
		transmit->now = (struct slice){ 0 };
	}
	TRY(more);
	*ret_size = size;
	return OK;
}

static bool is_plain(const struct transmit *transmit, char byte)
{
	return byte != '\r' && byte != '\n' && byte != '\0' && !(transmit->plan.seven_bit && (byte & 0x80));
}

static void put(struct sink *sink, const char *bytes, size_t size)
{
	memcpy(sink->at, bytes, size);
	sink->at += size;
	sink->left -= size;
}

static void write_plain(struct transmit *transmit, struct sink *sink)
{
	struct slice *now = &transmit->now, rest = *now;
	size_t run = 0;

	if (!transmit->inside_line && now->at[0] == '.' && transmit->plan.form == TRANSMIT_DOTTED)
		put(sink, ".", 1);
	transmit->inside_line = true;
	while (transmit->plan.seven_bit && run < now->len && run < sink->left && is_plain(transmit, now->at[run]))
		run++;
	if (!transmit->plan.seven_bit)
		run = slice_text_run(slice_take(&rest, sink->left));
	put(sink, now->at, run);
	*now = slice_drop(*now, run);
}

static void write_line_end(struct transmit *transmit, struct sink *sink)
{
	if (transmit->plan.form == TRANSMIT_LINES)
		put(sink, "\n", 1);
	else
		put(sink, "\r\n", 2);
	transmit->after_cr = transmit->inside_line = false;
}

/* A line's end as nearly all are. */
static bool takes_line_end(struct transmit *transmit, struct sink *sink)
{
	if (transmit->after_cr || transmit->now.len < 2 || memcmp(transmit->now.at, "\r\n", 2) != 0)
		return false;
	write_line_end(transmit, sink);
	transmit->now = slice_drop(transmit->now, 2);
	return true;
}

/* Whole lines that go out as they are. */
static bool takes_lines(struct transmit *transmit, struct sink *sink)
{
	const struct transmit_plan *plan = &transmit->plan;
	struct slice rest = transmit->now;
	size_t run;

	if (transmit->inside_line || transmit->after_cr || plan->seven_bit || plan->form == TRANSMIT_LINES)
		return false;
	run = slice_lines_run(slice_take(&rest, sink->left));
	if (run == 0)
		return false;
	put(sink, transmit->now.at, run);
	transmit->now = slice_drop(transmit->now, run);
	return true;
}

/* Writes what fits of `now`; every step takes at least one byte of it. */
static enum result write_some(struct transmit *transmit, struct sink *sink)
{
	while (transmit->now.len > 0 && sink->left >= 2) {
		char byte = transmit->now.at[0];

		if (takes_lines(transmit, sink) || takes_line_end(transmit, sink))
			continue;
		if (transmit->after_cr != (byte == '\n'))
			return REFUSED;
		if (byte == '\n')
			write_line_end(transmit, sink);
		else if (byte == '\r')
			transmit->after_cr = true;
		else if (!is_plain(transmit, byte))
			return REFUSED;
		if (byte == '\n' || byte == '\r')
			transmit->now = slice_drop(transmit->now, 1);
		else
			write_plain(transmit, sink);
	}
	return transmit->now.len > 0 ? AGAIN : OK;
}

static enum result write_end(struct transmit *transmit, struct sink *sink)
{
	if (transmit->after_cr)
		return REFUSED;
	if (sink->left < 5)
		return AGAIN;
	if (transmit->plan.form == TRANSMIT_DOTTED) {
		if (transmit->inside_line)
			put(sink, "\r\n", 2);
		put(sink, ".\r\n", 3);
	}
	transmit->ended = true;
	return OK;
}

static enum result fill(struct transmit *transmit, struct sink *sink)
{
	for (;;) {
		enum result more = find_more(transmit);

		if (more == OK)
			return write_end(transmit, sink);
		if (more != AGAIN)
			return more;
		TRY(write_some(transmit, sink));
	}
}

enum result transmit_fill(struct transmit *transmit, char *room, size_t size, size_t *ret_filled)
{
	struct sink sink = { room, size };
	enum result result;

	if (transmit->failure != OK)
		return transmit->failure;
	if (size < TRANSMIT_LEAST || transmit->ended)
		return BROKEN;
	result = fill(transmit, &sink);
	if (result != OK && result != AGAIN) {
		transmit->failure = result;
		return result;
	}
	*ret_filled = size - sink.left;
	return result;
}
