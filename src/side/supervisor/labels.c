/* SPDX-License-Identifier: Apache-2.0 */
/* One title after the other; those that are ASCII already stay as they are. */
#include "supervisor/labels.h"

#include "base/idn.h"

#include <stdio.h>

enum { TITLE = 1024 };

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return false;
	return true;
}

/* What stands before the domain: of a route the local part with its @, of a domain nothing. */
static struct slice head_of(struct slice title)
{
	size_t at = title.len;

	while (at > 0 && title.at[at - 1] != '@')
		at--;
	return (struct slice){ title.at, at };
}

static enum result complain(struct settings *settings, const char *section, struct slice title, const char *why,
                            struct buffer *complaints)
{
	struct settings_origin origin = settings_origin_of(settings, section, title, "");

	TRY(buffer_format(complaints, "%.*s:%u: %s '%.*s' %s\n", SHOW(origin.file), origin.line, section, SHOW(title), why));
	return REFUSED;
}

static bool stands_there(const struct settings *settings, const char *section, struct slice title)
{
	for (size_t i = 0; i < settings_title_count(settings, section); i++)
		if (slice_same_nocase(settings_title(settings, section, i), title))
			return true;
	return false;
}

static enum result apply(struct settings *settings, const char *section, struct slice title, struct buffer *complaints)
{
	struct slice head = head_of(title), domain = slice_drop(title, head.len);
	struct idn name;
	char text[TITLE];
	int length;
	enum result end;

	if (is_ascii(domain))
		return OK;
	end = idn_read(domain, &name);
	length = end == OK ? snprintf(text, sizeof(text), "%.*s%s", SHOW(head), name.text) : -1;
	if (end == REFUSED || length >= TITLE)
		return complain(settings, section, title, "is no domain; a name such as example.org is meant", complaints);
	if (length < 0)
		return LATER;
	if (stands_there(settings, section, slice_of(text)))
		return complain(settings, section, title, "stands there already, in another form", complaints);
	return settings_retitle(settings, section, title, slice_of(text));
}

enum result labels_apply(struct settings *settings, struct buffer *complaints)
{
	static const char *const sections[] = { "domain", "route" };
	enum result result = OK;

	for (size_t k = 0; k < COUNT_OF(sections); k++)
		for (size_t i = 0; i < settings_title_count(settings, sections[k]); i++)
			if (apply(settings, sections[k], settings_title(settings, sections[k], i), complaints) != OK)
				result = REFUSED;
	return result;
}
