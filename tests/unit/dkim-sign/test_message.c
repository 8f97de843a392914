/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/signature.h"
#include "tests/unit/dkim-sign/signing_fixture.h"

#define BOTH                                                                                       \
	"keys = ({ selector = \"r1\"; file = \"DIR/r1.pem\"; },"                                   \
	" { selector = \"e1\"; file = \"DIR/e1.pem\"; });"
#define ONE "keys = ({ selector = \"r1\"; file = \"DIR/r1.pem\"; });"
#define EXAMPLE "domains = ({ name = \"example.com\"; " BOTH " });\n"
#define PLAIN "From: a@example.com\r\nSubject: x\r\nTo: b@example.net\r\n\r\nbody\r\n"

static struct signing_fixture fixture;

static const struct sign_client by_alice = { .user = "alice" };
static const struct sign_client foreign = { .listener = "smtpd" };
static const struct sign_client local = { .local = true };

struct message_case {
	const char *name, *options;
	const struct sign_client *client;
	const char *sender, *text;
	enum sign_outcome outcome;
	enum sign_reason reason;
	const char *signers;
};

static const struct message_case cases[] = {
	{ "both keys, RSA first", EXAMPLE, &by_alice, "<a@example.com>", PLAIN, SIGN_OUTCOME_SIGN,
	  SIGN_REASON_NONE, "example.com:r1 example.com:e1" },
	{ "single_signature", EXAMPLE "single_signature = true;", &by_alice, "<a@example.com>",
	  PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, "example.com:r1" },
	{ "foreign", EXAMPLE, &foreign, "<a@example.com>", PLAIN, SIGN_OUTCOME_UNSIGNED,
	  SIGN_REASON_NOT_OURS, "" },
	{ "local", EXAMPLE, &local, "<a@example.com>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },
	{ "local, but from elsewhere", EXAMPLE, &local, "<a@example.com>",
	  "Received: from mx.example.net by filter; now\r\n" PLAIN, SIGN_OUTCOME_UNSIGNED,
	  SIGN_REASON_NOT_OURS, "" },
	{ "a submission program's Received", EXAMPLE, &local, "<a@example.com>",
	  "Received: (from a@localhost) by mx; now\r\n" PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },
	{ "authenticated with Received", EXAMPLE, &by_alice, "<a@example.com>",
	  "Received: from app.example.net by mx; now\r\n" PLAIN, SIGN_OUTCOME_SIGN,
	  SIGN_REASON_NONE, "example.com:r1 example.com:e1" },

	{ "bounce", EXAMPLE, &local, "<>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },
	{ "bounce unsigned", EXAMPLE "null_sender = \"unsigned\";", &local, "<>", PLAIN,
	  SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NULL_SENDER, "" },

	{ "no keys", EXAMPLE, &by_alice, "<a@b.example>", "From: a@b.example\r\n\r\n",
	  SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NO_DOMAIN, "" },
	{ "no keys, tempfail", EXAMPLE "no_domain = \"tempfail\";", &by_alice, "<a@b.example>",
	  "From: a@b.example\r\n\r\n", SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_NO_DOMAIN, "" },
	{ "no keys, reject", EXAMPLE "no_domain = \"reject\";", &by_alice, "<a@b.example>",
	  "From: a@b.example\r\n\r\n", SIGN_OUTCOME_REJECT, SIGN_REASON_NO_DOMAIN, "" },
	{ "a bounce is never refused", EXAMPLE "no_domain = \"reject\";", &local, "<>",
	  "From: a@b.example\r\n\r\n", SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NO_DOMAIN, "" },

	{ "below a name", "domains = ({ name = \".example.com\"; " ONE " });", &by_alice, "<>",
	  "From: a@news.example.com\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1" },
	{ "\".name\" is not the name", "domains = ({ name = \".example.com\"; " ONE " });",
	  &by_alice, "<>", PLAIN, SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NO_DOMAIN, "" },
	{ "most specific wins",
	  "domains = ({ name = \"*\"; signing_domain = \"rest.example\"; " ONE " },"
	  "{ name = \".example.com\"; " ONE " }, { name = \".b.example.com\"; " ONE " },"
	  "{ name = \"c.b.example.com\"; " ONE " });",
	  &by_alice, "<>", "From: a@a.b.example.com\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "b.example.com:r1" },
	{ "the rest", "domains = ({ name = \"*\"; signing_domain = \"rest.example\"; " ONE " });",
	  &by_alice, "<>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, "rest.example:r1" },
	{ "the rest as itself", "domains = ({ name = \"*\"; signing_domain = \"%\"; " ONE " });",
	  &by_alice, "<>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, "example.com:r1" },
	{ "rfc8616-2 U-label",
	  "domains = ({ name = \"b\xc3\xbc"
	  "cher.example\"; " ONE " });",
	  &by_alice, "<>",
	  "From: a@B\xc3\xbc"
	  "cher.example\r\n\r\n",
	  SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, "xn--bcher-kva.example:r1" },

	{ "key directory", "key_directory = \"DIR/keys\";", &by_alice, "<>",
	  "From: a@example.org\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.org:r2 example.org:e2" },
	{ "entry with keys of the directory",
	  "key_directory = \"DIR/keys\"; domains = ({ name = \".example.org\"; });", &by_alice,
	  "<>", "From: a@x.example.org\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.org:r2 example.org:e2" },
	{ "entry whose keys are missing",
	  "key_directory = \"DIR/keys\"; domains = ({ name = \"example.com\"; });", &by_alice, "<>",
	  PLAIN, SIGN_OUTCOME_FAILURE, SIGN_REASON_KEY_UNUSABLE, "" },

	{ "by Sender", EXAMPLE "sign_by = \"sender\";", &by_alice, "<>",
	  "From: a@b.example\r\nSender: s@example.com\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },
	{ "by Sender, none there", EXAMPLE "sign_by = \"sender\";", &by_alice, "<>", PLAIN,
	  SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, "example.com:r1 example.com:e1" },
	{ "by envelope", EXAMPLE "sign_by = \"envelope\";", &by_alice, "<x@example.com>",
	  "From: a@b.example\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },

	{ "also_sign_as", EXAMPLE "key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";",
	  &by_alice, "<>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1 example.org:r2 example.org:e2" },
	{ "also_sign_as alone", "key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";",
	  &by_alice, "<>", PLAIN, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.org:r2 example.org:e2" },
	{ "also_sign_as itself", "key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";",
	  &by_alice, "<>", "From: a@example.org\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.org:r2 example.org:e2" },

	{ "rfc6376-8.15 two From", EXAMPLE, &by_alice, "<>", "From: x@b.example\r\n" PLAIN,
	  SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_BAD_FROM, "" },
	{ "two From, logged", EXAMPLE "survivability = { bad_from = \"log\"; };", &by_alice, "<>",
	  "From: a@example.com, x@b.example\r\n\r\n", SIGN_OUTCOME_SIGN, SIGN_REASON_NONE,
	  "example.com:r1 example.com:e1" },
	{ "no From, logged", EXAMPLE "survivability = { bad_from = \"log\"; };", &by_alice, "<>",
	  "Subject: x\r\n\r\n", SIGN_OUTCOME_UNSIGNED, SIGN_REASON_BAD_FROM, "" },
	{ "header hazard", EXAMPLE "survivability = { name_space = \"tempfail\"; };", &by_alice,
	  "<>", "Subject : x\r\nFrom: a@example.com\r\n\r\n", SIGN_OUTCOME_TEMPFAIL,
	  SIGN_REASON_HAZARD, "" },
	{ "body hazard", EXAMPLE "survivability = { eight_bit = \"tempfail\"; };", &by_alice, "<>",
	  "From: a@example.com\r\n\r\n\xc3\xbc\r\n", SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_HAZARD,
	  "" },
	{ "no hazard without a signature", EXAMPLE "survivability = { eight_bit = \"tempfail\"; };",
	  &by_alice, "<>", "From: a@b.example\r\n\r\n\xc3\xbc\r\n", SIGN_OUTCOME_UNSIGNED,
	  SIGN_REASON_NO_DOMAIN, "" },
	{ "empty body", EXAMPLE, &by_alice, "<>", "From: a@example.com\r\n\r\n", SIGN_OUTCOME_SIGN,
	  SIGN_REASON_NONE, "example.com:r1 example.com:e1" },
};

/* One message object for all: what one leaves behind would show in the next. */
static void test_cases(void)
{
	MR_AUTO(sign_message) message = sign_message_new();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_context *context = signing_fixture_context(&fixture, cases[i].options);
		g_autofree char *signers = NULL;
		const struct sign_plan *plan;

		g_test_message("%s", cases[i].name);
		plan = signing_fixture_run(message, context, cases[i].client, cases[i].sender,
					   cases[i].text, 3);
		signers = signing_fixture_signers(message);
		g_assert_cmpstr(signers, ==, cases[i].signers);
		g_assert_cmpint(plan->outcome, ==, cases[i].outcome);
		g_assert_cmpint(plan->reason, ==, cases[i].reason);
		sign_message_reset(message);
		signing_fixture_context_free(context);
	}
}

static void test_verifies(void)
{
	static const char *const options[] = {
		EXAMPLE "single_signature = true;",
		EXAMPLE "single_signature = true; canonicalization = \"simple/simple\";",
		EXAMPLE "single_signature = true; canonicalization = \"relaxed/simple\";",
		EXAMPLE "single_signature = true; expire = \"5d\"; identity = \"domain\";",
		EXAMPLE "single_signature = true; identity = \"address\";",
	};
	static const char text[] = "Subject:  folded\r\n\t text \r\nFrom: a@example.com\r\n"
				   "To: b@example.net\r\nX-Unknown: 1\r\n\r\n"
				   "two  blanks \r\n\r\nlast line\r\n\r\n\r\n";
	g_autofree char *key = g_build_filename(fixture.folder, "r1.pem", NULL);
	MR_AUTO(sign_message) message = sign_message_new();

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		struct sign_context *context = signing_fixture_context(&fixture, options[i]);

		g_test_message("%s", options[i]);
		for (size_t chunk = 1; chunk < sizeof(text); chunk += 7) {
			g_autofree char *with = NULL;

			signing_fixture_run(message, context, &by_alice, "<a@example.com>", text,
					    chunk);
			with = signing_fixture_signed(message, text);
			g_assert_true(signing_fixture_verifies(with, key));
			with[strlen(with) - 8] ^= 1;
			g_assert_false(signing_fixture_verifies(with, key));
		}
		sign_message_reset(message);
		signing_fixture_context_free(context);
	}
}

static void test_tags(void)
{
	struct sign_context *context = signing_fixture_context(
		&fixture, EXAMPLE "single_signature = true; expire = \"5d\"; identity = "
				  "\"address\"; sign_headers = [\"X-Mailer\"]; skip_headers = "
				  "[\"To\"]; survivability = { name_space = \"strip\"; };");
	MR_AUTO(sign_message) message = sign_message_new();
	const struct sign_plan *plan = signing_fixture_run(
		message, context, &by_alice, "<>", "X-Mailer: m\r\nSubject : x\r\n" PLAIN, 100);
	g_auto(GStrv) names = g_strsplit(plan->fields->str, ":", -1);
	const char *const *fields = (const char *const *)names;
	const char *value = sign_message_signature(message, 0)->value->str;

	g_assert_true(g_strv_contains(fields, "from"));
	g_assert_true(g_strv_contains(fields, "x-mailer"));
	g_assert_false(g_strv_contains(fields, "to"));
	g_assert_false(g_strv_contains(fields, "subject"));
	g_assert_nonnull(strstr(value, "i=a@example.com"));
	g_assert_nonnull(strstr(value, "x="));
	g_assert_null(strstr(value, "l="));
	g_assert_cmpuint(plan->hazards, ==, 1u << SIGN_HAZARD_NAME_SPACE);
	sign_message_reset(message);
	signing_fixture_context_free(context);
}

static void test_already_signed(void)
{
	struct sign_context *context = signing_fixture_context(&fixture, EXAMPLE);
	MR_AUTO(sign_message) message = sign_message_new();
	g_autofree char *once = NULL, *changed = NULL, *signers = NULL;
	const struct sign_plan *plan;

	signing_fixture_run(message, context, &by_alice, "<a@example.com>", PLAIN, 100);
	once = signing_fixture_signed(message, PLAIN);
	plan = signing_fixture_run(message, context, &by_alice, "<a@example.com>", once, 100);
	g_assert_cmpint(plan->outcome, ==, SIGN_OUTCOME_UNSIGNED);
	g_assert_cmpint(plan->reason, ==, SIGN_REASON_ALREADY_SIGNED);

	changed = g_strconcat(once, "a footer\r\n", NULL);
	plan = signing_fixture_run(message, context, &by_alice, "<a@example.com>", changed, 100);
	g_assert_cmpint(plan->outcome, ==, SIGN_OUTCOME_SIGN);
	signers = signing_fixture_signers(message);
	g_assert_cmpstr(signers, ==, "example.com:r1 example.com:e1");
	sign_message_reset(message);
	signing_fixture_context_free(context);
}

/* An own signature of one domain does not stand for the other's. */
static void test_already_signed_by_one(void)
{
	struct sign_context *one = signing_fixture_context(&fixture, EXAMPLE);
	struct sign_context *two = signing_fixture_context(
		&fixture, EXAMPLE "key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";");
	MR_AUTO(sign_message) message = sign_message_new();
	g_autofree char *once = NULL, *signers = NULL;

	signing_fixture_run(message, one, &by_alice, "<a@example.com>", PLAIN, 100);
	once = signing_fixture_signed(message, PLAIN);
	signing_fixture_run(message, two, &by_alice, "<a@example.com>", once, 100);
	signers = signing_fixture_signers(message);
	g_assert_cmpstr(signers, ==, "example.org:r2 example.org:e2");
	sign_message_reset(message);
	signing_fixture_context_free(one);
	signing_fixture_context_free(two);
}

static void test_header_ceiling(void)
{
	struct sign_context *context = signing_fixture_context(&fixture, EXAMPLE);
	MR_AUTO(sign_message) message = sign_message_new();
	const struct sign_plan *plan;

	sign_message_begin(message, context, &by_alice, "<a@example.com>");
	for (unsigned i = 0; i <= MAIL_HEADER_FIELDS_MAX; i++)
		sign_message_header(message, (struct slice){ "X", 1 }, (struct slice){ " y", 2 });
	plan = sign_message_end_of_header(message);
	g_assert_cmpint(plan->outcome, ==, SIGN_OUTCOME_TEMPFAIL);
	g_assert_cmpint(plan->reason, ==, SIGN_REASON_HEADER_TOO_LARGE);
	sign_message_reset(message);
	signing_fixture_context_free(context);
}

/* The MTA left out the end of the header: nothing was decided, so nothing passes. */
static void test_not_judged(void)
{
	struct sign_context *context = signing_fixture_context(&fixture, EXAMPLE);
	MR_AUTO(sign_message) message = sign_message_new();
	const struct sign_plan *plan;

	for (unsigned i = 0; i < 2; i++) {
		sign_message_begin(message, context, &by_alice, "<a@example.com>");
		sign_message_body(message, (const unsigned char *)"text\r\n", 6);
		plan = sign_message_finish(message);
		g_assert_cmpint(plan->outcome, ==, SIGN_OUTCOME_FAILURE);
		g_assert_cmpint(plan->reason, ==, SIGN_REASON_NOT_JUDGED);
		g_assert_cmpuint(sign_message_signatures(message), ==, 0);
	}
	sign_message_reset(message);
	signing_fixture_context_free(context);
}

/* More names to sign than one h= holds: signing only some would leave the rest open to change. */
static void test_signed_fields_ceiling(void)
{
	static const char from[] = " a@example.com", to[] = " b@example.net";
	struct sign_context *context = signing_fixture_context(&fixture, EXAMPLE);
	MR_AUTO(sign_message) message = sign_message_new();
	const struct sign_plan *plan;

	sign_message_begin(message, context, &by_alice, "<a@example.com>");
	sign_message_header(message, (struct slice){ "From", 4 },
			    (struct slice){ from, strlen(from) });
	for (unsigned i = 0; i <= DKIM_SIGNED_FIELDS_MAX; i++)
		sign_message_header(message, (struct slice){ "To", 2 },
				    (struct slice){ to, strlen(to) });
	plan = sign_message_end_of_header(message);
	g_assert_cmpint(plan->outcome, ==, SIGN_OUTCOME_TEMPFAIL);
	g_assert_cmpint(plan->reason, ==, SIGN_REASON_HEADER_TOO_LARGE);
	sign_message_reset(message);
	signing_fixture_context_free(context);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	signing_fixture_init(&fixture);
	g_test_add_func("/dkim-sign/message/cases", test_cases);
	g_test_add_func("/dkim-sign/message/verifies", test_verifies);
	g_test_add_func("/dkim-sign/message/tags", test_tags);
	g_test_add_func("/dkim-sign/message/already-signed", test_already_signed);
	g_test_add_func("/dkim-sign/message/already-signed-by-one", test_already_signed_by_one);
	g_test_add_func("/dkim-sign/message/header-ceiling", test_header_ceiling);
	g_test_add_func("/dkim-sign/message/not-judged", test_not_judged);
	g_test_add_func("/dkim-sign/message/signed-fields-ceiling", test_signed_fields_ceiling);
	code = g_test_run();
	signing_fixture_clear(&fixture);
	return code;
}
