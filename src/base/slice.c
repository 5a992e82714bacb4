/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing here looks past `len`, and nothing here knows what the bytes mean. */
#include "base/slice.h"

#include <endian.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define EACH_BYTE(byte) (0x0101010101010101u * (byte))

struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

char byte_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool byte_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool byte_is_letter(char c)
{
	c = byte_lower(c);
	return c >= 'a' && c <= 'z';
}

bool slice_same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool slice_same_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (byte_lower(a.at[i]) != byte_lower(b.at[i]))
			return false;
	return true;
}

bool slice_begins(struct slice whole, struct slice start)
{
	return whole.len >= start.len && slice_same((struct slice){ whole.at, start.len }, start);
}

bool slice_begins_nocase(struct slice whole, struct slice start)
{
	return whole.len >= start.len && slice_same_nocase((struct slice){ whole.at, start.len }, start);
}

bool slice_ends_nocase(struct slice whole, struct slice end)
{
	return whole.len >= end.len && slice_same_nocase(slice_drop(whole, whole.len - end.len), end);
}

bool slice_has(struct slice whole, char byte)
{
	return whole.len && memchr(whole.at, byte, whole.len) != NULL;
}

int slice_order(struct slice a, struct slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct slice slice_cut(struct slice *rest, char stop)
{
	const char *end = rest->len ? memchr(rest->at, stop, rest->len) : NULL;
	struct slice head = *rest;

	if (end == NULL) {
		*rest = (struct slice){ 0 };
		return head;
	}
	head.len = (size_t)(end - rest->at);
	*rest = slice_drop(*rest, head.len + 1);
	return head;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice whole)
{
	while (whole.len && is_blank(whole.at[0]))
		whole = slice_drop(whole, 1);
	while (whole.len && is_blank(whole.at[whole.len - 1]))
		whole.len--;
	return whole;
}

/* The high bit of the first byte that is 0, and perhaps of some behind it: the first byte is the lowest. */
static uint64_t zeroes_in(uint64_t eight)
{
	return (eight - EACH_BYTE(1)) & ~eight & EACH_BYTE(0x80);
}

static uint64_t ends_in(uint64_t eight)
{
	return zeroes_in(eight) | zeroes_in(eight ^ EACH_BYTE('\r')) | zeroes_in(eight ^ EACH_BYTE('\n'));
}

static bool ends_text(char byte)
{
	return byte == '\r' || byte == '\n' || byte == '\0';
}

#if defined(__SSE2__)
/* Sixteen bytes at a time, while there are sixteen; `ret_ends`: it is the text that ends there. */
static inline size_t sixteens_of_text(struct slice bytes, bool *ret_ends)
{
	const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n'), nul = _mm_setzero_si128();
	size_t run = 0;

	for (; bytes.len - run >= sizeof(nul); run += sizeof(nul)) {
		__m128i some = _mm_loadu_si128((const __m128i *)(const void *)(bytes.at + run));
		__m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(some, cr), _mm_cmpeq_epi8(some, lf)), _mm_cmpeq_epi8(some, nul));
		unsigned ends = (unsigned)_mm_movemask_epi8(found);

		if (ends) {
			*ret_ends = true;
			return run + (size_t)__builtin_ctz(ends);
		}
	}
	return run;
}
#else
static inline size_t sixteens_of_text(struct slice bytes, bool *ret_ends)
{
	(void)bytes, (void)ret_ends;
	return 0;
}
#endif

static inline size_t text_run(struct slice bytes)
{
	bool ends = false;
	size_t run = sixteens_of_text(bytes, &ends);
	uint64_t eight;

	if (ends)
		return run;
	for (; bytes.len - run >= sizeof(eight); run += sizeof(eight)) {
		memcpy(&eight, bytes.at + run, sizeof(eight));
		eight = ends_in(le64toh(eight));
		if (eight)
			return run + (size_t)__builtin_ctzll(eight) / 8;
	}
	while (run < bytes.len && !ends_text(bytes.at[run]))
		run++;
	return run;
}

size_t slice_text_run(struct slice bytes)
{
	return text_run(bytes);
}

size_t slice_lines_run(struct slice bytes)
{
	size_t run = 0;

	while (run < bytes.len && bytes.at[run] != '.') {
		size_t end = run + text_run(slice_drop(bytes, run));

		if (bytes.len - end < 2 || bytes.at[end] != '\r' || bytes.at[end + 1] != '\n')
			break;
		run = end + 2;
	}
	return run;
}

bool slice_has_eight_bit(struct slice bytes)
{
	uint64_t all = 0, eight;
	size_t done = 0;

	for (; bytes.len - done >= sizeof(eight); done += sizeof(eight)) {
		memcpy(&eight, bytes.at + done, sizeof(eight));
		all |= eight;
	}
	for (; done < bytes.len; done++)
		all |= (unsigned char)bytes.at[done];
	return all & EACH_BYTE(0x80);
}

enum result slice_number(struct slice text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text.len == 0)
		return REFUSED;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.at[i] - (unsigned)'0';

		if (digit > 9 || digit > most || number > (most - digit) / 10)
			return REFUSED;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return OK;
}
