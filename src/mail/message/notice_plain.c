/* SPDX-License-Identifier: Apache-2.0 */
/* Byte for byte; nothing that could end a line passes. */
#include "mail/message/notice_plain.h"

#include "base/clock.h"

const char *notice_plain(struct foreign *room, struct slice text)
{
	size_t length = text.len < FOREIGN_MOST ? text.len : FOREIGN_MOST;

	for (size_t i = 0; i < length; i++)
		room->text[i] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
	room->text[length] = '\0';
	return room->text;
}

enum result notice_add_from(const struct notice *notice, struct buffer *to)
{
	struct foreign name, host;
	struct slice postmaster = notice->postmaster.len ? notice->postmaster : SLICE("postmaster");

	if (slice_has(postmaster, '@'))
		return buffer_format(to, "From: Mail Delivery System <%s>\r\n", notice_plain(&name, postmaster));
	return buffer_format(to, "From: Mail Delivery System <%s@%s>\r\n", notice_plain(&name, postmaster),
	                     notice_plain(&host, notice->hostname));
}

enum result notice_add_date(struct buffer *to, const char *name, int64_t wall, int32_t offset)
{
	char text[CLOCK_MAIL_SIZE];

	clock_mail_text(wall, offset, text);
	return buffer_format(to, "%s: %s\r\n", name, text);
}
