/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules, in their order: is it ours, may it be judged at all, who is its author, may this
 * user be that, which keys, would the header survive, which fields. Each step either decides
 * or lets the next one go on. Knows nothing of bodies, signatures or milters. Any thread.
 */

#include <string.h>

#include "milters/dkim-sign/plan.h"
#include "shared/base/error.h"

void sign_plan_init(struct sign_plan *plan)
{
	*plan = (struct sign_plan){ .fields = g_string_sized_new(512) };
	sign_plan_reset(plan);
}

void sign_plan_clear(struct sign_plan *plan)
{
	sign_plan_reset(plan);
	g_string_free(plan->fields, TRUE);
	plan->fields = NULL;
}

void sign_plan_reset(struct sign_plan *plan)
{
	GString *fields = plan->fields;

	sign_identity_clear(&plan->identity);
	for (unsigned i = 0; i < SIGN_PLAN_SETS_MAX; i++)
		sign_key_match_clear(&plan->keys[i]);
	g_clear_error(&plan->error);
	g_string_truncate(fields, 0);
	*plan = (struct sign_plan){
		.outcome = SIGN_OUTCOME_FAILURE,
		.reason = SIGN_REASON_NOT_JUDGED,
		.fields = fields,
	};
}

void sign_plan_set(struct sign_plan *plan, enum sign_outcome outcome, enum sign_reason reason,
		   GError *error_take)
{
	plan->outcome = outcome;
	plan->reason = reason;
	g_clear_error(&plan->error);
	plan->error = error_take;
}

static bool came_from_elsewhere(const struct mail_header *header)
{
	for (size_t i = 0; i < mail_header_count(header); i++) {
		const struct mail_field *field = mail_header_get(header, i);

		if (mail_field_named(field, "received") &&
		    sign_received_from_elsewhere(field->value))
			return true;
	}
	return false;
}

static bool is_null_sender(const char *sender)
{
	return sender && (sender[0] == '\0' || strcmp(sender, "<>") == 0);
}

/* Says whether the message is ours, and of a kind that is signed. */
static bool check_origin(struct sign_plan *plan, const struct sign_facts *facts)
{
	const struct sign_context *context = facts->context;

	plan->origin = sign_origin_at_end_of_header(context->origin_rules, facts->at_mail,
						    came_from_elsewhere(facts->header));
	if (!sign_origin_is_ours(plan->origin)) {
		sign_plan_set(plan, SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NOT_OURS, NULL);
		return false;
	}
	if (is_null_sender(facts->sender) &&
	    context->settings.null_sender == SIGN_NULL_SENDER_UNSIGNED) {
		sign_plan_set(plan, SIGN_OUTCOME_UNSIGNED, SIGN_REASON_NULL_SENDER, NULL);
		return false;
	}
	if (mail_header_overflowed(facts->header)) {
		sign_plan_set(plan, SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_HEADER_TOO_LARGE, NULL);
		return false;
	}
	return true;
}

/* A From that is not one mailbox: what survivability.bad_from says. */
static bool judge_bad_from(struct sign_plan *plan, const struct sign_facts *facts, bool has_author,
			   GError *problem_take)
{
	bool fatal;

	sign_survivability_bad_from(facts->survivability);
	fatal = sign_survivability_fatal(facts->survivability) & (1u << SIGN_HAZARD_BAD_FROM);
	if (fatal || !has_author) {
		sign_plan_set(plan, fatal ? SIGN_OUTCOME_TEMPFAIL : SIGN_OUTCOME_UNSIGNED,
			      SIGN_REASON_BAD_FROM, problem_take);
		return false;
	}
	g_error_free(problem_take);
	return true;
}

/*
 * The address, the only one of its field, is one that the user may use. Only users are held to the
 * table: mail that is ours otherwise has nobody to ask about.
 */
static bool check_sender(struct sign_plan *plan, const struct sign_facts *facts,
			 const struct sign_identity *address, bool is_only_one)
{
	const struct sign_context *context = facts->context;
	const char *user = facts->client->user;

	if (!context->sender_table || !user || user[0] == '\0')
		return true;
	if (is_only_one &&
	    sender_authorized(context->sender_table, user, address->local_part, address->domain))
		return true;
	plan->sender_mismatch = true;
	if (context->settings.sender_mismatch == SIGN_MISMATCH_LOG)
		return true;
	sign_plan_set(plan,
		      context->settings.sender_mismatch == SIGN_MISMATCH_REJECT
			      ? SIGN_OUTCOME_REJECT
			      : SIGN_OUTCOME_UNSIGNED,
		      SIGN_REASON_SENDER_MISMATCH, NULL);
	return false;
}

/*
 * Takes the author over. What a client wrote into Sender or the envelope is its own claim, like
 * From; the login is not.
 */
static bool choose_identity(struct sign_plan *plan, const struct sign_facts *facts,
			    struct sign_identity *author)
{
	int sign_by = facts->context->settings.sign_by;

	if (!sign_identity_find(sign_by, facts->header, facts->sender, facts->client->user,
				&plan->identity)) {
		plan->identity = *author;
		return true;
	}
	sign_identity_clear(author);
	return sign_by == SIGN_BY_SASL || check_sender(plan, facts, &plan->identity, true);
}

static bool find_identity(struct sign_plan *plan, const struct sign_facts *facts)
{
	struct sign_identity author = { 0 };
	GError *problem;
	bool has_author = sign_identity_author(facts->header, &author, &problem);
	bool is_only_author = !problem;

	if ((problem && !judge_bad_from(plan, facts, has_author, problem)) ||
	    !check_sender(plan, facts, &author, is_only_author)) {
		sign_identity_clear(&author);
		return false;
	}
	return choose_identity(plan, facts, &author);
}

/* The null sender's mail is never refused: the bounce would stay in the queue. */
static void judge_no_domain(struct sign_plan *plan, const struct sign_facts *facts)
{
	int rule = facts->context->settings.no_domain;
	enum sign_outcome outcome = SIGN_OUTCOME_UNSIGNED;

	if (!is_null_sender(facts->sender) && rule == SIGN_NO_DOMAIN_TEMPFAIL)
		outcome = SIGN_OUTCOME_TEMPFAIL;
	else if (!is_null_sender(facts->sender) && rule == SIGN_NO_DOMAIN_REJECT)
		outcome = SIGN_OUTCOME_REJECT;
	sign_plan_set(plan, outcome, SIGN_REASON_NO_DOMAIN, NULL);
}

/* Adds the keys for this domain to the plan, if there are any; false when they cannot be used. */
static bool add_keys(struct sign_plan *plan, const struct sign_context *context,
		     const char *local_part, const char *domain)
{
	struct sign_key_match *match = &plan->keys[plan->n_keys];
	GError *error = NULL;

	if (!sign_key_ring_find(context->key_ring, local_part, domain, match, &error)) {
		sign_plan_set(plan, SIGN_OUTCOME_FAILURE, SIGN_REASON_KEY_UNUSABLE, error);
		return false;
	}
	if (match->set)
		plan->n_keys++;
	return true;
}

static bool has_set_for(const struct sign_plan *plan, const char *domain)
{
	return plan->n_keys > 0 && strcmp(plan->keys[0].set->domain, domain) == 0;
}

/* also_sign_as has no keys: the operator asked for a signature that cannot be made. */
static void fail_also_sign_as(struct sign_plan *plan, const char *domain)
{
	sign_plan_set(plan, SIGN_OUTCOME_FAILURE, SIGN_REASON_KEY_UNUSABLE,
		      g_error_new(MR_ERROR, MR_ERROR_CONFIG, "no keys for also_sign_as = \"%s\"",
				  domain));
}

static bool find_keys(struct sign_plan *plan, const struct sign_facts *facts)
{
	const struct sign_context *context = facts->context;
	const char *also = context->also_sign_as;
	unsigned before;

	if (!add_keys(plan, context, plan->identity.local_part, plan->identity.domain))
		return false;
	if (plan->n_keys == 0 &&
	    !(also && context->settings.no_domain == SIGN_NO_DOMAIN_UNSIGNED)) {
		judge_no_domain(plan, facts);
		return false;
	}
	if (!also || has_set_for(plan, also))
		return true;
	before = plan->n_keys;
	if (!add_keys(plan, context, NULL, also))
		return false;
	if (plan->n_keys == before)
		fail_also_sign_as(plan, also);
	return plan->n_keys > before;
}

static bool check_hazards(struct sign_plan *plan, const struct sign_facts *facts)
{
	plan->hazards = sign_survivability_found(facts->survivability);
	if (!sign_survivability_fatal(facts->survivability))
		return true;
	sign_plan_set(plan, SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_HAZARD, NULL);
	return false;
}

/* h= that cannot hold every name would leave fields open to change. */
static bool select_fields(struct sign_plan *plan, const struct sign_facts *facts)
{
	const struct sign_context *context = facts->context;
	const char *const *stripped = sign_survivability_stripped(facts->survivability);
	const char *const *skipped = (const char *const *)context->skipped_fields;
	g_autoptr(GPtrArray) both = NULL;

	if (*stripped) {
		both = g_ptr_array_new();
		for (const char *const *name = skipped; *name; name++)
			g_ptr_array_add(both, (char *)(uintptr_t)*name);
		for (const char *const *name = stripped; *name; name++)
			g_ptr_array_add(both, (char *)(uintptr_t)*name);
		g_ptr_array_add(both, NULL);
		skipped = (const char *const *)both->pdata;
	}
	if (dkim_fields_select(facts->header, &context->fields, skipped, plan->fields))
		return true;
	sign_plan_set(plan, SIGN_OUTCOME_TEMPFAIL, SIGN_REASON_HEADER_TOO_LARGE, NULL);
	return false;
}

void sign_plan_make(struct sign_plan *plan, const struct sign_facts *facts)
{
	if (check_origin(plan, facts) && find_identity(plan, facts) && find_keys(plan, facts) &&
	    check_hazards(plan, facts) && select_fields(plan, facts))
		sign_plan_set(plan, SIGN_OUTCOME_SIGN, SIGN_REASON_NONE, NULL);
	plan->hazards = sign_survivability_found(facts->survivability);
}

const char *sign_reason_to_string(enum sign_reason reason)
{
	static const char *const words[] = {
		[SIGN_REASON_NONE] = "",
		[SIGN_REASON_NOT_OURS] = "not-ours",
		[SIGN_REASON_NULL_SENDER] = "null-sender",
		[SIGN_REASON_SENDER_MISMATCH] = "sender-mismatch",
		[SIGN_REASON_BAD_FROM] = "bad-from",
		[SIGN_REASON_NO_DOMAIN] = "no-domain",
		[SIGN_REASON_HAZARD] = "survivability",
		[SIGN_REASON_ALREADY_SIGNED] = "already-signed",
		[SIGN_REASON_HEADER_TOO_LARGE] = "header-too-large",
		[SIGN_REASON_KEY_UNUSABLE] = "key-unusable",
		[SIGN_REASON_SIGNING_FAILED] = "signing-failed",
		[SIGN_REASON_NOT_JUDGED] = "not-judged",
	};

	return words[reason];
}
