/* SPDX-License-Identifier: Apache-2.0 */
/* What parameters.h reads, with most of it left aside. */
#include "mail/message/field_plain.h"

#include "mail/message/fields.h"
#include "mail/message/parameters.h"

static enum result read_parameters(struct slice value, struct arena *arena, struct parameters *parameters)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };

	return parameters_read(&reader, value, parameters);
}

enum result field_type(struct slice value, struct arena *arena, struct slice *ret_type)
{
	struct parameters parameters = { 0 };
	char *lower;

	TRY(read_parameters(value, arena, &parameters));
	lower = arena_take(arena, parameters.head.len);
	if (lower == NULL)
		return LATER;
	for (size_t i = 0; i < parameters.head.len; i++)
		lower[i] = byte_lower(parameters.head.at[i]);
	*ret_type = (struct slice){ lower, parameters.head.len };
	return OK;
}

enum result field_parameters(struct slice value, struct arena *arena, struct field_parameters *found)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct parameters parameters = { 0 };
	struct readings readings = { 0 };
	unsigned faults = 0;

	TRY(read_parameters(value, arena, &parameters));
	TRY(parameters_readings(&reader, &parameters, SLICE("boundary"), &readings, &faults));
	if (readings.count)
		found->boundary = readings.list[0];
	found->doubled |= readings.count > 1 || faults & ~(unsigned)PARAMETER_EMPTY;
	return OK;
}
