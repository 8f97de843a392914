/* SPDX-License-Identifier: BSD-2-Clause */
/* Any key file; what loads must sign so that its public half agrees. */

#include <stdint.h>

#include "shared/dkim/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char digest[32] = { 7 };
	g_autoptr(GByteArray) signature = g_byte_array_new();
	MR_AUTO(dkim_private_key) key = NULL;

	if (!dkim_private_key_parse("fuzz", (const char *)data, size, &key, NULL))
		return 0;
	g_assert_true(dkim_private_key_sign(key, digest, signature, NULL));
	g_assert_true(dkim_public_key_verify(dkim_private_key_public(key), digest, signature->data,
					     signature->len));
	return 0;
}
