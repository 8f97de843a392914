/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read from a list or path, written in its plainest form, reads as the same again. */

#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "shared/mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *format(const struct mail_mailbox *mailbox)
{
	GString *text = g_string_new("<\"");

	for (const char *at = mailbox->local_part; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, *at);
	}
	g_string_append_printf(text, "\"@%s>", mailbox->domain);
	return g_string_free(text, FALSE);
}

static void check_round_trip(const struct mail_mailbox *mailbox)
{
	MR_AUTO(mail_mailbox) again = NULL;
	g_autofree char *text = format(mailbox);

	g_assert_true(mail_address_parse_path((struct slice){ text, strlen(text) }, &again, NULL));
	g_assert_cmpstr(again->local_part, ==, mailbox->local_part);
	g_assert_cmpstr(again->domain, ==, mailbox->domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(mail_mailbox) single = NULL;
	MR_AUTO(mail_mailbox) path = NULL;
	g_autoptr(GPtrArray) mailboxes = NULL;
	struct slice bytes = { (const char *)data, size };
	bool is_list = mail_address_parse_list(bytes, &mailboxes, NULL);

	for (guint i = 0; is_list && i < mailboxes->len; i++)
		check_round_trip(g_ptr_array_index(mailboxes, i));
	g_assert_true(mail_address_parse_single(bytes, &single, NULL) ==
		      (is_list && mailboxes->len == 1));
	if (mail_address_parse_path(bytes, &path, NULL) && path != NULL)
		check_round_trip(path);
	return 0;
}
