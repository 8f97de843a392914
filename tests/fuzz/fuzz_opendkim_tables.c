/* SPDX-License-Identifier: BSD-2-Clause */
/* KeyTable and SigningTable with a "\n%%\n" between them; every file is the same key. */

#include <stdint.h>
#include <string.h>

#include "milters/dkim-sign/opendkim_tables.h"
#include "milters/dkim-sign/table_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool load(const char *location, bool group_may_read, struct dkim_private_key **ret_key,
		 GError **ret_error)
{
	static struct dkim_private_key *key;

	(void)location, (void)group_may_read;
	if (key == NULL && !dkim_private_key_generate(DKIM_KEY_ED25519, 0, &key, ret_error))
		return false;
	*ret_key = dkim_private_key_ref(key);
	return true;
}

static void parse(struct slice keys, struct slice signing, bool is_refile)
{
	static const struct opendkim_key_loading loading = { false, load };
	MR_AUTO(opendkim_tables) tables = NULL;
	MR_AUTO(dkim_key_set) set = NULL;
	g_autoptr(GError) error = NULL;
	struct table_file key_table, signing_table;
	const char *pattern;

	table_file_init(&key_table, "keys", keys);
	table_file_init(&signing_table, "signing", signing);
	if (opendkim_tables_parse(&key_table, &signing_table, is_refile, &loading, &tables, &error))
		g_assert_true(opendkim_tables_find(tables, "ann", "mail.example.com", &set,
						   &pattern, NULL));
	else
		g_assert_true(g_str_has_prefix(error->message, "keys:") ||
			      g_str_has_prefix(error->message, "signing:"));
	table_file_clear(&key_table);
	table_file_clear(&signing_table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *mark = memmem(data, size, "\n%%\n", 4);
	size_t length = mark == NULL ? size : (size_t)(mark - data);
	size_t rest = mark == NULL ? size : length + 4;
	struct slice keys = { (const char *)data, length };
	struct slice signing = { (const char *)data + rest, size - rest };

	parse(keys, signing, false);
	parse(keys, signing, true);
	return 0;
}
