/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsbls.h — lists in the DNS of addresses and domains, `dnsbl "NAME" { zone = … }`, for `listed("NAME")` (inside
 *            mail/policy; its section stands in policy.h).
 *
 * Knows:   what is looked up of a message (RFC 5782), which answers count, and what it means that there is none.
 *          Codes in 127.255.255.0/24, by which lists say that they do not answer us, and addresses outside
 *          127.0.0.0/8, which no list gives but a server that makes up answers does, are no answers.
 * Ignores: how the DNS is asked.
 * Owns:    nothing: all of it stands in the arena.
 * Fails:   REFUSED with a complaint: a zone or an answer that is none. LATER: the arena is full.
 */
#ifndef POLICY_DNSBLS_H
#define POLICY_DNSBLS_H

#include "mail/evidence/evidence.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

enum { DNSBLS_MOST = 32, DNSBL_OCTETS = 4 };
enum dnsbl_of { DNSBL_CLIENT, DNSBL_SENDER, DNSBL_HELO };              /* in the order of the setting's words */
enum dnsbl_silent { DNSBL_SKIP, DNSBL_UNLISTED, DNSBL_DEFER };

struct dnsbl_range { uint8_t least[DNSBL_OCTETS], most[DNSBL_OCTETS]; };

struct dnsbl {
	struct slice title, zone;
	enum dnsbl_of of;
	enum dnsbl_silent silent;
	const struct dnsbl_range *ranges;        /* none: every answer counts */
	size_t range_count;
	bool used;                               /* a rule or a profile asks for it */
};
struct dnsbls { struct dnsbl *list; size_t count; };

must_use enum result dnsbls_compile(struct settings *settings, struct arena *arena, struct dnsbls *ret_dnsbls,
                                    struct buffer *complaint);
struct dnsbl *dnsbls_find(const struct dnsbls *dnsbls, struct slice title);       /* NULL: none */

/* The name to look up. false: there is none: no client or a private one, the null sender, a HELO that is no domain, or
 * a name that would be too long for the DNS, which then has no entry for it either. */
bool dnsbl_name(const struct dnsbl *dnsbl, const struct envelope *envelope, char ret_name[POLICY_LOOKUP]);

/* What it answered of this message, raw: addresses with spaces between. SILENT: it was to be asked, and there is no
 * answer, or none that is one. */
enum dnsbl_end { DNSBL_NOT_ASKED, DNSBL_ANSWERED, DNSBL_SILENT };
enum dnsbl_end dnsbl_answer(const struct dnsbl *dnsbl, const struct envelope *envelope, const struct evidence *evidence,
                            struct slice *ret_text);
/* Cuts the next address that counts from the front of an answer; false: no more. */
bool dnsbl_next(const struct dnsbl *dnsbl, struct slice *text, struct slice *ret_address);

#endif
