/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads play the inspecting processes; each row says what they answer to one message among good ones, and what must be
 * told of it. The others must be told as ever. */
#include "cli/contrast.h"

#include "base/channel.h"
#include "base/fd.h"
#include "base/test.h"
#include "mail/policy/policy.h"
#include "wire/queue-inspect.h"

#include <pthread.h>

enum { MESSAGES = 7, AT_A_TIME = 3, ODD = 4, NEXT_BATCH = 6 };
enum { PATIENCE_MS = 20000, NO_PATIENCE_MS = 1 };

enum answering { GOOD, FAILS, NONSENSE, SILENT, LATE, TWICE };

static const struct row {
	const char *about;
	enum answering answers[SIDES];              /* to the odd one */
	bool judged[SIDES];
	const char *unknown;
} rows[] = {
	{ "both judge", { GOOD, GOOD }, { true, true }, NULL },
	{ "the first cannot judge it", { FAILS, GOOD }, { false, false }, NULL },
	{ "the second cannot judge it", { GOOD, FAILS }, { true, false }, NULL },
	{ "what the first says is no judgement", { NONSENSE, GOOD }, { true, false }, "its judgement cannot be read" },
	{ "the first never answers", { SILENT, GOOD }, { false, false }, "no answer came" },
	{ "the second never answers", { GOOD, SILENT }, { true, false }, "no answer came" },
	{ "the first answers when nobody waits any more", { LATE, GOOD }, { false, false }, "no answer came" },
	{ "the first answers twice", { TWICE, GOOD }, { true, true }, NULL },
};

/* ---- an inspecting process ---- */

struct played { int wire; enum answering answer; int *patience_ms; };

static enum result judgement(struct buffer *to)
{
	struct fate fate = { .outcome = FATE_DELIVER, .edits = NO_EDITS };
	const struct judgement judgement = { .fates = &fate, .fate_count = 1, .findings = SLICE("f"), .evidence = SLICE("e") };

	buffer_clear(to);
	return judgement_pack(&judgement, to);
}

static enum result answer(int wire, uint64_t exchange, enum answering how)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, 4096);
	result = judgement(&text);
	if (how == TWICE && result == OK)
		result = frame_send(wire, INSPECT_JUDGED, exchange, buffer_slice(&text), -1);
	if (how == FAILS || how == NONSENSE)
		buffer_cut(&text, 3);
	if (how != SILENT && result == OK)
		result = frame_send(wire, how == FAILS ? INSPECT_FAILED : INSPECT_JUDGED, exchange, buffer_slice(&text), -1);
	buffer_finish(&text);
	return result;
}

/* Nobody need wait for what will not come: an answer to what is long past makes the other end look at its patience. */
static enum result end_patience(const struct played *played)
{
	__atomic_store_n(played->patience_ms, NO_PATIENCE_MS, __ATOMIC_SEQ_CST);
	return answer(played->wire, 0, GOOD);
}

/* What it was to answer late it answers when the next batch comes. */
static void *play(void *own_played)
{
	const struct played *played = own_played;
	struct buffer payload;
	struct frame frame;
	uint64_t late = 0;

	buffer_init(&payload, QUEUE_INSPECT_LONGEST);
	while (frame_receive(played->wire, &payload, &frame) == OK) {
		bool odd = frame.exchange == ODD;

		fd_close(&frame.fd);
		if (late && frame.exchange >= NEXT_BATCH) {
			if (answer(played->wire, late, GOOD) != OK)
				break;
			late = 0;
		}
		if (odd && played->answer == LATE)
			late = frame.exchange;
		else if (answer(played->wire, frame.exchange, odd ? played->answer : GOOD) != OK)
			break;
		if (frame.exchange == NEXT_BATCH - 1 && (played->answer == SILENT || played->answer == LATE) &&
		    end_patience(played) != OK)
			break;
	}
	buffer_finish(&payload);
	return NULL;
}

/* ---- what is told ---- */

struct told { const struct row *row; unsigned count; struct contrast *contrast; };

static enum result tell(void *own_told, struct contrast_item *item)
{
	struct told *told = own_told;
	const struct row *row = told->row;
	bool odd = told->count == ODD;

	CHECK(slice_same(slice_of(item->name), slice_of("message")), row->about);
	for (size_t side = 0; side < SIDES; side++)
		CHECK(item->judged[side] == (odd ? row->judged[side] : true), row->about);
	CHECK(slice_same(slice_of(item->unknown), slice_of(odd ? row->unknown : NULL)), row->about);
	for (size_t side = 0; side < SIDES && odd; side++)
		told->contrast->sides[side].patience_ms = PATIENCE_MS;
	told->count++;
	return OK;
}

static void check_row(const struct row *row)
{
	static struct contrast contrast;
	struct told told = { .row = row, .contrast = &contrast };
	struct played played[SIDES];
	pthread_t threads[SIDES];
	int ends[2];

	contrast = (struct contrast){ .most = AT_A_TIME, .tell = tell, .owner = &told };
	for (size_t side = 0; side < SIDES; side++) {
		CHECK(channel_pair(ends) == OK, "a wire");
		contrast.sides[side] = (struct inspector){ .wire = ends[0], .patience_ms = PATIENCE_MS };
		buffer_init(&contrast.sides[side].payload, QUEUE_INSPECT_LONGEST);
		played[side] = (struct played){ ends[1], row->answers[side], &contrast.sides[side].patience_ms };
		CHECK(pthread_create(&threads[side], NULL, play, &played[side]) == 0, "a thread");
	}
	for (unsigned i = 0; i < MESSAGES; i++)
		CHECK(contrast_add(&contrast, "message", &(struct inspector_past){ .envelope = SLICE("e") }, -1) == OK, row->about);
	CHECK(contrast_judge(&contrast) == OK, row->about);
	CHECK(told.count == MESSAGES, row->about);
	contrast_finish(&contrast);
	for (size_t side = 0; side < SIDES; side++) {
		CHECK(pthread_join(threads[side], NULL) == 0, "it ends");
		fd_close(&played[side].wire);
	}
}

/* ---- what is never asked ---- */

static enum result tell_unknown(void *own_count, struct contrast_item *item)
{
	CHECK(item->unknown != NULL && !item->judged[WAS] && !item->judged[WILL], "it is told as what cannot be judged");
	++*(unsigned *)own_count;
	return OK;
}

static void check_too_much(void)
{
	static struct contrast contrast;
	static char bytes[EVIDENCE_BYTES + 1];
	struct slice much = { bytes, sizeof(bytes) };
	unsigned count = 0;

	contrast = (struct contrast){ .most = 1, .tell = tell_unknown, .owner = &count };
	contrast.sides[WAS].wire = contrast.sides[WILL].wire = -1;
	CHECK(contrast_add(&contrast, "much", &(struct inspector_past){ SLICE("e"), much, SLICE("e") }, -1) == OK, "too many findings");
	CHECK(contrast_add(&contrast, "much", &(struct inspector_past){ SLICE("e"), SLICE("f"), much }, -1) == OK, "too much evidence");
	CHECK(contrast_unknown(&contrast, "bad", "a reason") == OK && contrast_judge(&contrast) == OK, "what is bad already");
	CHECK(count == 3, "each is told");
	contrast_finish(&contrast);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	check_too_much();
	return TEST_END();
}
