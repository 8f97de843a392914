/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how to look an algorithm up once (a look-up costs locks and text comparisons, so it has no
 * place in a message's path) and how to put OpenSSL's error queue into words. Any thread.
 */

#include <openssl/err.h>

#include "shared/dkim/crypto.h"

static gpointer fetch_sha256(gpointer unused)
{
	EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);

	(void)unused;
	if (sha256 == NULL)
		g_error("this OpenSSL offers no SHA-256");
	return sha256;
}

const EVP_MD *dkim_crypto_sha256(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, fetch_sha256, NULL);
}

bool dkim_crypto_set_error(GError **ret_error, enum mr_error category, const char *what_format, ...)
{
	g_autofree char *what = NULL;
	unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
	va_list arguments;

	va_start(arguments, what_format);
	what = g_strdup_vprintf(what_format, arguments);
	va_end(arguments);
	if (reason != NULL)
		g_set_error(ret_error, MR_ERROR, category, "%s: %s", what, reason);
	else
		g_set_error_literal(ret_error, MR_ERROR, category, what);
	ERR_clear_error();
	return false;
}

void dkim_crypto_forget_errors(void)
{
	ERR_clear_error();
}
