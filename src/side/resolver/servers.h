/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.h — how name servers are written in the settings.
 *
 * Knows:   IP and IP@PORT; ZONE@IP and ZONE@IP:PORT for stubs; the word "recursive".
 * Owns:    nothing; the texts that are returned are what libunbound reads.
 * Fails:   REFUSED for anything else.
 */
#ifndef RESOLVER_SERVERS_H
#define RESOLVER_SERVERS_H

#include "base/slice.h"

enum { SERVER_TEXT = 64, ZONE_TEXT = 256 };

must_use enum result server_text(struct slice written, char ret_text[SERVER_TEXT]);        /* "127.0.0.1@5353" */
must_use enum result stub_text(struct slice written, char ret_zone[ZONE_TEXT], char ret_server[SERVER_TEXT]);

#endif
