/* SPDX-License-Identifier: Apache-2.0 */
/* Line ends of every kind, cut at every byte, with every size of room. */
#include "front/normal.h"

#include "base/buffer.h"
#include "base/test.h"

static const struct row {
	const char *about;
	struct slice came, kept;
} rows[] = {
	{ "nothing stays nothing", LIT(""), LIT("") },
	{ "lines that are right stay as they are", LIT("a\r\nb\r\n"), LIT("a\r\nb\r\n") },
	{ "a bare LF is a line end", LIT("a\nb\n"), LIT("a\r\nb\r\n") },
	{ "a bare CR is a line end", LIT("a\rb\r"), LIT("a\r\nb\r\n") },
	{ "two bare CR are two line ends, the second with its LF", LIT("a\r\r\nb"), LIT("a\r\n\r\nb") },
	{ "LF CR is two line ends", LIT("a\n\rb"), LIT("a\r\n\r\nb") },
	{ "NUL is left out", LIT("a\0b\0"), LIT("ab") },
	{ "NUL parts a CR from its LF", LIT("a\r\0\nb"), LIT("a\r\n\r\nb") },
	{ "a dot between bare line ends is a line of its own, and ends nothing", LIT("a\n.\nb"), LIT("a\r\n.\r\nb") },
};

static void normalise(struct normal *normal, struct slice came, size_t cut, size_t size, struct buffer *kept)
{
	struct slice pieces[] = { slice_take(&came, cut), came };
	char room[8];

	buffer_clear(kept);
	for (size_t i = 0; i < COUNT_OF(pieces); i++)
		while (pieces[i].len)
			CHECK(buffer_add(kept, normal_next(normal, &pieces[i], room, size)) == OK, "there is room");
}

int main(void)
{
	struct buffer kept;

	buffer_init(&kept, 1024);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t cut = 0; cut <= rows[i].came.len; cut++)
			for (size_t size = NORMAL_ROOM; size <= 8; size++) {
				struct normal normal = { 0 };

				normalise(&normal, rows[i].came, cut, size, &kept);
				normal_end(&normal);
				CHECK(slice_same(buffer_slice(&kept), rows[i].kept), rows[i].about);
				CHECK(normal.changed == !slice_same(rows[i].came, rows[i].kept), rows[i].about);
			}
	buffer_finish(&kept);
	return TEST_END();
}
