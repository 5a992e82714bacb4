/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses: a file of settings, strict or lenient, or a packed copy. Whatever fills, packs. */
#include "base/settings.h"
#include "base/fd.h"

#include <string.h>
#include <sys/mman.h>

#define TOP_SETTINGS(ROW)                                                                                              \
	ROW(hostname, text, "", "", "", "")                                                                            \
	ROW(spool, path, "/x", "", "", "")                                                                             \
	ROW(trusted, list, "a, b", "", "", "")
SETTINGS_STRUCT(top, TOP_SETTINGS);
#define FRONT_SETTINGS(ROW)                                                                                            \
	ROW(limit, bytes, "2K", "1", "64K", "")                                                                        \
	ROW(quiet, seconds, "5m", "", "1h", "")                                                                        \
	ROW(on, flag, "yes", "", "", "")                                                                               \
	ROW(kind, choice, "a", "", "a b", "")
SETTINGS_STRUCT(front, FRONT_SETTINGS);
#define ROW(...) SETTINGS_ROW(top, __VA_ARGS__)
static const struct setting top_rows[] = { TOP_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(front, __VA_ARGS__)
static const struct setting front_rows[] = { FRONT_SETTINGS(ROW) };

static const struct settings_section top_section = {
	.name = "", .rows = top_rows, .row_count = COUNT_OF(top_rows), .size = sizeof(struct top)
};
static const struct settings_section front_section = {
	.name = "front", .rows = front_rows, .row_count = COUNT_OF(front_rows), .size = sizeof(struct front)
};
static const struct settings_section titled_section = {
	.name = "listen", .titled = true, .rows = top_rows, .row_count = COUNT_OF(top_rows), .size = sizeof(struct top)
};
static const struct settings_section *const inner[] = { &front_section, &titled_section, NULL };
static const struct settings_section outer_section = {
	.name = "profile", .titled = true, .rows = top_rows, .row_count = COUNT_OF(top_rows), .size = sizeof(struct top),
	.within = inner
};
static const struct settings_section *const schema[] = { &top_section, &front_section, &titled_section, &outer_section, NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libConfuse 3.3 forgets the words of an include() whose brackets are wrong. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfuse";
}

static enum result read_file(struct settings *settings, struct slice text, bool lenient)
{
	closing int fd = memfd_create("settings", MFD_CLOEXEC);
	struct buffer complaints;
	enum result result;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, text.at, text.len) != (ssize_t)text.len)
		return LATER;
	buffer_init(&complaints, 65536);
	result = settings_read_file(settings, path, lenient, schema, &complaints);
	if ((result == OK) != (buffer_length(&complaints) == 0))
		__builtin_trap();
	buffer_finish(&complaints);
	return result;
}

static void use(struct settings *settings, bool from_file)
{
	struct buffer packed;
	struct settings copy;
	struct top top;
	struct front front;
	enum result filled = settings_fill(settings, &top_section, SLICE(""), &top);

	if (filled == OK)
		filled = settings_fill(settings, &front_section, SLICE(""), &front);
	if (filled == BROKEN || (from_file && filled != OK))
		__builtin_trap();
	buffer_init(&packed, 32 << 20);
	settings_init(&copy);
	if (settings_pack(settings, &packed) != OK || settings_unpack(&copy, buffer_slice(&packed)) != OK)
		__builtin_trap();
	buffer_finish(&packed);
	settings_finish(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	unsigned way = size ? data[0] % 4u : 0;
	struct settings settings;
	enum result result;

	if (size == 0)
		return 0;
	text = slice_drop(text, 1);
	settings_init(&settings);
	if (way < 2)
		result = settings_unpack(&settings, text);
	else
		result = read_file(&settings, text, way == 3);
	if (result == OK)
		use(&settings, way >= 2);
	settings_finish(&settings);
	return 0;
}
