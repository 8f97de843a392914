/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/dkim/body_hash.h"
#include "shared/dkim/sign.h"
#include "shared/dkim/verify.h"

#define NOW 1700000000

static const char body[] = "Hello,\r\n\r\nthis  is \ta body. \r\n\r\n\r\n";

static struct slice text(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

static struct mail_header *make_header(void)
{
	struct mail_header *header = mail_header_new();

	mail_header_add(header, text("Received"),
			text(" from a by b; Mon, 1 Jan 2024 00:00:00 +0000"));
	mail_header_add(header, text("FROM"), text(" Joe <joe@example.com>"));
	mail_header_add(header, text("Subject "), text("\n  a  folded\n\tsubject \t"));
	mail_header_add(header, text("To"), text("x@example.net"));
	mail_header_add(header, text("To"), text(" y@example.net"));
	mail_header_add(header, text("List-Unsubscribe"), text(" <https://example.com/u>"));
	return header;
}

static const unsigned char *hash_body(struct dkim_body_hashes *hashes, enum dkim_canon canon)
{
	unsigned index;

	g_assert_true(dkim_body_hashes_want(hashes, canon, DKIM_BODY_UNLIMITED, &index));
	dkim_body_hashes_update(hashes, (const unsigned char *)body, strlen(body));
	dkim_body_hashes_finish(hashes);
	return dkim_body_hashes_digest(hashes, index);
}

static char *sign_with(const struct mail_header *header, const struct dkim_private_key *key,
		       enum dkim_canon header_canon, enum dkim_canon body_canon,
		       const unsigned char *digest)
{
	GString *names = g_string_new(NULL), *value = g_string_new(NULL);
	GError *error = NULL;
	struct dkim_sign_request request = {
		.header = header,
		.signing_domain = "a-rather-long-domain-name.of-several-labels.example.com",
		.selector = "selector-2026",
		.header_canon = header_canon,
		.body_canon = body_canon,
		.body_digest = digest,
		.timestamp = NOW,
		.expiration = NOW + 86400,
		.key = key,
	};

	dkim_fields_select(header, &dkim_field_policy_default, NULL, names);
	request.signed_fields = names->str;
	g_assert_true(dkim_sign(&request, value, &error));
	g_assert_no_error(error);
	g_string_free(names, TRUE);
	return g_string_free(value, FALSE);
}

static enum dkim_verdict judge(const struct mail_header *header, const struct dkim_private_key *key,
			       const unsigned char *digest)
{
	const struct mail_field *field = mail_header_find(header, "dkim-signature");
	struct dkim_signature signature;
	enum dkim_verdict verdict;
	GError *error = NULL;

	g_assert_true(dkim_signature_parse(field->value, &signature, &error));
	g_assert_no_error(error);
	verdict = dkim_verify(&signature, header, field, dkim_private_key_public(key), digest, NOW);
	dkim_signature_clear(&signature);
	return verdict;
}

static void assert_lines_fit(const char *value)
{
	g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

	g_assert_cmpuint(strlen("DKIM-Signature: ") + strlen(lines[0]), <=, 78);
	for (char **line = lines + 1; *line != NULL; line++) {
		g_assert_cmpint((*line)[0], ==, '\t');
		g_assert_cmpuint(strlen(*line) + 7, <=, 78);
	}
}

static void round_trip(enum dkim_key_type type, enum dkim_canon header_canon,
		       enum dkim_canon body_canon)
{
	struct mail_header *header = make_header();
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	const unsigned char *digest = hash_body(hashes, body_canon);
	MR_AUTO(dkim_private_key) key = NULL;
	g_autofree char *value = NULL, *received = NULL;

	g_assert_true(dkim_private_key_generate(type, 2048, &key, NULL));
	value = sign_with(header, key, header_canon, body_canon, digest);
	assert_lines_fit(value);
	received = g_strconcat(" ", value, NULL);
	mail_header_add(header, text("DKIM-Signature"), text(received));
	g_assert_cmpint(judge(header, key, digest), ==, DKIM_VERDICT_PASS);
	/* oversigned: a second Subject breaks it; an unsigned name does not */
	mail_header_add(header, text("X-Other"), text(" x"));
	g_assert_cmpint(judge(header, key, digest), ==, DKIM_VERDICT_PASS);
	mail_header_add(header, text("Subject"), text(" another"));
	g_assert_cmpint(judge(header, key, digest), ==, DKIM_VERDICT_HEADER_CHANGED);
	dkim_body_hashes_free(hashes);
	mail_header_free(header);
}

static void test_round_trips(void)
{
	for (int type = DKIM_KEY_RSA; type <= DKIM_KEY_ED25519; type++) {
		for (int pair = 0; pair < 4; pair++)
			round_trip(type, pair & 1, pair >> 1);
	}
}

/* RFC 6376 5.4.2: every instance, one name more where nothing may be added. */
static void test_fields(void)
{
	static const char *const skip[] = { "list-unsubscribe", NULL };
	struct mail_header *header = make_header();
	GString *names = g_string_new(NULL);

	dkim_fields_select(header, &dkim_field_policy_default, skip, names);
	g_assert_true(g_str_has_prefix(names->str, "from:from:"));
	g_assert_nonnull(strstr(names->str, ":to:to:to:"));
	g_assert_nonnull(strstr(names->str, ":subject:subject:"));
	g_assert_nonnull(strstr(names->str, ":reply-to:"));
	/* absent ones that an MTA may still add, and ones to be left out */
	g_assert_null(strstr(names->str, "date"));
	g_assert_null(strstr(names->str, "message-id"));
	g_assert_null(strstr(names->str, "list-unsubscribe"));
	g_assert_null(strstr(names->str, "received"));
	g_string_free(names, TRUE);
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/sign/round-trips", test_round_trips);
	g_test_add_func("/dkim/sign/fields/rfc6376-5.4.2", test_fields);
	return g_test_run();
}
