/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h — from a row in a table to a field in a struct, by way of postern.conf.
 *
 * Knows:   sections, rows, kinds with units and bounds; the file's syntax (libConfuse), and where
 *          each value came from. One row gives the struct's field, the default, the bounds, the
 *          parser, `postern settings` and the manual's paragraph.
 * Ignores: what a setting is for. It lives in the room that reads it; a section's `check` judges
 *          values whose grammar only that room knows.
 * Owns:    struct settings keeps all values as text in its arena. Structs that were filled point
 *          into it, and end with it.
 * Fails:   REFUSED with one complaint a mistake: file, line, what is wrong, what was meant.
 *
 * The supervisor reads the file and hands a packed copy to each process; the process fills its own
 * structs with the same rows, so nobody holds a second list. Only what was written in the file is
 * carried; defaults come from the rows.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

/* A kind is a type of its own, so that seconds cannot be handed to a byte count. */
struct bytes   { uint64_t n; };                                  /* "50M": K, M, G are powers of 1024 */
struct seconds { uint64_t n; };                                  /* "5m": s, m, h, d, w */
struct count   { uint64_t n; };                                  /* plain digits */
struct flag    { bool on; };                                     /* yes, no; true, false; on, off */
struct choice  { unsigned is; };                                 /* place in the row's words, from 0 */
struct text    { struct slice is; };
struct path    { struct slice is; };                             /* absolute, or relative to the file's folder */
struct list    { const struct slice *items; size_t count; };

enum setting_kind { SETTING_bytes, SETTING_seconds, SETTING_count, SETTING_flag, SETTING_choice,
                    SETTING_text, SETTING_path, SETTING_list };

struct setting {
	const char *name;         /* a trailing `_` (for words of C: do_) is not part of the name in the file */
	enum setting_kind kind;
	size_t offset;
	const char *standard;     /* as it would stand in the file; a list: "a, b" or ""; */
	const char *least, *most; /* numbers: bounds. choice: `most` is the words, "text json". Else "" */
	const char *about;        /* a sentence without a full stop */
};

/* In a room:
 *   #define FRONT_SETTINGS(ROW) ROW(line_limit, bytes, "2048", "512", "64K", "longest command line") …
 *   SETTINGS_STRUCT(front_settings, FRONT_SETTINGS);
 * and in its .c:
 *   #define ROW(...) SETTINGS_ROW(front_settings, __VA_ARGS__)
 *   static const struct setting rows[] = { FRONT_SETTINGS(ROW) };
 *   const struct settings_section front_settings_section = SETTINGS_SECTION("front", front_settings, rows, …);
 */
#define SETTINGS_FIELD(name, kind, standard, least, most, about) struct kind name;
#define SETTINGS_STRUCT(tag, TABLE) struct tag { TABLE(SETTINGS_FIELD) }
#define SETTINGS_ROW(tag, name, kind, standard, least, most, about) \
	{ #name, SETTING_##kind, offsetof(struct tag, name), standard, least, most, about },

struct settings_section {
	const char *name;                 /* "front"; "" is the top of the file */
	bool titled;                      /* listen "smtp" { … }: any number, each with a title of its own */
	const struct setting *rows;
	size_t row_count, size;           /* size of the struct that the rows fill */
	const char *about;
	/* May be NULL. Called for each value written in the file (for a list, each item), with its name as
	 * in the file (`do`, not `do_`), and for each title (then `name` is ""). REFUSED, with the reason
	 * added to `complaint`: what was meant, no full stop; file, line and value are added by others. */
	enum result (*check)(const char *name, struct slice value, struct buffer *complaint);
	/* May be NULL: sections that may stand within this one, which has a title; ends with NULL. */
	const struct settings_section *const *within;
};

struct settings_origin { struct slice file; uint32_t line; };    /* line 0: the default */

struct settings {
	struct arena memory;
	struct settings_value *first, *last;      /* in the order of the file */
	struct settings_title *titles, *last_title;
};

void settings_init(struct settings *settings);
void settings_finish(struct settings *settings);                 /* safe on a zeroed one */

/* Reads a file with all its includes. `schema` ends with NULL. Every mistake found is a line in
 * `complaints`: "FILE:LINE: what is wrong; what was meant". REFUSED if there is one.
 * A file that cannot be read is a mistake too. `lenient`: sections and names not in the schema
 * are passed over (for the command line, which needs three values). */
must_use enum result settings_read_file(struct settings *settings, const char *file, bool lenient,
                                        const struct settings_section *const *schema,
                                        struct buffer *complaints);

/* For what the supervisor knows better than the file: one value in a section without titles, as if written. */
must_use enum result settings_put(struct settings *settings, const char *section, const char *name, struct slice text);

/* One more item of a list that has a title, as if it stood in the file behind the others. */
must_use enum result settings_append(struct settings *settings, const char *section, struct slice title,
                                     const char *name, struct slice item);

/* The other way: what was written for a setting without title, as text; nothing if nothing was. */
must_use enum result settings_show(const struct settings *settings, const char *section, const char *name,
                                   struct buffer *to);

must_use enum result settings_pack(const struct settings *settings, struct buffer *to);
must_use enum result settings_unpack(struct settings *settings, struct slice packed);

/* Defaults first, then what the file says. `title` is empty for a section without titles.
 * A filled struct points into `settings`. */
must_use enum result settings_fill(struct settings *settings, const struct settings_section *section,
                                   struct slice title, void *ret_filled);

/* What the section `outer` "OUTER_TITLE" has to say of a section within it: only that is changed in what was filled. */
must_use enum result settings_fill_over(struct settings *settings, const struct settings_section *section,
                                        const char *outer, struct slice outer_title, struct slice title, void *filled);

/* Is the same said of one section, with all its titles, in both? */
bool settings_same(const struct settings *one, const struct settings *other, const char *section);

/* What was said under one title of a section is said under another. LATER: the arena is full. */
must_use enum result settings_retitle(struct settings *settings, const char *section, struct slice title, struct slice other);

/* Drops all that was said of one section, as if its lines were not in the file. */
void settings_forget(struct settings *settings, const char *section);

size_t settings_title_count(const struct settings *settings, const char *section);
struct slice settings_title(const struct settings *settings, const char *section, size_t place);
struct settings_origin settings_origin_of(const struct settings *settings, const char *section,
                                          struct slice title, const char *name);

/* Each value that was written, in the order of the file: begins with *place NULL; false: no more. */
struct settings_said { struct slice section, title, name; const struct slice *items; size_t count; struct settings_origin origin; };
bool settings_next(const struct settings *settings, const void **place, struct settings_said *ret_said);

/* Does a number that came from elsewhere lie within the row's bounds? False where the row is no number. */
bool settings_within_bounds(const struct setting *row, uint64_t number);

/* The known name nearest to a wrong one (edit distance at most a third), or NULL. */
const char *settings_nearest(struct slice wrong, const char *const *known, size_t count);

/* The rows as text for people: `postern settings` and the manual's section. */
must_use enum result settings_describe(const struct settings_section *section, struct buffer *to);

#endif
