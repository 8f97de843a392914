/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "milters/dkim-sign/published_key.h"
#include "shared/dkim/key_record.h"
#include "shared/dns/zone.h"

/* @RSA@, @ED@ and @OTHER@ stand for three public keys. */
static const char zone_template[] = "$ORIGIN _domainkey.example.com.\n$TTL 300\n"
				    "good TXT \"v=DKIM1; k=rsa; p=\" @RSA@\n"
				    "ed TXT \"v=DKIM1; k=ed25519; p=\" @ED@\n"
				    "blanks TXT \"p= \" @RSA@ \"  ; n=x\"\n"
				    "alias CNAME good\n"
				    "other TXT \"v=DKIM1; k=ed25519; p=\" @OTHER@\n"
				    "revoked TXT \"v=DKIM1; p=\"\n"
				    "two TXT \"v=DKIM1; k=rsa; p=\" @RSA@\n"
				    "two TXT \"unrelated\"\n"
				    "text TXT \"hello\"\n"
				    "sha1 TXT \"v=DKIM1; h=sha1; p=\" @RSA@\n"
				    "chat TXT \"v=DKIM1; s=chat; p=\" @RSA@\n"
				    "test TXT \"v=DKIM1; t=y; p=\" @RSA@\n"
				    "address A 192.0.2.1\n"
				    "broken SERVFAIL\nsilent TIMEOUT\nforged BOGUS\n";

static struct dkim_private_key *make_key(enum dkim_key_type type)
{
	struct dkim_private_key *key = NULL;

	g_assert_true(dkim_private_key_generate(type, 2048, &key, NULL));
	return key;
}

/* Puts a key's base64 into the zone, as strings that are short enough. */
static void substitute(GString *zone, const char *word, const struct dkim_private_key *key)
{
	const char *base64 = dkim_private_key_public_base64(key);
	g_autoptr(GString) strings = g_string_new(NULL);

	for (size_t at = 0; at < strlen(base64); at += 200)
		g_string_append_printf(strings, "\"%.200s\" ", base64 + at);
	g_string_replace(zone, word, strings->str, 0);
}

static void test_judgement(void)
{
	MR_AUTO(dkim_private_key) rsa = make_key(DKIM_KEY_RSA);
	MR_AUTO(dkim_private_key) ed = make_key(DKIM_KEY_ED25519);
	MR_AUTO(dkim_private_key) other = make_key(DKIM_KEY_ED25519);
	const struct {
		const char *selector;
		const struct dkim_private_key *key;
		enum sign_published_status status;
		int64_t ttl;
	} cases[] = {
		{ "good", rsa, SIGN_PUBLISHED_OK, 300 },
		{ "ed", ed, SIGN_PUBLISHED_OK, 300 },
		{ "blanks", rsa, SIGN_PUBLISHED_OK, 300 },
		{ "alias", rsa, SIGN_PUBLISHED_OK, 300 },
		{ "other", ed, SIGN_PUBLISHED_DIFFERS, 300 },
		{ "good", ed, SIGN_PUBLISHED_DIFFERS, 300 },
		{ "revoked", rsa, SIGN_PUBLISHED_REVOKED, 300 },
		{ "two", rsa, SIGN_PUBLISHED_SEVERAL, 300 },
		{ "text", rsa, SIGN_PUBLISHED_UNUSABLE, 300 },
		{ "sha1", rsa, SIGN_PUBLISHED_UNUSABLE, 300 },
		{ "chat", rsa, SIGN_PUBLISHED_UNUSABLE, 300 },
		{ "test", rsa, SIGN_PUBLISHED_OK, 300 },
		{ "address", rsa, SIGN_PUBLISHED_MISSING, 3600 },
		{ "nothing", rsa, SIGN_PUBLISHED_MISSING, 3600 },
		{ "broken", rsa, SIGN_PUBLISHED_UNKNOWN, 0 },
		{ "silent", rsa, SIGN_PUBLISHED_UNKNOWN, 0 },
		{ "forged", rsa, SIGN_PUBLISHED_UNKNOWN, 0 },
	};
	g_autoptr(GString) zone = g_string_new(zone_template);
	MR_AUTO(dns_resolver) resolver = NULL;
	g_autoptr(GError) error = NULL;

	substitute(zone, "@RSA@", rsa);
	substitute(zone, "@ED@", ed);
	substitute(zone, "@OTHER@", other);
	dns_zone_new_from_text("z", zone->str, zone->len, &resolver, &error);
	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_published_key published;
		struct dns_query *query =
			sign_published_key_start(resolver, cases[i].selector, "example.com");

		sign_published_key_finish(query, cases[i].key, g_get_monotonic_time(), &published);
		g_test_message("%s: %s", cases[i].selector,
			       published.detail != NULL ? published.detail : "-");
		g_assert_cmpstr(sign_published_status_to_string(published.status), ==,
				sign_published_status_to_string(cases[i].status));
		g_assert_cmpint(published.ttl, ==, cases[i].ttl);
		g_assert_true(published.testing == (strcmp(cases[i].selector, "test") == 0));
		g_assert_true((published.detail == NULL) ==
			      (published.status == SIGN_PUBLISHED_OK && !published.testing));
		sign_published_key_clear(&published);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/published_key/judgement", test_judgement);
	return g_test_run();
}
