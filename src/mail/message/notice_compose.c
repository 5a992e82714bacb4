/* SPDX-License-Identifier: Apache-2.0 */
/* Three parts in a row (RFC 3462, 3464): words, status, the original. Text and status have shares of the whole; the
 * original gets what is left. Every foreign text passes through notice_plain(), so none can end a line or a part. */
#include "mail/message/notice.h"

#include "mail/message/notice_address.h"
#include "mail/message/parts.h"

#include <string.h>

enum { TEXT_SHARE = 12288, STATUS_SHARE = 20480, LINE_MOST = 998, BOUNDARY_SIZE = 64,
       CLOSING = 256, STATUS_SIZE = 12 };

static const struct words {
	const char *subject, *action, *status, *says;
} words_of[] = {
	[NOTICE_FAILURE] = { "Your message could not be delivered", "failed", "5.0.0",
	                     "Your message could not be delivered to the recipients below. It will not be tried\r\n"
	                     "again; what the next server said stands beside each address.\r\n" },
	[NOTICE_DELAY] = { "Your message is delayed", "delayed", "4.0.0",
	                   "Your message has not yet been delivered to the recipients below. You need not do\r\n"
	                   "anything: delivery is still being tried, and you will hear if it fails.\r\n" },
	[NOTICE_SUCCESS] = { "Your message was delivered", "delivered", "2.0.0",
	                     "Your message was delivered to the recipients below, as you asked to be told.\r\n" },
};

/* RFC 6533: to an address that is not ASCII the whole notice may be UTF-8; it could go no other way. */
static bool is_wide(const struct notice *notice)
{
	return !notice_is_ascii(notice->sender);
}

static const char *encoding_field(const struct notice *notice)
{
	return is_wide(notice) ? "Content-Transfer-Encoding: 8bit\r\n" : "";
}

static enum result add_field(struct buffer *to, const char *name, const char *type, struct slice value)
{
	struct foreign room;

	if (value.len == 0)
		return OK;
	return buffer_format(to, "%s: %s%s\r\n", name, type, notice_plain(&room, value));
}

/* ---- the head ---- */

static enum result add_head(const struct notice *notice, const char *boundary, struct buffer *to)
{
	struct foreign sender, id, host;

	TRY(notice_add_from(notice, to));
	TRY(buffer_format(to, "To: <%s>\r\nSubject: %s\r\n", notice_address(&sender, notice->sender, is_wide(notice)),
	                  words_of[notice->kind].subject));
	TRY(notice_add_date(to, "Date", notice->now, notice->utc_offset));
	return buffer_format(
	    to,
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "%sContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"\r\n\r\n",
	    notice_plain(&id, notice->new_id), notice_plain(&host, notice->hostname), encoding_field(notice), boundary);
}

/* ---- for people ---- */

static enum result add_words_for(const struct notice_recipient *recipient, bool utf8, struct buffer *to)
{
	struct foreign address, route, reply;

	TRY(buffer_format(to, "<%s>\r\n", notice_address(&address, recipient->address, utf8)));
	if (recipient->expired)
		TRY(buffer_add(to, SLICE("    was tried until its time was over\r\n")));
	if (recipient->relayed)
		TRY(buffer_add(to, SLICE("    was handed on to a server that sends no further notices\r\n")));
	if (recipient->route.len)
		TRY(buffer_format(to, "    by way of: %s\r\n", notice_plain(&route, recipient->route)));
	if (recipient->reply.len)
		TRY(buffer_format(to, "    the answer: %s\r\n", notice_plain(&reply, recipient->reply)));
	return buffer_add(to, SLICE("\r\n"));
}

/* As many as the share holds; the number of the others is said. */
static enum result add_words(const struct notice *notice, const char *boundary, struct buffer *to)
{
	struct foreign host, id;
	size_t start = buffer_length(to);

	TRY(buffer_format(
	    to,
	    "--%s\r\nContent-Type: text/plain; charset=%s\r\n%s\r\nThis is the mail system at %s.\r\n\r\n%s\r\n",
	    boundary, is_wide(notice) ? "utf-8" : "us-ascii", encoding_field(notice), notice_plain(&host, notice->hostname), words_of[notice->kind].says));
	for (uint32_t i = 0; i < notice->recipient_count; i++) {
		if (buffer_length(to) - start > TEXT_SHARE - 4 * FOREIGN_MOST) {
			TRY(buffer_format(to, "and %u more recipients\r\n\r\n", notice->recipient_count - i));
			break;
		}
		TRY(add_words_for(&notice->recipients[i], is_wide(notice), to));
	}
	if (notice->kind == NOTICE_DELAY)
		TRY(notice_add_date(to, "It will be tried until", notice->until, notice->utc_offset));
	return buffer_format(to, "The message is known here as %s.\r\n\r\n", notice_plain(&id, notice->id));
}

/* ---- for machines ---- */

static size_t digits(struct slice text)
{
	size_t count = 0;

	while (count < text.len && byte_is_digit(text.at[count]))
		count++;
	return count;
}

/* "5.1.1" behind the code of a reply: class, subject, detail, each of at most three digits (RFC 3463). */
static bool is_enhanced(struct slice text)
{
	struct slice rest = text, class = slice_cut(&rest, '.'), subject = slice_cut(&rest, '.');

	return class.len == 1 && (class.at[0] == '2' || class.at[0] == '4' || class.at[0] == '5') &&
	       subject.len >= 1 && subject.len <= 3 && digits(subject) == subject.len && rest.len >= 1 &&
	       rest.len <= 3 && digits(rest) == rest.len;
}

static const char *status_of(const struct notice *notice, const struct notice_recipient *recipient,
                             char room[STATUS_SIZE])
{
	struct slice rest = recipient->reply, enhanced;

	(void)slice_cut(&rest, ' ');
	enhanced = slice_cut(&rest, ' ');
	if (is_enhanced(enhanced)) {
		memcpy(room, enhanced.at, enhanced.len);
		room[enhanced.len] = '\0';
		return room;
	}
	return recipient->expired ? "4.4.7" : words_of[notice->kind].status;
}

/* "smtp://mx.example.net:25" → mx.example.net; nothing for a socket or a folder. */
static struct slice remote_host(struct slice route)
{
	struct slice rest = route, scheme = slice_cut(&rest, ':');
	size_t end;

	if (!slice_begins(rest, SLICE("//")) || slice_begins(scheme, SLICE("maildir")))
		return (struct slice){ 0 };
	rest = slice_drop(rest, 2);
	if (rest.len && rest.at[0] == '[') {
		end = slice_cut(&(struct slice){ rest.at, rest.len }, ']').len;
		return (struct slice){ rest.at, end < rest.len ? end + 1 : end };
	}
	rest = slice_cut(&rest, '/');
	return slice_cut(&rest, ':');
}

static enum result add_address(struct buffer *to, const char *name, const char *type, struct slice address, bool utf8)
{
	struct foreign room;

	if (address.len == 0)
		return OK;
	return buffer_format(to, "%s: %s%s\r\n", name, type, notice_address(&room, address, utf8));
}

static enum result add_status_for(const struct notice *notice, const struct notice_recipient *recipient,
                                  struct buffer *to)
{
	char room[STATUS_SIZE];

	TRY(add_address(to, "Original-Recipient", slice_has(recipient->original, ';') ? "" : "rfc822;", recipient->original,
	                is_wide(notice)));
	TRY(add_address(to, "Final-Recipient", notice_is_ascii(recipient->address) ? "rfc822;" : "utf-8;", recipient->address,
	                is_wide(notice)));
	TRY(buffer_format(to, "Action: %s\r\nStatus: %s\r\n", recipient->relayed ? "relayed" : words_of[notice->kind].action,
	                  status_of(notice, recipient, room)));
	TRY(add_field(to, "Remote-MTA", "dns; ", remote_host(recipient->route)));
	TRY(add_field(to, "Diagnostic-Code", "smtp; ", recipient->reply));
	if (notice->kind == NOTICE_DELAY)
		TRY(notice_add_date(to, "Will-Retry-Until", notice->until, notice->utc_offset));
	return buffer_add(to, SLICE("\r\n"));
}

static enum result add_status(const struct notice *notice, const char *boundary, struct buffer *to)
{
	size_t start = buffer_length(to);

	TRY(buffer_format(to, "--%s\r\nContent-Type: message/%s\r\n%s\r\n", boundary,
	                  is_wide(notice) ? "global-delivery-status" : "delivery-status", encoding_field(notice)));
	TRY(add_field(to, "Reporting-MTA", "dns; ", notice->hostname));
	TRY(add_field(to, "Original-Envelope-Id", "", notice->envelope_id));
	TRY(notice_add_date(to, "Arrival-Date", notice->arrived, notice->utc_offset));
	TRY(buffer_add(to, SLICE("\r\n")));
	for (uint32_t i = 0; i < notice->recipient_count; i++) {
		if (buffer_length(to) - start > STATUS_SHARE - 5 * FOREIGN_MOST)
			break;
		TRY(add_status_for(notice, &notice->recipients[i], to));
	}
	return OK;
}

/* ---- the original ---- */

/* May it go whole, as it is: 7 bits, CR LF only, no line too long? */
static bool is_plain_mail(struct slice bytes)
{
	size_t line = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.at[i] == '\n') {
			if (i == 0 || bytes.at[i - 1] != '\r')
				return false;
			line = 0;
		} else if ((unsigned char)bytes.at[i] > '~' || bytes.at[i] == '\0' || ++line > LINE_MOST) {
			return false;
		}
	}
	return true;
}

/* The header fields line by line, made plain, as far as there is room. */
static enum result add_headers(struct slice original, bool utf8, struct buffer *to)
{
	while (original.len) {
		struct slice line = slice_cut(&original, '\n');

		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		if (line.len > LINE_MOST)
			line.len = LINE_MOST;
		if (line.len == 0 || buffer_length(to) + line.len + CLOSING > NOTICE_LIMIT)
			return OK;
		TRY(notice_add_line(to, line, utf8));
	}
	return OK;
}

static enum result add_original(const struct notice *notice, struct slice original, const char *boundary,
                                struct buffer *to)
{
	bool whole = notice->full && notice->length == original.len &&
	             original.len + CLOSING + buffer_length(to) < NOTICE_LIMIT && is_plain_mail(original);

	TRY(buffer_format(to, "--%s\r\nContent-Type: %s\r\n%s\r\n", boundary,
	                  whole ? "message/rfc822" : is_wide(notice) ? "message/global-headers" : "text/rfc822-headers",
	                  whole ? "" : encoding_field(notice)));
	TRY(whole ? buffer_add(to, original) : add_headers(original, is_wide(notice), to));
	return buffer_format(to, "\r\n--%s--\r\n", boundary);
}

/* ---- the whole ---- */

static bool is_inside(struct slice bytes, const char *boundary)
{
	return bytes.len && memmem(bytes.at, bytes.len, boundary, strlen(boundary)) != NULL;
}

/* All else in it is ours or has passed through notice_plain(); a recipient could still write a boundary into an
 * address, so those are asked too. */
static bool is_taken(const struct notice *notice, struct slice original, const char *boundary)
{
	bool taken = is_inside(original, boundary) || is_inside(notice->sender, boundary) ||
	             is_inside(notice->envelope_id, boundary);

	for (uint32_t i = 0; i < notice->recipient_count && !taken; i++)
		taken = is_inside(notice->recipients[i].address, boundary) ||
		        is_inside(notice->recipients[i].original, boundary) ||
		        is_inside(notice->recipients[i].reply, boundary);
	return taken;
}

static enum result find_boundary(const struct notice *notice, struct slice original, char boundary[BOUNDARY_SIZE])
{
	struct foreign id;

	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(boundary, BOUNDARY_SIZE, "=_postern_%.32s_%u", notice_plain(&id, notice->new_id), i);
		if (!is_taken(notice, original, boundary))
			return OK;
	}
	return REFUSED;
}

static bool is_request(const struct notice *notice)
{
	return notice->kind >= NOTICE_FAILURE && notice->kind <= NOTICE_SUCCESS && notice->recipient_count &&
	       notice->sender.len && !slice_has(notice->new_id, '"') && !slice_has(notice->new_id, '\\');
}

static enum result compose(const struct notice *notice, struct slice original, struct buffer *to)
{
	char boundary[BOUNDARY_SIZE];
	struct slice near = { original.at, original.len < NOTICE_LIMIT ? original.len : NOTICE_LIMIT };

	if (!is_request(notice))
		return REFUSED;
	TRY(find_boundary(notice, near, boundary));
	TRY(add_head(notice, boundary, to));
	TRY(add_words(notice, boundary, to));
	TRY(add_status(notice, boundary, to));
	return add_original(notice, near, boundary, to);
}

enum result notice_compose(const struct notice *notice, struct slice original, struct buffer *to)
{
	size_t before = buffer_length(to);
	enum result result = before ? REFUSED : compose(notice, original, to);

	if (result != OK)
		buffer_cut(to, before);
	return result;
}
