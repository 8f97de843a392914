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

struct connection {
	int fd;
	ino_t inode;
	bool in_session; /* libmilter tells when it ends; before that only the descriptor does */
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

void connections_add(int fd)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->fd = fd;
	if (!socket_inode(fd, &connection->inode)) {
		g_free(connection);
		return;
	}
	atomic_store(&connection->last_heard, g_get_monotonic_time());
	g_hash_table_replace(locked_table(), GINT_TO_POINTER(fd), connection);
	g_mutex_unlock(&table.lock);
}

struct connection *connections_begin(int fd)
{
	struct connection *connection;
	ino_t inode;

	connection = g_hash_table_lookup(locked_table(), GINT_TO_POINTER(fd));
	if (connection != NULL && socket_inode(fd, &inode) && inode == connection->inode)
		connection->in_session = true;
	else
		connection = NULL;
	g_mutex_unlock(&table.lock);
	return connection;
}

void connection_touch(struct connection *connection)
{
	if (connection != NULL)
		atomic_store_explicit(&connection->last_heard, g_get_monotonic_time(),
				      memory_order_relaxed);
}

void connections_remove(struct connection *connection)
{
	if (connection == NULL)
		return;
	g_hash_table_remove(locked_table(), GINT_TO_POINTER(connection->fd));
	g_mutex_unlock(&table.lock);
}

unsigned connections_count(void)
{
	unsigned count = g_hash_table_size(locked_table());

	g_mutex_unlock(&table.lock);
	return count;
}

static bool is_gone(const struct connection *connection)
{
	ino_t inode;

	return !socket_inode(connection->fd, &inode) || inode != connection->inode;
}

unsigned connections_reap(int64_t idle_seconds)
{
	int64_t oldest = g_get_monotonic_time() - idle_seconds * G_USEC_PER_SEC;
	struct connection *connection;
	GHashTableIter iterator;
	unsigned shut = 0;

	g_hash_table_iter_init(&iterator, locked_table());
	while (g_hash_table_iter_next(&iterator, NULL, (void **)&connection)) {
		if (!connection->in_session && is_gone(connection)) {
			g_hash_table_iter_remove(&iterator);
		} else if (atomic_load(&connection->last_heard) < oldest && !is_gone(connection)) {
			shutdown(connection->fd, SHUT_RDWR);
			atomic_store(&connection->last_heard, g_get_monotonic_time());
			shut++;
		}
	}
	g_mutex_unlock(&table.lock);
	return shut;
}
