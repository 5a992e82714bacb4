/* SPDX-License-Identifier: Apache-2.0 */
/* Looks alone: nothing that is found here becomes a part, because no reader agrees with another about where it ends. */
#include "mail/message/walk.h"

#include "mail/message/embedded.h"
#include "mail/message/names.h"

#include <string.h>

enum { LINE_STEPS = 8, TEXT_LOOKED_AT = 1024 };

static bool is_field(struct slice line)
{
	struct slice rest = line, name = slice_cut(&rest, ':');

	return name.len < line.len && walk_names_mime(name);
}

static bool holds_field(struct walk *walk, struct slice rest)
{
	while (rest.len) {
		struct slice line = field_line(&rest);

		walk_spend(walk, line.len / 4 + LINE_STEPS);
		if (is_field(line))
			return true;
	}
	return false;
}

static enum result found(void *own_found, const struct embedded *embedded)
{
	(void)embedded;
	*(bool *)own_found = true;
	return OK;
}

static bool holds_file(struct walk *walk, struct slice text)
{
	bool is = false;
	struct seeker seeker = { .found = found, .owner = &is };

	walk_spend(walk, text.len / 2);
	return seeker_feed(&seeker, text) == OK && seeker_end(&seeker) == OK && is;
}

static bool hides(struct walk *walk, struct slice text)
{
	return field_trim(text).len && (holds_field(walk, text) || holds_file(walk, text) || encoding_like_base64(text));
}

enum result outside_read(struct walk *walk, struct part *part)
{
	if (hides(walk, part->before) || hides(walk, part->behind))
		walk_note(walk, part, AMBIGUITY_BIT(outside));
	return walk_may_go_on(walk);
}

/* ---- by its looks ---- */

/* A boundary that nobody declared, and a part's fields behind it. */
static bool begins_with_boundary(struct slice text)
{
	struct slice line = SLICE("");

	while (text.len && field_trim(line).len == 0)
		line = field_line(&text);
	return line.len > 2 && slice_begins(line, SLICE("--")) && is_field(field_line(&text));
}

static bool begins_wide(struct slice text)
{
	struct slice begin = { text.at, text.len < TEXT_LOOKED_AT ? text.len : TEXT_LOOKED_AT };

	return slice_begins(begin, SLICE("\xff\xfe")) || slice_begins(begin, SLICE("\xfe\xff")) ||
	       (begin.len && memchr(begin.at, '\0', begin.len));
}

/* AppleSingle, MacBinary; and CMS that is signed and holds what was signed (RFC 8551, 3.5.2). */
static bool is_packed(const struct part *part, struct slice first)
{
	bool mime = slice_ends_nocase(part->type, SLICE("pkcs7-mime")), mac = slice_ends_nocase(part->type, SLICE("macbinary"));

	for (size_t i = 0; i < part->names.count && !mime; i++)
		mime = slice_same_nocase(name_extension(part->names.list[i]), SLICE("p7m")) ||
		       slice_same_nocase(name_extension(part->names.list[i]), SLICE("p7z"));
	mac = mac || (first.len > 128 && first.at[0] == 0 && memcmp(first.at + 102, "mBIN", 4) == 0);
	return mac || slice_begins(first, SLICE("\x00\x05\x16\x00")) || (mime && part->sealed & SEALED_CMS_OPEN);
}

/* A message by its name, which readers open as one. */
static bool is_message_file(const struct part *part, struct slice first)
{
	static const struct slice extensions[] = { LIT("eml"), LIT("mht"), LIT("mhtml"), LIT("nws") };

	for (size_t i = 0; i < part->names.count; i++)
		for (size_t row = 0; row < COUNT_OF(extensions); row++)
			if (slice_same_nocase(name_extension(part->names.list[i]), extensions[row]))
				return !part_is_message(part) && field_begins(first);
	return false;
}

static int base64_value(char c)
{
	if (byte_is_letter(c))
		return c >= 'a' ? c - 'a' + 26 : c - 'A';
	if (byte_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* "<" somewhere in a run of UTF-7, among Latin letters alone: what is no such run has others soon. `ret_end`: of what was
 * looked at. */
static bool run_has_angle(struct slice run, size_t *ret_end)
{
	uint32_t held = 0;
	unsigned bits = 0;
	bool angle = false;

	for (*ret_end = 0; *ret_end < run.len; ++*ret_end) {
		int value = base64_value(run.at[*ret_end]);
		uint32_t unit;

		if (value < 0)
			break;
		held = held << 6 | (uint32_t)value;
		bits += 6;
		if (bits < 16)
			continue;
		bits -= 16;
		unit = held >> bits & 0xffff;
		if (unit > 0xff)
			return false;
		angle |= unit == '<';
	}
	return angle;
}

static bool hides_angle(struct slice text)
{
	size_t end;

	for (const char *plus; text.len && (plus = memchr(text.at, '+', text.len)) != NULL; text = slice_drop(text, end)) {
		text = slice_drop(text, (size_t)(plus - text.at) + 1);
		if (run_has_angle(text, &end))
			return true;
	}
	return false;
}

void looks_read(struct walk *walk, struct part *part, struct slice first)
{
	bool text = part_is_text(part);

	if (part->recoded || part->within)
		return;
	part->tnef = slice_begins(first, SLICE("\x78\x9f\x3e\x22"));
	if (begins_with_boundary(first))
		walk_note(walk, part, AMBIGUITY_BIT(boundary_in_text));
	if (text && begins_wide(first))
		walk_note(walk, part, AMBIGUITY_BIT(charset));
	if (is_packed(part, first))
		walk_note(walk, part, AMBIGUITY_BIT(packed));
	if (is_message_file(part, first))
		walk_note(walk, part, AMBIGUITY_BIT(message_kind));
	if (text && hides_angle(first))
		walk_note(walk, part, AMBIGUITY_BIT(charset));
}
