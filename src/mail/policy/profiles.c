/* SPDX-License-Identifier: Apache-2.0 */
/* A profile's templates and banners are the file's with what it says put over them. */
#include "mail/policy/profiles.h"

#include "mail/policy/policy.h"

enum { PROFILES_MOST = 256, CHECK_BYTES = 256 << 10, TITLE_MOST = 128 };

/* ---- the section ---- */

#define ROW(...) SETTINGS_ROW(profile_settings, __VA_ARGS__)
static const struct setting rows[] = { PROFILE_SETTINGS(ROW) };

static const struct settings_section *const within[] = { &template_settings_section, &banner_settings_section,
	                                                 &queue_times_section, NULL };

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	const struct expression *expression;
	enum result result = OK;
	struct arena arena;

	if (slice_same(slice_of(name), SLICE("notices")))
		return OK;
	if (name[0] == '\0') {
		if (value.len <= TITLE_MOST)
			return OK;
		(void)!buffer_format(complaint, "a title has at most %d characters", TITLE_MOST);
		return REFUSED;
	}
	arena_init(&arena, CHECK_BYTES);
	result = expression_compile(value, NULL, &arena, &expression, complaint);
	arena_finish(&arena);
	return result == OK ? OK : REFUSED;
}

const struct settings_section profile_settings_section = {
	.name = "profile",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct profile_settings),
	.about = "settings for those recipients for whom facts hold: sections template, banner and queue, and the fact profile",
	.check = check,
	.within = within,
};

/* ---- compiling ---- */

/* No time of the file is that long. */
static enum result compile_times(struct settings *settings, struct profile *profile)
{
	const struct seconds none = { UINT64_MAX };
	struct seconds filled[TIME_KINDS] = { none, none, none, none, none };

	_Static_assert(sizeof(filled) == sizeof(struct queue_times) && TIME_KINDS == 5, "all of them, in order");
	TRY(settings_fill_over(settings, &queue_times_section, "profile", profile->title, SLICE(""), filled));
	for (size_t i = 0; i < TIME_KINDS; i++)
		if (filled[i].n <= UINT32_MAX)
			profile->times.list[i] = (struct said_time){ true, (uint32_t)filled[i].n, profile->title };
	return OK;
}

static enum result compile_one(struct settings *settings, const struct named_lists *lists,
                               const struct templates *templates, const struct banners *banners, struct slice title,
                               struct arena *arena, struct profile *profile, struct buffer *complaint)
{
	struct profile_settings filled;

	TRY(settings_fill(settings, &profile_settings_section, title, &filled));
	TRY(arena_keep(arena, title, &profile->title));
	if (filled.when.is.len)
		TRY(expression_compile(filled.when.is, lists, arena, &profile->when, complaint));
	profile->notices = (enum fate_notices)filled.notices.is;
	TRY(compile_times(settings, profile));
	profile->templates = *templates;
	TRY(banners_put_over(settings, banners, title, arena, &profile->banners, &profile->has_banner, complaint));
	return templates_put_over(settings, title, arena, &profile->templates, profile->has);
}

enum result profiles_compile(struct settings *settings, const struct named_lists *lists, const struct templates *templates,
                             const struct banners *banners, struct arena *arena, struct profiles *ret_profiles, struct buffer *complaint)
{
	size_t count = settings_title_count(settings, "profile");
	struct profile *list = arena_array(arena, struct profile, count);

	if (list == NULL)
		return LATER;
	if (count > PROFILES_MOST) {
		(void)!buffer_format(complaint, "more than %d profiles", PROFILES_MOST);
		return REFUSED;
	}
	for (size_t i = 0; i < count; i++) {
		struct slice title = settings_title(settings, "profile", i);
		enum result result = compile_one(settings, lists, templates, banners, title, arena, &list[i], complaint);

		if (result == REFUSED)
			(void)!buffer_format(complaint, " (in profile \"%.*s\")", SHOW(title));
		TRY(result);
	}
	*ret_profiles = (struct profiles){ list, count };
	return OK;
}

/* ---- asking ---- */

enum holds profiles_match(const struct profiles *profiles, struct fact_context *context, struct slice *room, struct asking *asking)
{
	context->profiles = room;
	context->profile_count = 0;
	for (size_t i = 0; i < profiles->count; i++) {
		enum holds holds = expression_decides(profiles->list[i].when, context, asking);

		if (holds == HOLDS_UNKNOWN)
			return HOLDS_UNKNOWN;
		if (holds == HOLDS_YES)
			room[context->profile_count++] = profiles->list[i].title;
	}
	return HOLDS_YES;
}

const struct profile *profiles_find(const struct profiles *profiles, struct slice title)
{
	for (size_t i = 0; i < profiles->count; i++)
		if (slice_same(profiles->list[i].title, title))
			return &profiles->list[i];
	return NULL;
}

const struct profile *profiles_for(const struct profiles *profiles, const struct fact_context *context, enum template_kind kind)
{
	for (size_t i = 0; i < context->profile_count; i++) {
		const struct profile *profile = profiles_find(profiles, context->profiles[i]);

		if (profile && profile->has[kind])
			return profile;
	}
	return NULL;
}

const struct profile *profiles_for_banner(const struct profiles *profiles, const struct fact_context *context, struct slice title)
{
	for (size_t i = 0; i < context->profile_count; i++) {
		const struct profile *profile = profiles_find(profiles, context->profiles[i]);
		const struct banner *banner = profile ? banners_find(&profile->banners, title) : NULL;

		if (banner && profile->has_banner[banner - profile->banners.list])
			return profile;
	}
	return NULL;
}

enum fate_notices profiles_notices(const struct profiles *profiles, const struct fact_context *context)
{
	for (size_t i = 0; i < context->profile_count; i++) {
		const struct profile *profile = profiles_find(profiles, context->profiles[i]);

		if (profile && profile->notices != FATE_NOTICES_OF_FILE)
			return profile->notices;
	}
	return FATE_NOTICES_OF_FILE;
}

void profiles_times(const struct profiles *profiles, const struct fact_context *context, struct times *ret_times)
{
	*ret_times = (struct times){ 0 };
	for (size_t i = 0; i < context->profile_count; i++) {
		const struct profile *profile = profiles_find(profiles, context->profiles[i]);

		for (size_t kind = 0; profile && kind < TIME_KINDS; kind++)
			if (!ret_times->list[kind].said)
				ret_times->list[kind] = profile->times.list[kind];
	}
}
