/* SPDX-License-Identifier: Apache-2.0 */
/* A condition is a sum of numbers: plugin(), can() and has() are 1 or 0 by two tables, every longer word is true.
 * Each `if` puts aside whether lines were being skipped when it was met, and its `endif` brings that back. */
#include "mail/rules/reading.h"

#include "mail/rules/arithmetic.h"

#define PLUGIN(name) LIT("Mail::SpamAssassin::Plugin::" name)

static const struct { struct slice name; bool stock; struct slice means; } plugins[] = {
	{ PLUGIN("AskDNS"), true, { 0 } },            { PLUGIN("AutoLearnThreshold"), true, { 0 } },
	{ PLUGIN("Bayes"), true, { 0 } },             { PLUGIN("BodyEval"), true, { 0 } },
	{ PLUGIN("Check"), true, { 0 } },             { PLUGIN("DKIM"), true, { 0 } },
	{ PLUGIN("DMARC"), true, { 0 } },             { PLUGIN("DNSEval"), true, { 0 } },
	{ PLUGIN("FreeMail"), true, { 0 } },          { PLUGIN("HTMLEval"), true, { 0 } },
	{ PLUGIN("HTTPSMismatch"), true, { 0 } },     { PLUGIN("HashBL"), true, { 0 } },
	{ PLUGIN("HeaderEval"), true, { 0 } },        { PLUGIN("ImageInfo"), true, { 0 } },
	{ PLUGIN("MIMEEval"), true, { 0 } },          { PLUGIN("MIMEHeader"), true, { 0 } },
	{ PLUGIN("Pyzor"), true, { 0 } },             { PLUGIN("Razor2"), true, { 0 } },
	{ PLUGIN("RelayEval"), true, { 0 } },         { PLUGIN("ReplaceTags"), true, { 0 } },
	{ PLUGIN("Rule2XSBody"), true, { 0 } },       { PLUGIN("SPF"), true, { 0 } },
	{ PLUGIN("SpamCop"), true, { 0 } },           { PLUGIN("URIDNSBL"), true, { 0 } },
	{ PLUGIN("URIDetail"), true, { 0 } },         { PLUGIN("URIEval"), true, { 0 } },
	{ PLUGIN("VBounce"), true, { 0 } },           { PLUGIN("WLBLEval"), true, { 0 } },
	{ PLUGIN("WelcomeListSubject"), true, { 0 } }, { PLUGIN("DCC"), false, { 0 } },
	{ PLUGIN("ASN"), false, { 0 } },              { PLUGIN("AWL"), false, { 0 } },
	{ PLUGIN("TxRep"), false, { 0 } },            { PLUGIN("AuthRes"), false, { 0 } },
	{ PLUGIN("DecodeShortURLs"), false, { 0 } },  { PLUGIN("FromNameSpoof"), false, { 0 } },
	{ PLUGIN("Reuse"), false, { 0 } },            { PLUGIN("Shortcircuit"), false, { 0 } },
	{ PLUGIN("TextCat"), false, { 0 } },          { PLUGIN("Dmarc"), true, PLUGIN("DMARC") },
	{ PLUGIN("WhiteListSubject"), true, PLUGIN("WelcomeListSubject") },
	{ PLUGIN("RaciallyCharged"), true, { 0 } },
};
_Static_assert(COUNT_OF(plugins) <= PLUGINS_MOST, "a flag for each");

#define CONF(name) LIT("Mail::SpamAssassin::Conf::" name)

static const struct slice functions[] = {
	CONF("feature_originating_ip_headers"), CONF("feature_dns_local_ports_permit_avoid"),
	CONF("feature_bayes_auto_learn_on_error"), CONF("feature_uri_host_listed"), CONF("feature_yesno_takes_args"),
	CONF("feature_bug6558_free"), CONF("feature_edns"), CONF("feature_dns_query_restriction"),
	CONF("feature_registryboundaries"), CONF("feature_geodb"), CONF("feature_dns_block_rule"),
	CONF("feature_compile_regexp"), CONF("feature_meta_rules_matching"), CONF("feature_subjprefix"),
	CONF("feature_bayes_stopwords"), CONF("feature_get_host"), CONF("feature_blocklist_welcomelist"),
	CONF("feature_welcomelist_blocklist"), CONF("feature_header_address_parser"), CONF("feature_local_tests_only"),
	CONF("feature_header_first_last"), CONF("feature_header_match_many"), CONF("feature_capture_rules"),
	CONF("has_tflags_nosubject"), CONF("has_tflags_nolog"), CONF("perl_min_version_5010000"),
	PLUGIN("BodyEval::has_check_body_length"), PLUGIN("BodyEval::has_plaintext_body_sig_ratio"),
	PLUGIN("MIMEEval::has_check_for_ascii_text_illegal"), PLUGIN("MIMEEval::has_check_abundant_unicode_ratio"),
	PLUGIN("MIMEEval::has_check_qp_ratio"), PLUGIN("URIDetail::has_host_key"), PLUGIN("MIMEHeader::has_all_header"),
	PLUGIN("MIMEHeader::has_tflags_range"), PLUGIN("MIMEHeader::has_tflags_concat"),
	PLUGIN("MIMEHeader::has_tflags_multiple"), PLUGIN("MIMEHeader::has_capture_rules"), PLUGIN("AskDNS::has_tag_header"),
	PLUGIN("DNSEval::has_tflags_domains_only"), PLUGIN("DNSEval::has_tflags_ips_only"),
	PLUGIN("URIDNSBL::has_tflags_domains_only"), PLUGIN("URIDNSBL::has_tflags_ips_only"),
	PLUGIN("URIDNSBL::has_subtest_for_ranges"), PLUGIN("URIDNSBL::has_uridnsbl_for_a"),
	PLUGIN("URIDNSBL::has_uridnsbl_a_ns"), PLUGIN("URIDNSBL::has_tflags_notrim"),
	PLUGIN("SPF::has_check_for_spf_errors"), PLUGIN("SPF::has_check_spf_skipped_noenvfrom"), PLUGIN("DKIM::has_arc"),
};

static const double version_number = 4.000001, perl_number = 5.036000;

/* ---- plugins ---- */

static size_t plugin_number(struct slice name)
{
	size_t i = 0;

	while (i < COUNT_OF(plugins) && !slice_same(plugins[i].name, name))
		i++;
	if (i == COUNT_OF(plugins) || plugins[i].means.len == 0)
		return i;
	name = plugins[i].means;
	for (i = 0; i < COUNT_OF(plugins) && !slice_same(plugins[i].name, name);)
		i++;
	return i;
}

enum result plugin_load(struct rules_reader *reader, struct slice name)
{
	size_t number = plugin_number(name);

	if (number == COUNT_OF(plugins))
		return REFUSED;
	reader->loaded[number] = true;
	return OK;
}

void plugins_stock(struct rules_reader *reader)
{
	for (size_t i = 0; i < COUNT_OF(plugins); i++)
		reader->loaded[i] = plugins[i].stock;
	reader->compat[reader->compat_count++] = SLICE("welcomelist_blocklist");
}

static bool is_loaded(const struct rules_reader *reader, struct slice name)
{
	size_t number = plugin_number(name);

	return number < COUNT_OF(plugins) && (reader->loaded[number] || slice_ends_nocase(name, SLICE("::RaciallyCharged")));
}

static bool is_compat(const struct rules_reader *reader, struct slice name)
{
	for (size_t i = 0; i < reader->compat_count; i++)
		if (slice_same(reader->compat[i], name))
			return true;
	return false;
}

/* "Module::function": a function of the program itself, or of a plugin that is loaded. */
static bool can(const struct rules_reader *reader, struct slice name)
{
	static const struct slice conf = CONF(""), compat = CONF("compat_");
	size_t end = name.len;

	if (slice_begins(name, compat))
		return is_compat(reader, slice_drop(name, compat.len));
	while (end && name.at[end - 1] != ':')
		end--;
	if (!slice_begins(name, conf) && (end < 2 || !is_loaded(reader, (struct slice){ name.at, end - 2 })))
		return false;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (slice_same(functions[i], name))
			return true;
	return false;
}

/* ---- the words of a condition ---- */

static size_t run_of(struct slice text, bool (*is)(char))
{
	size_t length = 0;

	while (length < text.len && is(text.at[length]))
		length++;
	return length;
}

static bool is_of_number(char c)
{
	return byte_is_digit(c) || c == '.';
}

/* "(NAME)" behind a word; the name, where there is one. */
static bool cut_argument(struct slice *rest, struct slice *ret_name)
{
	struct slice ahead = rules_trim(*rest), name;

	if (ahead.len == 0 || ahead.at[0] != '(' || !slice_has(ahead, ')'))
		return false;
	ahead = slice_drop(ahead, 1);
	name = slice_cut(&ahead, ')');
	*ret_name = rules_trim(name);
	*rest = ahead;
	return true;
}

static enum result read_word(const struct rules_reader *reader, struct arithmetic *sum, struct slice *rest)
{
	struct slice word = slice_take(rest, run_of(*rest, rules_is_word)), name;

	if (slice_same(word, SLICE("version")))
		return arithmetic_number(sum, version_number);
	if (slice_same(word, SLICE("perl_version")))
		return arithmetic_number(sum, perl_number);
	if (slice_same(word, SLICE("local_tests_only")))
		return arithmetic_number(sum, reader->options.local);
	if (slice_same(word, SLICE("plugin")) && cut_argument(rest, &name))
		return arithmetic_number(sum, is_loaded(reader, name));
	if ((slice_same(word, SLICE("can")) || slice_same(word, SLICE("has"))) && cut_argument(rest, &name))
		return arithmetic_number(sum, can(reader, name));
	return word.len < 2 ? REFUSED : arithmetic_number(sum, 1);
}

static enum result read_token(const struct rules_reader *reader, struct arithmetic *sum, struct slice *rest)
{
	enum sign sign;
	double number;

	if (is_of_number(rest->at[0])) {
		TRY(rules_decimal(slice_take(rest, run_of(*rest, is_of_number)), &number));
		return arithmetic_number(sum, number);
	}
	if (rules_is_word(rest->at[0]))
		return read_word(reader, sum, rest);
	TRY(arithmetic_cut_sign(rest, &sign));
	return arithmetic_sign(sum, sign);
}

static double nothing(const void *owner, uint32_t name)
{
	(void)owner;
	(void)name;
	return 0;
}

enum result condition_holds(struct rules_reader *reader, struct slice text, bool *ret_holds)
{
	struct arithmetic sum;
	const struct program *program;
	double value;

	TRY(arithmetic_begin(&sum, text.len, &reader->scratch));
	for (struct slice rest = rules_trim(text); rest.len; rest = rules_trim(rest))
		TRY(read_token(reader, &sum, &rest));
	TRY(arithmetic_end(&sum, &reader->scratch, &program));
	TRY(arithmetic_value(program, nothing, NULL, &value));
	*ret_holds = value != 0;
	return OK;
}

/* ---- the directives ---- */

static enum result push_condition(struct rules_reader *reader, bool holds)
{
	if (reader->condition_count == CONDITIONS_MOST) {
		if (reader->too_deep++ == 0)
			reader->skipped_above = reader->skipping;
		reader->skipping = true;
		ruleset_complain(reader->set, rules_here(reader), "more than %d conditions within each other: what stands in this one is left out",
		                 CONDITIONS_MOST);
		return OK;
	}
	reader->skipped[reader->condition_count++] = reader->skipping;
	reader->skipping |= !holds;
	return OK;
}

enum result obey_if(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	bool holds = false;
	enum result result = condition_holds(reader, value, &holds);

	(void)directive;
	if (result == REFUSED) {
		ruleset_complain(reader->set, rules_here(reader), "\"%.*s\" is no condition: this `if` does not count",
		                 SHOW(((struct slice){ value.at, value.len < 120 ? value.len : 120 })));
		return OK;
	}
	return result == OK ? push_condition(reader, holds) : result;
}

enum result obey_ifplugin(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct slice name = rules_cut_word(&value);

	(void)directive;
	if (name.len == 0) {
		ruleset_complain(reader->set, rules_here(reader), "the name of a plugin was expected");
		return OK;
	}
	return push_condition(reader, is_loaded(reader, name));
}

enum result obey_else(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)directive;
	if (reader->condition_count == 0 || value.len) {
		ruleset_complain(reader->set, rules_here(reader), value.len ? "`else` stands alone" : "`else` without `if`");
		return OK;
	}
	if (reader->too_deep)
		return OK;
	for (size_t i = 0; i < reader->condition_count; i++)
		if (reader->skipped[i]) {
			reader->skipping = true;
			return OK;
		}
	reader->skipping = !reader->skipping;
	return OK;
}

enum result obey_endif(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)directive;
	if (reader->condition_count == 0 || value.len) {
		ruleset_complain(reader->set, rules_here(reader), value.len ? "`endif` stands alone" : "`endif` without `if`");
		return OK;
	}
	if (reader->too_deep == 0)
		reader->skipping = reader->skipped[--reader->condition_count];
	else if (--reader->too_deep == 0)
		reader->skipping = reader->skipped_above;
	return OK;
}
