/* SPDX-License-Identifier: Apache-2.0 */
/* A plan stands as long as the settings do. When new ones come, whatever waits then, or comes back from a worker of before, is
 * planned and read again; what nobody could read is not tried again, but asked about by the new rules. */
#include "inspect/sources.h"

#include "base/clock.h"
#include "base/pack.h"

enum result plan_make(struct request *request, const struct envelope *envelope)
{
	enum result result;
	struct arena arena;

	request->settings = request->dispatcher->settings;
	if (request->dispatcher->limits.scanners)
		request->wants |= sources_bit(ASK_SCANNERS);
	arena_init(&arena, CHECK_MEMORY);
	result = answers_known(request, envelope, clock_wall(), &arena);
	arena_finish(&arena);
	TRY(result);
	TRY(lookups_plan(request, envelope));
	return remembered_plan(request, envelope);
}

/* A replay has nobody to ask, and a notice or features need nobody. */
bool plan_is_old(const struct request *request)
{
	return request->settings && request->settings != request->dispatcher->settings;
}

static enum result make_again(struct request *request)
{
	struct unpack from = unpack_from(buffer_slice(&request->question));
	struct slice packed = unpack_slice(&from, QUEUE_INSPECT_LONGEST);
	struct envelope envelope;
	enum result result;
	struct arena arena;

	request->wants = 0;
	buffer_clear(&request->known);
	buffer_clear(&request->evidence);
	arena_init(&arena, CHECK_MEMORY);
	result = envelope_unpack(packed, &arena, &envelope);
	if (result == OK)
		result = plan_make(request, &envelope);
	arena_finish(&arena);
	return result == OK ? answers_begin(request) : result;
}

bool plan_anew(struct request *request)
{
	timer_stop(&request->deadline);
	sources_forget(request);
	if (make_again(request) != OK) {
		request_fail(request, SLICE("no memory"));
		return false;
	}
	request->tainted = request->unread;
	request->stage = request->unread ? TO_JUDGE : TO_READ;
	return !request->unread || request->wants == 0 || sources_begin(request);
}
