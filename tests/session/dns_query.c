/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks through shared/dns, for test_dns.py: all questions at once, then one line an answer:
 *
 *     STATUS ttl=SECONDS secure=0|1 ms=ELAPSED canonical=NAME|- n=RECORDS text=LENGTH:BEGINNING
 *
 *     dns_query [-s SERVER]... [-t TIMEOUT-MS] [-a ANCHOR] [-j THREADS] [-w WAIT-MS] TYPE NAME ...
 *
 * With -j every thread asks all questions 50 times and leaves every third query; nothing is printed
 * but what differs from the first round. -w waits before the questions are asked a second time.
 */

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/dns/resolver.h"

#define ROUNDS 50
#define DEADLINE_US (20 * G_USEC_PER_SEC)

struct job {
	struct dns_resolver *resolver;
	char **questions; /* TYPE NAME TYPE NAME ... */
	int n;
};

static enum dns_type type_from_text(const char *text)
{
	static const struct {
		const char *text;
		enum dns_type type;
	} types[] = { { "A", DNS_A },
		      { "AAAA", DNS_AAAA },
		      { "MX", DNS_MX },
		      { "TXT", DNS_TXT },
		      { "CNAME", DNS_CNAME } };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(text, types[i].text) == 0)
			return types[i].type;
	}
	fprintf(stderr, "unknown type %s\n", text);
	exit(64);
}

static struct dns_query *ask(const struct job *job, int i)
{
	return dns_query_start(job->resolver, job->questions[2 * i + 1],
			       type_from_text(job->questions[2 * i]));
}

static void print_answer(const struct dns_answer *answer, bool is_text)
{
	g_autofree char *text = NULL;
	size_t length = 0;

	if (is_text && answer->n_records > 0 &&
	    !dns_record_text(&answer->records[0], &text, &length))
		length = 0;
	printf("%s ttl=%u secure=%d ms=%d canonical=%s n=%zu text=%zu:%.20s\n",
	       dns_status_to_string(answer->status), answer->ttl, answer->secure,
	       (int)(answer->elapsed_us / 1000),
	       answer->canonical_name != NULL ? answer->canonical_name : "-", answer->n_records,
	       length, text != NULL ? text : "");
}

static void ask_all(const struct job *job)
{
	g_autofree struct dns_query **queries = g_new0(struct dns_query *, (gsize)job->n);

	for (int i = 0; i < job->n; i++)
		queries[i] = ask(job, i);
	for (int i = 0; i < job->n; i++) {
		MR_AUTO(dns_answer)
		answer = dns_query_finish(queries[i], g_get_monotonic_time() + DEADLINE_US);

		print_answer(answer, strcmp(job->questions[2 * i], "TXT") == 0);
	}
	fflush(stdout);
}

static void *ask_often(void *data)
{
	const struct job *job = data;

	for (int round = 0; round < ROUNDS * job->n; round++) {
		struct dns_query *query = ask(job, round % job->n);
		MR_AUTO(dns_answer) answer = NULL;

		if (round % 3 == 0) {
			dns_query_cancel(query);
			continue;
		}
		/* Every third is given no time: answer and deadline race. */
		answer = dns_query_finish(
			query, g_get_monotonic_time() + (round % 3 == 1 ? 0 : DEADLINE_US));
		if (round % 3 == 2 && !dns_status_is_definite(answer->status))
			print_answer(answer, false);
	}
	return NULL;
}

static void ask_by_threads(struct job *job, int n_threads)
{
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	for (int i = 0; i < n_threads; i++)
		g_ptr_array_add(threads, g_thread_new("ask", ask_often, job));
	for (int i = 0; i < n_threads; i++)
		g_thread_join(g_ptr_array_index(threads, (guint)i));
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) servers = g_ptr_array_new();
	struct dns_resolver_options options = { .timeout_ms = 5000 };
	MR_AUTO(dns_resolver) resolver = NULL;
	g_autoptr(GError) error = NULL;
	int option, threads = 0, wait_ms = 0;
	struct job job;

	while ((option = getopt(argc, argv, "s:t:a:j:w:")) != -1) {
		if (option == 's')
			g_ptr_array_add(servers, optarg);
		else if (option == 't')
			options.timeout_ms = atoi(optarg);
		else if (option == 'a')
			options.trust_anchor = optarg;
		else if (option == 'j')
			threads = atoi(optarg);
		else if (option == 'w')
			wait_ms = atoi(optarg);
		else
			return 64;
	}
	g_ptr_array_add(servers, NULL);
	options.servers = (const char *const *)servers->pdata;
	if (!dns_resolver_new(&options, &resolver, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 78;
	}
	job = (struct job){ resolver, argv + optind, (argc - optind) / 2 };
	if (threads > 0) {
		ask_by_threads(&job, threads);
		return 0;
	}
	ask_all(&job);
	if (wait_ms > 0) {
		g_usleep((gulong)wait_ms * 1000);
		ask_all(&job);
	}
	return 0;
}
