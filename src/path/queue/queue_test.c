/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real process between a fake front, inspect and relay, with a spool in a new folder. Each scene is a row;
 * between its steps the process may be killed and started again.
 */
#include "base/fd.h"
#include "base/pack.h"
#include "base/process.h"
#include "base/test.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"
#include "queue/journal_format.h"
#include "queue/queue.h"
#include "queue/spool_file.h"
#include "wire/control.h"
#include "wire/front-queue.h"
#include "wire/gateway.h"
#include "wire/queue-inspect.h"
#include "wire/queue-relay.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PATIENCE_S = 10, QUIET_MS = 150, PATH = 256 };

static struct scene {
	const char *executable, *fixtures, *about;
	char folder[64], conf[PATH], spool[PATH];
	int control, front, inspect, relay;
	pid_t pid;
	struct buffer bytes;             /* payload of the last frame */
	struct frame frame;
	char id[MESSAGE_ID_SIZE + 1];
} scene;

static const char body[] = "Subject: x\r\n\r\nthe bytes of it\r\n";

#define EXPECT(that) CHECK(that, scene.about)

static void be_patient(int fd, unsigned ms)
{
	struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* ---- the process ---- */

static int give_wire(const char *name)
{
	int ends[2];

	EXPECT(channel_pair(ends) == OK);
	EXPECT(process_hand_gift(scene.control, GIVEN_WIRE, slice_of(name), 0, ends[1]) == OK);
	fd_close(&ends[1]);
	be_patient(ends[0], PATIENCE_S * 1000);
	return ends[0];
}

static void hand_settings(void)
{
	static const struct settings_section *const schema[] = { &gateway_settings_section, &queue_settings_section, NULL };
	struct settings settings;
	struct buffer packed, complaints;

	settings_init(&settings);
	buffer_init(&packed, 65536);
	buffer_init(&complaints, 65536);
	EXPECT(settings_read_file(&settings, scene.conf, false, schema, &complaints) == OK);
	EXPECT(settings_pack(&settings, &packed) == OK);
	EXPECT(process_hand_blob(scene.control, SUPERVISOR_SETTINGS, buffer_slice(&packed)) == OK);
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

static void start(void)
{
	const struct process_start how = { .level = LOG_LEVEL_WARNING };
	int ends[2];

	EXPECT(channel_pair(ends) == OK);
	EXPECT(process_spawn(scene.executable, ends[1], STDERR_FILENO, &scene.pid) == OK);
	fd_close(&ends[1]);
	scene.control = ends[0];
	hand_settings();
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

static void kill_it(void)
{
	(void)kill(scene.pid, SIGKILL);
	(void)waitpid(scene.pid, NULL, 0);
	close_wires();
}

/* The supervisor is gone: it ends by itself, in order. */
static void leave_it(void)
{
	int status = 1;

	close_wires();
	(void)waitpid(scene.pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "an orderly end");
}

/* ---- frames ---- */

/* The next frame of that kind within the patience; ROOM and FORGET are passed over. */
static bool hear(int fd, uint8_t kind)
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

static bool silent(int fd)
{
	bool quiet;

	be_patient(fd, QUIET_MS);
	fd_close(&scene.frame.fd);
	quiet = frame_receive(fd, &scene.bytes, &scene.frame) != OK;
	be_patient(fd, PATIENCE_S * 1000);
	return quiet;
}

static int message_memfd(bool sealed)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, body, sizeof(body) - 1) != (ssize_t)sizeof(body) - 1)
		return -1;
	if (sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return -1;
	return fd;
}

static void deposit(uint64_t exchange, uint32_t flags, uint32_t recipients, bool sealed)
{
	static const char *const names[] = { "a@example.org", "b@example.org", "c@example.org" };
	struct envelope_recipient to[3] = { { .address = { 0 } } };
	struct envelope envelope = { .received = time(NULL), .flags = flags, .sender = SLICE("s@example.net"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = to,
		                     .recipient_count = recipients };
	struct buffer packed;
	int fd = message_memfd(sealed);

	for (uint32_t i = 0; i < recipients; i++)
		to[i].address = slice_of(names[i]);
	message_id_make(time(NULL) * 1000, exchange * 7919 + (uint64_t)getpid(), scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&packed, 65536);
	EXPECT(envelope_pack(&envelope, &packed) == OK);
	EXPECT(frame_send(scene.front, FRONT_DEPOSIT, exchange, buffer_slice(&packed), fd) == OK);
	buffer_finish(&packed);
	fd_close(&fd);
}

/* Answers the next INSPECT with these fates. */
static void judge(const enum outcome *outcomes, uint32_t count)
{
	struct fate fates[3] = { { .edits = NO_EDITS } };
	struct judgement judgement = { .fates = fates, .fate_count = count };
	struct buffer packed;

	for (uint32_t i = 0; i < count; i++)
		fates[i] = (struct fate){ .outcome = outcomes[i], .edits = NO_EDITS,
		                          .reply = outcomes[i] == FATE_DEFER ? SLICE("451 4.7.1 wait") : SLICE("550 5.7.1 no") };
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	buffer_init(&packed, 65536);
	EXPECT(judgement_pack(&judgement, &packed) == OK);
	EXPECT(frame_send(scene.inspect, INSPECT_JUDGED, scene.frame.exchange, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void judge_all(enum outcome outcome, uint32_t count)
{
	const enum outcome outcomes[] = { outcome, outcome, outcome };

	judge(outcomes, count);
}

static uint32_t serial;

static void resume(void)
{
	EXPECT(frame_send(scene.relay, RELAY_RESUMED, 0, SLICE(""), -1) == OK);
}

/* A loan: the bytes are the message's, and there are so many recipients. */
static bool lent(uint32_t *ret_count)
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
	(void)unpack_slice(&from, 1000);
	(void)unpack_slice(&from, 1 << 20);
	*ret_count = unpack_u32(&from);
	return length == sizeof(body) - 1 && pread(scene.frame.fd, bytes, sizeof(body) - 1, (off_t)at) == (ssize_t)length &&
	       memcmp(bytes, body, length) == 0;
}

static bool lent_count(uint32_t count)
{
	uint32_t got = 0;

	return lent(&got) && got == count;
}

static void send_result(uint64_t exchange, uint32_t place, enum relay_outcome outcome)
{
	struct buffer packed;

	buffer_init(&packed, 4096);
	EXPECT(pack_slice(&packed, slice_of(scene.id)) == OK && pack_u32(&packed, serial) == OK &&
	       pack_u32(&packed, place) == OK && pack_u8(&packed, (uint8_t)outcome) == OK &&
	       pack_slice(&packed, SLICE("lmtp://x:24")) == OK && pack_slice(&packed, SLICE("550 5.1.1 nobody")) == OK);
	EXPECT(frame_send(scene.relay, RELAY_RESULT, exchange, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void say_whose(enum relay_returns kind)
{
	struct buffer packed;

	buffer_init(&packed, 4096);
	EXPECT(pack_slice(&packed, slice_of(scene.id)) == OK && pack_u32(&packed, serial) == OK);
	EXPECT(frame_send(scene.relay, (uint8_t)kind, 0, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void end_one(uint32_t place, enum relay_outcome outcome)
{
	send_result(900 + place, place, outcome);
	EXPECT(hear(scene.relay, QUEUE_NOTED));
	EXPECT(scene.frame.exchange == 900 + place);
}

/* ---- the operator ---- */

static char said[65536];

static int command(const char *const *words)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), status = -1;
	struct buffer packed;
	size_t length = 0;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/queue.control", scene.folder);
	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	be_patient(fd, PATIENCE_S * 1000);
	buffer_init(&packed, 4096);
	for (size_t i = 0; words[i]; i++)
		EXPECT(pack_slice(&packed, slice_of(words[i])) == OK);
	EXPECT(frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
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

#define COMMAND(...) command((const char *const[]){ __VA_ARGS__, NULL })

/* The ledger says so within the patience. */
static bool ledger(const char *row)
{
	for (unsigned i = 0; i < 200; i++) {
		if (COMMAND("queue", "ledger", "--json") == 0 && strstr(said, row))
			return true;
		(void)usleep(10000);
	}
	return false;
}

static unsigned files(const char *part)
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

static bool empties(const char *part)
{
	for (unsigned i = 0; i < 200 && files(part); i++)
		(void)usleep(10000);
	return files(part) == 0;
}

/* ---- scenes ---- */

static void accept_and_deliver(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 1);
	EXPECT(files("messages") == 1);
	EXPECT(lent_count(2));
	end_one(0, RELAY_DELIVERED);
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages"));
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

static void reject_all(void)
{
	deposit(1, 0, 2, true);
	judge_all(FATE_REJECT, 2);
	EXPECT(hear(scene.front, QUEUE_REFUSED) && slice_same(scene.frame.payload, SLICE("550 5.7.1 no")));
	EXPECT(files("messages") == 0 && files("quarantine") == 0);
}

static void defer_all(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_DEFER, 1);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_same(scene.frame.payload, SLICE("451 4.7.1 wait")));
	EXPECT(files("messages") == 0);
}

static void discard_all(void)
{
	deposit(1, 0, 2, true);
	judge_all(FATE_DISCARD, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 0);
	EXPECT(ledger("\"discarded\": 2"));
	kill_it();
	start();
	EXPECT(ledger("\"discarded\": 2"));
}

static void inspect_is_silent(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(silent(scene.relay));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	EXPECT(files("judged") == 1);
}

static void inspect_is_gone(void)
{
	resume();
	fd_close(&scene.inspect);
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	start();
	resume();
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages") && empties("judged"));
}

static void inspect_comes_back(void)
{
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

static void relay_comes_back(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	fd_close(&scene.relay);
	scene.relay = give_wire("relay");
	end_one(0, RELAY_DELIVERED);
	end_one(0, RELAY_DELIVERED);
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(empties("messages"));
}

static void queue_comes_back(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_DELIVERED);
	kill_it();
	start();
	say_whose(RELAY_HOLDING);
	resume();
	EXPECT(silent(scene.relay));
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages"));
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

static void only_the_rest_again(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(1, RELAY_DELIVERED);
	kill_it();
	start();
	resume();
	EXPECT(lent_count(1));
}

static void mixed_fates(void)
{
	static const enum outcome outcomes[] = { FATE_DELIVER, FATE_REJECT, FATE_HOLD };

	resume();
	deposit(1, 0, 3, true);
	judge(outcomes, 3);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(files("quarantine") == 1 && lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0, \"held\": 1, \"quarantined\": 1"));
	kill_it();
	start();
	resume();
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0, \"held\": 1, \"quarantined\": 1"));
	EXPECT(COMMAND("queue", "release", scene.id) == 0 && lent_count(1));
	EXPECT(COMMAND("quarantine", "list", "--json") == 0 && strstr(said, "\"kind\": \"late\"") != NULL);
	EXPECT(strstr(said, "b@example.org") && !strstr(said, "a@example.org"));
	EXPECT(COMMAND("quarantine", "release", scene.id) == 0 && lent_count(1));
}

static void quarantine_and_delete(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 0 && files("quarantine") == 1);
	EXPECT(COMMAND("quarantine", "show", scene.id) == 0 && strstr(said, "a@example.org") != NULL);
	EXPECT(COMMAND("quarantine", "delete", scene.id) == 0);
	EXPECT(COMMAND("quarantine", "show", scene.id) == 1);
	EXPECT(ledger("\"quarantined\": 0, \"bounced\": 0, \"discarded\": 0, \"deleted\": 1"));
}

static void strangers_get_no_notice(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"quarantined\": 1") && empties("messages"));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "undeliverable") != NULL);
	EXPECT(silent(scene.inspect));
}

static void friends_get_a_notice(void)
{
	int fd;

	resume();
	deposit(1, ENVELOPE_TRUSTED, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	fd = message_memfd(true);
	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, scene.frame.exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
	EXPECT(lent_count(1));
	EXPECT(ledger("\"queued\": 1, \"held\": 0, \"quarantined\": 0, \"bounced\": 1"));
	EXPECT(strstr(said, "\"own\": 1"));
}

static void unscannable_by_our_word(void)
{
	resume();
	deposit(1, 0, 1, true);
	for (unsigned i = 0; i < 5; i++) {
		EXPECT(hear(scene.inspect, QUEUE_INSPECT) && scene.frame.payload.at[0] == (char)i);
		EXPECT(frame_send(scene.inspect, INSPECT_FAILED, scene.frame.exchange, SLICE("no"), -1) == OK);
		(void)COMMAND("queue", "flush");
		(void)usleep(50000);
		(void)COMMAND("queue", "flush");
	}
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1"));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "unscannable") != NULL);
}

static void unsealed_is_no_message(void)
{
	deposit(1, 0, 1, false);
	EXPECT(!hear(scene.front, QUEUE_KEPT));
	scene.front = (fd_close(&scene.front), give_wire("front"));
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

static void damage_is_set_aside(void)
{
	char path[PATH + 64];
	int fd;

	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, scene.id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	EXPECT(pwrite(fd, "X", 1, 300) == 1);
	fd_close(&fd);
	(void)snprintf(path, sizeof(path), "%s/messages/0123456789ABCDEF", scene.spool);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(write(fd, "Postern\n", 8) == 8);
	fd_close(&fd);
	start();
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(files("messages") == 0 && files("corrupt") == 2);
}

static void held_and_deleted(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(COMMAND("queue", "hold", scene.id) == 0);
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(COMMAND("queue", "list", "--json") == 0 && strstr(said, "\"state\": \"held\"") != NULL);
	EXPECT(COMMAND("queue", "show", scene.id) == 0 && strstr(said, "a@example.org") != NULL);
	EXPECT(COMMAND("queue", "delete", scene.id) == 0);
	EXPECT(empties("messages") && ledger("\"deleted\": 1"));
	EXPECT(COMMAND("queue", "delete", scene.id) == 1);
	EXPECT(COMMAND("queue", "dance") == 2);
}

static void moved(void)
{
	char other[PATH];
	FILE *conf;

	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	(void)snprintf(other, sizeof(other), "%s/elsewhere", scene.folder);
	EXPECT(rename(scene.spool, other) == 0);
	memcpy(scene.spool, other, sizeof(other));
	conf = fopen(scene.conf, "we");
	(void)fprintf(conf, "spool = \"%s\"\nqueue { reserve = 0 }\n", scene.spool);
	EXPECT(fclose(conf) == 0);
	start();
	resume();
	EXPECT(lent_count(2));
}

static void no_room(void)
{
	FILE *conf;

	kill_it();
	conf = fopen(scene.conf, "we");
	(void)fprintf(conf, "spool = \"%s\"\nqueue { reserve = 1048576G }\n", scene.spool);
	EXPECT(fclose(conf) == 0);
	start();
	EXPECT(frame_receive(scene.front, &scene.bytes, &scene.frame) == OK && scene.frame.kind == QUEUE_ROOM &&
	       scene.frame.payload.at[0] == 0);
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_begins(scene.frame.payload, SLICE("452 ")));
}

static void cancelled(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	EXPECT(frame_send(scene.front, FRONT_CANCEL, 1, SLICE(""), -1) == OK);
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 2 && files("messages") == 1);
}

static void torn_journal(void)
{
	char path[PATH + 16];
	int fd;

	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_DELIVERED);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	EXPECT(write(fd, "\x30\0\0\0torn", 8) == 8);
	fd_close(&fd);
	start();
	resume();
	EXPECT(lent_count(1) && files("corrupt") == 0);
}

static void copy_fixture(const char *name)
{
	char path[PATH + 64], bytes[4096];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scene.fixtures, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, bytes, sizeof(bytes));
	fd_close(&fd);
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(length > 0 && write(fd, bytes, (size_t)length) == length);
	fd_close(&fd);
}

/* One has a judgement, and one of its two recipients is held; the other is judged now. */
static void old_spool(void)
{
	uint32_t count = 0;

	EXPECT(ledger("\"queued\": 0"));
	kill_it();
	copy_fixture("0SP00VERS10N1AAA");
	copy_fixture("0SP00VERS10N1BBB");
	start();
	resume();
	(void)lent(&count);
	EXPECT(count == 1);
	judge_all(FATE_DELIVER, 2);
	(void)lent(&count);
	EXPECT(count == 2);
	EXPECT(ledger("\"queued\": 3, \"held\": 1") && files("corrupt") == 0);
}

/* Killed at any moment: what was answered KEPT is delivered, what was NOTED is not lent again. */
static void killed_at_random(void)
{
	unsigned kept = 0, missing = 0;

	for (unsigned i = 0; i < 40; i++) {
		deposit(100 + i, 0, 1, true);
		judge_all(FATE_DELIVER, 1);
		(void)usleep((i * 131) % 3000);
		be_patient(scene.front, 20);
		if (hear(scene.front, QUEUE_KEPT)) {
			char path[PATH + 64];

			kept++;
			(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, scene.id);
			missing += access(path, F_OK) != 0;
		}
		kill_it();
		start();
	}
	kill_it();
	EXPECT(missing == 0 && kept <= files("messages") && kept > 0);
	start();
	resume();
	for (unsigned i = files("messages"); i > 0; i--)
		EXPECT(lent_count(1));
	EXPECT(files("corrupt") == 0);
}

static void answer_compose(uint64_t exchange)
{
	int fd = message_memfd(true);

	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
}

/* A second failure comes while the notice of the first is written: it gets one too. */
static void failed_meanwhile(void)
{
	uint64_t first;

	resume();
	deposit(1, ENVELOPE_TRUSTED, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_FAILED);
	kill_it();
	start();
	resume();
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	first = scene.frame.exchange;
	end_one(1, RELAY_FAILED);
	answer_compose(first);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	answer_compose(scene.frame.exchange);
	EXPECT(ledger("\"queued\": 2, \"held\": 0, \"quarantined\": 0, \"bounced\": 2"));
}

/* The folder does not let the file go: it is not forgotten that all of it is delivered. */
static void not_removed(void)
{
	char path[PATH + 16];

	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	(void)snprintf(path, sizeof(path), "%s/messages", scene.spool);
	EXPECT(chmod(path, 0500) == 0);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0"));
	(void)usleep(50000);
	EXPECT(files("messages") == 1 && chmod(path, 0700) == 0);
	EXPECT(COMMAND("queue", "flush") == 0 && empties("messages"));
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0"));
}

/* What the disk does not give at one start is still known at the next. */
static void unread_at_a_start(void)
{
	char path[PATH + 64], id[sizeof(scene.id)];

	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(COMMAND("queue", "hold", scene.id) == 0);
	memcpy(id, scene.id, sizeof(id));
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, id);
	EXPECT(chmod(path, 0) == 0);
	start();
	resume();
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_DELIVERED);
	kill_it();
	EXPECT(chmod(path, 0600) == 0);
	start();
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(ledger("\"held\": 2"));
}

static void rewrite_conf(const char *more)
{
	FILE *conf = fopen(scene.conf, "we");

	EXPECT(conf != NULL);
	(void)fprintf(conf, "spool = \"%s\"\nqueue { answer_budget = 1s  reserve = 0  reserve_inodes = 0  threads = 4  %s }\n",
	              scene.spool, more);
	EXPECT(fclose(conf) == 0);
}

/* A limit that was lowered is for new mail. */
static void more_than_allowed(void)
{
	for (uint64_t i = 1; i <= 3; i++) {
		deposit(i, 0, 1, true);
		judge_all(FATE_DELIVER, 1);
		EXPECT(hear(scene.front, QUEUE_KEPT));
	}
	kill_it();
	rewrite_conf("messages = 1");
	start();
	EXPECT(ledger("\"queued\": 3"));
	deposit(4, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_begins(scene.frame.payload, SLICE("452 ")));
	resume();
	for (unsigned i = 0; i < 3; i++)
		EXPECT(lent_count(1));
}

/* The clock was a year ahead when it was put off. */
static void put_off_by_a_wrong_clock(void)
{
	struct journal_record record = { .kind = JOURNAL_DEFERRED, .attempts = 1,
		                         .time = (uint64_t)time(NULL) + 365 * 86400 };
	struct buffer packed;
	char path[PATH + 16];
	int fd;

	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	EXPECT(COMMAND("queue", "ledger") == 0);
	kill_it();
	memcpy(record.id, scene.id, MESSAGE_ID_SIZE);
	record.serial = serial;
	buffer_init(&packed, 4096);
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	EXPECT((lseek(fd, 0, SEEK_END) > 0 || journal_write_head(&packed) == OK) && journal_write(&record, &packed) == OK);
	EXPECT(write(fd, packed.bytes + packed.start, buffer_length(&packed)) == (ssize_t)buffer_length(&packed));
	fd_close(&fd);
	buffer_finish(&packed);
	start();
	resume();
	EXPECT(lent_count(1));
}

/* Quarantined for one, discarded for the other: both are in the ledger. */
static void apart_and_discarded(void)
{
	static const enum outcome outcomes[] = { FATE_QUARANTINE, FATE_DISCARD };

	deposit(1, 0, 2, true);
	judge(outcomes, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(ledger("\"quarantined\": 1, \"bounced\": 0, \"discarded\": 1"));
	EXPECT(empties("messages") && files("quarantine") == 1);
	EXPECT(ledger("\"quarantined\": 1, \"bounced\": 0, \"discarded\": 1, \"deleted\": 0, \"accepted\": 2"));
}

/* What the relay holds cannot be held or deleted. */
static void out_of_reach(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	kill_it();
	start();
	say_whose(RELAY_HOLDING);
	resume();
	EXPECT(ledger("\"queued\": 1"));
	EXPECT(COMMAND("queue", "delete", scene.id) == 1);
	say_whose(RELAY_ENDED);
	EXPECT(lent_count(1));
}

/* Its later judgement is lost when the next hop has refused it: it comes to an end all the same. */
static void judgement_lost(void)
{
	char path[PATH + 64];

	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	end_one(0, RELAY_FAILED);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/judged/%s", scene.spool, scene.id);
	EXPECT(unlink(path) == 0);
	start();
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && empties("messages"));
}

/* Another file has its name in the quarantine. */
static void name_is_taken(void)
{
	char path[PATH + 64], day[16];
	time_t now = time(NULL);
	struct tm parts;
	int fd;

	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	(void)strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &parts));
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s", scene.spool, day);
	EXPECT(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s/%s", scene.spool, day, scene.id);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(fd >= 0);
	fd_close(&fd);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && empties("messages"));
}

/* A journal of a version to come is not thrown away. */
static void foreign_journal(void)
{
	char path[PATH + 16];
	int fd;

	EXPECT(COMMAND("queue", "ledger") == 0);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	EXPECT(write(fd, "PstnJrn\n\7\0\0\0 and more", 21) == 21);
	fd_close(&fd);
	start();
	EXPECT(ledger("\"queued\": 0") && files("corrupt") == 1);
}

/* Killed when the results are noted, with the message's file still there for one who is left. */
static void delivered_then_killed(void)
{
	resume();
	for (unsigned i = 0; i < 10; i++) {
		deposit(1 + i, 0, 3, true);
		judge_all(FATE_DELIVER, 3);
		EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(3));
		end_one(0, RELAY_DELIVERED);
		end_one(2, RELAY_DELIVERED);
		if (i % 2)
			end_one(1, RELAY_DELIVERED);
	}
	kill_it();
	start();
	resume();
	for (unsigned i = 0; i < 5; i++)
		EXPECT(lent_count(1));
	EXPECT(silent(scene.relay));
	EXPECT(ledger("\"delivered\": 25, \"queued\": 5"));
}

/* Ten thousand recipients nearly fill a frame; with what is to be put in, they are too many for one. */
static void two_loans(void)
{
	enum { MANY = 10000, ORIGINAL = 370, PUT = 300000 };
	static struct envelope_recipient to[MANY];
	static struct fate fates[MANY];
	static char addresses[MANY][24], original[ORIGINAL], put[PUT];
	const struct edit edit = { .put = { put, sizeof(put) } };
	struct slice edits;
	struct envelope envelope = { .received = time(NULL), .sender = SLICE("s@example.net"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = to, .recipient_count = MANY };
	struct judgement judgement = { .fates = fates, .fate_count = MANY, .edits = &edits, .edits_count = 1 };
	uint32_t first = 0, second = 0;
	struct buffer packed, mended;
	int fd = message_memfd(true);

	memset(put, 'p', sizeof(put));
	memset(original, 'x', sizeof(original));
	memcpy(original, "rfc822;", 7);
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(addresses[i], sizeof(addresses[i]), "u%05u@example.org", i);
		to[i] = (struct envelope_recipient){ .address = slice_of(addresses[i]), .original = { original, sizeof(original) } };
		fates[i] = (struct fate){ .outcome = FATE_DELIVER };
	}
	buffer_init(&mended, 1 << 20);
	EXPECT(edits_pack(&(struct edits){ &edit, 1 }, &mended) == OK);
	edits = buffer_slice(&mended);
	resume();
	message_id_make(time(NULL) * 1000, (uint64_t)getpid(), scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&packed, 4 << 20);
	EXPECT(envelope_pack(&envelope, &packed) == OK);
	EXPECT(frame_send(scene.front, FRONT_DEPOSIT, 1, buffer_slice(&packed), fd) == OK);
	fd_close(&fd);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	buffer_clear(&packed);
	EXPECT(judgement_pack(&judgement, &packed) == OK);
	EXPECT(frame_send(scene.inspect, INSPECT_JUDGED, scene.frame.exchange, buffer_slice(&packed), -1) == OK);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent(&first) && first > 0 && first < MANY);
	for (uint32_t i = 0; i < first; i++)
		send_result(i + 1, i, RELAY_DELIVERED);
	for (uint32_t i = 0; i < first; i++)
		EXPECT(hear(scene.relay, QUEUE_NOTED));
	say_whose(RELAY_ENDED);
	EXPECT(lent(&second) && first + second == MANY);
	buffer_finish(&packed);
	buffer_finish(&mended);
}

/* ---- many ---- */

static enum result pack_file(struct buffer *file, const struct envelope *envelope, const struct judgement *judgement)
{
	const struct slice content = { body, sizeof(body) - 1 };
	struct spool_writer writer;
	struct buffer packed, judged;
	enum result end;

	buffer_init(&packed, 65536);
	buffer_init(&judged, 65536);
	end = envelope_pack(envelope, &packed) == OK && judgement_pack(judgement, &judged) == OK ? OK : LATER;
	const struct { enum spool_section kind; struct slice bytes; } parts[] = {
		{ SPOOL_ENVELOPE, buffer_slice(&packed) }, { SPOOL_CONTENT, content }, { SPOOL_JUDGEMENT, buffer_slice(&judged) } };

	if (end == OK)
		end = spool_write_head(&writer, 7, file);
	for (size_t i = 0; i < COUNT_OF(parts) && end == OK; i++) {
		end = spool_write_section(&writer, parts[i].kind, parts[i].bytes.len, file);
		spool_write_bytes(&writer, parts[i].bytes);
		if (end == OK)
			end = buffer_add(file, parts[i].bytes);
	}
	if (end == OK)
		end = spool_write_end(&writer, file);
	buffer_finish(&packed);
	buffer_finish(&judged);
	return end;
}

/* As the queue would have written it, but for the syncs. */
static bool put_message(int folder, uint64_t number)
{
	struct envelope_recipient to = { .address = SLICE("a@example.org") };
	struct envelope envelope = { .received = time(NULL), .sender = SLICE("s@example.net"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = &to, .recipient_count = 1 };
	struct fate fate = { .outcome = FATE_DELIVER, .edits = NO_EDITS };
	const struct judgement judgement = { .fates = &fate, .fate_count = 1 };
	struct buffer file;
	bool good;
	int fd;

	message_id_make(time(NULL) * 1000, number, scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&file, 65536);
	fd = openat(folder, scene.id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	good = fd >= 0 && pack_file(&file, &envelope, &judgement) == OK &&
	       write(fd, file.bytes + file.start, buffer_length(&file)) == (ssize_t)buffer_length(&file);
	fd_close(&fd);
	buffer_finish(&file);
	return good;
}

static long resident(void)
{
	char path[64], text[256] = "";
	long size = 0, pages = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)scene.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)!read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	for (const char *at = text; *at && *at != '\n'; at++) {
		if (*at == ' ' && size++)
			break;
		if (size == 1 && *at >= '0' && *at <= '9')
			pages = pages * 10 + (*at - '0');
	}
	return pages * sysconf(_SC_PAGESIZE);
}

/* A full spool: how long a start takes, and what it costs, is printed; that nothing is left out is tested. */
static void many_at_a_start(void)
{
	enum { MANY = 30000 };
	struct timespec before, after;
	char path[PATH + 16];
	long empty;
	bool all = true;
	int folder;

	EXPECT(ledger("\"queued\": 0"));
	empty = resident();
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages", scene.spool);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (uint64_t i = 0; i < MANY && all; i++)
		all = put_message(folder, i);
	fd_close(&folder);
	EXPECT(all);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	start();
	EXPECT(ledger("\"queued\": 30000,"));
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	(void)printf("%d messages: started in %ld ms, %ld bytes of memory a message\n", MANY,
	             (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, (resident() - empty) / MANY);
	resume();
	EXPECT(lent_count(1) && files("corrupt") == 0);
}

static const struct row { const char *about; void (*play)(void); } rows[] = {
	{ "accepted, delivered, and gone",                            accept_and_deliver },
	{ "rejected for all: refused, and nothing stored",            reject_all },
	{ "deferred for all: later, and nothing stored",              defer_all },
	{ "discarded for all: kept in the ledger alone",              discard_all },
	{ "inspect is silent: kept, judged later, then delivered",    inspect_is_silent },
	{ "inspect is gone: kept, judged after a restart",            inspect_is_gone },
	{ "inspect is replaced: asked again",                         inspect_comes_back },
	{ "the relay brings a result over a new wire",                relay_comes_back },
	{ "the queue is killed while the relay holds a message",      queue_comes_back },
	{ "after a kill only who is missing is tried again",          only_the_rest_again },
	{ "a fate for each: delivered, late, held",                   mixed_fates },
	{ "quarantined, shown, deleted",                              quarantine_and_delete },
	{ "a stranger's failure goes to quarantine, without a notice", strangers_get_no_notice },
	{ "a friend's failure brings a notice",                       friends_get_a_notice },
	{ "five failures of inspect make it unscannable",             unscannable_by_our_word },
	{ "a memfd without seals drops the front",                    unsealed_is_no_message },
	{ "damaged and foreign files are set aside",                  damage_is_set_aside },
	{ "held, listed, deleted",                                    held_and_deleted },
	{ "a spool that was moved is drained",                        moved },
	{ "no room: said at once, and answered 452",                  no_room },
	{ "cancelled before it was judged: forgotten",                cancelled },
	{ "a journal with a torn tail keeps what is before",          torn_journal },
	{ "a spool written by version 1 is drained",                  old_spool },
	{ "a failure that comes while a notice is written is told too", failed_meanwhile },
	{ "a file that cannot be removed is not forgotten",           not_removed },
	{ "a file that one start cannot read is known to the next",   unread_at_a_start },
	{ "a lowered limit leaves out nothing that was accepted",     more_than_allowed },
	{ "put off by a clock that was wrong: tried now",             put_off_by_a_wrong_clock },
	{ "quarantined and discarded: both counted",                  apart_and_discarded },
	{ "what the relay holds is out of reach after a restart",     out_of_reach },
	{ "a failed message without its judgement is set apart",      judgement_lost },
	{ "a name that is taken in the quarantine is not asked for again", name_is_taken },
	{ "a journal of another version is kept",                     foreign_journal },
	{ "delivered, then killed: only who is left is lent again",   delivered_then_killed },
	{ "more recipients than one loan holds go with two",          two_loans },
	{ "a full spool at a start",                                  many_at_a_start },
	{ "killed at random moments",                                 killed_at_random },
};

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

int main(int count, char **words)
{
	const char *only = count > 3 ? words[3] : "";

	be_nobody();
	(void)signal(SIGPIPE, SIG_IGN);
	scene.executable = words[1];
	scene.fixtures = words[2];
	buffer_init(&scene.bytes, 4 << 20);
	scene.frame.fd = -1;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strstr(rows[i].about, only) == NULL)
			continue;
		scene.about = rows[i].about;
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
