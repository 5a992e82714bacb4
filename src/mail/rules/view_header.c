/* SPDX-License-Identifier: Apache-2.0 */
/* A form of a header is a list of strings, one or more for each field, joined to one text: with line ends between them
 * where they do not end so already. */
#include "mail/rules/view.h"

#include "mail/rules/reading.h"
#include "mail/rules/view_address.h"
#include "mail/rules/view_all.h"
#include "mail/rules/view_host.h"
#include "mail/rules/view_memo.h"
#include "mail/rules/view_text.h"

#include "base/buffer.h"

enum { HEADER_MOST = 1 << 20 };

struct gathering {
	const struct rules_view *view;
	const struct view_fields *fields;
	const struct definition *is;
	bool part;
	size_t from, to;                         /* Received fields: "ALL" begins behind so many, and ends with this one */
	struct buffer out;
	size_t count;                            /* of strings */
	bool ended;                              /* the first of them ends with a line end */
};

enum { MACHINES = HEADER_HOST | HEADER_DOMAIN | HEADER_IP | HEADER_REVIP };

static enum result add_string(struct gathering *gathering, struct slice text, bool ends)
{
	const struct rules_view *view = gathering->view;
	bool there = true;

	if (gathering->is->modifiers & MACHINES) {
		TRY(view_host(text, gathering->is->modifiers, view->registry, view->reader->arena, &text, &there));
		ends = false;
	}
	if (!there)
		return OK;
	if (gathering->count == 0)
		gathering->ended = ends;
	if (gathering->count && !gathering->ended)
		TRY(buffer_add(&gathering->out, SLICE("\n")));
	TRY(buffer_add(&gathering->out, text));
	gathering->count++;
	return ends ? buffer_add(&gathering->out, SLICE("\n")) : OK;
}

/* ---- one field ---- */

/* Blanks in a row are one; single quotes around it all go. */
static enum result tidy_name(struct arena *arena, struct slice *name)
{
	char *out = arena_take(arena, name->len + 1);
	size_t length = 0;

	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < name->len; i++)
		if (!rules_is_space(name->at[i]))
			out[length++] = name->at[i];
		else if (length && out[length - 1] != ' ')
			out[length++] = ' ';
	*name = rules_trim((struct slice){ out, length });
	if (name->len > 1 && name->at[0] == '\'' && name->at[name->len - 1] == '\'')
		*name = (struct slice){ name->at + 1, name->len - 2 };
	return OK;
}

static enum result add_name(struct gathering *gathering, const struct view_field *field, struct slice name)
{
	const struct message_reader *reader = gathering->view->reader;

	if (gathering->is->modifiers & HEADER_RAW)
		return add_string(gathering, name, false);
	TRY(view_decoded(reader, field->name, name, &name));
	if (rules_trim(name).len)
		TRY(tidy_name(reader->arena, &name));
	return add_string(gathering, name, false);
}

static enum result add_addresses(struct gathering *gathering, const struct view_field *field)
{
	struct view_addresses found;

	TRY(view_addresses_read(field->raw, gathering->view->reader->arena, &found));
	for (size_t i = 0; i < found.count; i++) {
		if (gathering->is->modifiers & HEADER_ADDR) {
			if (found.list[i].address.len)
				TRY(add_string(gathering, found.list[i].address, false));
		} else if (found.list[i].name.len) {
			TRY(add_name(gathering, field, found.list[i].name));
		}
	}
	return OK;
}

static enum result add_field(struct gathering *gathering, const struct view_field *field)
{
	unsigned modifiers = gathering->is->modifiers;

	if (modifiers & (HEADER_ADDR | HEADER_NAME))
		return add_addresses(gathering, field);
	if (modifiers & HEADER_RAW) {
		bool ended = field->raw.len && field->raw.at[field->raw.len - 1] == '\n';

		return add_string(gathering, (struct slice){ field->raw.at, field->raw.len - ended }, true);
	}
	return add_string(gathering, field->decoded, true);
}

static bool is_wanted(const struct view_field *field, struct slice name)
{
	return !field->hidden && slice_same_nocase(field->name, name);
}

static enum result add_named(struct gathering *gathering, struct slice name)
{
	const struct view_fields *fields = gathering->fields;
	unsigned modifiers = gathering->is->modifiers;
	const struct view_field *only = NULL;

	for (size_t i = 0; i < fields->count; i++) {
		if (!is_wanted(&fields->list[i], name))
			continue;
		if (!(modifiers & (HEADER_FIRST | HEADER_LAST)))
			TRY(add_field(gathering, &fields->list[i]));
		else if (only == NULL || modifiers & HEADER_LAST)
			only = &fields->list[i];
	}
	return only ? add_field(gathering, only) : OK;
}

/* ---- headers that are none ---- */

/* Is the field between those Received fields? `seen`: so many so far, with this one. */
static bool is_within(const struct gathering *gathering, const struct view_field *field, size_t *seen)
{
	bool received = slice_same_nocase(field->name, SLICE("Received"));

	*seen += received;
	return *seen >= gathering->from && (*seen < gathering->to || (received && *seen == gathering->to));
}

static enum result add_all_raw(struct gathering *gathering)
{
	const struct view_fields *fields = gathering->fields;
	size_t seen = 0;

	for (size_t i = 0; i < fields->count; i++) {
		if (!is_within(gathering, &fields->list[i], &seen))
			continue;
		TRY(buffer_add(&gathering->out, fields->list[i].name));
		TRY(buffer_add(&gathering->out, SLICE(":")));
		TRY(buffer_add(&gathering->out, fields->list[i].raw));
		gathering->count++;
	}
	return OK;
}

static enum result add_fields(struct gathering *gathering)
{
	const struct view_fields *fields = gathering->fields;
	const bool *without;
	size_t seen = 0;

	if (gathering->is->modifiers & HEADER_RAW)
		return add_all_raw(gathering);
	TRY(view_all_cut(fields, gathering->view->reader->arena, &without));
	for (size_t i = 0; i < fields->count; i++) {
		if ((without && without[i]) || !is_within(gathering, &fields->list[i], &seen) || fields->list[i].hidden)
			continue;
		TRY(buffer_format(&gathering->out, "%.*s: ", SHOW(fields->list[i].name)));
		TRY(buffer_add(&gathering->out, fields->list[i].decoded));
		TRY(buffer_add(&gathering->out, SLICE("\n")));
		gathering->count++;
	}
	return OK;
}

static enum result add_all(struct gathering *gathering)
{
	gathering->to = SIZE_MAX;
	return add_fields(gathering);
}

/* The Received field that a trusted machine wrote of one that is not is in both. */
static enum result add_until(struct gathering *gathering, size_t fields)
{
	gathering->to = fields + 1;
	return add_fields(gathering);
}

static enum result add_behind(struct gathering *gathering, size_t fields)
{
	gathering->from = fields + 1;
	gathering->to = SIZE_MAX;
	return add_fields(gathering);
}

static enum result add_all_trusted(struct gathering *gathering)
{
	return add_until(gathering, gathering->view->relays.trusted_fields);
}

static enum result add_all_untrusted(struct gathering *gathering)
{
	return add_behind(gathering, gathering->view->relays.trusted_fields);
}

static enum result add_all_internal(struct gathering *gathering)
{
	return add_until(gathering, gathering->view->relays.internal_fields);
}

static enum result add_all_external(struct gathering *gathering)
{
	return add_behind(gathering, gathering->view->relays.internal_fields);
}

static enum result add_relays(struct gathering *gathering, size_t first, size_t count)
{
	struct slice text;

	TRY(relays_text(&gathering->view->relays, first, count, gathering->view->reader->arena, &text));
	return add_string(gathering, text, false);
}

static enum result add_trusted(struct gathering *gathering)
{
	return add_relays(gathering, 0, gathering->view->relays.trusted);
}

static enum result add_untrusted(struct gathering *gathering)
{
	const struct relays *relays = &gathering->view->relays;

	return add_relays(gathering, relays->trusted, relays->count - relays->trusted);
}

static enum result add_internal(struct gathering *gathering)
{
	return add_relays(gathering, 0, gathering->view->relays.internal);
}

static enum result add_external(struct gathering *gathering)
{
	const struct relays *relays = &gathering->view->relays;

	return add_relays(gathering, relays->internal, relays->count - relays->internal);
}

static enum result add_sender(struct gathering *gathering)
{
	struct view_field sender = { .name = SLICE("EnvelopeFrom") };
	bool there;

	TRY(view_sender(gathering->view, &sender.raw, &there));
	if (!there)
		return OK;
	return gathering->is->modifiers & (HEADER_ADDR | HEADER_NAME) ? add_addresses(gathering, &sender) : add_string(gathering, sender.raw, false);
}

static enum result add_recipients(struct gathering *gathering)
{
	TRY(add_named(gathering, SLICE("To")));
	return add_named(gathering, SLICE("Cc"));
}

static enum result add_identifiers(struct gathering *gathering)
{
	static const struct slice names[] = { LIT("X-Message-Id"), LIT("Resent-Message-Id"), LIT("X-Original-Message-ID"),
		                              LIT("Message-Id") };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		TRY(add_named(gathering, names[i]));
	return OK;
}

static const struct kind {
	struct slice name;
	bool exact;                              /* its capitals count */
	enum result (*add)(struct gathering *);
} kinds[] = {
	{ LIT("ALL"), true, add_all },
	{ LIT("ALL-TRUSTED"), true, add_all_trusted },
	{ LIT("ALL-UNTRUSTED"), true, add_all_untrusted },
	{ LIT("ALL-INTERNAL"), true, add_all_internal },
	{ LIT("ALL-EXTERNAL"), true, add_all_external },
	{ LIT("MESSAGEID"), true, add_identifiers },
	{ LIT("ToCc"), false, add_recipients },
	{ LIT("EnvelopeFrom"), false, add_sender },
	{ LIT("X-Spam-Relays-Trusted"), false, add_trusted },
	{ LIT("X-Spam-Relays-Untrusted"), false, add_untrusted },
	{ LIT("X-Spam-Relays-Internal"), false, add_internal },
	{ LIT("X-Spam-Relays-External"), false, add_external },
};

/* The row of a name that is no field's; NULL: it is one. `part`: of a part's own fields. */
static const struct kind *kind_of(const struct definition *is, bool part)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct slice name = kinds[i].name;

		if (part && kinds[i].add != add_all)
			continue;
		if (kinds[i].exact ? slice_same(is->header, name) : slice_same_nocase(is->header, name))
			return &kinds[i];
	}
	return NULL;
}

bool view_knows(const struct definition *is)
{
	return !(is->modifiers & MACHINES && slice_begins(is->header, SLICE("ALL")));
}

static enum result gather(struct gathering *gathering)
{
	const struct kind *kind = kind_of(gathering->is, gathering->part);

	if (!view_knows(gathering->is))
		return REFUSED;
	return kind ? kind->add(gathering) : add_named(gathering, gathering->is->header);
}

static enum result take(struct gathering *gathering, struct view_value *value)
{
	enum result result;

	buffer_init(&gathering->out, HEADER_MOST);
	result = gather(gathering);
	value->there = gathering->count > 0;
	if (result == OK && value->there)
		result = arena_keep(gathering->view->reader->arena, buffer_slice(&gathering->out), &value->text);
	buffer_finish(&gathering->out);
	return result;
}

/* Many rules ask for the same: it is made once. */
static enum result find(struct gathering *gathering, const struct view_part *part, struct slice *ret_value, bool *ret_there)
{
	const struct definition *is = gathering->is;
	struct view_memo *memo = gathering->view->memo;
	struct view_value value = { .of = part, .header = is->header, .modifiers = is->modifiers };
	const struct view_value *known = memo ? view_memo_find(memo, &value) : NULL;

	if (known)
		value = *known;
	else
		TRY(take(gathering, &value));
	if (known == NULL && memo)
		TRY(view_memo_add(memo, &value, gathering->view->reader->arena));
	*ret_there = value.there;
	*ret_value = value.there ? value.text : is->has_unset ? is->unset : SLICE("");
	return OK;
}

enum result view_header(const struct rules_view *view, const struct definition *is, struct slice *ret_value, bool *ret_there)
{
	struct gathering gathering = { .view = view, .fields = &view->fields, .is = is };

	return find(&gathering, NULL, ret_value, ret_there);
}

/* Of several of a name, the last. */
enum result view_part_header(const struct rules_view *view, const struct view_part *part, const struct definition *is,
                             struct slice *ret_value, bool *ret_there)
{
	struct definition last = *is;
	struct gathering gathering = { .view = view, .fields = &part->fields, .is = &last, .part = true };

	last.modifiers |= HEADER_LAST;
	return find(&gathering, part, ret_value, ret_there);
}
