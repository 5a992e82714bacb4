/* SPDX-License-Identifier: Apache-2.0 */
/* Frames are written and read by hand, blocking, with a patience; the operator's words go the way of the command line. */
#include "queue/queue_scene.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "queue/queue.h"
#include "wire/control.h"
#include "wire/gateway.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

struct scene scene;

static const char body[] = SCENE_BODY;

void scene_expect(bool holds, const char *file, int line, const char *that)
{
	passed += holds;
	failed += !holds;
	if (!holds)
		printf("%s:%d: %s: %s\n", file, line, scene.about, that);
}

void be_patient(int fd, unsigned ms)
{
	struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* ---- the process ---- */

int give_wire(const char *name)
{
	int ends[2];

	EXPECT(channel_pair(ends) == OK);
	EXPECT(process_hand_gift(scene.control, GIVEN_WIRE, slice_of(name), 0, ends[1]) == OK);
	fd_close(&ends[1]);
	be_patient(ends[0], PATIENCE_S * 1000);
	return ends[0];
}

static void hand_settings(enum supervisor_says kind)
{
	static const struct settings_section *const schema[] = { &gateway_settings_section, &queue_settings_section, NULL };
	struct settings settings;
	struct buffer packed, complaints;

	settings_init(&settings);
	buffer_init(&packed, 65536);
	buffer_init(&complaints, 65536);
	EXPECT(settings_read_file(&settings, scene.conf, false, schema, &complaints) == OK);
	EXPECT(settings_pack(&settings, &packed) == OK);
	EXPECT(process_hand_blob(scene.control, kind, buffer_slice(&packed)) == OK);
	buffer_finish(&packed);
	buffer_finish(&complaints);
	settings_finish(&settings);
}

static void listen_for_control(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/queue.control", scene.folder);
	(void)unlink(at.sun_path);
	EXPECT(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0);
	EXPECT(process_hand_gift(scene.control, GIVEN_CONTROL, SLICE("queue"), 0, fd) == OK);
	fd_close(&fd);
}

void start(void)
{
	const struct process_start how = { .level = LOG_LEVEL_WARNING };
	int ends[2];

	EXPECT(channel_pair(ends) == OK);
	EXPECT(process_spawn(scene.executable, ends[1], STDERR_FILENO, &scene.pid) == OK);
	fd_close(&ends[1]);
	scene.control = ends[0];
	hand_settings(SUPERVISOR_SETTINGS);
	scene.front = give_wire("front");
	scene.inspect = give_wire("inspect");
	scene.relay = give_wire("relay");
	listen_for_control();
	EXPECT(process_hand_start(scene.control, &how) == OK);
}

static void close_wires(void)
{
	fd_close(&scene.control);
	fd_close(&scene.front);
	fd_close(&scene.inspect);
	fd_close(&scene.relay);
}

void kill_it(void)
{
	(void)kill(scene.pid, SIGKILL);
	(void)waitpid(scene.pid, NULL, 0);
	close_wires();
}

/* The supervisor is gone: it ends by itself, in order. */
void leave_it(void)
{
	int status = 1;

	close_wires();
	(void)waitpid(scene.pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "an orderly end");
}

/* ---- frames ---- */

/* The next frame of that kind within the patience; ROOM and FORGET are passed over. */
bool hear(int fd, uint8_t kind)
{
	for (;;) {
		fd_close(&scene.frame.fd);
		scene.frame = (struct frame){ .fd = -1 };
		if (frame_receive(fd, &scene.bytes, &scene.frame) != OK)
			return false;
		if (scene.frame.kind == kind)
			return true;
		if (!(fd == scene.front && scene.frame.kind == QUEUE_ROOM) &&
		    !(fd == scene.inspect && scene.frame.kind == QUEUE_FORGET))
			return false;
	}
}

bool silent(int fd)
{
	bool quiet;

	be_patient(fd, QUIET_MS);
	fd_close(&scene.frame.fd);
	quiet = frame_receive(fd, &scene.bytes, &scene.frame) != OK;
	be_patient(fd, PATIENCE_S * 1000);
	return quiet;
}

int message_memfd(bool sealed)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, body, SCENE_BODY_SIZE) != (ssize_t)SCENE_BODY_SIZE)
		return -1;
	if (sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return -1;
	return fd;
}

void deposit_memfd(uint64_t exchange, uint32_t flags, uint32_t recipients, int fd)
{
	static const char *const names[] = { "a@example.org", "b@example.org", "c@example.org" };
	struct envelope_recipient to[3] = { { .address = { 0 } } };
	struct envelope envelope = { .received = time(NULL), .flags = flags, .sender = SLICE("s@example.net"),
		                     .client_address = SLICE("192.0.2.9"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = to,
		                     .recipient_count = recipients };
	struct buffer packed;

	for (uint32_t i = 0; i < recipients; i++)
		to[i] = (struct envelope_recipient){ .address = slice_of(names[i]), .notify = scene.notify };
	message_id_make(time(NULL) * 1000, exchange * 7919 + (uint64_t)getpid(), scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&packed, 65536);
	envelope.target = scene.target;
	EXPECT(envelope_pack(&envelope, &packed) == OK);
	EXPECT(frame_send(scene.front, FRONT_DEPOSIT, exchange, buffer_slice(&packed), fd) == OK);
	buffer_finish(&packed);
	fd_close(&fd);
}

void deposit(uint64_t exchange, uint32_t flags, uint32_t recipients, bool sealed)
{
	deposit_memfd(exchange, flags, recipients, message_memfd(sealed));
}

/* Answers the next INSPECT with these fates. */
void judge(const enum outcome *outcomes, uint32_t count)
{
	struct fate fates[3] = { { .edits = NO_EDITS } };
	struct deeds deeds = scene.deeds ? *scene.deeds : (struct deeds){ 0 };
	struct judgement judgement = { .fates = fates, .fate_count = count, .deeds = &deeds, .deeds_count = scene.deeds != NULL,
		                       .times = scene.times, .times_count = COUNT_OF(scene.times) };
	struct buffer packed;

	for (uint32_t i = 0; i < count; i++)
		fates[i] = (struct fate){ .outcome = outcomes[i], .edits = NO_EDITS, .deeds = scene.deeds != NULL, .notices = scene.notices[i],
		                          .times = i + 1,
		                          .reply = outcomes[i] == FATE_DEFER ? SLICE("451 4.7.1 wait") : SLICE("550 5.7.1 no") };
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	buffer_init(&packed, 65536);
	EXPECT(judgement_pack(&judgement, &packed) == OK);
	EXPECT(frame_send(scene.inspect, INSPECT_JUDGED, scene.frame.exchange, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

void judge_all(enum outcome outcome, uint32_t count)
{
	const enum outcome outcomes[] = { outcome, outcome, outcome };

	judge(outcomes, count);
}

uint32_t serial;

void resume(void)
{
	EXPECT(frame_send(scene.relay, RELAY_RESUMED, 0, SLICE(""), -1) == OK);
}

/* A loan: the bytes are the message's, and there are so many recipients. */
bool lent(uint32_t *ret_count)
{
	struct unpack from;
	char bytes[256];
	uint64_t at, length;

	if (!hear(scene.relay, QUEUE_DELIVER))
		return false;
	from = unpack_from(scene.frame.payload);
	(void)unpack_slice(&from, MESSAGE_ID_SIZE);
	serial = unpack_u32(&from);
	at = unpack_u64(&from);
	length = unpack_u64(&from);
	(void)unpack_slice(&from, 1000);
	(void)unpack_slice(&from, 1000);
	(void)unpack_u8(&from);
	for (unsigned i = 0; i < 5; i++)                     /* envelope id, and who brought it */
		(void)unpack_slice(&from, 1000);
	(void)unpack_slice(&from, 1 << 20);
	*ret_count = unpack_u32(&from);
	return length == SCENE_BODY_SIZE && pread(scene.frame.fd, bytes, SCENE_BODY_SIZE, (off_t)at) == (ssize_t)length &&
	       memcmp(bytes, body, length) == 0;
}

bool lent_count(uint32_t count)
{
	uint32_t got = 0;

	return lent(&got) && got == count;
}

void send_result(uint64_t exchange, uint32_t place, enum relay_outcome outcome)
{
	struct buffer packed;

	buffer_init(&packed, 4096);
	EXPECT(pack_slice(&packed, slice_of(scene.id)) == OK && pack_u32(&packed, serial) == OK &&
	       pack_u32(&packed, place) == OK && pack_u8(&packed, (uint8_t)outcome) == OK &&
	       pack_slice(&packed, SLICE("lmtp://x:24")) == OK && pack_slice(&packed, SLICE("550 5.1.1 nobody")) == OK);
	EXPECT(frame_send(scene.relay, RELAY_RESULT, exchange, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

void say_whose(enum relay_returns kind)
{
	struct buffer packed;

	buffer_init(&packed, 4096);
	EXPECT(pack_slice(&packed, slice_of(scene.id)) == OK && pack_u32(&packed, serial) == OK);
	EXPECT(frame_send(scene.relay, (uint8_t)kind, 0, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

void end_one(uint32_t place, enum relay_outcome outcome)
{
	send_result(900 + place, place, outcome);
	EXPECT(hear(scene.relay, QUEUE_NOTED));
	EXPECT(scene.frame.exchange == 900 + place);
}

/* ---- the operator ---- */

char said[65536];

int command_begin(const char *const *words)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct buffer packed;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/queue.control", scene.folder);
	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	be_patient(fd, PATIENCE_S * 1000);
	buffer_init(&packed, 4096);
	for (size_t i = 0; words[i]; i++)
		EXPECT(pack_slice(&packed, slice_of(words[i])) == OK);
	EXPECT(frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
	return fd;
}

int command_end(int fd)
{
	size_t length = 0;
	int status = -1;

	while (frame_receive(fd, &scene.bytes, &scene.frame) == OK && scene.frame.kind != CONTROL_END) {
		if (scene.frame.kind == CONTROL_OUTPUT && length + scene.frame.payload.len < sizeof(said)) {
			memcpy(said + length, scene.frame.payload.at, scene.frame.payload.len);
			length += scene.frame.payload.len;
		}
		fd_close(&scene.frame.fd);
	}
	said[length] = '\0';
	if (scene.frame.kind == CONTROL_END)
		status = scene.frame.payload.at[0];
	fd_close(&fd);
	return status;
}

int command(const char *const *words)
{
	return command_end(command_begin(words));
}

/* The ledger says so within the patience. */
bool ledger(const char *row)
{
	for (unsigned i = 0; i < 200; i++) {
		if (COMMAND("queue", "ledger", "--json") == 0 && strstr(said, row))
			return true;
		(void)usleep(10000);
	}
	return false;
}

unsigned files(const char *part)
{
	char path[PATH + 32];
	unsigned count = 0;
	DIR *list;

	(void)snprintf(path, sizeof(path), "%s/%s", scene.spool, part);
	list = opendir(path);
	for (const struct dirent *one; list && (one = readdir(list)) != NULL;)
		count += one->d_name[0] != '.';
	if (list)
		(void)closedir(list);
	return count;
}

bool empties(const char *part)
{
	for (unsigned i = 0; i < 200 && files(part); i++)
		(void)usleep(10000);
	return files(part) == 0;
}

/* ---- the folder, and the rows ---- */

void rewrite_conf(const char *more)
{
	FILE *conf = fopen(scene.conf, "we");

	EXPECT(conf != NULL);
	(void)fprintf(conf, "spool = \"%s\"\nqueue { answer_budget = 1s  reserve = 0  reserve_inodes = 0  threads = 4  %s }\n",
	              scene.spool, more);
	EXPECT(fclose(conf) == 0);
}

void reload(void)
{
	hand_settings(SUPERVISOR_RELOAD);
	EXPECT(COMMAND("queue", "ledger") == 0);
}

static void set_up(void)
{
	FILE *conf;

	(void)snprintf(scene.folder, sizeof(scene.folder), "/tmp/queue-test-XXXXXX");
	EXPECT(mkdtemp(scene.folder) != NULL);
	(void)snprintf(scene.conf, sizeof(scene.conf), "%s/postern.conf", scene.folder);
	(void)snprintf(scene.spool, sizeof(scene.spool), "%s/spool", scene.folder);
	conf = fopen(scene.conf, "we");
	EXPECT(conf != NULL);
	(void)fprintf(conf, "spool = \"%s\"\nqueue { answer_budget = 1s  reserve = 0  reserve_inodes = 0  threads = 4 }\n",
	              scene.spool);
	EXPECT(fclose(conf) == 0);
}

static void clean_up(const char *folder)
{
	DIR *list = opendir(folder);

	for (const struct dirent *one; list && (one = readdir(list)) != NULL;) {
		char path[1024];

		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, one->d_name);
		if (unlink(path) != 0)
			clean_up(path);
	}
	if (list)
		(void)closedir(list);
	(void)rmdir(folder);
}

/* The account postern-queue is made at installation; without it the process runs as nobody. */
static void be_nobody(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() == 0)
		CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0, "nobody");
}

int scene_main(int count, char **words, const struct scene_row *rows, size_t row_count)
{
	const char *only = count > 3 ? words[3] : "";

	be_nobody();
	(void)signal(SIGPIPE, SIG_IGN);
	scene.executable = words[1];
	scene.fixtures = words[2];
	buffer_init(&scene.bytes, 4 << 20);
	scene.frame.fd = -1;
	for (size_t i = 0; i < row_count; i++) {
		if (strstr(rows[i].about, only) == NULL)
			continue;
		scene.about = rows[i].about;
		scene.notify = 0;
		scene.target = SLICE("");
		scene.deeds = NULL;
		memset(scene.notices, 0, sizeof(scene.notices));
		memset(scene.times, 0, sizeof(scene.times));
		set_up();
		start();
		rows[i].play();
		leave_it();
		clean_up(scene.folder);
	}
	fd_close(&scene.frame.fd);
	buffer_finish(&scene.bytes);
	return TEST_END();
}
