/* SPDX-License-Identifier: Apache-2.0 */
/* Options are rows; a message that lacks From, Date or Message-ID gets them, since a gateway must not. */
#include "cli/sendmail.h"

#include "base/clock.h"
#include "cli/ask.h"
#include "cli/letter.h"
#include "cli/submit.h"
#include "wire/control.h"

#include <errno.h>
#include <pwd.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

enum { LETTER_LIMIT = 256 << 20, READ_PIECE = 65536, HEAD_LIMIT = 16 << 20, ARENA_LIMIT = 16 << 20 };

struct letter_job {
	struct places *places;
	struct arena arena;
	struct buffer text, head;
	struct slice host, sender, name;
	struct recipients recipients;
	bool from_head, dots_are_text, sender_said;
	char mode;                           /* m: a message; s: SMTP; p: the queue */
};

static enum result say_mode(struct letter_job *job, const char *value)
{
	if (strlen(value) != 1 || !strchr("msp", *value))
		return REFUSED;
	job->mode = *value;
	return OK;
}

static enum result say_sender(struct letter_job *job, const char *value)
{
	struct recipients *one = &job->recipients;
	enum result result = letter_addresses(slice_of(value), &job->arena, one);

	if (result != OK || one->count > 1)
		return REFUSED;
	job->sender = one->count == 1 ? one->list[0] : SLICE("");
	job->sender_said = true;
	one->count = 0;
	return OK;
}

static enum result say_name(struct letter_job *job, const char *value)
{
	job->name = slice_of(value);
	for (size_t i = 0; i < job->name.len; i++)
		if ((unsigned char)job->name.at[i] < ' ' || job->name.at[i] == 0x7f)
			return REFUSED;
	return OK;
}

static enum result say_head(struct letter_job *job, const char *value)
{
	(void)value;
	job->from_head = true;
	return OK;
}

static enum result say_dots(struct letter_job *job, const char *value)
{
	(void)value;
	job->dots_are_text = true;
	return OK;
}

static enum result say_other(struct letter_job *job, const char *value)     /* -oi is -i; the rest means nothing here */
{
	job->dots_are_text |= strcmp(value, "i") == 0;
	return OK;
}

static enum result say_nothing(struct letter_job *job, const char *value)
{
	(void)job, (void)value;
	return OK;
}

static const struct option {
	char letter;
	bool valued;
	enum result (*say)(struct letter_job *, const char *value);
} options[] = {
	{ 't', false, say_head },    { 'i', false, say_dots },    { 'f', true, say_sender }, { 'r', true, say_sender },
	{ 'F', true, say_name },     { 'b', true, say_mode },     { 'o', true, say_other },  { 'B', true, say_nothing },
	{ 'h', true, say_nothing },  { 'L', true, say_nothing },  { 'N', true, say_nothing }, { 'O', true, say_nothing },
	{ 'R', true, say_nothing },  { 'V', true, say_nothing },  { 'X', true, say_nothing }, { 'm', false, say_nothing },
	{ 'n', false, say_nothing }, { 'U', false, say_nothing }, { 'v', false, say_nothing }, { 'G', false, say_nothing },
};

static const struct option *find_option(char letter)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* One word with its dash; flags may stand together. `next`: the word behind it, or NULL. */
static enum result read_word(struct letter_job *job, const char *word, const char *next, bool *ret_took_next)
{
	for (const char *at = word + 1; *at; at++) {
		const struct option *option = find_option(*at);
		const char *value = at[1] ? at + 1 : next;

		if (!option || (option->valued && !value) || option->say(job, option->valued ? value : "") != OK) {
			complain("sendmail: what is \"%s\"? -t -i -f ADDRESS -F NAME -bm -bs -bp are known", word);
			return REFUSED;
		}
		if (option->valued) {
			*ret_took_next = !at[1];
			return OK;
		}
	}
	return OK;
}

static int read_words(struct letter_job *job, int count, char **words)
{
	bool only_addresses = false;

	for (int i = 1; i < count; i++) {
		bool took_next = false;

		if (only_addresses || words[i][0] != '-' || !words[i][1]) {
			if (letter_addresses(slice_of(words[i]), &job->arena, &job->recipients) == OK)
				continue;
			complain("sendmail: \"%s\" is not an address", words[i]);
			return EX_USAGE;
		}
		only_addresses = strcmp(words[i], "--") == 0;
		if (!only_addresses && read_word(job, words[i], i + 1 < count ? words[i + 1] : NULL, &took_next) != OK)
			return EX_USAGE;
		i += took_next;
	}
	return EX_OK;
}

/* Without -i a line of one dot ends the message, whatever follows. */
static size_t end_of_text(struct slice text)
{
	struct slice rest = text;

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (slice_same(line, SLICE(".")) || slice_same(line, SLICE(".\r")))
			return (size_t)(line.at - text.at);
	}
	return text.len;
}

static int read_text(struct letter_job *job)
{
	ssize_t got;

	do {
		char *room;

		if (buffer_reserve(&job->text, READ_PIECE, &room) != OK) {
			complain("sendmail: the message is longer than %d bytes", LETTER_LIMIT);
			return EX_DATAERR;
		}
		got = read(STDIN_FILENO, room, READ_PIECE);
		if (got > 0)
			buffer_grew(&job->text, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		complain("sendmail: standard input: %s", strerrordesc_np(errno));
		return EX_IOERR;
	}
	if (!job->dots_are_text)
		buffer_cut(&job->text, end_of_text(buffer_slice(&job->text)));
	return EX_OK;
}

/* "root" becomes "root@our.host". */
static enum result qualify(struct letter_job *job, struct slice *address)
{
	struct buffer whole;
	enum result result;

	if (address->len == 0 || slice_has(*address, '@'))
		return OK;
	buffer_init(&whole, LETTER_ADDRESS);
	result = buffer_format(&whole, "%.*s@%.*s", SHOW(*address), SHOW(job->host));
	if (result == OK)
		result = arena_keep(&job->arena, buffer_slice(&whole), address);
	buffer_finish(&whole);
	return result;
}

static enum result qualify_all(struct letter_job *job)
{
	TRY(qualify(job, &job->sender));
	for (size_t i = 0; i < job->recipients.count; i++)
		TRY(qualify(job, &job->recipients.list[i]));
	return OK;
}

static enum result add_from(struct letter_job *job)
{
	if (job->name.len == 0)
		return buffer_format(&job->head, "From: <%.*s>\r\n", SHOW(job->sender));
	TRY(buffer_add(&job->head, SLICE("From: \"")));
	for (size_t i = 0; i < job->name.len; i++) {
		if (slice_has(SLICE("\"\\"), job->name.at[i]))
			TRY(buffer_add_byte(&job->head, '\\'));
		TRY(buffer_add_byte(&job->head, job->name.at[i]));
	}
	return buffer_format(&job->head, "\" <%.*s>\r\n", SHOW(job->sender));
}

static enum result add_missing(struct letter_job *job, const struct letter *letter)
{
	char date[CLOCK_MAIL_SIZE];
	uint64_t chance = 0;

	if (!letter->has_from)
		TRY(add_from(job));
	clock_mail_text(clock_wall(), clock_offset(clock_wall()), date);
	if (!letter->has_date)
		TRY(buffer_format(&job->head, "Date: %s\r\n", date));
	if (letter->has_id)
		return OK;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return LATER;
	return buffer_format(&job->head, "Message-ID: <%llx.%016llx@%.*s>\r\n", (unsigned long long)clock_wall_ms(),
	                     (unsigned long long)chance, SHOW(job->host));
}

static int complete(struct letter_job *job, const struct letter *letter)
{
	enum result result = job->from_head ? letter_recipients(letter, &job->arena, &job->recipients) : OK;

	if (result != OK) {
		complain("sendmail: an address in the head cannot be read");
		return EX_DATAERR;
	}
	if (job->recipients.count == 0) {
		complain("sendmail: no recipient%s", job->from_head ? " in the head" : "; -t takes them from the head");
		return EX_USAGE;
	}
	if (qualify_all(job) != OK || add_missing(job, letter) != OK
	    || (job->from_head ? letter_head(letter, &job->head) : buffer_add(&job->head, letter->head)) != OK) {
		complain("sendmail: the head is too long");
		return EX_DATAERR;
	}
	return EX_OK;
}

static struct slice separator(const struct letter *letter)
{
	bool there = slice_begins(letter->body, SLICE("\n")) || slice_begins(letter->body, SLICE("\r\n"));

	return there ? SLICE("") : SLICE("\r\n");
}

static int send_letter(struct letter_job *job)
{
	int status = read_text(job);
	struct letter letter;

	if (status != EX_OK)
		return status;
	letter = letter_look(buffer_slice(&job->text));
	status = complete(job, &letter);
	if (status != EX_OK)
		return status;
	if (letter.head.len > 0 && letter.head.at[letter.head.len - 1] != '\n'
	    && buffer_add(&job->head, SLICE("\r\n")) != OK)
		return EX_DATAERR;
	return submit(&(struct submission){ .run = job->places->gateway.run.is, .host = job->host, .sender = job->sender,
	                                    .recipients = &job->recipients, .head = buffer_slice(&job->head),
	                                    .empty_line = separator(&letter), .body = letter.body });
}

static int show_queue(struct letter_job *job)
{
	const char *const words[] = { "queue", "list", NULL };

	return ask(job->places->gateway.run.is, CONTROL_QUEUE, 2, words);
}

static int obey(struct letter_job *job)
{
	switch (job->mode) {
	case 's':
		return submit_session(job->places->gateway.run.is);
	case 'p':
		return show_queue(job);
	}
	return send_letter(job);
}

static enum result know_ourselves(struct letter_job *job)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "localhost";

	(void)gethostname(host, sizeof(host) - 1);
	job->host = job->places->gateway.hostname.is;
	if (job->host.len == 0)
		TRY(arena_keep(&job->arena, slice_of(host), &job->host));
	return arena_keep(&job->arena, slice_of(user ? user->pw_name : "nobody"), &job->sender);
}

int sendmail_main(struct places *places, int count, char **words)
{
	static struct letter_job job;
	int status = EX_TEMPFAIL;

	job = (struct letter_job){ .places = places, .mode = 'm' };
	arena_init(&job.arena, ARENA_LIMIT);
	buffer_init(&job.text, LETTER_LIMIT);
	buffer_init(&job.head, HEAD_LIMIT);
	if (places_settings(places) != OK)
		status = EX_CONFIG;
	else if (know_ourselves(&job) == OK)
		status = read_words(&job, count, words);
	if (status == EX_OK)
		status = obey(&job);
	buffer_finish(&job.head);
	buffer_finish(&job.text);
	arena_finish(&job.arena);
	return status;
}
