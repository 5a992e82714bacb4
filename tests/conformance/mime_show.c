/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime_show.c — what mail/message makes of files, one JSON object a message: the conformance runs read it.
 *
 *   mime_show [-b] [-c] [-f] [-m] PATH…     `-` instead of paths: a path a line on the standard input
 *     -b   how long reading took: only a line at the end, {"messages", "bytes", "cpu_us"}; each is read ten times
 *     -c   with each part's decoded bytes, in hexadecimal, and those of a text in UTF-8 besides
 *     -f   with what is read in the message's own fields: Subject, Date, From, To, and the parameters of Content-Type
 *     -m   an mbox is split
 */
#include "mail/message/message.h"

#include "mail/message/addresses.h"
#include "mail/message/dates.h"
#include "mail/message/header_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 512 << 20, ROUNDS = 10 };

struct show { struct message_reader reader; bool bench, contents, fields, split; uint64_t messages, bytes, cpu_us; };

static uint64_t cpu_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void put_text(struct slice text)
{
	putchar('"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_set(const char *name, uint64_t set)
{
	const char *comma = "";

	printf("\"%s\":[", name);
	for (unsigned i = 0; i < AMBIGUITY_COUNT; i++)
		if (set >> i & 1) {
			printf("%s\"%s\"", comma, ambiguity_text((enum ambiguity)i));
			comma = ",";
		}
	printf("]");
}

static void no_memory(void)
{
	fprintf(stderr, "no memory\n");
	exit(2);
}

static void put_list(const struct readings *readings)
{
	putchar('[');
	for (size_t i = 0; i < readings->count; i++) {
		if (i)
			putchar(',');
		put_text(readings->list[i]);
	}
	putchar(']');
}

/* ---- what a part holds ---- */

static void put_contents(const struct show *show, const struct part *part)
{
	struct slice bytes, text;
	unsigned faults = 0;

	if (part_decoded(part, show->reader.arena, &bytes) != OK)
		no_memory();
	printf(",\"bytes\":\"");
	for (size_t i = 0; i < bytes.len; i++)
		printf("%02x", (unsigned char)bytes.at[i]);
	putchar('"');
	if (!slice_begins(part->type, SLICE("text/")))
		return;
	if (charset_to_utf8(show->reader.charsets, part->charset, bytes, show->reader.arena, &text, &faults) != OK)
		no_memory();
	printf(",\"text\":");
	put_text(text);
}

static void put_part(const struct show *show, const struct part *part)
{
	char path[PART_PATH];

	printf("{\"path\":");
	put_text(part_path(part, path, sizeof(path)));
	printf(",\"type\":");
	put_text(part->type);
	printf(",\"encoding\":\"%s\",\"depth\":%u,\"many\":%s,\"size\":%lu,\"sha256\":\"", encoding_name(part->encoding), part->depth,
	       part->many ? "true" : "false", (unsigned long)part->size);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		printf("%02x", part->digest[i]);
	printf("\",\"names\":");
	put_list(&part->names);
	printf(",\"tnef\":%s,", part->tnef ? "true" : "false");
	put_set("ambiguous", part->ambiguities);
	if (show->contents && !part->many)
		put_contents(show, part);
	printf("}");
}

/* ---- what the message's own fields hold ---- */

static void put_addresses(const struct show *show, const char *key, const struct header *header)
{
	struct addresses found = { 0 };

	if (header && addresses_read(&show->reader, header->value, &found) != OK)
		no_memory();
	printf(",\"%s\":[", key);
	for (size_t i = 0; i < found.count; i++) {
		printf("%s{\"address\":", i ? "," : "");
		put_text(found.list[i].address);
		printf(",\"name\":");
		put_text(found.list[i].name);
		printf(",\"other\":%s}", found.list[i].other ? "true" : "false");
	}
	printf("]");
}

static void put_date(struct slice value)
{
	int64_t seconds;
	unsigned faults = 0;

	if (date_read(value, &seconds, &faults) == OK)
		printf(",\"date\":%ld", (long)seconds);
}

static void put_parameters(const struct show *show, struct slice value)
{
	struct parameters parameters = { 0 };
	const char *comma = "";

	if (parameters_read(&show->reader, value, &parameters) != OK)
		return;
	printf(",\"parameters\":[");
	for (size_t i = 0; i < parameters.count; i++) {
		struct readings readings = { 0 };
		unsigned faults = 0;

		if (parameters_readings(&show->reader, &parameters, parameters.list[i].name, &readings, &faults) != OK)
			no_memory();
		printf("%s[", comma);
		put_text(parameters.list[i].name);
		putchar(',');
		put_list(&readings);
		putchar(']');
		comma = ",";
	}
	putchar(']');
}

static void put_fields(const struct show *show, const struct headers *headers)
{
	const struct header *subject = headers_find(headers, SLICE("Subject")), *date = headers_find(headers, SLICE("Date")),
	                    *type = headers_find(headers, SLICE("Content-Type"));
	struct slice text = SLICE("");
	unsigned faults = 0;

	if (subject && header_text(&show->reader, subject->value, &text, &faults) != OK)
		no_memory();
	printf("\"subject\":");
	put_text(text);
	put_addresses(show, "from", headers_find(headers, SLICE("From")));
	put_addresses(show, "to", headers_find(headers, SLICE("To")));
	if (date)
		put_date(date->value);
	if (type)
		put_parameters(show, type->value);
	putchar(',');
}

static void put_message(const struct show *show, const char *path, unsigned number, enum result result,
                        const struct message_view *view)
{
	printf("{\"file\":");
	put_text(slice_of(path));
	printf(",\"number\":%u,\"result\":%d,\"limit\":\"%s\",", number, (int)result, view->limit ? view->limit : "");
	put_set("ambiguous", view->ambiguities);
	putchar(',');
	if (show->fields && view->first)
		put_fields(show, &view->first->headers);
	printf("\"parts\":[");
	for (const struct part *part = view->first; part; part = part->next) {
		put_part(show, part);
		if (part->next)
			putchar(',');
	}
	printf("]}\n");
}

static void show_message(struct show *show, const char *path, unsigned number, struct slice bytes)
{
	struct message_view view = { 0 };
	unsigned rounds = show->bench ? ROUNDS : 1;
	enum result result = OK;
	struct arena arena;
	uint64_t before = cpu_us();

	show->reader.arena = &arena;
	for (unsigned i = 0; i < rounds; i++) {
		arena_init(&arena, MEMORY);
		result = message_read(bytes, &show->reader, show->bench ? DIGESTS_NONE : DIGESTS_OF_ALL, &view);
		if (i + 1 == rounds && !show->bench)
			put_message(show, path, number, result, &view);
		arena_finish(&arena);
	}
	show->cpu_us += (cpu_us() - before) / rounds;
	show->messages++;
	show->bytes += bytes.len;
}

static void show_file(struct show *show, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct slice bytes = SLICE("");
	struct stat about;
	unsigned number = 1;

	if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(2);
	}
	if (about.st_size)
		bytes = (struct slice){ mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0), (size_t)about.st_size };
	(void)close(fd);
	if (show->split && mbox_begins(bytes))
		for (struct slice rest = bytes; rest.len; number++)
			show_message(show, path, number, mbox_cut(&rest));
	else
		show_message(show, path, number, bytes);
	if (bytes.len)
		(void)munmap((void *)(uintptr_t)bytes.at, bytes.len);
}

int main(int count, char **words)
{
	static struct charsets charsets;
	struct show show = { .reader = { &message_limits_standard, &charsets, NULL } };
	char line[4096];
	int letter;

	for (const char *const *name = charsets_wanted(); *name && charsets.count < CHARSETS_MOST; name++) {
		iconv_t converter = iconv_open("UTF-8", *name);

		if (converter != (iconv_t)-1)
			charsets.list[charsets.count++] = (struct charset){ slice_of(*name), converter };
	}
	while ((letter = getopt(count, words, "bcfm")) != -1) {
		show.bench |= letter == 'b';
		show.contents |= letter == 'c';
		show.fields |= letter == 'f';
		show.split |= letter == 'm';
	}
	for (int i = optind; i < count; i++)
		if (!slice_same(slice_of(words[i]), SLICE("-")))
			show_file(&show, words[i]);
		else
			while (fgets(line, sizeof(line), stdin)) {
				struct slice rest = slice_of(line), path = slice_cut(&rest, '\n');

				line[path.len] = '\0';
				show_file(&show, line);
			}
	if (show.bench)
		printf("{\"messages\":%lu,\"bytes\":%lu,\"cpu_us\":%lu}\n", (unsigned long)show.messages, (unsigned long)show.bytes,
		       (unsigned long)show.cpu_us);
	for (size_t i = 0; i < charsets.count; i++)
		(void)iconv_close(charsets.list[i].converter);
	return 0;
}
