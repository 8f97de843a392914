/* SPDX-License-Identifier: BSD-2-Clause */
/* Any TXT record, down to OpenSSL's key. */

#include <stdint.h>
#include <string.h>

#include "shared/dkim/key_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char bytes[256];
	MR_AUTO(dkim_public_key) key = NULL;
	struct dkim_key_record record;

	if (!dkim_key_record_parse((struct slice){ (const char *)data, size }, &record, NULL))
		return 0;
	g_assert_cmpint(record.revoked, ==, record.public_base64[0] == '\0');
	if (dkim_public_key_from_base64(record.type, record.public_base64,
					strlen(record.public_base64), &key, NULL))
		g_assert_false(dkim_public_key_verify(key, bytes, bytes, sizeof(bytes)));
	dkim_key_record_clear(&record);
	return 0;
}
