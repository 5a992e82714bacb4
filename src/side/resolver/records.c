/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass lists where the answer's records are, with a bound; then the chain of CNAMEs is followed
 * over that list, and the records of the last name are decoded by a row for each type.
 */
#include "resolver/records.h"
#include "base/pack.h"

enum { HEAD = 12, ROWS = 400, CHAIN = 16, JUMPS = 32, NAME_SIZE = 256, CNAME = 5, INTERNET = 1,
       RCODE_NAME = 3, ANSWER_BIT = 0x80, TLSA_LEAST = 4 };

struct row { size_t name, rdata, length; unsigned type, class; uint32_t ttl; };

struct reading {
	struct slice all;
	struct row rows[ROWS];
	size_t count;
	bool cut;
};

/* As it is compared and handed out: lower case, dots between, none at the end. */
struct name { size_t len; char text[NAME_SIZE]; };

static unsigned byte_at(struct slice all, size_t at)
{
	return (unsigned char)all.at[at];
}

static unsigned two_at(struct slice all, size_t at)
{
	return byte_at(all, at) << 8 | byte_at(all, at + 1);
}

static enum result add_label(struct name *name, struct slice label)
{
	if (name->len + label.len + 1 > DNS_NAME + 1)
		return REFUSED;
	if (name->len)
		name->text[name->len++] = '.';
	for (size_t i = 0; i < label.len; i++)
		name->text[name->len++] = byte_lower(label.at[i]);
	return OK;
}

/* Reads a name at `at`; `ret_after` is behind it in the message, not behind what it points to. */
static enum result read_name(struct slice all, size_t at, struct name *name, size_t *ret_after)
{
	size_t after = 0;

	name->len = 0;
	for (unsigned jumps = 0; jumps < JUMPS;) {
		unsigned length;

		if (at >= all.len)
			return REFUSED;
		length = byte_at(all, at);
		if (length >= 0xc0) {
			if (at + 2 > all.len)
				return REFUSED;
			after = after ? after : at + 2;
			at = two_at(all, at) & 0x3fff;
			jumps++;
			continue;
		}
		if (length > 63 || at + 1 + length > all.len)
			return REFUSED;
		if (length == 0) {
			*ret_after = after ? after : at + 1;
			return OK;
		}
		TRY(add_label(name, (struct slice){ all.at + at + 1, length }));
		at += 1 + length;
	}
	return REFUSED;
}

static struct slice name_slice(const struct name *name)
{
	return (struct slice){ name->text, name->len };
}

/* A label may hold any byte in the DNS, a dot and a NUL too: such a name is nobody's host. */
static bool is_host(struct slice all, size_t at)
{
	for (unsigned jumps = 0; jumps < JUMPS;) {
		unsigned length = byte_at(all, at);

		if (length >= 0xc0) {
			at = two_at(all, at) & 0x3fff;
			jumps++;
			continue;
		}
		if (length == 0)
			return true;
		for (size_t i = at + 1; i <= at + length; i++)
			if (!byte_is_letter(all.at[i]) && !byte_is_digit(all.at[i]) && all.at[i] != '-' &&
			    all.at[i] != '_' && all.at[i] != '/')
				return false;
		at += 1 + length;
	}
	return false;
}

static enum result read_row(struct reading *reading, size_t *at)
{
	struct row row = { .name = *at };
	struct name name;

	TRY(read_name(reading->all, *at, &name, at));
	if (reading->all.len - *at < 10)
		return REFUSED;
	row.type = two_at(reading->all, *at);
	row.class = two_at(reading->all, *at + 2);
	row.ttl = (uint32_t)two_at(reading->all, *at + 4) << 16 | two_at(reading->all, *at + 6);
	row.length = two_at(reading->all, *at + 8);
	row.rdata = *at + 10;
	if (reading->all.len - row.rdata < row.length)
		return REFUSED;
	*at = row.rdata + row.length;
	if (reading->count == ROWS)
		reading->cut = true;
	else
		reading->rows[reading->count++] = row;
	return OK;
}

static enum result read_rows(struct reading *reading, struct slice name, enum dns_type type)
{
	struct name asked;
	size_t at = HEAD;
	unsigned answers;

	if (reading->all.len < HEAD || !(byte_at(reading->all, 2) & ANSWER_BIT) || two_at(reading->all, 4) != 1)
		return REFUSED;
	answers = two_at(reading->all, 6);
	TRY(read_name(reading->all, at, &asked, &at));
	if (reading->all.len - at < 4 || two_at(reading->all, at) != (unsigned)type ||
	    !slice_same_nocase(name_slice(&asked), name))
		return REFUSED;
	at += 4;
	for (unsigned i = 0; i < answers; i++)
		TRY(read_row(reading, &at));
	return OK;
}

static bool is_row_of(const struct reading *reading, const struct row *row, const struct name *name, unsigned type)
{
	struct name owner;
	size_t after;

	return row->type == type && row->class == INTERNET &&
	       read_name(reading->all, row->name, &owner, &after) == OK &&
	       slice_same(name_slice(&owner), name_slice(name));
}

static const struct row *find_row(const struct reading *reading, const struct name *name, unsigned type)
{
	for (size_t i = 0; i < reading->count; i++)
		if (is_row_of(reading, &reading->rows[i], name, type))
			return &reading->rows[i];
	return NULL;
}

/* A name in rdata must end where the rdata ends. */
static enum result name_in(const struct reading *reading, const struct row *row, size_t skip, struct name *name)
{
	size_t after = 0;

	if (row->length <= skip)
		return REFUSED;
	TRY(read_name(reading->all, row->rdata + skip, name, &after));
	return after == row->rdata + row->length ? OK : REFUSED;
}

static enum result follow_chain(const struct reading *reading, struct name *name, uint32_t *ttl)
{
	const struct row *row;

	for (unsigned i = 0; i < CHAIN; i++) {
		row = find_row(reading, name, CNAME);
		if (row == NULL)
			return OK;
		TRY(name_in(reading, row, 0, name));
		*ttl = row->ttl < *ttl ? row->ttl : *ttl;
	}
	return REFUSED;
}

static enum result pack_address(const struct reading *reading, const struct row *row, size_t size, struct buffer *to)
{
	if (row->length != size)
		return REFUSED;
	return pack_slice(to, (struct slice){ reading->all.at + row->rdata, size });
}

static enum result pack_a(const struct reading *reading, const struct row *row, struct buffer *to)
{
	return pack_address(reading, row, 4, to);
}

static enum result pack_aaaa(const struct reading *reading, const struct row *row, struct buffer *to)
{
	return pack_address(reading, row, 16, to);
}

static enum result pack_ptr(const struct reading *reading, const struct row *row, struct buffer *to)
{
	struct name name;

	TRY(name_in(reading, row, 0, &name));
	return name.len && is_host(reading->all, row->rdata) ? pack_slice(to, name_slice(&name)) : AGAIN;
}

/* The root as host is the null MX: it stays empty. */
static enum result pack_mx(const struct reading *reading, const struct row *row, struct buffer *to)
{
	struct name host;

	TRY(name_in(reading, row, 2, &host));
	if (!is_host(reading->all, row->rdata + 2))
		return AGAIN;
	TRY(pack_u32(to, (uint32_t)(4 + 4 + host.len)));
	TRY(pack_u32(to, two_at(reading->all, row->rdata)));
	return pack_slice(to, name_slice(&host));
}

static enum result pack_txt(const struct reading *reading, const struct row *row, struct buffer *to)
{
	struct slice rest = { reading->all.at + row->rdata, row->length };
	size_t strings = 0;

	for (struct slice left = rest; left.len; strings++) {
		unsigned length = (unsigned char)left.at[0];

		if (left.len < 1 + (size_t)length)
			return REFUSED;
		left = slice_drop(left, 1 + (size_t)length);
	}
	if (strings == 0)
		return REFUSED;
	TRY(pack_u32(to, (uint32_t)(row->length - strings)));
	while (rest.len) {
		struct slice length = slice_take(&rest, 1);

		TRY(buffer_add(to, slice_take(&rest, (unsigned char)length.at[0])));
	}
	return OK;
}

/* Without a byte of data it says nothing, and is passed over; usage and type are judged by who compares. */
static enum result pack_tlsa(const struct reading *reading, const struct row *row, struct buffer *to)
{
	if (row->length < TLSA_LEAST)
		return AGAIN;
	return pack_slice(to, (struct slice){ reading->all.at + row->rdata, row->length });
}

/* AGAIN: a record that is passed over. LATER: there is no room for more. */
static const struct {
	enum dns_type type;
	enum result (*pack)(const struct reading *reading, const struct row *row, struct buffer *to);
} types[] = {
	{ DNS_A, pack_a }, { DNS_AAAA, pack_aaaa }, { DNS_MX, pack_mx }, { DNS_TXT, pack_txt }, { DNS_PTR, pack_ptr },
	{ DNS_TLSA, pack_tlsa },
};

static enum result pack_row(const struct reading *reading, const struct row *row, struct buffer *rdata,
                            struct records *records)
{
	size_t before = buffer_length(rdata);
	enum result result = REFUSED;

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if ((unsigned)types[i].type == row->type)
			result = types[i].pack(reading, row, rdata);
	if (result != OK)
		buffer_cut(rdata, before);
	if (result == LATER) {
		records->cut = true;
		return OK;
	}
	if (result != OK)
		return result;
	records->count++;
	records->ttl = row->ttl < records->ttl ? row->ttl : records->ttl;
	return OK;
}

static enum result pack_rows(const struct reading *reading, const struct name *name, enum dns_type type,
                             struct buffer *rdata, struct records *records)
{
	bool passed_over = false;

	for (size_t i = 0; i < reading->count; i++) {
		enum result result;

		if (!is_row_of(reading, &reading->rows[i], name, (unsigned)type))
			continue;
		if (records->count == DNS_RECORDS) {
			records->cut = true;
			break;
		}
		result = pack_row(reading, &reading->rows[i], rdata, records);
		if (result == AGAIN)
			passed_over = true;
		else if (result != OK)
			return result;
	}
	if (records->count == 0 && (passed_over || records->cut))
		return REFUSED;
	records->end = records->count ? DNS_FOUND : DNS_NO_RECORDS;
	return OK;
}

static enum result read_answer(const struct reading *reading, struct slice asked, enum dns_type type,
                               struct buffer *rdata, struct records *records)
{
	unsigned code = byte_at(reading->all, 3) & 15;
	struct name name = { 0 };

	if (code == RCODE_NAME) {
		records->end = DNS_NO_NAME;
		return OK;
	}
	if (code != 0)
		return OK;
	TRY(add_label(&name, asked));
	TRY(follow_chain(reading, &name, &records->ttl));
	return pack_rows(reading, &name, type, rdata, records);
}

enum result records_read(struct slice message, struct slice name, enum dns_type type, struct buffer *rdata,
                         struct records *ret_records)
{
	struct reading reading = { .all = message };
	struct records records = { .end = DNS_FAILED, .ttl = UINT32_MAX };
	size_t before = buffer_length(rdata);
	enum result result = read_rows(&reading, name, type);

	if (result == OK) {
		records.cut = reading.cut;
		result = read_answer(&reading, name, type, rdata, &records);
	}
	if (result != OK) {
		buffer_cut(rdata, before);
		return REFUSED;
	}
	if (records.ttl == UINT32_MAX)
		records.ttl = 0;
	*ret_records = records;
	return OK;
}
