/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dns/engine.h"
#include "shared/dns/resolver.h"
#include "shared/dns/zone.h"

static void test_names(void)
{
	static const char label63[] =
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk";
	g_autofree char *label64 = g_strconcat(label63, "l", NULL);
	g_autofree char *octets253 = g_strjoin(".", label63, label63, label63, &label63[2], NULL);
	g_autofree char *octets254 = g_strjoin(".", label63, label63, label63, &label63[1], NULL);
	const struct {
		const char *name, *normal;
	} cases[] = {
		{ "example.com", "example.com" },
		{ "Example.COM.", "example.com" },
		{ "r1._domainkey.example.com", "r1._domainkey.example.com" },
		{ label63, label63 },
		{ label64, NULL },
		{ octets253, octets253 },
		{ octets254, NULL },
		{ "", NULL },
		{ ".", NULL },
		{ "example..com", NULL },
		{ ".example.com", NULL },
		{ "example.com..", NULL },
		{ "a b.example", NULL },
		{ "a\\.b.example", NULL },
		{ "m\xc3\xbcller.example", NULL },
		{ "a\nb.example", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *normal = dns_name_normalize(cases[i].name);

		g_assert_cmpstr(normal, ==, cases[i].normal);
	}
}

static void test_record_text(void)
{
	static const struct {
		const char *name, *rdata;
		size_t length;
		const char *text; /* NULL: malformed */
		size_t text_length;
	} cases[] = {
		{ "RFC 6376 3.6.2.2: strings join without blanks",
		  "\x02v=\x05"
		  "DKIM1",
		  9, "v=DKIM1", 7 },
		{ "one empty string", "\x00", 1, "", 0 },
		{ "NUL within",
		  "\x03"
		  "a\0b",
		  4, "a\0b", 3 },
		{ "empty strings between",
		  "\x01"
		  "a\x00\x00\x01"
		  "b",
		  6, "ab", 2 },
		{ "no string at all", "", 0, NULL, 0 },
		{ "length beyond the end",
		  "\x03"
		  "ab",
		  3, NULL, 0 },
		{ "length alone", "\x01", 1, NULL, 0 },
		{ "second string cut",
		  "\x01"
		  "a\xff"
		  "b",
		  4, NULL, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct dns_record record = { (const unsigned char *)cases[i].rdata,
					     cases[i].length };
		g_autofree char *text = NULL;
		size_t length;
		bool ok = dns_record_text(&record, &text, &length);

		g_test_message("%s", cases[i].name);
		g_assert_true(ok == (cases[i].text != NULL));
		if (ok) {
			g_assert_cmpmem(text, (int)length, cases[i].text,
					(int)cases[i].text_length);
			g_assert_cmpint(text[length], ==, '\0');
		}
	}
}

static void test_bad_name_is_answered(void)
{
	MR_AUTO(dns_resolver) resolver = NULL;
	MR_AUTO(dns_answer) answer = NULL;

	g_assert_true(dns_zone_new_from_text("z", "", 0, &resolver, NULL));
	answer = dns_resolve(resolver, "a..b", DNS_TXT, 1000);
	g_assert_cmpint(answer->status, ==, DNS_BAD_NAME);
	g_assert_false(dns_status_is_definite(answer->status));
}

static void test_bad_settings(void)
{
	static const char *const bad_servers[] = { "not-an-address", NULL };
	static const struct {
		const char *name;
		struct dns_resolver_options options;
		const char *message;
	} cases[] = {
		{ "server", { .servers = bad_servers }, "*not-an-address*" },
		{ "no trust anchor",
		  { .trust_anchor = "/nonexistent/anchor" },
		  "*/nonexistent/anchor*" },
		{ "damaged trust anchor", { .trust_anchor = "/etc/passwd" }, "*/etc/passwd*" },
		{ "no zone file", { .zone_file = "/nonexistent/zone" }, "*/nonexistent/zone*" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct dns_resolver *resolver = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].name);
		g_assert_false(dns_resolver_new(&cases[i].options, &resolver, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_assert_true(g_pattern_match_simple(cases[i].message, error->message));
		g_assert_null(resolver);
	}
}

/* An engine that keeps its queries until it is told to answer: the races of finish and cancel. */
struct slow_resolver {
	struct dns_resolver base;
	pthread_mutex_t lock;
	GQueue queries;
	bool done;
};

static void slow_start(struct dns_resolver *base, struct dns_query *query)
{
	struct slow_resolver *resolver = (struct slow_resolver *)base;

	pthread_mutex_lock(&resolver->lock);
	g_queue_push_tail(&resolver->queries, query);
	pthread_mutex_unlock(&resolver->lock);
}

static void slow_free(struct dns_resolver *base)
{
	dns_resolver_clear(base);
}

static const struct dns_engine slow_engine = { slow_start, slow_free };

/* False when there are no more and none will come. */
static bool answer_next(struct slow_resolver *resolver)
{
	struct dns_query *query;
	bool done;

	pthread_mutex_lock(&resolver->lock);
	query = g_queue_pop_head(&resolver->queries);
	done = resolver->done;
	pthread_mutex_unlock(&resolver->lock);
	if (query != NULL)
		dns_query_answer(query, dns_answer_new(DNS_NODATA));
	return query != NULL || !done;
}

static void *answer_all(void *data)
{
	while (answer_next(data))
		g_thread_yield();
	return NULL;
}

static void slow_init(struct slow_resolver *resolver)
{
	dns_resolver_init(&resolver->base, &slow_engine, 0);
	pthread_mutex_init(&resolver->lock, NULL);
	g_queue_init(&resolver->queries);
	resolver->done = false;
}

static void test_deadline(void)
{
	struct slow_resolver resolver;
	struct dns_query *query;
	struct dns_answer *answer;

	slow_init(&resolver);
	query = dns_query_start(&resolver.base, "a.example", DNS_TXT);
	answer = dns_query_finish(query, g_get_monotonic_time() - 1);
	g_assert_cmpint(answer->status, ==, DNS_TIMEOUT);
	dns_answer_free(answer);

	/* The late answer finds nobody and is freed. */
	g_assert_true(answer_next(&resolver));
	dns_resolver_free(&resolver.base);
}

static void *ask_many(void *data)
{
	struct slow_resolver *resolver = data;
	unsigned answered = 0;

	for (unsigned i = 0; i < 500; i++) {
		struct dns_query *query = dns_query_start(&resolver->base, "a.example", DNS_TXT);
		struct dns_answer *answer;

		if (i % 3 == 0) {
			dns_query_cancel(query);
			continue;
		}
		answer = dns_query_finish(
			query, g_get_monotonic_time() + (i % 3 == 1 ? 0 : 10 * G_USEC_PER_SEC));
		answered += answer->status == DNS_NODATA;
		dns_answer_free(answer);
	}
	g_assert_cmpuint(answered, >=, 166);
	return NULL;
}

static void test_races(void)
{
	struct slow_resolver resolver;
	GThread *askers[4], *answerer;

	slow_init(&resolver);
	answerer = g_thread_new("answer", answer_all, &resolver);
	for (size_t i = 0; i < G_N_ELEMENTS(askers); i++)
		askers[i] = g_thread_new("ask", ask_many, &resolver);
	for (size_t i = 0; i < G_N_ELEMENTS(askers); i++)
		g_thread_join(askers[i]);
	pthread_mutex_lock(&resolver.lock);
	resolver.done = true;
	pthread_mutex_unlock(&resolver.lock);
	g_thread_join(answerer);
	dns_resolver_free(&resolver.base);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dns/resolver/names", test_names);
	g_test_add_func("/dns/resolver/record_text", test_record_text);
	g_test_add_func("/dns/resolver/bad_name", test_bad_name_is_answered);
	g_test_add_func("/dns/resolver/bad_settings", test_bad_settings);
	g_test_add_func("/dns/resolver/deadline", test_deadline);
	g_test_add_func("/dns/resolver/races", test_races);
	return g_test_run();
}
