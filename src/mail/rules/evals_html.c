/* SPDX-License-Identifier: Apache-2.0 */
/* Each trait and each value of a page is a row; a rule hits when any page of the message says so. */
#include "mail/rules/evals_inside.h"

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

enum result html_test(struct eval_call *call)
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
	return range ? eval_in_range(call, 1, value) : eval_holds(value, call->arguments[1]);
}

static enum result test_values(struct eval_call *call, bool range)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		for (size_t page = 0; page < call->view->page_count && slice_same(call->arguments[0], values[i].name); page++)
			call->hit = call->hit || value_passes(call, range, values[i].of(&call->view->pages[page].html));
	return OK;
}

enum result html_range(struct eval_call *call)
{
	return test_values(call, true);
}

enum result html_eval(struct eval_call *call)
{
	return test_values(call, false);
}

enum result html_tag_exists(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++)
		call->hit = call->hit || html_find(&call->view->pages[i].html, call->arguments[0]);
	return OK;
}

enum result html_tag_balance(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_name *name = html_find(&call->view->pages[i].html, call->arguments[0]);

		call->hit = call->hit || (name && eval_holds(name->open, call->arguments[1]));
	}
	return OK;
}

enum result html_image_only(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;

		call->hit = call->hit || (html_find(page, SLICE("img")) && eval_in_range(call, 0, (double)page->length));
	}
	return OK;
}

enum result html_image_ratio(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;

		call->hit = call->hit || (page->image_area > 0 &&
		                          eval_in_range(call, 0, (double)view_letters(page->text) / page->image_area));
	}
	return OK;
}

enum result html_text_match(struct eval_call *call)
{
	for (size_t i = 0; i < call->view->page_count; i++) {
		const struct html_page *page = &call->view->pages[i].html;
		const struct { struct slice name; const struct html_texts *texts; } lists[] = {
			{ SLICE("title"), &page->titles }, { SLICE("comment"), &page->comments }, { SLICE("script"), &page->scripts },
		};

		for (size_t list = 0; list < COUNT_OF(lists); list++)
			for (size_t k = 0; k < lists[list].texts->count && slice_same(lists[list].name, call->arguments[0]); k++)
				eval_match(call, lists[list].texts->list[k]);
		for (size_t k = 0; k < page->anchor_count && slice_same(SLICE("anchor"), call->arguments[0]); k++)
			eval_match(call, page->anchors[k].text);
	}
	return OK;
}

enum result html_title_subject_ratio(struct eval_call *call)
{
	struct slice subject;
	bool there;

	TRY(eval_header(call, SLICE("Subject"), 0, &subject, &there));
	for (size_t i = 0; there && i < call->view->page_count; i++) {
		const struct html_texts *titles = &call->view->pages[i].html.titles;

		for (size_t k = 0; k < titles->count; k++)
			call->hit = call->hit || (double)view_characters(titles->list[k]) / (double)subject.len > eval_number(call->arguments[0]);
	}
	return OK;
}
