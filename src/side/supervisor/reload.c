/* SPDX-License-Identifier: Apache-2.0 */
/* The new settings are read beside the old ones, and take their place only when all of them are good. */
#include "supervisor/supervisor.h"

#include "supervisor/certificates.h"
#include "supervisor/schema.h"
#include "supervisor/systemd.h"

#include <string.h>

static void log_complaints(struct supervisor *supervisor, struct slice complaints)
{
	while (complaints.len)
		supervisor_say(supervisor, LOG_LEVEL_ERROR, "settings-wrong", "what", slice_cut(&complaints, '\n'));
}

/* What only a start can change: said, and left as it is. */
static void say_what_waits(struct supervisor *supervisor, const struct settings *fresh)
{
	static const struct { const char *section, *name; } rows[] = {
		{ "", "spool" }, { "", "state" }, { "", "run" }, { "", "jail" }, { "front", "processes" },
	};
	struct buffer before, after;

	buffer_init(&before, 65536);
	buffer_init(&after, 65536);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buffer_clear(&before);
		buffer_clear(&after);
		if (settings_show(&supervisor->settings, rows[i].section, rows[i].name, &before) == OK &&
		    settings_show(fresh, rows[i].section, rows[i].name, &after) == OK &&
		    !slice_same(buffer_slice(&before), buffer_slice(&after)))
			supervisor_say(supervisor, LOG_LEVEL_WARNING, "settings-wait", "until_restart",
				       slice_of(rows[i].name));
	}
	buffer_finish(&before);
	buffer_finish(&after);
}

static enum result use(struct supervisor *supervisor, struct settings *fresh, struct buffer *packed,
		       struct buffer *complaints)
{
	struct log_settings log;
	size_t added;
	bool removed;

	TRY(settings_fill(fresh, &log_settings_section, SLICE(""), &log));
	TRY(settings_pack(fresh, packed));
	TRY(certificates_check(fresh, complaints));
	TRY(listeners_follow(&supervisor->listeners, fresh, 0, complaints, &added, &removed));
	say_what_waits(supervisor, fresh);
	if (logs_use(&supervisor->logs, &log) != OK)
		supervisor_say(supervisor, LOG_LEVEL_ERROR, "log-file", "cannot_open", log.file.is);
	children_reload(&supervisor->children, buffer_slice(packed), fresh);
	children_give_listeners(&supervisor->children, added);
	if (removed)
		children_stop_listening(&supervisor->children);
	children_restart_changed(&supervisor->children, &supervisor->settings, fresh);
	return OK;
}

enum result supervisor_reload(struct supervisor *supervisor, struct buffer *complaints)
{
	struct settings fresh;
	struct buffer packed;
	enum result result;

	if (supervisor->stopping)
		return REFUSED;
	systemd_reloading();
	settings_init(&fresh);
	buffer_init(&packed, 32 << 20);
	result = schema_read(&fresh, supervisor->config, complaints);
	if (result == OK)
		result = use(supervisor, &fresh, &packed, complaints);
	if (result == OK) {
		settings_finish(&supervisor->settings);
		buffer_finish(&supervisor->packed);
		supervisor->settings = fresh;
		supervisor->packed = packed;
		supervisor_say(supervisor, LOG_LEVEL_NOTICE, "reloaded", "from", slice_of(supervisor->config));
	} else {
		settings_finish(&fresh);
		buffer_finish(&packed);
		log_complaints(supervisor, buffer_slice(complaints));
		supervisor_say(supervisor, LOG_LEVEL_ERROR, "not-reloaded", "from", slice_of(supervisor->config));
	}
	systemd_ready(result == OK ? "reloaded" : "the new settings are wrong; the old ones stand");
	return result;
}
