/* SPDX-License-Identifier: Apache-2.0 */
/* The table, and a search through it from the top: rule files are read once. */
#include "mail/rules/directives.h"

#include "mail/rules/reading.h"

#define OBEYED(name, obey) { LIT(name), DIRECTIVE_OBEYED, false, obey, { 0 } }
#define ALWAYS(name, obey) { LIT(name), DIRECTIVE_OBEYED, true, obey, { 0 } }
#define KEPT(name)         { LIT(name), DIRECTIVE_KEPT, false, obey_keep, { 0 } }
#define INERT(name)        { LIT(name), DIRECTIVE_INERT, false, obey_inert, { 0 } }
#define REFUSED_(name)     { LIT(name), DIRECTIVE_REFUSED, false, obey_refused, { 0 } }
#define OLDER(name, newer) { LIT(name), DIRECTIVE_KEPT, false, NULL, LIT(newer) }

static const struct directive rows[] = {
	/* how files are read */
	ALWAYS("if", obey_if), ALWAYS("ifplugin", obey_ifplugin), ALWAYS("else", obey_else), ALWAYS("endif", obey_endif),
	ALWAYS("include", obey_include), OBEYED("require_version", obey_require_version),
	OBEYED("loadplugin", obey_loadplugin), OBEYED("tryplugin", obey_loadplugin),
	OBEYED("enable_compat", obey_enable_compat), INERT("version_tag"), INERT("test"), INERT("allow_user_rules"),
	KEPT("ignore_always_matching_regexps"),
	/* rules */
	OBEYED("header", obey_header), OBEYED("body", obey_text), OBEYED("rawbody", obey_text), OBEYED("uri", obey_text),
	OBEYED("full", obey_text), OBEYED("meta", obey_meta), OBEYED("mimeheader", obey_mimeheader),
	OBEYED("uri_detail", obey_uri_detail), OBEYED("askdns", obey_empty), OBEYED("reuse", obey_reuse),
	OBEYED("score", obey_score), OBEYED("tflags", obey_tflags), OBEYED("priority", obey_priority),
	OBEYED("describe", obey_describe), OBEYED("replace_rules", obey_replace_rules),
	KEPT("replace_start"), KEPT("replace_end"), KEPT("replace_tag"), KEPT("replace_inter"), KEPT("replace_pre"),
	KEPT("replace_post"), KEPT("redirector_pattern"), KEPT("shortcircuit"), KEPT("shortcircuit_spam_score"),
	KEPT("shortcircuit_ham_score"), KEPT("subjprefix"), INERT("run_reuse_tests_only"),
	/* welcome and block lists */
	KEPT("welcomelist_from"), KEPT("unwelcomelist_from"), KEPT("blocklist_from"), KEPT("unblocklist_from"),
	KEPT("welcomelist_from_rcvd"), KEPT("def_welcomelist_from_rcvd"), KEPT("unwelcomelist_from_rcvd"),
	KEPT("welcomelist_allow_relays"), KEPT("welcomelist_to"), KEPT("more_spam_to"), KEPT("all_spam_to"),
	KEPT("blocklist_to"), KEPT("welcomelist_auth"), KEPT("def_welcomelist_auth"), KEPT("unwelcomelist_auth"),
	KEPT("welcomelist_from_spf"), KEPT("def_welcomelist_from_spf"), KEPT("unwelcomelist_from_spf"),
	KEPT("welcomelist_from_dkim"), KEPT("def_welcomelist_from_dkim"), KEPT("unwelcomelist_from_dkim"),
	KEPT("welcomelist_subject"), KEPT("blocklist_subject"), KEPT("welcomelist_bounce_relays"),
	KEPT("welcomelist_uri_host"), KEPT("blocklist_uri_host"), KEPT("enlist_uri_host"), KEPT("delist_uri_host"),
	KEPT("enlist_addrlist"), KEPT("def_welcomelist_from"),
	OLDER("whitelist_from", "welcomelist_from"), OLDER("unwhitelist_from", "unwelcomelist_from"),
	OLDER("blacklist_from", "blocklist_from"), OLDER("unblacklist_from", "unblocklist_from"),
	OLDER("whitelist_from_rcvd", "welcomelist_from_rcvd"), OLDER("def_whitelist_from_rcvd", "def_welcomelist_from_rcvd"),
	OLDER("unwhitelist_from_rcvd", "unwelcomelist_from_rcvd"), OLDER("whitelist_allow_relays", "welcomelist_allow_relays"),
	OLDER("whitelist_to", "welcomelist_to"), OLDER("blacklist_to", "blocklist_to"),
	OLDER("whitelist_auth", "welcomelist_auth"), OLDER("def_whitelist_auth", "def_welcomelist_auth"),
	OLDER("unwhitelist_auth", "unwelcomelist_auth"), OLDER("whitelist_from_spf", "welcomelist_from_spf"),
	OLDER("def_whitelist_from_spf", "def_welcomelist_from_spf"), OLDER("unwhitelist_from_spf", "unwelcomelist_from_spf"),
	OLDER("whitelist_from_dkim", "welcomelist_from_dkim"), OLDER("def_whitelist_from_dkim", "def_welcomelist_from_dkim"),
	OLDER("unwhitelist_from_dkim", "unwelcomelist_from_dkim"), OLDER("whitelist_subject", "welcomelist_subject"),
	OLDER("blacklist_subject", "blocklist_subject"), OLDER("whitelist_bounce_relays", "welcomelist_bounce_relays"),
	OLDER("whitelist_uri_host", "welcomelist_uri_host"), OLDER("blacklist_uri_host", "blocklist_uri_host"),
	/* what evals ask for */
	KEPT("freemail_domains"), KEPT("freemail_welcomelist"), OLDER("freemail_whitelist", "freemail_welcomelist"),
	KEPT("freemail_max_body_emails"), KEPT("freemail_max_body_freemails"), KEPT("freemail_skip_when_over_max"),
	KEPT("freemail_skip_bulk_envfrom"), KEPT("freemail_add_describe_email"), KEPT("freemail_import_welcomelist_auth"),
	KEPT("freemail_import_def_welcomelist_auth"), OLDER("freemail_import_whitelist_auth", "freemail_import_welcomelist_auth"),
	OLDER("freemail_import_def_whitelist_auth", "freemail_import_def_welcomelist_auth"),
	KEPT("util_rb_tld"), KEPT("util_rb_2tld"), KEPT("util_rb_3tld"), KEPT("clear_util_rb"), KEPT("ok_locales"),
	KEPT("ok_languages"), KEPT("inactive_languages"), INERT("textcat_max_languages"), INERT("textcat_optimal_ngrams"),
	INERT("textcat_max_ngram_occurrences"), INERT("textcat_acceptable_score"), INERT("textcat_acceptable_prob"),
	KEPT("fns_add_addrlist"), KEPT("fns_remove_addrlist"), KEPT("fns_extrachars"), KEPT("fns_ignore_dkim"),
	KEPT("fns_ignore_headers"), KEPT("fns_check"),
	KEPT("url_shortener"), KEPT("url_shortener_get"), KEPT("clear_url_shortener"), INERT("url_shortener_cache_*"),
	INERT("url_shortener_loginfo"), INERT("url_shortener_timeout"), INERT("url_shortener_max_redirections"),
	INERT("url_shortener_user_agent"), INERT("max_short_urls"), INERT("max_short_url_redirections"),
	/* how a message is seen */
	KEPT("trusted_networks"), KEPT("clear_trusted_networks"), KEPT("internal_networks"), KEPT("clear_internal_networks"),
	KEPT("msa_networks"), KEPT("clear_msa_networks"), KEPT("originating_ip_headers"), KEPT("clear_originating_ip_headers"),
	KEPT("always_trust_envelope_sender"), KEPT("envelope_sender_header"), KEPT("normalize_charset"),
	KEPT("body_part_scan_size"), KEPT("rawbody_part_scan_size"), KEPT("parse_dkim_uris"), KEPT("mbox_format_from_regex"),
	KEPT("time_limit"),
	/* the network */
	KEPT("skip_rbl_checks"), KEPT("rbl_headers"), KEPT("rbl_timeout"), KEPT("dns_available"), KEPT("dns_query_restriction"),
	KEPT("clear_dns_query_restriction"), KEPT("dns_block_rule"), KEPT("dns_block_time"), KEPT("uridnsbl"), KEPT("urirhsbl"),
	KEPT("urirhssub"), KEPT("uridnssub"), KEPT("urinsrhsbl"), KEPT("urinsrhssub"), KEPT("urifullnsrhsbl"),
	KEPT("urifullnsrhssub"), KEPT("uridnsbl_skip_domain"), KEPT("clear_uridnsbl_skip_domain"), KEPT("uridnsbl_max_domains"),
	KEPT("uridnsbl_timeout"), KEPT("hashbl_ignore"), KEPT("hashbl_email_regex"), KEPT("hashbl_email_domain"),
	KEPT("hashbl_email_welcomelist"), OLDER("hashbl_email_whitelist", "hashbl_email_welcomelist"), KEPT("hashbl_acl_*"),
	KEPT("adsp_override"), KEPT("dkim_minimum_key_bits"), INERT("dkim_timeout"), INERT("spf_timeout"),
	INERT("do_not_use_mail_spf"), INERT("do_not_use_mail_spf_query"), KEPT("ignore_received_spf_header"),
	KEPT("use_newest_received_spf_header"), KEPT("authres_networks"), KEPT("authres_trusted_authserv"),
	KEPT("authres_ignored_authserv"), INERT("dmarc_save_reports"), INERT("dns_server"), INERT("clear_dns_servers"),
	INERT("dns_local_ports_permit"), INERT("dns_local_ports_avoid"), INERT("dns_local_ports_none"),
	INERT("dns_test_interval"), INERT("dns_options"), INERT("asn_lookup"), INERT("asn_lookup_ipv6"),
	INERT("clear_asn_lookups"), INERT("clear_asn_lookups_ipv6"), INERT("asn_prefix"), INERT("clear_asn_prefix"),
	INERT("asn_use_geodb"), INERT("asn_prefer_geodb"), INERT("asn_use_dns"), INERT("use_razor2"), INERT("razor_*"),
	INERT("use_pyzor"), INERT("pyzor_*"), INERT("use_dcc"), INERT("use_dcc_rep"), INERT("dcc_*"), INERT("dccifd_*"),
	INERT("spamcop_*"), INERT("use_geodb"), INERT("geodb_module"), INERT("geodb_options"), INERT("geodb_search_path"),
	/* headers and reports */
	KEPT("required_score"), OLDER("required_hits", "required_score"), KEPT("rewrite_header"), KEPT("add_header"),
	KEPT("remove_header"), KEPT("clear_headers"), KEPT("report_safe"), KEPT("report_safe_copy_headers"),
	KEPT("report_wrap_width"), KEPT("report_charset"), KEPT("report_contact"), KEPT("report_hostname"), KEPT("report"),
	KEPT("clear_report_template"), KEPT("unsafe_report"), KEPT("clear_unsafe_report_template"), KEPT("fold_headers"),
	/* learning and reputation: the gateway's own */
	INERT("use_learner"), INERT("use_bayes"), INERT("use_bayes_rules"), INERT("bayes_*"), INERT("lock_method"),
	INERT("use_auto_welcomelist"), INERT("use_auto_whitelist"), INERT("auto_welcomelist_*"), INERT("auto_whitelist_*"),
	INERT("user_awl_*"), INERT("use_txrep"), INERT("txrep_*"), INERT("user_txrep_*"), INERT("user_scores_*"),
	/* of plugins that we do not have: what they did would be missed in silence */
	REFUSED_("access_database"), REFUSED_("extracttext_*"), REFUSED_("olemacro_*"), REFUSED_("phishing_*"),
	REFUSED_("trigger_config"), REFUSED_("trigger_tags"), REFUSED_("trigger_url"), REFUSED_("uri_block_*"),
	REFUSED_("country_db_*"), REFUSED_("pdfinfo_*"), REFUSED_("resource_limit_*"),
};

static bool is_named(const struct directive *row, struct slice name)
{
	struct slice start = { row->name.at, row->name.len - 1 };

	if (row->name.at[start.len] == '*')
		return slice_begins(name, start);
	return slice_same(row->name, name);
}

const struct directive *directive_find(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (is_named(&rows[i], name)) {
			if (rows[i].means.len == 0)
				return &rows[i];
			name = rows[i].means;
			i = (size_t)-1;
		}
	return NULL;
}

const struct directive *directive_row(size_t nth)
{
	return nth < COUNT_OF(rows) ? &rows[nth] : NULL;
}

const char *standing_name(enum standing standing)
{
	static const char *const names[STANDING_COUNT] = {
		[DIRECTIVE_OBEYED] = "supported", [DIRECTIVE_KEPT] = "kept as data", [DIRECTIVE_INERT] = "accepted and inert",
		[DIRECTIVE_REFUSED] = "refused",
	};

	return names[standing];
}
