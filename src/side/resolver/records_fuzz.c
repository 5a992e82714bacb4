/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a server answers: what comes out is well formed, or refused. */
#include "resolver/records.h"
#include "base/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool that)
{
	if (!that)
		__builtin_trap();
}

static void look_into(struct slice rdata, enum dns_type type)
{
	struct unpack from = unpack_from(rdata);

	must(type != DNS_A || rdata.len == 4);
	must(type != DNS_AAAA || rdata.len == 16);
	must(type != DNS_TLSA || rdata.len >= 4);
	must(type != DNS_PTR || (rdata.len > 0 && rdata.len <= DNS_NAME));
	if (type != DNS_MX)
		return;
	must(unpack_u32(&from) <= 65535);
	must(!slice_has(unpack_slice(&from, DNS_NAME), '\0'));
	must(unpack_end(&from) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_TXT, DNS_PTR, DNS_TLSA };
	struct records records;
	struct buffer rdata;
	struct unpack from;
	enum dns_type type;

	if (size < 1)
		return 0;
	type = types[data[0] % COUNT_OF(types)];
	buffer_init(&rdata, RELAY_RESOLVER_LONGEST);
	if (records_read((struct slice){ (const char *)data + 1, size - 1 }, SLICE("example.org"), type, &rdata,
			 &records) == OK) {
		must((records.end == DNS_FOUND) == (records.count > 0) && records.count <= DNS_RECORDS);
		from = unpack_from(buffer_slice(&rdata));
		for (uint32_t i = 0; i < records.count; i++)
			look_into(unpack_slice(&from, RELAY_RESOLVER_LONGEST), type);
		must(unpack_end(&from) == OK);
	}
	buffer_finish(&rdata);
	return 0;
}
