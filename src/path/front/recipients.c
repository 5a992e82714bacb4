/* SPDX-License-Identifier: Apache-2.0 */
/* One who is looked up waits in the session, outside the list; the answer puts those into it who are meant. */
#include "front/recipients.h"

#include <string.h>

/* Back to those who stood there before: a list is taken whole or not at all. */
static void take_back(struct session *session, struct recipients_mark mark)
{
	session->last = mark.last;
	session->recipients = mark.count;
	if (mark.last)
		mark.last->next = NULL;
	else
		session->first = NULL;
}

struct recipients_mark recipients_mark(const struct session *session)
{
	return (struct recipients_mark){ session->last, session->recipients };
}

enum result recipients_noted(struct session *session, struct recipients_mark mark, const struct session_recipient *known)
{
	struct session_noted *noted = arena_new(&session->message, struct session_noted);

	if (noted == NULL) {
		take_back(session, mark);
		return session_answer(session, "452 4.3.1 too little room, try later");
	}
	*noted = (struct session_noted){ .first = mark.last ? mark.last->next : session->first,
	                                 .count = session->recipients - mark.count };
	if (noted->count == 0)
		*noted = (struct session_noted){ .first = known, .count = 1 };
	if (session->last_noted)
		session->last_noted->next = noted;
	else
		session->first_noted = noted;
	session->last_noted = noted;
	session->noted++;
	return session_answer(session, "250 2.1.5 recipient noted");
}

enum result recipients_add(struct session *session, const struct envelope_recipient *recipient)
{
	struct session_recipient *new = arena_new(&session->message, struct session_recipient);

	if (new == NULL)
		return LATER;
	new->recipient = *recipient;
	if (session->last)
		session->last->next = new;
	else
		session->first = new;
	session->last = new;
	session->recipients++;
	return OK;
}

static struct slice domain_of(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	return slice_drop(address, at);
}

bool recipients_must_ask(const struct session *session, struct slice address)
{
	const struct session_rules *rules = session->rules;
	struct slice domain = domain_of(address);

	for (size_t i = 0; i < rules->asked_count; i++)
		if (slice_same_nocase(rules->asked[i], domain))
			return true;
	return false;
}

enum result recipients_ask(struct session *session, const struct envelope_recipient *recipient)
{
	session->asked = *recipient;
	session->stage = STAGE_ASKING;
	return AGAIN;
}

const struct envelope_recipient *session_question(const struct session *session)
{
	return session->stage == STAGE_ASKING ? &session->asked : NULL;
}

/* ---- the answer ---- */

static const struct session_recipient *find(const struct session *session, struct slice address)
{
	for (const struct session_recipient *one = session->first; one; one = one->next)
		if (slice_same_nocase(one->recipient.address, address))
			return one;
	return NULL;
}

/* Who was written to is told of in notices, whoever gets the mail (RFC 3461 4.2, RFC 6533); what the client said
 * stands. */
static enum result keep_original(struct session *session, struct envelope_recipient *recipient)
{
	struct slice address = session->asked.address;
	struct slice type = session_is_text(address) ? SLICE("rfc822;") : SLICE("utf-8;");
	char *text;

	if (recipient->original.len || slice_same(recipient->address, address))
		return OK;
	text = arena_take(&session->message, type.len + address.len);
	if (text == NULL)
		return LATER;
	memcpy(text, type.at, type.len);
	memcpy(text + type.len, address.at, address.len);
	recipient->original = (struct slice){ text, type.len + address.len };
	return OK;
}

static enum result add_one(struct session *session, struct slice address)
{
	struct envelope_recipient recipient = session->asked;

	if (find(session, address))
		return OK;
	if (session->recipients == ENVELOPE_RECIPIENTS)
		return LATER;
	TRY(arena_keep(&session->message, address, &recipient.address));
	TRY(keep_original(session, &recipient));
	return recipients_add(session, &recipient);
}

static enum result add_all(struct session *session, const struct slice *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(add_one(session, addresses[i]));
	return OK;
}

enum result recipients_answered(struct session *session, const struct slice *addresses, size_t count)
{
	struct recipients_mark mark = recipients_mark(session);

	if (mark.count && mark.count + count > session->rules->recipients)
		return session_answer(session, "452 4.5.3 too many recipients");
	if (add_all(session, addresses, count) == OK)
		return recipients_noted(session, mark, find(session, addresses[0]));
	take_back(session, mark);
	return session_answer(session, mark.count ? "452 4.5.3 too many recipients" : "452 4.3.1 too little room, try later");
}
