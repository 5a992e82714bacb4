/* SPDX-License-Identifier: Apache-2.0 */
/* A small model is taught two messages; what is told of each, and of how little room. */
#include "inspect/read_learned.h"

#include "inspect/read.h"

#include "base/pool.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 14, MEMORY = 8 << 20, LESSONS = 12, STEP = 20000 };

static const struct slice spam = LIT("From: a@shop.example\r\nSubject: cheap watches\r\n\r\nBuy cheap watches now, buy cheap watches\r\n");
static const struct slice ham = LIT("From: b@example.org\r\nSubject: minutes\r\n\r\nDear Berta, here are the minutes of the meeting\r\n");

static void read_it(struct slice bytes, struct arena *arena, struct message_view *view, struct message_reader *reader)
{
	*reader = (struct message_reader){ &message_limits_standard, NULL, arena };
	*view = (struct message_view){ 0 };
	CHECK(message_read(bytes, reader, DIGESTS_NONE, view) == OK && !view->limit, "a message is read");
}

static void learn(struct model *model, struct slice bytes, enum label label)
{
	struct message_reader reader;
	struct message_view view;
	struct features features;
	struct lesson unused;
	struct arena arena;

	arena_init(&arena, MEMORY);
	read_it(bytes, &arena, &view, &reader);
	CHECK(features_read(&view, &reader, false, &features) == OK, "it has features");
	model_learn(model, &features, label, 1, &unused);
	arena_finish(&arena);
}

static size_t count_of(const struct learned_facts *facts, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->count; i++)
		count += slice_same(facts->list[i].name, name);
	return count;
}

static struct slice value_of(const struct learned_facts *facts, struct slice name)
{
	for (size_t i = 0; i < facts->count; i++)
		if (slice_same(facts->list[i].name, name))
			return facts->list[i].value;
	return SLICE("");
}

static void tells_of_spam(const struct model *model)
{
	struct learned_facts facts;
	struct message_reader reader;
	struct message_view view;
	struct arena arena;
	struct slice said;
	bool named = false;

	arena_init(&arena, MEMORY);
	read_it(spam, &arena, &view, &reader);
	CHECK(read_learned(&view, &reader, model, &facts) == OK, "there is room");
	said = value_of(&facts, SLICE("spam.probability"));
	CHECK(said.len == 5 && memcmp(said.at, "0.", 2) == 0 && said.at[2] >= '8', "it is said to be likely");
	CHECK(slice_same(value_of(&facts, SLICE("spam.model")), SLICE("00000000000000ab/1")), "and by which model");
	CHECK(count_of(&facts, SLICE("spam.reason")) >= LEARNED_FOR_SPAM && facts.count <= LEARNED_FACTS, "with reasons");
	for (size_t i = 0; i < facts.count; i++)
		named |= memmem(facts.list[i].value.at, facts.list[i].value.len, "watches", 7) != NULL;
	for (size_t i = 0; i < facts.count; i++)
		CHECK(facts.list[i].value.at[facts.list[i].value.len - 1] != ' ', "each has a text");
	CHECK(named && value_of(&facts, SLICE("spam.reason")).at[0] == '+', "in words, the strongest first");
	arena_finish(&arena);
}

static void tells_less_of_ham(const struct model *model)
{
	struct learned_facts facts;
	struct message_reader reader;
	struct message_view view;
	struct arena arena;

	arena_init(&arena, MEMORY);
	read_it(ham, &arena, &view, &reader);
	CHECK(read_learned(&view, &reader, model, &facts) == OK, "there is room");
	CHECK(facts.count == 2 && value_of(&facts, SLICE("spam.probability")).at[2] < '3', "what is no spam needs no reasons");
	arena_finish(&arena);
}

/* However little room there is, what is told is right, and the probability comes before its reasons. */
static void tells_less_where_room_is_short(const struct model *model)
{
	bool without = false, with = false;

	for (size_t room = STEP; room <= MEMORY / 2; room += STEP) {
		struct learned_facts facts;
		struct message_reader reader = { &message_limits_standard, NULL, NULL };
		struct message_view view = { 0 };
		struct arena arena;

		arena_init(&arena, room);
		reader.arena = &arena;
		if (message_read(spam, &reader, DIGESTS_NONE, &view) == OK && !view.limit) {
			CHECK((read_learned(&view, &reader, model, &facts) == OK) ==
			      (count_of(&facts, SLICE("spam.probability")) == 1), "without a probability, it says so");
			without |= count_of(&facts, SLICE("spam.probability")) == 0;
			with |= count_of(&facts, SLICE("spam.reason")) > 0;
			CHECK(count_of(&facts, SLICE("spam.reason")) == 0 || count_of(&facts, SLICE("spam.probability")) == 1,
			      "no reasons for nothing");
		}
		arena_finish(&arena);
	}
	CHECK(without && with, "little room, and enough");
}

static bool has_fact(const struct findings *findings, struct slice name, struct slice value)
{
	for (size_t i = 0; i < findings->fact_count; i++)
		if (slice_same(findings->facts[i].name, name) && (value.len == 0 || slice_same(findings->facts[i].value, value)))
			return true;
	return false;
}

/* Whoever fills the memory with his message would else be judged by rules that wait for a probability, and find none. */
static void nothing_passes_without_a_probability(const struct model *model)
{
	const struct read_means means = { .limits = &message_limits_standard, .model = model };
	const struct envelope envelope = { .id = SLICE("0123456789ABCDEF") };
	unsigned without = 0, with = 0;

	for (size_t room = STEP; room <= MEMORY / 2; room += STEP) {
		struct findings findings;
		struct arena arena;

		arena_init(&arena, room);
		if (read_message(spam, &envelope, &means, &arena, &findings) == OK) {
			bool known = has_fact(&findings, SLICE("spam.probability"), SLICE("")),
			     stopped = has_fact(&findings, SLICE("unscannable"), SLICE("a ceiling was hit: memory"));

			CHECK(known != stopped, "what has no probability for want of memory is unscannable");
			without += stopped;
			with += known;
		}
		arena_finish(&arena);
	}
	CHECK(without && with, "little room, and enough");
}

int main(void)
{
	void *room = pool_resize(NULL, model_size(BITS));
	struct model *model;

	if (room == NULL)
		abort();
	model = model_begin(room, BITS);
	model->identity = 0xab;
	for (unsigned i = 0; i < LESSONS; i++) {
		learn(model, spam, LABEL_SPAM);
		learn(model, ham, LABEL_HAM);
	}
	model_seal(model);
	tells_of_spam(model);
	tells_less_of_ham(model);
	tells_less_where_room_is_short(model);
	nothing_passes_without_a_probability(model);
	(void)!pool_resize(room, 0);
	return TEST_END();
}
