/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile addresses as folder names, and deliveries into a folder of our own: once, again, and with bad content. */
#include "relay/maildir.h"
#include "base/fd.h"
#include "base/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct name_row { const char *about; struct slice part; bool lower; const char *name; } names[] = {
	{ "a plain local part",      LIT("Anna.Berg+x_1-2"),       false, "Anna.Berg+x_1-2" },
	{ "a domain in lower case",  LIT("Example.ORG"),           true,  "example.org" },
	{ "up and away",             LIT("../../etc/passwd"),      false, "%2E.%2F..%2Fetc%2Fpasswd" },
	{ "a dot",                   LIT("."),                     false, "%2E" },
	{ "two dots",                LIT(".."),                    false, "%2E." },
	{ "a hidden name",           LIT(".ssh"),                  false, "%2Essh" },
	{ "a NUL",                   LIT("a\0b"),                  false, "a%00b" },
	{ "a percent sign",          LIT("a%2Fb"),                 false, "a%252Fb" },
	{ "a colon and a quote",     LIT("\"a:b\""),               false, "%22a%3Ab%22" },
	{ "UTF-8",                   LIT("\xc3\xa4"),              false, "%C3%A4" },
	{ "nothing",                 LIT(""),                      false, NULL },
};

static void try_names(void)
{
	char name[MAILDIR_NAME], long_part[300];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		enum result result = maildir_folder_name(names[i].part, names[i].lower, name);

		CHECK((result == OK) == (names[i].name != NULL), names[i].about);
		CHECK(names[i].name == NULL || strcmp(name, names[i].name) == 0, names[i].about);
	}
	memset(long_part, '\xa4', sizeof(long_part));
	CHECK(maildir_folder_name((struct slice){ long_part, 64 }, false, name) == OK && strlen(name) == 192,
	      "64 bytes of UTF-8 fit");
	CHECK(maildir_folder_name((struct slice){ long_part, 255 }, false, name) == REFUSED, "a longer one makes no name");
}

static enum result read_text(void *source, uint64_t from, char *to, size_t size)
{
	memcpy(to, ((const struct slice *)source)->at + from, size);
	return OK;
}

static struct maildir_letter letter;

static enum result deliver(int root, struct slice text)
{
	static const struct edits none = { NULL, 0 };

	letter = (struct maildir_letter){ .root = root, .domain = "example.org", .local = "anna", .born = time(NULL) };
	letter.plan = (struct transmit_plan){ TRANSMIT_LINES, false, NULL, SLICE("Return-Path: <>\r\n"), &none, text.len,
	                                      read_text, &text };
	if (maildir_file_name(SLICE("0123456789ABCDEF"), 7, 2, SLICE("mx.example.org"), letter.name) != OK)
		return BROKEN;
	return maildir_deliver(&letter);
}

static bool holds(int root, const char *path, const char *text)
{
	char bytes[256];
	closing int fd = openat(root, path, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	return size == (ssize_t)strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

#define BOX  "example.org/anna/"
#define NAME "0123456789ABCDEF.7.2.mx.example.org"

static void try_deliveries(int root)
{
	closing int stale = -1;

	CHECK(deliver(root, SLICE("a\r\nb\r\n")) == OK, "a first delivery makes the folders");
	CHECK(holds(root, BOX "new/" NAME, "Return-Path: <>\na\nb\n"), "and stands in new, with LF");
	CHECK(faccessat(root, BOX "tmp/" NAME, F_OK, 0) != 0, "and not in tmp");
	CHECK(deliver(root, SLICE("other\r\n")) == OK, "again is no failure");
	CHECK(holds(root, BOX "new/" NAME, "Return-Path: <>\na\nb\n"), "and no second delivery");
	CHECK(renameat(root, BOX "new/" NAME, root, BOX "cur/" NAME ":2,S") == 0, "it is read");
	CHECK(deliver(root, SLICE("other\r\n")) == OK && faccessat(root, BOX "new/" NAME, F_OK, 0) != 0,
	      "what was read is not delivered again");
	CHECK(unlinkat(root, BOX "cur/" NAME ":2,S", 0) == 0, "it is deleted");
	stale = openat(root, BOX "tmp/" NAME, O_CREAT | O_WRONLY, 0600);
	CHECK(stale >= 0, "an attempt is cut off");
	CHECK(deliver(root, SLICE("c\r\n")) == OK && holds(root, BOX "new/" NAME, "Return-Path: <>\nc\n"),
	      "a leftover of an attempt that was cut off is replaced");
	CHECK(unlinkat(root, BOX "new/" NAME, 0) == 0, "it is deleted");
	CHECK(deliver(root, SLICE("a\nb\r\n")) == REFUSED && strncmp(letter.reply, "554 5.6.0", 9) == 0,
	      "bad content is refused");
	CHECK(faccessat(root, BOX "new/" NAME, F_OK, 0) != 0 && faccessat(root, BOX "tmp/" NAME, F_OK, 0) != 0,
	      "and leaves nothing");
	CHECK(deliver(-1, SLICE("a\r\n")) == LATER && strncmp(letter.reply, "451 4.2.0", 9) == 0, "no folder is later");
}

static void try_links(int root)
{
	CHECK(mkdirat(root, "away", 0700) == 0 && mkdirat(root, "linked", 0700) == 0, "two folders");
	CHECK(symlinkat("../away", root, "linked/anna") == 0, "one leads to the other");
	letter = (struct maildir_letter){ .root = root, .domain = "linked", .local = "anna", .name = "x" };
	CHECK(maildir_deliver(&letter) == LATER, "a symbolic link is not followed");
}

int main(void)
{
	char folder[] = "/tmp/maildir-test-XXXXXX";
	closing int root = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY) : -1;

	try_names();
	try_deliveries(root);
	try_links(root);
	static const char *const leftovers[] = { "linked/anna", BOX "new", BOX "cur", BOX "tmp", "example.org/anna",
	                                         "example.org", "linked", "away" };
	for (size_t i = 0; i < COUNT_OF(leftovers); i++)
		CHECK(unlinkat(root, leftovers[i], i == 0 ? 0 : AT_REMOVEDIR) == 0, "nothing else was left");
	CHECK(rmdir(folder) == 0, "the folder is empty");
	return TEST_END();
}
