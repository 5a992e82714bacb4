/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of the keeper means for a rule; and that no answer, and one about somebody else, means nothing. */
#include "mail/policy/senders.h"

#include "base/test.h"
#include "mail/policy/policy.h"

static const struct envelope anna = { .sender = LIT("Anna@Example.net"), .client_address = LIT("192.0.2.9") };
static const struct envelope nobody = { .sender = LIT(""), .client_address = LIT("192.0.2.9") };
static const struct envelope nowhere = { .sender = LIT("anna@example.net") };

#define PAIR   "sender anna@example.net 192.0.2.0/24"
#define DOMAIN "domain example.net"

static const struct {
	const char *about;
	const struct envelope *envelope;
	struct answer answer;
	enum senders_name name;
	const char *number;
	enum senders_end end;
	uint64_t value;
} rows[] = {
	{ "the first number", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("delivered 3 quarantined 0 rejected 1 first 864000 last 5") },
	  SENDERS_ADDRESS, "delivered", SENDERS_KNOWN, 3 },
	{ "another", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("delivered 3 quarantined 0 rejected 1 first 864000 last 5") },
	  SENDERS_ADDRESS, "first", SENDERS_KNOWN, 864000 },
	{ "the domain's", &anna, { .kind = ASK_STATE, .who = LIT(DOMAIN), .end = ANSWER_SAID, .text = LIT("delivered 7") }, SENDERS_DOMAIN, "delivered", SENDERS_KNOWN, 7 },
	{ "never", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("never") }, SENDERS_ADDRESS, "delivered", SENDERS_NEVER, 0 },
	{ "an answer about the domain is none about the address", &anna, { .kind = ASK_STATE, .who = LIT(DOMAIN), .end = ANSWER_SAID, .text = LIT("delivered 7") },
	  SENDERS_ADDRESS, "delivered", SENDERS_SILENT, 0 },
	{ "nor one about another network", &anna, { .kind = ASK_STATE, .who = LIT("sender anna@example.net 192.0.3.0/24"), .end = ANSWER_SAID, .text = LIT("delivered 7") },
	  SENDERS_ADDRESS, "delivered", SENDERS_SILENT, 0 },
	{ "nor one of somebody else", &anna, { .kind = ASK_DNS, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("delivered 7") }, SENDERS_ADDRESS, "delivered",
	  SENDERS_SILENT, 0 },
	{ "a failure is no answer, whatever it says", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_FAILED, .text = LIT("delivered 7") }, SENDERS_ADDRESS,
	  "delivered", SENDERS_SILENT, 0 },
	{ "nor is what is not understood", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("delivered many") }, SENDERS_ADDRESS, "delivered",
	  SENDERS_SILENT, 0 },
	{ "nor what lacks the number", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("first 5") }, SENDERS_ADDRESS, "delivered",
	  SENDERS_SILENT, 0 },
	{ "nor an empty one", &anna, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("") }, SENDERS_ADDRESS, "delivered", SENDERS_SILENT, 0 },
	{ "the null sender is known by the network", &nobody, { .kind = ASK_STATE, .who = LIT("sender <> 192.0.2.0/24"), .end = ANSWER_SAID, .text = LIT("delivered 2") },
	  SENDERS_ADDRESS, "delivered", SENDERS_KNOWN, 2 },
	{ "and has no domain", &nobody, { .kind = ASK_STATE, .who = LIT("domain "), .end = ANSWER_SAID, .text = LIT("delivered 2") }, SENDERS_DOMAIN, "delivered",
	  SENDERS_NEVER, 0 },
	{ "who came from nowhere is not known", &nowhere, { .kind = ASK_STATE, .who = LIT(PAIR), .end = ANSWER_SAID, .text = LIT("delivered 2") }, SENDERS_ADDRESS,
	  "delivered", SENDERS_NEVER, 0 },
};

static void check_answers(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct answer answer = rows[i].answer;
		const struct evidence evidence = { .answers = &answer, .count = 1 };
		uint64_t value = 0;

		CHECK(senders_number(rows[i].envelope, &evidence, rows[i].name, slice_of(rows[i].number), &value) == rows[i].end, rows[i].about);
		CHECK(rows[i].end != SENDERS_KNOWN || value == rows[i].value, rows[i].about);
	}
}

static void check_unasked(void)
{
	struct answer answers[] = { { .kind = ASK_STATE, .who = SLICE(PAIR), .end = ANSWER_FAILED },
		                    { .kind = ASK_STATE, .who = SLICE(DOMAIN), .end = ANSWER_SAID, .text = SLICE("never") } };
	struct evidence evidence = { .answers = answers, .count = 2 };

	CHECK(!policy_senders_unasked(&anna, &evidence), "both were asked for, though one failed");
	evidence.count = 1;
	CHECK(policy_senders_unasked(&anna, &evidence), "the domain was not");
	evidence.count = 0;
	CHECK(policy_senders_unasked(&anna, &evidence) && policy_senders_unasked(&nobody, &evidence), "nobody was");
	CHECK(!policy_senders_unasked(&nowhere, &evidence), "there was nobody to ask for");
}

int main(void)
{
	check_answers();
	check_unasked();
	return TEST_END();
}
