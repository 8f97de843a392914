/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/base/error.h"
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

static struct dkim_private_key *rfc_8463_key(void)
{
	static const char pem[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
		"-----END PRIVATE KEY-----\n";
	struct dkim_private_key *key = NULL;

	g_assert_true(dkim_private_key_parse("RFC 8463", pem, strlen(pem), &key, NULL));
	return key;
}

static struct dkim_sign_request small_request(const struct mail_header *header,
					      const struct dkim_private_key *key)
{
	/* of an empty body, relaxed */
	static const unsigned char digest[DKIM_HASH_LENGTH] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
		0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
		0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};

	return (struct dkim_sign_request){
		.header = header,
		.signed_fields = "from:from:to:to:subject:subject",
		.signing_domain = "football.example.com",
		.selector = "brisbane",
		.header_canon = DKIM_CANON_RELAXED,
		.body_canon = DKIM_CANON_RELAXED,
		.body_digest = digest,
		.timestamp = NOW,
		.key = key,
	};
}

/* Ed25519 is deterministic, so the field is known to the last byte. */
static void test_layout(void)
{
	struct mail_header *header = make_header();
	MR_AUTO(dkim_private_key) key = rfc_8463_key();
	struct dkim_sign_request request = small_request(header, key);
	g_autoptr(GString) value = g_string_new(NULL);

	g_assert_true(dkim_sign(&request, value, NULL));
	g_assert_cmpstr(value->str, ==,
			"v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
			"\td=football.example.com; s=brisbane; t=1700000000;\n"
			"\th=from:from:to:to:subject:subject;\n"
			"\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n"
			"\tb=tkJ7fHLxQSMAugS8j16yhhXd0C6pSSoPtiylpBeYRGGSniTU+TXkVQBD2geUTDijChwq\n"
			"\tSgvSZb7rIJk44xcXAg==");
	mail_header_free(header);
}

static void assert_parses(const char *value, const char *domain, const char *selector)
{
	struct dkim_signature signature;
	GError *error = NULL;

	g_assert_true(dkim_signature_parse(text(value), &signature, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(signature.domain, ==, domain);
	g_assert_cmpstr(signature.selector, ==, selector);
	dkim_signature_clear(&signature);
}

/* What cannot be folded has a line of its own; everything else stays within 78 columns. */
static void test_long_names(void)
{
	g_autofree char *label = g_strnfill(60, 'a');
	g_autofree char *domain = g_strjoin(".", label, label, label, "example", NULL);
	g_autofree char *field = g_strnfill(100, 'x');
	g_autofree char *names = g_strjoin(":", "from", field, "to", NULL);
	struct mail_header *header = make_header();
	MR_AUTO(dkim_private_key) key = rfc_8463_key();
	struct dkim_sign_request request = small_request(header, key);
	g_autoptr(GString) value = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;
	unsigned longer = 0;

	request.signing_domain = domain;
	request.signed_fields = names;
	request.selector = domain;
	g_assert_true(dkim_sign(&request, value, NULL));
	assert_parses(value->str, domain, domain);
	lines = g_strsplit(value->str, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		longer += strlen(*line) + 7 > 78;
	g_assert_cmpuint(longer, ==, 3);
	mail_header_free(header);
}

/* RFC 6376 2.11: the identity cannot end its tag or the field. */
static void test_identity(void)
{
	struct mail_header *header = make_header();
	MR_AUTO(dkim_private_key) key = rfc_8463_key();
	struct dkim_sign_request request = small_request(header, key);
	g_autoptr(GString) value = g_string_new(NULL);

	request.identity = "a;b= c\r\n\xc3\xbc@sub.football.example.com";
	g_assert_true(dkim_sign(&request, value, NULL));
	g_assert_nonnull(
		strstr(value->str, "i=a=3Bb=3D=20c=0D=0A=C3=BC@sub.football.example.com;"));
	assert_parses(value->str, "football.example.com", "brisbane");
	mail_header_free(header);
}

static void test_refused(void)
{
	static const struct {
		const char *domain, *selector, *identity;
		int64_t expiration;
	} cases[] = {
		{ "football.example.com; x=1", "brisbane", NULL, 0 },
		{ "Football.example.com", "brisbane", NULL, 0 },
		{ "", "brisbane", NULL, 0 },
		{ "football.example.com", "bris bane", NULL, 0 },
		{ "football.example.com", "", NULL, 0 },
		{ "football.example.com", "brisbane", "joe", 0 },
		{ "football.example.com", "brisbane", "joe@example.com", 0 },
		{ "football.example.com", "brisbane", NULL, NOW },
		{ "football.example.com", "brisbane", NULL, -1 },
	};
	struct mail_header *header = make_header();
	MR_AUTO(dkim_private_key) key = rfc_8463_key();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct dkim_sign_request request = small_request(header, key);
		g_autoptr(GString) value = g_string_new("before");
		g_autoptr(GError) error = NULL;

		request.signing_domain = cases[i].domain;
		request.selector = cases[i].selector;
		request.identity = cases[i].identity;
		request.expiration = cases[i].expiration;
		g_assert_false(dkim_sign(&request, value, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_PERMANENT);
		g_assert_cmpstr(value->str, ==, "before");
	}
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/sign/round-trips", test_round_trips);
	g_test_add_func("/dkim/sign/layout", test_layout);
	g_test_add_func("/dkim/sign/long-names", test_long_names);
	g_test_add_func("/dkim/sign/identity", test_identity);
	g_test_add_func("/dkim/sign/refused", test_refused);
	return g_test_run();
}
