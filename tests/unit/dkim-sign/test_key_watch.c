/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "milters/dkim-sign/key_watch.h"
#include "shared/dkim/key_record.h"
#include "shared/log/metrics.h"
#include "tests/unit/dkim-sign/signing_fixture.h"

#define LISTED                                                                                     \
	"domains = ({ name = \"example.com\"; keys = ("                                            \
	"{ selector = \"r1\"; file = \"DIR/r1.pem\"; },"                                           \
	"{ selector = \"e1\"; file = \"DIR/e1.pem\"; }); });"

static struct signing_fixture fixture;
static const bool go_on = false;

/* A zone line with the record of this key file, cut to what a character-string holds. */
static void add_record(GString *zone, const char *selector, const char *domain, const char *file)
{
	g_autofree char *path = g_build_filename(fixture.folder, file, NULL);
	g_autofree char *record = NULL;
	MR_AUTO(dkim_private_key) key = NULL;
	GError *error = NULL;

	dkim_private_key_load(path, false, &key, &error);
	g_assert_no_error(error);
	record = dkim_key_record_format(key);
	g_string_append_printf(zone, "%s._domainkey.%s. 300 IN TXT", selector, domain);
	for (const char *at = record; *at; at += MIN(strlen(at), 200))
		g_string_append_printf(zone, " \"%.200s\"", at);
	g_string_append_c(zone, '\n');
}

static struct dns_resolver *resolver_for(const GString *zone)
{
	g_autofree char *path = g_build_filename(fixture.folder, "zone", NULL);
	const struct dns_resolver_options options = { .timeout_ms = 1000, .zone_file = path };
	struct dns_resolver *resolver;
	GError *error = NULL;

	g_assert_true(g_file_set_contents(path, zone->str, (gssize)zone->len, NULL));
	dns_resolver_new(&options, &resolver, &error);
	g_assert_no_error(error);
	return resolver;
}

static int64_t gauge(const char *domain, const char *selector)
{
	static const char *const labels[] = { "domain", "selector", NULL };
	const char *const values[] = { domain, selector };

	return log_metric_get(log_metric_register(LOG_METRIC_GAUGE, "millrace_key_missing",
						  "1 for an active key whose record is missing or "
						  "differs.",
						  labels),
			      values);
}

static int64_t look(struct sign_key_watch *watch, const struct sign_context *context,
		    const GString *zone)
{
	MR_AUTO(dns_resolver) resolver = resolver_for(zone);

	return sign_key_watch_look(watch, context, resolver, &go_on);
}

static void test_listed(void)
{
	struct sign_context *context =
		signing_fixture_context(&fixture, LISTED "key_check = \"2h\";");
	MR_AUTO(sign_key_watch) watch = sign_key_watch_new();
	g_autoptr(GString) zone = g_string_new(NULL);

	add_record(zone, "r1", "example.com", "r1.pem");
	add_record(zone, "e1", "example.com", "keys/example.org/e2.pem");
	g_assert_cmpint(look(watch, context, zone), ==, 7200);
	g_assert_cmpuint(sign_key_watch_missing(watch), ==, 1);
	g_assert_cmpint(gauge("example.com", "r1"), ==, 0);
	g_assert_cmpint(gauge("example.com", "e1"), ==, 1);

	g_string_truncate(zone, 0);
	add_record(zone, "e1", "example.com", "e1.pem");
	look(watch, context, zone);
	g_assert_cmpuint(sign_key_watch_missing(watch), ==, 1);
	g_assert_cmpint(gauge("example.com", "r1"), ==, 1);
	g_assert_cmpint(gauge("example.com", "e1"), ==, 0);
	signing_fixture_context_free(context);
}

/* What signs no more is nobody's alarm. */
static void test_gone(void)
{
	struct sign_context *before = signing_fixture_context(&fixture, LISTED);
	struct sign_context *after = signing_fixture_context(&fixture, "");
	MR_AUTO(sign_key_watch) watch = sign_key_watch_new();
	g_autoptr(GString) zone = g_string_new("other.example. 300 IN TXT \"x\"\n");

	look(watch, before, zone);
	g_assert_cmpuint(sign_key_watch_missing(watch), ==, 2);
	look(watch, after, zone);
	g_assert_cmpuint(sign_key_watch_missing(watch), ==, 0);
	g_assert_cmpint(gauge("example.com", "r1"), ==, 0);
	signing_fixture_context_free(before);
	signing_fixture_context_free(after);
}

static void test_directory(void)
{
	struct sign_context *context =
		signing_fixture_context(&fixture, "key_directory = \"DIR/keys\";");
	MR_AUTO(sign_key_watch) watch = sign_key_watch_new();
	g_autoptr(GString) zone = g_string_new(NULL);

	add_record(zone, "r2", "example.org", "keys/example.org/r2.pem");
	look(watch, context, zone);
	g_assert_cmpint(gauge("example.org", "r2"), ==, 0);
	g_assert_cmpint(gauge("example.org", "e2"), ==, 1);
	signing_fixture_context_free(context);
}

static void test_cancelled(void)
{
	struct sign_context *context = signing_fixture_context(&fixture, LISTED);
	MR_AUTO(sign_key_watch) watch = sign_key_watch_new();
	g_autoptr(GString) zone = g_string_new("other.example. 300 IN TXT \"x\"\n");
	MR_AUTO(dns_resolver) resolver = resolver_for(zone);
	const bool cancelled = true;

	sign_key_watch_look(watch, context, resolver, &cancelled);
	g_assert_cmpuint(sign_key_watch_missing(watch), ==, 0);
	signing_fixture_context_free(context);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	signing_fixture_init(&fixture);
	g_test_add_func("/dkim-sign/key-watch/listed", test_listed);
	g_test_add_func("/dkim-sign/key-watch/gone", test_gone);
	g_test_add_func("/dkim-sign/key-watch/directory", test_directory);
	g_test_add_func("/dkim-sign/key-watch/cancelled", test_cancelled);
	code = g_test_run();
	signing_fixture_clear(&fixture);
	return code;
}
