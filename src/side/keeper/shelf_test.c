/* SPDX-License-Identifier: Apache-2.0 */
/* A learner is killed, and given damaged files; what the model counts and what the ledger says must agree whenever it begins
 * again. */
#include "keeper/learner_scene.h"

#include <sys/wait.h>

enum { ROUNDS = 8 };

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

int main(void)
{
	survives_kills();
	refuses_damaged_models();
	brings_the_ledger_up();
	return TEST_END();
}
