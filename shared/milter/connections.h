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
 * The session on this descriptor has begun. NULL when no such socket was accepted: the number is not
 * to be trusted, the session then has no idle control. The pointer is good until connections_remove.
 */
struct connection *connections_begin(int fd);

/* The peer has spoken. Takes NULL. */
void connection_touch(struct connection *connection);

/* The session has ended; its socket is about to be closed. Takes NULL. */
void connections_remove(struct connection *connection);

unsigned connections_count(void);

/* Shuts down every socket that was silent for `idle_seconds` and forgets those already closed; returns how many were shut. */
unsigned connections_reap(int64_t idle_seconds);

#endif
