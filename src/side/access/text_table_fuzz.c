/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a table: what is read is found again by its keys, and every value lies inside. */
#include "access/text_table.h"

#include "base/fd.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text_table table;
	struct buffer complaints;
	closing int fd = memfd_create("table", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	buffer_init(&complaints, 65536);
	if (text_table_read(&table, fd, SLICE("t"), size & 1, &complaints) == OK) {
		for (size_t i = 0; i < table.count; i++) {
			struct slice values, value;

			if (!text_table_find(&table, (struct slice){ table.bytes + table.rows[i].key, table.rows[i].key_length },
			                     &values))
				abort();
			while ((value = text_value_cut(&values)).len)
				if (value.at < table.bytes || value.at + value.len > table.bytes + table.length ||
				    ((size & 1) && !text_value_is_good(value)))
					abort();
		}
		text_table_finish(&table);
	}
	buffer_finish(&complaints);
	return 0;
}
