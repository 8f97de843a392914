/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `millrace key check`: what DNS says about every key, and whether that will do. Questions of a
 * hundred keys are under way at once. One thread.
 */

#include <string.h>

#include "milters/dkim-sign/published_key.h"
#include "shared/base/error.h"
#include "tools/millrace/key.h"
#include "tools/millrace/key_inventory.h"
#include "tools/millrace/output.h"
#include "tools/millrace/progress.h"

#define QUERIES_AT_ONCE 100u

static const char *const columns[] = {
	"domain", "selector", "type", "stage", "result", "ttl", "secure", "detail",
};

/* What is said of all keys, by the active ones. */
struct verdict {
	bool any, bad, unknown;
};

static void judge(struct verdict *verdict, const struct key_item *item,
		  const struct sign_published_key *published)
{
	verdict->any |= item->active;
	if (!item->active)
		return;
	if (item->problem != NULL)
		verdict->bad = true;
	else if (published->status == SIGN_PUBLISHED_UNKNOWN)
		verdict->unknown = true;
	else if (published->status != SIGN_PUBLISHED_OK)
		verdict->bad = true;
}

static int verdict_to_exit(const struct verdict *verdict)
{
	if (verdict->bad)
		return COMMAND_NO;
	return verdict->unknown ? COMMAND_TEMPORARY : COMMAND_OK;
}

static void print_item(struct output *output, const struct key_item *item,
		       const struct sign_published_key *published)
{
	bool usable = item->problem == NULL;

	output_text(output, item->domain);
	output_text(output, item->selector);
	output_text(output,
		    usable ? dkim_key_type_to_string(dkim_private_key_type(item->key)) : NULL);
	output_text(output, item->stage);
	output_text(output, usable ? sign_published_status_to_string(published->status) : "no-key");
	output_number(output, published->ttl);
	output_bool(output, published->secure);
	output_text(output, usable ? published->detail : item->problem);
}

static struct dns_query *ask(struct dns_resolver *resolver, const struct key_item *item)
{
	if (item->key == NULL)
		return NULL;
	return sign_published_key_start(resolver, item->selector, item->domain);
}

static void check_batch(const struct key_session *session, struct dns_resolver *resolver,
			struct key_item *const *items, guint n, struct output *output,
			struct verdict *verdict)
{
	struct dns_query *queries[QUERIES_AT_ONCE];
	int64_t deadline = key_session_deadline(session);

	for (guint i = 0; i < n; i++)
		queries[i] = ask(resolver, items[i]);
	for (guint i = 0; i < n; i++) {
		struct sign_published_key published = { .status = SIGN_PUBLISHED_UNKNOWN };

		if (queries[i] != NULL)
			sign_published_key_finish(queries[i], items[i]->key, deadline, &published);
		judge(verdict, items[i], &published);
		print_item(output, items[i], &published);
		sign_published_key_clear(&published);
	}
}

static void check_items(const struct key_session *session, struct dns_resolver *resolver,
			const GPtrArray *items, struct output *output, struct verdict *verdict)
{
	MR_AUTO(progress) progress = progress_new("checking keys", items->len);

	for (guint i = 0; i < items->len; i += QUERIES_AT_ONCE) {
		guint n = MIN(items->len - i, QUERIES_AT_ONCE);

		check_batch(session, resolver, (struct key_item *const *)items->pdata + i, n,
			    output, verdict);
		progress_add(progress, n);
	}
}

static bool check(const char *file, const char *domain, bool json, struct verdict *verdict,
		  GError **ret_error)
{
	MR_AUTO(key_session) session = NULL;
	MR_AUTO(output) output = output_new(json, columns, G_N_ELEMENTS(columns));
	g_autoptr(GPtrArray) items = NULL;
	struct dns_resolver *resolver;

	if (!key_session_open(file, &session, ret_error) ||
	    !key_session_resolver(session, &resolver, ret_error) ||
	    !key_inventory_gather(session, domain, &items, ret_error))
		return false;
	check_items(session, resolver, items, output, verdict);
	if (!output_end(output, ret_error))
		return false;
	if (!verdict->any)
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "no key signs%s%s",
			    domain != NULL ? " for " : "", domain != NULL ? domain : "");
	return verdict->any;
}

int key_check_command(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = { COMMAND_CONFIG_FILE(&file),
					 COMMAND_JSON(&json),
					 { NULL } };
	struct verdict verdict = { 0 };
	g_autoptr(GError) error = NULL;
	int exit_code;

	if (!command_parse(command, entries, 0, 1, &argc, argv, &exit_code))
		return exit_code;
	if (!check(file, argc > 1 ? argv[1] : NULL, json, &verdict, &error))
		return command_fail(error);
	return verdict_to_exit(&verdict);
}
