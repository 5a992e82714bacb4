/* SPDX-License-Identifier: Apache-2.0 */
/* libConfuse is given every value as text, and tells us of each in a call-back, the only moment when it
 * knows the line. What it calls an unknown name is added to its tables (so the rest of the file is
 * looked at too), and the file is read again from memory, until nothing new is unknown. Its call-backs
 * carry no owner; ours travels in the default number of each option, which texts do not use. */
#include "base/settings_reader.h"
#include "base/settings_store.h"

#include <confuse.h>
#include <string.h>

enum { READER_MEMORY = 32 << 20, INCLUDE_DEPTH = 10 };

/* Stands as the only item in a list that was not written: no file can contain this byte. */
#define UNWRITTEN "\001"

static struct use *use_of(const cfg_opt_t *option)
{
	return (struct use *)option->def.number;
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
		reader_learn(node, name, cfg->line);
	else if (strcmp(format, NO_EQUAL_SIGN) == 0 && reader_reshape(node, name, PLAIN, SECTION))
		return;
	else if (strcmp(format, NO_BRACE) == 0 && reader_reshape(node, name, SECTION, TITLED))
		return;
	else if (strcmp(format, NO_TITLE) == 0)
		reader_complain(node->reader, cfg->line, "a section '%s' needs a title in quotes: %s \"name\" { ... }",
				name, name);
	else
		reader_complain(node->reader, cfg->line, "%s", text);
}

static int take_value(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct use *use = use_of(option);
	struct reader *reader = use->node->reader;

	*(const char **)result = value;
	if (strcmp(value, UNWRITTEN) == 0) {
		if (use->row == NULL)
			reader_open_section(use->node, slice_of(cfg->title), cfg->line);
		return 0;
	}
	if (use->row == NULL) {
		reader_complain_unknown(use->node->parent, option->name, cfg->line);
		return 0;
	}
	reader_judge(reader, use->node, use->row, slice_of(value), cfg->line);
	reader_store(use, slice_of(cfg->title), cfg->line, use->row->kind != SETTING_list || option->nvalues == 1,
		     slice_of(value));
	return 0;
}

/* `x = {}` calls nobody back: it shows at the end, because a list that was not written has one item. */
static void find_empty_lists(cfg_t *cfg)
{
	for (cfg_opt_t *option = cfg->opts; option->name; option++) {
		const struct use *use = use_of(option);

		if (use->row && use->row->kind == SETTING_list && option->nvalues == 0)
			reader_store(use, slice_of(cfg->title), cfg->line, true, (struct slice){ 0 });
	}
}

static int close_section(cfg_t *cfg, cfg_opt_t *option)
{
	(void)cfg;
	if (use_of(option)->node->section && option->nvalues)
		find_empty_lists(option->values[option->nvalues - 1]->section);
	return 0;
}

/* ---- files ---- */

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
		reader_complain(reader, cfg->line, "include takes the name of one file: include(\"other.conf\")");
		return 0;
	}
	source = reader_source(reader, reader_resolved(reader, &path_row, slice_of(words[0])));
	if (source == NULL || source->bad) {
		reader_complain(reader, cfg->line, "includes '%s', which cannot be used", words[0]);
		return 0;
	}
	if (source->open || reader->depth == INCLUDE_DEPTH) {
		reader_complain(reader, cfg->line,
			 source->open ? "this file includes itself" : "includes are nested too deeply");
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
		find_empty_lists(cfg);
	reader->current = NULL;
	(void)cfg_free(cfg);
	return parsed;
}

static bool plant_within(struct node *node)
{
	const struct settings_section *const *within = node->section->within;

	for (; within && *within; within++) {
		struct node *child = reader_add_child(node, (*within)->name);

		if (child == NULL)
			return false;
		child->section = *within;
		child->shape = (*within)->titled ? TITLED : SECTION;
	}
	return true;
}

static bool plant(struct reader *reader, const struct settings_section *const *schema)
{
	reader->top.reader = reader;
	for (; *schema; schema++) {
		struct node *node = &reader->top;

		if (*(*schema)->name)
			node = reader_add_child(&reader->top, (*schema)->name);
		if (node == NULL)
			return false;
		node->section = *schema;
		node->shape = (*schema)->titled ? TITLED : SECTION;
		if (!plant_within(node))
			return false;
	}
	return true;
}

static void read_file(struct reader *reader, const char *file)
{
	struct source *source = reader_source(reader, slice_of(file));
	bool parsed = false;

	if (source == NULL || source->bad)
		return;
	do
		parsed = attempt(reader, source);
	while (!parsed && reader->learned && !reader->full);
	if (!parsed && reader->complaint_count == 0)
		reader_complain(reader, 0, "cannot be understood");
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
		reader_complain(&reader, 0, "the settings are too many for the memory that they may take");
	good = reader.complaint_count == 0 && reader.sources && !reader.sources->bad;
	if (reader_write_complaints(&reader, file, complaints) != OK)
		good = false;                    /* cut short: there were some */
	if (!good) {
		settings_finish(settings);
		settings_init(settings);
	}
	arena_finish(&reader.tables);
	arena_finish(&reader.memory);
	return good ? OK : REFUSED;
}
