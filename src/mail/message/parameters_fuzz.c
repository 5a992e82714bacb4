/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a field with parameters: all readings of all names are UTF-8. */
#include "mail/message/parameters.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_name(const struct message_reader *reader, const struct parameters *parameters, struct slice name)
{
	struct readings readings = { 0 };
	unsigned faults = 0;

	if (parameters_readings(reader, parameters, name, &readings, &faults) != OK)
		return;
	for (size_t i = 0; i < readings.count; i++)
		if (!utf8_is_valid(readings.list[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parameters parameters = { 0 };
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 16 << 20);
	if (parameters_read(&reader, (struct slice){ (const char *)data, size }, &parameters) == OK)
		for (size_t i = 0; i < parameters.count && i < 16; i++)
			read_name(&reader, &parameters, parameters.list[i].name);
	arena_finish(&arena);
	return 0;
}
