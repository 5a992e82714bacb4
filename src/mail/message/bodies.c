/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the list, which grows at its end while we walk it: embedded files, other encodings of a body, and the
 * parts of what had to be decoded before it could be read. So nothing recurs, whatever lies in what. */
#include "mail/message/walk.h"

#include "mail/message/embedded.h"
#include "mail/message/header_text.h"
#include "mail/message/names.h"

#include <string.h>

enum { PIECE = 32768 };

struct weighing { struct walk *walk; struct part *part; };

/* ---- embedded files ---- */

static enum result found(void *owner, const struct embedded *embedded)
{
	struct weighing *weighing = owner;
	struct walk *walk = weighing->walk;
	struct slice kept, name;
	struct part *part;
	unsigned faults = 0;

	TRY(walk_add(walk, weighing->part, &part));
	if (embedded->odd)
		walk_note(walk, weighing->part, AMBIGUITY_BIT(old_code_broken));
	part->type = SLICE("application/octet-stream");
	part->encoding = embedded->encoding;
	part->within = weighing->part;
	part->within_at = embedded->at;
	part->within_length = embedded->length;
	part->reading = weighing->part->reading;
	if (arena_keep(walk->reader->arena, embedded->name, &kept) != OK ||
	    header_text(walk->reader, kept, &name, &faults) != OK)
		return walk_limit(walk, "memory");
	readings_add(&part->names, name);
	return names_again(walk, part, 0);
}

/* A header says that the part is uuencode or yEnc: then its first line names it too. Of several in one body readers open
 * the first, or all. */
static enum result keep_names_of_lines(struct walk *walk, struct part *part)
{
	struct slice rest = part->body, line, name;
	unsigned faults = 0;
	size_t count = 0;
	bool odd;

	if (part->within || (part->encoding != ENCODING_UU && part->encoding != ENCODING_YENC))
		return OK;
	walk_spend(walk, rest.len);
	for (; !part->names.more && embedded_next_name(&rest, &line, &odd); count++) {
		if (header_text(walk->reader, line, &name, &faults) != OK)
			return walk_limit(walk, "memory");
		readings_add(&part->names, name);
		if (odd || count > 0)
			walk_note(walk, part, AMBIGUITY_BIT(old_code_broken));
		TRY(walk_may_go_on(walk));
	}
	return count ? names_again(walk, part, 0) : OK;
}

/* A reader who opens what he has saved finds a file in a file; we do not go on. */
static enum result found_within(void *owner, const struct embedded *embedded)
{
	struct weighing *weighing = owner;

	(void)embedded;
	walk_note(weighing->walk, weighing->part, AMBIGUITY_BIT(old_code_within));
	return OK;
}

/* ---- weighing: size, digest, faults ---- */

static enum result keep_binhex_name(struct walk *walk, struct part *part, const struct part_stream *stream)
{
	const struct decoder *decoder = part->within ? &stream->inner : &stream->outer;
	struct slice kept;

	if (part->encoding != ENCODING_BINHEX || decoder->name_length == 0)
		return OK;
	if (arena_keep(walk->reader->arena, (struct slice){ decoder->name, decoder->name_length }, &kept) != OK)
		return walk_limit(walk, "memory");
	readings_add(&part->names, kept);
	return names_again(walk, part, 0);
}

/* Who goes by the name and who goes by the bytes open two things. */
static void look_at_begin(struct walk *walk, struct part *part, struct slice first)
{
	for (size_t i = 0; i < part->names.count && !part->recoded; i++)
		if (name_is_denied(part->names.list[i], first))
			walk_note(walk, part, AMBIGUITY_BIT(name_denied));
	sealing_begin(part, first);
	looks_read(walk, part, first);
}

static bool is_file(const struct part *part)
{
	return !slice_begins(part->type, SLICE("text/")) || part->names.count || part->within ||
	       (part->disposition.len && !slice_same_nocase(part->disposition, SLICE("inline")));
}

static enum result weigh(struct walk *walk, struct part *part, enum part_digests digests, unsigned *ret_faults)
{
	struct weighing weighing = { walk, part };
	struct seeker seeker = { .found = part->within || part->recoded ? found_within : found, .owner = &weighing };
	struct sealing sealing = { .length = 0 };
	struct part_stream stream;
	struct digest digest;
	char piece[PIECE];
	size_t length;

	part->digested = digests == DIGESTS_OF_ALL || (digests == DIGESTS_OF_FILES && is_file(part));
	part_stream_init(&stream, part);
	digest_init(&digest);
	walk_spend(walk, part->within ? part_stream_before(part) : part->body.len / 2);
	while ((length = part_stream_take(&stream, piece, sizeof(piece))) > 0) {
		walk_spend(walk, 2 * length);
		TRY(walk_may_go_on(walk));
		if (part->size == 0)
			look_at_begin(walk, part, (struct slice){ piece, length });
		part->size += length;
		sealing_look(part, &sealing, (struct slice){ piece, length });
		if (part->digested)
			digest_add(&digest, (struct slice){ piece, length });
		TRY(seeker_feed(&seeker, (struct slice){ piece, length }));
	}
	TRY(seeker_end(&seeker));
	if (seeker.bare)
		walk_note(walk, part, AMBIGUITY_BIT(old_code_broken));
	if (part->digested)
		digest_end(&digest, part->digest);
	*ret_faults = stream.outer.faults | stream.inner.faults;
	TRY(keep_names_of_lines(walk, part));
	return keep_binhex_name(walk, part, &stream);
}

/* ---- other encodings of the same body ---- */

static enum result recode(struct walk *walk, const struct part *part, enum encoding encoding, bool stops)
{
	struct part *other;

	TRY(walk_add(walk, part->parent, &other));
	if (part->parent)
		part->parent->children--;
	other->number = part->number;
	other->bytes = part->bytes;
	other->body = part->body;
	other->headers = part->headers;
	other->type = part->type;
	other->charset = part->charset;
	other->disposition = part->disposition;
	other->names = part->names;
	other->traits = part->traits;
	other->sealed = part->sealed & SEALED_SAYS_OPEN;
	other->reading = part->reading;
	other->encoding = encoding;
	other->stops = stops;
	other->recoded = true;
	return OK;
}

static bool byte_is_hex(char c)
{
	return byte_is_digit(c) || (byte_lower(c) >= 'a' && byte_lower(c) <= 'f');
}

static bool is_plain(const struct part *part)
{
	return part->encoding == ENCODING_IDENTITY || part->encoding == ENCODING_UNKNOWN;
}

/* A text of a few letters is no sign; what is no text, or says something odd of its encoding, is taken at its looks. */
static enum result look_for_base64(struct walk *walk, struct part *part)
{
	bool odd = part->ambiguities & (AMBIGUITY_BIT(encoding) | AMBIGUITY_BIT(two_encodings) | AMBIGUITY_BIT(field_line));

	if (part->encoding == ENCODING_BASE64 || !encoding_like_base64(part->body))
		return OK;
	if (odd || !slice_begins(part->type, SLICE("text/")) || part->names.count)
		walk_note(walk, part, AMBIGUITY_BIT(looks_encoded));
	return recode(walk, part, ENCODING_BASE64, false);
}

/* "=41": quoted-printable by a name that we do not know. */
static enum result look_for_quoted(struct walk *walk, struct part *part)
{
	struct slice rest = part->body;

	walk_spend(walk, rest.len);
	while (rest.len > 2) {
		const char *at = memchr(rest.at, '=', rest.len - 2);

		if (at == NULL)
			break;
		if (byte_is_hex(at[1]) && byte_is_hex(at[2]))
			return recode(walk, part, ENCODING_QUOTED, false);
		rest = slice_drop(rest, (size_t)(at - rest.at) + 1);
	}
	return OK;
}

static enum result obey_faults(struct walk *walk, struct part *part, unsigned faults)
{
	if (part->encoding == ENCODING_BASE64) {
		if (faults & (DECODED_JUNK | DECODED_URL))
			walk_note(walk, part, AMBIGUITY_BIT(base64_junk));
		if (faults & DECODED_WENT_ON)
			walk_note(walk, part, AMBIGUITY_BIT(base64_went_on));
		if (faults & DECODED_UNEVEN)
			walk_note(walk, part, AMBIGUITY_BIT(base64_uneven));
		if (faults & DECODED_UNFINISHED)
			walk_note(walk, part, AMBIGUITY_BIT(base64_unfinished));
		if (faults & DECODED_WENT_ON)
			TRY(recode(walk, part, ENCODING_BASE64, true));
		if (faults & DECODED_JUNK)
			TRY(recode(walk, part, ENCODING_IDENTITY, false));
	}
	if (part->encoding == ENCODING_QUOTED && faults & DECODED_ESCAPE)
		walk_note(walk, part, AMBIGUITY_BIT(quoted_broken));
	if (part->encoding >= ENCODING_UU && part->encoding <= ENCODING_BINHEX && faults & DECODED_JUNK)
		walk_note(walk, part, AMBIGUITY_BIT(old_code_broken));
	return OK;
}

/* ---- what had to be decoded before it could be read ---- */

static bool is_encoded(const struct part *part)
{
	return part->within == NULL && !is_plain(part);
}

static enum result walk_decoded(struct walk *walk, struct part *part)
{
	struct walk below = *walk;

	walk_spend(walk, 2 * part->size);
	TRY(walk_may_go_on(walk));
	if (part_decoded(part, walk->reader->arena, &below.bytes) != OK)
		return walk_limit(walk, "memory");
	below.at = 0;
	below.base = below.current = part;
	below.depth = below.closed_count = 0;
	below.closing = NULL;
	TRY(walk_message(&below));
	walk->last = below.last;
	return OK;
}

static bool like_header(struct slice body)
{
	const char *colon;
	struct slice line = field_line(&body);

	colon = line.len ? memchr(line.at, ':', line.len) : NULL;
	return colon && !memchr(line.at, ' ', (size_t)(colon - line.at));
}

static enum result read_within(struct walk *walk, struct part *part)
{
	if (part->recoded || !is_encoded(part))
		return OK;
	if (part_is_message(part)) {
		if (like_header(part->body))
			walk_note(walk, part, AMBIGUITY_BIT(encoded_message));
		return walk_decoded(walk, part);
	}
	if (!part_is_multipart(part))
		return OK;
	walk_note(walk, part, AMBIGUITY_BIT(encoding_of_many));
	return walk_decoded(walk, part);
}

static enum result read_body(struct walk *walk, struct part *part, enum part_digests digests)
{
	unsigned faults;

	if (part->many) {
		part->size = part->body.len;
		if (part_is_multipart(part) && (part->encoding == ENCODING_BASE64 || part->encoding == ENCODING_UU))
			walk_note(walk, part, AMBIGUITY_BIT(encoding_of_many));
		return outside_read(walk, part);
	}
	TRY(weigh(walk, part, digests, &faults));
	if (part->recoded || part->within)
		return OK;
	TRY(obey_faults(walk, part, faults));
	if (is_plain(part) || part->encoding == ENCODING_QUOTED)
		TRY(look_for_base64(walk, part));
	if (part->encoding == ENCODING_UNKNOWN)
		TRY(look_for_quoted(walk, part));
	return read_within(walk, part);
}

enum result bodies_read(struct walk *walk, struct part *from, enum part_digests digests)
{
	for (struct part *part = from; part; part = part->next)
		TRY(read_body(walk, part, digests));
	return OK;
}
