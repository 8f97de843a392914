/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `key record`: the records of a domain's keys, wherever these are. Refuses to know how a record
 * is written. One thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key_record.h"
#include "tools/millrace/key_inventory.h"
#include "tools/millrace/key_verbs.h"

static bool append_item(const struct key_item *item, enum key_record_format format, int64_t ttl,
			GString *text, GError **ret_error)
{
	g_autofree char *value = NULL;

	if (item->key == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", item->location,
			    item->problem);
		return false;
	}
	value = dkim_key_record_format(item->key);
	key_record_append(text, format, item->selector, item->domain, ttl, value);
	return true;
}

/* A key that the state file does not name never signs: its record is nobody's business. */
static bool append_all(const GPtrArray *items, enum key_record_format format, int64_t ttl,
		       GString *text, GError **ret_error)
{
	for (guint i = 0; i < items->len; i++) {
		const struct key_item *item = g_ptr_array_index(items, i);

		if (strcmp(item->stage, KEY_STAGE_UNNAMED) == 0)
			continue;
		if (format == KEY_RECORD_ZONE)
			g_string_append_printf(text, "; %s\n", item->stage);
		if (!append_item(item, format, ttl, text, ret_error))
			return false;
	}
	return true;
}

static bool append_one(const GPtrArray *items, const char *selector, enum key_record_format format,
		       int64_t ttl, GString *text, GError **ret_error)
{
	for (guint i = 0; i < items->len; i++) {
		const struct key_item *item = g_ptr_array_index(items, i);

		if (strcmp(item->selector, selector) == 0)
			return append_item(item, format, ttl, text, ret_error);
	}
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "there is no key %s", selector);
	return false;
}

bool key_record(const struct key_session *session, const char *domain, const char *selector,
		enum key_record_format format, int64_t ttl, GString *text, GError **ret_error)
{
	g_autoptr(GPtrArray) items = NULL;

	if (!key_inventory_gather(session, domain, &items, ret_error))
		return false;
	if (items->len == 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "%s has no keys: neither a folder in the key directory nor an entry "
			    "with keys",
			    domain);
		return false;
	}
	if (selector != NULL ? !append_one(items, selector, format, ttl, text, ret_error)
			     : !append_all(items, format, ttl, text, ret_error))
		return false;
	if (format == KEY_RECORD_NSUPDATE && text->len > 0)
		g_string_append(text, "send\n");
	return true;
}
