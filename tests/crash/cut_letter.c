/* SPDX-License-Identifier: Apache-2.0 */
/* Each line has the letter's number and its own, so no piece of one letter can stand in for another. */
#include "cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LONGEST = 4 << 20 };

void cut_need(bool good, const char *file, int line, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "%s:%d: not so: %s (%s)\n", file, line, what, strerrorname_np(errno));
	exit(2);
}

void cut_letter(uint32_t number, uint32_t length, struct buffer *to)
{
	NEED(buffer_format(to, "Subject: letter %u of %u\r\n\r\n", number, length) == OK);
	for (uint32_t i = 0; buffer_length(to) < length; i++)
		NEED(buffer_format(to, "letter %u, line %u\r\n", number, i) == OK);
}

static bool number_after(struct slice *rest, struct slice words, uint64_t most, uint32_t *ret_number)
{
	struct slice digits;
	uint64_t number;

	if (!slice_begins(*rest, words))
		return false;
	rest->at += words.len;
	rest->len -= words.len;
	digits = (struct slice){ rest->at, 0 };
	while (digits.len < rest->len && byte_is_digit(digits.at[digits.len]))
		digits.len++;
	rest->at += digits.len;
	rest->len -= digits.len;
	if (slice_number(digits, most, &number) != OK)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

uint32_t cut_letter_number(struct slice bytes)
{
	struct slice rest = bytes;
	uint32_t number, length;
	struct buffer meant;
	bool same;

	if (!number_after(&rest, SLICE("Subject: letter "), UINT32_MAX - 1, &number) ||
	    !number_after(&rest, SLICE(" of "), LONGEST, &length))
		return UINT32_MAX;
	buffer_init(&meant, LONGEST + 4096);
	cut_letter(number, length, &meant);
	same = slice_same(buffer_slice(&meant), bytes);
	buffer_finish(&meant);
	return same ? number : UINT32_MAX;
}

int cut_letter_memfd(uint32_t number, uint32_t length)
{
	int fd = memfd_create("letter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer bytes;

	buffer_init(&bytes, LONGEST + 4096);
	cut_letter(number, length, &bytes);
	NEED(fd >= 0 && write(fd, buffer_slice(&bytes).at, buffer_length(&bytes)) == (ssize_t)buffer_length(&bytes));
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
	buffer_finish(&bytes);
	return fd;
}
