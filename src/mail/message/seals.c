/* SPDX-License-Identifier: Apache-2.0 */
/* A signature's tags are cut at semicolons, its h= at colons; parts are known by their type, by what the reading
 * found in their bytes and, for multiparts, by the protocol that they name. */
#include "mail/message/seals.h"

static const size_t one_field = (size_t)1 << 32;           /* of a place: more than a value has bytes */

/* ---- DKIM ---- */

/* The value of the tag h; empty: none. */
static struct slice covered(const struct header *header)
{
	struct slice rest = header->value;

	if (!slice_same_nocase(header->name, SLICE("DKIM-Signature")))
		return (struct slice){ 0 };
	while (rest.len) {
		struct slice tag = slice_cut(&rest, ';'), name = field_trim(slice_cut(&tag, '='));

		if (slice_same(name, SLICE("h")))
			return field_trim(tag);
	}
	return (struct slice){ 0 };
}

static size_t times_in(struct slice names, struct slice name)
{
	size_t times = 0;

	while (names.len)
		times += slice_same_nocase(field_trim(slice_cut(&names, ':')), name);
	return times;
}

size_t seals_cover(const struct headers *headers, struct slice name)
{
	size_t most = 0;

	for (size_t i = 0; i < headers->count; i++) {
		size_t times = times_in(covered(&headers->list[i]), name);

		most = times > most ? times : most;
	}
	return most;
}

bool seals_have_dkim(const struct headers *headers)
{
	return headers_find(headers, SLICE("DKIM-Signature")) != NULL;
}

/* A place is the field's number, and how far its names were read. */
bool seals_next_field(const struct headers *headers, size_t *place, struct slice *ret_name)
{
	for (size_t i = *place / one_field; i < headers->count; i++) {
		struct slice names = covered(&headers->list[i]), rest = slice_drop(names, *place % one_field);

		if (rest.len) {
			*ret_name = field_trim(slice_cut(&rest, ':'));
			*place = i * one_field + (names.len - rest.len);
			return true;
		}
		*place = (i + 1) * one_field;
	}
	return false;
}

/* ---- parts ---- */

static const struct { struct slice type; unsigned seal; } types[] = {
	{ LIT("application/pkcs7-mime"), SEAL_SMIME },   { LIT("application/x-pkcs7-mime"), SEAL_SMIME },
	{ LIT("application/pkcs7-signature"), SEAL_SMIME }, { LIT("application/x-pkcs7-signature"), SEAL_SMIME },
	{ LIT("application/pgp-encrypted"), SEAL_PGP },  { LIT("application/pgp-signature"), SEAL_PGP },
};

static bool value_has(struct slice value, struct slice wanted)
{
	for (; value.len >= wanted.len; value = slice_drop(value, 1))
		if (slice_begins_nocase(value, wanted))
			return true;
	return false;
}

/* multipart/signed and multipart/encrypted say whose they are; one that does not is taken for anybody's. */
static unsigned seal_of_multipart(const struct part *part)
{
	const struct header *header = headers_find(&part->headers, SLICE("Content-Type"));
	bool pgp = header && value_has(header->value, SLICE("application/pgp-"));
	bool smime = header && value_has(header->value, SLICE("pkcs7"));

	if (!slice_same(part->type, SLICE("multipart/signed")) && !slice_same(part->type, SLICE("multipart/encrypted")))
		return 0;
	return pgp == smime ? SEAL_PGP | SEAL_SMIME : pgp ? SEAL_PGP : SEAL_SMIME;
}

/* RFC 8551, 3.2.1: mailers send S/MIME as bytes of any kind, under these names. */
static bool is_named(const struct part *part, struct slice extension)
{
	for (size_t i = 0; slice_same(part->type, SLICE("application/octet-stream")) && i < part->names.count; i++)
		if (slice_ends_nocase(part->names.list[i], extension))
			return true;
	return false;
}

static unsigned seal_of_content(const struct part *part)
{
	bool text = slice_begins(part->type, SLICE("text/"));
	bool smime = part->sealed & (SEALED_CMS | SEALED_CMS_OPEN) || is_named(part, SLICE(".p7m")) ||
	             is_named(part, SLICE(".p7s"));

	return (smime ? SEAL_SMIME : 0) | (text && part->sealed & SEALED_ARMOR ? SEAL_PGP : 0);
}

unsigned seal_of_part(const struct part *part)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (slice_same(part->type, types[i].type))
			return types[i].seal;
	return seal_of_multipart(part) | seal_of_content(part);
}

unsigned seals_of(const struct message_view *view)
{
	unsigned seals = view->first && seals_have_dkim(&view->first->headers) ? SEAL_DKIM : 0;

	for (const struct part *part = view->first; part; part = part->next)
		seals |= seal_of_part(part);
	return seals;
}

/* The bytes are believed; where they do not say it, smime-type is. */
static bool is_enveloped(const struct part *part)
{
	static const struct slice of_smime[] = { LIT("application/pkcs7-mime"), LIT("application/x-pkcs7-mime") };
	bool smime = is_named(part, SLICE(".p7m"));

	if (part->sealed & (SEALED_CMS | SEALED_CMS_OPEN))
		return part->sealed & SEALED_CMS;
	for (size_t i = 0; i < COUNT_OF(of_smime); i++)
		smime |= slice_same(part->type, of_smime[i]);
	return smime && !(part->sealed & SEALED_SAYS_OPEN);
}

static unsigned encryption_of_part(const struct part *part)
{
	static const struct slice always[] = { LIT("application/pgp-encrypted"), LIT("multipart/encrypted") };
	unsigned encrypted = is_enveloped(part) ? SEAL_SMIME : 0;

	for (size_t i = 0; i < COUNT_OF(always); i++)
		if (slice_same(part->type, always[i]))
			encrypted |= seal_of_part(part);
	return encrypted | (part->sealed & SEALED_ARMORED ? SEAL_PGP : 0);
}

unsigned seals_encrypted(const struct message_view *view)
{
	unsigned encrypted = 0;

	for (const struct part *part = view->first; part; part = part->next)
		encrypted |= encryption_of_part(part);
	return encrypted;
}

const char *seal_name(enum seal seal)
{
	static const struct { enum seal seal; const char *name; } names[] = {
		{ SEAL_DKIM_HEADER, "dkim-header" }, { SEAL_DKIM_BODY, "dkim-body" }, { SEAL_SMIME, "smime" },
		{ SEAL_PGP, "pgp" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].seal == seal)
			return names[i].name;
	return "nothing";
}
