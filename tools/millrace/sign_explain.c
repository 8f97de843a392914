/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan in words. Every sentence names the option that would change the outcome, since that is
 * what the reader is after.
 */

#include "shared/dkim/key.h"
#include "tools/millrace/output.h"
#include "tools/millrace/sign_explain.h"

/* Of each line: a word, then what there is to say, indented alike. */
#define LABEL "%-15s"

static void add_client(const struct sign_explanation *explanation, GString *text)
{
	const struct sign_client *client = explanation->client;
	g_autofree char *address =
		client->has_address ? sign_address_to_string(&client->address) : NULL;

	g_string_append_printf(text, LABEL "%s", "client",
			       client->local ? "this machine, without SMTP"
			       : address     ? address
					     : "unknown");
	if (client->user)
		g_string_append_printf(text, ", user %s", client->user);
	if (client->listener)
		g_string_append_printf(text, ", listener %s", client->listener);
	g_string_append_printf(text, ", sender %s\n", explanation->sender);
}

static const char *sentence_for_origin(enum sign_origin origin)
{
	static const char *const sentences[] = {
		[SIGN_ORIGIN_FOREIGN] = "no: neither authenticated, nor from sign.networks, nor "
					"through sign.listeners, nor submitted here",
		[SIGN_ORIGIN_AUTHENTICATED] = "yes: the client authenticated (sign.authenticated)",
		[SIGN_ORIGIN_LISTENER] = "yes: the listener is in sign.listeners",
		[SIGN_ORIGIN_NETWORK] = "yes: the client is in sign.networks",
		[SIGN_ORIGIN_LOOPBACK] = "yes: the client is in sign.networks, and nothing says "
					 "that the message came from another host",
		[SIGN_ORIGIN_LOCAL] = "yes: submitted on this machine (sign.local)",
		[SIGN_ORIGIN_RELAYED] = "no: comes from this machine, but a Received field says "
					"that it came from another host before (sign.relayed)",
	};

	return sentences[origin];
}

static const char *sentence_for_reason(enum sign_reason reason)
{
	static const char *const sentences[SIGN_REASONS] = {
		[SIGN_REASON_NOT_OURS] = "the message is not ours",
		[SIGN_REASON_NULL_SENDER] = "the null sender's mail is not signed (null_sender)",
		[SIGN_REASON_SENDER_MISMATCH] =
			"the sender table does not allow this user that From (sender_mismatch)",
		[SIGN_REASON_BAD_FROM] = "From is not exactly one mailbox (survivability.bad_from)",
		[SIGN_REASON_NO_DOMAIN] = "there are no keys for the domain (no_domain)",
		[SIGN_REASON_HAZARD] = "it would not survive its way (survivability)",
		[SIGN_REASON_ALREADY_SIGNED] = "it carries a valid signature of ours already",
		[SIGN_REASON_HEADER_TOO_LARGE] = "its header is larger than the signer takes",
		[SIGN_REASON_KEY_UNUSABLE] = "a key cannot be used (on_failure)",
		[SIGN_REASON_SIGNING_FAILED] = "a key could not sign (on_failure)",
	};

	return sentences[reason];
}

static const char *word_for_outcome(enum sign_outcome outcome)
{
	static const char *const words[] = { "signed", "not signed", "rejected", "tempfailed",
					     "failure" };

	return words[outcome];
}

static void add_key(const struct dkim_signing_key *key, GString *text)
{
	enum dkim_key_type type = dkim_private_key_type(key->key);

	g_string_append_printf(text, LABEL "  %s %s", "", key->selector,
			       dkim_key_type_to_algorithm(type));
	if (type == DKIM_KEY_RSA)
		g_string_append_printf(text, " %u bits", dkim_private_key_bits(key->key));
	g_string_append_printf(text, " %s\n", key->location);
}

static void add_keys(const struct sign_explanation *explanation, GString *text)
{
	const struct sign_plan *plan = explanation->plan;

	for (unsigned i = 0; i < plan->n_keys; i++) {
		const struct sign_key_match *match = &plan->keys[i];

		g_string_append_printf(text, LABEL "d=%s, from %s \"%s\"\n", i ? "" : "keys",
				       match->set->domain, match->source,
				       match->pattern ? match->pattern : "");
		for (guint n = 0; n < match->set->keys->len; n++)
			add_key(match->set->keys->pdata[n], text);
	}
}

static void add_hazards(const struct sign_explanation *explanation, GString *text)
{
	const char *label = "survivability";

	if (!explanation->plan->hazards)
		g_string_append_printf(text, LABEL "nothing found\n", label);
	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		int action =
			sign_hazard_action(&explanation->context->settings.survivability, hazard);

		if (!(explanation->plan->hazards & (1u << hazard)))
			continue;
		g_string_append_printf(text, LABEL "%s: %s\n", label, sign_hazard_to_string(hazard),
				       sign_survival_action_to_string(action));
		label = "";
	}
}

static void add_identity(const struct sign_plan *plan, GString *text)
{
	if (plan->identity.domain) {
		g_autofree char *local_part = output_escape(plan->identity.local_part);

		g_string_append_printf(text, LABEL "%s@%s, by %s\n", "decides", local_part,
				       plan->identity.domain, sign_by_to_string(plan->identity.by));
	}
	if (plan->sender_mismatch)
		g_string_append_printf(text, LABEL "does not allow this user that From\n",
				       "sender table");
}

static void add_result(const struct sign_plan *plan, GString *text)
{
	g_string_append_printf(text, LABEL "%s", "result", word_for_outcome(plan->outcome));
	if (plan->reason != SIGN_REASON_NONE)
		g_string_append_printf(text, ": %s", sentence_for_reason(plan->reason));
	g_string_append_c(text, '\n');
	if (plan->error) {
		g_autofree char *message = output_escape(plan->error->message);

		g_string_append_printf(text, LABEL "%s\n", "", message);
	}
}

void sign_explain_text(const struct sign_explanation *explanation, GString *text)
{
	const struct sign_plan *plan = explanation->plan;

	add_client(explanation, text);
	g_string_append_printf(text, LABEL "%s\n", "ours", sentence_for_origin(plan->origin));
	add_identity(plan, text);
	add_keys(explanation, text);
	if (plan->fields->len > 0)
		g_string_append_printf(text, LABEL "%s\n", "signed fields", plan->fields->str);
	if (sign_origin_is_ours(plan->origin))
		add_hazards(explanation, text);
	add_result(plan, text);
	for (unsigned i = 0; i < sign_message_signatures(explanation->message); i++)
		g_string_append_printf(text, "\nDKIM-Signature: %s\n",
				       sign_message_signature(explanation->message, i)->value->str);
}

static void set_string(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	if (value)
		json_builder_add_string_value(builder, value);
	else
		json_builder_add_null_value(builder);
}

static void set_client(const struct sign_explanation *explanation, JsonBuilder *builder)
{
	const struct sign_client *client = explanation->client;
	g_autofree char *address =
		client->has_address ? sign_address_to_string(&client->address) : NULL;

	json_builder_set_member_name(builder, "client");
	json_builder_begin_object(builder);
	set_string(builder, "address", address);
	set_string(builder, "user", client->user);
	set_string(builder, "listener", client->listener);
	json_builder_set_member_name(builder, "local");
	json_builder_add_boolean_value(builder, client->local);
	set_string(builder, "sender", explanation->sender);
	json_builder_end_object(builder);
}

static void add_key_object(const struct dkim_signing_key *key, JsonBuilder *builder)
{
	json_builder_begin_object(builder);
	set_string(builder, "selector", key->selector);
	set_string(builder, "algorithm",
		   dkim_key_type_to_algorithm(dkim_private_key_type(key->key)));
	json_builder_set_member_name(builder, "bits");
	json_builder_add_int_value(builder, dkim_private_key_bits(key->key));
	set_string(builder, "location", key->location);
	json_builder_end_object(builder);
}

static void set_keys(const struct sign_plan *plan, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "keys");
	json_builder_begin_array(builder);
	for (unsigned i = 0; i < plan->n_keys; i++) {
		const struct sign_key_match *match = &plan->keys[i];

		json_builder_begin_object(builder);
		set_string(builder, "domain", match->set->domain);
		set_string(builder, "source", match->source);
		set_string(builder, "pattern", match->pattern);
		json_builder_set_member_name(builder, "keys");
		json_builder_begin_array(builder);
		for (guint n = 0; n < match->set->keys->len; n++)
			add_key_object(match->set->keys->pdata[n], builder);
		json_builder_end_array(builder);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static void set_hazards(const struct sign_explanation *explanation, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "survivability");
	json_builder_begin_object(builder);
	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		int action =
			sign_hazard_action(&explanation->context->settings.survivability, hazard);

		if (explanation->plan->hazards & (1u << hazard))
			set_string(builder, sign_hazard_to_string(hazard),
				   sign_survival_action_to_string(action));
	}
	json_builder_end_object(builder);
}

static void set_identity(const struct sign_plan *plan, JsonBuilder *builder)
{
	set_string(builder, "decided_by",
		   plan->identity.domain ? sign_by_to_string(plan->identity.by) : NULL);
	set_string(builder, "local_part", plan->identity.local_part);
	set_string(builder, "domain", plan->identity.domain);
	json_builder_set_member_name(builder, "sender_mismatch");
	json_builder_add_boolean_value(builder, plan->sender_mismatch);
}

static void set_result(const struct sign_explanation *explanation, JsonBuilder *builder)
{
	const struct sign_plan *plan = explanation->plan;

	set_string(builder, "result", word_for_outcome(plan->outcome));
	set_string(builder, "reason",
		   plan->reason != SIGN_REASON_NONE ? sign_reason_to_string(plan->reason) : NULL);
	set_string(builder, "error", plan->error ? plan->error->message : NULL);
	json_builder_set_member_name(builder, "signatures");
	json_builder_begin_array(builder);
	for (unsigned i = 0; i < sign_message_signatures(explanation->message); i++)
		json_builder_add_string_value(
			builder, sign_message_signature(explanation->message, i)->value->str);
	json_builder_end_array(builder);
}

void sign_explain_json(const struct sign_explanation *explanation, JsonBuilder *builder)
{
	const struct sign_plan *plan = explanation->plan;

	json_builder_begin_object(builder);
	set_client(explanation, builder);
	set_string(builder, "origin", sign_origin_to_string(plan->origin));
	json_builder_set_member_name(builder, "ours");
	json_builder_add_boolean_value(builder, sign_origin_is_ours(plan->origin));
	set_identity(plan, builder);
	set_keys(plan, builder);
	set_string(builder, "signed_fields", plan->fields->str);
	set_hazards(explanation, builder);
	set_result(explanation, builder);
	json_builder_end_object(builder);
}
