/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole way of a question, through libunbound to a name server of ours on loopback and back; once as we
 * are, and once in the resolver's jail. The server looks at the first label only: it says what to answer. Labels that
 * begin with "cut" are answered whole over TCP alone.
 */
#include "base/fd.h"
#include "base/jail_attempts.h"
#include "base/pack.h"
#include "resolver/library.h"
#include "resolver/questions.h"

#include <pwd.h>

enum { TIMEOUT_MS = 4000, HEADER = 12 };       /* what is silent costs this, twice; what answers must not need it */

static const struct {
	const char *label;         /* of the question's name; what the server does with it */
	unsigned code;
	unsigned answers;
	struct slice rdata;        /* with type, class, time and length; NULL with code 99: silence */
} server_rows[] = {
	{ "address", 0, 1, LIT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\x05") },
	{ "mail", 0, 1, LIT("\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\x08\0\x0a\3" "mx1" "\xc0\x0c") },
	{ "nomail", 0, 1, LIT("\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\3\0\0\0") },
	{ "text", 0, 1, LIT("\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\6\2" "ab" "\2" "cd") },
	{ "nothing", 0, 0, LIT("") },
	{ "noname", 3, 0, LIT("") },
	{ "broken", 2, 0, LIT("") },
	{ "xn--grn-ioa", 0, 1, LIT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\x05") },
	{ "short", 0, 1, LIT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f") },
	{ "silent", 99, 0, LIT("") },
	{ "cut", 0, 1, LIT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\x05") },
	{ "cutgone", 99, 0, LIT("") },
	{ "cutagain", 0, 0, LIT("") },
};

static const struct {
	const char *about, *name;
	enum dns_type type;
	enum dns_end end;
	uint32_t count;
	struct slice rdata;
} rows[] = {
	{ "an address", "address.example", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\5") },
	{ "a name in UTF-8 is asked by its A-label", "gr\xc3\xbcn.example", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\5") },
	{ "and is no other name", "GR\xc3\x9cN.example", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\5") },
	{ "bytes that are no UTF-8 are no name", "gr\xfcn.example", DNS_A, DNS_NO_NAME, 0, LIT("") },
	{ "an address from memory", "ADDRESS.example", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\5") },
	{ "a mail server", "mail.example", DNS_MX, DNS_FOUND, 1,
	  LIT("\x18\0\0\0\x0a\0\0\0\x10\0\0\0mx1.mail.example") },
	{ "a domain that takes no mail", "nomail.example", DNS_MX, DNS_FOUND, 1, LIT("\x08\0\0\0\0\0\0\0\0\0\0\0") },
	{ "a text", "text.example", DNS_TXT, DNS_FOUND, 1, LIT("\4\0\0\0abcd") },
	{ "no such records", "nothing.example", DNS_A, DNS_NO_RECORDS, 0, LIT("") },
	{ "no such name", "noname.example", DNS_A, DNS_NO_NAME, 0, LIT("") },
	{ "a server that fails", "broken.example", DNS_A, DNS_FAILED, 0, LIT("") },
	{ "rdata that is cut off", "short.example", DNS_A, DNS_FAILED, 0, LIT("") },
	{ "a server that is silent", "silent.example", DNS_A, DNS_FAILED, 0, LIT("") },
	{ "an answer that is whole over TCP only", "cut.example", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\5") },
	{ "a server that says to use TCP, and is silent there", "cutgone.example", DNS_A, DNS_FAILED, 0, LIT("") },
	{ "one that says so over TCP too", "cutagain.example", DNS_A, DNS_FAILED, 0, LIT("") },
	{ "localhost", "localhost", DNS_A, DNS_FOUND, 1, LIT("\4\0\0\0\x7f\0\0\1") },
	{ "localhost by IPv6", "localhost", DNS_AAAA, DNS_FOUND, 1, LIT("\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "localhost takes no mail by name", "localhost", DNS_MX, DNS_NO_RECORDS, 0, LIT("") },
	{ "an empty label is no name", "a..example", DNS_A, DNS_NO_NAME, 0, LIT("") },
	{ "a backslash is no name", "a\\.example", DNS_A, DNS_NO_NAME, 0, LIT("") },
	{ "a label of 64 bytes is no name", "0123456789012345678901234567890123456789012345678901234567890123.example",
	  DNS_A, DNS_NO_NAME, 0, LIT("") },
	{ "an empty name is no name", "", DNS_A, DNS_NO_NAME, 0, LIT("") },
};

static uint16_t server_port;

static size_t answer_to(char *message, size_t got, size_t room, bool tcp)
{
	size_t end = HEADER;

	while (end < got && message[end])
		end += 1 + (size_t)(unsigned char)message[end];
	end += 5;
	if (end > got || end + 64 > room)
		return 0;
	for (size_t i = 0; i < COUNT_OF(server_rows); i++) {
		struct slice label = slice_of(server_rows[i].label),
			     asked = { message + HEADER + 1, (unsigned char)message[HEADER] };

		if (!slice_same_nocase(label, asked) || (server_rows[i].code == 99 && (tcp || !slice_begins(asked, SLICE("cut")))))
			continue;
		message[2] = (char)0x84;
		message[3] = (char)server_rows[i].code;
		if (slice_begins(asked, SLICE("cut")) && (!tcp || asked.len > 3)) {
			message[2] |= 2;
			return end;
		}
		memcpy(message + 6, "\0\0\0\0\0\0", 6);
		message[7] = (char)server_rows[i].answers;
		memcpy(message + end, server_rows[i].rdata.at, server_rows[i].rdata.len);
		return end + server_rows[i].rdata.len;
	}
	return 0;
}

/* A socket at `port` of loopback, 0: at any. */
static int bound(int kind, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fd_close(&fd);
	return fd;
}

/* One port of both kinds: who has the one does not have the other yet. */
static bool bind_servers(int *udp, int *tcp)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);

	for (unsigned tries = 0; tries < 100; tries++) {
		*tcp = bound(SOCK_STREAM, 0);
		if (*tcp < 0 || listen(*tcp, 16) != 0 || getsockname(*tcp, (struct sockaddr *)&at, &size) != 0)
			return false;
		server_port = ntohs(at.sin_port);
		*udp = bound(SOCK_DGRAM, server_port);
		if (*udp >= 0)
			return true;
		fd_close(tcp);
	}
	return false;
}

static pid_t start_server(int fd)
{
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	/* NOLINTNEXTLINE(bugprone-infinite-loop): until it is killed */
	while (child == 0) {
		char message[2048];
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &size);

		if (got > HEADER && (got = (ssize_t)answer_to(message, (size_t)got, sizeof(message), false)) > 0)
			(void)!sendto(fd, message, (size_t)got, 0, (struct sockaddr *)&from, size);
	}
	return child;
}

static void serve_one(int fd)
{
	char message[2048];

	for (;;) {
		ssize_t got = recv(fd, message, 2, MSG_WAITALL);
		size_t length = (size_t)((unsigned char)message[0] << 8 | (unsigned char)message[1]);

		if (got != 2 || length <= HEADER || length > sizeof(message) - 2 ||
		    recv(fd, message + 2, length, MSG_WAITALL) != (ssize_t)length)
			return;
		length = answer_to(message + 2, length, sizeof(message) - 2, true);
		message[0] = (char)(length >> 8);
		message[1] = (char)length;
		if (length > 0)
			(void)!send(fd, message, length + 2, MSG_NOSIGNAL);
	}
}

/* Who is served ends with its connection. */
static pid_t start_tcp_server(int fd)
{
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	/* NOLINTNEXTLINE(bugprone-infinite-loop): until it is killed */
	while (child == 0) {
		closing int one = accept(fd, NULL, NULL);

		if (one >= 0 && fork() == 0) {
			serve_one(one);
			_exit(0);
		}
	}
	return child;
}

struct answers { struct loop *loop; size_t left; };

static enum result answer_came(void *own_answers, struct frame *frame)
{
	struct answers *answers = own_answers;
	struct unpack from = unpack_from(frame->payload);
	size_t row = (size_t)frame->exchange;
	uint8_t end = unpack_u8(&from), secure = unpack_u8(&from);
	uint32_t ttl = unpack_u32(&from), count = unpack_u32(&from);

	CHECK(row < COUNT_OF(rows) && !from.bad && frame->kind == DNS_ANSWER, "an answer to one of ours");
	if (row >= COUNT_OF(rows))
		return REFUSED;
	CHECK(end == rows[row].end && count == rows[row].count && secure == 0, rows[row].about);
	CHECK(slice_same(from.rest, rows[row].rdata), rows[row].about);
	CHECK(end != DNS_FOUND || ttl > 0, "what was found has a time to live");
	if (--answers->left == 0)
		loop_stop(answers->loop);
	return OK;
}

static void wire_gone(void *own_answers)
{
	struct answers *answers = own_answers;

	CHECK(false, "the wire stays open");
	loop_stop(answers->loop);
}

static const struct channel_handler handler = { .frame = answer_came, .closed = wire_gone };

static void ask_row(struct channel *channel, size_t row)
{
	struct buffer ask;

	buffer_init(&ask, 1024);
	CHECK(pack_u32(&ask, (uint32_t)rows[row].type) == OK && pack_slice(&ask, slice_of(rows[row].name)) == OK &&
	      channel_send(channel, DNS_ASK, row, buffer_slice(&ask), -1) == OK, "a question is sent");
	buffer_finish(&ask);
}

static void jail_us(void)
{
	struct jail jail = resolver_jail;
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];

	if (geteuid() == 0 && getpwnam(jail.user) == NULL)
		jail.user = "nobody";
	jail.file_size = 0;                       /* so that a failed check can be printed anywhere */
	CHECK(jail_plan_init(&plan, &jail, false, report) == OK && jail_enter(&plan, report) == OK,
	      "the jail is built");
	(void)fflush(stdout);
}

static enum result open_library(struct ub_ctx **library, struct loop *loop)
{
	char stub[64];
	struct slice servers[] = { LIT("recursive") }, stubs[1];
	struct resolver_settings settings = { .cache = { 1 << 20 } };
	struct buffer complaint;
	enum result result;

	(void)snprintf(stub, sizeof(stub), "example@127.0.0.1:%u", server_port);
	stubs[0] = slice_of(stub);
	settings.servers = (struct list){ servers, 1 };
	settings.stubs = (struct list){ stubs, 1 };
	buffer_init(&complaint, 1024);
	result = library_open(library, loop, &settings, &complaint);
	if (result != OK)
		printf("the library said: %.*s\n", SHOW(buffer_slice(&complaint)));
	buffer_finish(&complaint);
	return result;
}

static void ask_all(bool jailed)
{
	static struct questions questions;
	struct loop loop;
	struct ub_ctx *library = NULL;
	struct counters none = { 0 };
	struct channel channel = { 0 };
	struct answers answers = { .loop = &loop, .left = COUNT_OF(rows) };
	int ends[2] = { -1, -1 };

	CHECK(loop_init(&loop) == OK && channel_pair(ends) == OK, "a loop and a wire");
	CHECK(open_library(&library, &loop) == OK, "the library is set up");
	if (library == NULL)
		return;
	if (jailed)
		jail_us();
	questions_init(&questions, &loop, &none, library, TIMEOUT_MS);
	CHECK(questions_wire(&questions, SLICE("relay"), 0, ends[0]) == OK, "an asker comes");
	CHECK(channel_open(&channel, &loop, ends[1], RELAY_RESOLVER_LONGEST, &handler, &answers) == OK, "and asks");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ask_row(&channel, i);
	CHECK(loop_run(&loop) == OK && answers.left == 0, "all questions are answered");
	CHECK(questions.first == NULL && questions.pool.used == 0, "and none is left");
	ask_row(&channel, COUNT_OF(rows) - 8);
	channel_close(&channel);
	questions_finish(&questions);
	library_close(library);
	loop_finish(&loop);
}

static void ask_all_jailed(void)
{
	pid_t child;
	int status;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		failed = 0;
		ask_all(true);
		(void)fflush(stdout);
		_exit(failed != 0);
	}
	status = jail_wait(child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the same answers come in the resolver's jail");
	if (WIFSIGNALED(status))
		printf("ended by signal %d\n", WTERMSIG(status));
}

static void end_server(pid_t server)
{
	if (server > 0 && kill(server, SIGKILL) == 0)
		(void)jail_wait(server);
}

int main(void)
{
	closing int udp = -1, tcp = -1;
	pid_t server, tcp_server;

	CHECK(bind_servers(&udp, &tcp), "a port for the name server");
	if (failed)
		return TEST_END();
	server = start_server(udp);
	tcp_server = start_tcp_server(tcp);
	CHECK(server > 0 && tcp_server > 0, "name servers");
	ask_all(false);
	ask_all_jailed();
	end_server(server);
	end_server(tcp_server);
	return TEST_END();
}
