/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the life of a query: who holds it, who waits for it and how long, which names can be
 * asked at all. Refuses to know how an answer is found: that is the engine's (unbound.c, zone.c).
 * Any thread; a query is used by the thread that started it. Locks are pthread's, which thread
 * checkers understand.
 */

#include <string.h>
#include <time.h>

#include "shared/dns/engine.h"
#include "shared/dns/unbound.h"
#include "shared/dns/zone.h"

#define NAME_MAX_OCTETS 253u /* RFC 1035 2.3.4: 255 on the wire */
#define LABEL_MAX_OCTETS 63u

static bool name_byte_is_sound(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && byte != '\\';
}

char *dns_name_normalize(const char *name)
{
	size_t length = strnlen(name, NAME_MAX_OCTETS + 2), label = 0;

	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_MAX_OCTETS)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		if (!name_byte_is_sound((unsigned char)name[i]))
			return NULL;
		if (name[i] == '.' && label == 0)
			return NULL;
		label = name[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX_OCTETS)
			return NULL;
	}
	return label == 0 ? NULL : g_ascii_strdown(name, (gssize)length);
}

void dns_resolver_init(struct dns_resolver *resolver, const struct dns_engine *engine,
		       int timeout_ms)
{
	resolver->engine = engine;
	resolver->timeout_ms = timeout_ms;
	resolver->n_owned = 0;
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->idle, NULL);
}

void dns_resolver_clear(struct dns_resolver *resolver)
{
	pthread_cond_destroy(&resolver->idle);
	pthread_mutex_destroy(&resolver->lock);
}

bool dns_resolver_new(const struct dns_resolver_options *options,
		      struct dns_resolver **ret_resolver, GError **ret_error)
{
	if (options->zone_file != NULL)
		return dns_zone_new(options->zone_file, ret_resolver, ret_error);
	return dns_unbound_new(options, ret_resolver, ret_error);
}

void dns_resolver_free(struct dns_resolver *resolver)
{
	if (resolver == NULL)
		return;
	pthread_mutex_lock(&resolver->lock);
	while (resolver->n_owned > 0)
		pthread_cond_wait(&resolver->idle, &resolver->lock);
	pthread_mutex_unlock(&resolver->lock);
	resolver->engine->free(resolver);
}

static struct dns_query *query_new(struct dns_resolver *resolver, char *name_taken,
				   enum dns_type type)
{
	struct dns_query *query = g_new0(struct dns_query, 1);
	pthread_condattr_t attributes;

	query->resolver = resolver;
	query->name = name_taken;
	query->type = type;
	query->started = g_get_monotonic_time();
	query->holders = 2;
	pthread_mutex_init(&query->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&query->answered, &attributes);
	pthread_condattr_destroy(&attributes);

	pthread_mutex_lock(&resolver->lock);
	resolver->n_owned++;
	pthread_mutex_unlock(&resolver->lock);
	return query;
}

static void query_release(struct dns_query *query)
{
	if (!g_atomic_int_dec_and_test(&query->holders))
		return;
	dns_answer_free(query->answer);
	pthread_cond_destroy(&query->answered);
	pthread_mutex_destroy(&query->lock);
	g_free(query->name);
	g_free(query);
}

/* The owner's end of a query: from here on the resolver may go away. */
static void query_disown(struct dns_query *query)
{
	struct dns_resolver *resolver = query->resolver;

	query_release(query);
	pthread_mutex_lock(&resolver->lock);
	if (--resolver->n_owned == 0)
		pthread_cond_broadcast(&resolver->idle);
	pthread_mutex_unlock(&resolver->lock);
}

void dns_query_answer(struct dns_query *query, struct dns_answer *answer)
{
	answer->elapsed_us = g_get_monotonic_time() - query->started;
	pthread_mutex_lock(&query->lock);
	query->answer = answer;
	pthread_cond_signal(&query->answered);
	pthread_mutex_unlock(&query->lock);
	query_release(query);
}

struct dns_query *dns_query_start(struct dns_resolver *resolver, const char *name,
				  enum dns_type type)
{
	char *normal = dns_name_normalize(name);
	struct dns_query *query;

	if (normal == NULL) {
		query = query_new(resolver, g_strdup(""), type);
		dns_query_answer(query, dns_answer_new(DNS_BAD_NAME));
		return query;
	}
	query = query_new(resolver, normal, type);
	resolver->engine->start(resolver, query);
	return query;
}

static int64_t own_deadline(const struct dns_query *query, int64_t deadline)
{
	int64_t limit = query->started + (int64_t)query->resolver->timeout_ms * 1000;

	return query->resolver->timeout_ms > 0 ? MIN(deadline, limit) : deadline;
}

struct dns_answer *dns_query_finish(struct dns_query *query, int64_t deadline)
{
	int64_t until = MAX(own_deadline(query, deadline), 0);
	struct timespec when = { .tv_sec = until / G_USEC_PER_SEC,
				 .tv_nsec = until % G_USEC_PER_SEC * 1000 };
	struct dns_answer *answer;

	pthread_mutex_lock(&query->lock);
	while (query->answer == NULL &&
	       pthread_cond_timedwait(&query->answered, &query->lock, &when) == 0)
		continue;
	answer = g_steal_pointer(&query->answer);
	pthread_mutex_unlock(&query->lock);

	if (answer == NULL) {
		answer = dns_answer_new(DNS_TIMEOUT);
		answer->elapsed_us = g_get_monotonic_time() - query->started;
	}
	query_disown(query);
	return answer;
}

void dns_query_cancel(struct dns_query *query)
{
	if (query != NULL)
		query_disown(query);
}

struct dns_answer *dns_resolve(struct dns_resolver *resolver, const char *name, enum dns_type type,
			       int timeout_ms)
{
	struct dns_query *query = dns_query_start(resolver, name, type);

	return dns_query_finish(query, query->started + (int64_t)timeout_ms * 1000);
}
