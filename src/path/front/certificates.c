/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts are made anew, whole, whenever the chains or the keys have changed. */
#include "front/certificates.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>

/* None is registered for mail; these are the names that mail servers use. */
static const char *const protocols[] = { "smtp", "esmtp", "lmtp", NULL };

enum { READ_STEP = 4096, WARNING = 1024 };

static void say(struct certificates *certificates, enum log_level level, const char *event, const char *title,
                const char *reason)
{
	struct log_line line;

	log_begin(&line, &certificates->process->log, level, SLICE(""), event);
	if (title)
		log_text(&line, "certificate", slice_of(title));
	log_text(&line, "reason", slice_of(reason));
	log_end(&line);
}

/* ---- chains ---- */

static enum result read_whole(int fd, struct buffer *to)
{
	for (;;) {
		char *room;
		ssize_t got;

		TRY(buffer_reserve(to, READ_STEP, &room));
		got = read(fd, room, READ_STEP);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? OK : REFUSED;
		buffer_grew(to, (size_t)got);
	}
}

/* Tried at once, alone: that says whether it is one, and what its key is called. */
static enum result name_key(struct certificates *certificates, struct certificate *certificate, char why[TLS_WHY])
{
	struct tls_server *alone;
	enum result result;

	TRY(tls_server_create(certificates->library, &alone));
	result = tls_server_add(alone, slice_of(certificate->title), buffer_slice(&certificate->chain), certificate->key, why);
	tls_server_destroy(alone);
	return result;
}

void certificates_take(struct certificates *certificates, struct slice title, int fd)
{
	struct certificate_set *set = &certificates->coming;
	struct certificate *certificate = &set->list[set->count];
	char why[TLS_WHY] = "it cannot be read";
	closing int file = fd;

	if (set->count == CERTIFICATES_MOST || title.len >= sizeof(certificate->title))
		return;
	*certificate = (struct certificate){ 0 };
	memcpy(certificate->title, title.at, title.len);
	buffer_init(&certificate->chain, TLS_CHAIN_MOST + READ_STEP);
	set->count++;
	certificate->good = read_whole(file, &certificate->chain) == OK && name_key(certificates, certificate, why) == OK;
	if (!certificate->good)
		say(certificates, LOG_LEVEL_ERROR, "certificate-refused", certificate->title, why);
}

static void empty(struct certificate_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		buffer_finish(&set->list[i].chain);
	set->count = 0;
}

/* ---- contexts ---- */

static bool is_held(const struct certificates *certificates, const struct certificate *certificate)
{
	for (size_t i = 0; i < certificates->held_count; i++)
		if (memcmp(certificates->held[i], certificate->key, TLS_KEY_ID) == 0)
			return true;
	return false;
}

static bool all_held(const struct certificates *certificates)
{
	for (size_t i = 0; i < certificates->now.count; i++)
		if (certificates->now.list[i].good && !is_held(certificates, &certificates->now.list[i]))
			return false;
	return true;
}

static size_t add_all(struct certificates *certificates, struct tls_server *server, struct buffer *missing)
{
	uint8_t key[TLS_KEY_ID];
	char why[TLS_WHY];
	size_t added = 0;

	for (size_t i = 0; i < certificates->now.count; i++) {
		struct certificate *certificate = &certificates->now.list[i];

		if (certificate->good && is_held(certificates, certificate) &&
		    tls_server_add(server, slice_of(certificate->title), buffer_slice(&certificate->chain), key, why) == OK)
			added++;
		else
			(void)!buffer_format(missing, " %s", certificate->title);
	}
	return added;
}

static void tell(struct certificates *certificates, size_t added, const struct buffer *missing)
{
	char text[WARNING] = "";

	if (certificates->now.count == 0)
		say(certificates, LOG_LEVEL_NOTICE, "no-tls", NULL, "there is no certificate: STARTTLS is not offered");
	else if (added)
		log_say(&certificates->process->log, LOG_LEVEL_INFO, SLICE(""), "tls-ready", "first",
		        slice_of(certificates->now.list[0].title));
	if (buffer_length(missing))
		(void)snprintf(text, sizeof(text), "of no use, the file or its key:%.*s", SHOW(buffer_slice(missing)));
	if (text[0] || certificates->warned)
		process_warn(certificates->process, "certificates", slice_of(text));
	certificates->warned = text[0];
}

static void make(struct certificates *certificates)
{
	struct tls_server *server = NULL;
	struct buffer missing;
	size_t added = 0;

	timer_stop(&certificates->patience);
	certificates->waiting = false;
	buffer_init(&missing, WARNING / 2);
	if (tls_server_create(certificates->library, &server) == OK) {
		tls_server_speaks(server, protocols);
		added = add_all(certificates, server, &missing);
	}
	tls_server_destroy(certificates->server);
	certificates->server = server;
	certificates->ready = added > 0;
	tell(certificates, added, &missing);
	buffer_finish(&missing);
}

static void out_of_patience(void *own)
{
	make(own);
}

static void make_when_held(struct certificates *certificates)
{
	if (all_held(certificates))
		make(certificates);
	else if (timer_start(&certificates->patience, CERTIFICATES_PATIENCE) == OK)
		certificates->waiting = true;
	else
		make(certificates);
}

void certificates_turn(struct certificates *certificates)
{
	empty(&certificates->now);
	certificates->now = certificates->coming;
	certificates->coming.count = 0;
	make_when_held(certificates);
}

void certificates_held(struct certificates *certificates, const uint8_t (*names)[TLS_KEY_ID], size_t count)
{
	certificates->held_count = count;
	if (count)
		memcpy(certificates->held, names, count * TLS_KEY_ID);
	if (count == 0)
		certificates->ready = false;      /* the contexts stand: whoever signs will be back */
	else if (!certificates->waiting || all_held(certificates))
		make(certificates);
}

enum result certificates_init(struct certificates *certificates, struct process *process)
{
	certificates->process = process;
	timer_init(&certificates->patience, &process->loop, out_of_patience, certificates);
	return tls_library_open(&certificates->library);
}
