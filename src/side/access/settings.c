/* SPDX-License-Identifier: Apache-2.0 */
/* The rows, and what only all sections together tell: is each named table there, and has it what its type needs? */
#include "access/access.h"

#include "access/text_table.h"
#include "base/fd.h"
#include "wire/gateway.h"

#include <fcntl.h>

enum { PATH_SIZE = 4096 };

#define ROW(...) SETTINGS_ROW(access_settings, __VA_ARGS__)
static const struct setting rows[] = { ACCESS_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(table_settings, __VA_ARGS__)
static const struct setting table_rows[] = { TABLE_SETTINGS(ROW) };
#undef ROW

static enum result check_table(const char *name, struct slice value, struct buffer *complaint)
{
	if (name[0] || gateway_table_name(value))
		return OK;
	TRY(buffer_add(complaint, SLICE("a table's name is letters, digits, - and _, and not \"callout\"")));
	return REFUSED;
}

const struct settings_section access_settings_section = {
	.name = "access", .rows = rows, .row_count = COUNT_OF(rows), .size = sizeof(struct access_settings),
	.about = "how recipients are looked up",
};
const struct settings_section table_settings_section = {
	.name = "table", .titled = true, .rows = table_rows, .row_count = COUNT_OF(table_rows),
	.size = sizeof(struct table_settings),
	.about = "a table of recipients or aliases, which `domain` names", .check = check_table,
};

const struct counter access_counters[] = { ACCESS_COUNTERS(COUNTER_ROW) };
const unsigned access_counter_count = COUNT_OF(access_counters);

/* ---- all sections together ---- */

struct checking { struct settings *settings; struct buffer *complaints; bool wrong; };

static void complain(struct checking *checking, const char *section, struct slice title, const char *name,
                     struct slice what, const char *why)
{
	struct settings_origin origin = settings_origin_of(checking->settings, section, title, name);

	if (origin.line == 0)
		origin = settings_origin_of(checking->settings, section, title, "");
	checking->wrong = true;
	(void)!buffer_format(checking->complaints, "%.*s:%u: %s '%.*s': %.*s%s%s\n", SHOW(origin.file), origin.line, section,
	                     SHOW(title), SHOW(what), what.len ? " " : "", why);
}

static bool is_table(struct settings *settings, struct slice name)
{
	for (size_t i = 0; i < settings_title_count(settings, "table"); i++)
		if (slice_same(settings_title(settings, "table", i), name))
			return true;
	return false;
}

static bool has(const struct list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++)
		if (slice_same(list->items[i], name))
			return true;
	return false;
}

/* Does mail go on to what stands in it, in any domain? */
static bool needs_values(struct settings *settings, struct slice table)
{
	for (size_t i = 0; i < settings_title_count(settings, "domain"); i++) {
		struct domain_settings domain;

		if (settings_fill(settings, &domain_settings_section,
		                  settings_title(settings, "domain", i), &domain) == OK &&
		    (has(&domain.aliases, table) || has(&domain.virtual, table) || has(&domain.canonical, table)))
			return true;
	}
	return false;
}

static void check_names(struct checking *checking, struct slice title, const char *name, const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!slice_same(list->items[i], SLICE("callout")) && !is_table(checking->settings, list->items[i]))
			complain(checking, "domain", title, name, list->items[i],
			         "is no table; the name of a section `table` is meant");
}

static void check_callout(struct checking *checking, struct slice title, const struct domain_settings *domain)
{
	static const char *const names[] = { "aliases", "virtual", "canonical" };
	const struct list *const lists[] = { &domain->aliases, &domain->virtual, &domain->canonical };

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (has(lists[i], SLICE("callout")))
			complain(checking, "domain", title, names[i], SLICE("callout"), "stands in `recipients` only");
	for (size_t i = 0; has(&domain->recipients, SLICE("callout")) && i < domain->deliver.count; i++) {
		struct target target;

		if (target_parse(domain->deliver.items[i], &target) != OK || target.kind == TARGET_MAILDIR)
			complain(checking, "domain", title, "recipients", SLICE("callout"),
			         "asks smtp:// and lmtp:// targets only");
	}
}

static void check_domain(struct checking *checking, struct slice title)
{
	struct domain_settings domain;

	if (settings_fill(checking->settings, &domain_settings_section, title, &domain) != OK)
		return;
	check_names(checking, title, "recipients", &domain.recipients);
	check_names(checking, title, "aliases", &domain.aliases);
	check_names(checking, title, "virtual", &domain.virtual);
	check_names(checking, title, "canonical", &domain.canonical);
	check_callout(checking, title, &domain);
}

static bool has_callout(struct settings *settings, struct slice name)
{
	for (size_t i = 0; i < settings_title_count(settings, "domain"); i++) {
		struct slice title = settings_title(settings, "domain", i);
		struct domain_settings domain;

		if (slice_same_nocase(title, name) && settings_fill(settings, &domain_settings_section, title, &domain) == OK)
			return has(&domain.recipients, SLICE("callout"));
	}
	return false;
}

/* A call-out asks where the mail would go. */
static void check_route(struct checking *checking, struct slice title)
{
	struct slice domain = title;
	struct route_settings route;

	(void)slice_cut(&domain, '@');
	if (!has_callout(checking->settings, domain) ||
	    settings_fill(checking->settings, &route_settings_section, title, &route) != OK)
		return;
	for (size_t i = 0; i < route.deliver.count; i++) {
		struct target target;

		if (target_parse(route.deliver.items[i], &target) != OK || target.kind == TARGET_MAILDIR)
			complain(checking, "route", title, "deliver", route.deliver.items[i],
			         "cannot be asked by the callout of its domain: smtp:// or lmtp:// is meant");
	}
}

static void check_text(struct checking *checking, struct slice title, const struct table_settings *table)
{
	struct text_table text = { 0 };
	char path[PATH_SIZE];
	closing int fd = -1;

	if (table->file.is.len < sizeof(path)) {
		memcpy(path, table->file.is.at, table->file.is.len);
		path[table->file.is.len] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0) {
		complain(checking, "table", title, "file", table->file.is, "cannot be opened");
		return;
	}
	if (text_table_read(&text, fd, table->file.is, needs_values(checking->settings, title), checking->complaints) != OK)
		checking->wrong = true;
	text_table_finish(&text);
}

static void check_one_table(struct checking *checking, struct slice title)
{
	static const struct { bool file, query, connection; } needs[] = {
		[TABLE_IS_FILE] = { true, false, false },
		[TABLE_IS_SQLITE] = { true, true, false },
		[TABLE_IS_PGSQL] = { false, true, true },
	};
	struct table_settings table;

	if (settings_fill(checking->settings, &table_settings_section, title, &table) != OK)
		return;
	if (needs[table.type.is].file && table.file.is.len == 0)
		complain(checking, "table", title, "", SLICE(""), "has no file: file = \"/etc/postern/recipients\" is meant");
	else if (table.type.is == TABLE_IS_FILE)
		check_text(checking, title, &table);
	if (needs[table.type.is].query != (table.query.is.len > 0))
		complain(checking, "table", title, "query", SLICE(""),
		         table.query.is.len ? "is a file, which takes no query" : "is a database, which needs a query");
	if (needs[table.type.is].connection && table.connection.is.len == 0)
		complain(checking, "table", title, "", SLICE(""), "has no connection: connection = \"host=127.0.0.1 user=mail\" is meant");
}

enum result access_check(struct settings *settings, struct buffer *complaints)
{
	struct checking checking = { .settings = settings, .complaints = complaints };

	for (size_t i = 0; i < settings_title_count(settings, "domain"); i++)
		check_domain(&checking, settings_title(settings, "domain", i));
	for (size_t i = 0; i < settings_title_count(settings, "route"); i++)
		check_route(&checking, settings_title(settings, "route", i));
	for (size_t i = 0; i < settings_title_count(settings, "table"); i++)
		check_one_table(&checking, settings_title(settings, "table", i));
	return checking.wrong ? REFUSED : OK;
}
