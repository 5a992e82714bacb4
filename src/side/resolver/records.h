/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h — an answer of the DNS in wire format (RFC 1035), read as the records that were asked for.
 *
 * Knows:   heads, questions, compressed names, CNAME chains; rdata of A, AAAA, MX, TXT, PTR, TLSA.
 * Ignores: sockets, caches, signatures: the library did that.
 * Owns:    nothing; the records are packed into the caller's buffer as wire/relay-resolver.h says.
 * Fails:   REFUSED for a message that is not whole or not an answer to the question; the caller then
 *          says DNS_FAILED. A host name with bytes that no mail server's name has is passed over.
 */
#ifndef RESOLVER_RECORDS_H
#define RESOLVER_RECORDS_H

#include "base/buffer.h"
#include "wire/relay-resolver.h"

struct records {
	enum dns_end end;
	uint32_t ttl, count;           /* ttl: the shortest on the way */
	bool cut;                      /* there were more */
};

/* Each record is added to `rdata` as a packed slice. */
must_use enum result records_read(struct slice message, struct slice name, enum dns_type type, struct buffer *rdata,
                                  struct records *ret_records);

#endif
