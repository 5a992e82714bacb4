/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h — a name as it is asked about becomes one that can stand in a question of the DNS.
 *
 * Knows:   what no name has; internationalised ones, in UTF-8, become A-labels (RFC 5891 5, UTS 46).
 * Ignores: whether there is such a name.
 * Owns:    nothing.
 * Fails:   REFUSED: it can be nobody's name. LATER: without memory.
 */
#ifndef RESOLVER_NAMES_H
#define RESOLVER_NAMES_H

#include "base/slice.h"
#include "wire/relay-resolver.h"

struct name { size_t length; char text[DNS_NAME + 1]; };      /* with a NUL behind it */

must_use enum result name_read(struct slice asked, struct name *ret_name);

#endif
