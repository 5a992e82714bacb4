/* SPDX-License-Identifier: Apache-2.0 */
/* Answers, whole and broken: each message is put together from its rows. */
#include "resolver/records.h"
#include "base/pack.h"
#include "base/test.h"

#include <string.h>

#define HEAD(flags, answers) "\x12\x34" flags "\x00\x01\x00" answers "\x00\x00\x00\x00"
#define FINE "\x81\x80"
#define NAMELESS "\x81\x83"
#define SERVER_FAILED "\x81\x82"
#define EXAMPLE "\x07" "example" "\x03" "org" "\x00"
#define ASKED(type) EXAMPLE "\x00" type "\x00\x01"
#define TO_ASKED "\xc0\x0c"
#define ROW_OF(type, ttl, length) TO_ASKED "\x00" type "\x00\x01\x00\x00\x00" ttl "\x00" length

static const struct {
	const char *about;
	enum dns_type type;
	struct slice message;
	enum result result;
	enum dns_end end;
	uint32_t count, ttl;
	struct slice rdata;        /* as packed; empty: not looked at */
} rows[] = {
	{ "an address", DNS_A, LIT(HEAD(FINE, "\x01") ASKED("\x01") ROW_OF("\x01", "\x3c", "\x04") "\x7f\x00\x00\x01"),
	  OK, DNS_FOUND, 1, 60, LIT("\4\0\0\0\x7f\0\0\1") },
	{ "two addresses, the shorter time counts", DNS_A,
	  LIT(HEAD(FINE, "\x02") ASKED("\x01") ROW_OF("\x01", "\x3c", "\x04") "\x7f\x00\x00\x01"
	  ROW_OF("\x01", "\x05", "\x04") "\x7f\x00\x00\x02"),
	  OK, DNS_FOUND, 2, 5, LIT("") },
	{ "an IPv6 address", DNS_AAAA,
	  LIT(HEAD(FINE, "\x01") ASKED("\x1c") ROW_OF("\x1c", "\x3c", "\x10") "0123456789abcdef"),
	  OK, DNS_FOUND, 1, 60, LIT("\x10\0\0\0" "0123456789abcdef") },
	{ "an MX with a compressed name", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x07") "\x00\x0a" "\x02" "MX" "\xc0\x0c"),
	  OK, DNS_FOUND, 1, 60, LIT("\x16\0\0\0" "\x0a\0\0\0" "\x0e\0\0\0" "mx.example.org") },
	{ "a null MX", DNS_MX, LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x03") "\x00\x00\x00"),
	  OK, DNS_FOUND, 1, 60, LIT("\x08\0\0\0" "\0\0\0\0" "\0\0\0\0") },
	{ "a TLSA", DNS_TLSA, LIT(HEAD(FINE, "\x01") ASKED("\x34") ROW_OF("\x34", "\x3c", "\x05") "\x03\x01\x01" "ab"),
	  OK, DNS_FOUND, 1, 60, LIT("\5\0\0\0" "\3\1\1" "ab") },
	{ "a TLSA without data is passed over, beside one with", DNS_TLSA,
	  LIT(HEAD(FINE, "\x02") ASKED("\x34") ROW_OF("\x34", "\x3c", "\x03") "\x03\x01\x01"
	  ROW_OF("\x34", "\x3c", "\x04") "\x03\x01\x01" "a"), OK, DNS_FOUND, 1, 60, LIT("\4\0\0\0" "\3\1\1" "a") },
	{ "a TLSA of nothing at all", DNS_TLSA, LIT(HEAD(FINE, "\x01") ASKED("\x34") ROW_OF("\x34", "\x3c", "\x00")),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a TLSA longer than its message", DNS_TLSA,
	  LIT(HEAD(FINE, "\x01") ASKED("\x34") ROW_OF("\x34", "\x3c", "\x20") "\x03\x01\x01" "ab"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "two strings of a TXT are joined", DNS_TXT,
	  LIT(HEAD(FINE, "\x01") ASKED("\x10") ROW_OF("\x10", "\x3c", "\x06") "\x02" "ab" "\x02" "cd"),
	  OK, DNS_FOUND, 1, 60, LIT("\4\0\0\0" "abcd") },
	{ "a CNAME is followed", DNS_A,
	  LIT(HEAD(FINE, "\x02") ASKED("\x01") ROW_OF("\x05", "\x02", "\x04") "\x01" "a" "\xc0\x0c" "\x01" "a"
	  "\xc0\x0c" "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" "\x7f\x00\x00\x01"),
	  OK, DNS_FOUND, 1, 2, LIT("") },
	{ "a CNAME to itself has no end", DNS_A,
	  LIT(HEAD(FINE, "\x01") ASKED("\x01") ROW_OF("\x05", "\x02", "\x02") "\xc0\x0c"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a CNAME to nothing", DNS_A,
	  LIT(HEAD(FINE, "\x01") ASKED("\x01") ROW_OF("\x05", "\x02", "\x04") "\x01" "a" "\xc0\x0c"),
	  OK, DNS_NO_RECORDS, 0, 2, LIT("") },
	{ "no such name", DNS_A, LIT(HEAD(NAMELESS, "\x00") ASKED("\x01")), OK, DNS_NO_NAME, 0, 0, LIT("") },
	{ "no such records", DNS_A, LIT(HEAD(FINE, "\x00") ASKED("\x01")), OK, DNS_NO_RECORDS, 0, 0, LIT("") },
	{ "a server that failed", DNS_A, LIT(HEAD(SERVER_FAILED, "\x00") ASKED("\x01")), OK, DNS_FAILED, 0, 0,
	  LIT("") },
	{ "another name's address is not ours", DNS_A,
	  LIT(HEAD(FINE, "\x01") ASKED("\x01") "\x01" "b" "\x00" "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"
	  "\x7f\x00\x00\x01"),
	  OK, DNS_NO_RECORDS, 0, 0, LIT("") },
	{ "an answer to another question", DNS_MX, LIT(HEAD(FINE, "\x00") ASKED("\x01")), REFUSED, DNS_FAILED, 0, 0,
	  LIT("") },
	{ "a question, not an answer", DNS_A, LIT(HEAD("\x01\x00", "\x00") ASKED("\x01")), REFUSED, DNS_FAILED, 0, 0,
	  LIT("") },
	{ "nothing", DNS_A, LIT(""), REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a head that is cut off", DNS_A, LIT("\x12\x34\x81\x80"), REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a record promised and not there", DNS_A,
	  LIT(HEAD(FINE, "\x02") ASKED("\x01") ROW_OF("\x01", "\x3c", "\x04") "\x7f\x00\x00\x01"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "rdata that is cut off", DNS_A,
	  LIT(HEAD(FINE, "\x01") ASKED("\x01") ROW_OF("\x01", "\x3c", "\x04") "\x7f\x00"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "an address of three bytes", DNS_A,
	  LIT(HEAD(FINE, "\x01") ASKED("\x01") ROW_OF("\x01", "\x3c", "\x03") "\x7f\x00\x00"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "an MX without a host", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x02") "\x00\x0a"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "an MX with bytes behind its host", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x05") "\x00\x0a" "\xc0\x0c" "x"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a label past the end", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x05") "\x00\x0a" "\x3f" "ab"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a label of a kind that does not exist", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x05") "\x00\x0a" "\x80" "ab"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a name that points to itself", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x04") "\x00\x0a" "\xc0\x2b"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a host with a dot inside a label, alone", DNS_MX,
	  LIT(HEAD(FINE, "\x01") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x07") "\x00\x0a" "\x03" "a.b" "\x00"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a host with a dot inside a label, beside a good one", DNS_MX,
	  LIT(HEAD(FINE, "\x02") ASKED("\x0f") ROW_OF("\x0f", "\x3c", "\x07") "\x00\x0a" "\x03" "a.b" "\x00"
	  ROW_OF("\x0f", "\x3c", "\x04") "\x00\x0a" "\xc0\x0c"),
	  OK, DNS_FOUND, 1, 60, LIT("") },
	{ "a TXT whose string runs over", DNS_TXT,
	  LIT(HEAD(FINE, "\x01") ASKED("\x10") ROW_OF("\x10", "\x3c", "\x03") "\x05" "ab"),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
	{ "a TXT without a string", DNS_TXT, LIT(HEAD(FINE, "\x01") ASKED("\x10") ROW_OF("\x10", "\x3c", "\x00")),
	  REFUSED, DNS_FAILED, 0, 0, LIT("") },
};

static void check_many(void)
{
	static char message[65536];
	static const char head[] = HEAD(FINE, "\x96") ASKED("\x01"),
			  row[] = ROW_OF("\x01", "\x3c", "\x04") "\x7f\x00\x00\x01";
	size_t size = sizeof(head) - 1;
	struct records records;
	struct buffer rdata;

	memcpy(message, head, size);
	for (int i = 0; i < 150; i++, size += sizeof(row) - 1)
		memcpy(message + size, row, sizeof(row) - 1);
	buffer_init(&rdata, 65536);
	CHECK(records_read((struct slice){ message, size }, SLICE("example.org"), DNS_A, &rdata, &records) == OK &&
	      records.count == DNS_RECORDS && records.cut, "too many records are cut, and it is said");
	buffer_finish(&rdata);
	buffer_init(&rdata, 100);
	CHECK(records_read((struct slice){ message, size }, SLICE("example.org"), DNS_A, &rdata, &records) == OK &&
		  records.count < 13 && records.cut && buffer_length(&rdata) == (size_t)records.count * 8,
	      "more than fits is cut, too");
	buffer_finish(&rdata);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct records records = { .end = DNS_FAILED };
		struct buffer rdata;
		enum result result;

		buffer_init(&rdata, 4096);
		result = records_read(rows[i].message, SLICE("Example.ORG"), rows[i].type, &rdata, &records);
		CHECK(result == rows[i].result, rows[i].about);
		CHECK(records.end == rows[i].end && records.count == rows[i].count && records.ttl == rows[i].ttl,
		      rows[i].about);
		CHECK(rows[i].rdata.len == 0 || slice_same(buffer_slice(&rdata), rows[i].rdata), rows[i].about);
		CHECK(result == OK || buffer_length(&rdata) == 0, rows[i].about);
		buffer_finish(&rdata);
	}
	check_many();
	return TEST_END();
}
