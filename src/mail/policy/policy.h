/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h — the door of mail/policy: facts in, a judgement out. judge() is pure: the same findings, evidence
 *            and settings give the same judgement, today and in a replay.
 *
 * Knows:   policy rules in order, their `when` (expression.h) over the facts of facts.h, their actions (action.h), and
 *          the collecting rule of DESIGN, for each recipient: the actions of every rule that holds are collected, the
 *          first rule with a final action ends the search, the end of the list means deliver; where two set the same
 *          thing, the earlier stands.
 * Ignores: how facts were found.
 * Owns:    the compiled rules, in the arena handed in.
 * Fails:   REFUSED with place and what was meant, for a rule that cannot be understood; a scanner that
 *          failed or is missing from the evidence makes `unscannable`, never clean; so does a pattern that hits its
 *          limits: the message is quarantined for those recipients for whom the rule could not be decided. A list in
 *          the DNS that did not answer leaves rules undecided too: these are passed over, or as its section says.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/settings.h"
#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/policy/judgement.h"
#include "mail/smtp/smtp.h"

#define POLICY_SETTINGS(ROW)                                                                              \
	ROW(when, text, "", "", "", "facts that must hold: an expression, see POLICY")                        \
	ROW(do_,  list, "", "", "", "actions, see POLICY; the first final one of a rule ends the search")
SETTINGS_STRUCT(policy_settings, POLICY_SETTINGS);
extern const struct settings_section policy_settings_section;

#define LIST_SETTINGS(ROW) \
	ROW(entries, list, "", "", "", "texts, globs or networks; compared whole, letters of either case") \
	ROW(file,    path, "", "", "", "more of them, one a line; empty lines and those that begin with # are passed over")
SETTINGS_STRUCT(list_settings, LIST_SETTINGS);
extern const struct settings_section list_settings_section;

/* What our notices say, in the administrator's words; %names% stand for what mail/message/template.h says. */
#define TEMPLATE_SETTINGS(ROW)                                                                           \
	ROW(subject, text, "", "", "", "the notice's subject")                                            \
	ROW(text,    list, "", "", "", "line by line, what the notice says, or what stands before the attached message")
SETTINGS_STRUCT(template_settings, TEMPLATE_SETTINGS);
extern const struct settings_section template_settings_section;

/* What `banner NAME` adds to a message. */
#define BANNER_SETTINGS(ROW)                                                                                \
	ROW(text,  list,   "",       "", "",           "line by line, what is added as plain text")          \
	ROW(html,  list,   "",       "", "",           "line by line, the same for messages in HTML; empty: they get the text") \
	ROW(place, choice, "bottom", "", "top bottom", "before the message, or behind it")
SETTINGS_STRUCT(banner_settings, BANNER_SETTINGS);
extern const struct settings_section banner_settings_section;

/* A list in the DNS that rules may ask (RFC 5782). */
#define DNSBL_SETTINGS(ROW)                                                                                            \
	ROW(zone,       text,   "",       "", "",                   "the list's zone, as in zen.example.org")             \
	ROW(of,         choice, "client", "", "client sender helo",                                                        \
	    "what is looked up there: the client's address, or the domain of the envelope's sender or of HELO")            \
	ROW(answers,    list,   "",       "", "",                                                                          \
	    "which answers count, as 127.0.0.4 or 127.0.0.2-11; none: all, but for 127.255.255.0 to 127.255.255.255, which are errors") \
	ROW(unanswered, choice, "skip",   "", "skip unlisted defer",                                                       \
	    "when it does not answer: skip rules that cannot be decided then, take what is asked for as unlisted, or defer the message")
SETTINGS_STRUCT(dnsbl_settings, DNSBL_SETTINGS);
extern const struct settings_section dnsbl_settings_section;

#define PROFILE_SETTINGS(ROW)                                                                                        \
	ROW(when,    text,   "",     "", "", "facts that must hold for a recipient: an expression, see POLICY; empty: always") \
	ROW(notices, choice, "file", "", "file own verified all",                                                     \
	    "which senders get failure notices about these recipients; file: as the top of the file says")
SETTINGS_STRUCT(profile_settings, PROFILE_SETTINGS);
extern const struct settings_section profile_settings_section;

enum { POLICY_HEADERS_MOST = 256, POLICY_LOOKUP = 254 };       /* of a name for the DNS, with its NUL */

struct policy;
/* No `policy` section at all: the two rules `virus` and `unscannable`, both quarantine, stand. */
must_use enum result policy_compile(struct settings *settings, struct arena *arena,
                                    const struct policy **ret_policy, struct buffer *complaint);
/* A line for each rule that can never match: behind a rule that ends every search before it, or against itself. */
must_use enum result policy_unreached(const struct policy *policy, struct buffer *lines);
/* The headers that rules ask for by header("NAME"), so that reading tells them; begins with *place 0. Each comes once,
 * letters of either case, at most POLICY_HEADERS_MOST. */
bool policy_next_header(const struct policy *policy, size_t *place, struct slice *ret_name);
/* The fact that names a header for which policy asked: one a name, whether the header is there or not. */
#define FACT_ASKED "header-asked"
/* Facts that rules ask for and the reader of these findings did not look for, so that nobody can say what rules would make of
 * the message; begins with *place 0. `ret_argument` is the header's name, or empty. */
bool policy_next_untold(const struct policy *policy, const struct findings *findings, size_t *place, struct slice *ret_fact,
                        struct slice *ret_argument);
/* The names that the DNS is to be asked for about this message (A records), because a rule or a profile asks a list; begins
 * with *place 0. One that several lists share comes once. At most 32. */
bool policy_next_lookup(const struct policy *policy, const struct envelope *envelope, size_t *place, char ret_name[POLICY_LOOKUP]);
/* An answer's text, addresses with spaces between: is it one (empty: not listed), or are all of them a list's errors or
 * made up by a server on the way? */
bool policy_lookup_answers(struct slice text);
/* A list that is to be asked now, and was not asked then, or for something else: empty, or its title. */
struct slice policy_not_asked(const struct policy *policy, const struct envelope *envelope, const struct evidence *evidence);
/* A list that a rule or a profile asks, and for whose answer the message waits (unanswered = defer); empty: there is none. */
struct slice policy_waiting_list(const struct policy *policy);
/* The folders that rules archive to, in the arena, each once. Needs no compiled policy. */
must_use enum result policy_archives(struct settings *settings, struct arena *arena, struct list *ret_paths);
/* The tables of facts and of actions, as text for people. */
must_use enum result policy_describe_facts(struct buffer *to);
must_use enum result policy_describe_actions(struct buffer *to);
/* `scanners`: how many are configured; fewer answers than that, from as many scanners, is `unscannable`.
 * The judgement's packed findings and evidence are left empty: whoever has them packed puts them in. */
must_use enum result policy_judge(const struct policy *policy, unsigned scanners,
                                  const struct envelope *envelope, const struct findings *findings,
                                  const struct evidence *evidence, struct arena *arena,
                                  struct judgement *ret_judgement);
/* Whether this policy can have come to that judgement about some message. Which rules and profiles hold follows from the
 * message, and is not looked at; what those rules do and those profiles set follows from the settings. */
bool policy_could_say(const struct policy *policy, const struct judgement *judgement);
/* What a deed will break, by the facts `signed` and `signed.field`: bits of enum seal. Known before it is done, and by
 * whoever has the judgement, without the message. */
unsigned policy_breaks(const struct findings *findings, const struct deed *deed);
/* Does a rule or a profile ask what is known of the sender? Then these are the names to ask for, as they stand in the evidence
 * ("sender alice@example.org 192.0.2.0/24", and "domain example.org"); false: there is none. Printable ASCII. */
enum { POLICY_WHO = 512 };
bool policy_asks_for_senders(const struct policy *policy);
bool policy_sender_who(const struct envelope *envelope, bool domain, char who[POLICY_WHO]);
/* One of the names was not asked for. */
bool policy_senders_unasked(const struct envelope *envelope, const struct evidence *evidence);
/* What the rule that decided for a recipient asks for, and what that says of him: for people who ask why. Facts in the order of
 * the rule, each once; `unknown`: nobody could tell. None where no rule of that title stands in this policy. */
enum { POLICY_VALUES = 8 };
struct policy_fact { struct slice name, argument; struct slice values[POLICY_VALUES]; size_t count; bool more, unknown; };
struct policy_case {
	const struct envelope *envelope;
	const struct findings *findings;
	const struct evidence *evidence;
	const struct judgement *judgement;
};
must_use enum result policy_because(const struct policy *policy, const struct policy_case *of, uint32_t place, struct arena *arena,
                                    struct policy_fact **ret_facts, size_t *ret_count);
/* The third step: edits for the fates that have deeds. `bytes` is the message. */
bool policy_wants_mending(const struct judgement *judgement);
/* Somebody would get it, now or when it is let go, or a copy of it, without the edits that rules ask for. */
bool policy_goes_unmended(const struct judgement *judgement);
must_use enum result policy_mend(const struct policy *policy, const struct message_limits *limits, struct slice bytes,
                                 struct arena *arena, struct judgement *judgement);
/* That of `notify recipient`, `sender` or `address`, as the profile has it (empty, or gone: as the file has it); NULL: there
 * is none of that name. */
const struct template *policy_template(const struct policy *policy, struct slice profile, struct slice name);
/* Do both policies add the same banner for that deed, in either wording and at the same place? None in both is the same. */
bool policy_same_banner(const struct policy *one, const struct deed *by_one, const struct policy *other,
                        const struct deed *by_other);

#endif
