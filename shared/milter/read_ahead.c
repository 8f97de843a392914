/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what was read from a session's socket and not yet asked for. Refuses to know packets. There
 * is at most one buffer for a descriptor number and it is never freed, so that no thread can meet a
 * dead one; a descriptor that has become something else is recognised by its inode.
 */

#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/milter/read_ahead.h"

/* Two of the pieces that Postfix writes at a time. Longer reads go past the buffer. */
#define BUFFER_SIZE 8192u
/* Descriptors from here on are read as they are. */
#define DESCRIPTORS_MAX 65536

enum state {
	OFF,
	IN_SESSION,
	LEFT_OVER /* the session is over, its socket may be another file by now */
};

struct read_ahead {
	atomic_int state; /* enum state */
	ino_t inode;
	size_t at, end; /* of what is unread */
	unsigned char bytes[BUFFER_SIZE];
};

static _Atomic(struct read_ahead *) buffers[DESCRIPTORS_MAX];

static struct read_ahead *buffer_of(int fd)
{
	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return NULL;
	return atomic_load_explicit(&buffers[fd], memory_order_acquire);
}

void read_ahead_begin(int fd, ino_t inode)
{
	struct read_ahead *ahead = buffer_of(fd);

	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return;
	if (ahead == NULL) {
		ahead = g_malloc(sizeof(*ahead));
		atomic_init(&ahead->state, OFF);
		atomic_store_explicit(&buffers[fd], ahead, memory_order_release);
	}
	if (atomic_load(&ahead->state) == OFF || ahead->inode != inode)
		ahead->at = ahead->end = 0;
	ahead->inode = inode;
	atomic_store(&ahead->state, IN_SESSION);
}

void read_ahead_end(int fd)
{
	struct read_ahead *ahead = buffer_of(fd);

	if (ahead != NULL)
		atomic_store(&ahead->state, read_ahead_is_empty(ahead) ? OFF : LEFT_OVER);
}

static bool is_still(int fd, ino_t inode)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == inode;
}

struct read_ahead *read_ahead_find(int fd)
{
	struct read_ahead *ahead = buffer_of(fd);
	int state = ahead != NULL ? atomic_load(&ahead->state) : OFF;

	if (state == IN_SESSION || (state == LEFT_OVER && is_still(fd, ahead->inode)))
		return ahead;
	return NULL;
}

bool read_ahead_is_empty(const struct read_ahead *ahead)
{
	return ahead->at == ahead->end;
}

ssize_t read_ahead_read(struct read_ahead *ahead, int fd, void *bytes, size_t length,
			ssize_t (*fill)(int fd, void *bytes, size_t length))
{
	ssize_t got;

	if (read_ahead_is_empty(ahead)) {
		if (length >= sizeof(ahead->bytes))
			return fill(fd, bytes, length);
		got = fill(fd, ahead->bytes, sizeof(ahead->bytes));
		if (got <= 0)
			return got;
		ahead->at = 0;
		ahead->end = (size_t)got;
	}
	length = MIN(length, ahead->end - ahead->at);
	memcpy(bytes, ahead->bytes + ahead->at, length);
	ahead->at += length;
	return (ssize_t)length;
}
