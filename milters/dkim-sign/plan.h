/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_PLAN_H
#define MILLRACE_DKIM_SIGN_PLAN_H

/*
 * What becomes of one message, decided at the end of its header: signed, left unsigned, refused;
 * and why, in facts from which a log line or an explanation can be made. Body and keys may
 * still change a plan to sign (see message.h). One message, one thread at a time; reused by reset.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/identity.h"
#include "milters/dkim-sign/key_ring.h"
#include "milters/dkim-sign/origin.h"
#include "milters/dkim-sign/survivability.h"
#include "shared/mail/header.h"

#define SIGN_PLAN_SETS_MAX 2u /* the address's domain and also_sign_as */

enum sign_outcome {
	SIGN_OUTCOME_SIGN,
	SIGN_OUTCOME_UNSIGNED, /* passes as it is */
	SIGN_OUTCOME_REJECT,
	SIGN_OUTCOME_TEMPFAIL,
	SIGN_OUTCOME_FAILURE, /* ours: what on_failure says */
};

enum sign_reason {
	SIGN_REASON_NONE, /* of a message that is signed */
	SIGN_REASON_NOT_OURS,
	SIGN_REASON_NULL_SENDER,
	SIGN_REASON_SENDER_MISMATCH,
	SIGN_REASON_BAD_FROM,
	SIGN_REASON_NO_DOMAIN,
	SIGN_REASON_HAZARD, /* see hazards */
	SIGN_REASON_ALREADY_SIGNED,
	SIGN_REASON_HEADER_TOO_LARGE,
	SIGN_REASON_KEY_UNUSABLE,
	SIGN_REASON_SIGNING_FAILED,
	SIGN_REASON_NOT_JUDGED, /* the MTA ended the message without ending its header */
	SIGN_REASONS
};

struct sign_plan {
	enum sign_outcome outcome;
	enum sign_reason reason;
	enum sign_origin origin;
	struct sign_identity identity; /* who decided; domain NULL: nobody */
	struct sign_key_match keys[SIGN_PLAN_SETS_MAX];
	unsigned n_keys;
	bool sender_mismatch; /* also when it is only logged */
	unsigned hazards;     /* bits 1 << enum sign_hazard */
	GString *fields;      /* h= */
	GError *error;	      /* what was wrong, or NULL */
};

/* What a plan is made from; all borrowed. */
struct sign_facts {
	const struct sign_context *context;
	const struct sign_client *client;
	const char *sender; /* reverse-path, "<a@b>" or "<>" */
	enum sign_origin at_mail;
	const struct mail_header *header;
	struct sign_survivability *survivability; /* has seen every field of the header */
};

void sign_plan_init(struct sign_plan *plan);
void sign_plan_clear(struct sign_plan *plan);
/* Until it is made the plan is a failure: what was not judged does not pass. */
void sign_plan_reset(struct sign_plan *plan);

/* Fills a plan that was reset. */
void sign_plan_make(struct sign_plan *plan, const struct sign_facts *facts);

/* Changes a plan; takes `error`, which may be NULL. */
void sign_plan_set(struct sign_plan *plan, enum sign_outcome outcome, enum sign_reason reason,
		   GError *error_take);

/* One word for logs and metrics, "no-domain"; "" for SIGN_REASON_NONE. */
const char *sign_reason_to_string(enum sign_reason reason);

#endif
