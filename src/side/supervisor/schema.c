/* SPDX-License-Identifier: Apache-2.0 */
/* The sections stand in the order in which the manual tells of them. */
#include "supervisor/schema.h"

#include "access/access.h"
#include "front/front.h"
#include "inspect/inspect.h"
#include "keeper/keeper.h"
#include "mail/policy/policy.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "resolver/resolver.h"
#include "scanners/scanners.h"
#include "supervisor/labels.h"
#include "supervisor/list_files.h"
#include "supervisor/listeners.h"
#include "supervisor/logs.h"
#include "supervisor/schema_checks.h"
#include "wire/gateway.h"
#include "wire/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct settings_section *const schema[] = {
	&gateway_settings_section,
	&listen_settings_section,
	&certificate_settings_section,
	&domain_settings_section,
	&table_settings_section,
	&access_settings_section,
	&front_settings_section,
	&inspect_settings_section,
	&scanner_settings_section,
	&policy_settings_section,
	&list_settings_section,
	&template_settings_section,
	&banner_settings_section,
	&dnsbl_settings_section,
	&profile_settings_section,
	&queue_settings_section,
	&keeper_settings_section,
	&relay_settings_section,
	&route_settings_section,
	&target_settings_section,
	&resolver_settings_section,
	&log_settings_section,
	NULL,
};

static enum result complain_of(struct checking *checking, const char *section, struct slice title, const char *what)
{
	struct settings_origin origin = settings_origin_of(checking->settings, section, title, "");

	TRY(buffer_format(checking->complaints, "%.*s:%u: %s '%.*s' %s\n", SHOW(origin.file), origin.line, section,
			  SHOW(title), what));
	return REFUSED;
}

/* One of them would never be asked. */
static bool has_forerunner(const struct settings *settings, size_t place, struct slice title)
{
	for (size_t i = 0; i < place; i++)
		if (slice_same_nocase(settings_title(settings, "domain", i), title))
			return true;
	return false;
}

static enum result check_domains(struct checking *checking)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(checking->settings, "domain"); i++) {
		struct slice title = settings_title(checking->settings, "domain", i);
		struct domain_settings domain;

		TRY(settings_fill(checking->settings, &domain_settings_section, title, &domain));
		if (domain.deliver.count == 0)
			result = complain_of(checking, "domain", title,
					     "says nowhere to deliver to: deliver = \"lmtp://host:24\" is meant");
		if (has_forerunner(checking->settings, i, title))
			result = complain_of(checking, "domain", title, "stands there already, but for upper and lower case");
	}
	return result;
}

static bool delivers_to(const struct list *deliver, struct slice target)
{
	for (size_t i = 0; i < deliver->count; i++)
		if (slice_same(deliver->items[i], target))
			return true;
	return false;
}

static bool is_delivered_to(struct checking *checking, struct slice target)
{
	struct relay_settings relay;

	for (size_t i = 0; i < settings_title_count(checking->settings, "domain"); i++) {
		struct slice title = settings_title(checking->settings, "domain", i);
		struct domain_settings domain;

		if (settings_fill(checking->settings, &domain_settings_section, title, &domain) == OK &&
		    delivers_to(&domain.deliver, target))
			return true;
	}
	for (size_t i = 0; i < settings_title_count(checking->settings, "route"); i++) {
		struct slice title = settings_title(checking->settings, "route", i);
		struct route_settings route;

		if (settings_fill(checking->settings, &route_settings_section, title, &route) == OK &&
		    delivers_to(&route.deliver, target))
			return true;
	}
	return settings_fill(checking->settings, &relay_settings_section, SLICE(""), &relay) == OK &&
	       slice_same(relay.relayhost.is, target);
}

static bool is_our_domain(const struct checking *checking, struct slice domain)
{
	for (size_t i = 0; i < settings_title_count(checking->settings, "domain"); i++)
		if (slice_same_nocase(settings_title(checking->settings, "domain", i), domain))
			return true;
	return false;
}

static enum result check_routes(struct checking *checking)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(checking->settings, "route"); i++) {
		struct slice title = settings_title(checking->settings, "route", i), domain = title;
		struct route_settings route;

		TRY(settings_fill(checking->settings, &route_settings_section, title, &route));
		(void)slice_cut(&domain, '@');
		if (route.deliver.count == 0)
			result = complain_of(checking, "route", title, "says nowhere to deliver to");
		if (!is_our_domain(checking, domain))
			result = complain_of(checking, "route", title, "is of no domain that has a section");
	}
	return result;
}

static enum result check_targets(struct checking *checking)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(checking->settings, "target"); i++) {
		struct slice title = settings_title(checking->settings, "target", i);

		if (!is_delivered_to(checking, title))
			result = complain_of(checking, "target", title,
					     "is no domain's: the text that stands in deliver is meant");
	}
	return result;
}

static size_t addresses_same(struct settings *settings, struct slice address)
{
	size_t same = 0;

	for (size_t i = 0; i < settings_title_count(settings, "listen"); i++) {
		struct listen_settings listen;

		if (settings_fill(settings, &listen_settings_section, settings_title(settings, "listen", i), &listen) !=
		    OK)
			continue;
		for (size_t j = 0; j < listen.address.count; j++)
			same += slice_same(listen.address.items[j], address);
	}
	return same;
}

static enum result check_listeners(struct checking *checking)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(checking->settings, "listen"); i++) {
		struct slice title = settings_title(checking->settings, "listen", i);
		struct listen_settings listen;

		TRY(settings_fill(checking->settings, &listen_settings_section, title, &listen));
		if (listen.address.count == 0)
			result =
			    complain_of(checking, "listen", title, "has no address: address = \"0.0.0.0:25\" is meant");
		for (size_t j = 0; j < listen.address.count; j++)
			if (addresses_same(checking->settings, listen.address.items[j]) > 1)
				result = complain_of(checking, "listen", title,
						     "has an address that is listened on already");
	}
	return result;
}

struct place_row { const char *section, *name; struct slice path; bool above; };

/* "FILE:LINE: spool = '/x': it is no folder" */
static enum result check_place(struct checking *checking, const struct place_row *row)
{
	struct settings_origin origin = settings_origin_of(checking->settings, row->section, SLICE(""), row->name);
	struct stat about;
	char path[4096];
	struct slice folder = row->path;
	int len;

	while (row->above && folder.len && folder.at[folder.len - 1] != '/')
		folder.len--;
	len = snprintf(path, sizeof(path), "%.*s", SHOW(folder));
	if (len <= 0 || (size_t)len >= sizeof(path))
		return OK;
	if (stat(path, &about) == 0 ? S_ISDIR(about.st_mode) : errno != ENOTDIR && (errno != ENOENT || !row->above))
		return OK;
	TRY(buffer_format(checking->complaints, "%.*s:%u: %s = '%.*s': %s\n", SHOW(origin.file), origin.line, row->name,
			  SHOW(row->path), row->above ? "there is no such folder to put it into" : "it is no folder"));
	return REFUSED;
}

/* Folders may be missing, and are made; but what is there must be a folder. A log is put into one that is there. */
static enum result check_places(struct checking *checking)
{
	struct gateway_settings gateway;
	struct log_settings log;
	enum result result = OK;

	TRY(settings_fill(checking->settings, &gateway_settings_section, SLICE(""), &gateway));
	TRY(settings_fill(checking->settings, &log_settings_section, SLICE(""), &log));
	const struct place_row places[] = {
		{ "", "spool", gateway.spool.is, false }, { "", "state", gateway.state.is, false },
		{ "", "run", gateway.run.is, false }, { "log", "file", log.to.is == LOG_TO_FILE ? log.file.is : SLICE(""), true },
	};

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (check_place(checking, &places[i]) != OK)
			result = REFUSED;
	return result;
}

static enum result check_log(struct checking *checking)
{
	struct settings_origin origin = settings_origin_of(checking->settings, "log", SLICE(""), "to");
	struct log_settings log;

	TRY(settings_fill(checking->settings, &log_settings_section, SLICE(""), &log));
	if (log.to.is != LOG_TO_FILE || log.file.is.len)
		return OK;
	TRY(buffer_format(checking->complaints,
			  "%.*s:%u: log to = file needs a file: file = \"/var/log/postern.log\" is meant\n",
			  SHOW(origin.file), origin.line));
	return REFUSED;
}

/* What the front takes, the queue takes too: otherwise a client hears "too large" only after all its bytes. */
static enum result check_sizes(struct checking *checking)
{
	struct settings_origin origin = settings_origin_of(checking->settings, "front", SLICE(""), "message_limit");
	struct front_settings front;
	struct queue_settings queue;

	TRY(settings_fill(checking->settings, &front_settings_section, SLICE(""), &front));
	TRY(settings_fill(checking->settings, &queue_settings_section, SLICE(""), &queue));
	if (front.message_limit.n <= queue.message_limit.n)
		return OK;
	if (origin.line == 0)
		origin = settings_origin_of(checking->settings, "queue", SLICE(""), "message_limit");
	TRY(buffer_format(checking->complaints, "%.*s:%u: front message_limit is larger than queue message_limit: "
			  "the queue would refuse what the front takes\n", SHOW(origin.file), origin.line));
	return REFUSED;
}

/* A file that was emptied by accident, or by a full disk, must not pass for one. */
static enum result check_emptiness(struct checking *checking)
{
	if (checking->settings->first || checking->settings->titles)
		return OK;
	TRY(buffer_format(checking->complaints, "%s: says nothing: at least listen \"smtp\" { address = \"0.0.0.0:25\" } "
			  "is meant\n", checking->file));
	return REFUSED;
}

static enum result add_list_files(struct checking *checking)
{
	return list_files_read(checking->settings, checking->complaints);
}

static enum result check_access(struct checking *checking)
{
	return access_check(checking->settings, checking->complaints);
}

/* The file may say nothing: then it is the system's name, for everybody the same. */
static enum result add_hostname(struct checking *checking)
{
	struct gateway_settings gateway;
	char name[256] = "";

	TRY(settings_fill(checking->settings, &gateway_settings_section, SLICE(""), &gateway));
	if (gateway.hostname.is.len)
		return OK;
	if (gethostname(name, sizeof(name) - 1) != 0 || *name == '\0')
		memcpy(name, "localhost", sizeof("localhost"));
	return settings_put(checking->settings, "", "hostname", slice_of(name));
}

/* First of all: the others compare names. */
static enum result apply_labels(struct checking *checking)
{
	return labels_apply(checking->settings, checking->complaints);
}

static enum result (*const checks[])(struct checking *) = {
	apply_labels, check_emptiness, add_list_files, check_listeners, check_domains, check_routes, check_targets, check_sizes, check_places, check_log, schema_check_policy,
	check_access, add_hostname,
};

enum result schema_read(struct settings *settings, const char *file, struct buffer *complaints)
{
	struct checking checking = { settings, complaints, file };
	enum result result = settings_read_file(settings, file, false, schema, complaints);

	if (result != OK)
		return result;
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (checks[i](&checking) != OK)
			result = REFUSED;
	return result;
}

enum result schema_describe(struct buffer *to)
{
	for (size_t i = 0; schema[i]; i++)
		TRY(settings_describe(schema[i], to));
	return OK;
}
