/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole room against a clamd that tells the truth, lies, is slow, or is not there. The clamd is
 * a child that does what its row says to each connection.
 */
#include "scanners/room.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "scanners/scanners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const char message_text[] = "Subject: x\r\n\r\nbody that is scanned\r\n";
static size_t padding;                 /* bytes of nothing behind it */

enum manner { TRUTHFUL, SILENT, HANGS_UP, ASKS_FIRST, TALKS_ON, ABSENT };

static const struct {
	const char *about;
	bool tcp;
	enum manner manner;
	struct slice reply;
	enum scan_end end;
	const char *text;
	bool down;
} rows[] = {
	{ "a clean message by descriptor", false, TRUTHFUL, LIT("fd[9]: OK\n"), SCAN_CLEAN, "", false },
	{ "a clean message by stream", true, TRUTHFUL, LIT("stream: OK\n"), SCAN_CLEAN, "", false },
	{ "a virus by descriptor", false, TRUTHFUL, LIT("fd[9]: Eicar FOUND\n"), SCAN_FOUND, "Eicar", false },
	{ "a virus by stream", true, TRUTHFUL, LIT("stream: Eicar FOUND\n"), SCAN_FOUND, "Eicar", false },
	{ "a scanner that is not there", false, ABSENT, LIT(""), SCAN_FAILED, "no connection", true },
	{ "a scanner that is not there over TCP", true, ABSENT, LIT(""), SCAN_FAILED, "no connection", true },
	{ "a scanner that says nothing", false, SILENT, LIT(""), SCAN_FAILED, "no answer in time", true },
	{ "a scanner that hangs up", false, HANGS_UP, LIT(""), SCAN_FAILED, "", true },
	{ "a stream that is hung up on", true, HANGS_UP, LIT(""), SCAN_FAILED, "", true },
	{ "clean, said before the message was read", true, ASKS_FIRST, LIT("stream: OK\n"), SCAN_FAILED, "", true },
	{ "clean and then silence without an end", false, TALKS_ON, LIT("fd[9]: OK\n"), SCAN_FAILED,
	  "no answer in time", true },
	{ "clean and more", false, TRUTHFUL, LIT("fd[9]: OK\nfd[9]: OK\n"), SCAN_FAILED, "", true },
	{ "clean, cut off", false, TRUTHFUL, LIT("fd[9]: OK"), SCAN_FAILED, "", true },
	{ "a limit of the scanner", false, TRUTHFUL, LIT("fd[9]: Heuristics.Limits.Exceeded.MaxScanSize FOUND\n"),
	  SCAN_FAILED, "the scanner reached", false },
	{ "an error", false, TRUTHFUL, LIT("fd[9]: Not a regular file ERROR\n"), SCAN_FAILED, "the scanner failed",
	  true },
};

static char socket_path[64];
static uint16_t port;

static int listen_at(bool tcp)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(four);
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(socket_path, sizeof(socket_path), "/tmp/postern-clamd-%d", (int)getpid());
	(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", socket_path);
	(void)unlink(socket_path);
	if (bind(fd, tcp ? (struct sockaddr *)&four : (struct sockaddr *)&local, tcp ? sizeof(four) : sizeof(local)) !=
		0 ||
	    listen(fd, 64) != 0)
		return -1;
	if (tcp && getsockname(fd, (struct sockaddr *)&four, &size) == 0)
		port = ntohs(four.sin_port);
	return fd;
}

/* What the message was, as clamd sees it; false: not the message we sent. */
static bool take_descriptor(int fd)
{
	union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control;
	char line[8], byte[2], text[128];
	struct iovec part = { byte, sizeof(byte) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int lent;

	if (recv(fd, line, sizeof(line), MSG_WAITALL) != 8 || memcmp(line, "nFILDES\n", 8) != 0)
		return false;
	if (recvmsg(fd, &message, 0) != 1 || CMSG_FIRSTHDR(&message) == NULL)
		return false;
	memcpy(&lent, CMSG_DATA(&control.head), sizeof(lent));
	return pread(lent, text, sizeof(text), 0) == sizeof(message_text) - 1 &&
	       memcmp(text, message_text, sizeof(message_text) - 1) == 0;
}

static bool take_stream(int fd)
{
	char text[256];
	ssize_t whole = 10 + 4 + (ssize_t)sizeof(message_text) - 1 + 4;

	return recv(fd, text, (size_t)whole, MSG_WAITALL) == whole && memcmp(text, "nINSTREAM\n", 10) == 0 &&
	       memcmp(text + 10, "\0\0\0", 3) == 0 && text[13] == sizeof(message_text) - 1 &&
	       memcmp(text + 14, message_text, sizeof(message_text) - 1) == 0 &&
	       memcmp(text + whole - 4, "\0\0\0\0", 4) == 0;
}

static void serve_one(int fd, bool tcp, enum manner manner, struct slice reply)
{
	if (manner == SILENT)
		(void)poll(NULL, 0, 20000);
	if (manner == HANGS_UP)
		return;
	if (manner != ASKS_FIRST && !(tcp ? take_stream(fd) : take_descriptor(fd)))
		reply = SLICE("the fake clamd did not get the message\n");
	(void)send(fd, reply.at, reply.len, MSG_NOSIGNAL);
	if (manner == TALKS_ON)
		(void)poll(NULL, 0, 20000);
}

static pid_t start_clamd(bool tcp, enum manner manner, struct slice reply)
{
	int fd = listen_at(tcp);
	pid_t child;

	if (manner == ABSENT) {
		(void)unlink(socket_path);
		(void)close(fd);
		return -1;
	}
	(void)fflush(stdout);
	child = fork();
	if (child > 0) {
		(void)close(fd);
		return child;
	}
	for (;;) {
		closing int taken = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		serve_one(taken, tcp, manner, reply);
	}
}

static void stop_clamd(pid_t child)
{
	if (child <= 0)
		return;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

struct asker {
	struct loop *loop;
	struct channel channel;
	unsigned count, answers;
	enum scan_end end;
	char name[64], text[SCAN_TEXT], warned[SCAN_TEXT];
	unsigned warnings;
};

static enum result answered(void *own_asker, struct frame *frame)
{
	struct asker *asker = own_asker;
	struct unpack from = unpack_from(frame->payload);

	asker->count = unpack_u8(&from);
	for (unsigned i = 0; i < asker->count; i++) {
		struct slice name = unpack_slice(&from, 64), text;

		(void)snprintf(asker->name, sizeof(asker->name), "%.*s", SHOW(name));
		asker->end = (enum scan_end)unpack_u8(&from);
		text = unpack_slice(&from, SCAN_TEXT);
		(void)snprintf(asker->text, sizeof(asker->text), "%.*s", SHOW(text));
	}
	CHECK(unpack_end(&from) == OK && frame->kind == SCANNERS_SCANNED && frame->exchange == 7,
	      "the answer is well formed");
	if (++asker->answers == 1)
		loop_stop(asker->loop);
	return OK;
}

static void gone(void *own_asker)
{
	struct asker *asker = own_asker;

	loop_stop(asker->loop);
}

static void warned(void *own_asker, struct slice scanner, struct slice text)
{
	struct asker *asker = own_asker;

	(void)scanner;
	asker->warnings++;
	(void)snprintf(asker->warned, sizeof(asker->warned), "%.*s", SHOW(text));
}

static const struct channel_handler handler = { .frame = answered, .closed = gone };

static int make_message(void)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)!write(fd, message_text, sizeof(message_text) - 1);
	(void)!ftruncate(fd, (off_t)(sizeof(message_text) - 1 + padding));
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return fd;
}

static void settle(struct room *room, struct settings *settings, bool tcp, const char *largest)
{
	static const struct settings_section *const schema[] = { &scanner_settings_section, NULL };
	char name[128], text[512];
	struct buffer complaints;
	int length;

	settings_init(settings);
	buffer_init(&complaints, 4096);
	(void)snprintf(name, sizeof(name), "%s.conf", socket_path);
	closing int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	length = snprintf(text, sizeof(text), "scanner \"clamav\" {\n socket = \"%s\"\n", socket_path);
	if (tcp)
		length += snprintf(text + length, sizeof(text) - (size_t)length, " address = \"127.0.0.1:%u\"\n", port);
	length += snprintf(text + length, sizeof(text) - (size_t)length, " largest = \"%s\"\n}\n", largest);
	CHECK(write(file, text, (size_t)length) == length, "the settings are written");
	CHECK(settings_read_file(settings, name, false, schema, &complaints) == OK, "and read");
	CHECK(room_settle(room, settings) == OK, "and taken");
	buffer_finish(&complaints);
	(void)unlink(name);
}

static void scan_once(size_t row, const char *largest, struct asker *ret_asker)
{
	struct settings settings;
	struct loop loop;
	struct room room;
	struct buffer question;
	struct asker asker = { .loop = &loop };
	int ends[2] = { -1, -1 };
	closing int message = make_message();
	pid_t clamd = start_clamd(rows[row].tcp, rows[row].manner, rows[row].reply);

	CHECK(loop_init(&loop) == OK && channel_pair(ends) == OK, "a loop and a wire");
	room_init(&room, &loop, &(struct counters){ 0 });
	room.warn = warned;
	room.owner = &asker;
	settle(&room, &settings, rows[row].tcp, largest);
	CHECK(room_wire(&room, 0, ends[0]) == OK, "the room takes its wire");
	CHECK(channel_open(&asker.channel, &loop, ends[1], INSPECT_SCANNERS_LONGEST, &handler, &asker) == OK,
	      "we take ours");
	buffer_init(&question, 64);
	CHECK(pack_u32(&question, 700) == OK &&
	      channel_send(&asker.channel, INSPECT_SCAN, 7, buffer_slice(&question), message) == OK, "it is asked");
	CHECK(loop_run(&loop) == OK, "the loop turns");
	buffer_finish(&question);
	*ret_asker = asker;
	channel_close(&asker.channel);
	stop_clamd(clamd);
	room_finish(&room);
	settings_finish(&settings);
	loop_finish(&loop);
	(void)unlink(socket_path);
}

int main(void)
{
	struct asker asker;

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		scan_once(i, "25M", &asker);
		CHECK(asker.answers == 1 && asker.count == 1 && strcmp(asker.name, "clamav") == 0, rows[i].about);
		CHECK(asker.end == rows[i].end, rows[i].about);
		CHECK(strncmp(asker.text, rows[i].text, strlen(rows[i].text)) == 0, rows[i].about);
		CHECK(asker.warnings == rows[i].down, rows[i].about);
		if (asker.end != rows[i].end || asker.warnings != rows[i].down)
			printf("  %d \"%s\" warned %u \"%s\"\n", (int)asker.end, asker.text, asker.warnings,
			       asker.warned);
	}
	padding = 1024;
	scan_once(0, "1K", &asker);
	CHECK(asker.end == SCAN_FAILED && strcmp(asker.text, "larger than the scanner reads") == 0,
	      "a message larger than the scanner reads is never clean");
	return TEST_END();
}
