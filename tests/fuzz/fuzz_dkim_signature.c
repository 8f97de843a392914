/* SPDX-License-Identifier: BSD-2-Clause */
/* Any field value: parsed, and what parses is verified, which walks all of it once more. */

#include <stdint.h>
#include <string.h>

#include "shared/dkim/key_record.h"
#include "shared/dkim/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void verify(const struct dkim_signature *signature, struct slice value)
{
	static const char p[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
	struct mail_header *header = mail_header_new();
	struct dkim_public_key *key = NULL;

	g_assert_true(dkim_public_key_from_base64(DKIM_KEY_ED25519, p, strlen(p), &key, NULL));
	mail_header_add(header, (struct slice){ "From", 4 }, (struct slice){ " x", 2 });
	mail_header_add(header, (struct slice){ "DKIM-Signature", 14 }, value);
	g_assert_cmpint(dkim_verify(signature, header, mail_header_get(header, 1), key,
				    signature->body_hash, signature->timestamp),
			!=, DKIM_VERDICT_PASS);
	dkim_public_key_unref(key);
	mail_header_free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = { (const char *)data, size };
	struct dkim_signature signature;

	if (!dkim_signature_parse(value, &signature, NULL))
		return 0;
	g_assert_true(dkim_selector_is_valid(signature.selector));
	g_assert_cmpuint(signature.bytes->len, >, 0);
	verify(&signature, value);
	dkim_signature_clear(&signature);
	return 0;
}
