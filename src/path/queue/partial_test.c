/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of fates, as letters: what the front is told, and who is left. */
#include "queue/partial.h"

#include "base/pack.h"
#include "base/test.h"
#include "wire/front-queue.h"

#include <string.h>

enum { MOST = 8 };

static const struct {
	const char *about, *fates, *told, *left;      /* D: delivered, R: refused, Q: quarantined; places, letters of recipients */
} rows[] = {
	{ "the first of two", "RD", "0", "b" },
	{ "the last of two", "DR", "1", "a" },
	{ "several among others", "DRRQR", "124", "ad" },
	{ "nobody", "DQ", "", "ab" },
};

static void check(size_t row)
{
	struct envelope_recipient recipients[MOST];
	struct fate fates[MOST];
	uint32_t count = (uint32_t)strlen(rows[row].fates);
	struct envelope envelope = { .id = SLICE("0123456789ABCDEF"), .protocol = SLICE("LMTP"), .recipients = recipients,
	                             .recipient_count = count }, again;
	struct judgement judgement = { .fates = fates, .fate_count = count };
	struct slice packed, said;
	struct unpack from;
	struct arena memory;

	arena_init(&memory, 1 << 20);
	for (uint32_t i = 0; i < count; i++) {
		static const char *const names[] = { "a@d", "b@d", "c@d", "d@d", "e@d" };

		recipients[i] = (struct envelope_recipient){ .address = slice_of(names[i]) };
		fates[i] = (struct fate){ .outcome = rows[row].fates[i] == 'R' ? FATE_REJECT : rows[row].fates[i] == 'Q' ? FATE_QUARANTINE
		                                                                                                        : FATE_DELIVER,
		                          .reply = SLICE("550 5.7.1 no"), .edits = NO_EDITS };
	}
	CHECK(partial_refuse(&memory, &envelope, &judgement, &packed, &said) == OK, rows[row].about);
	from = unpack_from(said);
	CHECK(unpack_u32(&from) == strlen(rows[row].told), rows[row].about);
	for (const char *place = rows[row].told; *place; place++) {
		CHECK(unpack_u32(&from) == (uint32_t)(*place - '0'), rows[row].about);
		CHECK(slice_same(unpack_slice(&from, FRONT_QUEUE_REPLY), SLICE("550 5.7.1 no")), rows[row].about);
	}
	CHECK(unpack_end(&from) == OK, rows[row].about);
	CHECK(envelope_unpack(packed, &memory, &again) == OK && again.recipient_count == strlen(rows[row].left), rows[row].about);
	CHECK(envelope.recipient_count == again.recipient_count && judgement.fate_count == again.recipient_count, rows[row].about);
	for (uint32_t i = 0; i < again.recipient_count; i++) {
		CHECK(again.recipients[i].address.at[0] == rows[row].left[i], rows[row].about);
		CHECK(judgement.fates[i].outcome != FATE_REJECT, rows[row].about);
	}
	arena_finish(&memory);
}

int main(void)
{
	struct envelope envelope = { .protocol = SLICE("ESMTP") };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(i);
	CHECK(!partial_is_told(&envelope), "SMTP has one answer for all");
	envelope.protocol = SLICE("UTF8LMTPS");
	CHECK(partial_is_told(&envelope), "LMTP has one for each");
	return TEST_END();
}
