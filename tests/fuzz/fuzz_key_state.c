/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdint.h>
#include <string.h>

#include "shared/dkim/key_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read and written is read as the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) lives = NULL, again = NULL;
	g_autofree char *text = NULL, *second_text = NULL;

	if (!dkim_key_state_parse("state", (const char *)data, size, &lives, NULL))
		return 0;
	text = dkim_key_state_format(lives);
	if (!dkim_key_state_parse("state", text, strlen(text), &again, NULL))
		g_assert_not_reached();
	second_text = dkim_key_state_format(again);
	g_assert_cmpstr(text, ==, second_text);
	return 0;
}
