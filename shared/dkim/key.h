/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_H
#define MILLRACE_DKIM_KEY_H

/*
 * Private and public keys (RSA by RFC 6376 and 8301, Ed25519 by RFC 8463), over OpenSSL.
 * Keys are immutable, ref-counted and shared by all threads; algorithm look-ups are done once.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/base/auto.h"

#define DKIM_RSA_BITS_MIN 1024u	    /* RFC 8301 3.2: below it neither signs nor verifies */
#define DKIM_RSA_BITS_ADVISED 2048u /* below it: a warning */
#define DKIM_RSA_BITS_MAX 8192u
#define DKIM_KEY_FILE_MAX 65536u

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519 };

/* "rsa" / "ed25519" (k=), "rsa-sha256" / "ed25519-sha256" (a=). */
const char *dkim_key_type_to_string(enum dkim_key_type type);
const char *dkim_key_type_to_algorithm(enum dkim_key_type type);

struct dkim_private_key;

/*
 * `location` is a PEM file (PKCS#1, PKCS#8, unencrypted), or a URI "pkcs11:..." served by
 * OpenSSL's pkcs11 engine, in which case the private key stays in its token (RSA only; the PIN
 * comes from the URI's pin-value or pin-source, and is never shown in a message). CONFIG error
 * when: unreadable, not a key, RSA under DKIM_RSA_BITS_MIN or over _MAX, its halves do not fit, or
 * the file may be read or written by others (mode & 007) or by a group (mode & 070) unless
 * `group_may_read` and only reading.
 */
bool dkim_private_key_load(const char *location, bool group_may_read,
			   struct dkim_private_key **ret_key, GError **ret_error);
/* A location as it may be shown: a URI loses its PIN. */
char *dkim_key_location_to_show(const char *location);
/* The file that loading a location reads: the location, or its URI's pin-source; NULL: none. */
char *dkim_key_location_file(const char *location);
/* From PEM bytes, no file checks. `name` is for messages. Secrets are cleansed after use. */
bool dkim_private_key_parse(const char *name, const char *pem, size_t length,
			    struct dkim_private_key **ret_key, GError **ret_error);
bool dkim_private_key_generate(enum dkim_key_type type, unsigned bits,
			       struct dkim_private_key **ret_key, GError **ret_error);
/* PKCS#8 PEM; freed with dkim_secret_free. */
bool dkim_private_key_to_pem(const struct dkim_private_key *key, char **ret_pem,
			     GError **ret_error);
void dkim_secret_free(char *secret);

struct dkim_private_key *dkim_private_key_ref(struct dkim_private_key *key);
void dkim_private_key_unref(struct dkim_private_key *key); /* takes NULL */
MR_DEFINE_AUTO(dkim_private_key, dkim_private_key_unref)

enum dkim_key_type dkim_private_key_type(const struct dkim_private_key *key);
unsigned dkim_private_key_bits(const struct dkim_private_key *key);
/* The value of p= in the key record: base64 of SubjectPublicKeyInfo (RSA) or of the raw 32 bytes
 * (Ed25519, RFC 8463 4). Owned by the key. */
const char *dkim_private_key_public_base64(const struct dkim_private_key *key);

/* Signs a SHA-256 digest: PKCS#1 v1.5 for RSA, PureEdDSA over the digest for Ed25519 (RFC 8463 3).
 * Appends the raw signature. Thread-safe. TEMPORARY error when the key cannot sign now (token
 * away). */
bool dkim_private_key_sign(const struct dkim_private_key *key, const unsigned char *digest,
			   GByteArray *signature, GError **ret_error);

struct dkim_public_key;

/* From the p= of a key record, white space allowed; RSA as SubjectPublicKeyInfo or bare
 * RSAPublicKey. PERMANENT error for what is no key or outside the bit limits. */
bool dkim_public_key_from_base64(enum dkim_key_type type, const char *base64, size_t length,
				 struct dkim_public_key **ret_key, GError **ret_error);
struct dkim_public_key *dkim_public_key_ref(struct dkim_public_key *key);
void dkim_public_key_unref(struct dkim_public_key *key);
MR_DEFINE_AUTO(dkim_public_key, dkim_public_key_unref)
enum dkim_key_type dkim_public_key_type(const struct dkim_public_key *key);
unsigned dkim_public_key_bits(const struct dkim_public_key *key);
bool dkim_public_key_verify(const struct dkim_public_key *key, const unsigned char *digest,
			    const unsigned char *signature, size_t length);

/* The public half, made once and kept by the private key (borrowed). */
const struct dkim_public_key *dkim_private_key_public(const struct dkim_private_key *key);

#endif
