/* SPDX-License-Identifier: Apache-2.0 */
/* One row an action: its outcome follows from its place, its reply from its columns. */
#include "mail/policy/action.h"

#include "base/settings.h"

enum { TEXT_MOST = 400 };

static const struct row { const char *name, *code, *standard; } rows[FATE_COUNT] = {
	[FATE_DELIVER] = { "deliver", NULL, NULL },
	[FATE_REJECT] = { "reject", "550 5.7.1 ", "this message was refused" },
	[FATE_DEFER] = { "defer", "451 4.7.1 ", "try again later" },
	[FATE_DISCARD] = { "discard", NULL, NULL },
	[FATE_QUARANTINE] = { "quarantine", NULL, NULL },
	[FATE_HOLD] = { "hold", NULL, NULL },
	[FATE_BOUNCE] = { "bounce", "550 5.7.1 ", "this message was refused" },
};

static enum result unknown(struct slice name, struct buffer *complaint)
{
	const char *names[FATE_COUNT], *nearest;

	for (size_t i = 0; i < FATE_COUNT; i++)
		names[i] = rows[i].name;
	nearest = settings_nearest(name, names, FATE_COUNT);
	(void)!buffer_format(complaint, "no action is called \"%.*s\"", SHOW(name));
	if (nearest)
		(void)!buffer_format(complaint, "; did you mean \"%s\"?", nearest);
	else
		(void)!buffer_add(complaint,
				  SLICE("; there are: deliver, reject, defer, discard, quarantine, hold, bounce"));
	return REFUSED;
}

/* A reply is one line of printable ASCII. */
static bool is_reply_text(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return text.len <= TEXT_MOST;
}

static enum result compose(const struct row *row, struct slice text, struct arena *arena, struct slice *ret_reply)
{
	struct slice code = slice_of(row->code), words = text.len ? text : slice_of(row->standard);
	char *reply = arena_take(arena, code.len + words.len);

	if (reply == NULL)
		return LATER;
	memcpy(reply, code.at, code.len);
	memcpy(reply + code.len, words.at, words.len);
	*ret_reply = (struct slice){ reply, code.len + words.len };
	return OK;
}

enum result action_compile(struct slice text, struct arena *arena, struct action *ret_action, struct buffer *complaint)
{
	struct slice rest = slice_trim(text), name = slice_cut(&rest, ' ');
	struct action action = { 0 };
	size_t i = 0;

	rest = slice_trim(rest);
	while (i < FATE_COUNT && !slice_same(name, slice_of(rows[i].name)))
		i++;
	if (i == FATE_COUNT)
		return unknown(name, complaint);
	action.outcome = (enum outcome)i;
	if (rest.len && rows[i].code == NULL) {
		(void)!buffer_format(complaint, "nothing may stand behind \"%s\"", rows[i].name);
		return REFUSED;
	}
	if (!is_reply_text(rest)) {
		(void)!buffer_format(complaint, "the text of a reply is printable ASCII, at most %d characters",
				     TEXT_MOST);
		return REFUSED;
	}
	if (rows[i].code)
		TRY(compose(&rows[i], rest, arena, &action.reply));
	*ret_action = action;
	return OK;
}
