/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps what has to be kept of a message while it streams by: its header, the state of its
 * body hashes and of the survivability tests. Decisions are plan.c's. Buffers are made once
 * and reused. One thread at a time.
 */

#include <string.h>

#include "milters/dkim-sign/message.h"
#include "milters/dkim-sign/own_signatures.h"
#include "shared/base/clock.h"
#include "shared/dkim/body_hash.h"
#include "shared/mail/domain.h"

#define LOCAL_PART_MAX 64u /* RFC 5321 4.5.3.1.1 */
#define RESULTS_MAX (SIGN_PLAN_SETS_MAX * DKIM_KEYS_PER_DOMAIN_MAX)

struct sign_message {
	const struct sign_context *context; /* NULL between messages */
	struct sign_client client;
	const char *sender;
	enum sign_origin at_mail;
	struct mail_header *header;
	struct sign_survivability *survivability;
	struct sign_own_signatures *own;
	struct dkim_body_hashes *hashes;
	unsigned body_hash;
	struct sign_plan plan;
	struct sign_result results[RESULTS_MAX];
	unsigned n_results;
};

struct sign_message *sign_message_new(void)
{
	struct sign_message *message = g_new0(struct sign_message, 1);

	message->header = mail_header_new();
	message->survivability = sign_survivability_new();
	message->own = sign_own_signatures_new();
	message->hashes = dkim_body_hashes_new();
	sign_plan_init(&message->plan);
	return message;
}

void sign_message_free(struct sign_message *message)
{
	if (!message)
		return;
	for (unsigned i = 0; i < RESULTS_MAX; i++) {
		if (message->results[i].value)
			g_string_free(message->results[i].value, TRUE);
	}
	sign_plan_clear(&message->plan);
	dkim_body_hashes_free(message->hashes);
	sign_own_signatures_free(message->own);
	sign_survivability_free(message->survivability);
	mail_header_free(message->header);
	g_free(message);
}

void sign_message_reset(struct sign_message *message)
{
	if (!message->context)
		return;
	message->context = NULL;
	message->n_results = 0;
	mail_header_reset(message->header);
	sign_own_signatures_reset(message->own);
	dkim_body_hashes_reset(message->hashes);
	sign_plan_reset(&message->plan);
}

enum sign_origin sign_message_begin(struct sign_message *message,
				    const struct sign_context *context,
				    const struct sign_client *client, const char *sender)
{
	sign_message_reset(message);
	message->context = context;
	message->client = *client;
	message->sender = sender;
	message->at_mail = sign_origin_at_mail(context->origin_rules, client);
	sign_survivability_reset(message->survivability, &context->settings.survivability);
	return message->at_mail;
}

void sign_message_header(struct sign_message *message, struct slice name, struct slice value)
{
	const struct mail_field field = { name, value };

	mail_header_add(message->header, name, value);
	sign_survivability_field(message->survivability, &field);
}

const struct sign_plan *sign_message_end_of_header(struct sign_message *message)
{
	const struct sign_facts facts = {
		.context = message->context,
		.client = &message->client,
		.sender = message->sender,
		.at_mail = message->at_mail,
		.header = message->header,
		.survivability = message->survivability,
	};
	struct sign_plan *plan = &message->plan;

	sign_survivability_end_of_header(message->survivability, message->header);
	sign_plan_make(plan, &facts);
	if (plan->outcome != SIGN_OUTCOME_SIGN)
		return plan;
	dkim_body_hashes_want(message->hashes, message->context->body_canon, DKIM_BODY_UNLIMITED,
			      &message->body_hash);
	for (unsigned i = 0; i < plan->n_keys; i++)
		sign_own_signatures_find(message->own, message->header, plan->keys[i].set,
					 message->hashes);
	return plan;
}

void sign_message_body(struct sign_message *message, const unsigned char *chunk, size_t length)
{
	if (message->plan.outcome != SIGN_OUTCOME_SIGN)
		return;
	sign_survivability_body(message->survivability, chunk, length);
	dkim_body_hashes_update(message->hashes, chunk, length);
}

/*
 * i= for this signature: only what lies within d= (RFC 6376 3.5), or NULL. A local part that SMTP
 * cannot carry is no identity, and no reason to leave the message unsigned.
 */
static char *identity_for(const struct sign_message *message, const char *signing_domain)
{
	const struct sign_identity *identity = &message->plan.identity;

	switch (message->context->settings.identity) {
	case SIGN_IDENTITY_DOMAIN:
		return g_strconcat("@", signing_domain, NULL);
	case SIGN_IDENTITY_ADDRESS:
		if (!mail_domain_is_within(identity->domain, signing_domain) ||
		    strlen(identity->local_part) > LOCAL_PART_MAX)
			return NULL;
		return g_strconcat(identity->local_part, "@", identity->domain, NULL);
	default:
		return NULL;
	}
}

static bool sign_with(struct sign_message *message, const struct dkim_key_set *set,
		      const struct dkim_signing_key *key, int64_t now, GError **ret_error)
{
	const struct sign_context *context = message->context;
	g_autofree char *identity = identity_for(message, set->domain);
	int64_t expire = context->settings.expire;
	const struct dkim_sign_request request = {
		.header = message->header,
		.signed_fields = message->plan.fields->str,
		.signing_domain = set->domain,
		.selector = key->selector,
		.identity = identity,
		.header_canon = context->header_canon,
		.body_canon = context->body_canon,
		.body_digest = dkim_body_hashes_digest(message->hashes, message->body_hash),
		.timestamp = now,
		.expiration = expire ? now + expire : 0,
		.key = key->key,
	};
	struct sign_result *result = &message->results[message->n_results];

	if (!result->value)
		result->value = g_string_sized_new(1024);
	g_string_truncate(result->value, 0);
	if (!dkim_sign(&request, result->value, ret_error))
		return false;
	result->domain = set->domain;
	result->selector = key->selector;
	result->algorithm = dkim_key_type_to_algorithm(dkim_private_key_type(key->key));
	message->n_results++;
	return true;
}

static bool sign_with_set(struct sign_message *message, const struct dkim_key_set *set, int64_t now,
			  GError **ret_error)
{
	bool single = message->context->settings.single_signature;
	guint n = single ? MIN(set->keys->len, 1) : set->keys->len;

	for (guint i = 0; i < n; i++) {
		if (!sign_with(message, set, set->keys->pdata[i], now, ret_error))
			return false;
	}
	return true;
}

void sign_message_fail(struct sign_message *message, GError *error_take)
{
	message->n_results = 0;
	sign_plan_set(&message->plan, SIGN_OUTCOME_FAILURE, SIGN_REASON_SIGNING_FAILED, error_take);
}

static void sign(struct sign_message *message)
{
	struct sign_plan *plan = &message->plan;
	int64_t now = base_clock_now(message->context->clock);
	bool single = message->context->settings.single_signature;
	GError *error = NULL;

	for (unsigned i = 0; i < (single ? 1 : plan->n_keys); i++) {
		const struct dkim_key_set *set = plan->keys[i].set;

		if (sign_own_signatures_cover(message->own, set, message->header, message->hashes,
					      now))
			continue;
		if (!sign_with_set(message, set, now, &error)) {
			sign_message_fail(message, error);
			return;
		}
	}
	if (message->n_results == 0)
		sign_plan_set(plan, SIGN_OUTCOME_UNSIGNED, SIGN_REASON_ALREADY_SIGNED, NULL);
}

const struct sign_plan *sign_message_finish(struct sign_message *message)
{
	struct sign_plan *plan = &message->plan;

	if (plan->outcome != SIGN_OUTCOME_SIGN)
		return plan;
	sign_survivability_finish(message->survivability);
	dkim_body_hashes_finish(message->hashes);
	plan->hazards = sign_survivability_found(message->survivability);
	if (sign_survivability_fatal(message->survivability))
		sign_plan_set(plan, SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_HAZARD, NULL);
	else
		sign(message);
	return plan;
}

unsigned sign_message_signatures(const struct sign_message *message)
{
	return message->n_results;
}

const struct sign_result *sign_message_signature(const struct sign_message *message, unsigned index)
{
	g_assert(index < message->n_results);
	return &message->results[index];
}
