/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole message: what was cut off the front, line ends apart, are the fields in their order. */

#include <glib.h>
#include <stdint.h>

#include "shared/mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const struct mail_header *header, size_t cut)
{
	size_t bytes = 0;

	for (size_t i = 0; i < mail_header_count(header); i++) {
		const struct mail_field *field = mail_header_get(header, i);

		g_assert_true(mail_field_bare_name(field).length > 0);
		bytes += field->name.length + 1 + field->value.length;
	}
	g_assert_true(bytes <= cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(mail_header) header = mail_header_new();
	struct slice message = { (const char *)data, size }, body;

	for (int round = 0; round < 2; round++) {
		mail_header_reset(header);
		if (!mail_header_parse_message(header, message, &body))
			continue;
		g_assert_true(body.length <= size &&
			      body.data == message.data + size - body.length);
		check_fields(header, size - body.length);
		g_assert_true((mail_header_find(header, "From") != NULL) ==
			      (mail_header_count_named(header, "from") > 0));
	}
	return 0;
}
