/* SPDX-License-Identifier: Apache-2.0 */
/* What --check says about small files, by the sections of all rooms; and that all their defaults fit. */
#include "supervisor/schema.h"

#include "base/fd.h"
#include "base/test.h"
#include "mail/policy/policy.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct row { const char *about, *text, *said; } rows[] = {
	{ "an empty file is a mistake", "", ": says nothing" },
	{ "so is one of comments", "# listen \"smtp\" { address = \"0.0.0.0:25\" }\n", ": says nothing" },
	{ "an ordinary one is fine",
	  "hostname = \"mx1.example.org\"\nlisten \"smtp\" { address = {\"0.0.0.0:25\", \"[::]:25\"} }\n"
	  "domain \"example.org\" { deliver = {\"lmtp://mbox1.example.org:24\"} }\n"
	  "policy \"virus\" { when = \"virus\" do = {\"quarantine\"} }\n", NULL },
	{ "a listener needs an address", "\nlisten \"smtp\" { }\n", ":2: listen 'smtp' has no address" },
	{ "which is its own", "listen \"a\" { address = \"0.0.0.0:25\" }\nlisten \"b\" { address = \"0.0.0.0:25\" }\n",
	  ":1: listen 'a' has an address that is listened on already" },
	{ "a domain needs a target", "\n\ndomain \"example.org\" { }\n",
	  ":3: domain 'example.org' says nowhere to deliver to" },
	{ "and stands there once, in whatever case",
	  "domain \"example.org\" { deliver = \"smtp://x\" }\ndomain \"Example.ORG\" { deliver = \"smtp://y\" }\n",
	  ":2: domain 'Example.ORG' stands there already" },
	{ "a domain in UTF-8, with a route", "domain \"gr\xc3\xbcn.example\" { deliver = \"smtp://x\" }\n"
	  "route \"a*@xn--grn-ioa.example\" { deliver = \"smtp://y\" }\nroute \"b*@GR\xc3\x9cN.example\" { deliver = \"smtp://z\" }\n", NULL },
	{ "is the same as one of its A-labels", "domain \"xn--grn-ioa.example\" { deliver = \"smtp://x\" }\n"
	  "domain \"gr\xc3\xbcn.example\" { deliver = \"smtp://y\" }\n", ":2: domain 'gr\xc3\xbcn.example' stands there already, in another form" },
	{ "a domain in UTF-8 that can be nobody's", "domain \"gr\xc3\xbcn..example\" { deliver = \"smtp://x\" }\n", ":1: domain 'gr\xc3\xbcn..example' is no domain" },
	{ "a route of one", "domain \"a.example\" { deliver = \"smtp://x\" }\nroute \"b@gr\xe2\x80\xaen.example\" { deliver = \"smtp://x\" }\n", "is no domain" },
	{ "the spool is a folder", "\nspool = \"/dev/null\"\n", ":2: spool = '/dev/null': it is no folder" },
	{ "below folders", "state = \"/dev/null/state\"\n", ":1: state = '/dev/null/state': it is no folder" },
	{ "which may be missing", "spool = \"/nonexistent/spool\"\n", NULL },
	{ "a log is put into a folder that is there", "log { to = file  file = \"/nonexistent/postern.log\" }\n",
	  ":1: file = '/nonexistent/postern.log': there is no such folder" },
	{ "no matter where, if it is not used", "log { file = \"/nonexistent/postern.log\" }\n", NULL },
	{ "the front takes nothing that the queue does not", "front { message_limit = 2M }\nqueue { message_limit = 1M }\n",
	  ":1: front message_limit is larger" },
	{ "by default too", "hostname = \"x\"\nqueue { message_limit = 1M }\n", ":2: front message_limit is larger" },
	{ "an include that fails is named with its line", "\n\ninclude(\"/nonexistent/more.conf\")\n",
	  ":3: includes '/nonexistent/more.conf', which cannot be used" },
	{ "and with its own name", "include(\"/nonexistent/more.conf\")\n", "/nonexistent/more.conf: cannot be read" },
	{ "which can be understood", "domain \"example.org\" { deliver = \"smpt://x\" }\n",
	  ":1: deliver = 'smpt://x': not a target" },
	{ "a route for one address, and one for many",
	  "domain \"example.org\" { deliver = \"lmtp://a:24\" }\n"
	  "route \"anna@example.org\" { deliver = \"lmtp://b:24\" }\nroute \"a*@Example.org\" { deliver = \"lmtp://c:24\" }\n"
	  "target \"lmtp://c:24\" { connections = 5 }\n", NULL },
	{ "a route is of a domain of ours", "route \"anna@example.org\" { deliver = \"lmtp://b:24\" }\n",
	  ":1: route 'anna@example.org' is of no domain" },
	{ "a route needs a target", "domain \"a.org\" { deliver = \"lmtp://a:24\" }\nroute \"*@a.org\" { }\n",
	  ":2: route '*@a.org' says nowhere" },
	{ "a route whose target cannot be asked by a callout",
	  "domain \"a.org\" { deliver = \"lmtp://a:24\" recipients = callout }\nroute \"b@A.org\" { deliver = \"maildir:/mail\" }\n",
	  ":2: route 'b@A.org': maildir:/mail cannot be asked" },
	{ "a route is an address", "route \"example.org\" { deliver = \"lmtp://b:24\" }\n", "an address is meant" },
	{ "a target is one that mail goes to",
	  "domain \"example.org\" { deliver = \"lmtp://mbox1:24\" }\ntarget \"lmtp://mbox1\" { connections = 5 }\n",
	  ":2: target 'lmtp://mbox1' is no domain's" },
	{ "a target of a domain, and the relay host",
	  "domain \"example.org\" { deliver = \"lmtp://mbox1:24\" }\ntarget \"lmtp://mbox1:24\" { rate = 600 }\n"
	  "relay { relayhost = \"smtp://out:25\" }\ntarget \"smtp://out:25\" { client = xforward }\n", NULL },
	{ "a folder has no connections", "target \"maildir:/mail\" { connections = 5 }\n", ":1: target 'maildir:/mail'" },
	{ "a log in a file needs a name", "log { to = file }\n", ":1: log to = file needs a file" },
	{ "a rule that can never match, with its line", "policy \"all\" { do = {\"deliver\"} }\n"
	  "policy \"late\" { when = \"virus\" do = {\"reject\"} }\n", ":2: policy \"late\" can never match" },
	{ "a rule that asks for a list that is none, with its line", "\n\npolicy \"x\" { when = \"sender in list('bosses')\" do = {\"hold\"} }\n",
	  ":3: " },
	{ "a list in the DNS that nobody asks, and mail that waits for it", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = defer }\n"
	  "inspect {\n dnsbls = no }\npolicy \"x\" { when = \"listed('zen')\" do = {\"hold\"} }\n", ":3: inspect dnsbls = no, but rules ask dnsbl \"zen\"" },
	{ "one for which no mail waits", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = skip }\n"
	  "inspect { dnsbls = no }\npolicy \"x\" { when = \"listed('zen')\" do = {\"hold\"} }\n", NULL },
	{ "one that no rule asks", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = defer }\ninspect { dnsbls = no }\n", NULL },
	{ "and one that is asked", "dnsbl \"zen\" { zone = \"zen.example\" unanswered = defer }\n"
	  "policy \"x\" { when = \"listed('zen')\" do = {\"hold\"} }\n", NULL },
	{ "a list's file must be there", "\nlist \"x\" { file = \"/nonexistent/list\" }\n",
	  ":2: file = '/nonexistent/list': No such file or directory" },
	{ "and be a file", "list \"x\" { file = \"/dev/zero\" }\n", ":1: file = '/dev/zero': Invalid argument" },
	{ "a template has one of four names", "template \"boss\" { subject = \"x\" }\n", "the templates are \"attachment\"" },
	{ "and names what there is", "\ntemplate \"sender\" { text = {\"ok\", \"%who%\"} }\n", ":2: text = '%who%': %who% stands for nothing" },
	{ "a profile is told with its line", "\nprofile \"x\" { when = \"recipent ~ 'a'\" }\n", ":2: when = 'recipent ~ 'a'': " },
	{ "and so is what stands within", "profile \"x\" {\n template \"sender\" {\n  subject = \"%who%\" }\n}\n", ":3: subject = '%who%'" },
	{ "what may not stand within is no setting", "profile \"x\" {\n front { clients = 5 } }\n", ":2: no such setting 'front' in profile" },
	{ "of a section within only what concerns a message", "profile \"x\" {\n queue { threads = 5 } }\n", ":2: no such setting 'threads' in queue" },
	{ "and that within its bounds", "profile \"x\" {\n queue { lifetime = 1s } }\n", ":2: lifetime = '1s': out of bounds" },
	{ "the same twice within", "profile \"x\" { template \"sender\" { subject = a }\n template \"sender\" { subject = b } }\n", ":2: template 'sender' stands here twice" },
	{ "and once within each of two", "profile \"x\" { template \"sender\" { subject = a } }\nprofile \"y\" { template \"sender\" { subject = b } }\n", NULL },
	{ "a profile that asks for a list that is none", "\nprofile \"x\" { when = \"sender in list('bosses')\" }\n", ":2: " },
	{ "an action names its place", "\n\npolicy \"x\" { do = {\"archive here\"} }\n", ":3: do = 'archive here': the absolute path" },
	{ "a rule needs known facts", "policy \"x\" { when = \"virsu\" do = {\"reject\"} }\n", "virsu" },
	{ "a wrong name gets the nearest", "domian \"x\" { }\n",
	  ":1: no such setting 'domian' in the top of the file; did you mean 'domain'?" },
};

static void check_row(const struct row *row)
{
	closing int fd = memfd_create("settings", MFD_CLOEXEC);
	struct settings settings;
	struct buffer complaints;
	char path[64];
	enum result result;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings_init(&settings);
	buffer_init(&complaints, 65536);
	CHECK(write(fd, row->text, strlen(row->text)) == (ssize_t)strlen(row->text), "a file is written");
	result = schema_read(&settings, path, &complaints);
	CHECK(result == (row->said ? REFUSED : OK), row->about);
	CHECK(buffer_add_byte(&complaints, '\0') == OK, "text");
	CHECK(row->said == NULL || strstr(buffer_slice(&complaints).at, row->said), row->about);
	if (row->said && !strstr(buffer_slice(&complaints).at, row->said))
		printf("said: %s\n", buffer_slice(&complaints).at);
	if (result != (row->said ? REFUSED : OK))
		printf("said: %s\n", buffer_slice(&complaints).at);
	buffer_finish(&complaints);
	settings_finish(&settings);
}

static void check_section(const struct settings_section *section)
{
	struct settings settings;
	struct buffer text;
	char filled[4096];

	settings_init(&settings);
	buffer_init(&text, 65536);
	CHECK(section->size <= sizeof(filled) && settings_fill(&settings, section, SLICE(""), filled) == OK,
	      section->name);
	CHECK(settings_describe(section, &text) == OK, section->name);
	for (size_t i = 0; i < section->row_count; i++)
		CHECK(section->rows[i].about[0] != '\0', section->rows[i].name);
	buffer_finish(&text);
	settings_finish(&settings);
}

static const struct { const char *about, *text, *said; size_t entries; } lists[] = {
	{ "one entry a line, but for comments and what is empty", "# who\nanna@example.org\r\n\n  *@board.example.org\t\n#\nlast", NULL, 4 },
	{ "an empty file is an empty list", "", NULL, 1 },
	{ "a control byte is told with its line", "a\nb\x01c\n", ":2: has a control byte", 0 },
};

static void check_list(size_t row)
{
	closing int list = memfd_create("list", MFD_CLOEXEC), fd = memfd_create("settings", MFD_CLOEXEC);
	struct list_settings filled = { 0 };
	struct settings settings;
	struct buffer complaints;
	char path[64], text[256];

	(void)snprintf(text, sizeof(text), "list \"l\" { entries = {\"first\"} file = \"/proc/self/fd/%d\" }\n", list);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings_init(&settings);
	buffer_init(&complaints, 65536);
	CHECK(write(fd, text, strlen(text)) > 0 && write(list, lists[row].text, strlen(lists[row].text)) >= 0, "files are written");
	CHECK(schema_read(&settings, path, &complaints) == (lists[row].said ? REFUSED : OK), lists[row].about);
	CHECK(buffer_add_byte(&complaints, '\0') == OK, "text");
	CHECK(lists[row].said == NULL || strstr(buffer_slice(&complaints).at, lists[row].said), lists[row].about);
	CHECK(settings_fill(&settings, &list_settings_section, SLICE("l"), &filled) == OK, lists[row].about);
	CHECK(lists[row].said || filled.entries.count == lists[row].entries, lists[row].about);
	CHECK(filled.entries.count < 3 || slice_same(filled.entries.items[2], SLICE("*@board.example.org")), lists[row].about);
	buffer_finish(&complaints);
	settings_finish(&settings);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		check_list(i);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	for (size_t i = 0; schema[i]; i++)
		check_section(schema[i]);
	return TEST_END();
}
