/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a published key record is held against a private key. Refuses to know what follows
 * from it: that is the watch's (key_watch.c) and the command's (tools/millrace). Any thread.
 */

#include <string.h>

#include "milters/dkim-sign/published_key.h"
#include "shared/dkim/key_record.h"

static const char *const status_names[] = {
	[SIGN_PUBLISHED_OK] = "ok",	      [SIGN_PUBLISHED_MISSING] = "missing",
	[SIGN_PUBLISHED_DIFFERS] = "differs", [SIGN_PUBLISHED_REVOKED] = "revoked",
	[SIGN_PUBLISHED_SEVERAL] = "several", [SIGN_PUBLISHED_UNUSABLE] = "unusable",
	[SIGN_PUBLISHED_UNKNOWN] = "unknown",
};

const char *sign_published_status_to_string(enum sign_published_status status)
{
	return status_names[status];
}

void sign_published_key_clear(struct sign_published_key *published)
{
	g_clear_pointer(&published->detail, g_free);
}

static void set(struct sign_published_key *published, enum sign_published_status status,
		const char *format, ...) G_GNUC_PRINTF(3, 4);

static void set(struct sign_published_key *published, enum sign_published_status status,
		const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	published->status = status;
	published->detail = g_strdup_vprintf(format, arguments);
	va_end(arguments);
}

/* The record says what it is; now whether it fits the key. */
static void judge_record(const struct dkim_key_record *record, const struct dkim_private_key *key,
			 struct sign_published_key *published)
{
	enum dkim_key_type type = dkim_private_key_type(key);

	published->testing = record->testing;
	if (record->revoked)
		set(published, SIGN_PUBLISHED_REVOKED, "p= is empty: the key is revoked");
	else if (record->type != type)
		set(published, SIGN_PUBLISHED_DIFFERS, "k=%s is published, the private key is %s",
		    dkim_key_type_to_string(record->type), dkim_key_type_to_string(type));
	else if (strcmp(record->public_base64, dkim_private_key_public_base64(key)) != 0)
		set(published, SIGN_PUBLISHED_DIFFERS, "another public key is published");
	else if (!record->sha256)
		set(published, SIGN_PUBLISHED_UNUSABLE, "h= leaves out sha256");
	else if (!record->for_email)
		set(published, SIGN_PUBLISHED_UNUSABLE, "s= leaves out email");
	else if (record->testing)
		set(published, SIGN_PUBLISHED_OK, "t=y: verifiers treat signatures as a test");
}

static void judge_text(const struct dns_record *answer_record, const struct dkim_private_key *key,
		       struct sign_published_key *published)
{
	struct dkim_key_record record;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	size_t length;

	if (!dns_record_text(answer_record, &text, &length)) {
		set(published, SIGN_PUBLISHED_UNUSABLE, "the TXT record is malformed");
		return;
	}
	if (!dkim_key_record_parse((struct slice){ text, length }, &record, &error)) {
		set(published, SIGN_PUBLISHED_UNUSABLE, "%s", error->message);
		return;
	}
	judge_record(&record, key, published);
	dkim_key_record_clear(&record);
}

void sign_published_key_judge(const struct dns_answer *answer, const struct dkim_private_key *key,
			      struct sign_published_key *ret_published)
{
	*ret_published = (struct sign_published_key){ .status = SIGN_PUBLISHED_OK,
						      .ttl = answer->ttl,
						      .secure = answer->secure };
	if (answer->status == DNS_NXDOMAIN)
		set(ret_published, SIGN_PUBLISHED_MISSING, "the name does not exist");
	else if (answer->status == DNS_NODATA)
		set(ret_published, SIGN_PUBLISHED_MISSING, "the name has no TXT record");
	else if (answer->status != DNS_OK)
		set(ret_published, SIGN_PUBLISHED_UNKNOWN, "DNS: %s",
		    dns_status_to_string(answer->status));
	else if (answer->n_records > 1)
		set(ret_published, SIGN_PUBLISHED_SEVERAL, "%zu TXT records stand there",
		    answer->n_records);
	else
		judge_text(&answer->records[0], key, ret_published);
}

struct dns_query *sign_published_key_start(struct dns_resolver *resolver, const char *selector,
					   const char *domain)
{
	g_autofree char *name = dkim_key_record_name(selector, domain);

	return dns_query_start(resolver, name, DNS_TXT);
}

void sign_published_key_finish(struct dns_query *query, const struct dkim_private_key *key,
			       int64_t deadline, struct sign_published_key *ret_published)
{
	MR_AUTO(dns_answer) answer = dns_query_finish(query, deadline);

	sign_published_key_judge(answer, key, ret_published);
}
