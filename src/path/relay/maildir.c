/* SPDX-License-Identifier: Apache-2.0 */
/* Write in tmp/, sync, give it its name in new/, sync that folder; each folder that was made is synced into its own. */
#include "relay/maildir.h"

#include "base/fd.h"
#include "relay/delivered.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct mailbox { int tmp, new, cur; };

/* --- names -------------------------------------------------------------------------------- */

static bool is_safe(char c)
{
	return byte_is_letter(c) || byte_is_digit(c) || c == '.' || c == '_' || c == '+' || c == '-';
}

enum result maildir_folder_name(struct slice part, bool lower, char ret_name[MAILDIR_NAME])
{
	static const char digits[] = "0123456789ABCDEF";
	char name[MAILDIR_NAME];
	size_t used = 0;

	if (part.len == 0)
		return REFUSED;
	for (size_t i = 0; i < part.len; i++) {
		unsigned char c = (unsigned char)(lower ? byte_lower(part.at[i]) : part.at[i]);

		if (used + 4 > sizeof(name))
			return REFUSED;
		if (is_safe((char)c) && !(c == '.' && i == 0)) {
			name[used++] = (char)c;
			continue;
		}
		name[used++] = '%';
		name[used++] = digits[c >> 4];
		name[used++] = digits[c & 15];
	}
	name[used] = '\0';
	memcpy(ret_name, name, used + 1);
	return OK;
}

enum result maildir_file_name(struct slice id, uint32_t serial, uint32_t place, struct slice host,
                              char ret_name[MAILDIR_NAME])
{
	char safe_id[MAILDIR_NAME], safe_host[MAILDIR_NAME];
	int length;

	TRY(maildir_folder_name(id, false, safe_id));
	TRY(maildir_folder_name(host, true, safe_host));
	length = snprintf(ret_name, MAILDIR_NAME, "%s.%u.%u.%s", safe_id, serial, place, safe_host);
	return length > 0 && length < MAILDIR_NAME ? OK : REFUSED;
}

/* --- folders ------------------------------------------------------------------------------ */

static int open_or_make(int parent, const char *name)
{
	int fd = openat(parent, name, OPEN_FOLDER);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (fsync(parent) != 0)
		return -1;
	return openat(parent, name, OPEN_FOLDER);
}

static void mailbox_close(struct mailbox *mailbox)
{
	fd_close(&mailbox->tmp);
	fd_close(&mailbox->new);
	fd_close(&mailbox->cur);
}

static enum result mailbox_open(const struct maildir_letter *letter, struct mailbox *mailbox)
{
	closing int domain = open_or_make(letter->root, letter->domain);
	closing int local = domain < 0 ? -1 : open_or_make(domain, letter->local);

	if (local < 0)
		return LATER;
	mailbox->cur = open_or_make(local, "cur");
	mailbox->new = mailbox->cur < 0 ? -1 : open_or_make(local, "new");
	mailbox->tmp = mailbox->new < 0 ? -1 : open_or_make(local, "tmp");
	return mailbox->tmp < 0 ? LATER : OK;
}

/* --- was it here before? ------------------------------------------------------------------ */

static bool names_it(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && (entry[length] == ':' || entry[length] == '\0');
}

static enum result look_through(int folder, const char *name)
{
	int again = openat(folder, ".", OPEN_FOLDER);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;
	bool found = false;

	if (list == NULL) {
		fd_close(&again);
		return LATER;
	}
	while (!found && (entry = readdir(list)) != NULL)
		found = names_it(entry->d_name, name);
	(void)closedir(list);
	return found ? OK : AGAIN;
}

/* OK: it is there. AGAIN: it is not. A reader renames in cur/ (":2,S"), so that has to be read; not when nothing
 * changed there since the message came. */
static enum result look_for(const struct maildir_letter *letter, const struct mailbox *mailbox)
{
	struct stat status;

	if (fstatat(mailbox->new, letter->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return OK;
	if (errno != ENOENT || fstat(mailbox->cur, &status) != 0)
		return LATER;
	if (status.st_mtime < letter->born - 2)
		return AGAIN;
	return look_through(mailbox->cur, letter->name);
}

/* --- the file ------------------------------------------------------------------------------- */

static enum result write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t wrote = write(fd, bytes, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return LATER;
		bytes += wrote;
		size -= (size_t)wrote;
	}
	return OK;
}

static enum result write_letter(struct maildir_letter *letter, int fd)
{
	enum result result = AGAIN;

	transmit_init(&letter->transmit, &letter->plan);
	while (result == AGAIN) {
		size_t filled = 0;

		result = transmit_fill(&letter->transmit, letter->room, sizeof(letter->room), &filled);
		if (result == OK || result == AGAIN)
			TRY(write_all(fd, letter->room, filled));
	}
	TRY(result);
	return fsync(fd) == 0 ? OK : LATER;
}

static int open_in_tmp(int tmp, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(tmp, name, flags, 0600);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	if (unlinkat(tmp, name, 0) != 0)       /* ours, from an attempt that was cut off */
		return -1;
	return openat(tmp, name, flags, 0600);
}

static enum result give_name(const struct mailbox *mailbox, const char *name)
{
	if (renameat2(mailbox->tmp, name, mailbox->new, name, RENAME_NOREPLACE) == 0)
		return OK;
	if (errno != EINVAL || linkat(mailbox->tmp, name, mailbox->new, name, 0) != 0)
		return LATER;
	(void)unlinkat(mailbox->tmp, name, 0);
	return OK;
}

static enum result store(struct maildir_letter *letter, const struct mailbox *mailbox)
{
	closing int fd = open_in_tmp(mailbox->tmp, letter->name);
	enum result result;
	int reason;

	if (fd < 0)
		return LATER;
	result = write_letter(letter, fd);
	if (result == OK)
		result = give_name(mailbox, letter->name);
	if (result != OK) {
		reason = errno;
		(void)unlinkat(mailbox->tmp, letter->name, 0);
		errno = reason;
	}
	return result;
}

static enum result store_once(struct maildir_letter *letter, const struct mailbox *mailbox)
{
	enum result there = look_for(letter, mailbox);

	if (there == AGAIN)
		there = store(letter, mailbox);
	TRY(there);
	return fsync(mailbox->new) == 0 ? OK : LATER;
}

static void explain(struct maildir_letter *letter, enum result result)
{
	const char *start = errno == ENOSPC || errno == EDQUOT ? "452 4.2.2" : "451 4.2.0";
	const char *why = errno ? strerrordesc_np(errno) : NULL;

	if (result == REFUSED)
		(void)snprintf(letter->reply, sizeof(letter->reply), "554 5.6.0 the message has bytes that mail may not have");
	else
		(void)snprintf(letter->reply, sizeof(letter->reply), "%s mailbox: %s", start, why ? why : "failed");
}

static enum result look_for_circle(struct maildir_letter *letter)
{
	enum result result = OK;

	if (letter->to.len)
		result = delivered_look(&letter->plan, letter->to, letter->room, sizeof(letter->room));
	if (result == REFUSED)
		(void)snprintf(letter->reply, sizeof(letter->reply), "554 5.4.6 the message has been in this mailbox before");
	else if (result != OK)
		(void)snprintf(letter->reply, sizeof(letter->reply), "451 4.3.0 the message could not be read");
	return result;
}

enum result maildir_deliver(struct maildir_letter *letter)
{
	struct mailbox mailbox = { -1, -1, -1 };
	enum result result;

	TRY(look_for_circle(letter));
	errno = 0;
	result = mailbox_open(letter, &mailbox);
	if (result == OK)
		result = store_once(letter, &mailbox);
	if (result != OK)
		explain(letter, result);
	mailbox_close(&mailbox);
	return result;
}
