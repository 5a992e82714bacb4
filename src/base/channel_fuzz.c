/* SPDX-License-Identifier: Apache-2.0 */
/* channel_fuzz.c — datagrams of any content into a channel: a u16 length, then so many bytes, again and again. */
#include "base/channel.h"

#include "base/fd.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { LONGEST = 5000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target { struct channel channel; struct loop *loop; int ended; };

static enum result came(void *owner, struct frame *frame)
{
	struct target *target = owner;

	if (target->ended || frame->payload.len > LONGEST)
		abort();
	return frame->kind == 255 ? REFUSED : OK;
}

static void closed(void *owner)
{
	struct target *target = owner;

	target->ended++;
	loop_stop(target->loop);
}

static const struct channel_handler handler = { came, closed };

static void send_all(int fd, struct slice rest)
{
	while (rest.len >= 2) {
		struct slice head = slice_take(&rest, 2);
		size_t len = (uint8_t)head.at[0] | (size_t)(uint8_t)head.at[1] << 8;
		struct slice bytes = slice_take(&rest, len);

		if (bytes.len && send(fd, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target target = { 0 };
	struct loop loop;
	int ends[2];

	if (loop_init(&loop) != OK || channel_pair(ends) != OK)
		abort();
	target.loop = &loop;
	send_all(ends[0], (struct slice){ (const char *)data, size });
	fd_close(&ends[0]);
	if (channel_open(&target.channel, &loop, ends[1], LONGEST, &handler, &target) != OK ||
	    loop_run(&loop) != OK || target.ended != 1)
		abort();
	loop_finish(&loop);
	return 0;
}
