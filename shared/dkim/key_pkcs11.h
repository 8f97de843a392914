/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_PKCS11_H
#define MILLRACE_DKIM_KEY_PKCS11_H

/* Keys that stay in a PKCS#11 token; only for shared/dkim. */

#include <glib.h>
#include <stdbool.h>

#include "shared/dkim/key.h"

/*
 * An RSA key named by a URI (RFC 7512) with pin-value or pin-source (a file, checked as a key's
 * file is); nobody is ever asked for a PIN. The token's module is the one in the environment
 * variable PKCS11_MODULE_PATH, else those p11-kit knows. CONFIG error, without the PIN, when the
 * engine, the token or the key is missing.
 */
bool dkim_key_pkcs11_load(const char *location, bool group_may_read,
			  struct dkim_private_key **ret_key, GError **ret_error);

#endif
