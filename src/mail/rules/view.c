/* SPDX-License-Identifier: Apache-2.0 */
/* The tree is mail/message's, of its first reader. Parts without others below them give their texts, one behind the
 * other, to the body and to the raw body. */
#include "mail/rules/view.h"

#include "base/buffer.h"
#include "mail/rules/reading.h"
#include "mail/rules/view_fields.h"
#include "mail/rules/view_text.h"

enum { BODY_MOST = 64 << 20 };

static bool is_shown(const struct part *part)
{
	return part->reading == READING_FIRST && part->within == NULL && !part->recoded;
}

bool view_is_leaf(const struct part *part)
{
	for (const struct part *next = part->next; next && part->children; next = next->next)
		if (next->parent == part && is_shown(next))
			return false;
	return true;
}

/* ---- what a part is shown as ---- */

/* Texts of other kinds are plain. */
struct slice view_type(const struct part *part)
{
	static const struct slice kept[] = { LIT("text/html"), LIT("text/calendar"), LIT("text/x-vcard") };
	struct slice type = part->type;

	if (type.len && !slice_begins(type, SLICE("text/")) && !slice_same(type, SLICE("text")))
		return type;
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (slice_same(type, kept[i]))
			return type;
	return SLICE("text/plain");
}

static bool is_html(const struct part *part)
{
	for (size_t i = 0; i < part->names.count; i++) {
		struct slice name = part->names.list[i];

		if (slice_ends_nocase(name, SLICE(".htm")) || slice_ends_nocase(name, SLICE(".html")) ||
		    slice_ends_nocase(name, SLICE(".shtm")) || slice_ends_nocase(name, SLICE(".shtml")))
			return true;
	}
	return slice_same(view_type(part), SLICE("text/html"));
}

static enum result add_page(struct rules_view *view, const struct part *part, struct slice *text)
{
	struct view_page *page = &view->pages[view->page_count];

	if (text->len == 0)
		return OK;
	page->part = part;
	TRY(html_read(*text, view->reader->arena, &page->html));
	view->page_count++;
	*text = page->html.text;
	return OK;
}

static enum result add_body(struct rules_view *view, const struct part *part, struct slice bytes, struct buffer *body)
{
	struct slice text;

	if (buffer_length(body))
		TRY(buffer_add(body, SLICE("\n")));
	if (!is_html(part) && !slice_same(view_type(part), SLICE("text/plain")))
		return OK;
	TRY(view_utf8(view->reader, part->charset, bytes, &text));
	if (is_html(part))
		TRY(add_page(view, part, &text));
	return buffer_add(body, view_cut_characters(text, VIEW_PART_CHARACTERS));
}

static enum result add_raw(struct rules_view *view, const struct part *part, struct slice bytes)
{
	struct slice type = is_html(part) ? SLICE("text/html") : view_type(part);

	if (slice_same(part->type, SLICE("text/calendar")))
		return OK;
	if (!slice_begins(type, SLICE("text/")) && !slice_begins(type, SLICE("message/")))
		return OK;
	return view_raw(bytes, view->reader->arena, &view->rawbody);
}

static enum result add_texts(struct rules_view *view, struct buffer *body)
{
	for (size_t i = 0; i < view->part_count; i++) {
		const struct part *part = view->parts[i].part;
		struct slice bytes;

		if (!view_is_leaf(part))
			continue;
		TRY(part_decoded(part, view->reader->arena, &bytes));
		TRY(view_plain_ends(bytes, view->reader->arena, &bytes));
		TRY(add_body(view, part, bytes, body));
		TRY(add_raw(view, part, bytes));
	}
	return OK;
}

static enum result add_subject(struct rules_view *view)
{
	const struct view_fields *fields = &view->fields;
	struct slice subject = SLICE("");
	char *line;

	for (size_t i = 0; i < fields->count; i++)
		if (slice_same_nocase(fields->list[i].name, SLICE("Subject")))
			subject = fields->list[i].decoded;
	line = arena_take(view->reader->arena, subject.len + 1);
	if (line == NULL)
		return LATER;
	if (subject.len)
		memcpy(line, subject.at, subject.len);
	line[subject.len] = '\n';
	return view_lines((struct slice){ line, subject.len + 1 }, view->reader->arena, &view->body);
}

static enum result add_all(struct rules_view *view)
{
	struct slice kept;
	struct buffer body;
	enum result result;

	TRY(add_subject(view));
	buffer_init(&body, BODY_MOST);
	result = add_texts(view, &body);
	if (result == OK)
		result = arena_keep(view->reader->arena, buffer_slice(&body), &kept);
	buffer_finish(&body);
	return result == OK ? view_paragraphs(kept, view->reader->arena, &view->body) : result;
}

/* ---- the parts ---- */

static enum result add_part(struct rules_view *view, const struct part *part)
{
	struct view_part *shown = &view->parts[view->part_count];
	struct slice head = part->bytes;
	struct fields_end end = { 0 };

	if (part->body.at)
		head.len = (size_t)(part->body.at - part->bytes.at);
	if (view->part_count)
		TRY(view_fields_read(head, true, view->reader, &shown->fields, &end));
	else
		shown->fields = view->fields;
	view->part_cut = view->part_cut || end.cut;
	shown->part = part;
	view->part_count++;
	return OK;
}

static enum result add_parts(struct rules_view *view, const struct message_view *message)
{
	view->parts = arena_array(view->reader->arena, struct view_part, message->count + 1);
	view->pages = arena_array(view->reader->arena, struct view_page, message->count + 1);
	if (view->parts == NULL || view->pages == NULL)
		return LATER;
	for (const struct part *part = message->first; part; part = part->next)
		if (is_shown(part))
			TRY(add_part(view, part));
	return OK;
}

/* The line that a mailbox puts before a message is none of it. */
static struct slice without_mailbox(struct slice message)
{
	struct slice rest = message, line = slice_cut(&rest, '\n'), behind;

	if (!slice_begins(line, SLICE("From ")) && !slice_begins(line, SLICE("From\t")))
		return message;
	behind = rules_trim(slice_drop(line, 4));
	return behind.len && behind.at[0] != ':' ? rest : message;
}

enum result view_build(struct slice message, const struct message_reader *reader, struct rules_view *ret_view)
{
	struct rules_view view = { .reader = reader, .full = without_mailbox(message) };
	struct slice clean = view.full;
	struct message_view tree = { 0 };
	struct fields_end end;

	TRY(view_fields_read(view.full, false, reader, &view.fields, &end));
	view.head = (struct slice){ view.full.at, end.length };
	view.cut = end.cut;
	view.separated = end.separated;
	if (end.odd)
		TRY(view_fields_clean(&view.fields, slice_drop(view.full, end.length), reader->arena, &clean));
	TRY(message_read(clean, reader, DIGESTS_NONE, &tree));
	TRY(add_parts(&view, &tree));
	TRY(add_all(&view));
	*ret_view = view;
	return OK;
}
