/* SPDX-License-Identifier: Apache-2.0 */
/* What is learned, known again, moved, forgotten, and waits for a disk. */
#include "keeper/learner_scene.h"

#include "keeper/learner_write.h"

#include <math.h>
#include <stdio.h>

/* How often each step is asked for, and what is said; `spam`, `ham`: what the model counts then. */
static const struct {
	const char *about;
	unsigned number;
	enum lesson_wanted wanted;
	bool restarts;
	enum lesson_end end;
	uint64_t spam, ham;
} steps[] = {
	{ "a message is new", 1, LESSON_SPAM, false, LESSON_NEW, 1, 0 },
	{ "twice counts once", 1, LESSON_SPAM, false, LESSON_AGAIN, 1, 0 },
	{ "so it does after a restart", 1, LESSON_SPAM, true, LESSON_AGAIN, 1, 0 },
	{ "another is another, alike or not", 11, LESSON_SPAM, false, LESSON_NEW, 2, 0 },
	{ "the other way it moves", 1, LESSON_HAM, false, LESSON_MOVED, 1, 1 },
	{ "and stays there", 1, LESSON_HAM, true, LESSON_AGAIN, 1, 1 },
	{ "and back", 1, LESSON_SPAM, true, LESSON_MOVED, 2, 0 },
	{ "what was learned can be forgotten", 11, LESSON_FORGET, false, LESSON_FORGOTTEN, 1, 0 },
	{ "once", 11, LESSON_FORGET, false, LESSON_UNKNOWN, 1, 0 },
	{ "once, after a restart too", 11, LESSON_FORGET, true, LESSON_UNKNOWN, 1, 0 },
	{ "what was never learned cannot", 5, LESSON_FORGET, false, LESSON_UNKNOWN, 1, 0 },
	{ "what was forgotten can be learned", 11, LESSON_HAM, true, LESSON_NEW, 1, 1 },
	{ "and be known", 11, LESSON_HAM, true, LESSON_AGAIN, 1, 1 },
};

static void counts_once(void)
{
	begin();
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (steps[i].restarts) {
			turn_until_safe();
			restart();
		}
		CHECK(taught(steps[i].number, steps[i].wanted) == steps[i].end, steps[i].about);
		CHECK(learned_as(LABEL_SPAM) == steps[i].spam && learned_as(LABEL_HAM) == steps[i].ham, steps[i].about);
	}
	end();
}

static void is_the_same_after_a_start(void)
{
	double before, sure;

	begin();
	for (unsigned i = 0; i < 40; i++)
		CHECK(taught(i, i % 2 ? LESSON_SPAM : LESSON_HAM) == LESSON_NEW, "forty messages");
	before = judged(1);
	CHECK(before > 0.6 && judged(2) < 0.4, "it has learned");
	turn_until_safe();
	restart();
	sure = judged(1);
	CHECK(before >= sure && before <= sure, "what was learned is judged the same after a start");
	CHECK(learned_count(&place.learner.ledger) == 40, "and each is in the ledger");
	for (unsigned i = 0; i < 40; i++)
		CHECK(taught(i, LESSON_FORGET) == LESSON_FORGOTTEN, "all can be forgotten");
	turn_until_safe();
	CHECK(learned_count(&place.learner.ledger) == 0 && learned_as(LABEL_SPAM) + learned_as(LABEL_HAM) == 0, "nothing is left");
	end();
}

static void takes_back_what_was_learned(void)
{
	enum lesson_end end_of = LESSON_ENDS_COUNT;
	double before, other;

	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW && taught(2, LESSON_HAM) == LESSON_NEW && taught(3, LESSON_SPAM) == LESSON_NEW, "three");
	turn_until_safe();
	restart();
	before = judged(1);
	other = judged(4);
	CHECK(teach_with(1, 4, LESSON_FORGET, &end_of) == OK && end_of == LESSON_FORGOTTEN, "one comes with other features");
	CHECK(fabs(judged(1) - before) < 1e-9 && fabs(judged(4) - other) < 1e-9, "no weight moves by what it did not move by");
	CHECK(learned_as(LABEL_SPAM) == 1 && taught(1, LESSON_FORGET) == LESSON_UNKNOWN, "but it is forgotten");
	CHECK(teach_with(2, 4, LESSON_SPAM, &end_of) == OK && end_of == LESSON_MOVED && learned_as(LABEL_HAM) == 0, "another moves");
	CHECK(judged(4) > other, "by the features that it has now");
	before = judged(3);
	CHECK(taught(3, LESSON_FORGET) == LESSON_FORGOTTEN && judged(3) < before, "with its own features a lesson is taken back");
	end();
}

static void reads_entries_of_before(void)
{
	const struct learned learned = { .label = LABEL_SPAM, .when = 5, .by = 7, .features = 9 };
	struct learned back;
	struct buffer packed;

	buffer_init(&packed, LEARNED_PACKED);
	CHECK(learned_pack(&learned, &packed) == OK && buffer_length(&packed) == LEARNED_PACKED, "an entry");
	CHECK(learned_unpack(buffer_slice(&packed), &back) == OK && back.features == 9 && back.by == 7, "comes back");
	buffer_cut(&packed, LEARNED_PACKED - 4);
	CHECK(learned_unpack(buffer_slice(&packed), &back) == OK && back.features == 0 && back.by == 7, "one of before knows no features");
	buffer_cut(&packed, LEARNED_PACKED - 5);
	CHECK(learned_unpack(buffer_slice(&packed), &back) == REFUSED, "one that is cut is none");
	buffer_finish(&packed);
}

static void what_is_not_written_is_not_there(void)
{
	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW, "one is written");
	turn_until_safe();
	CHECK(taught(2, LESSON_SPAM) == LESSON_NEW, "one is not");
	restart();
	CHECK(learned_as(LABEL_SPAM) == 1 && taught(2, LESSON_SPAM) == LESSON_NEW, "what was not said to be safe is learned anew");
	end();
}

static enum result fill(unsigned *ret_number)
{
	enum lesson_end unused;
	enum result result = OK;

	while (result == OK && *ret_number < 20000)
		if ((result = teach(++*ret_number, LESSON_SPAM, &unused)) == OK && *ret_number % 40 == 0)
			turn_until_safe();
	return result;
}

/* Nobody teaches it, so nothing is written: it looks through the ledger by itself. */
static void becomes_free_of_what_is_of_no_use(unsigned number)
{
	enum { TURNS = 100 };
	enum lesson_end unused;

	CHECK(fill(&number) == LATER, "the ledger is full");
	turn_until_safe();
	place.learner.model->identity ^= 1;
	place.learner.written->identity ^= 1;
	CHECK(teach(30000, LESSON_SPAM, &unused) == LATER, "of what another model learned");
	for (unsigned i = 0; i < TURNS && learner_trouble(&place.learner); i++) {
		place.loop.stopped = false;
		CHECK(timer_start(&place.limit, TURN_MS) == OK && loop_run(&place.loop) == OK, "the loop turns");
	}
	CHECK(!learner_trouble(&place.learner) && taught(30000, LESSON_SPAM) == LESSON_NEW, "that goes, and there is room again");
}

static void stops_when_it_is_full(void)
{
	unsigned number = 0;

	begin();
	end_learner();
	begin_again(1 << 20);
	CHECK(fill(&number) == LATER && !place.learner.troubled && strstr(learner_trouble(&place.learner), "learned_size"),
	      "a full ledger takes nothing new, and says so");
	CHECK(number > 1000, "that are many");
	CHECK(taught(1, LESSON_HAM) == LESSON_MOVED && taught(2, LESSON_FORGET) == LESSON_FORGOTTEN, "what is there can be moved");
	CHECK(taught(30000, LESSON_FORGET) == LESSON_UNKNOWN, "what is not there needs no room to be unknown");
	turn_until_safe();
	CHECK(!place.learner.troubled, "and written");
	becomes_free_of_what_is_of_no_use(number);
	end();
}

/* A folder that takes no file: what was learned is kept in memory, and nothing more is learned. */
static void waits_for_the_disk(void)
{
	struct durable_folder good;
	enum lesson_end unused;

	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW, "one is learned");
	good = place.learner.shelf.folder;
	place.learner.shelf.folder = (struct durable_folder){ .fd = -1, .proc_fd = -1 };
	turn_until_safe();
	CHECK(place.learner.troubled && learner_trouble(&place.learner) && place.learner.safe == 0, "it could not be written");
	CHECK(teach(2, LESSON_SPAM, &unused) == LATER && learned_as(LABEL_SPAM) == 1, "nothing more is learned");
	CHECK(place.learner.retry_ms > LEARNER_RETRY_MS, "the next pause is longer");
	place.learner.shelf.folder = good;
	CHECK(timer_start(&place.learner.due, 1) == OK, "its time comes sooner");
	for (unsigned i = 0; i < 3 && place.learner.troubled; i++) {
		place.loop.stopped = false;
		CHECK(timer_start(&place.limit, TURN_MS) == OK && loop_run(&place.loop) == OK, "the loop turns");
	}
	CHECK(!learner_trouble(&place.learner) && place.learner.safe == 1, "it is tried again");
	CHECK(place.learner.retry_ms == LEARNER_RETRY_MS, "then pauses are short again");
	restart();
	CHECK(taught(1, LESSON_SPAM) == LESSON_AGAIN, "and then it is there");
	end();
}

enum { PATH_MOST = 128 };

static void in_the_folder(char path[PATH_MOST], const char *name)
{
	(void)snprintf(path, PATH_MOST, "%s/" KEEPER_LEARNED "/%s", place.folder, name);
}

static void put_beside(const char *name, const char *text)
{
	char path[PATH_MOST];
	closing int fd = -1;

	in_the_folder(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
}

static void copy_in_folder(const char *name, const char *new_name)
{
	char from[PATH_MOST], to[PATH_MOST], piece[4096];
	closing int source = -1, target = -1;
	ssize_t got;

	in_the_folder(from, name);
	in_the_folder(to, new_name);
	source = open(from, O_RDONLY | O_CLOEXEC);
	target = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while ((got = read(source, piece, sizeof(piece))) > 0)
		CHECK(write(target, piece, (size_t)got) == got, "a piece");
	CHECK(got == 0, "a copy");
}

static bool is_beside(const char *name)
{
	char path[PATH_MOST];

	in_the_folder(path, name);
	return access(path, F_OK) == 0;
}

static void move_in_folder(const char *name, const char *new_name)
{
	char from[PATH_MOST], to[PATH_MOST];

	in_the_folder(from, name);
	in_the_folder(to, new_name);
	CHECK(rename(from, to) == 0, "a file is moved");
}

static const char *last_model(void)
{
	return place.learner.shelf.last ? "model.b" : "model.a";
}

/* As whoever mends a damaged model does, with the last copy that he has. */
static void an_older_copy_did_not_learn_all(void)
{
	const char *last;

	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW, "one is learned");
	turn_until_safe();
	last = last_model();
	end_learner();
	copy_in_folder(last, "copy");
	begin_again(LEDGER_SIZE);
	CHECK(taught(2, LESSON_SPAM) == LESSON_NEW, "and one more");
	turn_until_safe();
	last = last_model();
	end_learner();
	move_in_folder("copy", last);
	for (unsigned i = 0; i < 2; i++) {
		begin_again(LEDGER_SIZE);
		CHECK(strstr(place.learner.lasting, "older"), "an older copy is told, until it was written");
		end_learner();
	}
	begin_again(LEDGER_SIZE);
	CHECK(taught(2, LESSON_SPAM) == LESSON_NEW && learned_as(LABEL_SPAM) == 2, "what it did not learn is not known");
	CHECK(taught(1, LESSON_SPAM) == LESSON_AGAIN, "what came with it is");
	turn_until_safe();
	restart();
	CHECK(!place.learner.lasting[0] && taught(2, LESSON_SPAM) == LESSON_AGAIN, "then they agree again");
	end();
}

static void a_new_ledger_is_told(void)
{
	begin();
	for (unsigned i = 1; i <= 2; i++) {
		CHECK(taught(i, LESSON_SPAM) == LESSON_NEW, "two are learned");
		turn_until_safe();
	}
	end_learner();
	move_in_folder("ledger", "away");
	begin_again(LEDGER_SIZE);
	CHECK(strstr(place.learner.lasting, "new"), "a model has learned what no ledger knows");
	CHECK(taught(2, LESSON_SPAM) == LESSON_AGAIN && taught(1, LESSON_SPAM) == LESSON_NEW, "but for what came with it");
	turn_until_safe();
	restart();
	CHECK(!place.learner.lasting[0], "once");
	end();
}

static void leaves_no_half_file(void)
{
	begin();
	end_learner();
	put_beside(".tmp-model.a", "what a kill left");
	begin_again(LEDGER_SIZE);
	CHECK(!is_beside(".tmp-model.a") && !place.learner.lasting[0], "what was half written goes");
	end();
}

/* A map of the size of the ledger, full of what is not ours. */
static void put_full_ledger(uint64_t size)
{
	char path[sizeof(place.folder) + 64];
	struct state_value value = { .length = STATE_VALUE, .until = INT64_MAX };
	struct state_change change;
	enum result result = OK;
	struct state ledger;
	closing int folder = -1;

	(void)snprintf(path, sizeof(path), "%s/" KEEPER_LEARNED, place.folder);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(unlinkat(folder, "ledger", 0) == 0 && state_open(&ledger, folder, "ledger", size) == OK, "another ledger");
	CHECK(state_begin(&ledger, &change) == OK, "is changed");
	for (unsigned i = 0; i < 10000 && result == OK; i++)
		result = state_put(&change, &(struct state_key){ 9, SLICE(""), { (const char *)&i, sizeof(i) } }, &value);
	CHECK(result == LATER && state_commit(&change) == OK && state_is_full(&ledger), "until it is full");
	state_close(&ledger);
}

static void says_what_is_wrong_at_the_start(void)
{
	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW, "one is learned");
	turn_until_safe();
	end_learner();
	put_full_ledger(STATE_LEAST);
	begin_again(STATE_LEAST);
	CHECK(place.learner.model == NULL && strstr(learner_trouble(&place.learner), "learned_size"), "a ledger without room for the last");
	learner_say_lasting(&place.learner, "another", "reason");
	CHECK(strstr(learner_trouble(&place.learner), "learned_size") && strstr(learner_trouble(&place.learner), "another: reason"),
	      "one warning does not unsay another");
	end();
}

/* One entry that cannot be read is no reason to learn nothing else. */
static void goes_on_over_a_damaged_entry(void)
{
	const struct state_value value = { .bytes = "x", .length = 1, .until = INT64_MAX };
	char digest[DIGEST_SIZE] = { 5 };
	struct state_change change;

	begin();
	CHECK(state_begin(&place.learner.ledger, &change) == OK &&
	      state_put(&change, &(struct state_key){ 1, SLICE(""), { digest, DIGEST_SIZE } }, &value) == OK &&
	      state_commit(&change) == OK, "an entry of nonsense");
	CHECK(taught(5, LESSON_SPAM) == LESSON_UNCLEAR && taught(5, LESSON_FORGET) == LESSON_UNCLEAR, "says neither yes nor no");
	CHECK(learned_as(LABEL_SPAM) == 0 && taught(6, LESSON_SPAM) == LESSON_NEW, "others are learned");
	end();
}

static void refuses_what_is_no_teaching(void)
{
	const char digest[DIGEST_SIZE] = { 0 };
	struct teaching teaching = { .digest = { digest, DIGEST_SIZE - 1 }, .features = SLICE("") };
	enum lesson_end unused;

	begin();
	CHECK(learner_teach(&place.learner, &teaching, &unused) == REFUSED, "a short digest");
	teaching.digest.len++;
	CHECK(learner_teach(&place.learner, &teaching, &unused) == REFUSED, "no features");
	teaching.features = SLICE("\1\0\0\0\0\0\0\0");
	CHECK(learner_teach(&place.learner, &teaching, &unused) == REFUSED, "a feature that is 0");
	CHECK(learned_as(LABEL_HAM) == 0 && learner_is_settled(&place.learner), "nothing was learned");
	end();
}

int main(void)
{
	counts_once();
	is_the_same_after_a_start();
	takes_back_what_was_learned();
	reads_entries_of_before();
	what_is_not_written_is_not_there();
	stops_when_it_is_full();
	waits_for_the_disk();
	an_older_copy_did_not_learn_all();
	a_new_ledger_is_told();
	leaves_no_half_file();
	says_what_is_wrong_at_the_start();
	goes_on_over_a_damaged_entry();
	refuses_what_is_no_teaching();
	return TEST_END();
}
