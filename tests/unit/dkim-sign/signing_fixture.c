/* SPDX-License-Identifier: BSD-2-Clause */
/* See signing_fixture.h. Keys are made anew in each run: none of them is worth anything. */

#include <glib/gstdio.h>
#include <string.h>

#include "shared/dkim/body_hash.h"
#include "shared/dkim/key.h"
#include "shared/dkim/signature.h"
#include "shared/dkim/verify.h"
#include "tests/unit/dkim-sign/signing_fixture.h"

#define RSA_BITS 1024 /* quick to make; tests judge our code, not the key */

static void write_key(const char *path, enum dkim_key_type type)
{
	MR_AUTO(dkim_private_key) key = NULL;
	GError *error = NULL;
	char *pem;

	dkim_private_key_generate(type, RSA_BITS, &key, &error);
	g_assert_no_error(error);
	dkim_private_key_to_pem(key, &pem, &error);
	g_assert_no_error(error);
	g_file_set_contents_full(path, pem, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
	g_assert_no_error(error);
	dkim_secret_free(pem);
}

static void make_key(const struct signing_fixture *fixture, const char *name,
		     enum dkim_key_type type)
{
	g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

	write_key(path, type);
}

void signing_fixture_init(struct signing_fixture *fixture)
{
	g_autofree char *directory = NULL;

	fixture->folder = g_dir_make_tmp("millrace-test-XXXXXX", NULL);
	g_assert_nonnull(fixture->folder);
	directory = g_build_filename(fixture->folder, "keys/example.org", NULL);
	g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
	make_key(fixture, "r1.pem", DKIM_KEY_RSA);
	make_key(fixture, "e1.pem", DKIM_KEY_ED25519);
	make_key(fixture, "keys/example.org/r2.pem", DKIM_KEY_RSA);
	make_key(fixture, "keys/example.org/e2.pem", DKIM_KEY_ED25519);
}

static void remove_tree(const char *path)
{
	GDir *folder = g_dir_open(path, 0, NULL);
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		remove_tree(inner);
	}
	if (folder)
		g_dir_close(folder);
	g_remove(path);
}

void signing_fixture_clear(struct signing_fixture *fixture)
{
	remove_tree(fixture->folder);
	g_clear_pointer(&fixture->folder, g_free);
}

struct conf_file *signing_fixture_read(const struct signing_fixture *fixture, const char *options)
{
	g_autoptr(GString) text = g_string_new(options);
	struct conf_file *file;
	GError *error = NULL;

	g_string_replace(text, "DIR", fixture->folder, 0);
	conf_file_read_text("test.conf", text->str, &file, &error);
	g_assert_no_error(error);
	return file;
}

struct sign_context *signing_fixture_context(const struct signing_fixture *fixture,
					     const char *options)
{
	g_autofree char *text =
		g_strconcat("listen = \"inet:1@127.0.0.1\"; user = \"root\";\n", options, NULL);
	struct conf_file *file = signing_fixture_read(fixture, text);
	struct sign_settings settings;
	struct sign_context *context;
	GError *error = NULL;

	conf_file_load(file, sign_settings_rows, &settings, sizeof(settings));
	conf_file_check(file, &error);
	g_assert_no_error(error);
	context = sign_context_new(&settings, &error);
	g_assert_no_error(error);
	conf_file_free(file);
	return context;
}

void signing_fixture_context_free(struct sign_context *context)
{
	g_atomic_rc_box_release_full(context, sign_context_clear);
}

const struct sign_plan *signing_fixture_run(struct sign_message *message,
					    const struct sign_context *context,
					    const struct sign_client *client, const char *sender,
					    const char *text, size_t chunk)
{
	struct mail_header *header = mail_header_new();
	struct slice body;

	g_assert_true(
		mail_header_parse_message(header, (struct slice){ text, strlen(text) }, &body));
	sign_message_begin(message, context, client, sender);
	for (size_t i = 0; i < mail_header_count(header); i++) {
		const struct mail_field *field = mail_header_get(header, i);

		sign_message_header(message, field->name, field->value);
	}
	mail_header_free(header);
	sign_message_end_of_header(message);
	for (size_t at = 0; at < body.length; at += chunk)
		sign_message_body(message, (const unsigned char *)body.data + at,
				  MIN(chunk, body.length - at));
	return sign_message_finish(message);
}

char *signing_fixture_signers(const struct sign_message *message)
{
	GString *signers = g_string_new(NULL);

	for (unsigned i = 0; i < sign_message_signatures(message); i++) {
		const struct sign_result *result = sign_message_signature(message, i);

		g_string_append_printf(signers, "%s%s:%s", i ? " " : "", result->domain,
				       result->selector);
	}
	return g_string_free(signers, FALSE);
}

char *signing_fixture_signed(const struct sign_message *message, const char *text)
{
	GString *with = g_string_new(NULL);

	for (unsigned i = 0; i < sign_message_signatures(message); i++)
		g_string_append_printf(with, "DKIM-Signature: %s\r\n",
				       sign_message_signature(message, i)->value->str);
	g_string_append(with, text);
	return g_string_free(with, FALSE);
}

static enum dkim_verdict judge(const struct mail_header *header, struct slice body,
			       const struct dkim_private_key *key)
{
	const struct mail_field *field = mail_header_find(header, "dkim-signature");
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	struct dkim_signature signature;
	enum dkim_verdict verdict;
	GError *error = NULL;
	unsigned index;

	g_assert_nonnull(field);
	dkim_signature_parse(field->value, &signature, &error);
	g_assert_no_error(error);
	g_assert_true(
		dkim_body_hashes_want(hashes, signature.body_canon, signature.body_length, &index));
	dkim_body_hashes_update(hashes, (const unsigned char *)body.data, body.length);
	dkim_body_hashes_finish(hashes);
	verdict = dkim_verify(&signature, header, field, dkim_private_key_public(key),
			      dkim_body_hashes_digest(hashes, index), g_get_real_time() / 1000000);
	dkim_signature_clear(&signature);
	dkim_body_hashes_free(hashes);
	return verdict;
}

bool signing_fixture_verifies(const char *text, const char *key_file)
{
	struct mail_header *header = mail_header_new();
	MR_AUTO(dkim_private_key) key = NULL;
	GError *error = NULL;
	struct slice body;
	enum dkim_verdict verdict;

	dkim_private_key_load(key_file, false, &key, &error);
	g_assert_no_error(error);
	g_assert_true(
		mail_header_parse_message(header, (struct slice){ text, strlen(text) }, &body));
	verdict = judge(header, body, key);
	g_test_message("verdict: %s", dkim_verdict_to_string(verdict));
	mail_header_free(header);
	return verdict == DKIM_VERDICT_PASS;
}
