/* SPDX-License-Identifier: Apache-2.0 */
/* PGP's armour is looked for in decoded bytes, whichever way they are cut into pieces; CMS is known by the identifier
 * that it begins with (RFC 5652, 3), whatever type, name and smime-type say; those count where it begins otherwise. */
#include "mail/message/walk.h"

#include <string.h>

#define ARMOR "-----BEGIN PGP "

/* ---- PGP (RFC 9580, 6.2) ---- */

/* In base64, which most of large mail is, no dash is found, and that is found out fast. */
static const char *armor_in(struct slice text)
{
	const char *dash = text.len ? memchr(text.at, '-', text.len) : NULL;

	return dash ? memmem(dash, text.len - (size_t)(dash - text.at), ARMOR, strlen(ARMOR)) : NULL;
}

/* "MESSAGE, PART 1/2" is one too. */
static void search(struct part *part, struct slice text)
{
	const unsigned all = SEALED_ARMOR | SEALED_ARMORED;
	const char *at;

	while ((part->sealed & all) != all && (at = armor_in(text)) != NULL) {
		text = slice_drop(text, (size_t)(at - text.at) + strlen(ARMOR));
		part->sealed |= slice_begins(text, SLICE("MESSAGE")) ? all : SEALED_ARMOR;
	}
}

void sealing_look(struct part *part, struct sealing *sealing, struct slice piece)
{
	char joint[2 * SEALING_HELD];
	size_t begin = piece.len < SEALING_HELD ? piece.len : SEALING_HELD, keep;

	memcpy(joint, sealing->held, sealing->length);
	memcpy(joint + sealing->length, piece.at, begin);
	search(part, (struct slice){ joint, sealing->length + begin });
	search(part, piece);
	if (piece.len >= SEALING_HELD) {
		memcpy(sealing->held, piece.at + piece.len - SEALING_HELD, SEALING_HELD);
		sealing->length = SEALING_HELD;
		return;
	}
	keep = sealing->length + begin < SEALING_HELD ? sealing->length + begin : SEALING_HELD;
	memcpy(sealing->held, joint + sealing->length + begin - keep, keep);
	sealing->length = keep;
}

/* ---- CMS ---- */

#define PKCS7 "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define SMIME "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"

static const struct { struct slice identifier; unsigned sealed; } contents[] = {
	{ LIT(PKCS7 "\x01"), SEALED_CMS_OPEN }, { LIT(PKCS7 "\x02"), SEALED_CMS_OPEN }, { LIT(PKCS7 "\x03"), SEALED_CMS },
	{ LIT(PKCS7 "\x04"), SEALED_CMS },      { LIT(PKCS7 "\x05"), SEALED_CMS_OPEN }, { LIT(PKCS7 "\x06"), SEALED_CMS },
	{ LIT(SMIME "\x09"), SEALED_CMS_OPEN }, { LIT(SMIME "\x17"), SEALED_CMS },
};

void sealing_begin(struct part *part, struct slice first)
{
	size_t length = first.len > 1 ? (unsigned char)first.at[1] : 0;

	if (!slice_begins(first, SLICE("\x30")))
		return;
	first = slice_drop(first, length > 128 ? 2 + (length & 127) : 2);
	for (size_t i = 0; i < COUNT_OF(contents); i++)
		if (slice_begins(first, contents[i].identifier))
			part->sealed |= contents[i].sealed;
}

/* RFC 8551, 3.2.2: what is only signed, compressed or a list of certificates says so. */
static bool says_open(const struct readings *types)
{
	static const struct slice open[] = { LIT("signed-data"), LIT("certs-only"), LIT("compressed-data") };
	size_t found = 0;

	for (size_t i = 0; i < types->count; i++)
		for (size_t row = 0; row < COUNT_OF(open); row++)
			found += slice_same_nocase(types->list[i], open[row]);
	return types->count && found == types->count;
}

enum result sealing_read(struct walk *walk, struct part *part, const struct parameters *list, size_t count)
{
	struct readings types = { 0 };
	unsigned faults = 0;

	for (size_t i = 0; i < count; i++)
		if (parameters_readings(walk->reader, &list[i], SLICE("smime-type"), &types, &faults) != OK)
			return walk_limit(walk, "memory");
	if (says_open(&types))
		part->sealed |= SEALED_SAYS_OPEN;
	return OK;
}
