/* SPDX-License-Identifier: Apache-2.0 */
/* One question or two: the second only where the name is there, and has no address of the first kind. */
#include "access/names.h"

#include <string.h>

static void keep_address(struct names_found *found, struct slice rdata)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (rdata.len == sizeof(address))
		memcpy(&address, rdata.at, sizeof(address));
	else
		memcpy(&address.s6_addr[12], rdata.at, 4);
	found->addresses[found->count++] = address;
}

static void ask(struct name_question *question, enum dns_type type);

static void came(void *own_question, const struct dns_reply *reply)
{
	struct name_question *question = own_question;
	struct names_found found = { .secure = reply->secure };
	size_t size = question->type == DNS_A ? 4 : 16;

	if (reply->end == DNS_NO_RECORDS && question->type == DNS_A) {
		ask(question, DNS_AAAA);
		return;
	}
	for (uint32_t i = 0; i < reply->count && found.count < NAMES_ADDRESSES; i++)
		if (reply->records[i].len == size)
			keep_address(&found, reply->records[i]);
	question->answered(question, &found);
}

static void ask(struct name_question *question, enum dns_type type)
{
	question->type = type;
	question->question.answered = came;
	question->question.owner = question;
	resolve_ask(question->resolve, type, question->name, &question->question);
}

void names_ask(struct name_question *question)
{
	ask(question, DNS_A);
}

void names_forget(struct name_question *question)
{
	if (question->resolve)
		resolve_forget(question->resolve, &question->question);
}
