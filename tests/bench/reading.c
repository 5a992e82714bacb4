/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading — what a message costs a worker: processor time of parsing alone, and of the whole first step.
 *
 * Knows:   two messages of its own making: an ordinary one of 10 KB, and one of 50 MB with a large base64 part.
 * Ignores: processes and wires.
 * Prints one object a line: {"what", "bytes", "runs", "least_us", "median_us"}; it judges nothing.
 */
#include "inspect/read.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SMALL = 10 << 10, LARGE = 50 << 20, SMALL_RUNS = 2000, LARGE_RUNS = 7, MEMORY = 64 << 20, BATCH = 20 };

static double cpu_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static const struct slice head = LIT(
	"Received: from mail.example.net (mail.example.net [192.0.2.7])\r\n\tby mx.example.org with ESMTPS id 0123456789ABCDEF\r\n"
	"\tfor <berta@example.org>; Sat, 21 Nov 2026 10:09:18 +0000\r\n"
	"From: =?utf-8?q?Anna_M=C3=BCller?= <anna@example.net>\r\nTo: Berta <berta@example.org>, carl@example.org\r\n"
	"Subject: =?utf-8?b?R3LDvMOfZSBhdXMgZGVtIEdhcnRlbg==?=\r\nDate: Sat, 21 Nov 2026 11:09:10 +0100\r\n"
	"Message-ID: <20261121100910.1234@example.net>\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=\"b-0123456789\"\r\n\r\n--b-0123456789\r\n"
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	"Good morning, the figures are in the attachment.=20\r\n\r\n--b-0123456789\r\n"
	"Content-Type: application/pdf; name=\"figures.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
	"Content-Disposition: attachment; filename=\"figures.pdf\"\r\n\r\n");
static const struct slice tail = LIT("\r\n--b-0123456789--\r\n");

/* Lines of 76, of bytes that no compressor and no branch predictor likes. */
static bool fill(struct buffer *to, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t chance = 1;
	char line[78];

	line[76] = '\r';
	line[77] = '\n';
	if (buffer_add(to, head) != OK)
		return false;
	while (buffer_length(to) + sizeof(line) + tail.len <= size) {
		for (size_t i = 0; i < 76; i++) {
			chance = chance * 1664525 + 1013904223;
			line[i] = digits[chance >> 26];
		}
		if (buffer_add(to, (struct slice){ line, sizeof(line) }) != OK)
			return false;
	}
	return buffer_add(to, tail) == OK;
}

/* ---- what is measured ---- */

static bool parse(struct slice bytes, struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view = { 0 };

	return message_read(bytes, &reader, DIGESTS_NONE, &view) == OK;
}

static bool read_step(struct slice bytes, struct arena *arena)
{
	struct envelope_recipient recipient = { .address = SLICE("berta@example.org") };
	const struct envelope envelope = { .sender = SLICE("anna@example.net"), .recipients = &recipient, .recipient_count = 1 };
	const struct read_means means = { .limits = &message_limits_standard };
	struct findings findings;

	return read_message(bytes, &envelope, &means, arena, &findings) == OK;
}

static int by_number(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static bool measure(const char *what, struct slice bytes, bool (*work)(struct slice, struct arena *), size_t runs, size_t batch)
{
	static double took[SMALL_RUNS];
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < runs; i++) {
		double begin = cpu_us();

		for (size_t j = 0; j < batch; j++) {
			if (!work(bytes, &arena))
				return false;
			arena_reset(&arena);
		}
		took[i] = (cpu_us() - begin) / (double)batch;
	}
	arena_finish(&arena);
	qsort(took, runs, sizeof(took[0]), by_number);
	printf("{\"what\": \"%s\", \"bytes\": %zu, \"runs\": %zu, \"least_us\": %.1f, \"median_us\": %.1f}\n", what, bytes.len,
	       runs * batch, took[0], took[runs / 2]);
	return true;
}

int main(void)
{
	struct buffer small, large;

	buffer_init(&small, SMALL);
	buffer_init(&large, LARGE);
	if (!fill(&small, SMALL) || !fill(&large, LARGE))
		return 1;
	return measure("parsing, 10 KB", buffer_slice(&small), parse, SMALL_RUNS / BATCH, BATCH) &&
	       measure("read step, 10 KB", buffer_slice(&small), read_step, SMALL_RUNS / BATCH, BATCH) &&
	       measure("parsing, 50 MB", buffer_slice(&large), parse, LARGE_RUNS, 1) &&
	       measure("read step, 50 MB", buffer_slice(&large), read_step, LARGE_RUNS, 1) ? 0 : 1;
}
