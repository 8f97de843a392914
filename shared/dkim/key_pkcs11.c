/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a key in a PKCS#11 token becomes one of ours: through OpenSSL's "pkcs11" engine, which
 * Debian 12 has (the provider that replaces engines it has not; hence the one file in which
 * OpenSSL's deprecated functions are used). The engine is started once and stays until the process
 * ends. The private key never leaves the token: what OpenSSL holds is a handle. Any thread; loading
 * is one at a time.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/ui.h>
#include <stdint.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/crypto.h"
#include "shared/dkim/key_file.h"
#include "shared/dkim/key_internal.h"
#include "shared/dkim/key_pkcs11.h"
#include "shared/dkim/token_uri.h"

static bool find_pin(struct dkim_token_uri *uri, bool group_may_read, GError **ret_error)
{
	size_t length;

	if (uri->pin_file == NULL)
		return true;
	if (!dkim_key_file_read(uri->pin_file, group_may_read, &uri->pin, &length, ret_error))
		return false;
	uri->pin[strcspn(uri->pin, "\r\n")] = '\0';
	return true;
}

static gpointer start_engine(gpointer unused)
{
	ENGINE *engine = ENGINE_by_id("pkcs11");

	(void)unused;
	if (engine != NULL && ENGINE_init(engine) == 1) {
		ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0);
		return engine;
	}
	ENGINE_free(engine);
	return NULL;
}

/*
 * The PIN belongs to the engine until the next one is set, so two loads must not mix. The engine
 * never sees the whole URI: it would print it to stderr.
 */
static EVP_PKEY *load(ENGINE *engine, const struct dkim_token_uri *uri)
{
	static GMutex one_at_a_time;
	/* The engine takes it without const and only reads it. */
	UI_METHOD *no_questions = (UI_METHOD *)(uintptr_t)UI_null();
	EVP_PKEY *pkey = NULL;

	g_mutex_lock(&one_at_a_time);
	if (uri->pin == NULL || ENGINE_ctrl_cmd_string(engine, "PIN", uri->pin, 0) == 1)
		pkey = ENGINE_load_private_key(engine, uri->bare, no_questions, NULL);
	g_mutex_unlock(&one_at_a_time);
	return pkey;
}

static bool load_from_token(const struct dkim_token_uri *uri, struct dkim_private_key **ret_key,
			    GError **ret_error)
{
	static GOnce once = G_ONCE_INIT;
	ENGINE *engine = g_once(&once, start_engine, NULL);
	EVP_PKEY *pkey;

	if (engine == NULL)
		return dkim_crypto_set_error(ret_error, MR_ERROR_CONFIG,
					     "%s: OpenSSL's pkcs11 engine does not start "
					     "(libengine-pkcs11-openssl)",
					     uri->bare);
	pkey = load(engine, uri);
	if (pkey == NULL)
		return dkim_crypto_set_error(ret_error, MR_ERROR_CONFIG,
					     "%s: no such private key, or a wrong PIN", uri->bare);
	return dkim_private_key_take(uri->bare, pkey, true, ret_key, ret_error);
}

bool dkim_key_pkcs11_load(const char *location, bool group_may_read,
			  struct dkim_private_key **ret_key, GError **ret_error)
{
	struct dkim_token_uri uri;
	bool ok = dkim_token_uri_parse(location, &uri, ret_error) &&
		  find_pin(&uri, group_may_read, ret_error) &&
		  load_from_token(&uri, ret_key, ret_error);

	dkim_token_uri_clear(&uri);
	return ok;
}
