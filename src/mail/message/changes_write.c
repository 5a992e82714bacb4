/* SPDX-License-Identifier: Apache-2.0 */
/* Everything becomes a piece with a place; the pieces are put in order, and one that lies in another is left out. The
 * boundary is a digest of the message, which no message can hold. */
#include "mail/message/changes.h"

#include <stdlib.h>
#include <string.h>

enum { WRITTEN_MOST = 8 << 20, BOUNDARY_HEX = 16, BOUNDARY_SIZE = 48 };

/* In this order where the place is the same. */
enum rank { RANK_TOP, RANK_HEAD, RANK_INSIDE, RANK_TAIL };
struct piece { size_t from, to, order; enum rank rank; struct slice put; };

struct writing {
	const struct changes *changes;
	struct buffer text;                      /* of the piece that is being made */
	struct piece *pieces;
	size_t count;
	char boundary[BOUNDARY_SIZE];
	bool eight_bit;
};

/* ---- pieces ---- */

static void add_piece(struct writing *writing, struct piece piece)
{
	piece.order = writing->count;
	writing->pieces[writing->count++] = piece;
}

/* What was written so far becomes a piece that is put in at one place. */
static enum result end_text(struct writing *writing, size_t at, enum rank rank)
{
	struct slice put;

	if (buffer_length(&writing->text) == 0)
		return OK;
	TRY(arena_keep(writing->changes->arena, buffer_slice(&writing->text), &put));
	buffer_clear(&writing->text);
	add_piece(writing, (struct piece){ .from = at, .to = at, .rank = rank, .put = put });
	return OK;
}

static bool is_content_field(struct slice name)
{
	return slice_begins_nocase(name, SLICE("Content-"));
}

/* The head's fields Content-* stand elsewhere, or are replaced. */
static bool moves_content(const struct changes *changes)
{
	return changes->content.at || (changes->parts && !changes->wrapped);
}

static enum result change_field(struct writing *writing, size_t i)
{
	const struct field_change *field = &writing->changes->fields[i];
	struct slice value = writing->changes->headers.list[i].value;
	size_t at = (size_t)(value.at - writing->changes->bytes.at);

	if (field->removed) {
		add_piece(writing, (struct piece){ .from = field->from, .to = field->to, .rank = RANK_INSIDE });
		return OK;
	}
	if (!field->replaced && field->before.len == 0)
		return OK;
	if (value.len == 0)
		TRY(buffer_add_byte(&writing->text, ' '));
	TRY(buffer_add(&writing->text, field->before));
	TRY(buffer_add(&writing->text, field->value));
	TRY(end_text(writing, at, RANK_INSIDE));
	if (field->replaced)
		add_piece(writing, (struct piece){ .from = at, .to = at + value.len, .rank = RANK_INSIDE });
	return OK;
}

static enum result change_fields(struct writing *writing)
{
	const struct changes *changes = writing->changes;

	for (size_t i = 0; i < changes->headers.count; i++) {
		struct piece whole = { .from = changes->fields[i].from, .to = changes->fields[i].to, .rank = RANK_INSIDE };

		if (moves_content(changes) && is_content_field(changes->headers.list[i].name))
			add_piece(writing, whole);
		else if (!changes->wrapped)
			TRY(change_field(writing, i));
	}
	return OK;
}

static enum result add_top(struct writing *writing)
{
	for (const struct changes_text *text = writing->changes->top; text; text = text->next)
		TRY(changes_write_line(&writing->text, text->text));
	return OK;
}

/* ---- the parts around ---- */

static enum result add_parts(struct writing *writing, enum changes_place place)
{
	for (const struct changes_part *part = writing->changes->parts; part; part = part->next) {
		if (part->place != place)
			continue;
		TRY(buffer_format(&writing->text, "--%s\r\n", writing->boundary));
		TRY(changes_write_part(&writing->text, part->type, part->text));
		TRY(buffer_add(&writing->text, SLICE("\r\n")));
	}
	return OK;
}

static enum result begin_multipart(struct writing *writing)
{
	return buffer_format(&writing->text, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n%s\r\n", writing->boundary,
	                     writing->eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "");
}

static enum result end_multipart(struct writing *writing)
{
	TRY(buffer_add(&writing->text, SLICE("\r\n")));
	TRY(add_parts(writing, PLACE_BEHIND));
	TRY(buffer_format(&writing->text, "--%s--\r\n", writing->boundary));
	return end_text(writing, writing->changes->bytes.len, RANK_TAIL);
}

static enum result add_content_fields(struct writing *writing)
{
	const struct changes *changes = writing->changes;

	if (changes->content.at)
		return buffer_add(&writing->text, changes->content);
	for (size_t i = 0; i < changes->headers.count; i++) {
		const struct field_change *field = &changes->fields[i];
		struct slice whole = { changes->bytes.at + field->from, field->to - field->from };

		if (field->removed || !is_content_field(changes->headers.list[i].name))
			continue;
		TRY(buffer_add(&writing->text, whole));
		if (whole.at[whole.len - 1] != '\n')
			TRY(buffer_add(&writing->text, SLICE("\r\n")));
	}
	return OK;
}

/* A head that ends without a line end, or without a blank line, gets what it lacks. */
static enum result change_head(struct writing *writing)
{
	const struct changes *changes = writing->changes;
	size_t end = changes->head_end;

	if (!moves_content(changes))
		return OK;
	if (end > 0 && changes->bytes.at[end - 1] != '\n')
		TRY(buffer_add(&writing->text, SLICE("\r\n")));
	if (headers_find(&changes->headers, SLICE("MIME-Version")) == NULL)
		TRY(buffer_add(&writing->text, SLICE("MIME-Version: 1.0\r\n")));
	if (changes->parts && !changes->wrapped) {
		TRY(begin_multipart(writing));
		TRY(add_parts(writing, PLACE_BEFORE));
		TRY(buffer_format(&writing->text, "--%s\r\n", writing->boundary));
	}
	TRY(add_content_fields(writing));
	if (changes->body_start == end)
		TRY(buffer_add(&writing->text, SLICE("\r\n")));
	return end_text(writing, end, RANK_HEAD);
}

/* ---- the message around ---- */

static bool goes_outside(struct slice name)
{
	static const struct slice names[] = { LIT("Received"), LIT("From"), LIT("Sender"), LIT("Reply-To"), LIT("To"),
		LIT("Cc"), LIT("Subject"), LIT("Date"), LIT("Message-ID"), LIT("In-Reply-To"), LIT("References"),
		LIT("Auto-Submitted") };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_same_nocase(names[i], name))
			return true;
	return false;
}

static bool came_before(const struct changes *changes, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (!changes->fields[i].removed &&
		    slice_same_nocase(changes->headers.list[i].name, changes->headers.list[place].name))
			return true;
	return false;
}

/* Of a doubled field the first; of Received all, for who counts hops. */
static enum result add_outside(struct writing *writing, size_t i)
{
	const struct changes *changes = writing->changes;
	const struct field_change *field = &changes->fields[i];
	const struct header *header = &changes->headers.list[i];
	bool all = slice_same_nocase(header->name, SLICE("Received"));

	if (field->removed || !goes_outside(header->name) || (!all && came_before(changes, i)))
		return OK;
	TRY(buffer_add(&writing->text, header->name));
	TRY(buffer_add(&writing->text, SLICE(": ")));
	TRY(buffer_add(&writing->text, field->before));
	TRY(buffer_add(&writing->text, field->replaced ? field->value : header->value));
	return buffer_add(&writing->text, SLICE("\r\n"));
}

static enum result wrap(struct writing *writing)
{
	const struct changes *changes = writing->changes;

	TRY(add_top(writing));
	for (size_t i = 0; i < changes->headers.count; i++)
		TRY(add_outside(writing, i));
	TRY(buffer_add(&writing->text, SLICE("MIME-Version: 1.0\r\n")));
	TRY(begin_multipart(writing));
	if (changes->cover.len) {
		TRY(buffer_format(&writing->text, "--%s\r\n", writing->boundary));
		TRY(changes_write_part(&writing->text, SLICE("text/plain; charset=utf-8"), changes->cover));
		TRY(buffer_add(&writing->text, SLICE("\r\n")));
	}
	TRY(add_parts(writing, PLACE_BEFORE));
	TRY(buffer_format(&writing->text, "--%s\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n%s\r\n",
	                  writing->boundary, writing->eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : ""));
	return end_text(writing, 0, RANK_TOP);
}

/* ---- the list ---- */

static int by_place(const void *a, const void *b)
{
	const struct piece *one = a, *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	if ((one->to == one->from) != (other->to == other->from))
		return one->to == one->from ? -1 : 1;
	if (one->to != other->to)
		return one->to > other->to ? -1 : 1;
	return (one->order > other->order) - (one->order < other->order);
}

/* What begins within the one before goes with it; what ends behind it makes it longer. */
static enum result list_pieces(struct writing *writing, struct edits *ret_edits)
{
	struct edit *list = arena_array(writing->changes->arena, struct edit, writing->count);
	size_t count = 0, until = 0;

	if (list == NULL)
		return LATER;
	qsort(writing->pieces, writing->count, sizeof(*writing->pieces), by_place);
	for (size_t i = 0; i < writing->count; i++) {
		const struct piece *piece = &writing->pieces[i];

		if (piece->from < until) {
			list[count - 1].drop += piece->to > until ? piece->to - until : 0;
			until = piece->to > until ? piece->to : until;
			continue;
		}
		list[count++] = (struct edit){ .at = piece->from, .drop = piece->to - piece->from, .put = piece->put };
		until = piece->to;
	}
	*ret_edits = (struct edits){ list, count };
	return edits_check(ret_edits, writing->changes->bytes.len) == OK ? OK : LATER;
}

static void find_boundary(struct writing *writing)
{
	unsigned char out[DIGEST_SIZE];
	struct digest digest;
	int length;

	digest_init(&digest);
	digest_add(&digest, writing->changes->bytes);
	digest_end(&digest, out);
	length = snprintf(writing->boundary, sizeof(writing->boundary), "=_");
	for (size_t i = 0; i < BOUNDARY_HEX; i++)
		length += snprintf(writing->boundary + length, sizeof(writing->boundary) - (size_t)length, "%02x", out[i]);
}

static bool has_high_byte(struct slice bytes)
{
	unsigned char all = 0;

	for (size_t i = 0; i < bytes.len; i++)
		all |= (unsigned char)bytes.at[i];
	return all > 127;
}

static enum result write_all(struct writing *writing)
{
	const struct changes *changes = writing->changes;

	if (changes->wrapped) {
		TRY(wrap(writing));
	} else {
		TRY(add_top(writing));
		TRY(end_text(writing, 0, RANK_TOP));
	}
	TRY(change_fields(writing));
	TRY(change_head(writing));
	for (const struct changes_span *span = changes->spans; span; span = span->next)
		add_piece(writing, (struct piece){ .from = span->from, .to = span->to, .rank = RANK_INSIDE, .put = span->put });
	return changes->wrapped || changes->parts ? end_multipart(writing) : OK;
}

enum result changes_finish(struct changes *changes, struct edits *ret_edits)
{
	struct writing writing = { .changes = changes };
	enum result result;

	writing.pieces = arena_array(changes->arena, struct piece, 2 * changes->headers.count + changes->span_count + 4);
	if (writing.pieces == NULL)
		return LATER;
	if (changes->wrapped || changes->parts) {
		find_boundary(&writing);
		writing.eight_bit = has_high_byte(changes->bytes);
	}
	buffer_init(&writing.text, WRITTEN_MOST);
	result = write_all(&writing);
	if (result == OK)
		result = list_pieces(&writing, ret_edits);
	buffer_finish(&writing.text);
	return result;
}
