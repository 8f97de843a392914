/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes through the keys in a circle: the listed sets first, then the key directory's domains by
 * name. Knows which records were bad when last seen; what a record has to say is
 * published_key.c's to judge. One thread at a time.
 */

#include "milters/dkim-sign/key_watch.h"
#include "milters/dkim-sign/published_key.h"
#include "shared/dkim/key_record.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

struct sign_key_watch {
	size_t position;     /* of the next slice in the circle */
	unsigned circle;     /* how often it was gone through */
	GHashTable *wanting; /* record name -> struct wanting_key, both owned */
};

/* A key whose record was bad when last seen. */
struct wanting_key {
	char *domain, *selector;
	unsigned circle; /* in which it was last met */
};

struct question {
	struct dkim_key_set *set; /* a reference */
	const struct dkim_signing_key *key;
	struct dns_query *query;
};

/* One slice under way. */
struct look {
	struct sign_key_watch *watch;
	struct dns_resolver *resolver;
	int timeout_ms;
	struct question questions[SIGN_WATCH_PARALLEL];
	unsigned n;
};

static void wanting_key_free(void *wanting_of_any)
{
	struct wanting_key *wanting = wanting_of_any;

	g_free(wanting->domain);
	g_free(wanting->selector);
	g_free(wanting);
}

struct sign_key_watch *sign_key_watch_new(void)
{
	struct sign_key_watch *watch = g_new0(struct sign_key_watch, 1);

	watch->wanting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, wanting_key_free);
	return watch;
}

void sign_key_watch_free(struct sign_key_watch *watch)
{
	if (!watch)
		return;
	g_hash_table_unref(watch->wanting);
	g_free(watch);
}

unsigned sign_key_watch_missing(const struct sign_key_watch *watch)
{
	return g_hash_table_size(watch->wanting);
}

static void set_gauge(const char *domain, const char *selector, int64_t value)
{
	static const char *const labels[] = { "domain", "selector", NULL };
	const char *const values[] = { domain, selector };

	log_metric_set(log_metric_register(
			       LOG_METRIC_GAUGE, "millrace_key_missing",
			       "1 for an active key whose record is missing or differs.", labels),
		       values, value);
}

static void log_key(const struct question *question, enum log_level level, const char *what,
		    const struct sign_published_key *published)
{
	struct log_event event;

	log_event_begin(&event, level, NULL, what);
	log_event_add(&event, "d", question->set->domain);
	log_event_add(&event, "s", question->key->selector);
	log_event_add(&event, "status", sign_published_status_to_string(published->status));
	log_event_add(&event, "detail", published->detail);
	log_event_send(&event);
}

static void note_wanting(struct sign_key_watch *watch, const struct question *question,
			 const char *name)
{
	struct wanting_key *wanting = g_new(struct wanting_key, 1);

	*wanting = (struct wanting_key){ g_strdup(question->set->domain),
					 g_strdup(question->key->selector), watch->circle };
	set_gauge(wanting->domain, wanting->selector, 1);
	g_hash_table_replace(watch->wanting, g_strdup(name), wanting);
}

static void judge(struct sign_key_watch *watch, const struct question *question,
		  const struct sign_published_key *published)
{
	g_autofree char *name =
		dkim_key_record_name(question->key->selector, question->set->domain);
	struct wanting_key *wanting = g_hash_table_lookup(watch->wanting, name);

	if (published->status == SIGN_PUBLISHED_UNKNOWN) {
		log_key(question, LOG_LEVEL_DEBUG, "key-record-unknown", published);
		if (wanting)
			wanting->circle = watch->circle;
	} else if (published->status != SIGN_PUBLISHED_OK) {
		log_key(question, LOG_LEVEL_WARN, "key-record-wrong", published);
		note_wanting(watch, question, name);
	} else if (wanting) {
		set_gauge(wanting->domain, wanting->selector, 0);
		log_key(question, LOG_LEVEL_INFO, "key-record-right-again", published);
		g_hash_table_remove(watch->wanting, name);
	}
}

/* True for a key that the circle just ended did not meet: it signs no more. */
static gboolean is_gone(void *name, void *wanting_of_any, void *watch_of_any)
{
	const struct wanting_key *wanting = wanting_of_any;
	const struct sign_key_watch *watch = watch_of_any;

	(void)name;
	if (wanting->circle == watch->circle)
		return FALSE;
	set_gauge(wanting->domain, wanting->selector, 0);
	return TRUE;
}

static void end_circle(struct sign_key_watch *watch)
{
	g_hash_table_foreach_remove(watch->wanting, is_gone, watch);
	watch->circle++;
	watch->position = 0;
}

static void collect(struct look *look)
{
	int64_t deadline = g_get_monotonic_time() + look->timeout_ms * G_TIME_SPAN_MILLISECOND;

	for (unsigned i = 0; i < look->n; i++) {
		struct question *question = &look->questions[i];
		struct sign_published_key published;

		sign_published_key_finish(question->query, question->key->key, deadline,
					  &published);
		judge(look->watch, question, &published);
		sign_published_key_clear(&published);
		dkim_key_set_unref(question->set);
	}
	look->n = 0;
}

static void ask_for_set(struct look *look, struct dkim_key_set *set)
{
	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = set->keys->pdata[i];

		if (look->n == SIGN_WATCH_PARALLEL)
			collect(look);
		look->questions[look->n++] = (struct question){
			.set = dkim_key_set_ref(set),
			.key = key,
			.query = sign_published_key_start(look->resolver, key->selector,
							  set->domain),
		};
	}
}

/* A folder whose keys cannot be loaded is the signer's trouble, and -t's; not this one's. */
static void ask_for_domain(struct look *look, const struct sign_context *context,
			   const char *domain)
{
	struct sign_key_match match;

	if (sign_key_ring_find(context->key_ring, NULL, domain, &match, NULL) && match.set)
		ask_for_set(look, match.set);
	sign_key_match_clear(&match);
}

/* The pause that brings the circle round once in `interval`. */
static int64_t pause_for(int64_t interval, size_t n)
{
	int64_t slices = (int64_t)((n + SIGN_WATCH_SLICE - 1) / SIGN_WATCH_SLICE);

	return MAX(interval / MAX(slices, 1), SIGN_WATCH_PAUSE_MIN);
}

int64_t sign_key_watch_look(struct sign_key_watch *watch, const struct sign_context *context,
			    struct dns_resolver *resolver, const bool *cancel)
{
	const GPtrArray *listed = sign_key_ring_listed(context->key_ring);
	g_auto(GStrv) domains = sign_key_ring_directory_domains(context->key_ring);
	size_t n = listed->len + g_strv_length(domains), end;
	struct look look = {
		.watch = watch,
		.resolver = resolver,
		.timeout_ms = (int)context->settings.daemon.resolver.timeout_ms,
	};

	end = MIN(watch->position + SIGN_WATCH_SLICE, n);
	for (; watch->position < end; watch->position++) {
		if (__atomic_load_n(cancel, __ATOMIC_RELAXED))
			break;
		if (watch->position < listed->len)
			ask_for_set(&look, listed->pdata[watch->position]);
		else
			ask_for_domain(&look, context, domains[watch->position - listed->len]);
	}
	collect(&look);
	if (watch->position >= n)
		end_circle(watch);
	return pause_for(context->settings.key_check, n);
}
