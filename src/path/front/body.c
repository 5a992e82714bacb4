/* SPDX-License-Identifier: Apache-2.0 */
/* One step a byte, but for whole lines and for text inside a line. A step says where the next byte stands and whether this one belongs to the message. */
#include "front/body.h"

struct step {
	enum body_at next;
	unsigned fault;
	bool ours;              /* not part of the message: stuffing, or the end */
	bool end;
};

enum byte_kind { KIND_OTHER, KIND_DOT, KIND_CR, KIND_LF, KIND_NUL, KIND_COUNT };

/* After a fault the next byte is in a line, never at a line's start: a broken line end opens no door. */
static const struct step steps[][KIND_COUNT] = {
	[BODY_LINE_START] = {
		[KIND_OTHER] = { .next = BODY_IN_LINE },
		[KIND_DOT] = { .next = BODY_AFTER_DOT, .ours = true },
		[KIND_CR] = { .next = BODY_AFTER_CR },
		[KIND_LF] = { .next = BODY_IN_LINE, .fault = BODY_BARE_LF },
		[KIND_NUL] = { .next = BODY_IN_LINE, .fault = BODY_NUL },
	},
	[BODY_IN_LINE] = {
		[KIND_OTHER] = { .next = BODY_IN_LINE },
		[KIND_DOT] = { .next = BODY_IN_LINE },
		[KIND_CR] = { .next = BODY_AFTER_CR },
		[KIND_LF] = { .next = BODY_IN_LINE, .fault = BODY_BARE_LF },
		[KIND_NUL] = { .next = BODY_IN_LINE, .fault = BODY_NUL },
	},
	[BODY_AFTER_CR] = {
		[KIND_OTHER] = { .next = BODY_IN_LINE, .fault = BODY_BARE_CR },
		[KIND_DOT] = { .next = BODY_IN_LINE, .fault = BODY_BARE_CR },
		[KIND_CR] = { .next = BODY_AFTER_CR, .fault = BODY_BARE_CR },
		[KIND_LF] = { .next = BODY_LINE_START },
		[KIND_NUL] = { .next = BODY_IN_LINE, .fault = BODY_BARE_CR | BODY_NUL },
	},
	[BODY_AFTER_DOT] = {
		[KIND_OTHER] = { .next = BODY_IN_LINE },
		[KIND_DOT] = { .next = BODY_IN_LINE },
		[KIND_CR] = { .next = BODY_AFTER_DOT_CR, .ours = true },
		[KIND_LF] = { .next = BODY_IN_LINE, .fault = BODY_BARE_LF },
		[KIND_NUL] = { .next = BODY_IN_LINE, .fault = BODY_NUL },
	},
	[BODY_AFTER_DOT_CR] = {                         /* anything else: body_next() gives the CR back first */
		[KIND_LF] = { .next = BODY_LINE_START, .ours = true, .end = true },
	},
};

static enum byte_kind kind_of(char byte)
{
	switch (byte) {
	case '.':
		return KIND_DOT;
	case '\r':
		return KIND_CR;
	case '\n':
		return KIND_LF;
	case '\0':
		return KIND_NUL;
	}
	return KIND_OTHER;
}

enum result body_next(struct body *body, struct slice *chunk, struct slice *ret_piece)
{
	struct slice whole = *chunk;
	size_t len = 0;

	/* The CR of what looked like the end was held back; it was not the end, so it belongs to the message. */
	if (body->at == BODY_AFTER_DOT_CR && whole.len && whole.at[0] != '\n') {
		body->at = BODY_AFTER_CR;
		*ret_piece = SLICE("\r");
		return AGAIN;
	}
	while (len < whole.len) {
		const struct step *step;

		if (body->at == BODY_LINE_START)
			len += slice_lines_run(slice_drop(whole, len));  /* each would lead back to a line's start */
		else if (body->at == BODY_IN_LINE)
			len += slice_text_run(slice_drop(whole, len));   /* each of them would be a step to here */
		if (len == whole.len)
			break;
		step = &steps[body->at][kind_of(whole.at[len])];
		body->at = step->next;
		body->faults |= step->fault;
		if (step->ours) {
			*ret_piece = (struct slice){ whole.at, len };
			*chunk = slice_drop(whole, len + 1);
			return step->end ? OK : AGAIN;
		}
		len++;
	}
	*ret_piece = whole;
	*chunk = (struct slice){ 0 };
	return AGAIN;
}
