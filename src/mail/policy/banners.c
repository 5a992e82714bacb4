/* SPDX-License-Identifier: Apache-2.0 */
/* What the file says, then what a profile says of the same title; the message's own type picks the wording. */
#include "mail/policy/banners.h"

#include "mail/policy/lines.h"
#include "mail/policy/policy.h"

#include <string.h>

enum { BANNERS_MOST = 256, TITLE_MOST = 128 };

#define ROW(...) SETTINGS_ROW(banner_settings, __VA_ARGS__)
static const struct setting rows[] = { BANNER_SETTINGS(ROW) };

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	if (name[0] != '\0' || (value.len && value.len <= TITLE_MOST))
		return OK;
	(void)!buffer_format(complaint, "a title is 1 to %d characters", TITLE_MOST);
	return REFUSED;
}

const struct settings_section banner_settings_section = {
	.name = "banner",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct banner_settings),
	.about = "what the action `banner` adds to a message, as a part of its own; in any language, as UTF-8",
	.check = check,
};

/* Of `place`: nothing was said. */
static const unsigned unsaid = ~0U;

static bool says_something(const struct banner_settings *filled)
{
	return filled->text.count || filled->html.count || filled->place.is != unsaid;
}

/* What is not said stays as it is. */
static enum result put(const struct banner_settings *filled, struct arena *arena, struct banner *banner)
{
	if (filled->text.count)
		TRY(lines_join(arena, &filled->text, &banner->text));
	if (filled->html.count)
		TRY(lines_join(arena, &filled->html, &banner->html));
	if (filled->place.is != unsaid)
		banner->place = filled->place.is ? PLACE_BEHIND : PLACE_BEFORE;
	return OK;
}

enum result banners_compile(struct settings *settings, struct arena *arena, struct banners *ret_banners, struct buffer *complaint)
{
	struct banners banners = { .count = settings_title_count(settings, "banner") };

	if (banners.count > BANNERS_MOST) {
		(void)!buffer_format(complaint, "more than %d banners", BANNERS_MOST);
		return REFUSED;
	}
	banners.list = arena_array(arena, struct banner, banners.count);
	if (banners.list == NULL)
		return LATER;
	for (size_t i = 0; i < banners.count; i++) {
		struct slice title = settings_title(settings, "banner", i);
		struct banner_settings filled;

		TRY(settings_fill(settings, &banner_settings_section, title, &filled));
		if (filled.text.count == 0) {
			(void)!buffer_format(complaint, "no `text` (in banner \"%.*s\")", SHOW(title));
			return REFUSED;
		}
		TRY(arena_keep(arena, title, &banners.list[i].title));
		TRY(put(&filled, arena, &banners.list[i]));
	}
	*ret_banners = banners;
	return OK;
}

/* What a profile says of a banner that is none would never be seen. */
static enum result check_titles(const struct settings *settings, const struct banners *banners, struct slice profile,
                                struct buffer *complaint)
{
	struct settings_said said;
	const void *place = NULL;

	while (settings_next(settings, &place, &said)) {
		struct slice title = said.title, outer = slice_cut(&title, '\n');

		if (!slice_same(said.section, SLICE("profile/banner")) || !slice_same(outer, profile) || banners_find(banners, title))
			continue;
		(void)!buffer_format(complaint, "no section banner \"%.*s\" stands in the file itself", SHOW(title));
		return REFUSED;
	}
	return OK;
}

enum result banners_put_over(struct settings *settings, const struct banners *banners, struct slice profile,
                             struct arena *arena, struct banners *ret_banners, const bool **ret_has, struct buffer *complaint)
{
	struct banners over = { .list = arena_array(arena, struct banner, banners->count), .count = banners->count };
	bool *has = arena_array(arena, bool, banners->count);

	if (over.list == NULL || has == NULL)
		return LATER;
	TRY(check_titles(settings, banners, profile, complaint));
	for (size_t i = 0; i < over.count; i++) {
		struct banner_settings filled = { .place = { unsaid } };

		over.list[i] = banners->list[i];
		TRY(settings_fill_over(settings, &banner_settings_section, "profile", profile, banners->list[i].title, &filled));
		has[i] = says_something(&filled);
		TRY(put(&filled, arena, &over.list[i]));
	}
	*ret_banners = over;
	*ret_has = has;
	return OK;
}

const struct banner *banners_find(const struct banners *banners, struct slice title)
{
	for (size_t i = 0; i < banners->count; i++)
		if (slice_same(banners->list[i].title, title))
			return &banners->list[i];
	return NULL;
}

/* HTML, or a choice or a bundle in which it mostly is. What is mixed gets the text, whatever stands in it. */
static bool is_html(const struct changes *changes)
{
	static const struct slice types[] = { LIT("text/html"), LIT("multipart/alternative"), LIT("multipart/related") };
	const struct header *header = headers_find(&changes->headers, SLICE("Content-Type"));

	struct slice value = header ? header->value : SLICE(""), type = field_trim(slice_cut(&value, ';'));

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (slice_same_nocase(type, types[i]))
			return true;
	return false;
}

enum result banner_add(const struct banner *banner, struct changes *changes)
{
	if (banner->html.len && is_html(changes))
		return changes_add_part(changes, banner->place, SLICE("text/html; charset=utf-8"), banner->html);
	return changes_add_part(changes, banner->place, SLICE("text/plain; charset=utf-8"), banner->text);
}
