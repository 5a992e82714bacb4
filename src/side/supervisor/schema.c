/* SPDX-License-Identifier: Apache-2.0 */
/* The sections stand in the order in which the manual tells of them. */
#include "supervisor/schema.h"

#include "front/front.h"
#include "inspect/inspect.h"
#include "mail/policy/policy.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "resolver/resolver.h"
#include "scanners/scanners.h"
#include "supervisor/listeners.h"
#include "supervisor/logs.h"
#include "wire/gateway.h"

#include <string.h>
#include <unistd.h>

const struct settings_section *const schema[] = {
	&gateway_settings_section, &listen_settings_section, &domain_settings_section, &front_settings_section,
	&inspect_settings_section, &scanner_settings_section, &policy_settings_section, &queue_settings_section,
	&relay_settings_section, &target_settings_section, &resolver_settings_section,
	&log_settings_section, NULL,
};

struct checking {
	struct settings *settings;
	struct buffer *complaints;
	const char *file;
};

static enum result complain_of(struct checking *checking, const char *section, struct slice title, const char *what)
{
	struct settings_origin origin = settings_origin_of(checking->settings, section, title, "");

	TRY(buffer_format(checking->complaints, "%.*s:%u: %s '%.*s' %s\n", SHOW(origin.file), origin.line, section,
			  SHOW(title), what));
	return REFUSED;
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
	}
	return result;
}

static bool delivers_to(const struct domain_settings *domain, struct slice target)
{
	for (size_t i = 0; i < domain->deliver.count; i++)
		if (slice_same(domain->deliver.items[i], target))
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
		    delivers_to(&domain, target))
			return true;
	}
	return settings_fill(checking->settings, &relay_settings_section, SLICE(""), &relay) == OK &&
	       slice_same(relay.relayhost.is, target);
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

static enum result check_policy(struct checking *checking)
{
	const struct policy *compiled;
	struct arena arena;
	struct buffer complaint;
	enum result result;

	arena_init(&arena, 16 << 20);
	buffer_init(&complaint, 4096);
	result = policy_compile(checking->settings, &arena, &compiled, &complaint);
	if (result != OK &&
	    buffer_format(checking->complaints, "%s: %.*s\n", checking->file, SHOW(buffer_slice(&complaint))) == OK)
		result = REFUSED;
	buffer_finish(&complaint);
	arena_finish(&arena);
	return result;
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

static enum result (*const checks[])(struct checking *) = {
	check_listeners, check_domains, check_targets, check_log, check_policy, add_hostname,
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
