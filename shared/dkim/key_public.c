/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows public keys as key records have them: the DER of RSA, as SubjectPublicKeyInfo or bare (RFC
 * 6376 3.6.1 names the bare form, nearly everybody publishes the other), and the 32 raw bytes of
 * Ed25519 (RFC 8463 4). The DER is read here because OpenSSL's decoder takes twenty times as long
 * as the rest. Refuses to know records and DNS. Keys are immutable; any thread.
 */

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/body_hash.h"
#include "shared/dkim/crypto.h"
#include "shared/dkim/key_internal.h"

#define ED25519_LENGTH 32u
#define PUBLIC_DER_MAX 2048u   /* RSA of DKIM_RSA_BITS_MAX needs about 1100 */
#define EXPONENT_LENGTH_MAX 8u /* bytes; what goes beyond only costs work */

enum der_tag { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

struct dkim_public_key {
	gatomicrefcount references;
	enum dkim_key_type type;
	unsigned bits;
	EVP_PKEY_CTX *rsa;   /* prepared to verify, only copied; NULL for Ed25519 */
	EVP_MD_CTX *ed25519; /* likewise; NULL for RSA */
};

static bool der_take(struct reader *reader, enum der_tag tag, struct reader *ret_content)
{
	size_t length;
	int byte;

	if (!reader_skip_byte(reader, (unsigned char)tag))
		return false;
	byte = reader_next(reader);
	if (byte < 0 || byte > 0x82)
		return false;
	length = (size_t)byte;
	if (byte >= 0x80) {
		length = 0;
		for (int i = byte - 0x80; i > 0; i--) {
			int next = reader_next(reader);

			if (next < 0)
				return false;
			length = length << 8 | (size_t)next;
		}
	}
	if (length > reader->length - reader->position)
		return false;
	reader_init(ret_content, reader->data + reader->position, length);
	reader->position += length;
	return true;
}

/* RFC 5280 4.1: SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING { RSAPublicKey } }. */
static bool der_unwrap(struct reader *info, struct reader *ret_key)
{
	static const unsigned char rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
							0x0d, 0x01, 0x01, 0x01 };
	struct reader algorithm, oid, bits;

	if (!der_take(info, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid))
		return false;
	if (oid.length != sizeof(rsa_encryption) ||
	    memcmp(oid.data, rsa_encryption, sizeof(rsa_encryption)) != 0)
		return false;
	return der_take(info, DER_BIT_STRING, &bits) && reader_at_end(info) &&
	       reader_skip_byte(&bits, 0) && der_take(&bits, DER_SEQUENCE, ret_key) &&
	       reader_at_end(&bits);
}

/* A positive INTEGER without its leading zeros. */
static bool der_take_positive(struct reader *reader, struct reader *ret_number)
{
	struct reader number;

	if (!der_take(reader, DER_INTEGER, &number) || reader_peek(&number) < 0 ||
	    reader_peek(&number) > 0x7f)
		return false;
	while (reader_skip_byte(&number, 0))
		;
	if (reader_at_end(&number))
		return false;
	reader_init(ret_number, number.data + number.position, number.length - number.position);
	return true;
}

static bool der_read_rsa(const GByteArray *der, struct reader *ret_modulus,
			 struct reader *ret_exponent)
{
	struct reader whole, outer, key;

	reader_init(&whole, der->data, der->len);
	if (!der_take(&whole, DER_SEQUENCE, &outer) || !reader_at_end(&whole))
		return false;
	key = outer;
	if (reader_peek(&outer) == DER_SEQUENCE && !der_unwrap(&outer, &key))
		return false;
	return der_take_positive(&key, ret_modulus) && der_take_positive(&key, ret_exponent) &&
	       reader_at_end(&key);
}

static unsigned bits_of(const struct reader *number)
{
	return (unsigned)number->length * 8 - (unsigned)__builtin_clz(number->data[0]) + 24;
}

/* OpenSSL's RSA key from two big-endian numbers; NULL when it refuses. */
static EVP_PKEY *make_rsa(const struct reader *modulus, const struct reader *exponent)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_bin2bn(modulus->data, (int)modulus->length, NULL);
	BIGNUM *e = BN_bin2bn(exponent->data, (int)exponent->length, NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *pkey = NULL;

	if (build != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		parameters = OSSL_PARAM_BLD_to_param(build);
	if (parameters != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		pkey = NULL;
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static bool refuse(GError **ret_error, const char *why)
{
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_PERMANENT, why);
	return false;
}

static bool check_rsa(const struct reader *modulus, const struct reader *exponent,
		      GError **ret_error)
{
	unsigned bits = bits_of(modulus);
	unsigned last = exponent->data[exponent->length - 1];

	if (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
			    "RSA key of %u bits, not between %u and %u", bits, DKIM_RSA_BITS_MIN,
			    DKIM_RSA_BITS_MAX);
		return false;
	}
	if (modulus->data[modulus->length - 1] % 2 == 0)
		return refuse(ret_error, "RSA modulus is even");
	if (exponent->length > EXPONENT_LENGTH_MAX || last % 2 == 0 ||
	    (exponent->length == 1 && last < 3))
		return refuse(ret_error, "RSA exponent is unfit");
	return true;
}

static bool read_rsa(struct dkim_public_key *key, const GByteArray *der, GError **ret_error)
{
	struct reader modulus, exponent;
	EVP_PKEY *pkey;

	if (!der_read_rsa(der, &modulus, &exponent))
		return refuse(ret_error, "public key is no RSA key in DER form");
	if (!check_rsa(&modulus, &exponent, ret_error))
		return false;
	key->bits = bits_of(&modulus);
	pkey = make_rsa(&modulus, &exponent);
	if (pkey != NULL)
		key->rsa = dkim_key_prepare_rsa(pkey, EVP_PKEY_verify_init);
	EVP_PKEY_free(pkey);
	if (key->rsa == NULL)
		return dkim_crypto_set_error(ret_error, MR_ERROR_PERMANENT, "RSA public key");
	return true;
}

static bool read_ed25519(struct dkim_public_key *key, const GByteArray *raw, GError **ret_error)
{
	EVP_PKEY *pkey;
	bool ok;

	if (raw->len != ED25519_LENGTH)
		return refuse(ret_error, "Ed25519 public key is not 32 bytes long");
	key->bits = 8 * ED25519_LENGTH;
	key->ed25519 = EVP_MD_CTX_new();
	pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw->data, raw->len);
	ok = pkey != NULL && key->ed25519 != NULL &&
	     EVP_DigestVerifyInit(key->ed25519, NULL, NULL, NULL, pkey) == 1;
	EVP_PKEY_free(pkey);
	if (!ok)
		return dkim_crypto_set_error(ret_error, MR_ERROR_PERMANENT, "Ed25519 public key");
	return true;
}

bool dkim_public_key_from_base64(enum dkim_key_type type, const char *base64, size_t length,
				 struct dkim_public_key **ret_key, GError **ret_error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	MR_AUTO(dkim_public_key) key = g_new0(struct dkim_public_key, 1);
	bool ok;

	g_atomic_ref_count_init(&key->references);
	key->type = type;
	if (!dkim_base64_decode((struct slice){ base64, length }, PUBLIC_DER_MAX, bytes))
		return refuse(ret_error, "public key is no base64, or too long");
	ok = type == DKIM_KEY_RSA ? read_rsa(key, bytes, ret_error)
				  : read_ed25519(key, bytes, ret_error);
	if (!ok)
		return false;
	*ret_key = g_steal_pointer(&key);
	return true;
}

struct dkim_public_key *dkim_public_key_ref(struct dkim_public_key *key)
{
	g_atomic_ref_count_inc(&key->references);
	return key;
}

void dkim_public_key_unref(struct dkim_public_key *key)
{
	if (key == NULL || !g_atomic_ref_count_dec(&key->references))
		return;
	EVP_PKEY_CTX_free(key->rsa);
	EVP_MD_CTX_free(key->ed25519);
	g_free(key);
}

enum dkim_key_type dkim_public_key_type(const struct dkim_public_key *key)
{
	return key->type;
}

unsigned dkim_public_key_bits(const struct dkim_public_key *key)
{
	return key->bits;
}

static bool verify_rsa(const struct dkim_public_key *key, const unsigned char *digest,
		       const unsigned char *signature, size_t length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(key->rsa);
	bool ok = context != NULL &&
		  EVP_PKEY_verify(context, signature, length, digest, DKIM_HASH_LENGTH) == 1;

	EVP_PKEY_CTX_free(context);
	return ok;
}

static bool verify_ed25519(const struct dkim_public_key *key, const unsigned char *digest,
			   const unsigned char *signature, size_t length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context != NULL && EVP_MD_CTX_copy_ex(context, key->ed25519) == 1 &&
		  EVP_DigestVerify(context, signature, length, digest, DKIM_HASH_LENGTH) == 1;

	EVP_MD_CTX_free(context);
	return ok;
}

bool dkim_public_key_verify(const struct dkim_public_key *key, const unsigned char *digest,
			    const unsigned char *signature, size_t length)
{
	bool ok = key->type == DKIM_KEY_RSA ? verify_rsa(key, digest, signature, length)
					    : verify_ed25519(key, digest, signature, length);

	/* A signature that does not verify leaves words in OpenSSL's queue. */
	if (!ok)
		dkim_crypto_forget_errors();
	return ok;
}
