/* SPDX-License-Identifier: Apache-2.0 */
/* Each function is a row: its name, how many arguments it takes, which of them is an expression. What they say of damage
 * and of nothing at all is what SpamAssassin 4.0.1 says. */
#include "mail/rules/evals_inside.h"

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

double eval_number(struct slice text)
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

bool eval_holds(double value, struct slice test)
{
	struct slice sign = { test.at, 0 };
	double other;

	while (sign.len < test.len && slice_has(SLICE("<>=!"), test.at[sign.len]))
		sign.len++;
	other = eval_number(rules_trim(slice_drop(test, sign.len)));
	return (slice_same(sign, SLICE("<")) && value < other) || (slice_same(sign, SLICE("<=")) && value <= other) ||
	       (slice_same(sign, SLICE(">")) && value > other) || (slice_same(sign, SLICE(">=")) && value >= other) ||
	       (slice_same(sign, SLICE("==")) && value == other) || (slice_same(sign, SLICE("!=")) && value != other);
}

bool eval_in_range(const struct eval_call *call, size_t first, double value)
{
	struct slice most = call->arguments[first + 1];

	if (value <= eval_number(call->arguments[first]))
		return false;
	return most.len == 0 || slice_same(most, SLICE("inf")) || value <= eval_number(most);
}

/* ---- what several ask ---- */

void eval_match(struct eval_call *call, struct slice text)
{
	int count = call->hit ? 0 : pattern_count(call->patterns, call->rule, text, 1);

	call->hit = call->hit || count > 0;
	call->limit = call->limit || count == PATTERN_LIMIT;
}

enum result eval_header(const struct eval_call *call, struct slice name, unsigned modifiers, struct slice *ret_value, bool *ret_there)
{
	const struct definition is = { .kind = RULE_HEADER, .form = FORM_REGEX, .header = name, .modifiers = modifiers };

	return view_header(call->view, &is, ret_value, ret_there);
}

/* ---- bodies ---- */

static enum result check_body_length(struct eval_call *call)
{
	call->hit = (double)(call->view->full.len - call->view->head.len) <= eval_number(call->arguments[0]);
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
	double most = eval_number(call->arguments[1]), worst = -1;

	for (size_t i = 0; i < call->view->body.count; i++) {
		double here = call->view->body.list[i].len > 5 ? vertical_of(call->view->body.list[i]) : -1;

		worst = here > worst ? here : worst;
	}
	call->hit = worst >= eval_number(call->arguments[0]) && worst < (most >= 100 ? 101 : most);
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
	double least = eval_number(call->arguments[0]), most = eval_number(call->arguments[1]), enough = eval_number(call->arguments[2]), is;
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
	{ LIT("check_uri_truncated"), 0, 0, 0, uri_truncated },
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
	{ LIT("check_equal_from_domains"), 0, 0, 0, check_equal_from_domains },
	{ LIT("check_freemail_from"), 0, 1, 1, check_freemail_from },
	{ LIT("check_freemail_header"), 1, 2, 2, check_freemail_header },
	{ LIT("check_for_shifted_date"), 2, 2, 0, check_for_shifted_date },
	{ LIT("check_outlook_message_id"), 0, 0, 0, check_outlook_message_id },
	{ LIT("check_for_mime"), 1, 1, 0, check_for_mime },
	{ LIT("check_mime_multipart_ratio"), 2, 2, 0, check_mime_multipart_ratio },
	{ LIT("check_for_ascii_text_illegal"), 0, 0, 0, check_for_ascii_text_illegal },
	{ LIT("check_abundant_unicode_ratio"), 1, 1, 0, check_abundant_unicode_ratio },
	{ LIT("check_base64_length"), 1, 2, 0, check_base64_length },
	{ LIT("check_for_uppercase"), 2, 2, 0, check_for_uppercase },
};

/* What check_msg_parse_flags() asks for. */
static const struct eval flags[] = {
	{ LIT("truncated_header"), 1, 1, 0, header_truncated },
	{ LIT("missing_head_body_separator"), 1, 1, 0, separator_missing },
};

static const struct eval *find_row(const struct eval *rows, size_t count, struct slice name, const struct eval_call *call)
{
	for (size_t i = 0; i < count; i++)
		if (slice_same(name, rows[i].name))
			return call->count >= rows[i].least && call->count <= rows[i].most ? &rows[i] : NULL;
	return NULL;
}

static const struct eval *find_eval(const struct definition *is, struct eval_call *call)
{
	if (!read_arguments(is->arguments, call))
		return NULL;
	if (slice_same(is->function, SLICE("check_msg_parse_flags")))
		return find_row(flags, COUNT_OF(flags), call->arguments[0], call);
	return find_row(evals, COUNT_OF(evals), is->function, call);
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
