/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns a plan and its signatures into one log line and a few counters. Decides nothing. Any
 * thread.
 */

#include "milters/dkim-sign/report.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

static void count(const char *name, const char *help, const char *label, const char *value)
{
	const char *const labels[] = { label, NULL };
	const char *const values[] = { value };

	log_metric_add(log_metric_register(LOG_METRIC_COUNTER, name, help, labels), values, 1);
}

static void count_unsigned(const char *reason)
{
	count("millrace_unsigned_total", "Messages passed without a signature, by rule.", "reason",
	      reason);
}

static void count_outcome(const struct sign_message *message, const struct sign_plan *plan)
{
	const char *reason = sign_reason_to_string(plan->reason);

	for (unsigned i = 0; i < sign_message_signatures(message); i++)
		count("millrace_signed_total", "Signatures made.", "algorithm",
		      sign_message_signature(message, i)->algorithm);
	if (plan->outcome == SIGN_OUTCOME_UNSIGNED)
		count_unsigned(reason);
	else if (plan->outcome != SIGN_OUTCOME_SIGN)
		count("millrace_refused_total", "Messages rejected or tempfailed.", "reason",
		      reason);
	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		if (plan->hazards & (1u << hazard))
			count("millrace_survivability_total",
			      "Messages that something ahead would change.", "kind",
			      sign_hazard_to_string(hazard));
	}
}

static void add_client(struct log_event *event, const struct sign_client *client)
{
	g_autofree char *address = NULL;

	log_event_add(event, "user", client->user);
	log_event_add(event, "listener", client->listener);
	if (client->has_address)
		address = sign_address_to_string(&client->address);
	log_event_add(event, "client", address);
}

/* One key for all signatures, values joined in the same order. */
static void add_joined(struct log_event *event, const char *key, const struct sign_message *message,
		       const char *(*word_of)(const struct sign_result *result))
{
	g_autoptr(GString) words = g_string_new(NULL);

	for (unsigned i = 0; i < sign_message_signatures(message); i++) {
		g_string_append(words, i ? "," : "");
		g_string_append(words, word_of(sign_message_signature(message, i)));
	}
	log_event_add_bytes(event, key, words->str, words->len);
}

static const char *domain_of(const struct sign_result *result)
{
	return result->domain;
}

static const char *selector_of(const struct sign_result *result)
{
	return result->selector;
}

static const char *algorithm_of(const struct sign_result *result)
{
	return result->algorithm;
}

static void add_signatures(struct log_event *event, const struct sign_message *message,
			   const struct sign_plan *plan)
{
	if (plan->n_keys == 1)
		log_event_add(event, "d", plan->keys[0].set->domain);
	else
		add_joined(event, "d", message, domain_of);
	add_joined(event, "s", message, selector_of);
	add_joined(event, "a", message, algorithm_of);
}

static void add_hazards(struct log_event *event, unsigned hazards)
{
	g_autoptr(GString) text = NULL;

	if (!hazards)
		return;
	text = g_string_new(NULL);
	sign_hazards_format(hazards, text);
	log_event_add(event, "survivability", text->str);
}

static const char *word_for(enum sign_outcome outcome)
{
	static const char *const words[] = { "signed", "not-signed", "rejected", "tempfailed",
					     "sign-failed" };

	return words[outcome];
}

/* Trouble that the operator has to mend is louder than what follows a rule. */
static enum log_level level_for(const struct sign_plan *plan)
{
	if (plan->outcome == SIGN_OUTCOME_FAILURE)
		return LOG_LEVEL_ERROR;
	if (plan->outcome == SIGN_OUTCOME_TEMPFAIL || plan->sender_mismatch)
		return LOG_LEVEL_WARN;
	return LOG_LEVEL_INFO;
}

void sign_report_message(const char *queue_id, const struct sign_client *client,
			 const struct sign_message *message, const struct sign_plan *plan)
{
	struct log_event event;

	count_outcome(message, plan);
	log_event_begin(&event, level_for(plan), queue_id, word_for(plan->outcome));
	if (!event.line)
		return;
	if (plan->outcome == SIGN_OUTCOME_SIGN)
		add_signatures(&event, message, plan);
	else
		log_event_add(&event, "reason", sign_reason_to_string(plan->reason));
	if (plan->identity.domain && plan->outcome != SIGN_OUTCOME_SIGN)
		log_event_add(&event, "domain", plan->identity.domain);
	log_event_add(&event, "origin", sign_origin_to_string(plan->origin));
	add_client(&event, client);
	add_hazards(&event, plan->hazards);
	if (plan->sender_mismatch)
		log_event_add(&event, "sender_mismatch", "yes");
	if (plan->error)
		log_event_add_error(&event, plan->error);
	log_event_send(&event);
}

void sign_report_foreign(const struct sign_client *client)
{
	struct log_event event;

	count_unsigned(sign_reason_to_string(SIGN_REASON_NOT_OURS));
	log_event_begin(&event, LOG_LEVEL_DEBUG, NULL, "not-signed");
	if (!event.line)
		return;
	log_event_add(&event, "reason", sign_reason_to_string(SIGN_REASON_NOT_OURS));
	add_client(&event, client);
	log_event_send(&event);
}
