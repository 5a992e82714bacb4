/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor, the queue and the resolver, as far as a relay sees of them. */
#include "relay/relay_scene.h"
#include "relay/relay.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/process.h"
#include "wire/gateway.h"
#include "wire/queue-relay.h"
#include "wire/relay-resolver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PATIENCE_MS = 15000 };

struct scene scene;


/* --- the supervisor's part -------------------------------------------------------------------- */

/* `more` stands at the end. */
void write_conf(const char *more)
{
	FILE *conf = fopen(scene.conf, "w");

	(void)fprintf(conf, "hostname = \"us.test\"\n"
	              "relay { idle = \"1s\" waiting = 3 ipv6 = no greeting_timeout = \"3s\"\n"
	              "  connect_timeout = 3s command_timeout = 3s data_timeout = 3s final_timeout = 3s }\n"
	              "domain \"box.test\"   { deliver = {\"maildir:%s/mail\"} }\n"
	              "domain \"smtp.test\"  { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"lmtp.test\"  { deliver = {\"lmtp://localhost:%u\"} }\n"
	              "domain \"plain.test\" { deliver = {\"smtp://named.test:%u\"} }\n"
	              "domain \"two.test\"   { deliver = {\"smtp://127.0.0.1:1\", \"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"sock.test\"  { deliver = {\"lmtp://%s/lmtp\"} }\n"
	              "domain \"mute.test\"  { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"line.test\"  { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"hush.test\"  { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"deaf.test\"  { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"mum.test\"   { deliver = {\"smtp://127.0.0.1:%u\"} }\n"
	              "domain \"down.test\"  { deliver = {\"smtp://127.0.0.1:1\"} }\n%s",
	              scene.folder, scene.smtp.port, scene.lmtp.port, scene.plain.port, scene.smtp.port,
	              scene.folder, scene.mute.port, scene.line.port, scene.hush.port, scene.deaf.port, scene.mum.port, more);
	(void)fclose(conf);
}

enum result hand_settings(enum supervisor_says kind)
{
	static const struct settings_section *const schema[] = { &gateway_settings_section, &listen_settings_section,
		&domain_settings_section, &relay_settings_section, NULL };
	struct settings settings;
	struct buffer packed, complaints;
	enum result result;

	settings_init(&settings);
	buffer_init(&packed, 1 << 20);
	buffer_init(&complaints, 65536);
	result = settings_read_file(&settings, scene.conf, false, schema, &complaints);
	if (result != OK)
		printf("%.*s\n", SHOW(buffer_slice(&complaints)));
	if (result == OK)
		result = settings_pack(&settings, &packed);
	if (result == OK)
		result = process_hand_blob(scene.control, kind, buffer_slice(&packed));
	buffer_finish(&packed);
	buffer_finish(&complaints);
	settings_finish(&settings);
	return result;
}

/* The test's end of a new wire. */
int new_wire(const char *name)
{
	struct timeval limit = { .tv_sec = PATIENCE_MS / 1000 };
	int ends[2];

	if (channel_pair(ends) != OK || process_hand_gift(scene.control, GIVEN_WIRE, slice_of(name), 0, ends[1]) != OK)
		return -1;
	(void)close(ends[1]);
	(void)fcntl(ends[0], F_SETFL, 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return ends[0];
}

static enum result start_relay(void)
{
	static const struct process_start start = { .level = LOG_LEVEL_DEBUG };
	struct timeval limit = { .tv_sec = PATIENCE_MS / 1000 };
	int ends[2];

	TRY(channel_pair(ends));
	scene.control = ends[0];
	(void)fcntl(ends[0], F_SETFL, 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	TRY(process_spawn("/proc/self/exe", ends[1], STDERR_FILENO, &scene.pid));
	(void)close(ends[1]);
	TRY(hand_settings(SUPERVISOR_SETTINGS));
	scene.queue = new_wire("queue");
	scene.resolver = new_wire("resolver");
	return process_hand_start(scene.control, &start);
}

/* --- the queue's part -------------------------------------------------------------------------- */


static void keep_text(char *to, size_t size, struct slice text)
{
	(void)snprintf(to, size, "%.*s", SHOW(text));
}

struct heard hear(void)
{
	struct frame frame = { .fd = -1 };
	struct heard heard = { 0 };
	struct unpack from;

	if (frame_receive(scene.queue, &scene.payload, &frame) != OK)
		return heard;
	from = unpack_from(frame.payload);
	heard.kind = frame.kind;
	heard.exchange = frame.exchange;
	keep_text(heard.id, sizeof(heard.id), unpack_slice(&from, 64));
	heard.serial = unpack_u32(&from);
	if (frame.kind != RELAY_RESULT)
		return heard;
	heard.place = unpack_u32(&from);
	heard.outcome = (enum relay_outcome)unpack_u8(&from);
	keep_text(heard.route, sizeof(heard.route), unpack_slice(&from, 300));
	keep_text(heard.reply, sizeof(heard.reply), unpack_slice(&from, RELAY_REPLY));
	return heard;
}

enum result note(const struct heard *heard)
{
	return frame_send(scene.queue, QUEUE_NOTED, heard->exchange, SLICE(""), -1);
}

static enum result pack_people(struct buffer *to, const char *const *people)
{
	uint32_t count = 0;

	while (people[count])
		count++;
	TRY(pack_u32(to, count));
	for (uint32_t i = 0; i < count; i++) {
		TRY(pack_u32(to, i));
		TRY(pack_slice(to, slice_of(people[i])));
		TRY(pack_u8(to, 0));
		TRY(pack_slice(to, SLICE("")));
	}
	return OK;
}

static enum result pack_deliver(struct buffer *to, const char *id, struct slice content, uint8_t flags,
                                const char *const *people)
{
	TRY(pack_slice(to, slice_of(id)));
	TRY(pack_u32(to, 1));
	TRY(pack_u64(to, 3));
	TRY(pack_u64(to, content.len));
	TRY(pack_slice(to, SLICE("sender@from.test")));
	TRY(pack_slice(to, SLICE("Received: by us.test\r\n")));
	TRY(pack_u8(to, flags));
	TRY(pack_slice(to, SLICE("env+1")));
	TRY(pack_slice(to, SLICE("192.0.2.7")));
	TRY(pack_slice(to, SLICE("client.test")));
	TRY(pack_slice(to, SLICE("helo.test")));
	TRY(pack_slice(to, SLICE("ESMTP")));
	TRY(pack_slice(to, SLICE("")));
	TRY(pack_people(to, people));
	return pack_slice(to, scene.target);
}

enum result deliver(const char *id, struct slice content, uint8_t flags, const char *const *people)
{
	closing int fd = memfd_create("message", MFD_CLOEXEC);
	struct buffer payload;
	enum result result;

	if (fd < 0 || pwrite(fd, "xyz", 3, 0) != 3 || pwrite(fd, content.at, content.len, 3) != (ssize_t)content.len)
		return LATER;
	buffer_init(&payload, 1 << 20);
	result = pack_deliver(&payload, id, content, flags, people);
	if (result == OK)
		result = frame_send(scene.queue, QUEUE_DELIVER, ++scene.deliveries, buffer_slice(&payload), fd);
	buffer_finish(&payload);
	return result;
}

/* --- the resolver's part --------------------------------------------------------------------------- */

static const struct zone_row {
	const char *name;
	enum dns_type type;
	enum dns_end end;
	uint32_t preference;
	struct slice rdata;
	bool secure;
} zone[] = {
	{ "named.test",     DNS_A,  DNS_FOUND,   0, LIT("\x7f\0\0\x01"), false },
	{ "nowhere.test",   DNS_MX, DNS_NO_NAME, 0, LIT(""), false },
	{ "null.test",      DNS_MX, DNS_FOUND,   0, LIT(""), false },
	{ "us-mx.test",     DNS_MX, DNS_FOUND,   5, LIT("us.test"), false },
	{ "odd.test",       DNS_MX, DNS_FOUND,   5, LIT("mx.test\r\nBcc: x"), false },
	{ "loop.test",      DNS_MX, DNS_FOUND,   5, LIT("named.test"), false },
	{ "signed.test",    DNS_MX, DNS_FOUND,   5, LIT("mx.signed.test"), true },
	{ "mx.signed.test", DNS_A,  DNS_FOUND,   0, LIT("\xc0\0\2\1"), true },
};

static const struct zone_row *look_up(struct slice name, uint32_t type)
{
	for (size_t i = 0; i < COUNT_OF(zone); i++)
		if (slice_same(slice_of(zone[i].name), name) && zone[i].type == type)
			return &zone[i];
	return NULL;
}

static enum result pack_rdata(struct buffer *to, const struct zone_row *row)
{
	if (row->type != DNS_MX)
		return pack_slice(to, row->rdata);
	TRY(pack_u32(to, 4 + 4 + (uint32_t)row->rdata.len));
	TRY(pack_u32(to, row->preference));
	return pack_slice(to, row->rdata);
}

static enum result pack_answer(struct buffer *to, const struct zone_row *row)
{
	bool found = row && row->end == DNS_FOUND;

	TRY(pack_u8(to, (uint8_t)(row ? row->end : DNS_FAILED)));
	TRY(pack_u8(to, row && row->secure));
	TRY(pack_u32(to, 60));
	TRY(pack_u32(to, found));
	return found ? pack_rdata(to, row) : OK;
}

void *play_resolver(void *wire)
{
	int fd = *(int *)wire;
	struct buffer payload, answer;
	struct frame frame = { .fd = -1 };

	buffer_init(&payload, RELAY_RESOLVER_LONGEST);
	buffer_init(&answer, RELAY_RESOLVER_LONGEST);
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, -1) < 0 || frame_receive(fd, &payload, &frame) != OK)
			break;
		struct unpack from = unpack_from(frame.payload);
		uint32_t type = unpack_u32(&from);

		buffer_clear(&answer);
		if (frame.kind == DNS_ASK && (pack_answer(&answer, look_up(unpack_slice(&from, DNS_NAME), type)) != OK ||
		                              frame_send(fd, DNS_ANSWER, frame.exchange, buffer_slice(&answer), -1) != OK))
			break;
	}
	buffer_finish(&payload);
	buffer_finish(&answer);
	return NULL;
}

int remove_it(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		char inside[512];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inside, sizeof(inside), "%.200s/%.255s", path, entry->d_name);
		(void)remove_it(inside);
	}
	if (folder)
		(void)closedir(folder);
	return remove(path);
}

/* A port whose line is full: the kernel answers nobody any more. */
static bool fill_line(struct fake_server *server)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (!fake_listen(server) || listen(server->listener, 0) != 0)
		return false;
	to.sin_port = htons((uint16_t)server->port);
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
			return false;
	}
	return true;
}

static bool start_silent_ones(void)
{
	int small = 4096;

	scene.hush.plain = scene.deaf.plain = scene.mum.plain = true;
	return fill_line(&scene.line) && fake_start(&scene.hush) && fake_start(&scene.mum) && fake_listen(&scene.deaf) &&
	       setsockopt(scene.deaf.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0 &&
	       fake_run(&scene.deaf);
}

bool set_up(void)
{
	(void)snprintf(scene.folder, sizeof(scene.folder), "/tmp/relay-test-XXXXXX");
	scene.lmtp.lmtp = scene.sock.lmtp = true;
	scene.plain.plain = true;
	buffer_init(&scene.payload, QUEUE_RELAY_LONGEST);
	if (!mkdtemp(scene.folder) || !fake_start(&scene.smtp) || !fake_start(&scene.lmtp) || !fake_start(&scene.plain) ||
	    !fake_listen(&scene.mute) || !start_silent_ones())
		return false;
	(void)snprintf(scene.conf, sizeof(scene.conf), "%s/lmtp", scene.folder);
	if (!fake_start_at(&scene.sock, scene.conf))
		return false;
	(void)snprintf(scene.conf, sizeof(scene.conf), "%s/postern.conf", scene.folder);
	write_conf("");
	return start_relay() == OK;
}
