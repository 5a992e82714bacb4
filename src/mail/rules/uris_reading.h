/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uris_reading.h — what the files that read addresses ask of each other (inside mail/rules only).
 *
 * Knows:   text in, candidates out; an address in, its forms out.
 * Ignores: rules.
 * Owns:    nothing.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_URIS_READING_H
#define RULES_URIS_READING_H

#include "mail/rules/uris.h"

enum { URI_BYTES = 256 };

struct uris_reading {
	const struct uri_ways *ways;
	struct arena *arena;
	struct uri_found *found;
	size_t found_count, found_room;
	size_t left;                             /* of URI_FORMS_BYTES */
	bool over, cut;
	unsigned char classes[URI_BYTES];        /* of bytes, for texts */
};

must_use enum result uris_add(struct uris_reading *reading, const struct uri_found *found);

/* Once, before texts. */
void uri_text_begin(struct uris_reading *reading);
/* Adds all that stands in a piece of text. */
must_use enum result uri_text_read(struct uris_reading *reading, struct slice text);

/* Percent signs become what they stand for, where that is a printable sign; what may not stand bare gets one. */
must_use enum result uri_decode(struct arena *arena, struct slice uri, struct slice *ret_uri);
bool uri_has_escape(struct slice uri);
/* Appends `raw` itself and all it stands for. */
must_use enum result uri_canonical(struct uris_reading *reading, struct slice raw, struct uri_forms *forms);
/* Fills in host and domain. */
must_use enum result uri_host(const struct uris_reading *reading, struct uri_form *form);

#endif
