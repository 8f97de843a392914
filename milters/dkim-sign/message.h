/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_MESSAGE_H
#define MILLRACE_DKIM_SIGN_MESSAGE_H

/*
 * One message from MAIL to its end, without a milter in sight: facts go in, a plan and the
 * values of DKIM-Signature fields come out. The daemon and `millrace sign` both use it.
 *
 *     sign_message_begin(message, context, &client, "<a@b>");
 *     sign_message_header(message, name, value);             each field
 *     plan = sign_message_end_of_header(message);
 *     sign_message_body(message, chunk, length);             any number
 *     plan = sign_message_finish(message);
 *     for (i = 0; i < sign_message_signatures(message); i++) sign_message_signature(message, i)
 *     sign_message_reset(message);
 *
 * Memory does not depend on the body's size. One thread at a time; reused by reset.
 */

#include <stdbool.h>
#include <stddef.h>

#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/plan.h"
#include "shared/base/auto.h"
#include "shared/base/reader.h"

struct sign_message;

struct sign_message *sign_message_new(void);
void sign_message_free(struct sign_message *message);
MR_DEFINE_AUTO(sign_message, sign_message_free)
void sign_message_reset(struct sign_message *message);

/*
 * The envelope. Context and the strings of `client` and `sender` are borrowed until reset. What
 * comes back is the origin as far as it is known at MAIL: SIGN_ORIGIN_FOREIGN is final.
 */
enum sign_origin sign_message_begin(struct sign_message *message,
				    const struct sign_context *context,
				    const struct sign_client *client, const char *sender);
/* As received: see struct mail_field. */
void sign_message_header(struct sign_message *message, struct slice name, struct slice value);
/* The plan belongs to the message and is good until reset. */
const struct sign_plan *sign_message_end_of_header(struct sign_message *message);
void sign_message_body(struct sign_message *message, const unsigned char *chunk, size_t length);
/* The final plan; when it is to sign, there is at least one signature. */
const struct sign_plan *sign_message_finish(struct sign_message *message);

/* The signatures could not be put into the message: the plan becomes a failure. Takes `error`. */
void sign_message_fail(struct sign_message *message, GError *error_take);

struct sign_result {
	const char *domain, *selector, *algorithm;
	GString *value; /* of the DKIM-Signature field, folded with LF */
};
/* In the order in which they stand in the message from top to bottom. */
unsigned sign_message_signatures(const struct sign_message *message);
const struct sign_result *sign_message_signature(const struct sign_message *message,
						 unsigned index);

#endif
