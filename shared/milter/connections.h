/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_CONNECTIONS_H
#define MILLRACE_MILTER_CONNECTIONS_H

/*
 * The MTA's connections: which sockets were accepted and when each last said something, so that
 * silent ones can be shut down and their number be limited. A socket is known by descriptor and
 * inode: a descriptor that was closed and reused by something else is never touched. All threads.
 */

#include <stdbool.h>
#include <stdint.h>

struct connection;

/* A socket was just accepted; forgets an older one of the same descriptor. */
void connections_add(int fd);

/*
 * A session on this descriptor has begun. NULL when no such socket was accepted: the number is not
 * to be trusted, the session then has no idle control. The pointer is good until connections_end.
 */
struct connection *connections_begin(int fd);

/*
 * The session has ended; its socket may be about to be closed, or serve another session. What is
 * closed is forgotten by connections_below and connections_reap. Takes NULL.
 */
void connections_end(struct connection *connection);

/* The peer has spoken and is being served; the answer is ready. Both take NULL. */
void connection_enter(struct connection *connection);
void connection_leave(struct connection *connection);

/*
 * A word that outlives the session, for the next one on the same socket. 0 at first and for NULL.
 */
void connection_set_steps(struct connection *connection, unsigned long steps);
unsigned long connection_steps(const struct connection *connection);

/* Whether fewer than `limit` are open. */
bool connections_below(unsigned limit);

/* Shuts down every socket that was silent for `idle_seconds`; returns how many were shut. */
unsigned connections_reap(int64_t idle_seconds);

#endif
