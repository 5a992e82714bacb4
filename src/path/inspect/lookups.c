/* SPDX-License-Identifier: Apache-2.0 */
/* Which names are looked up follows from envelope and policy alone: a worker, which has read the message, has no say in
 * it, and so can tell nobody anything by way of the DNS. */
#include "inspect/sources.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { SAY_EVERY_MS = 60000, ADDRESS = 4 };

struct lookup {
	struct lookup *next;
	struct request *request;
	struct question question;
	uint64_t asked;
	bool answered;
	char name[POLICY_LOOKUP];
};

void lookups_start(struct dispatcher *dispatcher)
{
	if (dispatcher->lookups.size == 0)
		pool_init(&dispatcher->lookups, sizeof(struct lookup), SIZE_MAX);
}

static void lookup_answered(void *own_lookup, const struct dns_reply *reply);

enum result lookups_plan(struct request *request, const struct envelope *envelope)
{
	struct dispatcher *dispatcher = request->dispatcher;
	const struct policy *policy = dispatcher->limits.unlisted ? NULL : dispatcher->limits.policy;
	char name[POLICY_LOOKUP];
	size_t place = 0;

	while (policy && policy_next_lookup(policy, envelope, &place, name)) {
		struct lookup *lookup = pool_take(&dispatcher->lookups);

		if (lookup == NULL)
			return LATER;
		lookup->request = request;
		lookup->question = (struct question){ .answered = lookup_answered, .owner = lookup };
		lookup->next = request->lookups;
		memcpy(lookup->name, name, sizeof(name));
		request->lookups = lookup;
		request->wants |= sources_bit(ASK_DNS);
	}
	return OK;
}

/* ---- one answer ---- */

static int by_bytes(const void *one, const void *other)
{
	return memcmp(one, other, ADDRESS);
}

/* In one order, whatever that of the records was, so that the same answer is the same text. REFUSED: they are no addresses. */
static enum result text_of(const struct dns_reply *reply, struct buffer *to)
{
	uint8_t addresses[DNS_RECORDS][ADDRESS];

	for (uint32_t i = 0; i < reply->count; i++) {
		if (reply->records[i].len != ADDRESS)
			return REFUSED;
		memcpy(addresses[i], reply->records[i].at, ADDRESS);
	}
	qsort(addresses, reply->count, ADDRESS, by_bytes);
	for (uint32_t i = 0; i < reply->count; i++)
		TRY(buffer_format(to, "%s%u.%u.%u.%u", i ? " " : "", addresses[i][0], addresses[i][1], addresses[i][2],
		                  addresses[i][3]));
	return OK;
}

static void say_wrong(const struct lookup *lookup, struct slice text)
{
	struct dispatcher *dispatcher = lookup->request->dispatcher;
	uint64_t now = loop_ticks(dispatcher->loop);
	struct log_line line;

	dispatcher_count(dispatcher, INSPECT_COUNT_dns_wrong);
	if (dispatcher->said && now - dispatcher->said < SAY_EVERY_MS)
		return;
	dispatcher->said = now ? now : 1;
	log_begin(&line, dispatcher->log, LOG_LEVEL_WARNING, request_id(lookup->request), "dnsbl-wrong");
	log_text(&line, "name", slice_of(lookup->name));
	log_text(&line, "answer", text);
	log_end(&line);
}

static struct answer answer_of(const struct lookup *lookup, const struct dns_reply *reply, struct buffer *text)
{
	struct answer answer = { ASK_DNS, slice_of(lookup->name), ANSWER_FAILED, SLICE("no answer of the DNS"), 0 };
	uint64_t took = loop_ticks(lookup->request->dispatcher->loop) - lookup->asked;

	answer.took_ms = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	if (reply->end == DNS_FAILED || text_of(reply, text) != OK) {
		dispatcher_count(lookup->request->dispatcher, INSPECT_COUNT_dns_failures);
		return answer;
	}
	answer.end = ANSWER_SAID;
	answer.text = buffer_slice(text);
	if (!policy_lookup_answers(answer.text))
		say_wrong(lookup, answer.text);
	return answer;
}

static bool all_answered(const struct request *request)
{
	for (const struct lookup *lookup = request->lookups; lookup; lookup = lookup->next)
		if (!lookup->answered)
			return false;
	return true;
}

static void lookup_answered(void *own_lookup, const struct dns_reply *reply)
{
	struct lookup *lookup = own_lookup;
	struct request *request = lookup->request;
	struct answer answer;
	struct buffer text;
	enum result result;

	buffer_init(&text, EVIDENCE_BYTES);
	answer = answer_of(lookup, reply, &text);
	result = answers_add(request, &answer, 1, sources_took(request));
	buffer_finish(&text);
	lookup->answered = true;
	if (result != OK)
		request_fail(request, SLICE("no memory"));
	else if (all_answered(request))
		sources_answered(request, ASK_DNS);
}

/* ---- the source ---- */

/* Without a resolver each of them fails soon, and the message need not wait for it. */
static void ask_lists(struct request *request)
{
	if (sources_has_sent(request, ASK_DNS))
		return;
	request->sent |= sources_bit(ASK_DNS);
	for (struct lookup *lookup = request->lookups; lookup; lookup = lookup->next) {
		dispatcher_count(request->dispatcher, INSPECT_COUNT_dns_questions);
		lookup->asked = loop_ticks(request->dispatcher->loop);
		resolve_ask(&request->dispatcher->resolve, DNS_A, slice_of(lookup->name), &lookup->question);
	}
}

static enum result lists_missing(struct request *request, uint64_t took_ms)
{
	for (struct lookup *lookup = request->lookups; lookup; lookup = lookup->next)
		if (!lookup->answered)
			TRY(answers_missing(request, ASK_DNS, slice_of(lookup->name), SLICE("no answer in time"), took_ms));
	return OK;
}

static void forget_lists(struct request *request)
{
	while (request->lookups) {
		struct lookup *lookup = request->lookups;

		resolve_forget(&request->dispatcher->resolve, &lookup->question);
		request->lookups = lookup->next;
		pool_give(&request->dispatcher->lookups, lookup);
	}
}

const struct source lookups_source = {
	.kind = ASK_DNS, .silent = "dnsbls-silent", .failures = INSPECT_COUNT_dns_failures,
	.ask = ask_lists, .missing = lists_missing, .forget = forget_lists,
};

enum result dispatcher_resolver(struct dispatcher *dispatcher, int fd)
{
	return resolve_wire(&dispatcher->resolve, fd);
}
