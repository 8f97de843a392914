/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_CRYPTO_H
#define MILLRACE_DKIM_CRYPTO_H

/* What this folder's users of OpenSSL share: SHA-256, looked up once per process, and OpenSSL's
 * words for an error. Only for shared/dkim. Any thread. */

#include <glib.h>
#include <openssl/evp.h>
#include <stddef.h>

#include "shared/base/error.h"

/* SHA-256; lives as long as the process. Never NULL: without it the process ends with a message. */
const EVP_MD *dkim_crypto_sha256(void);

/* Fills ret_error: "<what>: <OpenSSL's reason>", and empties this thread's error queue.
 * Always false. */
bool dkim_crypto_set_error(GError **ret_error, enum mr_error category, const char *what_format, ...)
	G_GNUC_PRINTF(3, 4);

/* Empties this thread's error queue. */
void dkim_crypto_forget_errors(void);

#endif
