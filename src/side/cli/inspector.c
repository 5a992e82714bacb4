/* SPDX-License-Identifier: Apache-2.0 */
/* Each process gets what the supervisor would give it: settings, its wires, the start; then the queue's frames flow. */
#include "cli/inspector.h"

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/process.h"
#include "base/sealed.h"
#include "cli/lines.h"
#include "wire/queue-inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { SETTINGS_LIMIT = 16 << 20, READY_LIMIT = 65536, MESSAGE_PIECE = 65536, LAST_WORDS = 4096 };
/* A message may take `inspect_limit`, which is ten minutes at most, in each of two attempts. */
enum { START_MS = 120000, SILENCE_MS = 60000, SILENCES_MOST = 25, FRAME_SECONDS = 60, STOP_MS = 15000 };

/* What a process that would not start wrote last. */
static void show_last_words(const struct inspector_process *process)
{
	char words[LAST_WORDS];
	off_t end = lseek(process->log, 0, SEEK_END);
	ssize_t got = pread(process->log, words, sizeof(words), end > LAST_WORDS ? end - LAST_WORDS : 0);

	complain("%s did not start", process->name);
	if (got > 0)
		(void)fwrite(words, 1, (size_t)got, stderr);
}

static enum result spawn(struct inspector *inspector, struct places *places, const char *name)
{
	struct inspector_process *process = &inspector->processes[inspector->count];
	char executable[PLACE_SIZE + 32];
	int ends[2];
	enum result result;

	*process = (struct inspector_process){ .name = name, .log = memfd_create("log", MFD_CLOEXEC) };
	(void)snprintf(executable, sizeof(executable), "%s/%s", places->libexec, name);
	if (process->log < 0)
		return LATER;
	TRY(channel_pair(ends));
	process->control = ends[0];
	inspector->count++;
	result = process_spawn(executable, ends[1], process->log, &process->pid);
	fd_close(&ends[1]);
	if (result != OK)
		complain("%s: %s", executable, strerrordesc_np(errno));
	return result;
}

static bool comes(int fd, int ms)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	int ready;

	do
		ready = poll(&end, 1, ms);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* What else it says is passed over. LATER: nothing was said for so long. */
static enum result wait_for(const struct inspector_process *process, enum process_says kind, int ms)
{
	struct buffer payload;
	struct frame frame;
	enum result result;

	buffer_init(&payload, READY_LIMIT);
	do {
		result = comes(process->control, ms) ? frame_receive(process->control, &payload, &frame) : LATER;
		if (result == OK)
			fd_close(&frame.fd);
	} while (result == OK && frame.kind != (uint8_t)kind);
	buffer_finish(&payload);
	return result;
}

static enum result wait_ready(const struct inspector_process *process)
{
	enum result result = wait_for(process, PROCESS_READY, START_MS);

	if (result != OK)
		show_last_words(process);
	return result == OK ? OK : REFUSED;
}

static enum result hand_settings(const struct inspector *inspector, struct places *places)
{
	struct buffer packed;
	enum result result;

	buffer_init(&packed, SETTINGS_LIMIT);
	result = settings_pack(&places->settings, &packed);
	for (size_t i = 0; i < inspector->count && result == OK; i++)
		result = process_hand_blob(inspector->processes[i].control, SUPERVISOR_SETTINGS, buffer_slice(&packed));
	buffer_finish(&packed);
	return result;
}

/* One end to the process that is to call its neighbour `name`, the other end back. */
static enum result hand_wire(const struct inspector_process *process, const char *name, int *ret_other)
{
	int ends[2];
	enum result result;

	TRY(channel_pair(ends));
	result = process_hand_gift(process->control, GIVEN_WIRE, slice_of(name), 0, ends[1]);
	fd_close(&ends[1]);
	if (result == OK)
		*ret_other = ends[0];
	else
		fd_close(&ends[0]);
	return result;
}

static enum result hand_wires(struct inspector *inspector)
{
	const struct timeval frame = { .tv_sec = FRAME_SECONDS };
	TRY(hand_wire(&inspector->processes[0], "queue", &inspector->wire));
	if (setsockopt(inspector->wire, SOL_SOCKET, SO_SNDTIMEO, &frame, sizeof(frame)) != 0 ||
	    setsockopt(inspector->wire, SOL_SOCKET, SO_RCVTIMEO, &frame, sizeof(frame)) != 0)
		return LATER;
	for (size_t i = 1; i < inspector->count; i++) {
		closing int other = -1;

		TRY(hand_wire(&inspector->processes[0], inspector->processes[i].name, &other));
		TRY(process_hand_gift(inspector->processes[i].control, GIVEN_WIRE, SLICE("inspect"), 0, other));
	}
	return OK;
}

static enum result begin(struct inspector *inspector, struct places *places)
{
	const struct process_start start = {
		.root = geteuid() == 0, .weak = places->gateway.jail.is == GATEWAY_JAIL_WEAK,
		.utc_offset = clock_offset(clock_wall()), .level = LOG_LEVEL_WARNING,
	};

	TRY(hand_settings(inspector, places));
	TRY(hand_wires(inspector));
	for (size_t i = 0; i < inspector->count; i++) {
		TRY(process_hand_start(inspector->processes[i].control, &start));
		TRY(wait_ready(&inspector->processes[i]));
	}
	return OK;
}

/* There is no keeper to be asked for senders. */
enum result inspector_start(struct inspector *inspector, struct places *places, unsigned asks)
{
	*inspector = (struct inspector){ .wire = -1, .patience_ms = SILENCE_MS };
	buffer_init(&inspector->payload, QUEUE_INSPECT_LONGEST);
	(void)signal(SIGPIPE, SIG_IGN);
	TRY(settings_put(&places->settings, "inspect", "senders", SLICE("no")));
	TRY(spawn(inspector, places, "inspect"));
	if (asks & INSPECTOR_SCANNERS)
		TRY(spawn(inspector, places, "scanners"));
	if (asks & INSPECTOR_LISTS && settings_title_count(&places->settings, "dnsbl"))
		TRY(spawn(inspector, places, "resolver"));
	return begin(inspector, places);
}

/* One that has not ended in time is ended. */
static void bury(pid_t pid)
{
	closing int end = pidfd_open(pid, 0);

	if (end < 0 || !comes(end, STOP_MS))
		(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* The end of its control channel asks a process to stop. */
void inspector_finish(struct inspector *inspector)
{
	fd_close(&inspector->wire);
	for (size_t i = 0; i < inspector->count; i++) {
		struct inspector_process *process = &inspector->processes[i];

		fd_close(&process->control);
		if (process->pid > 0)
			bury(process->pid);
		fd_close(&process->log);
	}
	inspector->count = 0;
	buffer_finish(&inspector->payload);
}

static enum result say(struct inspector *inspector, enum queue_asks kind, uint64_t exchange, const struct buffer *payload,
                        int message)
{
	if (frame_send(inspector->wire, (uint8_t)kind, exchange, buffer_slice(payload), message) == OK)
		return OK;
	complain("the inspecting process does not hear");
	return REFUSED;
}

enum result inspector_ask(struct inspector *inspector, uint64_t exchange, struct slice envelope, int message)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, QUEUE_INSPECT_LONGEST);
	result = pack_u8(&payload, 1);
	if (result == OK)
		result = pack_slice(&payload, envelope);
	result = result == OK ? say(inspector, QUEUE_INSPECT, exchange, &payload, message) : LATER;
	buffer_finish(&payload);
	return result;
}

enum result inspector_replay(struct inspector *inspector, uint64_t exchange, const struct inspector_past *past, int message)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, QUEUE_INSPECT_LONGEST);
	result = pack_slice(&payload, past->envelope);
	if (result == OK)
		result = pack_slice(&payload, past->findings);
	if (result == OK)
		result = pack_slice(&payload, past->evidence);
	result = result == OK ? say(inspector, QUEUE_REPLAY, exchange, &payload, message) : LATER;
	buffer_finish(&payload);
	return result;
}

enum result inspector_features(struct inspector *inspector, uint64_t exchange, int message)
{
	return frame_send(inspector->wire, QUEUE_FEATURES, exchange, SLICE(""), message);
}

/* Does its loop turn? */
static bool is_alive(const struct inspector *inspector)
{
	const struct inspector_process *process = &inspector->processes[0];

	if (inspector->count == 0)
		return true;                     /* there is only the wire to it */
	return frame_send_now(process->control, SUPERVISOR_PING, 1, SLICE(""), -1) == OK &&
	       wait_for(process, PROCESS_ALIVE, inspector->patience_ms) == OK;
}

bool inspector_has_answered(const struct inspector *inspector)
{
	return comes(inspector->wire, 0);
}

enum result inspector_answer(struct inspector *inspector, struct inspector_answer *ret_answer)
{
	struct frame frame;

	for (unsigned silences = 0; !comes(inspector->wire, inspector->patience_ms); silences++) {
		bool alive = is_alive(inspector);

		if (alive && silences < SILENCES_MOST)
			continue;
		complain("the inspecting process does not answer");
		return alive ? LATER : REFUSED;
	}
	if (frame_receive(inspector->wire, &inspector->payload, &frame) != OK) {
		complain("the inspecting process ended before its answer");
		return REFUSED;
	}
	fd_close(&frame.fd);
	*ret_answer = (struct inspector_answer){ frame.exchange, frame.kind == INSPECT_JUDGED, frame.kind == INSPECT_FEATURES,
	                                          frame.payload };
	return OK;
}

static bool write_out(int fd, struct buffer *piece)
{
	enum result result = sealed_write(fd, buffer_slice(piece));

	buffer_clear(piece);
	return result == OK;
}

static bool write_message(int fd, struct slice bytes)
{
	struct lines lines = { 0 };
	struct buffer piece;
	bool written = true;

	buffer_init(&piece, (size_t)2 * MESSAGE_PIECE);
	while (bytes.len > 0 && written)
		written = lines_add(&lines, slice_take(&bytes, MESSAGE_PIECE), &piece) == OK && write_out(fd, &piece);
	written = written && lines_end(&lines, &piece) == OK && write_out(fd, &piece);
	buffer_finish(&piece);
	return written;
}

int inspector_message(const char *name, struct slice bytes)
{
	closing int fd = sealed_begin("message");

	if (fd >= 0 && write_message(fd, bytes) && sealed_end(fd) == OK)
		return fd_keep(&fd);
	complain("%s: %s", name, strerrordesc_np(errno));
	return -1;
}
