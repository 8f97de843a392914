/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/sign.h"
#include "shared/dkim/signature.h"

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

/* `names`: colon-separated, top to bottom. */
static struct mail_header *header_of(const char *names)
{
	struct mail_header *header = mail_header_new();
	g_auto(GStrv) parts = g_strsplit(names, ":", -1);

	for (char **part = parts; *part != NULL; part++)
		if (**part != '\0')
			g_assert_true(mail_header_add(header, slice_of(*part), slice_of(" x")));
	return header;
}

static void test_default(void)
{
	static const struct {
		const char *what;
		const char *header;
		const char *expected;
	} cases[] = {
		{ "7: nothing there, Date and Message-ID not oversigned", "",
		  "from:reply-to:subject:to:cc:mime-version:content-type:"
		  "content-transfer-encoding" },
		{ "31: an ordinary message",
		  "Received:From:To:Subject:Date:Message-ID:MIME-Version:Content-Type",
		  "from:from:reply-to:subject:subject:date:date:message-id:message-id:to:to:cc:"
		  "mime-version:mime-version:content-type:content-type:content-transfer-encoding" },
		{ "12, 31: what is never signed",
		  "Return-Path:Received:Bcc:Resent-Bcc:Content-Length:Status:X-Spam:"
		  "Authentication-Results:DKIM-Signature:ARC-Seal:From",
		  "from:from:reply-to:subject:to:cc:mime-version:content-type:"
		  "content-transfer-encoding" },
		{ "31: lists and forwarders may add", "FROM :Sender:Sender:List-Id:Resent-From",
		  "from:from:sender:sender:reply-to:subject:to:cc:mime-version:content-type:"
		  "content-transfer-encoding:resent-from:list-id" },
		{ "one-click unsubscription and feedback",
		  "From:List-Unsubscribe:List-Unsubscribe-Post:Feedback-ID:CFBL-Address:"
		  "CFBL-Feedback-ID",
		  "from:from:reply-to:subject:to:cc:mime-version:content-type:"
		  "content-transfer-encoding:list-unsubscribe:list-unsubscribe-post:feedback-id:"
		  "cfbl-address:cfbl-feedback-id" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct mail_header *header = header_of(cases[i].header);
		g_autoptr(GString) names = g_string_new(NULL);

		g_test_message("%s", cases[i].what);
		g_assert_true(dkim_fields_select(header, &dkim_field_policy_default, NULL, names));
		g_assert_cmpstr(names->str, ==, cases[i].expected);
		mail_header_free(header);
	}
}

static void test_policy(void)
{
	static const char *const sign[] = { "subject", "from", "x-one", NULL };
	static const char *const oversign[] = { "x-two", "x-three", "subject", NULL };
	static const char *const if_present[] = { "x-three", NULL };
	static const char *const skip[] = { "subject", "from", NULL };
	struct dkim_field_policy policy = { sign, oversign, if_present };
	struct mail_header *header = header_of("X-One:X-One:From:Subject");
	g_autoptr(GString) names = g_string_new(NULL);

	g_assert_true(dkim_fields_select(header, &policy, NULL, names));
	g_assert_cmpstr(names->str, ==, "from:from:subject:subject:x-one:x-one:x-two");
	g_string_truncate(names, 0);
	/* RFC 6376 5.4: From is signed whatever is to be left out. */
	g_assert_true(dkim_fields_select(header, &policy, skip, names));
	g_assert_cmpstr(names->str, ==, "from:from:x-one:x-one:x-two");
	mail_header_free(header);
}

static void test_ceiling(void)
{
	struct mail_header *header = mail_header_new();
	g_autoptr(GString) names = g_string_new(NULL);
	g_auto(GStrv) parts = NULL;

	for (unsigned i = 0; i < DKIM_SIGNED_FIELDS_MAX; i++)
		mail_header_add(header, slice_of("To"), slice_of(" x"));
	g_assert_false(dkim_fields_select(header, &dkim_field_policy_default, NULL, names));
	parts = g_strsplit(names->str, ":", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, DKIM_SIGNED_FIELDS_MAX);
	g_assert_cmpstr(parts[0], ==, "from");
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/fields/default", test_default);
	g_test_add_func("/dkim/fields/policy", test_policy);
	g_test_add_func("/dkim/fields/ceiling", test_ceiling);
	return g_test_run();
}
