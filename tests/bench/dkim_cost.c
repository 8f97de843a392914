/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What shared/dkim costs above OpenSSL's raw operations, in one interleaved run: bodies of several
 * kinds against SHA-256 of their bytes, whole signatures of a 25-field header against the raw
 * signature. Prints the best of the rounds and the ratio. Usage: dkim_cost
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shared/dkim/body_hash.h"
#include "shared/dkim/crypto.h"
#include "shared/dkim/sign.h"

#define BODY_BYTES (1024u * 1024)
#define CHUNK_BYTES 65535u
#define ROUNDS 15
#define SIGNATURES 200

static double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void keep_best(double *best, double start)
{
	double took = now_us() - start;

	if (*best == 0 || took < *best)
		*best = took;
}

static void hash_ours(struct dkim_body_hashes *hashes, enum dkim_canon canon,
		      const unsigned char *body)
{
	unsigned index;

	dkim_body_hashes_reset(hashes);
	dkim_body_hashes_want(hashes, canon, DKIM_BODY_UNLIMITED, &index);
	for (size_t at = 0; at < BODY_BYTES; at += CHUNK_BYTES)
		dkim_body_hashes_update(hashes, body + at, MIN(CHUNK_BYTES, BODY_BYTES - at));
	dkim_body_hashes_finish(hashes);
}

static void compare_body(const char *what, const char *line)
{
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	unsigned char *body = g_malloc(BODY_BYTES);
	unsigned char digest[DKIM_HASH_LENGTH];
	double raw = 0, best[2] = { 0 };

	for (size_t i = 0; i < BODY_BYTES; i++)
		body[i] = (unsigned char)line[i % strlen(line)];
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_us();

		EVP_Digest(body, BODY_BYTES, digest, NULL, dkim_crypto_sha256(), NULL);
		keep_best(&raw, start);
		for (int canon = DKIM_CANON_SIMPLE; canon <= DKIM_CANON_RELAXED; canon++) {
			start = now_us();
			hash_ours(hashes, (enum dkim_canon)canon, body);
			keep_best(&best[canon], start);
		}
	}
	printf("body %-10s raw %6.0f us  simple x %.2f  relaxed x %.2f\n", what, raw, best[0] / raw,
	       best[1] / raw);
	g_free(body);
	dkim_body_hashes_free(hashes);
}

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static struct mail_header *make_header(void)
{
	static const char *const names[] = { "From",	     "To",	    "Subject",
					     "Date",	     "Message-ID",  "MIME-Version",
					     "Content-Type", "Feedback-ID", "List-Unsubscribe",
					     "Received",     "X-Mailer",    "X-Campaign" };
	struct mail_header *header = mail_header_new();

	for (size_t i = 0; i < 25; i++)
		mail_header_add(header,
				slice_of(i < G_N_ELEMENTS(names) ? names[i] : "X-Other-Field"),
				slice_of(" a value of ordinary length, such as\n\tfields have it"));
	return header;
}

static void sign_ours(const struct mail_header *header, const struct dkim_private_key *key)
{
	static const unsigned char digest[DKIM_HASH_LENGTH] = { 1 };
	g_autoptr(GString) names = g_string_new(NULL);
	g_autoptr(GString) value = g_string_new(NULL);
	struct dkim_sign_request request = {
		.header = header,
		.signing_domain = "example.com",
		.selector = "r20261123",
		.header_canon = DKIM_CANON_RELAXED,
		.body_canon = DKIM_CANON_RELAXED,
		.body_digest = digest,
		.timestamp = 1700000000,
		.key = key,
	};

	dkim_fields_select(header, &dkim_field_policy_default, NULL, names);
	request.signed_fields = names->str;
	if (!dkim_sign(&request, value, NULL))
		g_error("dkim_sign failed");
}

static void sign_raw(const struct dkim_private_key *key)
{
	static const unsigned char digest[DKIM_HASH_LENGTH] = { 1 };
	g_autoptr(GByteArray) signature = g_byte_array_new();

	if (!dkim_private_key_sign(key, digest, signature, NULL))
		g_error("dkim_private_key_sign failed");
}

static void compare_signing(enum dkim_key_type type)
{
	struct mail_header *header = make_header();
	MR_AUTO(dkim_private_key) key = NULL;
	double raw = 0, ours = 0;

	if (!dkim_private_key_generate(type, 2048, &key, NULL))
		g_error("no key");
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_us();

		for (int i = 0; i < SIGNATURES; i++)
			sign_raw(key);
		keep_best(&raw, start);
		start = now_us();
		for (int i = 0; i < SIGNATURES; i++)
			sign_ours(header, key);
		keep_best(&ours, start);
	}
	printf("sign %-10s raw %6.1f us  whole %6.1f us  x %.3f\n", dkim_key_type_to_string(type),
	       raw / SIGNATURES, ours / SIGNATURES, ours / raw);
	mail_header_free(header);
}

int main(void)
{
	compare_body("text", "The quick brown fox jumps over the lazy dog, again and again.\r\n");
	compare_body("base64", "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24s\r\n");
	compare_body("html",
		     "    <td class=\"a b\" style=\"x: y; z\">Hello you out there</td>\r\n");
	compare_body("tabs", "\t\t<td class=\"a b\">  Hello you </td> \r\n");
	compare_signing(DKIM_KEY_RSA);
	compare_signing(DKIM_KEY_ED25519);
	return 0;
}
