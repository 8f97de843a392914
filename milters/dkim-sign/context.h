/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_CONTEXT_H
#define MILLRACE_DKIM_SIGN_CONTEXT_H

/*
 * The configuration as messages need it: networks parsed, listed keys loaded, header names
 * gathered. Immutable once made and shared by all threads; a session keeps the one it
 * started with.
 */

#include <glib.h>

#include "milters/dkim-sign/authorization.h"
#include "milters/dkim-sign/key_ring.h"
#include "milters/dkim-sign/origin.h"
#include "milters/dkim-sign/settings.h"
#include "shared/base/clock.h"
#include "shared/dkim/canon.h"
#include "shared/dkim/sign.h"

struct sign_context {
	struct sign_settings settings;
	const struct base_clock *clock;
	struct sign_origin_rules *origin_rules;
	struct sign_key_ring *key_ring;
	struct sender_table *sender_table; /* NULL: every user may be everybody */
	char *also_sign_as;		   /* A-labels, or NULL */
	enum dkim_canon header_canon, body_canon;
	struct dkim_field_policy fields;
	char **signed_fields, **oversigned_fields; /* what `fields` points to */
	char **skipped_fields;			   /* lower case */
};

/*
 * struct daemon_program's: makes the context from a struct sign_settings, which it takes over on
 * success. Freed with g_atomic_rc_box_release_full(context, sign_context_clear). CONFIG error.
 */
void *sign_context_new(void *settings, GError **ret_error);
void sign_context_clear(void *context);

#endif
