/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_REPORT_H
#define MILLRACE_DKIM_SIGN_REPORT_H

/*
 * What became of a message, said once: one log line and the metrics
 *
 *     millrace_signed_total{algorithm}       signatures made
 *     millrace_unsigned_total{reason}        messages passed without one, by rule
 *     millrace_refused_total{reason}         messages rejected or tempfailed
 *     millrace_survivability_total{kind}     messages that something ahead would change
 *
 * Labels are words of ours, so no sender can grow them. Any thread.
 */

#include "milters/dkim-sign/message.h"

/* queue_id may be NULL. `client` and `plan` are the message's. */
void sign_report_message(const char *queue_id, const struct sign_client *client,
			 const struct sign_message *message, const struct sign_plan *plan);

/* Mail that was let go at MAIL, before it had a queue id: counted, and logged for debugging. */
void sign_report_foreign(const struct sign_client *client);

#endif
