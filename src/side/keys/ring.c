/* SPDX-License-Identifier: Apache-2.0 */
/* A few dozen keys at most, so they are looked through. The file's bytes are wiped as soon as they are read. */
#include "keys/ring.h"

#include "base/pack.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static const char *read_whole(int fd, char *to, size_t size, size_t *ret_length)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, to + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return "it cannot be read";
		if (got == 0) {
			*ret_length = used;
			return NULL;
		}
		used += (size_t)got;
	}
	return "it is too large";
}

enum result ring_read(struct ring *ring, int fd, char why[TLS_WHY])
{
	struct ring_set *set = &ring->coming;
	char pem[TLS_KEY_MOST + 1];
	const char *failed;
	enum result result = REFUSED;
	size_t length = 0;

	failed = set->count == COUNT_OF(set->keys) ? "there are too many keys" : read_whole(fd, pem, sizeof(pem), &length);
	if (failed == NULL)
		result = tls_key_create((struct slice){ pem, length }, &set->keys[set->count], why);
	else
		(void)snprintf(why, TLS_WHY, "%s", failed);
	OPENSSL_cleanse(pem, sizeof(pem));
	if (result == OK)
		set->count++;
	return result;
}

/* ---- sets ---- */

static void empty(struct ring_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		tls_key_destroy(set->keys[i]);
	*set = (struct ring_set){ 0 };
}

void ring_turn(struct ring *ring)
{
	empty(&ring->before);
	ring->before = ring->now;
	ring->now = ring->coming;
	ring->coming = (struct ring_set){ 0 };
}

void ring_finish(struct ring *ring)
{
	empty(&ring->before);
	empty(&ring->now);
	empty(&ring->coming);
}

static const struct tls_key *find(const struct ring_set *set, const uint8_t name[TLS_KEY_ID])
{
	for (size_t i = 0; i < set->count; i++)
		if (memcmp(tls_key_name(set->keys[i]), name, TLS_KEY_ID) == 0)
			return set->keys[i];
	return NULL;
}

/* ---- answers ---- */

enum result ring_sign(const struct ring *ring, const struct tls_question *question, struct buffer *ret_signature)
{
	const struct tls_key *key = find(&ring->now, question->key);

	if (key == NULL)
		key = find(&ring->before, question->key);
	return key ? tls_key_sign(key, question, ret_signature) : REFUSED;
}

enum result ring_names(const struct ring *ring, struct buffer *to)
{
	TRY(pack_u32(to, (uint32_t)ring->now.count));
	for (size_t i = 0; i < ring->now.count; i++)
		TRY(pack_slice(to, (struct slice){ (const char *)tls_key_name(ring->now.keys[i]), TLS_KEY_ID }));
	return OK;
}
