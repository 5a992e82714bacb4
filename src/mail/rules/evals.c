/* SPDX-License-Identifier: Apache-2.0 */
/* Each function is a row: its name, how many arguments it takes, which of them is an expression. What they say of damage
 * and of nothing at all is what SpamAssassin 4.0.1 says. */
#include "mail/rules/evals.h"

#include "mail/rules/evals_way.h"
#include "mail/rules/reading.h"

/* ---- arguments ---- */

/* 'quoted', "quoted", or a word of digits, letters, dots, colons and "-". */
static bool cut_argument(struct slice *rest, struct slice *ret_argument)
{
	size_t length = 0;
	char quote = rest->len ? rest->at[0] : '\0';

	if (quote == '\'' || quote == '"') {
		*rest = slice_drop(*rest, 1);
		if (!slice_has(*rest, quote))
			return false;
		*ret_argument = slice_cut(rest, quote);
		return true;
	}
	while (length < rest->len && (byte_is_letter(rest->at[length]) || byte_is_digit(rest->at[length]) ||
	                              slice_has(SLICE(".:-"), rest->at[length])))
		length++;
	*ret_argument = slice_take(rest, length);
	return length > 0;
}

static bool read_arguments(struct slice text, struct eval_call *call)
{
	struct slice rest = rules_trim(text);

	call->count = 0;
	while (rest.len) {
		if (call->count == EVAL_ARGUMENTS_MOST || !cut_argument(&rest, &call->arguments[call->count]))
			return false;
		call->count++;
		rest = rules_trim(rest);
		if (rest.len && rest.at[0] != ',')
			return false;
		rest = rules_trim(slice_drop(rest, 1));
	}
	return true;
}

/* "0400", ".05", "-1"; what is no number is 0. */
static double number_of(struct slice text)
{
	double number = 0, unit = 1;
	bool minus = text.len && text.at[0] == '-', point = false;

	for (size_t i = minus; i < text.len; i++) {
		if (byte_is_digit(text.at[i])) {
			number = number * 10 + (text.at[i] - '0');
			unit *= point ? 10 : 1;
		} else if (text.at[i] == '.' && !point) {
			point = true;
		} else {
			break;
		}
	}
	return (minus ? -number : number) / unit;
}

/* "< 384", "!= 0". */
static bool holds(double value, struct slice test)
{
	struct slice sign = { test.at, 0 };
	double other;

	while (sign.len < test.len && slice_has(SLICE("<>=!"), test.at[sign.len]))
		sign.len++;
	other = number_of(rules_trim(slice_drop(test, sign.len)));
	return (slice_same(sign, SLICE("<")) && value < other) || (slice_same(sign, SLICE("<=")) && value <= other) ||
	       (slice_same(sign, SLICE(">")) && value > other) || (slice_same(sign, SLICE(">=")) && value >= other) ||
	       (slice_same(sign, SLICE("==")) && value == other) || (slice_same(sign, SLICE("!=")) && value != other);
}

/* Above the first, and not above the second of two arguments. */
static bool in_range(const struct eval_call *call, size_t first, double value)
{
	struct slice most = call->arguments[first + 1];

	if (value <= number_of(call->arguments[first]))
		return false;
	return most.len == 0 || slice_same(most, SLICE("inf")) || value <= number_of(most);
}

/* ---- HTML ---- */

static bool is_html(const struct html_page *page)
{
	(void)page;
	return true;
}

static bool embeds(const struct html_page *page)
{
	return page->embeds;
}

static bool has_bad_face(const struct html_page *page)
{
	return page->bad_font_face;
}

static bool has_low_contrast(const struct html_page *page)
{
	return page->low_contrast;
}

static bool has_no_color(const struct html_page *page)
{
	return page->invalid_color;
}

static bool mails_form(const struct html_page *page)
{
	return page->mails_form;
}

static const struct { struct slice name; bool (*is)(const struct html_page *); } traits[] = {
	{ LIT("html"), is_html }, { LIT("embeds"), embeds }, { LIT("font_face_bad"), has_bad_face },
	{ LIT("font_low_contrast"), has_low_contrast }, { LIT("font_invalid_color"), has_no_color },
	{ LIT("form_action_mailto"), mails_form },
};

static enum result html_test(struct eval_call *call)
{
	for (size_t i = 0; i < COUNT_OF(traits); i++)
		for (size_t page = 0; page < call->view->page_count && slice_same(call->arguments[0], traits[i].name); page++)
			call->hit = call->hit || traits[i].is(&call->view->pages[page].html);
	return OK;
}

enum { NOTHING = -1 };   /* a value that is not there */

static double ratio(unsigned part, unsigned whole)
{
	return whole ? (double)part / whole : NOTHING;
}

static double length_of(const struct html_page *page)
{
	return (double)page->length;
}

static double least_size_of(const struct html_page *page)
{
	return page->least_size;
}

static double most_size_of(const struct html_page *page)
{
	return page->most_size;
}

static double image_area_of(const struct html_page *page)
{
	return page->image_area > 0 ? page->image_area : NOTHING;
}

static double closed_extra_of(const struct html_page *page)
{
	return ratio(page->closed_extra, page->tags);
}

static double bad_tags_of(const struct html_page *page)
{
	return page->elements ? ratio(page->tags - page->elements, page->tags) : NOTHING;
}

static double unknown_names_of(const struct html_page *page)
{
	return page->elements_seen ? ratio(page->names_seen - page->elements_seen, page->names_seen) : NOTHING;
}

static double obfuscation_of(const struct html_page *page)
{
	return page->obfuscation ? ratio(page->obfuscation, page->tags) : NOTHING;
}

static const struct { struct slice name; double (*of)(const struct html_page *); } values[] = {
	{ LIT("length"), length_of }, { LIT("min_size"), least_size_of }, { LIT("max_size"), most_size_of },
	{ LIT("image_area"), image_area_of }, { LIT("closed_extra_ratio"), closed_extra_of },
	{ LIT("bad_tag_ratio"), bad_tags_of }, { LIT("non_element_ratio"), unknown_names_of },
	{ LIT("obfuscation_ratio"), obfuscation_of },
};

static bool value_passes(const struct eval_call *call, bool range, double value)
{
	if (value == NOTHING)
		return false;
	return range ? in_range(call, 1, value) : holds(value, call->arguments[1]);
}

static enum result test_values(struct eval_call *call, bool range)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		for (size_t page = 0; page < call->view->page_count && slice_same(call->arguments[0], values[i].name); page++)
			call->hit = call->hit || value_passes(call, range, values[i].of(&call->view->pages[page].html));
	return OK;
}

static enum result html_range(struct eval_call *call)
{
	return test_values(call, true);
}

static enum result html_eval(struct eval_call *call)
{
	return test_values(call, false);
}

static enum result html_tag_exists(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++)
		call->hit = call->hit || html_find(&call->view->pages[i].html, call->arguments[0]);
	return OK;
}

static enum result html_tag_balance(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_name *name = html_find(&call->view->pages[i].html, call->arguments[0]);

		call->hit = call->hit || (name && holds(name->open, call->arguments[1]));
	}
	return OK;
}

static enum result html_image_only(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;

		call->hit = call->hit || (html_find(page, SLICE("img")) && in_range(call, 0, (double)page->length));
	}
	return OK;
}

static enum result html_image_ratio(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;

		call->hit = call->hit || (page->image_area > 0 &&
		                          in_range(call, 0, (double)view_letters(page->text) / page->image_area));
	}
	return OK;
}

static void match_text(struct eval_call *call, struct slice text)
{
	int count = call->hit ? 0 : pattern_count(call->patterns, call->rule, text, 1);

	call->hit = call->hit || count > 0;
	call->limit = call->limit || count == PATTERN_LIMIT;
}

static enum result html_text_match(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;
		const struct { struct slice name; const struct html_texts *texts; } lists[] = {
			{ SLICE("title"), &page->titles }, { SLICE("comment"), &page->comments }, { SLICE("script"), &page->scripts },
		};

		for (size_t list = 0; list < COUNT_OF(lists); list++)
			for (size_t k = 0; k < lists[list].texts->count && slice_same(lists[list].name, call->arguments[0]); k++)
				match_text(call, lists[list].texts->list[k]);
		for (size_t k = 0; k < page->anchor_count && slice_same(SLICE("anchor"), call->arguments[0]); k++)
			match_text(call, page->anchors[k].text);
	}
	return OK;
}

enum result eval_header(const struct eval_call *call, struct slice name, unsigned modifiers, struct slice *ret_value, bool *ret_there)
{
	const struct definition is = { .kind = RULE_HEADER, .form = FORM_REGEX, .header = name, .modifiers = modifiers };

	return view_header(call->view, &is, ret_value, ret_there);
}

static enum result html_title_subject_ratio(struct eval_call *call)
{
	struct slice subject;
	bool there;

	TRY(eval_header(call, SLICE("Subject"), 0, &subject, &there));
	for (size_t i = 0; there && i < call->view->page_count; i++) {
		const struct html_texts *titles = &call->view->pages[i].html.titles;

		for (size_t k = 0; k < titles->count; k++)
			call->hit = call->hit || (double)view_characters(titles->list[k]) / (double)subject.len > number_of(call->arguments[0]);
	}
	return OK;
}

/* ---- bodies ---- */

static enum result check_body_length(struct eval_call *call)
{
	call->hit = (double)(call->view->full.len - call->view->head.len) <= number_of(call->arguments[0]);
	return OK;
}

static int vertical_of(struct slice text)
{
	size_t blanks = 0, others;

	for (size_t i = 0; i < text.len; i++)
		blanks += text.at[i] == ' ';
	others = text.len - blanks;
	return blanks > others || others == 0 ? 100 : (int)(100 * blanks / others);
}

static enum result tvd_vertical_words(struct eval_call *call)
{
	double most = number_of(call->arguments[1]), worst = -1;

	for (size_t i = 0; i < call->view->body.count; i++) {
		double here = call->view->body.list[i].len > 5 ? vertical_of(call->view->body.list[i]) : -1;

		worst = here > worst ? here : worst;
	}
	call->hit = worst >= number_of(call->arguments[0]) && worst < (most >= 100 ? 101 : most);
	return OK;
}

struct lines { size_t all, blank; };

/* A piece that ends with a line end has an empty line behind it. */
static void count_lines(struct slice piece, struct lines *lines)
{
	bool blank = true;

	for (size_t i = 0; i < piece.len; i++) {
		blank = blank && rules_is_space(piece.at[i]);
		if (piece.at[i] != '\n')
			continue;
		lines->all++;
		lines->blank += blank;
		blank = true;
	}
	lines->all += piece.len > 0;
	lines->blank += piece.len && blank;
}

static enum result check_blank_line_ratio(struct eval_call *call)
{
	double least = number_of(call->arguments[0]), most = number_of(call->arguments[1]), enough = number_of(call->arguments[2]), is;
	struct lines lines = { 0 };

	for (size_t i = 0; i < call->view->rawbody.count; i++)
		count_lines(call->view->rawbody.list[i], &lines);
	is = (double)lines.all < (enough < 1 ? 1 : enough) ? -1 : 100.0 * (double)lines.blank / (double)lines.all;
	call->hit = (least == 0 && is <= most) || (is > least && is <= most);
	return OK;
}

/* ---- parts ---- */

static enum result declared_html(const struct eval_call *call, bool *ret_html)
{
	struct slice type;
	bool there;

	TRY(eval_header(call, SLICE("Content-Type"), 0, &type, &there));
	*ret_html = slice_begins_nocase(type, SLICE("text/html"));
	return OK;
}

/* Parts in HTML, and texts of other kinds. */
static enum result count_texts(struct eval_call *call, size_t *ret_html, size_t *ret_text)
{
	size_t html = 0, text = 0;

	for (size_t i = 0; i < call->view->part_count; i++) {
		struct slice type = view_type(call->view->parts[i].part);

		html += slice_begins(type, SLICE("text/html"));
		text += slice_begins(type, SLICE("text/")) && !slice_begins(type, SLICE("text/html"));
	}
	*ret_html = html;
	*ret_text = text;
	return declared_html(call, &call->hit);
}

static enum result check_for_mime_html(struct eval_call *call)
{
	size_t html, text;

	TRY(count_texts(call, &html, &text));
	call->hit = call->hit || html > 0;
	return OK;
}

static enum result check_for_mime_html_only(struct eval_call *call)
{
	size_t html, text;

	TRY(count_texts(call, &html, &text));
	call->hit = call->hit || (html > 0 && text == 0);
	return OK;
}

/* ---- headers ---- */

static enum result check_for_missing_to_header(struct eval_call *call)
{
	struct slice value;
	bool to, apparently;

	TRY(eval_header(call, SLICE("To"), 0, &value, &to));
	TRY(eval_header(call, SLICE("Apparently-To"), 0, &value, &apparently));
	call->hit = !to && !apparently;
	return OK;
}

/* "Re:" and the like, in the languages that mail programs speak. */
static struct slice without_replies(struct slice subject)
{
	static const struct slice marks[] = {
		LIT("Re:"), LIT("Fwd:"), LIT("Fw:"), LIT("Aw:"), LIT("Antwort:"), LIT("WG:"), LIT("SV:"), LIT("VB:"), LIT("VS:"), LIT("VL:"),
	};

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (slice_begins_nocase(subject, marks[i])) {
			subject = rules_trim(slice_drop(subject, marks[i].len));
			i = (size_t)-1;
		}
	return subject;
}

static bool is_all_capitals(struct slice text)
{
	size_t letters = 0;
	bool blank = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] >= 'a' && text.at[i] <= 'z')
			return false;
		letters += byte_is_letter(text.at[i]);
		blank = blank || rules_is_space(text.at[i]);
	}
	return letters && blank;
}

/* Words encoded in a character set whose letters have no small ones. */
static bool is_of_caps_charset(struct slice raw)
{
	static const struct slice parts[] = {
		LIT("koi"), LIT("jp"), LIT("jis"), LIT("euc"), LIT("gb"), LIT("big5"), LIT("isoir"), LIT("cp1251"), LIT("windows-1251"),
		LIT("georgianps"), LIT("pt154"), LIT("tis"),
	};

	for (struct slice rest = raw; rest.len; (void)slice_cut(&rest, '=')) {
		struct slice name = slice_begins(rest, SLICE("?")) ? slice_drop(rest, 1) : SLICE("");

		name = slice_cut(&name, '?');
		for (size_t at = 0; at < name.len && at < 64; at++)
			for (size_t i = 0; i < COUNT_OF(parts); i++)
				if (slice_begins_nocase(slice_drop(name, at), parts[i]))
					return true;
	}
	return false;
}

enum { SUBJECT_LEAST = 10 };

static enum result subject_is_all_caps(struct eval_call *call)
{
	struct slice subject, raw;
	bool there;

	TRY(eval_header(call, SLICE("Subject"), 0, &subject, &there));
	TRY(eval_header(call, SLICE("Subject"), HEADER_RAW, &raw, &there));
	subject = without_replies(rules_trim(subject));
	call->hit = subject.len >= SUBJECT_LEAST && is_all_capitals(subject) && !is_of_caps_charset(raw);
	return OK;
}

/* ---- the table ---- */

static const struct eval {
	struct slice name;
	size_t least, most;              /* arguments */
	size_t pattern;                  /* which of them is an expression, from 1; 0: none */
	enum result (*run)(struct eval_call *);
} evals[] = {
	{ LIT("html_test"), 1, 1, 0, html_test },
	{ LIT("html_range"), 2, 3, 0, html_range },
	{ LIT("html_eval"), 2, 2, 0, html_eval },
	{ LIT("html_tag_exists"), 1, 1, 0, html_tag_exists },
	{ LIT("html_tag_balance"), 2, 2, 0, html_tag_balance },
	{ LIT("html_image_only"), 2, 2, 0, html_image_only },
	{ LIT("html_image_ratio"), 2, 2, 0, html_image_ratio },
	{ LIT("html_text_match"), 2, 2, 2, html_text_match },
	{ LIT("html_title_subject_ratio"), 1, 1, 0, html_title_subject_ratio },
	{ LIT("check_body_length"), 1, 1, 0, check_body_length },
	{ LIT("check_blank_line_ratio"), 2, 3, 0, check_blank_line_ratio },
	{ LIT("tvd_vertical_words"), 2, 2, 0, tvd_vertical_words },
	{ LIT("check_for_mime_html"), 0, 0, 0, check_for_mime_html },
	{ LIT("check_for_mime_html_only"), 0, 0, 0, check_for_mime_html_only },
	{ LIT("check_for_missing_to_header"), 0, 0, 0, check_for_missing_to_header },
	{ LIT("subject_is_all_caps"), 0, 0, 0, subject_is_all_caps },
	{ LIT("check_all_trusted"), 0, 0, 0, eval_all_trusted },
	{ LIT("check_no_relays"), 0, 0, 0, eval_no_relays },
	{ LIT("check_relays_unparseable"), 0, 0, 0, eval_relays_unparseable },
	{ LIT("check_for_numeric_helo"), 0, 0, 0, eval_numeric_helo },
	{ LIT("check_for_illegal_ip"), 0, 0, 0, eval_illegal_ip },
	{ LIT("helo_ip_mismatch"), 0, 0, 0, eval_helo_ip_mismatch },
	{ LIT("check_for_sender_no_reverse"), 0, 0, 0, eval_sender_no_reverse },
	{ LIT("check_for_from_domain_in_received_headers"), 2, 2, 0, eval_from_domain_in_received },
	{ LIT("check_for_forged_received_trail"), 0, 0, 0, eval_forged_trail },
	{ LIT("check_for_forged_received_ip_helo"), 0, 0, 0, eval_forged_ip_helo },
	{ LIT("check_for_no_rdns_dotcom_helo"), 0, 0, 0, eval_dotcom_helo },
	{ LIT("gated_through_received_hdr_remover"), 0, 0, 0, eval_gated },
	{ LIT("check_for_fake_aol_relay_in_rcvd"), 0, 0, 0, eval_fake_aol_relay },
	{ LIT("check_for_forged_hotmail_received_headers"), 0, 0, 0, eval_forged_hotmail },
	{ LIT("check_for_no_hotmail_received_headers"), 0, 0, 0, eval_no_hotmail },
	{ LIT("check_for_forged_eudoramail_received_headers"), 0, 0, 0, eval_forged_eudoramail },
	{ LIT("check_for_forged_yahoo_received_headers"), 0, 0, 0, eval_forged_yahoo },
	{ LIT("check_for_forged_juno_received_headers"), 0, 0, 0, eval_forged_juno },
	{ LIT("check_for_forged_gmail_received_headers"), 0, 0, 0, eval_forged_gmail },
	{ LIT("check_for_matching_env_and_hdr_from"), 0, 0, 0, eval_matching_sender },
};

static const struct eval *find_eval(const struct definition *is, struct eval_call *call)
{
	for (size_t i = 0; i < COUNT_OF(evals); i++)
		if (slice_same(is->function, evals[i].name))
			return read_arguments(is->arguments, call) && call->count >= evals[i].least && call->count <= evals[i].most ? &evals[i] : NULL;
	return NULL;
}

bool eval_is_there(const struct definition *is)
{
	struct eval_call call = { 0 };

	return is->form == FORM_EVAL && find_eval(is, &call) != NULL;
}

struct slice eval_pattern(const struct definition *is)
{
	struct eval_call call = { 0 };
	const struct eval *eval = is->form == FORM_EVAL ? find_eval(is, &call) : NULL;

	return eval && eval->pattern ? call.arguments[eval->pattern - 1] : SLICE("");
}

enum result eval_run(const struct definition *is, struct eval_call *call)
{
	const struct eval *eval = find_eval(is, call);

	call->hit = call->limit = false;
	return eval ? eval->run(call) : OK;
}
