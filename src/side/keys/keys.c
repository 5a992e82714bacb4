/* SPDX-License-Identifier: Apache-2.0 */
/* The keys' process: key files come in as descriptors, before the start and before each reload; then the ring turns. */
#include "keys/keys.h"

#include "base/fd.h"
#include "base/process.h"
#include "keys/desk.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

struct keys { struct process *process; struct ring ring; struct desk desk; };

/* The generator's seed and all algorithms are fetched here: what they open, they open before the jail. */
static enum result prepare(void *self, struct process *process)
{
	struct keys *keys = self;
	unsigned char some[32];

	keys->process = process;
	keys->desk.process = process;
	keys->desk.loop = &process->loop;
	keys->desk.counters = &process->counters;
	keys->desk.ring = &keys->ring;
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 || RAND_priv_bytes(some, sizeof(some)) != 1 ||
	    RAND_bytes(some, sizeof(some)) != 1)
		return BROKEN;
	return OK;
}

static void turn(struct keys *keys)
{
	ring_turn(&keys->ring);
	counter_set(&keys->process->counters, KEYS_COUNT_held, keys->ring.now.count);
	desk_tell(&keys->desk);
}

static enum result begin(void *self)
{
	turn(self);
	return OK;
}

static void take_file(struct keys *keys, struct slice name, int fd)
{
	char why[TLS_WHY];
	struct log_line line;

	if (ring_read(&keys->ring, fd, why) == OK)
		return;
	log_begin(&line, &keys->process->log, LOG_LEVEL_ERROR, SLICE(""), "key-refused");
	log_text(&line, "certificate", name);
	log_text(&line, "reason", slice_of(why));
	log_end(&line);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct keys *keys = self;

	if (what == GIVEN_WIRE && slice_same(name, SLICE("front")))
		return desk_wire(&keys->desk, instance, fd);
	if (what == GIVEN_FILE)
		take_file(keys, name, fd);
	fd_close(&fd);
	return OK;
}

static enum result reload(void *self)
{
	turn(self);
	return OK;
}

static void stop(void *self)
{
	struct keys *keys = self;

	desk_finish(&keys->desk);
	ring_finish(&keys->ring);
	process_leave(keys->process);
}

static const struct process_role role = {
	.name = "keys",
	.jail = &keys_jail,
	.prepare = prepare,
	.begin = begin,
	.given = given,
	.reload = reload,
	.stop = stop,
};

int main(void)
{
	static struct keys keys;

	return process_main(&role, &keys);
}
