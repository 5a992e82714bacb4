/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as `when` and as `do`: what is refused is refused with words, what is taken can be asked. */
#include "mail/policy/action.h"
#include "mail/policy/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	const struct expression *expression = NULL;
	struct action action;
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&complaint, 65536);
	if (expression_compile(text, &arena, &expression, &complaint) == OK)
		(void)expression_holds(expression, (unsigned)size);
	else if (buffer_length(&complaint) == 0)
		abort();
	buffer_clear(&complaint);
	if (action_compile(text, &arena, &action, &complaint) == OK && action.outcome >= FATE_COUNT)
		abort();
	buffer_finish(&complaint);
	arena_finish(&arena);
	return 0;
}
