/* SPDX-License-Identifier: Apache-2.0 */
/* libConfuse is given every value as text, and tells us of each in a call-back, the only moment when it
 * knows the line. What it calls an unknown name is added to its tables (so the rest of the file is
 * looked at too), and the file is read again from memory, until nothing new is unknown. Its call-backs
 * carry no owner; ours travels in the default number of each option, which texts do not use. */
#include "base/settings.h"

#include "base/fd.h"
#include "base/settings_store.h"
#include "base/settings_wash.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { READER_MEMORY = 32 << 20, FILE_LONGEST = 4 << 20, INCLUDE_DEPTH = 10, COMPLAINTS_MOST = 100, UNKNOWN_MOST = 400 };
enum { SHOWN_LONGEST = 80, COMPLAINT_LONGEST = 1024 };

/* Stands as the only item in a list that was not written: no file can contain this byte. */
#define UNWRITTEN "\001"

enum shape { PLAIN, SECTION, TITLED };           /* `x = …`, `x { … }`, `x "title" { … }` */

/* A section, the top of the file, or a name that nobody knows. */
struct node {
	struct reader *reader;
	struct node *parent, *children, *next;
	const char *name;
	const struct settings_section *section;  /* NULL: unknown */
	enum shape shape;
};

/* What an option of libConfuse stands for. */
struct use { struct node *node; const struct setting *row; };

struct source {
	struct source *next;
	const char *name;
	struct slice folder;
	char *text;
	size_t len;
	unsigned order;
	bool bad, open;
};

struct complaint {
	struct complaint *next;
	unsigned order;
	uint32_t line;
	struct slice text;
};

struct reader {
	struct settings *settings;
	bool lenient, learned, full;
	struct arena memory, tables;             /* of the whole reading; of one attempt */
	struct node top;
	struct source *sources, *current;
	unsigned source_count, depth, unknown;
	struct complaint *complaints;
	size_t complaint_count;
};

/* ---- complaints ---- */

static void keep_complaint(struct reader *reader, unsigned order, uint32_t line, struct slice text)
{
	struct complaint **place = &reader->complaints;
	struct complaint *complaint;

	for (; *place && ((*place)->order < order || ((*place)->order == order && (*place)->line <= line)); place = &(*place)->next)
		if ((*place)->order == order && (*place)->line == line && slice_same((*place)->text, text))
			return;
	if (reader->complaint_count == COMPLAINTS_MOST)
		return;
	complaint = arena_new(&reader->memory, struct complaint);
	if (complaint == NULL || arena_keep(&reader->memory, text, &complaint->text) != OK) {
		reader->full = true;
		return;
	}
	complaint->order = order;
	complaint->line = line;
	complaint->next = *place;
	*place = complaint;
	reader->complaint_count++;
}

static void __attribute__((format(printf, 3, 4))) complain(struct reader *reader, int line, const char *format, ...)
{
	const struct source *source = reader->current;
	char text[COMPLAINT_LONGEST];
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (len > (int)sizeof(text) - 1)
		len = (int)sizeof(text) - 1;
	keep_complaint(reader, source ? source->order : 0, line > 0 ? (uint32_t)line : 0, (struct slice){ text, len > 0 ? (size_t)len : 0 });
}

static enum result write_complaints(const struct reader *reader, const char *file, struct buffer *to)
{
	for (const struct complaint *complaint = reader->complaints; complaint; complaint = complaint->next) {
		const char *name = file;

		for (const struct source *source = reader->sources; source; source = source->next)
			if (source->order == complaint->order)
				name = source->name;
		if (complaint->line)
			TRY(buffer_format(to, "%s:%u: %.*s\n", name, complaint->line, SHOW(complaint->text)));
		else
			TRY(buffer_format(to, "%s: %.*s\n", name, SHOW(complaint->text)));
	}
	return OK;
}

/* A value as a complaint shows it: cut, without control bytes. */
static const char *shown(struct slice value, char text[SHOWN_LONGEST + 4])
{
	struct slice head = slice_take(&value, SHOWN_LONGEST);

	for (size_t i = 0; i < head.len; i++)
		text[i] = (unsigned char)head.at[i] < ' ' || head.at[i] == 0x7f ? '?' : head.at[i];
	memcpy(text + head.len, value.len ? "..." : "\0\0\0", 4);
	return text;
}

/* ---- names that nobody knows ---- */

static struct use *use_of(const cfg_opt_t *option)
{
	return (struct use *)option->def.number;
}

static const char *where(const struct node *node)
{
	return node->parent ? node->name : "the top of the file";
}

static struct node *child_of(struct node *node, const char *name)
{
	struct node *child = node->children;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

static struct node *add_child(struct node *node, const char *name)
{
	struct node *child = arena_new(&node->reader->memory, struct node);

	if (child == NULL || arena_text(&node->reader->memory, slice_of(name), &child->name) != OK)
		return NULL;
	child->reader = node->reader;
	child->parent = node;
	child->next = node->children;
	node->children = child;
	return child;
}

static bool has_row(const struct settings_section *section, struct slice name)
{
	for (size_t i = 0; section && i < section->row_count; i++)
		if (slice_same(setting_name(&section->rows[i]), name))
			return true;
	return false;
}

static const char *nearest_in(struct node *node, const char *name)
{
	const char *known[256];
	size_t count = 0;

	for (size_t i = 0; node->section && i < node->section->row_count && count < COUNT_OF(known); i++)
		if (arena_text(&node->reader->tables, setting_name(&node->section->rows[i]), &known[count]) == OK)
			count++;
	for (const struct node *child = node->children; child && count < COUNT_OF(known); child = child->next)
		if (child->section)
			known[count++] = child->name;
	return settings_nearest(slice_of(name), known, count);
}

static void complain_unknown(struct node *node, const char *name, int line)
{
	struct reader *reader = node->reader;
	const char *nearest = nearest_in(node, name);
	char text[SHOWN_LONGEST + 4];
	const struct node *other = reader->top.children;

	if (reader->lenient || (node->parent && node->section == NULL))
		return;                          /* the unknown section itself was complained of */
	(void)shown(slice_of(name), text);
	while (other && (other == node || !has_row(other->section, slice_of(name))))
		other = other->next;
	if (nearest)
		complain(reader, line, "no such setting '%s' in %s; did you mean '%s'?", text, where(node), nearest);
	else if (other)
		complain(reader, line, "no such setting '%s' in %s; it belongs in '%s'", text, where(node), other->name);
	else
		complain(reader, line, "no such setting '%s' in %s", text, where(node));
}

static void learn(struct node *node, const char *name, int line)
{
	struct reader *reader = node->reader;

	complain_unknown(node, name, line);
	if (reader->unknown++ == UNKNOWN_MOST)
		complain(reader, line, "too many unknown names; reading stops here");
	else if (add_child(node, name))
		reader->learned = true;
}

/* libConfuse expected another shape: of an unknown name that is news, of ours a mistake. */
static bool reshape(struct node *node, const char *name, enum shape was, enum shape is)
{
	struct node *child = child_of(node, name);

	if (child == NULL || child->section || child->shape != was)
		return false;
	child->shape = is;
	node->reader->learned = true;
	return true;
}

/* ---- what libConfuse says ---- */

#define UNKNOWN_NAME  "no such option '%s'"
#define NO_EQUAL_SIGN "missing equal sign after option '%s'"
#define NO_BRACE      "missing opening brace for section '%s'"
#define NO_TITLE      "missing title for section '%s'"

static void __attribute__((format(printf, 2, 0), nonnull)) take_error(cfg_t *cfg, const char *format, va_list list)
{
	struct node *node = use_of(&cfg->opts[0])->node;
	bool named = strstr(format, "'%s'") != NULL;
	va_list again;
	const char *name;
	char text[256];

	va_copy(again, list);
	name = named ? va_arg(again, const char *) : "";
	va_end(again);
	(void)vsnprintf(text, sizeof(text), format, list);
	if (strcmp(format, UNKNOWN_NAME) == 0)
		learn(node, name, cfg->line);
	else if (strcmp(format, NO_EQUAL_SIGN) == 0 && reshape(node, name, PLAIN, SECTION))
		return;
	else if (strcmp(format, NO_BRACE) == 0 && reshape(node, name, SECTION, TITLED))
		return;
	else if (strcmp(format, NO_TITLE) == 0)
		complain(node->reader, cfg->line, "a section '%s' needs a title in quotes: %s \"name\" { ... }", name, name);
	else
		complain(node->reader, cfg->line, "%s", text);
}

static bool has_control(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7f)
			return true;
	return false;
}

/* The kind, the bounds and the room's own opinion; NULL: all is well. */
static const char *judge_value(const struct settings_section *section, const struct setting *row,
                               struct slice value, struct buffer *reason)
{
	union { uint64_t number; struct slice text; struct list list; } field;
	enum result result = OK;
	const char *name = "";
	struct arena small = { 0 };

	arena_init(&small, SETTINGS_NAME_LONGEST + 1);
	if (has_control(value))
		result = buffer_add(reason, SLICE("has a control byte")) == OK ? REFUSED : LATER;
	if (result == OK && row)
		result = setting_parse(row, value, &field, reason);
	if (result == OK && row)
		result = arena_text(&small, setting_name(row), &name);
	if (result == OK && section->check)
		result = section->check(name, value, reason);
	arena_finish(&small);
	if (result == OK)
		return NULL;
	if (buffer_length(reason) == 0 || buffer_add_byte(reason, '\0') != OK)
		return "not understood";
	return buffer_slice(reason).at;
}

static void judge(struct reader *reader, const struct node *node, const struct setting *row, struct slice value, int line)
{
	struct buffer reason;
	const char *complaint;
	char text[SHOWN_LONGEST + 4];

	buffer_init(&reason, COMPLAINT_LONGEST);
	complaint = judge_value(node->section, row, value, &reason);
	if (complaint && row)
		complain(reader, line, "%.*s = '%s': %s", SHOW(setting_name(row)), shown(value, text), complaint);
	else if (complaint)
		complain(reader, line, "%s '%s': %s", node->name, shown(value, text), complaint);
	buffer_finish(&reason);
}

static struct slice resolved(struct reader *reader, const struct setting *row, struct slice value)
{
	struct slice folder = reader->current->folder;
	char *path;

	if (row->kind != SETTING_path || value.len == 0 || value.at[0] == '/')
		return value;
	path = arena_take(&reader->tables, folder.len + 1 + value.len);
	if (path == NULL) {
		reader->full = true;
		return value;
	}
	memcpy(path, folder.at, folder.len);
	path[folder.len] = '/';
	memcpy(path + folder.len + 1, value.at, value.len);
	return (struct slice){ path, folder.len + 1 + value.len };
}

static enum result add_standard_items(struct settings *settings, const struct setting *row, struct settings_value *value)
{
	for (struct slice rest = slice_of(row->standard); rest.len;) {
		struct slice item = setting_next_item(&rest);

		if (item.len)
			TRY(settings_add_item(settings, value, item));
	}
	return OK;
}

static struct settings_origin origin_here(const struct reader *reader, int line)
{
	return (struct settings_origin){ slice_of(reader->current->name), line > 0 ? (uint32_t)line : 0 };
}

/* `fresh`: this is the first after `=`; else it is added to a list. */
static void store(struct reader *reader, cfg_t *cfg, const struct use *use, bool fresh, struct slice item)
{
	struct settings_place place = { slice_of(use->node->section->name), slice_of(cfg->title), setting_name(use->row) };
	struct settings_value *value = settings_find(reader->settings, &place);
	bool added = !fresh && value == NULL;

	if (fresh && value) {
		complain(reader, cfg->line, "%.*s is set twice; the first time at %.*s:%u", SHOW(place.name),
		         SHOW(value->origin.file), value->origin.line);
		return;
	}
	if (value == NULL && settings_add_value(reader->settings, &place, origin_here(reader, cfg->line), &value) != OK)
		reader->full = true;
	else if (added && add_standard_items(reader->settings, use->row, value) != OK)
		reader->full = true;
	else if (item.at && settings_add_item(reader->settings, value, resolved(reader, use->row, item)) != OK)
		reader->full = true;
}

static void open_section(const struct node *node, cfg_t *cfg)
{
	struct reader *reader = node->reader;
	struct settings_place place = { .section = slice_of(node->name), .title = slice_of(cfg->title) };
	const struct settings_title *before = settings_find_title(reader->settings, &place);

	if (node->section == NULL || node->shape != TITLED)
		return;
	if (place.title.len == 0)
		complain(reader, cfg->line, "a section '%s' needs a title that is not empty", node->name);
	else if (before)
		complain(reader, cfg->line, "%s '%s' stands here twice; the first one at %.*s:%u", node->name, cfg->title,
		         SHOW(before->origin.file), before->origin.line);
	else if (settings_add_title(reader->settings, &place, origin_here(reader, cfg->line)) != OK)
		reader->full = true;
	judge(reader, node, NULL, place.title, cfg->line);
}

static int take_value(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct use *use = use_of(option);
	struct reader *reader = use->node->reader;

	*(const char **)result = value;
	if (strcmp(value, UNWRITTEN) == 0) {
		if (use->row == NULL)
			open_section(use->node, cfg);
		return 0;
	}
	if (use->row == NULL) {
		complain_unknown(use->node->parent, option->name, cfg->line);
		return 0;
	}
	judge(reader, use->node, use->row, slice_of(value), cfg->line);
	store(reader, cfg, use, use->row->kind != SETTING_list || option->nvalues == 1, slice_of(value));
	return 0;
}

/* `x = {}` calls nobody back: it shows at the end, because a list that was not written has one item. */
static void find_empty_lists(struct reader *reader, cfg_t *cfg)
{
	for (cfg_opt_t *option = cfg->opts; option->name; option++) {
		const struct use *use = use_of(option);

		if (use->row && use->row->kind == SETTING_list && option->nvalues == 0)
			store(reader, cfg, use, true, (struct slice){ 0 });
	}
}

static int close_section(cfg_t *cfg, cfg_opt_t *option)
{
	(void)cfg;
	if (use_of(option)->node->section && option->nvalues)
		find_empty_lists(use_of(option)->node->reader, option->values[option->nvalues - 1]->section);
	return 0;
}

/* ---- files ---- */

static enum result find_folder(struct reader *reader, struct source *source)
{
	char *slash = strrchr(source->name, '/');
	struct slice folder = { source->name, slash ? (size_t)(slash - source->name) : 0 };
	char here[4096], path[8192];
	int len;

	if (source->name[0] == '/')
		return arena_keep(&reader->memory, folder, &source->folder);
	if (getcwd(here, sizeof(here)) == NULL)
		return REFUSED;
	len = snprintf(path, sizeof(path), "%s%s%.*s", here, folder.len ? "/" : "", SHOW(folder));
	if (len < 0 || (size_t)len >= sizeof(path))
		return REFUSED;
	return arena_keep(&reader->memory, (struct slice){ path, (size_t)len }, &source->folder);
}

static enum result read_whole(struct reader *reader, struct source *source)
{
	closing int fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buffer bytes;
	enum result result = OK;
	char *room;
	ssize_t got = 1;

	buffer_init(&bytes, FILE_LONGEST);
	while (fd >= 0 && result == OK && got > 0) {
		result = buffer_reserve(&bytes, 16384, &room);
		got = result == OK ? read(fd, room, 16384) : -1;
		if (got > 0)
			buffer_grew(&bytes, (size_t)got);
	}
	if (fd < 0 || got < 0)
		complain(reader, 0, "cannot be read: %s", result == OK ? strerror(errno) : "it is too large");
	source->len = buffer_length(&bytes) + 1;
	source->text = fd < 0 || got < 0 ? NULL : arena_take(&reader->memory, source->len);
	if (source->text) {
		memcpy(source->text, buffer_slice(&bytes).at ? buffer_slice(&bytes).at : "", source->len - 1);
		source->text[source->len - 1] = '\n';
	}
	buffer_finish(&bytes);
	return source->text ? OK : REFUSED;
}

static void load(struct reader *reader, struct source *source)
{
	struct source *before = reader->current;
	const char *complaint;
	uint32_t line;

	reader->current = source;
	source->bad = find_folder(reader, source) != OK || read_whole(reader, source) != OK;
	if (!source->bad && settings_wash(source->text, source->len, &line, &complaint) != OK) {
		complain(reader, (int)line, "%s", complaint);
		source->bad = true;
	}
	reader->current = before;
}

static struct source *source_named(struct reader *reader, struct slice name)
{
	struct source *source = reader->sources;

	while (source && !slice_same(slice_of(source->name), name))
		source = source->next;
	if (source)
		return source;
	source = arena_new(&reader->memory, struct source);
	if (source == NULL || arena_text(&reader->memory, name, &source->name) != OK)
		return NULL;
	source->order = reader->source_count++;
	source->next = reader->sources;
	reader->sources = source;
	load(reader, source);
	return source;
}

static bool parse_source(struct reader *reader, cfg_t *cfg, struct source *source)
{
	struct source *before = reader->current;
	int line = cfg->line;
	FILE *file = fmemopen(source->text, source->len, "r");
	bool parsed;

	if (file == NULL)
		return false;
	reader->current = source;
	source->open = true;
	parsed = cfg_parse_fp(cfg, file) == CFG_SUCCESS;
	source->open = false;
	reader->current = before;
	if (before)
		cfg->line = line;                /* the last line of all stays, for what is found at the end */
	(void)fclose(file);
	return parsed;
}

static int take_include(cfg_t *cfg, cfg_opt_t *option, int count, const char **words)
{
	struct reader *reader = use_of(option)->node->reader;
	static const struct setting path_row = { .name = "include", .kind = SETTING_path };
	struct source *source;
	bool parsed;

	if (count != 1 || *words[0] == '\0') {
		complain(reader, cfg->line, "include takes the name of one file: include(\"other.conf\")");
		return 0;
	}
	source = source_named(reader, resolved(reader, &path_row, slice_of(words[0])));
	if (source == NULL || source->bad)
		return 0;
	if (source->open || reader->depth == INCLUDE_DEPTH) {
		complain(reader, cfg->line, source->open ? "this file includes itself" : "includes are nested too deeply");
		return 0;
	}
	reader->depth++;
	parsed = parse_source(reader, cfg, source);
	reader->depth--;
	return parsed ? 0 : -1;
}

/* ---- libConfuse's tables, made from ours ---- */

static bool set_use(cfg_opt_t *option, struct node *node, const struct setting *row)
{
	struct use *use = arena_new(&node->reader->tables, struct use);

	if (use == NULL)
		return false;
	*use = (struct use){ node, row };
	option->def.number = (long)use;
	return true;
}

static char *unwritten_list(struct reader *reader)
{
	static const char text[] = "{\"" UNWRITTEN "\"}";
	char *copy = arena_take(&reader->tables, sizeof(text));

	return copy ? memcpy(copy, text, sizeof(text)) : NULL;
}

static bool make_list(cfg_opt_t *option, struct node *node, const struct setting *row)
{
	option->type = CFGT_STR;
	option->flags = CFGF_LIST;
	option->parsecb = take_value;
	option->def.parsed = unwritten_list(node->reader);
	return option->def.parsed && set_use(option, node, row);
}

static bool make_row(cfg_opt_t *option, struct node *node, const struct setting *row)
{
	if (arena_text(&node->reader->tables, setting_name(row), &option->name) != OK)
		return false;
	if (row->kind == SETTING_list)
		return make_list(option, node, row);
	option->type = CFGT_STR;
	option->flags = CFGF_NODEFAULT;
	option->parsecb = take_value;
	return set_use(option, node, row);
}

static cfg_opt_t *make_options(struct node *node);

static bool make_child(cfg_opt_t *option, struct node *child)
{
	option->name = child->name;
	if (child->shape == PLAIN) {
		option->type = CFGT_STR;
		option->flags = CFGF_LIST | CFGF_NODEFAULT;
		option->parsecb = take_value;
		return set_use(option, child, NULL);
	}
	option->type = CFGT_SEC;
	option->flags = CFGF_NODEFAULT | (child->shape == TITLED ? CFGF_TITLE | CFGF_MULTI : 0);
	option->subopts = make_options(child);
	option->validcb = close_section;
	return option->subopts && set_use(option, child, NULL);
}

/* The first one never stands in a file: it leads from a section to its node, and tells of its beginning. */
static cfg_opt_t *make_options(struct node *node)
{
	size_t rows = node->section ? node->section->row_count : 0, count = rows + 3;
	cfg_opt_t *options, *next;
	bool made;

	for (const struct node *child = node->children; child; child = child->next)
		count++;
	options = next = arena_array(&node->reader->tables, cfg_opt_t, count);
	if (options == NULL)
		return NULL;
	next->name = UNWRITTEN;
	made = make_list(next++, node, NULL);
	for (size_t i = 0; made && i < rows; i++)
		made = make_row(next++, node, &node->section->rows[i]);
	for (struct node *child = node->children; made && child; child = child->next)
		made = make_child(next++, child);
	if (made && node->parent == NULL) {
		next->name = "include";
		next->type = CFGT_FUNC;
		next->func = take_include;
		made = set_use(next, node, NULL);
	}
	return made ? options : NULL;
}

/* ---- the reading ---- */

static bool attempt(struct reader *reader, struct source *source)
{
	cfg_opt_t *options;
	cfg_t *cfg;
	bool parsed;

	arena_reset(&reader->tables);
	settings_finish(reader->settings);
	settings_init(reader->settings);
	reader->learned = false;
	options = make_options(&reader->top);
	cfg = options ? cfg_init(options, CFGF_NONE) : NULL;
	if (cfg == NULL)
		return false;
	(void)cfg_set_error_function(cfg, take_error);
	parsed = parse_source(reader, cfg, source);
	reader->current = source;
	if (parsed)
		find_empty_lists(reader, cfg);
	reader->current = NULL;
	(void)cfg_free(cfg);
	return parsed;
}

static bool plant(struct reader *reader, const struct settings_section *const *schema)
{
	reader->top.reader = reader;
	for (; *schema; schema++) {
		struct node *node = &reader->top;

		if (*(*schema)->name)
			node = add_child(&reader->top, (*schema)->name);
		if (node == NULL)
			return false;
		node->section = *schema;
		node->shape = (*schema)->titled ? TITLED : SECTION;
	}
	return true;
}

static void read_file(struct reader *reader, const char *file)
{
	struct source *source = source_named(reader, slice_of(file));
	bool parsed = false;

	if (source == NULL || source->bad)
		return;
	do
		parsed = attempt(reader, source);
	while (!parsed && reader->learned && !reader->full);
	if (!parsed && reader->complaint_count == 0)
		complain(reader, 0, "cannot be understood");
}

enum result settings_read_file(struct settings *settings, const char *file, bool lenient,
                               const struct settings_section *const *schema, struct buffer *complaints)
{
	struct reader reader = { .settings = settings, .lenient = lenient };
	bool good;

	arena_init(&reader.memory, READER_MEMORY);
	arena_init(&reader.tables, READER_MEMORY);
	if (plant(&reader, schema))
		read_file(&reader, file);
	else
		reader.full = true;
	if (reader.full)
		complain(&reader, 0, "the settings are too many for the memory that they may take");
	good = reader.complaint_count == 0 && reader.sources && !reader.sources->bad;
	if (write_complaints(&reader, file, complaints) != OK)
		good = false;                    /* cut short: there were some */
	if (!good) {
		settings_finish(settings);
		settings_init(settings);
	}
	arena_finish(&reader.tables);
	arena_finish(&reader.memory);
	return good ? OK : REFUSED;
}
