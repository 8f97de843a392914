/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_TOKEN_URI_H
#define MILLRACE_DKIM_TOKEN_URI_H

/* What a "pkcs11:" URI (RFC 7512) says of the PIN; only for shared/dkim. */

#include <glib.h>
#include <stdbool.h>

#define DKIM_TOKEN_SCHEME "pkcs11:"

struct dkim_token_uri {
	char *bare;	/* without the PIN: what may be shown */
	char *pin;	/* pin-value, decoded; NULL: none. A secret. */
	char *pin_file; /* pin-source, an absolute path; NULL: none */
};

/*
 * `text` begins with the scheme. `uri` has to be cleared in any case, and `bare` is set in any
 * case. CONFIG error, which does not quote the PIN, when its attributes cannot be used.
 */
bool dkim_token_uri_parse(const char *text, struct dkim_token_uri *uri, GError **ret_error);
void dkim_token_uri_clear(struct dkim_token_uri *uri);

#endif
