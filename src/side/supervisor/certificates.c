/* SPDX-License-Identifier: Apache-2.0 */
/* Files are opened here, by root, and handed over as descriptors: to keys the keys, to the front the chains. */
#include "supervisor/certificates.h"

#include "base/fd.h"
#include "supervisor/named_file.h"
#include "supervisor/supervisor.h"
#include "wire/gateway.h"

#include <errno.h>
#include <string.h>

static enum result fill(struct settings *settings, size_t place, struct slice *ret_title,
                        struct certificate_settings *ret_section)
{
	*ret_title = settings_title(settings, "certificate", place);
	return settings_fill(settings, &certificate_settings_section, *ret_title, ret_section);
}

static enum result check_file(struct slice title, struct slice path, struct buffer *complaints)
{
	closing int fd = named_file_open(path);

	if (fd >= 0)
		return OK;
	TRY(buffer_format(complaints, "certificate \"%.*s\": %.*s: %s\n", SHOW(title), SHOW(path),
	                  strerrordesc_np(errno)));
	return REFUSED;
}

enum result certificates_check(struct settings *settings, struct buffer *complaints)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(settings, "certificate"); i++) {
		struct certificate_settings section;
		struct slice title;

		TRY(fill(settings, i, &title, &section));
		if (check_file(title, section.chain.is, complaints) != OK || check_file(title, section.key.is, complaints) != OK)
			result = REFUSED;
	}
	return result;
}

static void give(struct child *child, struct slice title, struct slice path)
{
	closing int fd = named_file_open(path);

	if (fd < 0)
		child_say(child, LOG_LEVEL_ERROR, "certificate-unreadable", "file", path);
	else
		child_must_hear(child, process_hand_gift(child_control_fd(child), GIVEN_FILE, title, 0, fd), "took no file");
}

void certificates_give(struct child *child, struct settings *settings)
{
	const char *which = child->row->certificates;

	for (size_t i = 0; which && i < settings_title_count(settings, "certificate"); i++) {
		struct certificate_settings section;
		struct slice title;

		if (fill(settings, i, &title, &section) == OK)
			give(child, title, strcmp(which, "key") == 0 ? section.key.is : section.chain.is);
	}
}
