/* SPDX-License-Identifier: BSD-2-Clause */
/* A table is refused with a place or answers every question. */

#include <stdint.h>
#include <string.h>

#include "milters/dkim-sign/authorization.h"
#include "milters/dkim-sign/table_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(sender_table) table = NULL;
	g_autoptr(GError) error = NULL;
	struct table_file file;

	table_file_init(&file, "table", (struct slice){ (const char *)data, size });
	if (sender_table_parse(&file, &table, &error)) {
		sender_authorized(table, "joe", "a", "example.com");
		sender_authorized(table, NULL, NULL, "a.b.example.com");
	} else {
		g_assert_true(g_str_has_prefix(error->message, "table:"));
	}
	table_file_clear(&file);
	return 0;
}
