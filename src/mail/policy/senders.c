/* SPDX-License-Identifier: Apache-2.0 */
/* The name is made again from the envelope, and the answer must stand under it: an answer about another is none. */
#include "mail/policy/senders.h"

#include "mail/policy/policy.h"

#include <stdio.h>

bool policy_sender_who(const struct envelope *envelope, bool domain, char who[POLICY_WHO])
{
	struct sender_names names;
	struct slice is;

	if (sender_names(envelope, &names) != OK)
		return false;
	is = domain ? names.domain : names.pair;
	(void)snprintf(who, POLICY_WHO, "%s %.*s", domain ? "domain" : "sender", SHOW(is));
	for (char *at = who; *at; at++)
		*at = *at >= ' ' && *at <= '~' ? *at : '?';
	return is.len > 0;
}

static const struct answer *answer_about(const struct evidence *evidence, struct slice who)
{
	for (size_t i = 0; evidence && i < evidence->count; i++)
		if (evidence->answers[i].kind == ASK_STATE && slice_same(evidence->answers[i].who, who))
			return &evidence->answers[i];
	return NULL;
}

static bool read_number(struct slice text, struct slice number, uint64_t *ret_number)
{
	while (text.len) {
		struct slice word = slice_cut(&text, ' '), value = slice_cut(&text, ' ');

		if (slice_same(word, number))
			return slice_number(value, INT64_MAX, ret_number) == OK;
	}
	return false;
}

enum senders_end senders_number(const struct envelope *envelope, const struct evidence *evidence, enum senders_name name,
                                struct slice number, uint64_t *ret_number)
{
	const struct answer *answer;
	char who[POLICY_WHO];

	if (!policy_sender_who(envelope, name == SENDERS_DOMAIN, who))
		return SENDERS_NEVER;
	answer = answer_about(evidence, slice_of(who));
	if (answer == NULL || answer->end != ANSWER_SAID)
		return SENDERS_SILENT;
	if (slice_same(answer->text, SLICE("never")))
		return SENDERS_NEVER;
	return read_number(answer->text, number, ret_number) ? SENDERS_KNOWN : SENDERS_SILENT;
}

bool policy_senders_unasked(const struct envelope *envelope, const struct evidence *evidence)
{
	char who[POLICY_WHO];

	return (policy_sender_who(envelope, false, who) && answer_about(evidence, slice_of(who)) == NULL) ||
	       (policy_sender_who(envelope, true, who) && answer_about(evidence, slice_of(who)) == NULL);
}
