/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_INTERNAL_H
#define MILLRACE_DKIM_KEY_INTERNAL_H

/* How private keys come to be; only for the key_*.c of shared/dkim. */

#include <openssl/evp.h>

#include "shared/dkim/key.h"

/* Makes a key of OpenSSL's, which it owns from now on, also when it fails. CONFIG error, naming
 * `name`, for a type or size that may not sign and for a key that does not fit its public half. */
bool dkim_private_key_take(const char *name, EVP_PKEY *pkey, bool in_token,
			   struct dkim_private_key **ret_key, GError **ret_error);

/* RSA with PKCS#1 v1.5 and SHA-256, made ready to sign or verify a digest: only to be copied, which
 * is what makes keys shareable between threads without locks. NULL when OpenSSL refuses. */
EVP_PKEY_CTX *dkim_key_prepare_rsa(EVP_PKEY *pkey, int (*start)(EVP_PKEY_CTX *context));

#endif
