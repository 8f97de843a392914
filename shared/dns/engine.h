/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_ENGINE_H
#define MILLRACE_DNS_ENGINE_H

/*
 * What a maker of resolvers (unbound.c, zone.c) has to fill in; nothing outside shared/dns
 * includes it. A query has two holders: its owner, who finishes or cancels it, and the engine,
 * who answers it once. Whoever comes last frees it, so that neither waits for the other.
 */

#include <pthread.h>

#include "shared/dns/resolver.h"

struct dns_engine {
	/* Takes the engine's hold of the query and sooner or later gives it back with
	 * dns_query_answer, from any thread. */
	void (*start)(struct dns_resolver *resolver, struct dns_query *query);
	/* No owner holds a query any more. Gives back what is still unanswered, frees all. */
	void (*free)(struct dns_resolver *resolver);
};

/* First member of every engine's own struct. */
struct dns_resolver {
	const struct dns_engine *engine;
	int timeout_ms;
	pthread_mutex_t lock; /* of n_owned */
	pthread_cond_t idle;  /* n_owned became 0 */
	unsigned n_owned;     /* queries whose owner has not ended them yet */
};

struct dns_query {
	struct dns_resolver *resolver;
	char *name; /* lower case, no final dot; "" for a bad name */
	enum dns_type type;
	int64_t started;
	int holders; /* atomic */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct dns_answer *answer;
};

void dns_resolver_init(struct dns_resolver *resolver, const struct dns_engine *engine,
		       int timeout_ms);
void dns_resolver_clear(struct dns_resolver *resolver);

struct dns_answer *dns_answer_new(enum dns_status status);
/* Copies the bytes. */
void dns_answer_add(struct dns_answer *answer, const void *data, size_t length);

/* The engine's one and only answer; takes it, and gives back the engine's hold of the query. */
void dns_query_answer(struct dns_query *query, struct dns_answer *answer);

/* Lower case and no final dot; NULL when it is a name that cannot be asked (DNS_BAD_NAME).
 * Freed with g_free. */
char *dns_name_normalize(const char *name);

#endif
