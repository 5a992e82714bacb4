/* SPDX-License-Identifier: Apache-2.0 */
/* What is not the answer that was asked for is the end, with the reason in it. */
#include "cli/teacher.h"

#include "base/channel.h"
#include "base/fd.h"
#include "base/pack.h"
#include "cli/ask.h"
#include "cli/places.h"

#include <errno.h>
#include <sys/socket.h>

enum { EXCHANGE = 1 };

static enum result send_command(const struct teacher *teacher)
{
	struct buffer words;
	enum result result;

	buffer_init(&words, CONTROL_LONGEST);
	result = pack_slice(&words, SLICE("learn"));
	if (result == OK)
		result = frame_send(teacher->fd, CONTROL_COMMAND, EXCHANGE, buffer_slice(&words), -1);
	buffer_finish(&words);
	return result;
}

enum result teacher_begin(struct teacher *teacher, struct slice run)
{
	buffer_init(&teacher->lesson, LESSON_LONGEST);
	buffer_init(&teacher->answer, CONTROL_LONGEST);
	teacher->fd = ask_connect(run, CONTROL_KEEPER, SOCK_SEQPACKET, ASK_PATIENCE);
	if (teacher->fd < 0) {
		ask_explain(run, CONTROL_KEEPER, errno);
		return REFUSED;
	}
	if (send_command(teacher) == OK)
		return OK;
	complain("the gateway does not listen");
	return REFUSED;
}

/* OK: the frame is of that kind. */
static enum result receive(struct teacher *teacher, enum control_answers kind, struct unpack *ret_payload)
{
	struct slice complaint;
	struct frame frame;
	uint8_t status;

	if (frame_receive(teacher->fd, &teacher->answer, &frame) != OK) {
		complain("the gateway did not finish its answer");
		return REFUSED;
	}
	fd_close(&frame.fd);
	*ret_payload = unpack_from(frame.payload);
	if (frame.kind == kind && kind != CONTROL_END)
		return OK;
	status = unpack_u8(ret_payload);
	complaint = unpack_slice(ret_payload, CONTROL_LONGEST);
	if (frame.kind == CONTROL_END && kind == CONTROL_END && unpack_end(ret_payload) == OK && status == 0)
		return OK;
	complain("%.*s", SHOW(frame.kind == CONTROL_END && complaint.len ? complaint : SLICE("the gateway's answer cannot be read")));
	return REFUSED;
}

static enum result pack_lesson(struct buffer *to, enum lesson_wanted wanted, struct slice digest, struct slice features)
{
	buffer_clear(to);
	TRY(pack_u8(to, (uint8_t)wanted));
	TRY(pack_slice(to, digest));
	return pack_slice(to, features);
}

/* Who cannot send may have been told why before. */
enum result teacher_lesson(struct teacher *teacher, enum lesson_wanted wanted, struct slice digest, struct slice features,
                           enum lesson_end *ret_end)
{
	struct unpack payload;
	uint8_t end;

	TRY(pack_lesson(&teacher->lesson, wanted, digest, features));
	(void)!frame_send(teacher->fd, CONTROL_LESSON, EXCHANGE, buffer_slice(&teacher->lesson), -1);
	TRY(receive(teacher, CONTROL_TAUGHT, &payload));
	end = unpack_u8(&payload);
	if (unpack_end(&payload) != OK || end >= LESSON_ENDS_COUNT) {
		complain("the gateway's answer cannot be read");
		return REFUSED;
	}
	*ret_end = (enum lesson_end)end;
	return OK;
}

enum result teacher_brought_all(struct teacher *teacher)
{
	struct unpack payload;

	(void)!frame_send(teacher->fd, CONTROL_TAUGHT_ALL, EXCHANGE, SLICE(""), -1);
	return receive(teacher, CONTROL_END, &payload);
}

void teacher_end(struct teacher *teacher)
{
	fd_close(&teacher->fd);
	buffer_finish(&teacher->lesson);
	buffer_finish(&teacher->answer);
}
