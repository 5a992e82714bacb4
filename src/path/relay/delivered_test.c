/* SPDX-License-Identifier: Apache-2.0 */
/* Headers as rows, each read in blocks of every size. */
#include "relay/delivered.h"
#include "base/test.h"

#define ANNA "anna@example.org"

static const struct row { const char *about; struct slice message; bool before; } rows[] = {
	{ "nothing at all", LIT(""), false },
	{ "no such field", LIT("A: b\r\n\r\nx\r\n"), false },
	{ "to her", LIT("A: b\r\nDelivered-To: " ANNA "\r\nC: d\r\n\r\nx\r\n"), true },
	{ "the first field", LIT("Delivered-To: " ANNA "\r\n\r\n"), true },
	{ "no line end behind it", LIT("A: b\r\nDelivered-To: " ANNA), true },
	{ "no blank", LIT("Delivered-To:" ANNA "\r\n"), true },
	{ "in other letters", LIT("DELIVERED-TO: Anna@EXAMPLE.org\r\n\r\n"), true },
	{ "folded", LIT("Delivered-To:\r\n\t" ANNA "\r\n\r\n"), true },
	{ "blanks before the colon", LIT("Delivered-To : " ANNA "\r\n\r\n"), true },
	{ "to others first", LIT("Delivered-To: berta@example.org\r\nDelivered-To: " ANNA "\r\n\r\n"), true },
	{ "to others alone", LIT("Delivered-To: berta@example.org\r\n\r\n"), false },
	{ "to one whose name is longer", LIT("Delivered-To: " ANNA ".example\r\n\r\n"), false },
	{ "to two in one field, which nobody writes", LIT("Delivered-To: " ANNA ", berta@example.org\r\n\r\n"), false },
	{ "another field", LIT("X-Delivered-To: " ANNA "\r\n\r\n"), false },
	{ "inside a field", LIT("Subject: x\r\n Delivered-To: " ANNA "\r\n\r\n"), false },
	{ "in the body", LIT("A: b\r\n\r\nDelivered-To: " ANNA "\r\n"), false },
	{ "in the body of one without a header", LIT("\r\nDelivered-To: " ANNA "\r\n"), false },
	{ "bare line ends", LIT("A: b\nDelivered-To: " ANNA "\n\nx"), true },
};

static enum result read_text(void *source, uint64_t from, char *to, size_t size)
{
	memcpy(to, ((const struct slice *)source)->at + from, size);
	return OK;
}

static enum result read_nothing(void *source, uint64_t from, char *to, size_t size)
{
	(void)source;
	(void)from;
	(void)to;
	(void)size;
	return LATER;
}

static enum result look(struct slice message, size_t size)
{
	char room[64];

	return delivered_look(&(struct transmit_plan){ .length = message.len, .read = read_text, .source = &message },
	                      SLICE(ANNA), room, size);
}

/* Behind a field of 100,000 bytes, and behind more header than is looked at. */
static void try_much(void)
{
	static char bytes[DELIVERED_HEADER + 100];
	static const char field[] = "\r\nDelivered-To: " ANNA "\r\n\r\n";

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 100000, field, sizeof(field) - 1);
	CHECK(look((struct slice){ bytes, sizeof(bytes) }, 64) == REFUSED, "behind a long field");
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + DELIVERED_HEADER, field, sizeof(field) - 1);
	CHECK(look((struct slice){ bytes, sizeof(bytes) }, 64) == OK, "behind all that is looked at");
}

int main(void)
{
	char room[8];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t size = 1; size <= 64; size++)
			CHECK(look(rows[i].message, size) == (rows[i].before ? REFUSED : OK), rows[i].about);
	try_much();
	CHECK(delivered_look(&(struct transmit_plan){ .length = 9, .read = read_nothing }, SLICE(ANNA), room, sizeof(room)) == LATER,
	      "what cannot be read is later");
	return TEST_END();
}
