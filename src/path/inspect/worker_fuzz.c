/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a question to a worker: the first says the kind, the second whether a descriptor comes along. What
 * answers it gives must read as what they say they are. */
#include "inspect/worker.h"
#include "inspect/worker_wire.h"

#include "base/channel.h"
#include "base/fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int message(struct slice bytes)
{
	int fd = memfd_create("message", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		abort();
	return fd;
}

static void check(struct frame *frame)
{
	struct judgement judgement;
	struct findings findings;
	struct arena arena;

	arena_init(&arena, 16 << 20);
	if (frame->kind == WORKER_JUDGED && judgement_unpack(frame->payload, &arena, &judgement) == REFUSED)
		abort();
	if (frame->kind == WORKER_FINDINGS && findings_unpack(frame->payload, &arena, &findings) == REFUSED)
		abort();
	arena_finish(&arena);
}

static void talk(const struct worker_task *task, uint8_t kind, struct slice payload, int fd)
{
	struct buffer answer;
	struct frame frame;
	int ends[2];

	if (channel_pair(ends) != OK)
		abort();
	buffer_init(&answer, WORKER_ANSWER_LONGEST);
	if (frame_send(ends[0], kind, 1, payload, fd) == OK && shutdown(ends[0], SHUT_WR) == 0)
		worker_run(ends[1], task);
	fd_close(&ends[1]);
	if (frame_receive(ends[0], &answer, &frame) == OK)
		check(&frame);
	fd_close(&ends[0]);
	buffer_finish(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice payload = { (const char *)data, size };
	const struct policy *policy = NULL;
	struct settings settings;
	struct buffer complaint;
	struct arena arena;
	closing int fd = -1;

	if (size < 2 || size > FRAME_PIECE)
		return 0;
	payload = slice_drop(payload, 2);
	fd = data[1] & 1 ? message(payload) : -1;
	arena_init(&arena, 1 << 20);
	buffer_init(&complaint, 1024);
	settings_init(&settings);
	if (policy_compile(&settings, &arena, &policy, &complaint) != OK)
		abort();
	talk(&(struct worker_task){ { &message_limits_standard, NULL, policy, data[1] >> 1 & 1, NULL }, 60, 60 }, data[0] % 6, payload, fd);
	settings_finish(&settings);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return 0;
}
