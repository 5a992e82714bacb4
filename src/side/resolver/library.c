/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options are rows. The first question ("localhost", which the library knows by itself) is asked here,
 * so that the library opens and reads before the jail whatever it will want.
 */
#include "resolver/library.h"
#include "resolver/servers.h"

#include <stdio.h>
#include <unbound.h>
#include <unbound-event.h>

static const struct { const char *name, *value; } options[] = {
	{ "verbosity:", "0" },                    /* it would write to standard error */
	{ "msg-cache-slabs:", "1" },              /* no threads share them */
	{ "rrset-cache-slabs:", "1" },
	{ "infra-cache-slabs:", "1" },
	{ "key-cache-slabs:", "1" },
	{ "key-cache-size:", "4m" },
	{ "neg-cache-size:", "1m" },
	{ "outgoing-range:", "512" },
	{ "num-queries-per-thread:", "1024" },
	{ "do-not-query-localhost:", "no" },      /* a caching server on this machine is what many have */
	{ "unblock-lan-zones:", "yes" },          /* private addresses may have names, where the servers are ours */
	{ "edns-buffer-size:", "1232" },
	{ "cache-max-negative-ttl:", "300" },
	{ "serve-expired:", "no" },
};

static enum result refuse(struct buffer *complaint, const char *what, const char *value, int error)
{
	TRY(buffer_format(complaint, "%s %s: %s", what, value, ub_strerror(error)));
	return BROKEN;
}

static enum result set(struct ub_ctx *context, const char *name, const char *value, struct buffer *complaint)
{
	int error = ub_ctx_set_option(context, name, value);

	return error ? refuse(complaint, name, value, error) : OK;
}

static enum result set_caches(struct ub_ctx *context, const struct resolver_settings *settings,
			      struct buffer *complaint)
{
	char size[32];

	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)settings->cache.n);
	TRY(set(context, "msg-cache-size:", size, complaint));
	return set(context, "rrset-cache-size:", size, complaint);
}

static enum result set_signatures(struct ub_ctx *context, const struct resolver_settings *settings,
                                  struct buffer *complaint)
{
	char name[512];
	int error;

	if (!settings->dnssec.on)
		return set(context, "module-config:", "iterator", complaint);
	(void)snprintf(name, sizeof(name), "%.*s", SHOW(settings->trust_anchor.is));
	error = ub_ctx_add_ta_file(context, name);
	return error ? refuse(complaint, "trust_anchor", name, error) : OK;
}

static enum result set_servers(struct ub_ctx *context, const struct resolver_settings *settings,
			       struct buffer *complaint)
{
	char text[SERVER_TEXT];
	int error;

	if (settings->servers.count == 0) {
		error = ub_ctx_resolvconf(context, NULL);
		return error ? refuse(complaint, "servers of", "/etc/resolv.conf", error) : OK;
	}
	for (size_t i = 0; i < settings->servers.count; i++) {
		if (slice_same(settings->servers.items[i], SLICE("recursive")))
			continue;
		TRY(server_text(settings->servers.items[i], text));
		error = ub_ctx_set_fwd(context, text);
		if (error)
			return refuse(complaint, "servers", text, error);
	}
	return OK;
}

/* Zones of a test's, such as `test`, are empty by default; a stub says that they are not. */
static enum result set_stubs(struct ub_ctx *context, const struct resolver_settings *settings, struct buffer *complaint)
{
	char zone[ZONE_TEXT], server[SERVER_TEXT];
	int error;

	for (size_t i = 0; i < settings->stubs.count; i++) {
		TRY(stub_text(settings->stubs.items[i], zone, server));
		error = ub_ctx_set_stub(context, zone, server, 0);
		if (error)
			return refuse(complaint, "stubs", zone, error);
	}
	for (size_t i = 0; i < settings->stubs.count; i++) {
		TRY(stub_text(settings->stubs.items[i], zone, server));
		error = ub_ctx_zone_add(context, zone, "transparent");
		if (error)
			return refuse(complaint, "stubs", zone, error);
	}
	return OK;
}

static void first_answer(void *seen, int code, void *message, int length, int security, char *why, int limited)
{
	(void)code, (void)message, (void)length, (void)security, (void)why, (void)limited;
	*(bool *)seen = true;
}

static enum result ask_first(struct ub_ctx *context, struct buffer *complaint)
{
	bool seen = false;
	int error = ub_resolve_event(context, "localhost", 1, 1, &seen, first_answer, NULL);

	if (error)
		return refuse(complaint, "first question", "localhost", error);
	return seen ? OK : refuse(complaint, "first question", "localhost", UB_INITFAIL);
}

static enum result set_up(struct ub_ctx *context, const struct resolver_settings *settings, struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		TRY(set(context, options[i].name, options[i].value, complaint));
	TRY(set_caches(context, settings, complaint));
	TRY(set_signatures(context, settings, complaint));
	TRY(set_servers(context, settings, complaint));
	TRY(set_stubs(context, settings, complaint));
	return ask_first(context, complaint);
}

enum result library_open(struct ub_ctx **ret_context, struct loop *loop, const struct resolver_settings *settings,
                         struct buffer *complaint)
{
	struct ub_ctx *context = ub_ctx_create_event(loop_events(loop));

	if (context == NULL || set_up(context, settings, complaint) != OK) {
		library_close(context);
		return BROKEN;
	}
	*ret_context = context;
	return OK;
}

void library_close(struct ub_ctx *context)
{
	if (context)
		ub_ctx_delete(context);
}
