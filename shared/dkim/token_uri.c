/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows where in a token's URI the PIN stands. Refuses to know the other attributes, which are
 * the engine's to read, and what a token is. Any thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key.h"
#include "shared/dkim/token_uri.h"

#define PIN_VALUE "pin-value="
#define PIN_SOURCE "pin-source="

static bool refuse(const struct dkim_token_uri *uri, const char *why, GError **ret_error)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", uri->bare, why);
	return false;
}

/* "file:/path", "file:///path" or the path; empty for anything else. */
static char *source_path(const char *encoded)
{
	g_autofree char *source = g_uri_unescape_string(encoded, NULL);
	const char *path = source ? source : "";

	if (g_str_has_prefix(path, "file:"))
		path += strlen("file:");
	if (g_str_has_prefix(path, "//"))
		path += strlen("//");
	return g_strdup(path[0] == '/' ? path : "");
}

/* False for an attribute that is not about the PIN. The last of a kind counts. */
static bool take_pin(const char *attribute, struct dkim_token_uri *uri)
{
	if (g_str_has_prefix(attribute, PIN_VALUE)) {
		dkim_secret_free(uri->pin);
		uri->pin = g_uri_unescape_string(attribute + strlen(PIN_VALUE), NULL);
		if (!uri->pin)
			uri->pin = g_strdup("");
		return true;
	}
	if (g_str_has_prefix(attribute, PIN_SOURCE)) {
		g_free(uri->pin_file);
		uri->pin_file = source_path(attribute + strlen(PIN_SOURCE));
		return true;
	}
	return false;
}

/* RFC 7512 2.3: ';' stands between attributes of the path, '?' before the query's, '&' between. */
static void append(GString *bare, const char *attribute, bool in_query)
{
	bool has_query = strchr(bare->str, '?');

	if (in_query)
		g_string_append_c(bare, has_query ? '&' : '?');
	else if (bare->len > strlen(DKIM_TOKEN_SCHEME))
		g_string_append_c(bare, ';');
	g_string_append(bare, attribute);
}

static char *split(const char *text, struct dkim_token_uri *uri)
{
	GString *bare = g_string_new(DKIM_TOKEN_SCHEME);
	const char *at = text + strlen(DKIM_TOKEN_SCHEME);
	bool in_query = false;

	while (*at != '\0') {
		size_t length = strcspn(at, ";&?");
		char *attribute = g_strndup(at, length);

		if (!take_pin(attribute, uri))
			append(bare, attribute, in_query);
		dkim_secret_free(attribute);
		at += length;
		in_query = in_query || *at == '?';
		at += *at != '\0';
	}
	return g_string_free(bare, FALSE);
}

bool dkim_token_uri_parse(const char *text, struct dkim_token_uri *uri, GError **ret_error)
{
	*uri = (struct dkim_token_uri){ 0 };
	uri->bare = split(text, uri);
	if (uri->pin && uri->pin_file)
		return refuse(uri, "pin-value and pin-source exclude each other (RFC 7512 2.4)",
			      ret_error);
	if (uri->pin && uri->pin[0] == '\0')
		return refuse(uri, "pin-value is empty or wrongly encoded", ret_error);
	if (uri->pin_file && uri->pin_file[0] == '\0')
		return refuse(uri, "pin-source is not file: and an absolute path", ret_error);
	return true;
}

void dkim_token_uri_clear(struct dkim_token_uri *uri)
{
	g_free(uri->bare);
	dkim_secret_free(uri->pin);
	g_free(uri->pin_file);
	*uri = (struct dkim_token_uri){ 0 };
}
