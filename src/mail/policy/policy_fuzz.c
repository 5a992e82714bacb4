/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as `when` and as `do`, asked of a message that says the same bytes: what is refused is refused with words,
 * what is taken can be asked. */
#include "mail/policy/action.h"
#include "mail/policy/expression.h"

#include <stdlib.h>

static enum result look(void *owner, const struct asked_fact *asked)
{
	(void)owner;
	return asked->row->takes_name == (asked->argument.len > 0) ? OK : REFUSED;
}

static void ask(struct slice text, const struct expression *expression)
{
	struct fact facts[] = { { SLICE("subject"), text }, { SLICE("size"), text } };
	struct found_part part = { .type = text, .names = &text, .name_count = 1 };
	const struct findings findings = { .facts = facts, .fact_count = COUNT_OF(facts), .parts = &part, .part_count = 1 };
	const struct envelope envelope = { .sender = text, .client_address = text };
	const struct fact_context context = { .envelope = &envelope, .findings = &findings };
	struct asking asking;

	asking_begin(&asking);
	(void)expression_holds(expression, &context, &asking);
	asking_finish(&asking);
	if (expression_asks(expression, look, NULL) != OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	const struct expression *expression = NULL;
	struct action action;
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 8 << 20);
	buffer_init(&complaint, 65536);
	if (expression_compile(text, NULL, &arena, &expression, &complaint) == OK)
		ask(text, expression);
	else if (buffer_length(&complaint) == 0)
		abort();
	buffer_clear(&complaint);
	if (action_compile(text, &arena, &action, &complaint) == OK && action.text.len > 500)
		abort();
	buffer_finish(&complaint);
	arena_finish(&arena);
	return 0;
}
