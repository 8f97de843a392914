/* SPDX-License-Identifier: BSD-2-Clause */
/* `millrace key list`: where every key stands. One thread. */

#include "tools/millrace/key.h"
#include "tools/millrace/key_inventory.h"
#include "tools/millrace/output.h"

static const char *const columns[] = {
	"domain", "selector", "type", "bits", "stage", "since", "ttl", "seen", "file", "problem",
};

static void print_item(struct output *output, const struct key_item *item)
{
	output_text(output, item->domain);
	output_text(output, item->selector);
	if (item->key != NULL) {
		output_text(output, dkim_key_type_to_string(dkim_private_key_type(item->key)));
		output_number(output, dkim_private_key_bits(item->key));
	} else {
		output_text(output, NULL);
		output_text(output, NULL);
	}
	output_text(output, item->stage);
	output_time(output, item->since);
	output_number(output, item->ttl);
	output_time(output, item->seen);
	output_text(output, item->location);
	output_text(output, item->problem);
}

static bool list(const char *file, const char *domain, bool json, GError **ret_error)
{
	MR_AUTO(key_session) session = NULL;
	MR_AUTO(output) output = output_new(json, columns, G_N_ELEMENTS(columns));
	g_autoptr(GPtrArray) items = NULL;

	if (!key_session_open(file, &session, ret_error) ||
	    !key_inventory_gather(session, domain, &items, ret_error))
		return false;
	for (guint i = 0; i < items->len; i++)
		print_item(output, g_ptr_array_index(items, i));
	return output_end(output, ret_error);
}

int key_list_command(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = { COMMAND_CONFIG_FILE(&file),
					 COMMAND_JSON(&json),
					 { NULL } };
	g_autoptr(GError) error = NULL;
	int exit_code;

	if (!command_parse(command, entries, 0, 1, &argc, argv, &exit_code))
		return exit_code;
	return list(file, argc > 1 ? argv[1] : NULL, json, &error) ? COMMAND_OK
								   : command_fail(error);
}
