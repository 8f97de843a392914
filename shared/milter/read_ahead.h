/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_READ_AHEAD_H
#define MILLRACE_MILTER_READ_AHEAD_H

/*
 * libmilter takes each packet with three polls and two reads, and the MTA sends two packets a
 * header field: three hundred system calls for a small message. The sockets of sessions are
 * therefore read a buffer at a time, and libmilter's calls are answered from it (libc_calls.c).
 *
 * A session's calls do not overlap. Any thread may ask for any descriptor.
 */

#include <stdbool.h>
#include <sys/types.h>

struct read_ahead;

/* The socket was just accepted; its inode is given. */
void read_ahead_accept(int fd, ino_t inode);

/* A session has begun on this socket. What an earlier session on the same
 * socket left unread stays. */
void read_ahead_begin(int fd, ino_t inode);

/* The session is over; its socket is about to be closed, or serves another session. */
void read_ahead_end(int fd);

/* The buffer of a session's socket; NULL: the descriptor is none, it is to be read as it is. */
struct read_ahead *read_ahead_find(int fd);

/* Whether a session's socket has bytes that were read and not asked for. */
bool read_ahead_has_bytes(int fd);

/*
 * As read(2); `fill` is the real one. EPROTO when the bytes end a packet that libmilter must not
 * see: see packet.h.
 */
ssize_t read_ahead_read(struct read_ahead *ahead, int fd, void *bytes, size_t length,
			ssize_t (*fill)(int fd, void *bytes, size_t length));

#endif
