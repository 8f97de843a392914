/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what was read from a session's socket and not yet asked for. What a packet may hold is
 * packet.c's to know. There is at most one buffer for a descriptor number and it is never freed, so
 * that no thread can meet a dead one; a descriptor that has become something else is recognised by
 * its inode.
 */

#include <errno.h>
#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/log/event.h"
#include "shared/milter/packet.h"
#include "shared/milter/read_ahead.h"

/* Two of the pieces that Postfix writes at a time. Longer reads go past the buffer. */
#define BUFFER_SIZE 8192u
/* Descriptors from here on are read as they are. */
#define DESCRIPTORS_MAX 65536

enum state {
	OFF,
	IN_SESSION,
	BETWEEN /* no session yet or any more, the socket may be another file by now */
};

struct read_ahead {
	atomic_int state; /* enum state */
	ino_t inode;
	size_t at, end; /* of what is unread */
	struct packet packet;
	unsigned char bytes[BUFFER_SIZE];
};

static _Atomic(struct read_ahead *) buffers[DESCRIPTORS_MAX];

static struct read_ahead *buffer_of(int fd)
{
	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return NULL;
	return atomic_load_explicit(&buffers[fd], memory_order_acquire);
}

/* NULL: the descriptor is none, or too large. */
static struct read_ahead *buffer_for(int fd)
{
	struct read_ahead *ahead = buffer_of(fd);

	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return NULL;
	if (ahead == NULL) {
		ahead = g_malloc(sizeof(*ahead));
		atomic_init(&ahead->state, OFF);
		atomic_store_explicit(&buffers[fd], ahead, memory_order_release);
	}
	return ahead;
}

static void begin_anew(struct read_ahead *ahead, ino_t inode)
{
	ahead->at = ahead->end = 0;
	memset(&ahead->packet, 0, sizeof(ahead->packet));
	ahead->inode = inode;
}

void read_ahead_accept(int fd, ino_t inode)
{
	struct read_ahead *ahead = buffer_for(fd);

	if (ahead == NULL)
		return;
	(void)atomic_load(&ahead->state); /* see release */
	begin_anew(ahead, inode);
	atomic_store(&ahead->state, BETWEEN);
}

void read_ahead_begin(int fd, ino_t inode)
{
	struct read_ahead *ahead = buffer_for(fd);

	if (ahead == NULL)
		return;
	if (atomic_load(&ahead->state) == OFF || ahead->inode != inode)
		begin_anew(ahead, inode);
	atomic_store(&ahead->state, IN_SESSION);
}

void read_ahead_end(int fd)
{
	struct read_ahead *ahead = buffer_of(fd);

	if (ahead != NULL)
		atomic_store(&ahead->state, BETWEEN);
}

static bool is_still(int fd, ino_t inode)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == inode;
}

/*
 * A socket that never had a session is closed without a word to this module. The descriptor's next
 * owner comes after its last reader all the same; this lets the memory model know.
 */
static void release(struct read_ahead *ahead)
{
	int between = BETWEEN;

	atomic_compare_exchange_strong(&ahead->state, &between, BETWEEN);
}

struct read_ahead *read_ahead_find(int fd)
{
	struct read_ahead *ahead = buffer_of(fd);
	int state = ahead != NULL ? atomic_load(&ahead->state) : OFF;
	bool found = state == IN_SESSION || (state == BETWEEN && is_still(fd, ahead->inode));

	if (state == BETWEEN)
		release(ahead);
	return found ? ahead : NULL;
}

static bool is_empty(const struct read_ahead *ahead)
{
	return ahead->at == ahead->end;
}

bool read_ahead_has_bytes(int fd)
{
	struct read_ahead *ahead = read_ahead_find(fd);
	bool has = ahead != NULL && !is_empty(ahead);

	if (ahead != NULL)
		release(ahead);
	return has;
}

static ssize_t take(struct read_ahead *ahead, int fd, void *bytes, size_t length,
		    ssize_t (*fill)(int fd, void *bytes, size_t length))
{
	ssize_t got;

	if (is_empty(ahead)) {
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

ssize_t read_ahead_read(struct read_ahead *ahead, int fd, void *bytes, size_t length,
			ssize_t (*fill)(int fd, void *bytes, size_t length))
{
	ssize_t got = take(ahead, fd, bytes, length, fill);
	bool good = got <= 0 || packet_take(&ahead->packet, bytes, (size_t)got);

	release(ahead);
	if (good)
		return got;
	log_line(LOG_LEVEL_WARN, "a peer sent macros that are no pairs of name and value: "
				 "its connection is closed");
	errno = EPROTO;
	return -1;
}
