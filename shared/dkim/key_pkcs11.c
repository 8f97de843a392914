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

/* What a URI says of the PIN, and the URI without it: the engine prints URIs to stderr. */
struct token_uri {
	char *bare;
	char *pin; /* NULL: none needed */
};

static void token_uri_clear(struct token_uri *uri)
{
	g_free(uri->bare);
	dkim_secret_free(uri->pin);
}

static bool read_pin(const char *source, bool group_may_read, char **ret_pin, GError **ret_error)
{
	const char *path = g_str_has_prefix(source, "file:") ? source + strlen("file:") : source;
	char *pin = NULL;
	size_t length;

	if (g_str_has_prefix(path, "//"))
		path += 2;
	if (!dkim_key_file_read(path, group_may_read, &pin, &length, ret_error))
		return false;
	pin[strcspn(pin, "\r\n")] = '\0';
	*ret_pin = pin;
	return true;
}

/* One attribute (RFC 7512 2.3): of the PIN, or kept in the bare URI behind `separator`. */
static bool take_attribute(const char *attribute, char separator, bool group_may_read,
			   struct token_uri *uri, GString *bare, GError **ret_error)
{
	g_autofree char *source = NULL;

	if (g_str_has_prefix(attribute, "pin-value=")) {
		dkim_secret_free(uri->pin);
		uri->pin = g_uri_unescape_string(attribute + strlen("pin-value="), NULL);
		return true;
	}
	if (g_str_has_prefix(attribute, "pin-source=")) {
		dkim_secret_free(g_steal_pointer(&uri->pin));
		source = g_uri_unescape_string(attribute + strlen("pin-source="), NULL);
		return read_pin(source == NULL ? "" : source, group_may_read, &uri->pin, ret_error);
	}
	if (separator != '\0')
		g_string_append_c(bare, separator);
	g_string_append(bare, attribute);
	return true;
}

/* Attributes stand between "pkcs11:" and '?', separated by ';', and behind it by '&'. */
static bool token_uri_parse(const char *text, bool group_may_read, struct token_uri *uri,
			    GError **ret_error)
{
	GString *bare = g_string_new("pkcs11:");
	const char *at = text + strlen("pkcs11:");
	char before = '\0';
	bool ok = true;

	while (ok && *at != '\0') {
		size_t length = strcspn(at, ";&?");
		char *attribute = g_strndup(at, length);

		ok = take_attribute(attribute, before, group_may_read, uri, bare, ret_error);
		dkim_secret_free(attribute);
		at += length;
		if (*at != '\0')
			before = *at++;
	}
	uri->bare = g_string_free(bare, FALSE);
	return ok;
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

/* The PIN belongs to the engine until the next one is set, so two loads must not mix. */
static EVP_PKEY *load(ENGINE *engine, const struct token_uri *uri)
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

bool dkim_key_pkcs11_load(const char *location, bool group_may_read,
			  struct dkim_private_key **ret_key, GError **ret_error)
{
	static GOnce once = G_ONCE_INIT;
	ENGINE *engine = g_once(&once, start_engine, NULL);
	struct token_uri uri = { NULL, NULL };
	EVP_PKEY *pkey = NULL;
	bool ok = token_uri_parse(location, group_may_read, &uri, ret_error);

	if (ok && engine == NULL)
		ok = dkim_crypto_set_error(ret_error, MR_ERROR_CONFIG,
					   "%s: OpenSSL's pkcs11 engine does not start", uri.bare);
	if (ok) {
		pkey = load(engine, &uri);
		if (pkey == NULL)
			ok = dkim_crypto_set_error(ret_error, MR_ERROR_CONFIG,
						   "%s: no such private key, or a wrong PIN",
						   uri.bare);
	}
	if (ok)
		ok = dkim_private_key_take(uri.bare, pkey, true, ret_key, ret_error);
	token_uri_clear(&uri);
	return ok;
}
