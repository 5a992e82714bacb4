/* SPDX-License-Identifier: Apache-2.0 */
/* What the queue lends, read: the DELIVER that describes it, and the message's bytes. Both are believed as far
 * as they go. */
#include "relay/jobs.h"

#include "base/pack.h"

#include <errno.h>
#include <sys/uio.h>

static enum result read_addressees(struct unpack *from, struct lent *lent)
{
	for (uint32_t i = 0; i < lent->count && !from->bad; i++) {
		lent->addressees[i].place = unpack_u32(from);
		lent->addressees[i].address = unpack_slice(from, 1024);
		lent->addressees[i].notify = unpack_u8(from);
		lent->addressees[i].original = unpack_slice(from, 1024);
	}
	lent->target = unpack_slice(from, 1024);
	return unpack_end(from);
}

static struct client_origin read_origin(struct unpack *from)
{
	struct client_origin origin = { .address = unpack_slice(from, 64) };

	origin.name = unpack_slice(from, 1024);
	origin.helo = unpack_slice(from, 1024);
	origin.protocol = unpack_slice(from, 64);
	return origin;
}

enum result jobs_read_deliver(struct lent *lent, struct slice kept)
{
	struct unpack from = unpack_from(kept);
	struct slice edits;

	lent->id = unpack_slice(&from, 64);
	lent->serial = unpack_u32(&from);
	lent->offset = unpack_u64(&from);
	lent->length = unpack_u64(&from);
	lent->sender = unpack_slice(&from, 1024);
	lent->trace = unpack_slice(&from, 65536);
	lent->flags = unpack_u8(&from);
	lent->envelope_id = unpack_slice(&from, 1024);
	lent->origin = read_origin(&from);
	edits = unpack_slice(&from, UINT32_MAX);
	lent->count = unpack_u32(&from);
	if (from.bad || lent->count == 0 || lent->count > from.rest.len / 13)
		return REFUSED;
	if (lent->offset > INT64_MAX || lent->length > INT64_MAX - lent->offset)
		return REFUSED;
	lent->addressees = arena_array(&lent->memory, struct addressee, lent->count);
	if (lent->addressees == NULL)
		return LATER;
	lent->to_deliver = lent->unnoted = lent->count;
	if (edits.len > 0)
		TRY(edits_unpack(edits, &lent->memory, &lent->edits));
	return read_addressees(&from, lent);
}

static enum result read_lent(const struct lent *lent, uint64_t from, char *to, size_t size, int flags)
{
	while (size > 0) {
		struct iovec room = { to, size };
		ssize_t got = preadv2(lent->fd, &room, 1, (off_t)(lent->offset + from), flags);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return LATER;
		to += got;
		from += (size_t)got;
		size -= (size_t)got;
	}
	return OK;
}

enum result jobs_read(void *source, uint64_t from, char *to, size_t size)
{
	return read_lent(source, from, to, size, 0);
}

enum result jobs_read_at_hand(void *source, uint64_t from, char *to, size_t size)
{
	return read_lent(source, from, to, size, RWF_NOWAIT);
}
