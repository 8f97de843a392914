/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns settings into what messages are judged by. Called at start, on reload and by the
 * millrace command; what it makes is not changed again.
 */

#include <string.h>

#include "milters/dkim-sign/context.h"
#include "shared/base/error.h"
#include "shared/mail/domain.h"

/* The usual names and the configured ones, in lower case. */
static char **joined_names(const char *const *usual, char *const *added, char *const *more)
{
	GPtrArray *names = g_ptr_array_new();

	for (; *usual; usual++)
		g_ptr_array_add(names, g_strdup(*usual));
	for (; *added; added++)
		g_ptr_array_add(names, g_ascii_strdown(*added, -1));
	for (; *more; more++)
		g_ptr_array_add(names, g_ascii_strdown(*more, -1));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static void set_fields(struct sign_context *context)
{
	static const char *const none[] = { NULL };
	static char *const no_more[] = { NULL };
	const struct dkim_field_policy *usual = &dkim_field_policy_default;
	const struct sign_settings *settings = &context->settings;

	context->signed_fields =
		joined_names(usual->sign, settings->sign_headers, settings->oversign_headers);
	context->oversigned_fields =
		joined_names(usual->oversign, settings->oversign_headers, no_more);
	context->skipped_fields = joined_names(none, settings->skip_headers, no_more);
	context->fields = (struct dkim_field_policy){
		.sign = (const char *const *)context->signed_fields,
		.oversign = (const char *const *)context->oversigned_fields,
		.oversign_if_present = usual->oversign_if_present,
	};
}

static bool set_also_sign_as(struct sign_context *context, GError **ret_error)
{
	const char *domain = context->settings.also_sign_as;

	return !domain || mail_domain_to_ascii((struct slice){ domain, strlen(domain) },
					       &context->also_sign_as, ret_error);
}

static bool set_canonicalization(struct sign_context *context, GError **ret_error)
{
	const char *pair = context->settings.canonicalization;

	if (dkim_canon_pair_from_string((struct slice){ pair, strlen(pair) },
					&context->header_canon, &context->body_canon))
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "canonicalization \"%s\" is none", pair);
	return false;
}

static bool set_sender_table(struct sign_context *context, GError **ret_error)
{
	const char *path = context->settings.sender_table;

	return !path || sender_table_load(path, &context->sender_table, ret_error);
}

static bool fill(struct sign_context *context, GError **ret_error)
{
	const struct sign_settings *settings = &context->settings;

	context->clock = &base_clock_system;
	set_fields(context);
	return set_also_sign_as(context, ret_error) && set_canonicalization(context, ret_error) &&
	       set_sender_table(context, ret_error) &&
	       sign_origin_rules_new(&settings->sign, &context->origin_rules, ret_error) &&
	       sign_key_ring_new(settings, context->clock, &context->key_ring, ret_error);
}

void *sign_context_new(void *settings, GError **ret_error)
{
	struct sign_context *context = g_atomic_rc_box_new0(struct sign_context);

	memcpy(&context->settings, settings, sizeof(context->settings));
	if (!fill(context, ret_error)) {
		memset(&context->settings, 0, sizeof(context->settings));
		g_atomic_rc_box_release_full(context, sign_context_clear);
		return NULL;
	}
	memset(settings, 0, sizeof(context->settings));
	return context;
}

void sign_context_clear(void *context_of_any)
{
	struct sign_context *context = context_of_any;

	sender_table_free(context->sender_table);
	sign_key_ring_free(context->key_ring);
	sign_origin_rules_free(context->origin_rules);
	g_free(context->also_sign_as);
	g_strfreev(context->signed_fields);
	g_strfreev(context->oversigned_fields);
	g_strfreev(context->skipped_fields);
	conf_settings_clear(sign_settings_rows, &context->settings, sizeof(context->settings));
}
