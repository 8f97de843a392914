/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/base/error.h"
#include "shared/dkim/key.h"

#define DIGEST_LENGTH 32

static const unsigned char digest[DIGEST_LENGTH] = "an arbitrary digest of 32 bytes";

enum form { PKCS8, PKCS1, PKCS8_ENCRYPTED, PKCS1_ENCRYPTED, PUBLIC };

static int write_form(BIO *bio, EVP_PKEY *pkey, enum form form)
{
	const EVP_CIPHER *cipher = EVP_aes_128_cbc();

	switch (form) {
	case PKCS8:
		return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	case PKCS1:
		return PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
	case PKCS8_ENCRYPTED:
		return PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, "pass", 4, NULL, NULL);
	case PKCS1_ENCRYPTED:
		return PEM_write_bio_PrivateKey_traditional(
			bio, pkey, cipher, (const unsigned char *)"pass", 4, NULL, NULL);
	case PUBLIC:
		break;
	}
	return PEM_write_bio_PUBKEY(bio, pkey);
}

/* Takes the key. */
static char *pem_of(EVP_PKEY *pkey, enum form form)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes, *pem;
	long length;

	g_assert_nonnull(pkey);
	g_assert_cmpint(write_form(bio, pkey, form), ==, 1);
	length = BIO_get_mem_data(bio, &bytes);
	pem = g_strndup(bytes, (gsize)length);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return pem;
}

static EVP_PKEY *make_rsa(size_t bits)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static EVP_PKEY *make_pss(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pkey = NULL;

	g_assert_cmpint(EVP_PKEY_keygen_init(context), ==, 1);
	g_assert_cmpint(EVP_PKEY_generate(context, &pkey), ==, 1);
	EVP_PKEY_CTX_free(context);
	return pkey;
}

static void assert_signs(const struct dkim_private_key *key)
{
	const struct dkim_public_key *public_key = dkim_private_key_public(key);
	g_autoptr(GByteArray) signature = g_byte_array_new();
	unsigned char other[DIGEST_LENGTH] = { 0 };

	g_byte_array_append(signature, (const guint8 *)"!", 1);
	g_assert_true(dkim_private_key_sign(key, digest, signature, NULL));
	g_assert_cmpuint(signature->len - 1, ==,
			 dkim_private_key_type(key) == DKIM_KEY_RSA
				 ? (dkim_private_key_bits(key) + 7) / 8
				 : 64);
	g_assert_true(dkim_public_key_verify(public_key, digest, signature->data + 1,
					     signature->len - 1));
	g_assert_false(
		dkim_public_key_verify(public_key, other, signature->data + 1, signature->len - 1));
	g_assert_false(dkim_public_key_verify(public_key, digest, signature->data + 1,
					      signature->len - 2));
	g_assert_false(dkim_public_key_verify(public_key, digest, signature->data + 1, 0));
	signature->data[7] ^= 1;
	g_assert_false(dkim_public_key_verify(public_key, digest, signature->data + 1,
					      signature->len - 1));
}

static void assert_parsed(const char *what, const char *pem, unsigned bits)
{
	MR_AUTO(dkim_private_key) key = NULL;
	GError *error = NULL;

	g_test_message("%s", what);
	g_assert_true(dkim_private_key_parse("k.pem", pem, strlen(pem), &key, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(dkim_private_key_bits(key), ==, bits);
	assert_signs(key);
}

static void assert_refused(const char *what, const char *pem, size_t length, const char *words)
{
	struct dkim_private_key *key = NULL;
	GError *error = NULL;

	g_test_message("%s", what);
	g_assert_false(dkim_private_key_parse("k.pem", pem, length, &key, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_test_message("%s", error->message);
	g_assert_true(g_str_has_prefix(error->message, "k.pem: "));
	g_assert_nonnull(strstr(error->message, words));
	g_assert_null(key);
	g_error_free(error);
}

static void test_forms(void)
{
	g_autofree char *pkcs8 = pem_of(make_rsa(1024), PKCS8);
	g_autofree char *pkcs1 = pem_of(make_rsa(2047), PKCS1);
	g_autofree char *ed25519 = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8);
	g_autofree char *preceded = g_strconcat("some words\n\n", pkcs8, "more", NULL);

	g_assert_nonnull(strstr(pkcs1, "RSA PRIVATE KEY"));
	assert_parsed("RFC 8301 3.2: 1024 bits, PKCS#8", pkcs8, 1024);
	assert_parsed("PKCS#1 of 2047 bits", pkcs1, 2047);
	assert_parsed("RFC 8463 Ed25519", ed25519, 256);
	assert_parsed("words around it", preceded, 1024);
}

static void test_refused(void)
{
	g_autofree char *short_key = pem_of(make_rsa(1023), PKCS8);
	g_autofree char *encrypted = pem_of(make_rsa(1024), PKCS8_ENCRYPTED);
	g_autofree char *encrypted1 = pem_of(make_rsa(1024), PKCS1_ENCRYPTED);
	g_autofree char *public_key = pem_of(make_rsa(1024), PUBLIC);
	g_autofree char *curve = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), PKCS8);
	g_autofree char *pss = pem_of(make_pss(), PKCS8);
	g_autofree char *large = g_strnfill(DKIM_KEY_FILE_MAX + 1, 'x');

	assert_refused("RFC 8301 3.2: 1023 bits", short_key, strlen(short_key), "1023 bits");
	assert_refused("encrypted PKCS#8", encrypted, strlen(encrypted), "is encrypted");
	assert_refused("encrypted PKCS#1", encrypted1, strlen(encrypted1), "is encrypted");
	assert_refused("public key", public_key, strlen(public_key), "no private key");
	assert_refused("elliptic curve", curve, strlen(curve), "neither an RSA nor");
	assert_refused("RSA-PSS", pss, strlen(pss), "neither an RSA nor");
	assert_refused("too large", large, strlen(large), "too large");
	assert_refused("empty", "", 0, "no private key");
	assert_refused("NULs", "\0\0\0\0", 4, "no private key");
	assert_refused("cut", encrypted, 100, "no private key");
}

/* The modulus of one key, all else of another: it parses, it signs, nobody could verify. */
static void test_halves(void)
{
	static const char *const names[] = {
		"n",
		"e",
		"d",
		"rsa-factor1",
		"rsa-factor2",
		"rsa-exponent1",
		"rsa-exponent2",
		"rsa-coefficient1",
	};
	EVP_PKEY *keys[] = { make_rsa(1024), make_rsa(1024) };
	OSSL_PARAM parameters[G_N_ELEMENTS(names) + 1];
	unsigned char bytes[G_N_ELEMENTS(names)][256];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	g_autofree char *pem = NULL;
	EVP_PKEY *mixed = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		BIGNUM *number = NULL;

		g_assert_true(EVP_PKEY_get_bn_param(keys[i > 0], names[i], &number));
		g_assert_cmpint(BN_bn2nativepad(number, bytes[i], 256), ==, 256);
		parameters[i] = OSSL_PARAM_construct_BN(names[i], bytes[i], 256);
		BN_clear_free(number);
	}
	parameters[G_N_ELEMENTS(names)] = OSSL_PARAM_construct_end();
	g_assert_cmpint(EVP_PKEY_fromdata_init(context), ==, 1);
	g_assert_cmpint(EVP_PKEY_fromdata(context, &mixed, EVP_PKEY_KEYPAIR, parameters), ==, 1);
	pem = pem_of(mixed, PKCS8);
	assert_refused("halves of two keys", pem, strlen(pem), "do not fit");
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
}

static void test_generate(void)
{
	static const struct {
		enum dkim_key_type type;
		unsigned bits;
		bool ok;
	} cases[] = {
		{ DKIM_KEY_RSA, 2048, true },  { DKIM_KEY_ED25519, 0, true },
		{ DKIM_KEY_RSA, 1023, false }, { DKIM_KEY_RSA, 8193, false },
		{ DKIM_KEY_RSA, 0, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(dkim_private_key) key = NULL;
		MR_AUTO(dkim_private_key) again = NULL;
		g_autoptr(GError) error = NULL;
		char *pem = NULL;

		g_assert_cmpint(
			dkim_private_key_generate(cases[i].type, cases[i].bits, &key, &error), ==,
			cases[i].ok);
		if (!cases[i].ok) {
			g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
			continue;
		}
		g_assert_cmpint(dkim_private_key_type(key), ==, cases[i].type);
		g_assert_true(dkim_private_key_to_pem(key, &pem, NULL));
		g_assert_true(g_str_has_prefix(pem, "-----BEGIN PRIVATE KEY-----"));
		g_assert_true(dkim_private_key_parse("k", pem, strlen(pem), &again, NULL));
		g_assert_cmpstr(dkim_private_key_public_base64(key), ==,
				dkim_private_key_public_base64(again));
		assert_signs(again);
		dkim_secret_free(pem);
	}
}

static void test_files(void)
{
	static const struct {
		mode_t mode;
		bool group_may_read, ok;
	} cases[] = {
		{ 0600, false, true },	{ 0400, false, true },	{ 0640, false, false },
		{ 0640, true, true },	{ 0440, true, true },	{ 0660, true, false },
		{ 0620, true, false },	{ 0610, true, false },	{ 0644, true, false },
		{ 0604, false, false }, { 0602, false, false }, { 0777, true, false },
	};
	g_autofree char *pem = pem_of(make_rsa(1024), PKCS8);
	g_autofree char *folder = g_dir_make_tmp("millrace-key-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "k.pem", NULL);

	g_assert_true(g_file_set_contents(path, pem, -1, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(dkim_private_key) key = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("mode %04o, group %d", cases[i].mode, cases[i].group_may_read);
		g_assert_cmpint(g_chmod(path, (int)cases[i].mode), ==, 0);
		g_assert_cmpint(dkim_private_key_load(path, cases[i].group_may_read, &key, &error),
				==, cases[i].ok);
		if (!cases[i].ok)
			g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	}
	g_unlink(path);
	g_rmdir(folder);
}

static void assert_no_file(const char *path, const char *words)
{
	struct dkim_private_key *key = NULL;
	GError *error = NULL;

	g_assert_false(dkim_private_key_load(path, true, &key, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_assert_true(g_str_has_prefix(error->message, path));
	g_assert_nonnull(strstr(error->message, words));
	g_error_free(error);
}

static void test_no_files(void)
{
	g_autofree char *folder = g_dir_make_tmp("millrace-key-XXXXXX", NULL);
	g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
	g_autofree char *large = g_build_filename(folder, "large", NULL);
	g_autofree char *missing = g_build_filename(folder, "missing", NULL);
	g_autofree char *bytes = g_strnfill(DKIM_KEY_FILE_MAX + 1, '\n');

	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_true(
		g_file_set_contents_full(large, bytes, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	assert_no_file(folder, "regular file");
	assert_no_file(fifo, "regular file");
	assert_no_file(large, "too large");
	assert_no_file(missing, "No such file");
	g_unlink(fifo);
	g_unlink(large);
	g_rmdir(folder);
}

static gpointer sign_often(gpointer key)
{
	for (int i = 0; i < 20; i++)
		assert_signs(key);
	return NULL;
}

static void test_threads(void)
{
	for (int type = DKIM_KEY_RSA; type <= DKIM_KEY_ED25519; type++) {
		MR_AUTO(dkim_private_key) key = NULL;
		GThread *threads[4];

		g_assert_true(
			dkim_private_key_generate((enum dkim_key_type)type, 1024, &key, NULL));
		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
			threads[i] = g_thread_new("signer", sign_often, key);
		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
			g_thread_join(threads[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/key/forms", test_forms);
	g_test_add_func("/dkim/key/refused", test_refused);
	g_test_add_func("/dkim/key/halves", test_halves);
	g_test_add_func("/dkim/key/generate", test_generate);
	g_test_add_func("/dkim/key/files", test_files);
	g_test_add_func("/dkim/key/no-files", test_no_files);
	g_test_add_func("/dkim/key/threads", test_threads);
	return g_test_run();
}
