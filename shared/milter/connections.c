/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the accepted sockets. Refuses to know what is said over them. libmilter looks at idle
 * sessions only every ten minutes; a socket that is shut down here ends its session there, by an
 * ordinary end of file. The table is the process's, as the listener is; all threads.
 */

#include <glib.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "shared/milter/connections.h"
#include "shared/milter/read_ahead.h"

struct connection {
	int fd;
	ino_t inode;
	bool in_session;     /* the entry is in use: not to be freed; under the table's lock */
	unsigned long steps; /* the session's thread only */
	atomic_bool served;  /* a callback is running: whoever is silent now, it is not the peer */
	_Atomic int64_t last_heard; /* monotonic microseconds */
};

static struct {
	GMutex lock;
	GHashTable *by_fd; /* GINT_TO_POINTER(fd) -> struct connection, owned */
} table;

static GHashTable *locked_table(void)
{
	g_mutex_lock(&table.lock);
	if (table.by_fd == NULL)
		table.by_fd = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return table.by_fd;
}

static bool socket_inode(int fd, ino_t *ret_inode)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode))
		return false;
	*ret_inode = status.st_ino;
	return true;
}

static bool is_gone(const struct connection *connection)
{
	ino_t inode;

	return !socket_inode(connection->fd, &inode) || inode != connection->inode;
}

static void mark_heard(struct connection *connection)
{
	atomic_store_explicit(&connection->last_heard, g_get_monotonic_time(),
			      memory_order_relaxed);
}

void connections_add(int fd)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->fd = fd;
	if (!socket_inode(fd, &connection->inode)) {
		g_free(connection);
		return;
	}
	mark_heard(connection);
	read_ahead_accept(fd, connection->inode);
	g_hash_table_replace(locked_table(), GINT_TO_POINTER(fd), connection);
	g_mutex_unlock(&table.lock);
}

struct connection *connections_begin(int fd)
{
	struct connection *connection;

	connection = g_hash_table_lookup(locked_table(), GINT_TO_POINTER(fd));
	if (connection != NULL && is_gone(connection))
		connection = NULL;
	if (connection != NULL) {
		connection->in_session = true;
		read_ahead_begin(fd, connection->inode);
	}
	g_mutex_unlock(&table.lock);
	return connection;
}

void connections_end(struct connection *connection)
{
	if (connection == NULL)
		return;
	g_mutex_lock(&table.lock);
	connection->in_session = false;
	read_ahead_end(connection->fd);
	mark_heard(connection);
	atomic_store(&connection->served, false);
	g_mutex_unlock(&table.lock);
}

void connection_enter(struct connection *connection)
{
	if (connection != NULL)
		atomic_store_explicit(&connection->served, true, memory_order_relaxed);
}

void connection_leave(struct connection *connection)
{
	if (connection == NULL)
		return;
	mark_heard(connection);
	atomic_store_explicit(&connection->served, false, memory_order_release);
}

void connection_set_steps(struct connection *connection, unsigned long steps)
{
	if (connection != NULL)
		connection->steps = steps;
}

unsigned long connection_steps(const struct connection *connection)
{
	return connection != NULL ? connection->steps : 0;
}

static gboolean is_forgettable(gpointer fd, gpointer value, gpointer unused)
{
	const struct connection *connection = value;

	(void)fd;
	(void)unused;
	return !connection->in_session && is_gone(connection);
}

bool connections_below(unsigned limit)
{
	GHashTable *by_fd = locked_table();
	bool below = g_hash_table_size(by_fd) < limit;

	if (!below) {
		g_hash_table_foreach_remove(by_fd, is_forgettable, NULL);
		below = g_hash_table_size(by_fd) < limit;
	}
	g_mutex_unlock(&table.lock);
	return below;
}

static bool was_silent_since(struct connection *connection, int64_t then)
{
	return !atomic_load_explicit(&connection->served, memory_order_acquire) &&
	       atomic_load_explicit(&connection->last_heard, memory_order_relaxed) < then;
}

/*
 * A session's socket is closed only after connections_end, which waits for the lock: it cannot
 * change between the look at the inode and the shutdown.
 */
unsigned connections_reap(int64_t idle_seconds)
{
	int64_t then = g_get_monotonic_time() - idle_seconds * G_USEC_PER_SEC;
	struct connection *connection;
	GHashTableIter iterator;
	unsigned shut = 0;

	g_hash_table_iter_init(&iterator, locked_table());
	while (g_hash_table_iter_next(&iterator, NULL, (void **)&connection)) {
		if (!was_silent_since(connection, then) || is_gone(connection))
			continue;
		shutdown(connection->fd, SHUT_RDWR);
		mark_heard(connection);
		shut++;
	}
	g_hash_table_foreach_remove(table.by_fd, is_forgettable, NULL);
	g_mutex_unlock(&table.lock);
	return shut;
}
