/* SPDX-License-Identifier: Apache-2.0 */
/* Each row is a small file and what is said about it; files are memfds, read by their path in /proc. */
#include "base/settings.h"
#include "base/fd.h"
#include "base/test.h"

#include <string.h>
#include <sys/mman.h>

#define TOP_SETTINGS(ROW)                                          \
	ROW(hostname, text, "", "", "", "our name")                \
	ROW(spool, path, "/var/spool/x", "", "", "a folder")       \
	ROW(trusted, list, "127.0.0.0/8, ::1", "", "", "networks")
SETTINGS_STRUCT(top, TOP_SETTINGS);
#define FRONT_SETTINGS(ROW)                                                        \
	ROW(line_limit, bytes, "2048", "512", "64K", "longest line")               \
	ROW(silence, seconds, "5m", "5", "1h", "quiet time")                       \
	ROW(clients, count, "100", "1", "", "at once")                             \
	ROW(greet, flag, "yes", "", "", "say hello")                               \
	ROW(format, choice, "text", "", "text json", "of the log")                 \
	ROW(do_, list, "", "", "", "a word of C")
SETTINGS_STRUCT(front, FRONT_SETTINGS);
#define LISTEN_SETTINGS(ROW) ROW(address, list, "", "", "", "where") ROW(name, text, "", "", "", "a text")
SETTINGS_STRUCT(listen, LISTEN_SETTINGS);

#define ROW(...) SETTINGS_ROW(top, __VA_ARGS__)
static const struct setting top_rows[] = { TOP_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(front, __VA_ARGS__)
static const struct setting front_rows[] = { FRONT_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(listen, __VA_ARGS__)
static const struct setting listen_rows[] = { LISTEN_SETTINGS(ROW) };

static enum result check_listen(const char *name, struct slice value, struct buffer *complaint)
{
	if (strcmp(name, "address") != 0 || slice_has(value, ':'))
		return OK;
	TRY(buffer_add(complaint, SLICE("a port is missing")));
	return REFUSED;
}

static const struct settings_section top_section = {
	.name = "", .rows = top_rows, .row_count = COUNT_OF(top_rows), .size = sizeof(struct top), .about = "all"
};
static const struct settings_section front_section = { .name = "front",
						       .rows = front_rows,
						       .row_count = COUNT_OF(front_rows),
						       .size = sizeof(struct front),
						       .about = "the front" };
static const struct settings_section listen_section = { .name = "listen",
							.titled = true,
							.rows = listen_rows,
							.row_count = COUNT_OF(listen_rows),
							.size = sizeof(struct listen),
							.about = "where",
							.check = check_listen };
static const struct settings_section *const inner[] = { &front_section, &listen_section, NULL };
static const struct settings_section profile_section = { .name = "profile", .titled = true, .rows = listen_rows,
	.row_count = COUNT_OF(listen_rows), .size = sizeof(struct listen), .about = "for some", .within = inner };
static const struct settings_section *const schema[] = { &top_section, &front_section, &listen_section, &profile_section,
	                                                  NULL };

struct reading {
	struct settings settings;
	struct buffer complaints;
	enum result result;
};

static void read_text(struct reading *reading, const char *text, bool lenient)
{
	closing int fd = memfd_create("settings", MFD_CLOEXEC);
	char path[64];

	settings_init(&reading->settings);
	buffer_init(&reading->complaints, 65536);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reading->result = write(fd, text, strlen(text)) == (ssize_t)strlen(text)
		? settings_read_file(&reading->settings, path, lenient, schema, &reading->complaints) : BROKEN;
	if (buffer_add_byte(&reading->complaints, '\0') != OK)
		reading->result = BROKEN;
}

static void reading_finish(struct reading *reading)
{
	buffer_finish(&reading->complaints);
	settings_finish(&reading->settings);
}

static const struct row {
	const char *about, *text;
	const char *said[4];             /* pieces of the complaints; none: the file is fine */
} rows[] = {
	{ "nothing at all is fine", "", { 0 } },
	{ "an ordinary file is fine",
	  "hostname = \"mx.example.org\"\ntrusted = {\"10.0.0.0/8\", '::1'} # ours\n"
	  "listen \"smtp\" { address = \"0.0.0.0:25\" }\n"
	  "front { line_limit = 4K silence = 10m greet = off format = json clients = 7 }\n",
	  { 0 } },
	{ "a wrong name gets the nearest one",
	  "\n# a comment\n# another\nlisten \"a\" {\n  adress = \"x:1\"\n}\n",
	  { ":5: no such setting 'adress' in listen; did you mean 'address'?" } },
	{ "a wrong section gets the nearest one",
	  "fromt { line_limit = 1K }\n",
	  { ":1: no such setting 'fromt' in the top of the file; did you mean 'front'?" } },
	{ "a wrong titled section is one complaint",
	  "lsten \"x\" { address = \"a:1\" }\n",
	  { ":1: no such setting 'lsten' in the top of the file; did you mean 'listen'?" } },
	{ "a setting of another section is sent there",
	  "line_limit = 1K\n",
	  { ":1: no such setting 'line_limit' in the top of the file; it belongs in 'front'" } },
	{ "all mistakes are told, in the order of the file",
	  "front { line_limit = 10 }\nqqqqq = 3\nlisten \"a\" { address = \"nix\" }\nfront { silence = 3x }\n",
	  { ":1: line_limit = '10': out of bounds; 512 to 64K is meant\n", ":2: no such setting 'qqqqq'",
	    ":3: address = 'nix': a port is missing\n",
	    ":4: silence = '3x': not a time; digits with s, m, h, d or w" } },
	{ "a number of bytes has a unit or none", "front { line_limit = 2X }\n", { "not a number of bytes" } },
	{ "an overflow is no number", "front { line_limit = 99999999999999999G }\n", { "not a number of bytes" } },
	{ "a plain number has no unit", "front { clients = 5m }\n", { "not a number; plain digits" } },
	{ "an open bound is said so", "front { clients = 0 }\n", { "1 or more is meant" } },
	{ "a flag is yes or no", "front { greet = maybe }\n", { "neither yes nor no" } },
	{ "a choice names its words", "front { format = xml }\n", { "not one of: text json" } },
	{ "a title stands once",
	  "listen \"a\" { }\n\nlisten \"a\" { }\n",
	  { ":3: listen 'a' stands here twice; the first one at /proc/self/fd/" } },
	{ "a title is not empty", "listen \"\" { }\n", { "needs a title that is not empty" } },
	{ "a title is needed", "listen { }\n", { "a section 'listen' needs a title in quotes" } },
	{ "a value stands once", "hostname = a\nhostname = b\n", { ":2: hostname is set twice; the first time at" } },
	{ "a list stands once", "trusted = {a}\ntrusted = {b}\n", { "trusted is set twice" } },
	{ "the environment is not asked in double quotes",
	  "hostname = \"${HOME}\"\n",
	  { ":1: ${…} is not replaced by the environment" } },
	{ "nor in a bare word", "hostname = ${HOME}\n", { ":1: ${…} is not replaced by the environment" } },
	{ "single quotes hold any dollar", "hostname = '${HOME}'\n", { 0 } },
	{ "an open text names its beginning",
	  "\nhostname = \"abc\n\n\n",
	  { ":2: a text in quotes begins here and is never closed" } },
	{ "an open comment names its beginning",
	  "\n/* abc\n\n\n",
	  { ":2: a comment begins here and is never closed" } },
	{ "control bytes are refused", "hostname = \"a\001\"\n", { ":1: a control byte" } },
	{ "so are those made by escapes", "hostname = \"a\\nb\"\n", { "has a control byte" } },
	{ "and characters by number", "hostname = \"a\\0b\"\n", { "a character by its number" } },
	{ "a brace too many is a mistake", "front { } }\n", { "unexpected closing brace" } },
	{ "a brace too few is a mistake", "\nfront { \n", { ":2: a brace is opened here and never closed" } },
	{ "an equal sign is needed", "hostname \"x\"\n", { "missing equal sign" } },
	{ "a missing include is a mistake",
	  "include(\"/nonexistent/x\")\n",
	  { ":1: includes '/nonexistent/x', which cannot be used", "/nonexistent/x: cannot be read: No such file" } },
	{ "include takes one name", "include()\n", { "include takes the name of one file" } },
	{ "lines are counted through comments and texts",
	  "/* one\ntwo */ # three\n// four\nhostname = \"x\" /* y */\nspool = '/a' # b\nfront { line_limit = 1 }\n",
	  { ":6: line_limit" } },
	{ "a slash in a bare word begins no comment",
	  "hostname = smtp://x\nfront { clients = 0 }\n",
	  { ":2: clients" } },
	{ "a section that may not stand within is no setting", "profile \"a\" { profile \"b\" { } }\n", { ":1: no such setting 'profile' in profile" } },
	{ "what stands within is judged with its line", "profile \"a\" {\n front {\n  clients = 0 } }\n", { ":3: clients" } },
	{ "a value within stands once", "profile \"a\" { front { clients = 5 }\n front { clients = 6 } }\n", { ":2: clients is set twice" } },
	{ "an unknown section with sections in it is one complaint",
	  "admit { dns \"x\" { weight = 3 } list = {1,2} a = b }\nfront { greet = 1 }\n",
	  { ":1: no such setting 'admit'", ":2: greet" } },
};

static size_t lines_in(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *at;
		size_t count = 0;
		struct reading reading;

		read_text(&reading, rows[i].text, false);
		at = buffer_slice(&reading.complaints).at;
		for (; count < COUNT_OF(rows[i].said) && rows[i].said[count] && at; count++)
			at = strstr(at, rows[i].said[count]);
		CHECK(at != NULL, rows[i].about);
		CHECK(lines_in(buffer_slice(&reading.complaints).at) == count, rows[i].about);
		CHECK(reading.result == (count ? REFUSED : OK), rows[i].about);
		if (at == NULL)
			printf("said: %s\n", buffer_slice(&reading.complaints).at);
		reading_finish(&reading);
	}
}

static const char good[] =
	"hostname = mx # c\nspool = below/here\ntrusted += \"10.0.0.0/8\"\n"
	"listen \"b\" { address = {\"1:1\", \"2:2\"} name = \"\" }\nlisten \"a\" { }\n"
	"front { line_limit = 4K silence = 2h }\nfront { do = {x} }\n";

static void test_values(struct settings *settings)
{
	struct top top;
	struct front front;
	struct listen listen;

	CHECK(settings_fill(settings, &top_section, SLICE(""), &top) == OK, "the top is filled");
	CHECK(slice_same(top.hostname.is, SLICE("mx")), "a text");
	CHECK(slice_same(top.spool.is, SLICE("/proc/self/fd/below/here")), "a path is relative to the file's folder");
	CHECK(top.trusted.count == 3 && slice_same(top.trusted.items[1], SLICE("::1"))
	      && slice_same(top.trusted.items[2], SLICE("10.0.0.0/8")), "+= keeps what a default has");
	CHECK(settings_fill(settings, &front_section, SLICE(""), &front) == REFUSED,
	      "a value out of bounds never fills a struct");
	CHECK(settings_title_count(settings, "listen") == 2, "two titles");
	CHECK(slice_same(settings_title(settings, "listen", 0), SLICE("b")), "titles come in the order of the file");
	CHECK(settings_title(settings, "listen", 2).len == 0, "no third title");
	CHECK(settings_fill(settings, &listen_section, SLICE("b"), &listen) == OK && listen.address.count == 2,
	      "a titled section");
	CHECK(settings_fill(settings, &listen_section, SLICE("a"), &listen) == OK && listen.address.count == 0,
	      "an empty one");
	CHECK(settings_origin_of(settings, "", SLICE(""), "trusted").line == 3, "the origin of a value");
	CHECK(settings_origin_of(settings, "front", SLICE(""), "do_").line == 7, "a word of C is found by either name");
	CHECK(settings_origin_of(settings, "front", SLICE(""), "greet").line == 0, "a default has no line");
	CHECK(settings_origin_of(settings, "listen", SLICE("a"), "").line == 5, "the origin of a title");
}

static void test_good(void)
{
	struct reading reading;
	struct settings copy;
	struct buffer packed;
	struct front front;

	read_text(&reading, "front { greet = no do = {} }\ntrusted = {}\n", false);
	CHECK(settings_fill(&reading.settings, &front_section, SLICE(""), &front) == OK, "defaults are filled");
	CHECK(front.line_limit.n == 2048 && front.silence.n == 300 && front.clients.n == 100 && !front.greet.on
	      && front.format.is == 0 && front.do_.count == 0, "each kind");
	CHECK(settings_origin_of(&reading.settings, "", SLICE(""), "trusted").line > 0,
	      "an empty list is one that was written");
	CHECK(settings_put(&reading.settings, "front", "silence", SLICE("7s")) == OK &&
		  settings_fill(&reading.settings, &front_section, SLICE(""), &front) == OK && front.silence.n == 7,
	      "a value put in");
	reading_finish(&reading);

	read_text(&reading, good, false);
	CHECK(reading.result == REFUSED && strstr(buffer_slice(&reading.complaints).at, "out of bounds; 5 to 1h"),
	      "two hours are too long");
	reading_finish(&reading);

	read_text(&reading, good, false);
	reading_finish(&reading);
	settings_init(&copy);
	buffer_init(&packed, 65536);
	read_text(&reading,
		  "hostname = mx\nspool = below/here\ntrusted += \"10.0.0.0/8\"\n"
		  "listen \"b\" { address = {\"1:1\", \"2:2\"} name = \"\" }\nlisten \"a\" { }\n\nfront { do = {x} }\n",
		  false);
	CHECK(reading.result == OK, "a good file");
	CHECK(settings_put(&reading.settings, "front", "line_limit", SLICE("1")) == OK, "a bad value, past the checks");
	CHECK(settings_pack(&reading.settings, &packed) == OK && settings_unpack(&copy, buffer_slice(&packed)) == OK,
	      "packed and unpacked");
	test_values(&reading.settings);
	test_values(&copy);
	for (size_t len = 0; len < buffer_length(&packed); len++)
		CHECK(settings_unpack(&copy, (struct slice){ buffer_slice(&packed).at, len }) == REFUSED,
		      "a cut copy is refused");
	buffer_finish(&packed);
	settings_finish(&copy);
	reading_finish(&reading);
}

static void test_lenient(void)
{
	struct reading reading;
	struct top top;

	read_text(&reading,
		  "hostname = mx\nspam { rules = {a, b} tag = 5.0 deep \"x\" { y = 1 } }\nscan \"c\" { }\n"
		  "empty { }\nspool = \"/s\"\nx += {1}\n",
		  true);
	CHECK(reading.result == OK, "unknown names are passed over");
	CHECK(buffer_length(&reading.complaints) == 1, "and nothing is said");
	CHECK(settings_fill(&reading.settings, &top_section, SLICE(""), &top) == OK &&
		  slice_same(top.spool.is, SLICE("/s")),
	      "what follows is read");
	reading_finish(&reading);
}

static void test_nearest(void)
{
	static const char *const known[] = { "address", "deliver", "to" };

	CHECK(strcmp(settings_nearest(SLICE("adress"), known, 3), "address") == 0, "a letter less");
	CHECK(strcmp(settings_nearest(SLICE("DELIVRE"), known, 3), "deliver") == 0, "two exchanged, in capitals");
	CHECK(settings_nearest(SLICE("tp"), known, 3) == NULL, "half of a short name is too far");
	CHECK(settings_nearest(SLICE("recipients"), known, 3) == NULL, "nothing near");
	CHECK(settings_nearest(SLICE(""), known, 3) == NULL, "nothing at all");
}

static const char within[] =
	"front { line_limit = 4K  clients = 7 }\nlisten \"x\" { name = whole }\n"
	"profile \"a\" { name = outer\n front { line_limit = 1K }\n listen \"x\" { name = mine } }\n"
	"profile \"b\" { listen \"x\" { address = {\"1:1\"} } }\n";

/* What one section says within another is its own, and is put over what the file says. */
static void test_within(void)
{
	struct reading reading;
	struct front front;
	struct listen listen, kept;

	read_text(&reading, within, false);
	CHECK(reading.result == OK, "sections within sections are read");
	CHECK(settings_fill(&reading.settings, &front_section, SLICE(""), &front) == OK && front.line_limit.n == 4096,
	      "the file's own stays");
	CHECK(settings_fill_over(&reading.settings, &front_section, "profile", SLICE("a"), SLICE(""), &front) == OK &&
		  front.line_limit.n == 1024 && front.clients.n == 7, "only what is said within is put over it");
	CHECK(settings_fill_over(&reading.settings, &front_section, "profile", SLICE("b"), SLICE(""), &front) == OK &&
		  front.line_limit.n == 1024, "who says nothing changes nothing");
	CHECK(settings_title_count(&reading.settings, "listen") == 1, "titles within are not the file's");
	CHECK(settings_fill(&reading.settings, &listen_section, SLICE("x"), &listen) == OK, "a section with a title");
	kept = listen;
	CHECK(settings_fill_over(&reading.settings, &listen_section, "profile", SLICE("a"), SLICE("x"), &listen) == OK &&
		  slice_same(listen.name.is, SLICE("mine")) && listen.address.count == 0, "has one within");
	CHECK(settings_fill_over(&reading.settings, &listen_section, "profile", SLICE("b"), SLICE("x"), &kept) == OK &&
		  slice_same(kept.name.is, SLICE("whole")) && kept.address.count == 1, "and another in the next");
	CHECK(settings_fill(&reading.settings, &profile_section, SLICE("a"), &listen) == OK &&
		  slice_same(listen.name.is, SLICE("outer")), "what stands around it is its own");
	reading_finish(&reading);
}

static void test_describe(void)
{
	struct buffer text;

	buffer_init(&text, 65536);
	CHECK(settings_describe(&top_section, &text) == OK && settings_describe(&front_section, &text) == OK
	      && settings_describe(&listen_section, &text) == OK && buffer_add_byte(&text, '\0') == OK, "described");
	CHECK(strstr(buffer_slice(&text).at, "\t# longest line (bytes, 512 to 64K)\n\tline_limit = 2048\n"), "bounds");
	CHECK(strstr(buffer_slice(&text).at, "trusted = {\"127.0.0.0/8\", \"::1\"}\n"), "a list");
	CHECK(strstr(buffer_slice(&text).at, "(one of text json)"), "a choice");
	CHECK(strstr(buffer_slice(&text).at, "\tdo = {}\n"), "a word of C");
	CHECK(strstr(buffer_slice(&text).at, "listen \"TITLE\" {\n"), "a title");
	buffer_finish(&text);
}

int main(void)
{
	test_rows();
	test_good();
	test_lenient();
	test_nearest();
	test_within();
	test_describe();
	return TEST_END();
}
