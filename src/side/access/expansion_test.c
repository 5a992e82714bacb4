/* SPDX-License-Identifier: Apache-2.0 */
/* Who is meant by an address: rows over tables of text, and what a hidden list looks like from outside. */
#include "access/expansion.h"

#include "access/scene.h"

static const char settings[] =
	"table \"people\" { file = people }\n"
	"table \"aliases\" { file = aliases }\n"
	"table \"lists\" { file = lists inside = yes }\n"
	"table \"virtual\" { file = virtual }\n"
	"table \"forms\" { file = forms }\n"
	"table \"gone\" { file = gone }\n"
	"domain \"example.org\" { deliver = \"smtp://x\" recipients = people canonical = forms virtual = virtual"
	"  aliases = {aliases, lists} }\n"
	"domain \"old.example\" { deliver = \"smtp://x\" virtual = virtual }\n"
	"domain \"plain.example\" { deliver = \"smtp://x\" recipients = people subaddress = \"\" }\n"
	"domain \"dark.example\" { deliver = \"smtp://x\" recipients = gone }\n"
	"domain \"half.example\" { deliver = \"smtp://x\" recipients = {gone, people} }\n"
	"domain \"lost.example\" { deliver = \"smtp://x\" aliases = {gone} }\n"
	"domain \"secret.example\" { deliver = \"smtp://x\" recipients = lists }\n"
	"domain \"open.example\" { deliver = \"smtp://x\" }\n";

static const char aliases[] =
	"info anna, berta\nteam info, carla@elsewhere.example\nself self, anna\nonly only\n"
	"ring1 ring2\nring2 ring3\nring3 ring1\nring-out ring4, anna\nring4 ring-out\n"
	"mixed staff, anna\nthrough staff\nnobody-there zoe\ntwo-unknown zoe, yves\n"
	"d1 d2\nd2 d3\nd3 d4\nd4 d5\nd5 d6\nd6 d7\nd7 d8\nd8 d9\nd9 d10\nd10 d11\nd11 d12\nd12 d13\nd13 d14\nd14 d15\n"
	"d15 d16\nd16 d17\nd17 d18\nd18 d19\nd19 d20\nd20 d21\nd21 d22\nd22 anna\n"
	"many m1, m2, m3, m4, m5, m6, m7, m8, m9\nprogram |/bin/sh\ntwice anna, ANNA, anna@example.org\n"
	"postmaster anna\nfoot sole\nsole anna\n";

static const struct row {
	const char *about;
	unsigned client;
	const char *recipient;
	enum result end;
	const char *members;                   /* "a b", or "hidden" */
} rows[] = {
	{ "who is there", 0, "anna@example.org", OK, "anna@example.org" },
	{ "in another case, as it was written", 0, "Anna@Example.ORG", OK, "Anna@Example.ORG" },
	{ "with a detail", 0, "anna+x@example.org", OK, "anna+x@example.org" },
	{ "who is not there", 0, "zoe@example.org", REFUSED, "" },
	{ "not with a detail either", 0, "zoe+anna@example.org", REFUSED, "" },
	{ "a detail where there are none", 0, "anna+x@plain.example", REFUSED, "" },
	{ "a local part is of the domain that names the table", 0, "berta@plain.example", OK, "berta@plain.example" },
	{ "an address is of its own", 0, "anna@plain.example", REFUSED, "" },
	{ "a domain that says nothing", 0, "zoe@open.example", OK, "zoe@open.example" },
	{ "a foreign domain", ACCESS_TRUSTED, "zoe@foreign.example", OK, "zoe@foreign.example" },
	{ "an alias", 0, "info@example.org", OK, "anna@example.org berta@example.org" },
	{ "an alias with a detail, which stays", 0, "info+x@example.org", OK, "anna@example.org berta@example.org" },
	{ "aliases of aliases, and others' addresses", 0, "team@example.org", OK,
	  "carla@elsewhere.example anna@example.org berta@example.org" },
	{ "an address among its own values keeps its copy", 0, "self@example.org", OK, "self@example.org anna@example.org" },
	{ "one that is nothing but itself must be there", 0, "only@example.org", REFUSED, "" },
	{ "none twice", 0, "twice@example.org", OK, "anna@example.org" },
	{ "an alias of one who is not there", 0, "nobody-there@example.org", REFUSED, "" },
	{ "members of a list are believed", 0, "two-unknown@example.org", OK, "zoe@example.org yves@example.org" },
	{ "a circle", 0, "ring1@example.org", LATER, "" },
	{ "a circle with a way out", 0, "ring-out@example.org", OK, "anna@example.org" },
	{ "too deep", 0, "d1@example.org", LATER, "" },
	{ "just deep enough", 0, "d3@example.org", OK, "anna@example.org" },
	{ "too many", 0, "many@example.org", LATER, "" },
	{ "a program is no address", 0, "program@example.org", LATER, "" },
	{ "virtual: a domain that moved", 0, "anna@old.example", OK, "anna@example.org" },
	{ "does not take everybody along", 0, "zoe@old.example", REFUSED, "" },
	{ "virtual: a detail goes along", 0, "miller+x@example.org", OK, "anna+x@example.org" },
	{ "but not twice", 0, "baker+x@example.org", OK, "anna+y@example.org" },
	{ "a domain's wildcard keeps the detail", 0, "anna+x@old.example", OK, "anna+x@example.org" },
	{ "canonical: the proper form", 0, "anna.smith@example.org", OK, "anna@example.org" },
	{ "canonical: once only", 0, "form1@example.org", REFUSED, "" },
	{ "canonical: its form may be an alias", 0, "desk@example.org", OK, "anna@example.org berta@example.org" },
	{ "canonical: one address", 0, "pair@example.org", LATER, "" },
	{ "canonical: not for members", 0, "foot@example.org", OK, "anna@example.org" },
	{ "a list, from inside", ACCESS_TRUSTED, "staff@example.org", OK,
	  "anna@example.org berta@example.org carla@example.org" },
	{ "of this machine", ACCESS_LOCAL, "staff@example.org", OK, "anna@example.org berta@example.org carla@example.org" },
	{ "authenticated", ACCESS_AUTHENTICATED, "staff@example.org", OK,
	  "anna@example.org berta@example.org carla@example.org" },
	{ "a list, from outside", 0, "staff@example.org", REFUSED, "hidden" },
	{ "with a detail", 0, "staff+x@example.org", REFUSED, "hidden" },
	{ "by way of another domain", 0, "staff@old.example", REFUSED, "hidden" },
	{ "by way of an alias", 0, "through@example.org", REFUSED, "hidden" },
	{ "beside others in an alias", 0, "mixed@example.org", OK, "anna@example.org" },
	{ "recipients who are there for insiders", 0, "staff@secret.example", REFUSED, "hidden" },
	{ "for insiders", ACCESS_TRUSTED, "staff@secret.example", OK, "staff@secret.example" },
	{ "postmaster is there", 0, "postmaster@plain.example", OK, "postmaster@plain.example" },
	{ "abuse is there", 0, "Abuse@dark.example", OK, "Abuse@dark.example" },
	{ "postmaster may be an alias", 0, "postmaster@example.org", OK, "anna@example.org" },
	{ "a table that cannot be read", 0, "anna@dark.example", LATER, "" },
	{ "another one knows it", 0, "berta@half.example", OK, "berta@half.example" },
	{ "no other knows it", 0, "zoe@half.example", LATER, "" },
	{ "aliases that cannot be read", 0, "anna@lost.example", LATER, "" },
	{ "not even for postmaster: it may be an alias", 0, "postmaster@lost.example", LATER, "" },
};

static void never(struct expansion *expansion, enum result end)
{
	(void)expansion;
	(void)end;
	CHECK(false, "texts answer at once");
}

static void join(const struct expansion *expansion, struct buffer *to)
{
	for (const struct member *member = expansion->first; member; member = member->next)
		if (member_counts(member))
			CHECK((buffer_length(to) == 0 || buffer_add_byte(to, ' ') == OK) &&
			      buffer_add(to, member->address) == OK, "room");
}

static void check(const struct scene *scene, const struct row *row)
{
	struct expansion expansion = { .zones = scene->zones, .client = row->client, .limit = 8, .done = never };
	enum result end = expansion_begin(&expansion, slice_of(row->recipient));
	bool hidden = strcmp(row->members, "hidden") == 0;
	struct buffer members;

	buffer_init(&members, 4096);
	CHECK(end == row->end, row->about);
	CHECK(expansion.not_for_you == hidden, row->about);
	CHECK(end != LATER || expansion.why != NULL, row->about);
	if (end == OK) {
		join(&expansion, &members);
		CHECK(slice_same(buffer_slice(&members), slice_of(row->members)), row->about);
		if (!slice_same(buffer_slice(&members), slice_of(row->members)))
			printf("%.*s\n", SHOW(buffer_slice(&members)));
	}
	buffer_finish(&members);
	expansion_finish(&expansion);
}

/* What cannot be read now stands as it was; what can is new. */
static void check_reload(struct scene *scene)
{
	static const struct row before = { "before", 0, "dora@example.org", REFUSED, "" },
	                        after = { "after a reload", 0, "dora@example.org", OK, "dora@example.org" },
	                        wrong = { "a text with a mistake", 0, "dora@example.org", OK, "dora@example.org" };

	check(scene, &before);
	scene_file(scene, "people", "anna@example.org\ndora\n");
	tables_reload(&scene->tables);
	check(scene, &after);
	scene_file(scene, "people", "anna@example.org\nanna@example.org\n");
	tables_reload(&scene->tables);
	check(scene, &wrong);
}

int main(void)
{
	struct scene scene;

	scene_begin(&scene);
	scene_file(&scene, "people", "anna@example.org\nberta\ncarla@example.org\nsole\n");
	scene_file(&scene, "aliases", aliases);
	scene_file(&scene, "lists", "staff anna, berta, carla\n");
	scene_file(&scene, "virtual", "@old.example @example.org\nmiller@example.org anna\nbaker@example.org anna+y\n");
	scene_file(&scene, "forms", "anna.smith anna\ndesk info\nform1 form2\nform2 anna\npair anna, berta\nsole berta\n");
	scene_settle(&scene, settings);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(&scene, &rows[i]);
	check_reload(&scene);
	scene_end(&scene);
	return TEST_END();
}
