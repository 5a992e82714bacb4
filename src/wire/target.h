/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h — the section `target`: what is asked of one next hop, by whoever connects to it: relay and access.
 *
 * Knows:   the rows, and where the authorities lie whose certificates are believed.
 * Ignores: what is done by them; the grammar of a target's text is gateway.h's.
 * Owns:    nothing; everything points into the struct settings it was filled from.
 * Fails:   REFUSED with the reason in the complaint, at `postern check` and at the start.
 */
#ifndef WIRE_TARGET_H
#define WIRE_TARGET_H

#include "wire/gateway.h"

/* target "TEXT" { … }: TEXT as it stands in `deliver`, in a route or as relayhost. A target without a section has the
 * defaults. */
#define TARGET_SETTINGS(ROW)                                                                                     \
	ROW(connections, count, "20",   "1",  "1000", "connections to it at a time, for all domains together")        \
	ROW(rate, count,        "0",    "0",  "1000000", "messages a minute that it gets at most; 0: no limit")       \
	ROW(check, seconds,     "10s",  "0s", "1h",   "how often one that is down is looked at; 0: by mail only")     \
	ROW(slow_start, seconds, "30s", "0s", "1h",   "time in which one that came back gets its share step by step") \
	ROW(client, choice,     "none", "",   "none xforward xclient proxy",                                          \
	    "how it is told who brought the mail; it must trust us")                                                \
	ROW(tls, choice,        "may",  "",   "none may required verified dane",                                     \
	    "STARTTLS: where it is offered; always; with its name and an authority verified; with TLSA records")                       \
	ROW(ca, path,           "",     "",   "", "authorities, PEM; default: the system's")                         \
	ROW(tls_name, text,     "",     "",   "", "the name it must show; default: its host")
SETTINGS_STRUCT(target_settings, TARGET_SETTINGS);
extern const struct settings_section target_settings_section;
/* The file of authorities that a certificate must come from: of the setting, or the system's. */
struct slice target_authorities(const struct target_settings *target);
enum { TARGET_TLS_NONE, TARGET_TLS_MAY, TARGET_TLS_REQUIRED, TARGET_TLS_VERIFIED, TARGET_TLS_DANE };
enum { TARGET_CLIENT_NONE, TARGET_CLIENT_XFORWARD, TARGET_CLIENT_XCLIENT, TARGET_CLIENT_PROXY };

#endif
