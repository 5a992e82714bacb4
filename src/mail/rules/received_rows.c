/* SPDX-License-Identifier: Apache-2.0 */
/* The order is SpamAssassin's, and matters: many lines fit several rows. Forms that an earlier row always takes, with the
 * same end, have no row. */
#include "mail/rules/received_rows.h"

#define RELAY(shape, flags)       { shape, BY_ANYBODY, NEEDS_NOTHING, END_RELAY, flags }
#define MADE(maker, shape, flags) { shape, maker, NEEDS_NOTHING, END_RELAY, flags }
#define NOTHING(shape)            { shape, BY_ANYBODY, NEEDS_NOTHING, END_IGNORED, 0 }
#define ROWS(name, rows) const struct received_rows name = { rows, COUNT_OF(rows) }

static const struct received_row general[] = {
	{ " id %<%c", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, 0 },
	{ "%Bhelo=%y", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, 0 },
	{ "%B%e %y", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, IF_NO_HELO },
	{ " by %b%f", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, 0 },
};
ROWS(received_general, general);

static const struct received_row from[] = {
	/* pages to write mail on */
	{ "%i%!%~by %b with HTTP", BY_ANYBODY, NEEDS_SQUIRREL, END_RELAY, 0 },
	{ "%i%!%~by %b with HTTP", BY_ANYBODY, NEEDS_NASMAIL, END_RELAY, 0 },
	{ "%i by %b (%o) with HTTP (WebMailUI)", BY_ANYBODY, NEEDS_AOL, END_RELAY, 0 },
	/* programs with forms of their own */
	MADE(BY_SMTPSVC, "^%H ([%i]%m) by %b with Microsoft SMTPSVC", 0),
	{ "^mail pickup service by %w with Microsoft SMTPSVC%$", BY_SMTPSVC, NEEDS_NOTHING, END_IGNORED, 0 },
	MADE(BY_EXCHANGE, "^%h (%[%i%(%%%g%)%]) by %b ", NO_ID),
	MADE(BY_XMAIL, "^%h (%[%i%]:%#) by %b%( (%w)%) with [XMail", XMAIL_FIELDS),
	MADE(BY_ECELERITY, "^([%i:%#] helo=%h) by %b ", 0),
	MADE(BY_ECELERITY, "^%w ([%i:%#]) by %b ", 0),
	{ "%Bwith local%(-%w%) ", BY_EXIM, NEEDS_NOTHING, END_IGNORED, 0 },
	MADE(BY_EXIM, "^[%i] (%s) by %b ", IN_COMMENT),
	MADE(BY_EXIM, "^%r ([%i]%s) by %b ", SAME_NAME | IN_COMMENT),
	MADE(BY_EXIM, "^%r [%i]%(:%#%) by %b ", SAME_NAME),
	{ "^%r ", BY_EXIM, NEEDS_NOTHING, END_KEEP, 0 },
	{ " (%h) ", BY_EXIM, NEEDS_NOTHING, END_KEEP, 0 },
	{ " [%i%(.%#%)] ", BY_EXIM, NEEDS_NOTHING, END_KEEP, 0 },
	{ "by %b ", BY_EXIM, NEEDS_NOTHING, END_WITH_IP, 0 },
	MADE(BY_POSTFIX, "^%h (%r [%i]) by %b ", LOOKED_UP),
	MADE(BY_POSTFIX, "^%h (%r[%i]) by %b ", LOOKED_UP),
	MADE(BY_SCALIX, "^%h (% %i) by %b", 0),
	MADE(BY_DOMINO, "^%h ([%i]) by %b (Lotus", 0),
	/* what most others write */
	{ "^%i ([%o]) by %b", BY_ANYBODY, NEEDS_HTTP, END_RELAY, 0 },
	{ "^%h (%r [%i]%*) by %b (", BY_ANYBODY, NEEDS_NO_QMAIL, END_RELAY, LOOKED_UP | IDENT_IN_NAME },
	RELAY("^%h (%r [%i]) by %b with %w (", LOOKED_UP),
	RELAY("^%r ([%i] helo=%h) by %b with ", 0),
	RELAY("^%h (<unknown%W>[%i]) by %b ", 0),
	RELAY("^%h ({r%w.%w}[%i]) by %b ", LOOKED_UP),
	RELAY("^%h (%D@[%i]%*) by %b (", LOOKED_UP),
	{ "^%i ", BY_ANYBODY, NEEDS_HOTMAIL, END_KEEP, 0 },
	RELAY("by {b%w.hotmail.msn.com} ", 0),
	RELAY("^%r (%e %H) (%i) by %b (qpsmtpd/%w) with %(E%)SMTP", 0),
	RELAY("^%r (LHLO %H) (%i) by %b with LMTP", 0),
	RELAY("^%r (%e %H) [%i] by %b (%p) with %(E%)SMTP", 0),
	RELAY("^%h ([%i]) by %b via smtpd (for %w) with SMTP(", 0),
	/* qmail, with or without a helo, an ident and a sender; what looks like it and is neither is taken as it is */
	{ "^%r (%e %k) (%D@%[%i%])%( (envelope-sender <%w>)%) by %b", BY_ANYBODY, NEEDS_QMAIL, END_RELAY, LOOKED_UP_UNLESS_UNKNOWN },
	{ "^%r (%e %k) (%[%i%])%( (envelope-sender <%w>)%) by %b", BY_ANYBODY, NEEDS_QMAIL, END_RELAY, LOOKED_UP_UNLESS_UNKNOWN },
	{ "^%r (%D@%[%i%])%( (envelope-sender <%w>)%) by %b", BY_ANYBODY, NEEDS_QMAIL, END_RELAY, LOOKED_UP_UNLESS_UNKNOWN | SAME_NAME },
	{ "^%r (%[%i%])%( (envelope-sender <%w>)%) by %b", BY_ANYBODY, NEEDS_QMAIL, END_RELAY, LOOKED_UP_UNLESS_UNKNOWN | SAME_NAME },
	{ "^", BY_ANYBODY, NEEDS_QMAIL, END_RELAY, LOOKED_UP_UNLESS_UNKNOWN },
	/* less usual */
	RELAY("^[%i] by %b via HTTP%$", 0),
	RELAY("^%w ( [%i])%? by %b ", 0),
	RELAY("^(%h [%i]) by %b ", 0),
	RELAY("^[%i] by %b ", 0),
	RELAY("^(%[%i%]) by %b ", 0),
	RELAY("^%h [%i] by %b [%o] with ", LOOKED_UP),
	RELAY("^%h [(%i)] by %b (%o) ", 0),
	RELAY("^%h ([%i]) by %b (", LOOKED_UP),
	RELAY("^%h (softdnserr [%i])%? by %b%B", 0),
	RELAY("^%h (%r [%i])%? by %b%B", LOOKED_UP),
	RELAY("^%h ([%i%(%x%#%)])%? by %b ", LOOKED_UP),
	{ "with POP3", BY_ANYBODY, NEEDS_NOTHING, END_FETCHED, 0 },
	{ "with IMAP", BY_ANYBODY, NEEDS_NOTHING, END_FETCHED, 0 },
	RELAY("^%r (%e {h%P}) (%({d%W}@%)%[%i%])%* by %b ", LOOKED_UP),
	RELAY("^%r (%({d%W}@%)%[%i%])%* by %b ", LOOKED_UP | SAME_NAME),
	RELAY("^%r(%i) by %b via smap ", LOOKED_UP),
	RELAY("^%r(%i, %e %H) by %b via smap ", LOOKED_UP),
	RELAY("^%i by %b (SMTPL%B", 0),
	RELAY("^%i by %b (InterScan%B", 0),
	NOTHING("^%w by %w with BSMTP"),
	RELAY("^%h (%r [%i]) by %b with ", LOOKED_UP),
	RELAY("^%r (%e %H) (%(%d@%)%i%?) by %b with ", LOOKED_UP),
	RELAY("^[%i] (%(account %w %)%e %H) by %b (", 0),
	{ "^%r ([%i] verified) by %b (", BY_ANYBODY, NEEDS_COMMUNIGATE, END_RELAY, LOOKED_UP | SAME_NAME },
	NOTHING("^%w (%w) by %w (Content Technologies "),
	RELAY("^%h ([%i] [%w]) by %b with ", 0),
	RELAY("^%i by %b with ", 0),
	RELAY("^%h (%r[%i]) by %b ", LOOKED_UP),
	RELAY("^[%i]%w (%e %H) by %b ", 0),
	RELAY("^%i (%e %H) by %b ", 0),
	RELAY("^%h [%i] by %b ", 0),
	RELAY("^%r(%i) by %b ", 0),
	RELAY("^%i (%A%p) by %b with ", 0),
	RELAY("^[%i] ({s%p}) by %b ", IN_COMMENT),
	RELAY("^%r(%i), claiming to be \"%h\" via %w by %b,", LOOKED_UP_UNLESS_LOUD),
	RELAY("^%r(%i) via %w by %b,", LOOKED_UP_UNLESS_LOUD | NO_HELO),
	RELAY("^%h (%w@%i with login) by {b%w.yahoo.com} with SMTP", 0),
	RELAY("^X-Originating-IP: %i%$", 0),
	/* what tells nothing: within one machine, or without an address */
	NOTHING("^%w (%u@%L) by %w ("),
	NOTHING("^%w %w by %w with local-%(e%)smtp "),
	NOTHING("^127.0.0.1 (AVG SMTP %w [%w])"),
	NOTHING("^%w@%w by %w "),
	NOTHING("^Unknown/Local ("),
	NOTHING("^%L (%(%w@%)%L)"),
	NOTHING("^%L (%(%w@%)%L["),
	NOTHING("^%w (%(%w@%)%L) "),
	NOTHING("^%w (%w@%w [%L]) "),
	NOTHING("^(AUTH: %w) by %w with "),
	NOTHING("^localhost (localhost [[UNIX: localhost]]) by "),
	NOTHING("^%v by %w with Novell_GroupWise"),
	{ "^%w by %w (%q) with qmail-scanner", BY_ANYBODY, NEEDS_NOTHING, END_SCANNER, 0 },
	NOTHING("^%w ([unix socket]) by %w (Cyrus v%P) with LMTPA"),
	NOTHING("^%w by %w with"),
	NOTHING("^%w by %w via"),
	NOTHING("^%w by %w for"),
	NOTHING("^%w by %w ("),
	NOTHING("^%w with %w by%B"),
	NOTHING("^%w via %w by%B"),
	NOTHING("^%w for %w by%B"),
	NOTHING("^%w (unverified) by%B"),
	NOTHING("^%w (unknown) by %w (SG) with %B"),
	NOTHING("^%w (%w [local]) by %w (OpenSMTPD) with %B"),
	NOTHING("(LSMTP for"),
	NOTHING("^([%L]) with MailEnable "),
	NOTHING("^facebook.com (%p) by facebook.com with Thrift id %w%$"),
	NOTHING("^%w named %w by gmailapi.google.com with HTTPREST%$"),
	NOTHING("^%w id %w%$"),
	NOTHING("^[<%? (Jetsend"),
	{ "^%h%j", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, IF_NO_HELO },
};
ROWS(received_from, from);

static const struct received_row from_upper[] = {
	RELAY("^%h (unverified [%i]) BY %b %((%p) WITH SMTP %)ID %<%n%>%( FOR <%+>%)%$", LOOKED_UP),
	RELAY("^%h (%r [%i]) BY %b %((%p) WITH SMTP %)ID %<%n%>%( FOR <%+>%)%$", LOOKED_UP),
};
ROWS(received_from_upper, from_upper);

static const struct received_row from_bracket[] = {
	RELAY("^%H [%i]) by %b (NAVGW %?) with ", 0),
	NOTHING("^%w@localhost) by %w "),
	NOTHING("^%u@%p) by %w(jqueuemail) id %u"),
};
ROWS(received_from_bracket, from_bracket);

static const struct received_row last[] = {
	{ "[%i]", BY_ANYBODY, NEEDS_NOTHING, END_KEEP, IF_NO_IP },
};
ROWS(received_last, last);

static const struct received_mark makers[] = {
	{ " SMTPSVC", BY_SMTPSVC },
	{ " with Microsoft SMTP Server %((%p) %)%#.%#.%#.%#%|", BY_EXCHANGE },
	{ " with mapi id %((%p) %)%#.%#.%#.%#%|", BY_EXCHANGE },
	{ "[XMail ", BY_XMAIL },
	{ "(ecelerity%B", BY_ECELERITY },
	{ "Exim", BY_EXIM },
	{ " (Postfix) with", BY_POSTFIX },
	{ "(Scalix SMTP Relay", BY_SCALIX },
	{ " (Lotus Domino ", BY_DOMINO },
};
const struct received_marks received_makers = { makers, COUNT_OF(makers) };

const struct received_condition received_conditions[RECEIVED_NEEDS] = {
	[NEEDS_NOTHING] = { "^", false },
	[NEEDS_SQUIRREL] = { " (SquirrelMail authenticated user ", false },
	[NEEDS_NASMAIL] = { " (NaSMail authenticated user ", false },
	[NEEDS_AOL] = { "aol.com", false },
	[NEEDS_HTTP] = { "%Bwith HTTP%B", false },
	[NEEDS_NO_QMAIL] = { " by %w (qmail-%w) with ", true },
	[NEEDS_HOTMAIL] = { "by %w.hotmail.msn.com ", false },
	[NEEDS_QMAIL] = { "^%w%( (%e %W)%) (%(%w@%)%[%o%])%( (envelope-sender <%w>)%) by %w%( (%+)%) with %(%* %)%Q%-", false },
	[NEEDS_COMMUNIGATE] = { " (CommuniGate Pro", false },
};

static const struct received_auth auths[] = {
	{ " by ", "! with {a%N}%E", "{a}" },
	{ " by mx.google.com with ESMTPS id %Gsm%K%l%l%l.%3.%1%1%1%1.%S%1.%S%1.%S%1.%S%1.%S%1", "(version={a%w} cipher={b%p})", "GMail - transport={a} cipher={b}" },
	{ "(AUTH: ", "^from %?]) (AUTH: {a%X} %w%(, %?%)) by ", "{a}" },
	{ "(AUTH: ", "^from %?)] (AUTH: {a%X} %w%(, %?%)) by ", "{a}" },
	{ "authenticated", "^from %?]%( (%P)%)) %?(%?authenticated%?)%? by", "Sendmail" },
	{ "authenticated", "^from %?)] %?(%?authenticated%?)%? by", "Sendmail" },
	{ " by mail.gmx.", "from %W (%e %W) [%o] by {bmail.gmx.net} (%p) with {a%(E%)SMTP}", "GMX ({a} / {b})" },
	{ " by mail.gmx.", "from %W (%e %W) [%o] by {bmail.gmx.com} (%p) with {a%(E%)SMTP}", "GMX ({a} / {b})" },
	{ " (authenticated as ", ") by %+ (%2.%1.%1%1%1%(.%3%)) (authenticated as %+) id ", "CriticalPath" },
	{ ") (Authenticated sender: ", ") (Authenticated sender: %w) by %w (Postfix) with ", "Postfix" },
	{ ") (Authenticated sender: ", ") (Authenticated sender: %w) by %w ({a%p}) with ", "Postfix ({a})" },
	{ " (account ", "CommuniGate Pro %C", "Communigate" },
	{ " with Microsoft Exchange Server HTTP-DAV", " HTTP-DAV%B", "HTTP-DAV" },
	{ " by ", "! (via {aHTTP%Z})%E", "{a}" },
};
const struct received_auths received_auth = { auths, COUNT_OF(auths) };
