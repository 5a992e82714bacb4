/* SPDX-License-Identifier: Apache-2.0 */
/* The steps are taken as their places come by; what lies between them is copied. */
#include "mail/message/sevenbit.h"

enum { COLUMNS = 75, BYTE_MOST = 16, PUT_MOST = 64 };
_Static_assert((int)SEVENBIT_LEAST >= 2 * PUT_MOST, "a header field of ours fits into any room");

struct room { char *at; size_t left; };

void sevenbit_write_init(struct sevenbit_write *write, const struct sevenbit_step *first)
{
	*write = (struct sevenbit_write){ .step = first };
}

static void put(struct room *room, const char *bytes, size_t size)
{
	memcpy(room->at, bytes, size);
	room->at += size;
	room->left -= size;
}

/* --- quoted-printable ------------------------------------------------------------------------------ */

static void make_place(struct sevenbit_write *write, struct room *room, unsigned columns)
{
	if (write->column + columns > COLUMNS) {
		put(room, "=\r\n", 3);
		write->column = 0;
	}
	write->column += columns;
}

static void put_plain(struct sevenbit_write *write, struct room *room, char byte)
{
	make_place(write, room, 1);
	put(room, &byte, 1);
}

static void put_hex(struct sevenbit_write *write, struct room *room, char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[] = { '=', digits[(unsigned char)byte >> 4], digits[(unsigned char)byte & 15] };

	make_place(write, room, 3);
	put(room, text, 3);
}

static void put_held(struct sevenbit_write *write, struct room *room, bool ends_line)
{
	if (write->held && ends_line)
		put_hex(write, room, write->held);
	else if (write->held)
		put_plain(write, room, write->held);
	write->held = 0;
}

/* At the start of a line, ours or theirs, a dash could make a boundary, and a dot an end. */
static bool needs_hex(const struct sevenbit_write *write, char byte)
{
	bool starts = write->column == 0 || write->column == COLUMNS;

	return byte == '=' || byte < ' ' || byte > '~' || (starts && (byte == '-' || byte == '.'));
}

static void end_line(struct sevenbit_write *write, struct room *room)
{
	put_held(write, room, true);
	put(room, write->after_cr ? "\r\n" : "\n", write->after_cr ? 2 : 1);      /* a bare LF stays what it is */
	write->after_cr = false;
	write->column = 0;
}

static void encode(struct sevenbit_write *write, struct room *room, char byte)
{
	if (byte == '\n') {
		end_line(write, room);
		return;
	}
	if (write->after_cr) {                            /* and so does a bare CR: whoever sends must refuse it */
		put_held(write, room, false);
		put(room, "\r", 1);
		write->after_cr = false;
	}
	if (byte == '\r') {
		write->after_cr = true;
		return;
	}
	put_held(write, room, false);
	if (byte == ' ' || byte == '\t')
		write->held = byte;
	else if (needs_hex(write, byte))
		put_hex(write, room, byte);
	else
		put_plain(write, room, byte);
}

static void encode_end(struct sevenbit_write *write, struct room *room)
{
	put_held(write, room, true);
	if (write->after_cr)
		put(room, "\r", 1);
	write->after_cr = false;
	write->column = 0;
}

/* --- steps -------------------------------------------------------------------------------------------- */

static void copy(struct sevenbit_write *write, struct slice *in, struct room *room)
{
	uint64_t most = write->step ? write->step->from - write->at : UINT64_MAX;
	size_t size = in->len < room->left ? in->len : room->left;

	size = size < most ? size : (size_t)most;
	put(room, in->at, size);
	*in = slice_drop(*in, size);
	write->at += size;
}

static void drop(struct sevenbit_write *write, struct slice *in)
{
	uint64_t most = write->step->to - write->at;
	size_t size = in->len < most ? in->len : (size_t)most;

	*in = slice_drop(*in, size);
	write->at += size;
}

static void encode_one(struct sevenbit_write *write, struct slice *in, struct room *room)
{
	encode(write, room, in->at[0]);
	*in = slice_drop(*in, 1);
	write->at++;
}

/* A step that is over, or needs no more bytes; false: bytes are needed. */
static bool take_step(struct sevenbit_write *write, struct room *room)
{
	const struct sevenbit_step *step = write->step;

	if (step == NULL || write->at < step->to || write->at < step->from)
		return false;
	if (step->what == SEVENBIT_PUT)
		put(room, step->put, strlen(step->put));
	else if (step->what == SEVENBIT_ENCODE)
		encode_end(write, room);
	write->step = step->next;
	return true;
}

size_t sevenbit_write_some(struct sevenbit_write *write, struct slice *in, char *room_at, size_t size)
{
	struct room room = { room_at, size };

	while (room.left >= PUT_MOST) {
		if (take_step(write, &room))
			continue;
		if (in->len == 0)
			break;
		if (write->step == NULL || write->at < write->step->from)
			copy(write, in, &room);
		else if (write->step->what == SEVENBIT_DROP)
			drop(write, in);
		else
			encode_one(write, in, &room);
	}
	return size - room.left;
}
