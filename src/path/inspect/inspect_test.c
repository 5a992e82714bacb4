/* SPDX-License-Identifier: Apache-2.0 */
/* The real process with its real jails, started as a tool would start it; the test plays supervisor and queue.
 * Each row: a message, and what must be said of it. The same workers serve all rows. */
#include "base/channel.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/process.h"
#include "base/test.h"
#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "wire/queue-inspect.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAYLOAD = 4 << 20, MESSAGE_MOST = 128 << 20 };

struct bench { int pid, control, wire; struct buffer payload; uint64_t exchange; uint32_t flags; };

static const struct row {
	const char *about;
	struct slice head, unit;
	size_t times;
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{ "a plain message is clean", LIT("Subject: a\r\n\r\nhello\r\n"), LIT(""), 0, VERDICT_CLEAN, "" },
	{ "an empty message is clean", LIT(""), LIT(""), 0, VERDICT_CLEAN, "" },
	{ "a million header fields are unscannable", LIT(""), LIT("X-Field: y\r\n"), 1000000, VERDICT_UNSCANNABLE,
	  "message: a ceiling was hit: headers" },
	{ "a header field of 100 MB is unscannable", LIT("X-Field: y\r\n"),
	  LIT(" folded folded folded folded folded folded folded folded folded\r\n"), 1600000, VERDICT_UNSCANNABLE,
	  "message: a ceiling was hit: headers" },
	{ "half a million addresses are unscannable", LIT("To: a@b.example"), LIT(",\r\n a@b.example"), 500000,
	  VERDICT_UNSCANNABLE, "message: a ceiling was hit: headers" },
	{ "100,000 parameters are unscannable", LIT("Content-Type: text/plain"), LIT(";\r\n a*0*=b"), 100000,
	  VERDICT_UNSCANNABLE, "message: a ceiling was hit: headers" },
	{ "messages within messages without end are unscannable", LIT(""), LIT("Content-Type: message/rfc822\r\n\r\n"),
	  50000, VERDICT_UNSCANNABLE, "message: a ceiling was hit: depth" },
	{ "multiparts within multiparts without end are unscannable", LIT(""),
	  LIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"), 50000, VERDICT_UNSCANNABLE,
	  "message: a ceiling was hit: depth" },
	{ "a million parts are unscannable", LIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), LIT("--b\r\n\r\n"),
	  1000000, VERDICT_UNSCANNABLE, "message: a ceiling was hit: parts" },
	{ "megabytes of boundaries are read in time", LIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"),
	  LIT("--c\r\n"), 2000000, VERDICT_CLEAN, "" },
	{ "where none of its own comes, they may be meant", LIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), LIT("--c\r\n"),
	  2000000, VERDICT_UNSCANNABLE, "message: a ceiling was hit: parts" },
	{ "and afterwards a plain message is clean again", LIT("Subject: a\r\n\r\nhello\r\n"), LIT(""), 0, VERDICT_CLEAN, "" },
};

/* Where the users of the jails were not made, root becomes somebody without rights, as in development. */
static void be_somebody(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() != 0 || (getpwnam("postern-inspect") && getpwnam("postern-work")))
		return;
	printf("as an ordinary user: the users of the jails do not exist here\n");
	CHECK(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0,
	      "root can become nobody");
}

static void start(struct bench *bench, const char *executable)
{
	const struct process_start how = { .root = geteuid() == 0, .level = LOG_LEVEL_INFO };
	struct settings settings;
	struct buffer packed;
	struct frame frame;
	int ends[2] = { -1, -1 }, wire[2] = { -1, -1 };

	settings_init(&settings);
	buffer_init(&packed, 4096);
	CHECK(channel_pair(ends) == OK && channel_pair(wire) == OK, "wires can be made");
	CHECK(process_spawn(executable, ends[1], STDERR_FILENO, &bench->pid) == OK, "the process starts");
	bench->control = ends[0];
	bench->wire = wire[0];
	CHECK(settings_pack(&settings, &packed) == OK, "settings are packed");
	CHECK(process_hand_blob(bench->control, SUPERVISOR_SETTINGS, buffer_slice(&packed)) == OK, "and handed over");
	CHECK(process_hand_gift(bench->control, GIVEN_WIRE, SLICE("queue"), 0, wire[1]) == OK, "and a wire");
	CHECK(process_hand_start(bench->control, &how) == OK, "and the start");
	CHECK(frame_receive(bench->control, &bench->payload, &frame) == OK && frame.kind == PROCESS_READY, "it is ready");
	fd_close(&wire[1]);
	fd_close(&ends[1]);
	buffer_finish(&packed);
	settings_finish(&settings);
}

static int message_of(const struct row *row)
{
	struct buffer bytes;
	struct slice all;
	int fd = memfd_create("message", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	buffer_init(&bytes, MESSAGE_MOST);
	CHECK(buffer_add(&bytes, row->head) == OK, "room");
	for (size_t i = 0; i < row->times; i++)
		if (buffer_add(&bytes, row->unit) != OK)
			break;
	all = buffer_slice(&bytes);
	CHECK(write(fd, all.at, all.len) == (ssize_t)all.len, "the message is written");
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0, "and sealed");
	buffer_finish(&bytes);
	return fd;
}

static void ask(struct bench *bench, int fd)
{
	struct envelope_recipient recipients[2] = { { .address = SLICE("a@b") }, { .address = SLICE("c@d") } };
	struct envelope envelope = { .id = SLICE("0123456789ABCDEF"), .received = 1700000000, .sender = SLICE("x@y"),
		                     .flags = bench->flags, .recipients = recipients, .recipient_count = 2 };
	struct buffer packed, payload;

	buffer_init(&packed, PAYLOAD);
	buffer_init(&payload, PAYLOAD);
	CHECK(envelope_pack(&envelope, &packed) == OK && pack_u8(&payload, 1) == OK &&
	      pack_slice(&payload, buffer_slice(&packed)) == OK, "an envelope");
	CHECK(frame_send(bench->wire, QUEUE_INSPECT, ++bench->exchange, buffer_slice(&payload), fd) == OK, "is asked about");
	buffer_finish(&packed);
	buffer_finish(&payload);
}

static void check_row(struct bench *bench, const struct row *row)
{
	struct judgement judgement = { 0 };
	struct frame frame = { 0 };
	struct arena arena;
	closing int fd = message_of(row);

	arena_init(&arena, PAYLOAD);
	ask(bench, fd);
	CHECK(frame_receive(bench->wire, &bench->payload, &frame) == OK && frame.kind == INSPECT_JUDGED, row->about);
	CHECK(frame.exchange == bench->exchange, row->about);
	CHECK(judgement_unpack(frame.payload, &arena, &judgement) == OK, row->about);
	CHECK(judgement.verdict == row->verdict && judgement.fate_count == 2, row->about);
	CHECK(slice_same(judgement.reason, slice_of(row->reason)), row->about);
	arena_finish(&arena);
}

/* How often a fact with that value stands in the findings that come with the judgement of `row`. */
static unsigned count_fact(struct bench *bench, const struct row *row, struct slice name, struct slice value)
{
	struct judgement judgement = { 0 };
	struct findings findings = { 0 };
	struct frame frame;
	struct arena arena;
	closing int fd = message_of(row);
	unsigned seen = 0;

	arena_init(&arena, PAYLOAD);
	ask(bench, fd);
	CHECK(frame_receive(bench->wire, &bench->payload, &frame) == OK, "an answer");
	CHECK(judgement_unpack(frame.payload, &arena, &judgement) == OK, "a judgement");
	CHECK(findings_unpack(judgement.findings, &arena, &findings) == OK, "with the findings");
	for (size_t i = 0; i < findings.fact_count; i++)
		seen += slice_same(findings.facts[i].name, name) && slice_same(findings.facts[i].value, value);
	arena_finish(&arena);
	return seen;
}

static void findings_are_kept(struct bench *bench)
{
	const struct row row = { .head = SLICE("Subject: the subject\r\nFrom: \"A <x@y>\" <a@B>\r\nFrom: c@d\r\n"
	                                       "DKIM-Signature: v=1; h=From : SUBJECT; b=x\r\n"
	                                       "Date: 1 Jan 1970 00:01:00 +0000\r\n\r\nx\r\n") };

	CHECK(count_fact(bench, &row, SLICE("subject"), SLICE("the subject")) == 1, "the subject is a fact");
	CHECK(count_fact(bench, &row, SLICE("signed"), SLICE("dkim")) == 1, "a signature is a fact");
	CHECK(count_fact(bench, &row, SLICE("signed.field"), SLICE("subject")) == 1 &&
	      count_fact(bench, &row, SLICE("signed"), SLICE("pgp")) == 0, "and what it covers");
	CHECK(count_fact(bench, &row, SLICE("from.address"), SLICE("a@b")) == 1, "so is the address");
	CHECK(count_fact(bench, &row, SLICE("from.address"), SLICE("x@y")) == 1, "and the one that another reader finds");
	CHECK(count_fact(bench, &row, SLICE("from.address"), SLICE("c@d")) == 1, "and the one of the second field");
	CHECK(count_fact(bench, &row, SLICE("ambiguous"), SLICE("addresses that readers take differently")) == 1, "they differ");
	CHECK(count_fact(bench, &row, SLICE("date.epoch"), SLICE("60")) == 1, "the time is a fact");
	CHECK(count_fact(bench, &row, SLICE("normalised"), SLICE("true")) == 0, "nothing was normalised");
	bench->flags = ENVELOPE_TRUSTED | ENVELOPE_NORMALISED;
	CHECK(count_fact(bench, &row, SLICE("normalised"), SLICE("true")) == 1, "line ends put right are a fact");
	bench->flags = 0;
}

/* ---- reload ---- */

static enum process_says reload(struct bench *bench, const char *text)
{
	struct settings_section unchecked = policy_settings_section;
	const struct settings_section *const schema[] = { &unchecked, NULL };
	char name[] = "/tmp/inspect-test-XXXXXX";
	struct settings settings;
	struct buffer packed, complaints;
	struct frame frame = { 0 };
	closing int fd = mkstemp(name);

	unchecked.check = NULL;                  /* what `postern check` would have found comes through */
	settings_init(&settings);
	buffer_init(&packed, PAYLOAD);
	buffer_init(&complaints, PAYLOAD);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	CHECK(settings_read_file(&settings, name, false, schema, &complaints) == OK, "is read");
	CHECK(settings_pack(&settings, &packed) == OK, "and packed");
	CHECK(process_hand_blob(bench->control, SUPERVISOR_RELOAD, buffer_slice(&packed)) == OK, "and handed over");
	CHECK(frame_receive(bench->control, &bench->payload, &frame) == OK, "and answered");
	(void)unlink(name);
	buffer_finish(&packed);
	buffer_finish(&complaints);
	settings_finish(&settings);
	return frame.kind;
}

static enum outcome fate_of(struct bench *bench, const struct row *row)
{
	struct judgement judgement = { 0 };
	enum outcome outcome = FATE_COUNT;
	struct frame frame = { 0 };
	struct arena arena;
	closing int fd = message_of(row);

	arena_init(&arena, PAYLOAD);
	ask(bench, fd);
	if (frame_receive(bench->wire, &bench->payload, &frame) == OK &&
	    judgement_unpack(frame.payload, &arena, &judgement) == OK && judgement.fate_count == 2)
		outcome = judgement.fates[0].outcome;
	arena_finish(&arena);
	return outcome;
}

static enum outcome fate_of_a_trusted_message(struct bench *bench)
{
	const struct row row = { .head = SLICE("Subject: a\r\n\r\nhello\r\n") };
	enum outcome outcome;

	bench->flags = ENVELOPE_TRUSTED;
	outcome = fate_of(bench, &row);
	bench->flags = 0;
	return outcome;
}

/* ---- long fields ---- */

enum { FILLER = 60000, FIELDS = 4 };

/* So many fields, with the word at the end of the last one. */
static struct slice long_fields(struct buffer *to, const char *before, const char *behind, size_t fields)
{
	buffer_clear(to);
	for (size_t i = 0; i < fields; i++) {
		CHECK(buffer_add(to, slice_of(before)) == OK, "room");
		for (size_t k = 0; k < FILLER / 10; k++)
			CHECK(buffer_add(to, SLICE("0123456789")) == OK, "room");
		CHECK(buffer_format(to, "%s%s\r\n", i + 1 == fields ? "@needle.example" : "", behind) == OK, "room");
	}
	CHECK(buffer_add(to, SLICE("\r\nx\r\n")) == OK, "room");
	return buffer_slice(to);
}

#define LONG_NAME "X-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-" \
	          "0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789"

/* What a rule looks for may stand behind any filler: facts are whole. */
static void whole_values(struct bench *bench)
{
	static const struct { const char *about, *when, *before, *behind; size_t fields; } long_ones[] = {
		{ "a subject is judged to its end", "subject ~ '*needle*'", "Subject: ", "", 1 },
		{ "and by an expression", "subject ~ /needle[.]example$/", "Subject: ", "", 1 },
		{ "the second of two subjects too", "subject ~ '*needle*'", "Subject: ", "", 2 },
		{ "so is From", "from ~ '*needle*'", "From: <", ">", 1 },
		{ "and its address", "from.address ~ '*@needle.example'", "From: <", ">", 1 },
		{ "and a field that a rule asks for", "header('X-Odd') ~ '*needle*'", "X-Odd: ", "", 1 },
		{ "and one with a long name", "header('" LONG_NAME "') ~ '*needle*'", LONG_NAME ": ", "", 1 },
		{ "a name of a part is judged to its end", "attachment.name ~ '*needle*'", "Content-Type: application/x; name=\"", "\"", 1 },
	};
	struct buffer bytes;
	char text[1024];

	buffer_init(&bytes, MESSAGE_MOST);
	for (size_t i = 0; i < COUNT_OF(long_ones); i++) {
		const struct row row = { .head = long_fields(&bytes, long_ones[i].before, long_ones[i].behind, long_ones[i].fields) };

		(void)snprintf(text, sizeof(text), "policy \"p\" { when = \"%s\" do = {\"discard\"} }\n", long_ones[i].when);
		CHECK(reload(bench, text) == PROCESS_RELOADED, long_ones[i].about);
		CHECK(fate_of(bench, &row) == FATE_DISCARD, long_ones[i].about);
	}
	buffer_finish(&bytes);
}

/* More than is told of all fields together: cut, which is a fact, and unscannable, which the standard policy keeps away. */
static void cut_values(struct bench *bench)
{
	struct buffer bytes;
	struct row row;

	buffer_init(&bytes, MESSAGE_MOST);
	row = (struct row){ .head = long_fields(&bytes, "Subject: ", "", FIELDS) };
	CHECK(reload(bench, "policy \"p\" { when = \"header('Subject') = 'x'\" do = {\"discard\"} }\n") == PROCESS_RELOADED, "a rule");
	CHECK(count_fact(bench, &row, SLICE("cut"), SLICE("header:Subject")) == 1, "what was cut is a fact");
	CHECK(count_fact(bench, &row, SLICE("unscannable"), SLICE("a ceiling was hit: header texts")) == 1, "and so is that it was");
	CHECK(reload(bench, "policy \"p\" { when = \"cut and header('Subject') != 'x'\" do = {\"hold\"} }\n") == PROCESS_RELOADED, "a rule");
	CHECK(fate_of(bench, &row) == FATE_HOLD, "by which a rule may go");
	CHECK(reload(bench, "") == PROCESS_RELOADED, "no rule");
	CHECK(fate_of(bench, &row) == FATE_DELIVER, "nobody asks for it twice, and all of it is told");
	buffer_finish(&bytes);
}

/* The same address so often that the one behind is not read. */
static void filled_from(struct bench *bench)
{
	struct buffer bytes;
	struct row row;

	buffer_init(&bytes, MESSAGE_MOST);
	CHECK(buffer_add(&bytes, SLICE("From: a@b")) == OK, "room");
	for (size_t i = 0; i < 2000; i++)
		CHECK(buffer_add(&bytes, SLICE(",\r\n a@b")) == OK, "room");
	CHECK(buffer_add(&bytes, SLICE(", boss@ours.example\r\n\r\nx\r\n")) == OK, "room");
	row = (struct row){ .head = buffer_slice(&bytes) };
	CHECK(count_fact(bench, &row, SLICE("from.address"), SLICE("a@b")) == 1, "an address is told once");
	CHECK(count_fact(bench, &row, SLICE("cut"), SLICE("from.address")) == 1, "and that there are more than were read");
	CHECK(count_fact(bench, &row, SLICE("unscannable"), SLICE("a ceiling was hit: header texts")) == 1, "which nobody may judge");
	buffer_finish(&bytes);
}

static void new_settings(struct bench *bench)
{
	struct frame frame = { 0 };

	CHECK(fate_of_a_trusted_message(bench) == FATE_DELIVER, "the standard policy delivers");
	CHECK(reload(bench, "policy \"p\" { when = \"trusted\" do = {\"hold\"} }\n") == PROCESS_RELOADED, "a new policy");
	CHECK(fate_of_a_trusted_message(bench) == FATE_HOLD, "is that of every worker at once");
	CHECK(reload(bench, "policy \"p\" { when = \"rubbish (\" do = {\"discard\"} }\n") == PROCESS_WARN,
	      "a policy that is none is refused");
	CHECK(fate_of_a_trusted_message(bench) == FATE_HOLD, "and the old one stands");
	CHECK(reload(bench, "") == PROCESS_WARN, "a good one ends the warning");
	CHECK(frame_receive(bench->control, &bench->payload, &frame) == OK && frame.kind == PROCESS_RELOADED, "and is taken");
	CHECK(fate_of_a_trusted_message(bench) == FATE_DELIVER, "the standard policy is back");
}

static void compose(struct bench *bench)
{
	const struct row row = { .head = SLICE("Subject: hello\r\n\r\nx\r\n") };
	struct notice_recipient recipient = { SLICE("bob@example.net"), SLICE(""), SLICE("smtp://mx:25"), SLICE("550 no"),
	                                      false, false };
	struct notice notice = { .kind = NOTICE_FAILURE, .hostname = SLICE("mx1"), .id = SLICE("0123456789ABCDEF"),
		                 .sender = SLICE("a@b"), .length = 21, .recipients = &recipient, .recipient_count = 1,
		                 .new_id = SLICE("FEDCBA9876543210") };
	struct buffer packed;
	struct frame frame = { .fd = -1 };
	char text[200] = "";
	closing int fd = message_of(&row);

	buffer_init(&packed, PAYLOAD);
	CHECK(notice_pack(&notice, &packed) == OK, "a request for a notice");
	CHECK(frame_send(bench->wire, QUEUE_COMPOSE, ++bench->exchange, buffer_slice(&packed), fd) == OK, "is asked for");
	CHECK(frame_receive(bench->wire, &bench->payload, &frame) == OK && frame.kind == INSPECT_COMPOSED, "and composed");
	CHECK(frame.fd >= 0 && (fcntl(frame.fd, F_GET_SEALS) & F_SEAL_WRITE), "into a sealed memfd");
	CHECK(pread(frame.fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, "From: Mail Delivery System <postmaster@mx1>"),
	      "from the mail delivery system");
	fd_close(&frame.fd);
	buffer_clear(&packed);
	CHECK(frame_send(bench->wire, QUEUE_COMPOSE, ++bench->exchange, SLICE("rubbish"), fd) == OK, "rubbish is asked for");
	CHECK(frame_receive(bench->wire, &bench->payload, &frame) == OK && frame.kind == INSPECT_FAILED, "and fails");
	buffer_finish(&packed);
}

static void many_at_once(struct bench *bench)
{
	const struct row row = { .head = SLICE("Subject: a\r\n\r\nhello\r\n") };
	struct frame frame;
	closing int fd = message_of(&row);
	unsigned judged = 0;

	for (int i = 0; i < 50; i++)
		ask(bench, fd);
	for (int i = 0; i < 50; i++)
		judged += frame_receive(bench->wire, &bench->payload, &frame) == OK && frame.kind == INSPECT_JUDGED;
	CHECK(judged == 50, "fifty at once are all judged");
}

int main(int count, char **arguments)
{
	struct bench bench = { 0 };
	int status = 0;

	if (count != 2)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	buffer_init(&bench.payload, PAYLOAD);
	be_somebody();
	start(&bench, arguments[1]);
	for (size_t i = 0; i < COUNT_OF(rows) && failed == 0; i++)
		check_row(&bench, &rows[i]);
	if (failed == 0) {
		findings_are_kept(&bench);
		compose(&bench);
		many_at_once(&bench);
		new_settings(&bench);
		whole_values(&bench);
		cut_values(&bench);
		filled_from(&bench);
	}
	fd_close(&bench.wire);
	fd_close(&bench.control);
	(void)waitpid(bench.pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it leaves in order when the supervisor is gone");
	buffer_finish(&bench.payload);
	return TEST_END();
}
