/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows private keys: reading them, making them, signing with them. A key carries a context that
 * was prepared once (algorithms looked up, padding set) and is only ever copied, so that signing
 * parses nothing, looks nothing up and takes no lock of ours. Refuses to know whose key it is. Any
 * thread.
 */

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/body_hash.h"
#include "shared/dkim/crypto.h"
#include "shared/dkim/key_file.h"
#include "shared/dkim/key_internal.h"
#include "shared/dkim/key_pkcs11.h"
#include "shared/dkim/token_uri.h"

#define ED25519_BITS 256u

struct dkim_private_key {
	gatomicrefcount references;
	enum dkim_key_type type;
	unsigned bits;
	bool in_token;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *rsa;   /* prepared to sign, only copied; NULL for Ed25519 */
	EVP_MD_CTX *ed25519; /* likewise; NULL for RSA */
	char *public_base64;
	struct dkim_public_key *public_key;
};

const char *dkim_key_type_to_string(enum dkim_key_type type)
{
	return type == DKIM_KEY_RSA ? "rsa" : "ed25519";
}

const char *dkim_key_type_to_algorithm(enum dkim_key_type type)
{
	return type == DKIM_KEY_RSA ? "rsa-sha256" : "ed25519-sha256";
}

static bool refuse(GError **ret_error, const char *name, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", name, why);
	return false;
}

EVP_PKEY_CTX *dkim_key_prepare_rsa(EVP_PKEY *pkey, int (*start)(EVP_PKEY_CTX *context))
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (context != NULL && start(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, dkim_crypto_sha256()) == 1)
		return context;
	EVP_PKEY_CTX_free(context);
	return NULL;
}

static bool read_type(const char *name, struct dkim_private_key *key, GError **ret_error)
{
	if (EVP_PKEY_is_a(key->pkey, "ED25519")) {
		key->type = DKIM_KEY_ED25519;
		key->bits = ED25519_BITS;
		return true;
	}
	if (!EVP_PKEY_is_a(key->pkey, "RSA"))
		return refuse(ret_error, name, "is neither an RSA nor an Ed25519 key");
	key->type = DKIM_KEY_RSA;
	key->bits = (unsigned)EVP_PKEY_get_bits(key->pkey);
	if (key->bits >= DKIM_RSA_BITS_MIN && key->bits <= DKIM_RSA_BITS_MAX)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
		    "%s: RSA key of %u bits, not between %u and %u (RFC 8301 3.2)", name, key->bits,
		    DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX);
	return false;
}

static bool encode_rsa(struct dkim_private_key *key)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key->pkey, &der);

	if (length > 0)
		key->public_base64 = g_base64_encode(der, (gsize)length);
	OPENSSL_free(der);
	return length > 0;
}

static bool encode_ed25519(struct dkim_private_key *key)
{
	unsigned char raw[ED25519_BITS / 8];
	size_t length = sizeof(raw);

	if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &length) != 1)
		return false;
	key->public_base64 = g_base64_encode(raw, length);
	return true;
}

static bool prepare(struct dkim_private_key *key)
{
	if (key->type == DKIM_KEY_RSA) {
		key->rsa = dkim_key_prepare_rsa(key->pkey, EVP_PKEY_sign_init);
		return key->rsa != NULL && encode_rsa(key);
	}
	key->ed25519 = EVP_MD_CTX_new();
	return key->ed25519 != NULL &&
	       EVP_DigestSignInit(key->ed25519, NULL, NULL, NULL, key->pkey) == 1 &&
	       encode_ed25519(key);
}

/* A key whose halves do not belong together would sign, and nobody could verify it. */
static bool try_out(const char *name, const struct dkim_private_key *key, GError **ret_error)
{
	static const unsigned char digest[DKIM_HASH_LENGTH] = { 1 };
	g_autoptr(GByteArray) signature = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	if (!dkim_private_key_sign(key, digest, signature, &error)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", name, error->message);
		return false;
	}
	if (!dkim_public_key_verify(key->public_key, digest, signature->data, signature->len))
		return refuse(ret_error, name, "its private and public half do not fit");
	return true;
}

static bool complete(const char *name, struct dkim_private_key *key, GError **ret_error)
{
	g_autoptr(GError) error = NULL;

	if (!read_type(name, key, ret_error))
		return false;
	if (!prepare(key))
		return dkim_crypto_set_error(ret_error, MR_ERROR_CONFIG, "%s: cannot be used",
					     name);
	if (!dkim_public_key_from_base64(key->type, key->public_base64, strlen(key->public_base64),
					 &key->public_key, &error)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", name, error->message);
		return false;
	}
	return try_out(name, key, ret_error);
}

bool dkim_private_key_take(const char *name, EVP_PKEY *pkey, bool in_token,
			   struct dkim_private_key **ret_key, GError **ret_error)
{
	MR_AUTO(dkim_private_key) key = g_new0(struct dkim_private_key, 1);

	g_atomic_ref_count_init(&key->references);
	key->pkey = pkey;
	key->in_token = in_token;
	if (!complete(name, key, ret_error))
		return false;
	*ret_key = g_steal_pointer(&key);
	return true;
}

/* OpenSSL asks for a passphrase: none is given, but it is noted that one was wanted. */
static int note_passphrase(char *buffer, int size, int writing, void *asked)
{
	(void)buffer, (void)size, (void)writing;
	*(bool *)asked = true;
	return -1;
}

bool dkim_private_key_parse(const char *name, const char *pem, size_t length,
			    struct dkim_private_key **ret_key, GError **ret_error)
{
	bool encrypted = false;
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	if (length > DKIM_KEY_FILE_MAX)
		return refuse(ret_error, name, "is too large for a private key");
	bio = BIO_new_mem_buf(pem, (int)length);
	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, note_passphrase, &encrypted, NULL,
						  NULL);
	BIO_free(bio);
	if (pkey != NULL)
		return dkim_private_key_take(name, pkey, false, ret_key, ret_error);
	dkim_crypto_forget_errors();
	if (encrypted)
		return refuse(ret_error, name,
			      "the key is encrypted; the daemon needs it without "
			      "a passphrase (openssl pkey removes it)");
	return refuse(ret_error, name, "holds no private key in PEM form (PKCS#1 or PKCS#8)");
}

static bool is_in_token(const char *location)
{
	return g_str_has_prefix(location, DKIM_TOKEN_SCHEME);
}

char *dkim_key_location_to_show(const char *location)
{
	struct dkim_token_uri uri;
	char *shown;

	if (!is_in_token(location))
		return g_strdup(location);
	dkim_token_uri_parse(location, &uri, NULL);
	shown = g_steal_pointer(&uri.bare);
	dkim_token_uri_clear(&uri);
	return shown;
}

char *dkim_key_location_file(const char *location)
{
	struct dkim_token_uri uri;
	char *file;

	if (!is_in_token(location))
		return g_strdup(location);
	file = dkim_token_uri_parse(location, &uri, NULL) ? g_steal_pointer(&uri.pin_file) : NULL;
	dkim_token_uri_clear(&uri);
	return file;
}

bool dkim_private_key_load(const char *location, bool group_may_read,
			   struct dkim_private_key **ret_key, GError **ret_error)
{
	char *pem = NULL;
	size_t length = 0;
	bool ok;

	if (is_in_token(location))
		return dkim_key_pkcs11_load(location, group_may_read, ret_key, ret_error);
	if (!dkim_key_file_read(location, group_may_read, &pem, &length, ret_error))
		return false;
	ok = dkim_private_key_parse(location, pem, length, ret_key, ret_error);
	OPENSSL_cleanse(pem, length);
	g_free(pem);
	return ok;
}

bool dkim_private_key_generate(enum dkim_key_type type, unsigned bits,
			       struct dkim_private_key **ret_key, GError **ret_error)
{
	EVP_PKEY *pkey;

	if (type == DKIM_KEY_RSA && (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "an RSA key needs between %u and %u bits", DKIM_RSA_BITS_MIN,
			    DKIM_RSA_BITS_MAX);
		return false;
	}
	pkey = type == DKIM_KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
				    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL)
		return dkim_crypto_set_error(ret_error, MR_ERROR_SYSTEM, "making a key");
	return dkim_private_key_take("new key", pkey, false, ret_key, ret_error);
}

bool dkim_private_key_to_pem(const struct dkim_private_key *key, char **ret_pem, GError **ret_error)
{
	const char *bytes;
	long length = 0;
	BIO *bio;

	if (key->in_token) {
		g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
				    "a key in a token cannot be written out");
		return false;
	}
	/* The memory of a BIO is cleansed when it is freed. */
	bio = BIO_new(BIO_s_mem());
	if (bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1)
		length = BIO_get_mem_data(bio, &bytes);
	if (length > 0)
		*ret_pem = g_strndup(bytes, (gsize)length);
	BIO_free(bio);
	if (length <= 0)
		return dkim_crypto_set_error(ret_error, MR_ERROR_SYSTEM, "writing a key");
	return true;
}

void dkim_secret_free(char *secret)
{
	if (secret != NULL)
		OPENSSL_cleanse(secret, strlen(secret));
	g_free(secret);
}

struct dkim_private_key *dkim_private_key_ref(struct dkim_private_key *key)
{
	g_atomic_ref_count_inc(&key->references);
	return key;
}

void dkim_private_key_unref(struct dkim_private_key *key)
{
	if (key == NULL || !g_atomic_ref_count_dec(&key->references))
		return;
	EVP_PKEY_CTX_free(key->rsa);
	EVP_MD_CTX_free(key->ed25519);
	EVP_PKEY_free(key->pkey);
	dkim_public_key_unref(key->public_key);
	g_free(key->public_base64);
	g_free(key);
}

enum dkim_key_type dkim_private_key_type(const struct dkim_private_key *key)
{
	return key->type;
}

unsigned dkim_private_key_bits(const struct dkim_private_key *key)
{
	return key->bits;
}

const char *dkim_private_key_public_base64(const struct dkim_private_key *key)
{
	return key->public_base64;
}

const struct dkim_public_key *dkim_private_key_public(const struct dkim_private_key *key)
{
	return key->public_key;
}

static bool sign_rsa(const struct dkim_private_key *key, const unsigned char *digest,
		     unsigned char *signature, size_t *length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(key->rsa);
	bool ok = context != NULL &&
		  EVP_PKEY_sign(context, signature, length, digest, DKIM_HASH_LENGTH) == 1;

	EVP_PKEY_CTX_free(context);
	return ok;
}

static bool sign_ed25519(const struct dkim_private_key *key, const unsigned char *digest,
			 unsigned char *signature, size_t *length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context != NULL && EVP_MD_CTX_copy_ex(context, key->ed25519) == 1 &&
		  EVP_DigestSign(context, signature, length, digest, DKIM_HASH_LENGTH) == 1;

	EVP_MD_CTX_free(context);
	return ok;
}

bool dkim_private_key_sign(const struct dkim_private_key *key, const unsigned char *digest,
			   GByteArray *signature, GError **ret_error)
{
	guint before = signature->len;
	size_t length = (size_t)EVP_PKEY_get_size(key->pkey);
	bool ok;

	g_byte_array_set_size(signature, before + (guint)length);
	ok = key->type == DKIM_KEY_RSA
		     ? sign_rsa(key, digest, signature->data + before, &length)
		     : sign_ed25519(key, digest, signature->data + before, &length);
	g_byte_array_set_size(signature, before + (guint)(ok ? length : 0));
	if (!ok)
		return dkim_crypto_set_error(ret_error, MR_ERROR_TEMPORARY,
					     "the key does not sign");
	return true;
}
