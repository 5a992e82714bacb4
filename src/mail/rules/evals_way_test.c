/* SPDX-License-Identifier: Apache-2.0 */
/* Received fields, and what functions say of them. */
#include "mail/rules/scene.h"

#define VIA(from, ip, by) "Received: from " from " (" from " [" ip "]) by " by " (Postfix) with SMTP id abc\n"
#define MSN "header A eval:check_for_forged_hotmail_received_headers()"
#define GROUP(to, server, id) "To: <" to ">\nMessage-ID: <" id ">\nReceived: from mail pickup service by " server " with Microsoft SMTPSVC; x\n" \
                              VIA("mx.hotmail.com", "192.0.2.1", "b.example") "\nx"
#define GMAIL "header A eval:check_for_forged_gmail_received_headers()"
#define YAHOO "header A eval:check_for_forged_yahoo_received_headers()"
#define AOL "header A eval:check_for_fake_aol_relay_in_rcvd()"
#define GATED "header A eval:gated_through_received_hdr_remover()"
#define EZMLM "Mailing-List: contact a@b.example; run by ezmlm\nDelivered-To: mailing list a@b.example\nReceived: (qmail 1 invoked by "
#define HELO "header A eval:check_for_forged_received_ip_helo()"
#define SAID(helo) "Received: from " helo " (c.example [192.0.2.1]) by mail.bee.example (Postfix) with SMTP\n\nx"
#define DOMAIN "header A eval:check_for_from_domain_in_received_headers('b.example', 'true')"

static const struct { const char *about, *rules, *message, *hits; } rows[] = {
	{ "a group's own mail", MSN, "Return-Path: <team-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p04.groups.msn.com", "team-1@groups.msn.com"), "" },
	{ "…to its address in any case", MSN,
	  "Return-Path: <team-bounce@groups.msn.com>\n" GROUP("team@Groups.MSN.com", "p04.groups.msn.com", "team-1@groups.msn.com"), "" },
	{ "…from a server that has two digits exactly", MSN,
	  "Return-Path: <team-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p4.groups.msn.com", "team-1@groups.msn.com"), "A=1" },
	{ "…not more", MSN,
	  "Return-Path: <team-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p004.groups.msn.com", "team-1@groups.msn.com"), "A=1" },
	{ "…with a dash behind the list's name", MSN,
	  "Return-Path: <team-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p04.groups.msn.com", "teams1@groups.msn.com"), "A=1" },
	{ "…whose sender may stand anywhere in the address", MSN,
	  "Return-Path: <x+team-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p04.groups.msn.com", "team-1@groups.msn.com"), "" },
	{ "…and another sender", MSN,
	  "Return-Path: <x-bounce@groups.msn.com>\n" GROUP("team@groups.msn.com", "p04.groups.msn.com", "team-1@groups.msn.com"), "A=1" },
	{ "a notice of a group, by its server", MSN, GROUP("notifications@groups.msn.com", "p04.groups.msn.com", "1@p04.groups.msn.com"), "" },
	{ "…with nothing behind the server's name", MSN,
	  GROUP("notifications@groups.msn.com", "p04.groups.msn.com", "1@p04.groups.msn.com.example"), "A=1" },
	{ "…and something before it", MSN, GROUP("notifications@groups.msn.com", "p04.groups.msn.com", "@p04.groups.msn.com"), "A=1" },
	{ "a name as AOL's relays have", AOL, "Received: from a by RLY-xw01.mx.example with QMQP; x\n\nx", "A=1" },
	{ "…with two digits exactly", AOL, "Received: from a by rly-xw1.mx.example with QMQP; x\n\nx", "" },
	{ "…not three", AOL, "Received: from a by rly-xw001.mx.example with QMQP; x\n\nx", "" },
	{ "…and AOL's own", AOL, "Received: from a by rly-xw01.mx.example with ESMTP id RELAYIN1; x\n\nx", "" },
	{ "a list that qmail ran, by three characters at least", GATED, EZMLM "uid); 1 Jan 2023\n\nx", "A=1" },
	{ "…not by two", GATED, EZMLM "ui); 1 Jan 2023\n\nx", "" },
	{ "…nor by more than twenty", GATED, EZMLM "uid 12345678901234567); 1 Jan 2023\n\nx", "" },
	{ "Google's network, with two digits exactly", GMAIL, "From: a@gmail.com\nX-Received: by 2002:a17:90a:1:: with SMTP id abc\n\nx", "" },
	{ "…not one", GMAIL, "From: a@gmail.com\nX-Received: by 2002:a1:90a:1:: with SMTP id abc\n\nx", "A=1" },
	{ "…and a word behind them", GMAIL, "From: a@gmail.com\nX-Received: by 2002:a17:: with SMTP id abc\n\nx", "A=1" },
	{ "Yahoo's name of a relay", YAHOO, "From: a@yahoo.com\n" VIA("x.yahoo.com", "192.0.2.1", "b.example") "\nx", "" },
	{ "…in other letters", YAHOO, "From: a@yahoo.com\n" VIA("x.Yahoo.com", "192.0.2.1", "b.example") "\nx", "A=1" },
	{ "…and words before it", YAHOO, "From: a@yahoo.com\nReceived: from x by a.b.yahoo.com (8.1.2/8.3.4) id x1; x\n" VIA("a.example", "192.0.2.1", "b.example") "\nx", "" },
	{ "…which have no dots", YAHOO, "From: a@yahoo.com\nReceived: from x by a.b-c.yahoo.com (8.1.2/8.3.4) id x1; x\n" VIA("a.example", "192.0.2.1", "b.example") "\nx", "A=1" },
	{ "a domain of From in a relay's names", DOMAIN, "From: x@B.example\n" VIA("mx.b.example", "192.0.2.1", "in.b.example") "\nx", "A=1" },
	{ "…in other letters", DOMAIN, "From: x@b.example\n" VIA("mx.B.example", "192.0.2.1", "in.b.example") "\nx", "" },
	{ "an address for a name, far from the relay's own", HELO, SAID("203.0.113.8"), "A=1" },
	{ "…or what only looks like one", HELO, SAID("203.0.113.999"), "A=1" },
	{ "…with zeros before it", HELO, SAID("203.00.113.8"), "A=1" },
	{ "…a near one", HELO, SAID("192.0.113.999"), "" },
	{ "…three numbers, five, none", HELO, SAID("203.0.113") "\n" SAID("203.0.113.8.9") "\n" SAID("203.0..8"), "" },
};

#define JUNO " from juno.com from juno.com from juno.com from juno.com from juno.com"

/* One field after the other, each of which is tried at very many places. */
static void check_budget(void)
{
	static const char *const rules = "header A eval:check_for_fake_aol_relay_in_rcvd()\nheader B eval:check_for_forged_hotmail_received_headers()\n"
	                                 "header C eval:check_for_forged_juno_received_headers()\n";
	static const char piece[] = "Received: x" JUNO JUNO "\n";
	const struct scene group = { MSN, "Received: from a\nTo: ", "<<<<<<<<", 1000, "\n\nx" };
	const struct scene some = { rules, "From: a@juno.com\n", piece, 5, "\nx" }, many = { rules, "From: a@juno.com\n", piece, 250, "\nx" };

	scene_check("a recipient that begins at very many places", &group, "", 1);
	scene_check("some fields", &some, "C=1", 0);
	scene_check("very many: whoever looks at them comes to a limit", &many, "C=1", 1);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		scene_check(rows[i].about, &(struct scene){ rows[i].rules, rows[i].message, "", 0, "" }, rows[i].hits, 0);
	check_budget();
	return TEST_END();
}
