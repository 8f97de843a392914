/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only file that includes libunbound. Knows how its context is set up, and carries answers
 * from its callbacks to our queries. Two threads belong to a resolver: libunbound's worker, which
 * speaks to the servers, and ours, which waits for its results. Both are started by the first
 * query, so that they inherit the privileges and the sandbox the daemon has by then.
 *
 * A query that nobody waits for any more is not cancelled in libunbound: its answer still fills
 * the cache, and ub_cancel could not say whether the callback is already running.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/dns/engine.h"
#include "shared/dns/unbound.h"
#include "shared/log/event.h"

#define CLASS_IN 1

/* Enough for the key records of a hundred thousand domains; libunbound drops the least used. */
#define MESSAGE_CACHE_BYTES "8m"
#define RRSET_CACHE_BYTES "16m"

struct unbound_resolver {
	struct dns_resolver base; /* first */
	struct ub_ctx *context;
	int stop;	      /* eventfd: our thread must end */
	pthread_mutex_t lock; /* of what follows */
	GThread *collector;   /* NULL until the first query */
	GHashTable *pending;  /* struct dns_query *, a set: those whose callback is to come */
	bool broken;	      /* libunbound's worker is gone: nothing is asked any more */
};

static const struct {
	const char *option, *value;
} context_options[] = {
	{ "msg-cache-size:", MESSAGE_CACHE_BYTES },
	{ "rrset-cache-size:", RRSET_CACHE_BYTES },
	{ "key-cache-size:", "4m" },
	{ "neg-cache-size:", "1m" },
	/* The servers are the operator's choice, also when they are on this machine. */
	{ "do-not-query-localhost:", "no" },
	/* A server that was silent is asked again soon, not in a quarter of an hour. */
	{ "infra-host-ttl:", "60" },
	{ "infra-keep-probing:", "yes" },
	{ "outgoing-num-tcp:", "32" },
	/* What went wrong is in our answers; libunbound must not write to the daemon's stderr. */
	{ "use-syslog:", "no" },
	{ "verbosity:", "0" },
};

static bool set_config_error(GError **ret_error, const char *what, const char *value, int code)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s%s: %s", what, value,
		    ub_strerror(code));
	return false;
}

static bool context_set_options(struct ub_ctx *context, GError **ret_error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(context_options); i++) {
		int code = ub_ctx_set_option(context, context_options[i].option,
					     context_options[i].value);

		if (code != UB_NOERROR)
			return set_config_error(ret_error, "libunbound refuses ",
						context_options[i].option, code);
	}
	ub_ctx_debugout(context, NULL);
	/* A thread, not a process: a fork of the daemon would inherit its locks. Not possible after
	 * the first use of the context. */
	if (ub_ctx_async(context, 1) != UB_NOERROR)
		g_assert_not_reached();
	return true;
}

static bool context_set_servers(struct ub_ctx *context, const char *const *servers,
				GError **ret_error)
{
	int code;

	for (size_t i = 0; servers != NULL && servers[i] != NULL; i++) {
		code = ub_ctx_set_fwd(context, servers[i]);
		if (code != UB_NOERROR)
			return set_config_error(ret_error, "name server ", servers[i], code);
	}
	if (servers != NULL && servers[0] != NULL)
		return true;

	code = ub_ctx_resolvconf(context, NULL);
	/* resolv.conf(5): without the file, the server on this machine is asked */
	if (code == UB_READFILE)
		code = ub_ctx_set_fwd(context, "127.0.0.1");
	return code == UB_NOERROR || set_config_error(ret_error, "", "/etc/resolv.conf", code);
}

static bool context_set_trust_anchor(struct ub_ctx *context, const char *path, GError **ret_error)
{
	int code;

	if (path == NULL)
		return true;
	if (access(path, R_OK) != 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "trust anchor %s: %s", path,
			    g_strerror(errno));
		return false;
	}
	code = ub_ctx_add_ta_file(context, path);
	return code == UB_NOERROR || set_config_error(ret_error, "trust anchor ", path, code);
}

/* libunbound reads its settings at the first use; this is one without effect, so that a damaged
 * trust anchor is found now. */
static bool context_settle(struct ub_ctx *context, const char *trust_anchor, GError **ret_error)
{
	int code = ub_ctx_data_remove(context, "settle.invalid");

	if (code == UB_NOERROR)
		return true;
	return set_config_error(ret_error, trust_anchor != NULL ? "trust anchor " : "libunbound",
				trust_anchor != NULL ? trust_anchor : "", code);
}

static bool context_new(const struct dns_resolver_options *options, struct ub_ctx **ret_context,
			GError **ret_error)
{
	struct ub_ctx *context = ub_ctx_create();

	if (context == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM,
			    "libunbound cannot make a context");
		return false;
	}
	if (!context_set_options(context, ret_error) ||
	    !context_set_servers(context, options->servers, ret_error) ||
	    !context_set_trust_anchor(context, options->trust_anchor, ret_error) ||
	    !context_settle(context, options->trust_anchor, ret_error)) {
		ub_ctx_delete(context);
		return false;
	}
	*ret_context = context;
	return true;
}

static enum dns_status result_status(const struct ub_result *result)
{
	if (result->bogus)
		return DNS_BOGUS;
	if (result->rcode == 0)
		return result->havedata ? DNS_OK : DNS_NODATA;
	return result->nxdomain ? DNS_NXDOMAIN : DNS_SERVFAIL;
}

static char *result_canonical_name(const struct ub_result *result, const char *asked)
{
	g_autofree char *name = NULL;

	if (result->canonname == NULL)
		return NULL;
	name = dns_name_normalize(result->canonname);
	return name == NULL || strcmp(name, asked) == 0 ? NULL : g_steal_pointer(&name);
}

static struct dns_answer *answer_from_result(const struct ub_result *result, const char *asked)
{
	struct dns_answer *answer = dns_answer_new(result_status(result));

	answer->secure = result->secure;
	if (dns_status_is_definite(answer->status) && result->ttl > 0)
		answer->ttl = (uint32_t)result->ttl;
	answer->canonical_name = result_canonical_name(result, asked);
	for (size_t i = 0; answer->status == DNS_OK && result->data[i] != NULL; i++)
		dns_answer_add(answer, result->data[i], (size_t)result->len[i]);
	return answer;
}

static bool pending_remove(struct unbound_resolver *resolver, struct dns_query *query)
{
	bool was;

	pthread_mutex_lock(&resolver->lock);
	was = g_hash_table_remove(resolver->pending, query);
	pthread_mutex_unlock(&resolver->lock);
	return was;
}

/* On our collecting thread, within ub_process. */
static void take_result(void *data, int code, struct ub_result *result)
{
	struct dns_query *query = data;
	struct dns_answer *answer;

	pending_remove((struct unbound_resolver *)query->resolver, query);
	answer = code == UB_NOERROR && result != NULL ? answer_from_result(result, query->name)
						      : dns_answer_new(DNS_SERVFAIL);
	ub_resolve_free(result);
	dns_query_answer(query, answer);
}

/* No callback comes any more: all that wait are answered. */
static void give_up(struct unbound_resolver *resolver)
{
	GHashTableIter place;
	gpointer query;

	pthread_mutex_lock(&resolver->lock);
	resolver->broken = true;
	g_hash_table_iter_init(&place, resolver->pending);
	while (g_hash_table_iter_next(&place, &query, NULL)) {
		g_hash_table_iter_remove(&place);
		dns_query_answer(query, dns_answer_new(DNS_SERVFAIL));
	}
	pthread_mutex_unlock(&resolver->lock);
}

static void *collect(void *data)
{
	struct unbound_resolver *resolver = data;
	struct pollfd ready[] = {
		{ .fd = ub_fd(resolver->context), .events = POLLIN },
		{ .fd = resolver->stop, .events = POLLIN },
	};

	while (ready[1].revents == 0) {
		if (poll(ready, G_N_ELEMENTS(ready), -1) <= 0 || ready[0].revents == 0)
			continue;
		if (ub_process(resolver->context) != UB_NOERROR) {
			log_line(LOG_LEVEL_ERROR, "dns: libunbound's worker is gone");
			give_up(resolver);
			break;
		}
	}
	return NULL;
}

/* False when there are too many already, or no thread to collect them. */
static bool pending_add(struct unbound_resolver *resolver, struct dns_query *query)
{
	bool added = false;

	pthread_mutex_lock(&resolver->lock);
	if (resolver->collector == NULL)
		resolver->collector = g_thread_try_new("dns", collect, resolver, NULL);
	if (resolver->collector != NULL && !resolver->broken &&
	    g_hash_table_size(resolver->pending) < DNS_UNBOUND_PENDING_MAX)
		added = g_hash_table_add(resolver->pending, query);
	pthread_mutex_unlock(&resolver->lock);
	return added;
}

static void unbound_start(struct dns_resolver *base, struct dns_query *query)
{
	struct unbound_resolver *resolver = (struct unbound_resolver *)base;

	if (!pending_add(resolver, query)) {
		dns_query_answer(query, dns_answer_new(DNS_SERVFAIL));
		return;
	}
	if (ub_resolve_async(resolver->context, query->name, (int)query->type, CLASS_IN, query,
			     take_result, NULL) != UB_NOERROR &&
	    pending_remove(resolver, query))
		dns_query_answer(query, dns_answer_new(DNS_SERVFAIL));
}

static void collector_stop(struct unbound_resolver *resolver)
{
	uint64_t one = 1;

	if (resolver->collector == NULL)
		return;
	while (write(resolver->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	g_thread_join(resolver->collector);
}

static void unbound_free(struct dns_resolver *base)
{
	struct unbound_resolver *resolver = (struct unbound_resolver *)base;

	collector_stop(resolver);
	ub_ctx_delete(resolver->context);
	give_up(resolver);
	g_hash_table_unref(resolver->pending);
	close(resolver->stop);
	pthread_mutex_destroy(&resolver->lock);
	dns_resolver_clear(base);
	g_free(resolver);
}

static const struct dns_engine unbound_engine = { unbound_start, unbound_free };

bool dns_unbound_new(const struct dns_resolver_options *options, struct dns_resolver **ret_resolver,
		     GError **ret_error)
{
	struct unbound_resolver *resolver;
	struct ub_ctx *context;
	int stop = eventfd(0, EFD_CLOEXEC);

	if (stop < 0)
		return mr_error_set_errno(ret_error, errno, "eventfd");
	if (!context_new(options, &context, ret_error)) {
		close(stop);
		return false;
	}
	resolver = g_new0(struct unbound_resolver, 1);
	dns_resolver_init(&resolver->base, &unbound_engine, options->timeout_ms);
	pthread_mutex_init(&resolver->lock, NULL);
	resolver->context = context;
	resolver->stop = stop;
	resolver->pending = g_hash_table_new(NULL, NULL);
	*ret_resolver = &resolver->base;
	return true;
}
