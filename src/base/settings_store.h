/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_store.h — what settings.c, settings_kinds.c and the files that read postern.conf share, and nobody else needs.
 *
 * Knows:   how values and titles are kept: as text, in the order of the file.
 * Ignores: which of them a room expects.
 * Owns:    nothing; all of it lies in the arena of its struct settings.
 * Fails:   LATER when that arena is full; REFUSED when a value does not fit its row.
 */
#ifndef BASE_SETTINGS_STORE_H
#define BASE_SETTINGS_STORE_H

#include "base/settings.h"

enum { SETTINGS_MEMORY = 16 << 20, SETTINGS_VALUE_LONGEST = 65536, SETTINGS_NAME_LONGEST = 255 };

struct settings_value {
	struct settings_value *next;
	struct slice section, title, name;        /* name as in the file */
	struct slice *items;                      /* one for every kind but a list */
	size_t count, room;
	struct settings_origin origin;
};

struct settings_title {
	struct settings_title *next;
	struct slice section, title;
	struct settings_origin origin;
};

/* Where something stands: its section, the title of that section, its name. */
struct settings_place { struct slice section, title, name; };

/* Of a section within another: its section is "OUTER/NAME", its title "OUTER TITLE", a line end, and its own. */
enum { SETTINGS_WITHIN_LONGEST = 2 * SETTINGS_NAME_LONGEST + 2 };
struct settings_within { char section[SETTINGS_WITHIN_LONGEST], title[SETTINGS_WITHIN_LONGEST]; };
must_use enum result settings_place_within(struct settings_within *room, const char *outer, struct slice outer_title,
                                           struct settings_place *place);

struct settings_value *settings_find(const struct settings *settings, const struct settings_place *place);
struct settings_title *settings_find_title(const struct settings *settings, const struct settings_place *place);
must_use enum result settings_add_value(struct settings *settings, const struct settings_place *place,
                                        struct settings_origin origin, struct settings_value **ret_value);
must_use enum result settings_add_item(struct settings *settings, struct settings_value *value, struct slice item);
must_use enum result settings_add_title(struct settings *settings, const struct settings_place *place,
                                        struct settings_origin origin);

/* A row's name as the file has it: without the `_` that words of C carry. */
struct slice setting_name(const struct setting *row);
/* The next item of a list's default, cut off the front of `rest`. */
struct slice setting_next_item(struct slice *rest);

/* One value (of a list: one item, for which `field` is a struct slice) into its field. REFUSED: what
 * was meant is in `complaint`, which may be NULL. */
must_use enum result setting_parse(const struct setting *row, struct slice text, void *field,
                                   struct buffer *complaint);

#endif
