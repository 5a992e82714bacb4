/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of three features each are taught in a folder of their own, by a learner that is ended, killed, and given damaged
 * files; what the model counts and what the ledger says must agree whenever it begins again. */
#include "keeper/learner.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FEATURES = 3, ROUNDS = 8, TURN_MS = 20000, LEDGER_SIZE = 4 << 20 };

static struct place {
	char folder[40];
	struct loop loop;
	struct crew crew;
	struct log log;
	struct counters counters;
	struct learner learner;
	struct timer limit;
	unsigned told;
} place;

static void was_told(void *unused)
{
	(void)unused;
	place.told++;
	loop_stop(&place.loop);
}

static void over(void *unused)
{
	(void)unused;
	loop_stop(&place.loop);
}

static void turn_until_safe(void)
{
	learner_flush(&place.learner);
	while (!learner_is_settled(&place.learner)) {
		unsigned before = place.told;

		place.loop.stopped = false;
		CHECK(timer_start(&place.limit, TURN_MS) == OK && loop_run(&place.loop) == OK, "the loop turns");
		timer_stop(&place.limit);
		if (place.told == before)
			break;
	}
	CHECK(learner_is_settled(&place.learner), "it comes to an end");
}

static int open_place(void)
{
	return open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void begin_again(uint64_t size)
{
	const struct keeper_settings settings = { .log_sync = { 1000 }, .learned_life = { 100000 } };
	struct durable_folder folder;
	closing int above = open_place();

	CHECK(loop_init(&place.loop) == OK && crew_init(&place.crew, &place.loop) == OK, "a loop and a crew");
	memset(&place.learner, 0, sizeof(place.learner));
	log_init(&place.log, "keeper", -1, LOG_LEVEL_INFO);
	learner_init(&place.learner, &place.loop, &place.crew);
	place.learner.log = &place.log;
	place.learner.counters = &place.counters;
	place.learner.safer = was_told;
	learner_settings(&place.learner, &settings);
	timer_init(&place.limit, &place.loop, over, NULL);
	CHECK(durable_folder_open(&folder, above, KEEPER_LEARNED) == OK, "a folder");
	CHECK(crew_start(&place.crew, 1) == OK, "a thread");
	CHECK(learner_begin(&place.learner, folder, size) == OK, "it begins");
}

static void begin(void)
{
	(void)snprintf(place.folder, sizeof(place.folder), "/tmp/keeper-learner-XXXXXX");
	CHECK(mkdtemp(place.folder) != NULL, "a folder");
	begin_again(LEDGER_SIZE);
}

static void end_learner(void)
{
	crew_finish(&place.crew);
	learner_finish(&place.learner);
	timer_end(&place.limit);
	loop_finish(&place.loop);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

static void end(void)
{
	end_learner();
	CHECK(chdir("/tmp") == 0 && nftw(place.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder is removed");
}

static void restart(void)
{
	end_learner();
	begin_again(LEDGER_SIZE);
}

/* ---- teaching ---- */

/* Messages of the same remainder by ten are alike. */
static uint32_t feature_of(unsigned number, unsigned which)
{
	return (number % 10 * FEATURES + which + 1) * 0x01000193u;
}

static enum result teach(unsigned number, enum lesson_wanted wanted, enum lesson_end *ret_end)
{
	char digest[DIGEST_SIZE] = { 0 };
	struct teaching teaching = { .digest = { digest, DIGEST_SIZE }, .wanted = wanted, .by = 7 };
	struct buffer packed;
	enum result result;

	memcpy(digest, &number, sizeof(number));
	buffer_init(&packed, FEATURES_PACKED);
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		CHECK(pack_u32(&packed, kind == FEATURE_word ? FEATURES : 0) == OK, "it is packed");
		for (unsigned i = 0; kind == FEATURE_word && i < FEATURES; i++)
			CHECK(pack_u32(&packed, feature_of(number, i)) == OK, "it is packed");
	}
	teaching.features = buffer_slice(&packed);
	result = learner_teach(&place.learner, &teaching, ret_end);
	buffer_finish(&packed);
	return result;
}

static enum lesson_end taught(unsigned number, enum lesson_wanted wanted)
{
	enum lesson_end end = LESSON_ENDS_COUNT;

	CHECK(teach(number, wanted, &end) == OK, "it can be taught");
	return end;
}

static double judged(unsigned number)
{
	uint32_t hashes[FEATURES];
	struct features features = { 0 };

	for (unsigned i = 0; i < FEATURES; i++)
		hashes[i] = feature_of(number, i);
	features.kinds[FEATURE_word] = (struct feature_list){ hashes, NULL, FEATURES };
	return model_judge(place.learner.model, &features).probability;
}

static uint64_t learned_as(enum label label)
{
	return place.learner.model->learned[label];
}

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
	CHECK(state_count(&place.learner.ledger) == 40, "and each is in the ledger");
	for (unsigned i = 0; i < 40; i++)
		CHECK(taught(i, LESSON_FORGET) == LESSON_FORGOTTEN, "all can be forgotten");
	turn_until_safe();
	CHECK(state_count(&place.learner.ledger) == 0 && learned_as(LABEL_SPAM) + learned_as(LABEL_HAM) == 0, "nothing is left");
	end();
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

/* ---- killed ---- */

/* Until it is killed; every tenth is forgotten, every seventh moved. */
static void teach_for_ever(unsigned from)
{
	begin_again(64 << 20);
	for (unsigned i = from;; i++) {
		enum lesson_end unused;

		(void)!teach(i, i % 3 ? LESSON_SPAM : LESSON_HAM, &unused);
		if (i % 7 == 0)
			(void)!teach(i, i % 3 ? LESSON_HAM : LESSON_SPAM, &unused);
		if (i % 10 == 0)
			(void)!teach(i - 5, LESSON_FORGET, &unused);
		if (i % 20 == 0)
			turn_until_safe();
	}
}

static void check_agreement(unsigned from, unsigned to)
{
	uint64_t counted[LABEL_COUNT] = { 0 };
	struct learned learned;

	CHECK(place.learner.model != NULL && !place.learner.lasting[0], "what a kill leaves is taken");
	for (unsigned i = from; i < to; i++) {
		char digest[DIGEST_SIZE] = { 0 };

		memcpy(digest, &i, sizeof(i));
		if (learned_get(&place.learner.ledger, place.learner.model->identity, (struct slice){ digest, DIGEST_SIZE }, 1,
		                &learned) == OK)
			counted[learned.label]++;
	}
	CHECK(counted[LABEL_SPAM] == learned_as(LABEL_SPAM) && counted[LABEL_HAM] == learned_as(LABEL_HAM),
	      "model and ledger agree");
}

static void survives_kills(void)
{
	enum { EACH = 100000 };
	uint64_t before = 0;

	begin();
	end_learner();
	for (unsigned round = 0; round < ROUNDS; round++) {
		int child = fork();

		if (child == 0)
			teach_for_ever(1 + round * EACH);
		(void)usleep(20000 + 7001 * (round % 9));
		CHECK(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child, "it is killed");
		begin_again(64 << 20);
		check_agreement(0, (round + 1) * EACH);
		CHECK(learned_as(LABEL_SPAM) + learned_as(LABEL_HAM) >= before, "nothing that was safe is lost");
		before = learned_as(LABEL_SPAM) + learned_as(LABEL_HAM);
		end_learner();
	}
	begin_again(64 << 20);
	end();
}

/* ---- damage ---- */

static void damage(const char *name, off_t at, const char *bytes, size_t length)
{
	char path[80];
	closing int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/learned/%s", place.folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && pwrite(fd, bytes, length, at) == (ssize_t)length, "a file is damaged");
}

static const char *model_name(void)
{
	return place.learner.shelf.last ? "model.b" : "model.a";
}

static void cut(const char *name, size_t by)
{
	char path[80];
	struct stat about;

	(void)snprintf(path, sizeof(path), "%s/learned/%s", place.folder, name);
	CHECK(stat(path, &about) == 0 && truncate(path, about.st_size - (off_t)by) == 0, "a file is cut");
}

static const struct { const char *about; off_t at; size_t cut; } damages[] = {
	{ "a head of another kind", 0, 0 }, { "another version", 8, 0 }, { "a changed weight", 5000, 0 },
	{ "an entry for the ledger that was changed", (off_t)sizeof(struct model) + (8 << MODEL_BITS_USUAL) + 9, 0 },
	{ "a model cut by one byte", -1, 1 }, { "a model without entries", -1, 100 }, { "half a model", -1, 1 << 20 },
	{ "a head alone", -1, (8 << MODEL_BITS_USUAL) + 90 },
};

static void refuses_damaged_models(void)
{
	begin();
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		char path[80];
		enum lesson_end unused;

		CHECK(taught(1, LESSON_SPAM) == LESSON_NEW, "one is learned");
		turn_until_safe();
		(void)snprintf(path, sizeof(path), "%s/learned/%s", place.folder, model_name());
		if (damages[i].cut)
			cut(model_name(), damages[i].cut);
		else
			damage(model_name(), damages[i].at, "?", 1);
		restart();
		CHECK(place.learner.model == NULL && learner_trouble(&place.learner) && strstr(place.learner.lasting, "model."),
		      damages[i].about);
		CHECK(teach(2, LESSON_SPAM, &unused) == LATER, "nothing is learned over it");
		CHECK(unlink(path) == 0, "it is as it was");
		restart();
		CHECK(place.learner.model && learned_as(LABEL_SPAM) == 0, "without it, a new one begins");
		CHECK(taught(1, LESSON_FORGET) == LESSON_UNKNOWN, "and has not learned what the other had");
	}
	end();
}

/* A ledger that is behind, as one that was restored from yesterday, is brought up to the last that was learned. */
static void brings_the_ledger_up(void)
{
	char path[80], lock[80];

	begin();
	CHECK(taught(1, LESSON_SPAM) == LESSON_NEW && taught(2, LESSON_HAM) == LESSON_NEW, "two");
	turn_until_safe();
	(void)snprintf(path, sizeof(path), "%s/learned/ledger", place.folder);
	(void)snprintf(lock, sizeof(lock), "%s/learned/ledger-lock", place.folder);
	end_learner();
	CHECK(unlink(path) == 0 && unlink(lock) == 0, "the ledger is lost");
	begin_again(LEDGER_SIZE);
	CHECK(taught(1, LESSON_SPAM) == LESSON_AGAIN && taught(2, LESSON_SPAM) == LESSON_MOVED, "it is there again");
	turn_until_safe();
	end_learner();
	CHECK(truncate(path, 5000) == 0, "the ledger is damaged");
	begin_again(LEDGER_SIZE);
	CHECK(place.learner.model && strstr(place.learner.lasting, "ledger.damaged-1"), "it is put aside, and that is said");
	CHECK(taught(2, LESSON_SPAM) == LESSON_AGAIN, "what came last is known from the model");
	end();
}

static void stops_when_it_is_full(void)
{
	enum lesson_end unused;
	enum result result = OK;
	unsigned number = 0;

	begin();
	end_learner();
	begin_again(1 << 20);
	while (result == OK && number < 20000)
		if ((result = teach(++number, LESSON_SPAM, &unused)) == OK && number % 40 == 0)
			turn_until_safe();
	CHECK(result == LATER && !place.learner.troubled && strstr(learner_trouble(&place.learner), "learned_size"),
	      "a full ledger takes nothing new, and says so");
	CHECK(number > 1000, "that are many");
	CHECK(taught(1, LESSON_HAM) == LESSON_MOVED && taught(2, LESSON_FORGET) == LESSON_FORGOTTEN, "what is there can be moved");
	turn_until_safe();
	CHECK(!place.learner.troubled, "and written");
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
	place.learner.shelf.folder = good;
	CHECK(timer_start(&place.learner.due, 1) == OK, "its time comes sooner");
	for (unsigned i = 0; i < 3 && place.learner.troubled; i++) {
		place.loop.stopped = false;
		CHECK(timer_start(&place.limit, TURN_MS) == OK && loop_run(&place.loop) == OK, "the loop turns");
	}
	CHECK(!learner_trouble(&place.learner) && place.learner.safe == 1, "it is tried again");
	restart();
	CHECK(taught(1, LESSON_SPAM) == LESSON_AGAIN, "and then it is there");
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
	survives_kills();
	counts_once();
	is_the_same_after_a_start();
	what_is_not_written_is_not_there();
	refuses_damaged_models();
	brings_the_ledger_up();
	stops_when_it_is_full();
	waits_for_the_disk();
	refuses_what_is_no_teaching();
	return TEST_END();
}
