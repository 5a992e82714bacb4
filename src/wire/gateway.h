/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway.h — the settings that more than one process reads: the top of the file, listen, domain, route.
 *
 * Knows:   the rows, and the two grammars in them: networks (CIDR) and targets (lmtp://host:24).
 * Ignores: sockets and routes. The supervisor binds, the relay connects.
 * Owns:    nothing; everything points into the struct settings it was filled from.
 * Fails:   REFUSED with the reason in the complaint, at `postern check` and at the start.
 */
#ifndef WIRE_GATEWAY_H
#define WIRE_GATEWAY_H

#include "base/network.h"
#include "base/settings.h"

#include <netinet/in.h>

#define GATEWAY_SETTINGS(ROW)                                                                                 \
	ROW(hostname, text,   "",                   "", "",                                                   \
	    "our name in greetings and headers; default: the system's")                                       \
	ROW(spool,    path,   "/var/spool/postern", "", "", "folder of what was accepted, and of the quarantine") \
	ROW(state,    path,   "/var/lib/postern",   "", "", "folder of what is remembered")                   \
	ROW(run,      path,   "/run/postern",       "", "", "folder of the sockets for the command line")     \
	ROW(trusted,  list,   "127.0.0.0/8, ::1",   "", "", "networks that may relay")                        \
	ROW(postmaster, text, "postmaster",         "", "",                                                   \
	    "who gets mail for postmaster without a domain")                                     \
	ROW(jail,     choice, "strict",   "", "strict weak", "weak: a jail that cannot be built is a warning only") \
	ROW(notices,  choice, "verified", "", "own verified all", "which senders get failure notices")
SETTINGS_STRUCT(gateway_settings, GATEWAY_SETTINGS);
extern const struct settings_section gateway_settings_section;

#define LISTEN_SETTINGS(ROW)                                                                                  \
	ROW(address, list, "", "", "", "addresses with port: 0.0.0.0:25, [::]:25")                            \
	ROW(protocol, choice, "smtp", "", "smtp lmtp", "what is spoken there")                                \
	ROW(trusted, list, "", "", "", "networks that may relay; not said: those of the top of the file")     \
	ROW(message_limit, bytes, "0", "0", "2G", "largest message; 0: as the front's")                       \
	ROW(recipient_limit, count, "0", "0", "10000", "most recipients of one message; 0: as the front's")   \
	ROW(error_limit, count, "0", "0", "1000", "mistakes until goodbye; 0: as the front's")                \
	ROW(connections, count, "0", "0", "9000", "most connections at a time; 0: as the front's")            \
	ROW(connections_per_client, count, "0", "0", "9000",                                                  \
	    "most connections of one address that is not trusted; 0: as the front's")                         \
	ROW(proxy_from, list, "", "", "", "balancers: their connections begin with a PROXY header")           \
	ROW(xclient_from, list, "", "", "", "who may say XCLIENT, and so be any client")                      \
	ROW(xforward_from, list, "", "", "", "who may say XFORWARD: from whom a message came")                \
	ROW(tls, choice, "optional", "", "none optional required implicit",                                   \
	    "required: no mail without STARTTLS; implicit: TLS from the first byte")
SETTINGS_STRUCT(listen_settings, LISTEN_SETTINGS);
enum { LISTEN_SMTP, LISTEN_LMTP };
extern const struct settings_section listen_settings_section;
enum { LISTEN_TLS_NONE, LISTEN_TLS_OPTIONAL, LISTEN_TLS_REQUIRED, LISTEN_TLS_IMPLICIT };

#define CERTIFICATE_SETTINGS(ROW)                                                                             \
	ROW(chain, path, "", "", "", "PEM: the certificate, then those that lead to an authority")            \
	ROW(key,   path, "", "", "", "PEM: its private key without a password; RSA from 2048 bits, or EC")
SETTINGS_STRUCT(certificate_settings, CERTIFICATE_SETTINGS);
extern const struct settings_section certificate_settings_section;
enum { CERTIFICATES_MOST = 64 };

#define DOMAIN_SETTINGS(ROW)                                                                                  \
	ROW(deliver, list, "", "", "",                                                                        \
	    "where its mail goes: smtp://host:port, lmtp://host:port, lmtp:///socket, maildir:/folder")      \
	ROW(recipients, list, "", "", "",                                                                     \
	    "tables that know its recipients, or callout: the next hop is asked; none: every address is taken") \
	ROW(canonical, list, "", "", "", "tables that give an address its proper form")                       \
	ROW(virtual, list, "", "", "", "tables of addresses whose mail goes to others; details go along")     \
	ROW(aliases, list, "", "", "", "tables of aliases and lists")                                         \
	ROW(message_limit, bytes, "0", "0", "2G", "largest message to it; 0: as the listener's")              \
	ROW(subaddress, text, "+", "", "", "what divides user and detail in a local part; none: nothing does")
SETTINGS_STRUCT(domain_settings, DOMAIN_SETTINGS);
/* Titles in UTF-8 come as A-labels to whoever gets them from the supervisor. */
extern const struct settings_section domain_settings_section;

/* route "ADDRESS" { … }: those of a domain's addresses that go elsewhere. The first that matches. */
#define ROUTE_SETTINGS(ROW)                                                                                      \
	ROW(deliver, list, "", "", "", "where mail for these addresses goes, as in a domain's deliver")
SETTINGS_STRUCT(route_settings, ROUTE_SETTINGS);
extern const struct settings_section route_settings_section;
/* A star in the pattern stands for any characters; letters are the same in either case. */
bool route_matches(struct slice pattern, struct slice address);

/* A name that a section `table` may have: letters, digits, - and _, and not "callout". */
bool gateway_table_name(struct slice text);
/* Is access asked about the recipients of this domain? */
bool domain_asks(const struct domain_settings *domain);

enum { GATEWAY_JAIL_STRICT, GATEWAY_JAIL_WEAK };
enum { GATEWAY_NOTICES_OWN, GATEWAY_NOTICES_VERIFIED, GATEWAY_NOTICES_ALL };

enum target_kind { TARGET_SMTP, TARGET_LMTP, TARGET_MAILDIR };
struct target {
	enum target_kind kind;
	struct slice host;          /* a name or an address; empty: `path` is meant */
	uint16_t port;              /* 25 and 24 by default */
	struct slice path;          /* absolute: LMTP socket, or the folder above the Maildirs */
	struct slice text;          /* as it was written */
};
must_use enum result target_parse(struct slice text, struct target *ret_target);

/* "0.0.0.0:25", "[::1]:2525" */
must_use enum result listen_parse(struct slice text, struct in6_addr *ret_address, uint16_t *ret_port, bool *ret_ipv6);

#endif
