/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be used is left out by a table of lengths; what is left is copied, since answers do not stay. */
#include "wire/dane.h"

#include <stdio.h>

enum { HEAD = 3, MEMORY = 256 << 10 };

/* Octets of association data, by matching type; 0: as long as they are. */
static const size_t lengths[] = { 0, 32, 64 };

enum result dane_name(struct slice host, uint16_t port, char to[DNS_NAME + 1], struct slice *ret_name)
{
	int length = snprintf(to, DNS_NAME + 1, "_%u._tcp.%.*s", port, SHOW(host));

	if (host.len == 0 || length < 0 || length > DNS_NAME)
		return REFUSED;
	*ret_name = (struct slice){ to, (size_t)length };
	return OK;
}

/* RFC 7672 3.1.3: usages 0 and 1 mean nothing between mail servers. */
static bool can_be_used(struct slice rdata)
{
	uint8_t usage, selector, matching;

	if (rdata.len <= HEAD)
		return false;
	usage = (uint8_t)rdata.at[0];
	selector = (uint8_t)rdata.at[1];
	matching = (uint8_t)rdata.at[2];
	return (usage == 2 || usage == 3) && selector <= 1 && matching < COUNT_OF(lengths) &&
	       (lengths[matching] == 0 || lengths[matching] == rdata.len - HEAD);
}

static enum result keep(struct dane *dane, struct slice rdata)
{
	struct tls_tlsa *record = &dane->records[dane->count];

	if (!can_be_used(rdata))
		return OK;
	TRY(arena_keep(&dane->memory, slice_drop(rdata, HEAD), &record->data));
	record->usage = (uint8_t)rdata.at[0];
	record->selector = (uint8_t)rdata.at[1];
	record->matching = (uint8_t)rdata.at[2];
	dane->count++;
	return OK;
}

/* More than the wire holds arrive cut, and so not as signed: that is no reason to go without them. */
enum result dane_read(struct dane *dane, const struct dns_reply *reply)
{
	if (reply->end == DNS_FAILED || (reply->end == DNS_FOUND && reply->count == DNS_RECORDS))
		return LATER;
	if (reply->end != DNS_FOUND || !reply->secure)
		return REFUSED;
	dane_finish(dane);
	arena_init(&dane->memory, MEMORY);
	dane->records = arena_array(&dane->memory, struct tls_tlsa, reply->count);
	if (dane->records == NULL)
		return LATER;
	for (uint32_t i = 0; i < reply->count; i++)
		TRY(keep(dane, reply->records[i]));
	return OK;
}

void dane_finish(struct dane *dane)
{
	arena_finish(&dane->memory);
	*dane = (struct dane){ 0 };
}
