/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever reads into an arena is short of memory at every place once: it says LATER, and nothing is lost. */
#include "base/torture.h"

#include "base/settings.h"
#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- what is read: packed once, without an arena ---- */

static struct envelope_recipient two[] = {
	{ .address = LIT("c@d"), .original = LIT("rfc822;x@d"), .notify = NOTIFY_DELAY },
	{ .address = LIT("postmaster") },
};
static const struct envelope envelope = {
	.id = LIT("0123456789ABCDEF"), .listener = LIT("smtp"), .protocol = LIT("ESMTP"), .sender = LIT("a@b"),
	.client_address = LIT("192.0.2.1"), .client_name = LIT("unknown"), .helo = LIT("x"),
	.trace = LIT("Received: from x\r\n\tby y; now\r\n"), .recipients = two, .recipient_count = COUNT_OF(two),
};
static struct fact facts[] = { { LIT("size"), LIT("5120") }, { LIT("unscannable"), LIT("depth") } };
static struct inquiry questions[] = { { ASK_SCANNERS, LIT("") } };
static struct answer answers[] = { { ASK_SCANNERS, LIT("clamav"), ANSWER_FAILED, LIT("no answer in time"), 0 } };
static struct slice names[] = { LIT("a.zip") };
static struct found_part parts[] = { { .path = LIT("1"), .type = LIT("a/b"), .names = names, .name_count = COUNT_OF(names) } };
static struct fact_place places[] = { { 0, 0 }, { 7, 9 } };
static const struct findings findings = {
	facts, COUNT_OF(facts), questions, COUNT_OF(questions), parts, COUNT_OF(parts), places, READER_NOW,
};
static const struct evidence evidence = { answers, COUNT_OF(answers), 1700000000, 42 };
static const struct edit three[] = { { 0, 1, LIT("AA") }, { 3, 0, LIT("-") }, { 5, 1, LIT("") } };
static const struct edits edits = { three, COUNT_OF(three) };
static struct fate fates[] = {
	{ FATE_QUARANTINE, LIT("virus"), LIT("virus"), LIT(""), 0, 1, 1, FATE_NOTICES_OWN, 0 },
	{ FATE_REJECT, LIT("no"), LIT(""), LIT("550 5.7.1 refused"), NO_EDITS, 0, 0, FATE_NOTICES_OF_FILE, 0 },
};
static struct slice edit_lists[] = { LIT("\1\0\0\0\0") };
static uint8_t broken[] = { SEAL_DKIM_HEADER };
static struct slice titles_list[] = { LIT("mark"), LIT("virus") };
static struct titles matched[] = { { titles_list, COUNT_OF(titles_list) } };
static struct deed deed_list[] = { { DEED_SUBJECT, LIT("[x] "), LIT("r"), LIT("") } };
static struct deeds deed_lists[] = { { deed_list, COUNT_OF(deed_list) } };
static struct times times[] = { { .list = { [TIME_lifetime] = { true, 86400, LIT("students") } } } };
static const struct judgement judgement = {
	VERDICT_VIRUS, LIT("clamav: Eicar-Test"), fates, COUNT_OF(fates), edit_lists, COUNT_OF(edit_lists), broken,
	deed_lists, COUNT_OF(deed_lists), matched, COUNT_OF(matched), times, COUNT_OF(times),
	LIT("findings"), LIT("evidence"),
};
static struct notice_recipient failed_recipient = { .address = LIT("b@d"), .reply = LIT("550 5.1.1 no such user") };
static const struct notice notice = {
	.kind = NOTICE_FAILURE, .hostname = LIT("mx1.example.org"), .postmaster = LIT("postmaster"),
	.id = LIT("0123456789ABCDEF"), .sender = LIT("a@example.org"), .recipients = &failed_recipient,
	.recipient_count = 1, .new_id = LIT("FEDCBA9876543210"),
};
static const struct slice message = LIT(
	"From: a@b\r\nSubject: one\r\n two\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n"
	"--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\none\r\n--i--\r\n"
	"--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo\r\n"
	"--o\r\nContent-Disposition: attachment; filename=\"x.pdf\"\r\n\r\nthree\r\n--o--\r\n");
static const char rules[] = "policy \"a\" { when = \"virus and not (trusted or authenticated)\" do = {\"reject no\"} }\n"
			    "policy \"b\" { when = \"unscannable and profile = 'p'\" do = {\"notify recipient\", \"as attachment\", "
			    "\"subject x\", \"archive /a\", \"hold\", \"deliver\"} }\n"
			    "list \"l\" { entries = {\"a\", \"b\"} }\n"
			    "profile \"p\" { when = \"not recipient in list('l')\" template \"recipient\" { text = {\"one\", \"two\"} } }\n";

static const struct settings_section *const schema[] = { &policy_settings_section, &list_settings_section,
	                                                  &banner_settings_section, &profile_settings_section, NULL };

static struct {
	struct buffer envelope, findings, evidence, edits, judgement, notice, settings;
	char rules_file[32];
} packed;

static enum result write_rules(void)
{
	int fd;

	(void)snprintf(packed.rules_file, sizeof(packed.rules_file), "/tmp/torture-test-XXXXXX");
	fd = mkstemp(packed.rules_file);
	if (fd < 0)
		return LATER;
	if (write(fd, rules, sizeof(rules) - 1) != (ssize_t)sizeof(rules) - 1) {
		(void)close(fd);
		return LATER;
	}
	return close(fd) == 0 ? OK : LATER;
}

static enum result read_rules(struct settings *settings)
{
	struct buffer complaints;
	enum result result;

	buffer_init(&complaints, 65536);
	settings_init(settings);
	result = settings_read_file(settings, packed.rules_file, false, schema, &complaints);
	buffer_finish(&complaints);
	return result;
}

static enum result pack_rules(void)
{
	struct settings settings;
	enum result result = read_rules(&settings);

	if (result == OK)
		result = settings_pack(&settings, &packed.settings);
	settings_finish(&settings);
	return result;
}

static enum result pack_all(void)
{
	struct buffer *const all[] = { &packed.envelope, &packed.findings, &packed.evidence, &packed.edits,
				       &packed.judgement, &packed.notice, &packed.settings };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		buffer_init(all[i], 65536);
	TRY(envelope_pack(&envelope, &packed.envelope));
	TRY(findings_pack(&findings, &packed.findings));
	TRY(evidence_pack(&evidence, &packed.evidence));
	TRY(edits_pack(&edits, &packed.edits));
	TRY(judgement_pack(&judgement, &packed.judgement));
	TRY(notice_pack(&notice, &packed.notice));
	TRY(write_rules());
	return pack_rules();
}

static void forget_all(void)
{
	struct buffer *const all[] = { &packed.envelope, &packed.findings, &packed.evidence, &packed.edits,
				       &packed.judgement, &packed.notice, &packed.settings };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		buffer_finish(all[i]);
	(void)unlink(packed.rules_file);
}

/* ---- the calls ---- */

static enum result unpack_envelope(struct arena *arena)
{
	struct envelope back;

	return envelope_unpack(buffer_slice(&packed.envelope), arena, &back);
}

static enum result unpack_findings(struct arena *arena)
{
	struct findings back;

	return findings_unpack(buffer_slice(&packed.findings), arena, &back);
}

static enum result unpack_evidence(struct arena *arena)
{
	struct evidence back;

	return evidence_unpack(buffer_slice(&packed.evidence), arena, &back);
}

static enum result unpack_edits(struct arena *arena)
{
	struct edits back;

	return edits_unpack(buffer_slice(&packed.edits), arena, &back);
}

static enum result unpack_judgement(struct arena *arena)
{
	struct judgement back;

	return judgement_unpack(buffer_slice(&packed.judgement), arena, &back);
}

static enum result unpack_notice(struct arena *arena)
{
	struct notice back;

	return notice_unpack(buffer_slice(&packed.notice), arena, &back);
}

static enum result obey_mail(struct arena *arena)
{
	const char *reply = "";
	struct mail_command mail;

	return command_mail(SLICE("FROM:<\"a b\"@example.org> SIZE=5 ENVID=x+3Dy"), COMMAND_DSN | COMMAND_SIZE, arena,
			    &mail, &reply);
}

static enum result obey_rcpt(struct arena *arena)
{
	const char *reply = "";
	struct rcpt_command rcpt;

	return command_rcpt(SLICE("TO:<b@example.org> ORCPT=rfc822;b+3Dc@example.org NOTIFY=FAILURE"), COMMAND_DSN,
			    false, arena, &rcpt, &reply);
}

static enum result read_message(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view;

	return message_read(message, &reader, DIGESTS_OF_ALL, &view);
}

static enum result compile_and_judge(struct arena *arena)
{
	struct settings settings;
	const struct policy *policy = NULL;
	struct buffer complaint;
	struct judgement judged;
	struct list folders;
	enum result result;

	settings_init(&settings);
	buffer_init(&complaint, 4096);
	result = settings_unpack(&settings, buffer_slice(&packed.settings));
	if (result == OK)
		result = policy_compile(&settings, arena, &policy, &complaint);
	if (result == OK)
		result = policy_judge(policy, 1, &envelope, &findings, &evidence, arena, &judged);
	if (result == OK)
		result = policy_mend(policy, &message_limits_standard, message, arena, &judged);
	if (result == OK)
		result = policy_archives(&settings, arena, &folders);
	buffer_finish(&complaint);
	settings_finish(&settings);
	return result;
}

static enum result change_message(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct message_view view;
	struct changes changes;
	struct edits made;

	TRY(message_read(message, &reader, DIGESTS_NONE, &view));
	TRY(changes_begin(&changes, message, &view, &message_limits_standard, arena));
	TRY(changes_add_field(&changes, SLICE("X-A: 1")));
	TRY(changes_set_field(&changes, SLICE("Subject"), SLICE("two")));
	TRY(changes_replace_part(&changes, view.first->next, SLICE("text/plain"), SLICE("gone\n")));
	TRY(changes_add_part(&changes, PLACE_BEHIND, SLICE("text/plain"), SLICE("more\n")));
	return changes_finish(&changes, &made);
}

static enum result write_by_template(struct arena *arena)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	const struct template template = { LIT("\xc3\xa4 %subject%"), LIT("%recipients%\n") };
	struct notice of_rule = notice;
	struct buffer to;
	enum result result;

	of_rule.kind = NOTICE_OF_RULE;
	buffer_init(&to, NOTICE_LIMIT);
	result = notice_by_template(&of_rule, &template, &reader, message, &to);
	buffer_finish(&to);
	return result;
}

static enum result read_settings(struct arena *arena)
{
	struct settings settings;
	enum result result = read_rules(&settings);

	(void)arena;
	settings_finish(&settings);
	return result;
}

static const struct torture rows[] = {
	{ "an envelope is unpacked", unpack_envelope, LATER },
	{ "findings are unpacked", unpack_findings, LATER },
	{ "evidence is unpacked", unpack_evidence, LATER },
	{ "edits are unpacked", unpack_edits, LATER },
	{ "a judgement is unpacked", unpack_judgement, LATER },
	{ "a notice is unpacked", unpack_notice, LATER },
	{ "MAIL is read", obey_mail, LATER },
	{ "RCPT is read", obey_rcpt, LATER },
	{ "a message is taken apart", read_message, LATER },
	{ "a policy is compiled, judges, and mends", compile_and_judge, LATER },
	{ "changes of a message", change_message, LATER },
	{ "a notice by a template", write_by_template, LATER },
	{ "a settings file is refused with a complaint", read_settings, REFUSED },
};

int main(void)
{
	CHECK(pack_all() == OK, "what is read can be packed");
	for (size_t i = 0; failed == 0 && i < COUNT_OF(rows); i++)
		torture(&rows[i]);
	forget_all();
	return TEST_END();
}
