/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taken_front.c — for test_taken_front.py: a front that was taken over. Instance 0 is a true one; instance 1 has the same
 * jail and the same descriptors, and does with them whatever a client of its listener "taken" says, a line each:
 *
 *   say WIRE KIND EXCHANGE HEX CARGO MS         a frame; then what comes back in so many milliseconds
 *   deposit EXCHANGE ID TO FLAGS TAIL CARGO MS  likewise, with an envelope and HEX behind it
 *   hear WIRE                                   what has come, if there is such a wire
 *   descriptors                                 all that its descriptors show
 *   gifts                                       what the supervisor has handed to it
 *   try CALL [PATH]                             a call that its jail may not know
 *
 * CARGO: none, sealed:HEX, open:HEX, socket. A process that ends instead of answering has told something too.
 */
#include "base/fd.h"
#include "base/pack.h"
#include "front/front.h"
#include "front/front.jail.h"
#include "front/inside.h"
#include "wire/front-queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { WIRES = 16, FILES = 64, LINE_MOST = 1 << 20, HEARD_MOST = 4 << 20, GIFTS_MOST = 4096, LOOKED_AT = 256, STEP_MS = 20, AFTER_MS = 100,
       PAGE = 4096 };

struct wire { char name[32]; int fd; };

static struct taken {
	struct front front;                       /* of the true one */
	struct process *process;
	struct wire wires[WIRES];
	int files[FILES];                         /* they stay open, to be looked through */
	size_t wire_count, file_count;
	int listener, sleeper;
	struct watch watch;
	struct buffer gifts;
	int client;
} taken;

static bool is_taken(void)
{
	return taken.process->instance == 1;
}

/* ---- what it says to its master ---- */

static void tell(struct slice text)
{
	while (text.len) {
		ssize_t sent = send(taken.client, text.at, text.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		text = slice_drop(text, (size_t)sent);
	}
}

static void tell_line(const char *format, const char *word, unsigned long long number)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "%s %s %llu\n", format, word, number);

	tell((struct slice){ line, length > 0 ? (size_t)length : 0 });
}

static void tell_hex(struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		char two[2] = { digits[(unsigned char)bytes.at[i] >> 4], digits[bytes.at[i] & 15] };

		tell((struct slice){ two, 2 });
	}
	tell(SLICE("\n"));
}

/* ---- what it is told ---- */

static uint64_t number(struct slice *words)
{
	uint64_t told = 0;

	(void)!slice_number(slice_cut(words, ' '), UINT64_MAX, &told);
	return told;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

static void add_hex(struct buffer *to, struct slice hex)
{
	for (size_t i = 0; i + 1 < hex.len; i += 2)
		(void)!buffer_add_byte(to, (char)(digit(hex.at[i]) << 4 | digit(hex.at[i + 1])));
}

static int make_cargo(struct slice what)
{
	struct slice kind = slice_cut(&what, ':');
	struct buffer bytes;
	int fd = -1;

	if (slice_same(kind, SLICE("socket")))
		return fcntl(taken.client, F_DUPFD_CLOEXEC, 3);
	if (slice_same(kind, SLICE("none")))
		return -1;
	buffer_init(&bytes, LINE_MOST);
	add_hex(&bytes, what);
	fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && write(fd, buffer_slice(&bytes).at, buffer_length(&bytes)) < 0)
		fd_close(&fd);
	if (fd >= 0 && slice_same(kind, SLICE("sealed")))
		(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	buffer_finish(&bytes);
	return fd;
}

/* ---- wires ---- */

static struct wire *find_wire(struct slice name)
{
	for (size_t i = 0; i < taken.wire_count; i++)
		if (slice_same(slice_of(taken.wires[i].name), name))
			return &taken.wires[i];
	return NULL;
}

static void take_wire(struct slice name, int fd)
{
	struct wire *wire = find_wire(name);

	if (wire == NULL && taken.wire_count < WIRES && name.len < sizeof(wire->name)) {
		wire = &taken.wires[taken.wire_count++];
		memcpy(wire->name, name.at, name.len);
		wire->fd = -1;
	}
	if (wire == NULL)
		return;
	fd_close(&wire->fd);
	wire->fd = fd;
}

static void sleep_a_little(void)
{
	struct epoll_event event;

	(void)epoll_wait(taken.sleeper, &event, 1, STEP_MS);
}

static void tell_frame(struct frame *frame)
{
	tell_line("frame", "kind", frame->kind);
	tell_line("frame", "descriptors", frame->fd >= 0);
	tell_hex(frame->payload);
	fd_close(&frame->fd);
}

/* Each kind of wire begins with a word of its own, of kind 1: an answer is another. */
enum heard { SILENCE, A_WORD, AN_ANSWER, THE_END };

static enum heard hear(struct wire *wire, struct buffer *room)
{
	struct frame frame = { .fd = -1 };
	char byte;
	ssize_t there = recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (there < 0)
		return SILENCE;
	if (there > 0 && frame_receive(wire->fd, room, &frame) == OK) {
		tell_frame(&frame);
		return frame.kind == 1 ? A_WORD : AN_ANSWER;
	}
	tell(SLICE("closed\n"));
	fd_close(&wire->fd);
	process_wire_lost(taken.process, wire->name, 0);
	return THE_END;
}

static void hear_out(struct wire *wire, uint64_t ms)
{
	struct buffer room;

	buffer_init(&room, HEARD_MOST);
	for (uint64_t waited = 0; waited < ms; waited += STEP_MS) {
		enum heard what = hear(wire, &room);

		if (what == AN_ANSWER && ms - waited > AFTER_MS)
			waited = ms - AFTER_MS;
		if (what == THE_END)
			break;
		sleep_a_little();
	}
	buffer_finish(&room);
}

static void send_frame(struct slice name, uint8_t kind, uint64_t exchange, struct slice payload, int cargo, uint64_t ms)
{
	struct wire *wire = find_wire(name);

	if (slice_same(name, SLICE("supervisor"))) {
		(void)!frame_send_now(PROCESS_CONTROL_FD, kind, exchange, payload, cargo);
		return;
	}
	if (wire == NULL || wire->fd < 0) {
		tell(SLICE("no wire\n"));
		return;
	}
	hear_out(wire, STEP_MS);
	if (wire->fd < 0 || frame_send(wire->fd, kind, exchange, payload, cargo) != OK)
		tell(SLICE("not sent\n"));
	if (wire->fd >= 0)
		hear_out(wire, ms);
}

static void say(struct slice words)
{
	struct slice wire = slice_cut(&words, ' ');
	uint8_t kind = (uint8_t)number(&words);
	uint64_t exchange = number(&words);
	struct slice hex = slice_cut(&words, ' '), cargo = slice_cut(&words, ' ');
	closing int fd = make_cargo(cargo);
	struct buffer payload;

	buffer_init(&payload, LINE_MOST);
	add_hex(&payload, hex);
	send_frame(wire, kind, exchange, buffer_slice(&payload), fd, number(&words));
	buffer_finish(&payload);
}

static void deposit(struct slice words)
{
	uint64_t exchange = number(&words);
	struct envelope envelope = { .received = 1, .listener = SLICE("smtp"), .protocol = SLICE("ESMTP"),
	                             .client_address = SLICE("127.0.0.1"), .helo = SLICE("x"), .trace = SLICE("Received: by x\r\n"),
	                             .sender = SLICE("a@b.example"), .recipient_count = 1 };
	struct envelope_recipient to = { 0 };
	struct buffer payload;
	struct slice tail;
	int fd;

	envelope.id = slice_cut(&words, ' ');
	to.address = slice_cut(&words, ' ');
	envelope.recipients = &to;
	envelope.flags = (uint32_t)number(&words);
	tail = slice_cut(&words, ' ');
	buffer_init(&payload, LINE_MOST);
	(void)!envelope_pack(&envelope, &payload);
	add_hex(&payload, tail);
	fd = make_cargo(slice_cut(&words, ' '));
	send_frame(SLICE("queue"), FRONT_DEPOSIT, exchange, buffer_slice(&payload), fd, number(&words));
	if (fd >= 0)
		tell_line("cargo", "changed", write(fd, "x", 1) == 1);
	fd_close(&fd);
	buffer_finish(&payload);
}

static void hear_wire(struct slice words)
{
	struct wire *wire = find_wire(words);

	if (wire == NULL || wire->fd < 0)
		tell(SLICE("no wire\n"));
	else
		hear_out(wire, STEP_MS);
}

/* ---- what it has ---- */

/* What can be mapped is sent page by page, as far as it goes: the kernel says where that is. */
static void show(int fd)
{
	for (off_t at = 0; at < (off_t)PAGE * 1024; at += PAGE) {
		char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, at);
		ssize_t sent;

		if (page == MAP_FAILED)
			return;
		sent = send(taken.client, page, PAGE, MSG_NOSIGNAL);
		(void)munmap(page, PAGE);
		if (sent <= 0)
			return;
	}
}

static void descriptors(struct slice words)
{
	(void)words;
	for (int fd = 0; fd < LOOKED_AT; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		tell_line("\ndescriptor", "is", (unsigned long long)fd);
		show(fd);
	}
}

static void gifts(struct slice words)
{
	(void)words;
	tell(buffer_slice(&taken.gifts));
}

static void try(struct slice words)
{
	struct slice call = slice_cut(&words, ' ');
	char path[512] = "", bytes[256];
	struct iovec here = { bytes, sizeof(bytes) };
	long end = -1;

	if (words.len < sizeof(path))
		memcpy(path, words.at, words.len);
	if (slice_same(call, SLICE("open")))
		end = open(path, O_RDONLY | O_CLOEXEC);
	else if (slice_same(call, SLICE("socket")))
		end = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	else if (slice_same(call, SLICE("memory")))
		end = process_vm_readv((pid_t)number(&words), &here, 1, &here, 1, 0);
	else if (slice_same(call, SLICE("trace")))
		end = ptrace(PTRACE_ATTACH, (pid_t)number(&words), 0, 0);
	else if (slice_same(call, SLICE("steal")))
		end = syscall(SYS_pidfd_getfd, 0, 0, 0);
	tell_line("end", end >= 0 ? "good" : "bad", (unsigned long long)errno);
}

static const struct { struct slice name; void (*obey)(struct slice words); } words_known[] = {
	{ LIT("say"), say }, { LIT("deposit"), deposit }, { LIT("hear"), hear_wire }, { LIT("descriptors"), descriptors }, { LIT("gifts"), gifts },
	{ LIT("try"), try },
};

/* ---- the process ---- */

static void read_line(struct buffer *line)
{
	while (!slice_has(buffer_slice(line), '\n')) {
		char room[8192];
		ssize_t got = recv(taken.client, room, sizeof(room), 0);

		if (got <= 0 || buffer_add(line, (struct slice){ room, (size_t)got }) != OK)
			return;
	}
}

static void knocked(void *owner, unsigned what)
{
	struct slice words, name;
	struct buffer line;

	(void)owner;
	(void)what;
	taken.client = accept4(taken.listener, NULL, NULL, SOCK_CLOEXEC);
	if (taken.client < 0)
		return;
	buffer_init(&line, LINE_MOST);
	read_line(&line);
	words = buffer_slice(&line);
	words = slice_cut(&words, '\n');
	name = slice_cut(&words, ' ');
	for (size_t i = 0; i < COUNT_OF(words_known); i++)
		if (slice_same(words_known[i].name, name))
			words_known[i].obey(words);
	tell(SLICE("done\n"));
	buffer_finish(&line);
	fd_close(&taken.client);
}

static enum result prepare(void *self, struct process *process)
{
	taken.process = process;
	taken.listener = taken.client = -1;
	buffer_init(&taken.gifts, GIFTS_MOST);
	taken.sleeper = epoll_create1(EPOLL_CLOEXEC);
	if (is_taken())
		return OK;
	return front_role.prepare(self, process);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	if (!is_taken() && what == GIVEN_LISTENER && slice_same(name, SLICE("taken"))) {
		fd_close(&fd);
		return OK;
	}
	if (!is_taken())
		return front_role.given(self, what, name, instance, fd);
	(void)!buffer_format(&taken.gifts, "gift %d %.*s\n", (int)what, SHOW(name));
	if (what == GIVEN_LISTENER && slice_same(name, SLICE("taken"))) {
		taken.listener = fd;
		watch_init(&taken.watch, &taken.process->loop, fd, knocked, &taken);
		return watch_for(&taken.watch, LOOP_READ);
	}
	if (what == GIVEN_WIRE)
		take_wire(name, fd);
	else if (taken.file_count < FILES)
		taken.files[taken.file_count++] = fd;
	return OK;
}

static enum result begin(void *self)
{
	return is_taken() ? OK : front_role.begin(self);
}

static enum result reload(void *self)
{
	return is_taken() ? OK : front_role.reload(self);
}

static void stop(void *self)
{
	if (is_taken())
		process_leave(taken.process);
	else
		front_role.stop(self);
}

static const struct process_role role = {
	.name = "front", .jail = &front_jail, .prepare = prepare, .begin = begin, .given = given, .reload = reload, .stop = stop,
};

int main(void)
{
	return process_main(&role, &taken.front);
}
