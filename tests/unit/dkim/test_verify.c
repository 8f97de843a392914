/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/base64.h"
#include "shared/dkim/header_hash.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/verify.h"

/* RFC 6376 appendix A.2 and the key of appendix C, which also signed A.2. */
#define RFC_6376_RECORD                                                                            \
	"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ"                                        \
	"DwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"                                               \
	"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb"                 \
	"to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"

#define RFC_6376_SIGNATURE                                                                         \
	"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"                        \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"                        \
	"      h=Received : From : To : Subject : Date : Message-ID;\r\n"                          \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                               \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"                         \
	"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"                           \
	"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"                           \
	"      4bmp/YzhwvcubU4=;\r\n"
#define RFC_6376_RECEIVED                                                                          \
	"Received: from client1.football.example.com  [192.0.2.1]\r\n"                             \
	"      by submitserver.example.com with SUBMISSION;\r\n"                                   \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
#define HEADER                                                                                     \
	"From: Joe SixPack <joe@football.example.com>\r\n"                                         \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                             \
	"Subject: Is dinner ready?\r\n"                                                            \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                          \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY "\r\nHi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"

/* RFC 8463 appendix A. */
#define RFC_8463_ED25519_SECRET "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define RFC_8463_ED25519_RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RFC_8463_RSA_RECORD                                                                        \
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"                     \
	"iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"                    \
	"DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"                    \
	"Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define RFC_8463_ED25519_SIGNATURE                                                                 \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                            \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                  \
	" subject : date : message-id : from : subject : date;\r\n"                                \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                          \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RFC_8463_RSA_SIGNATURE                                                                     \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                            \
	" date : message-id : from : subject : date;\r\n"                                          \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                          \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                          \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"

#define RFC_6376_A RFC_6376_SIGNATURE RFC_6376_RECEIVED HEADER BODY
#define RFC_8463_A RFC_8463_ED25519_SIGNATURE RFC_8463_RSA_SIGNATURE HEADER BODY

static const struct mail_field *nth_signature(const struct mail_header *header, int nth)
{
	for (size_t i = 0; i < mail_header_count(header); i++) {
		const struct mail_field *field = mail_header_get(header, i);

		if (mail_field_named(field, "DKIM-Signature") && nth-- == 0)
			return field;
	}
	g_assert_not_reached();
}

static struct dkim_public_key *key_of(const char *text)
{
	struct dkim_key_record record;
	struct dkim_public_key *key = NULL;

	g_assert_true(dkim_key_record_parse((struct slice){ text, strlen(text) }, &record, NULL));
	g_assert_true(dkim_public_key_from_base64(record.type, record.public_base64,
						  strlen(record.public_base64), &key, NULL));
	dkim_key_record_clear(&record);
	return key;
}

static enum dkim_verdict verify(const char *message, int nth, const char *record, int64_t now)
{
	struct mail_header *header = mail_header_new();
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	MR_AUTO(dkim_public_key) key = key_of(record);
	const struct mail_field *field;
	struct dkim_signature signature;
	enum dkim_verdict verdict;
	struct slice body;
	unsigned index;

	g_assert_true(mail_header_parse_message(header, (struct slice){ message, strlen(message) },
						&body));
	field = nth_signature(header, nth);
	g_assert_true(dkim_signature_parse(field->value, &signature, NULL));
	dkim_body_hashes_want(hashes, signature.body_canon, signature.body_length, &index);
	dkim_body_hashes_update(hashes, (const unsigned char *)body.data, body.length);
	dkim_body_hashes_finish(hashes);
	verdict = dkim_verify(&signature, header, field, key,
			      dkim_body_hashes_digest(hashes, index), now);
	dkim_signature_clear(&signature);
	dkim_body_hashes_free(hashes);
	mail_header_free(header);
	return verdict;
}

static void test_rfc(void)
{
	static const struct {
		const char *what;
		const char *message;
		int nth;
		const char *record;
		enum dkim_verdict verdict;
	} cases[] = {
		{ "RFC 6376 A.2", RFC_6376_A, 0, RFC_6376_RECORD, DKIM_VERDICT_PASS },
		{ "RFC 8463 A.3 ed25519", RFC_8463_A, 0, RFC_8463_ED25519_RECORD,
		  DKIM_VERDICT_PASS },
		{ "RFC 8463 A.3 rsa", RFC_8463_A, 1, RFC_8463_RSA_RECORD, DKIM_VERDICT_PASS },
		{ "RFC 6376 6.1.2: a= and k= differ", RFC_8463_A, 0, RFC_8463_RSA_RECORD,
		  DKIM_VERDICT_WRONG_KEY_TYPE },
		{ "another key", RFC_8463_A, 1, RFC_6376_RECORD, DKIM_VERDICT_HEADER_CHANGED },
		{ "RFC 6376 3.4.1 simple: a blank more in From",
		  RFC_6376_SIGNATURE RFC_6376_RECEIVED " " HEADER BODY, 0, RFC_6376_RECORD,
		  DKIM_VERDICT_HEADER_CHANGED },
		{ "RFC 6376 3.4.4 relaxed: blanks at a line's end",
		  RFC_8463_ED25519_SIGNATURE HEADER
		  "\r\nHi.  \r\n\r\nWe lost  the game. Are you hungry yet?\r\n\r\nJoe.\r\n\r\n",
		  0, RFC_8463_ED25519_RECORD, DKIM_VERDICT_PASS },
		{ "a word more in the body", RFC_8463_A "P.S.\r\n", 0, RFC_8463_ED25519_RECORD,
		  DKIM_VERDICT_BODY_CHANGED },
		{ "RFC 6376 5.4: a second From above", "From: x@example.org\r\n" RFC_8463_A, 1,
		  RFC_8463_RSA_RECORD, DKIM_VERDICT_HEADER_CHANGED },
		{ "RFC 6376 5.4.2: a field that h= does not name", "Received: by x\r\n" RFC_8463_A,
		  1, RFC_8463_RSA_RECORD, DKIM_VERDICT_PASS },
		{ "RFC 6376 3.4.2: names in other case",
		  RFC_8463_RSA_SIGNATURE "FROM : Joe SixPack <joe@football.example.com>\r\n"
					 "To: Suzie Q <suzie@shopping.example.net>\r\n"
					 "subject:  Is dinner\r\n\tready?\r\n"
					 "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
					 "Message-ID: <20030712040037.46341.5F8J@football"
					 ".example.com>\r\n" BODY,
		  0, RFC_8463_RSA_RECORD, DKIM_VERDICT_PASS },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum dkim_verdict verdict =
			verify(cases[i].message, cases[i].nth, cases[i].record, 1528637909);

		g_test_message("%s: %s", cases[i].what, dkim_verdict_to_string(verdict));
		g_assert_cmpint(verdict, ==, cases[i].verdict);
	}
}

/* RFC 8463 A.2: the secret is given, Ed25519 is deterministic, so the bytes of b= must come out. */
static void test_rfc_8463_signing(void)
{
	static const guint8 pkcs8[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
					0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
	static const char own[] = " v=1; a=ed25519-sha256; c=relaxed/relaxed;"
				  " d=football.example.com; i=@football.example.com;"
				  " q=dns/txt; s=brisbane; t=1528637909; h=from : to :"
				  " subject : date : message-id : from : subject : date;"
				  " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=";
	static const char names[] = "from:to:subject:date:message-id:from:subject:date";
	struct mail_header *header = mail_header_new();
	g_autoptr(GByteArray) der = g_byte_array_new();
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	MR_AUTO(dkim_private_key) key = NULL;
	g_autofree char *base64 = NULL;
	g_autofree char *pem = NULL;
	g_autofree char *found = NULL;
	unsigned char digest[DKIM_HASH_LENGTH];
	struct slice body;

	g_byte_array_append(der, pkcs8, sizeof(pkcs8));
	g_assert_true(dkim_base64_decode(
		(struct slice){ RFC_8463_ED25519_SECRET, strlen(RFC_8463_ED25519_SECRET) }, 32,
		der));
	base64 = g_base64_encode(der->data, der->len);
	pem = g_strconcat("-----BEGIN PRIVATE KEY-----\n", base64, "\n-----END PRIVATE KEY-----\n",
			  NULL);
	g_assert_true(dkim_private_key_parse("RFC 8463", pem, strlen(pem), &key, NULL));
	g_assert_true(mail_header_parse_message(
		header, (struct slice){ HEADER BODY, strlen(HEADER BODY) }, &body));
	dkim_header_hash(
		&(struct dkim_header_hash_request){
			.header = header,
			.signed_fields = { names, strlen(names) },
			.canon = DKIM_CANON_RELAXED,
			.own_name = { "DKIM-Signature", 14 },
			.own_value = { own, strlen(own) },
		},
		digest);
	g_assert_true(dkim_private_key_sign(key, digest, bytes, NULL));
	found = g_base64_encode(bytes->data, bytes->len);
	g_assert_cmpstr(found, ==,
			"/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
			"Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/verify/rfc", test_rfc);
	g_test_add_func("/dkim/verify/rfc-8463-signing", test_rfc_8463_signing);
	return g_test_run();
}
