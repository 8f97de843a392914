/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/milter/connections.h"

struct pair {
	int ours, theirs;
};

static struct pair connect_pair(void)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
	connections_add(fds[0]);
	return (struct pair){ fds[0], fds[1] };
}

static void close_pair(struct pair pair)
{
	close(pair.ours);
	close(pair.theirs);
	g_assert_cmpuint(connections_reap(G_MAXINT32), ==, 0);
	g_assert_true(connections_below(1));
}

static bool is_shut(struct pair pair)
{
	char byte;

	return recv(pair.theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

/* A time-out that everything has passed. */
#define AT_ONCE (-1)

static void test_silent_is_shut(void)
{
	struct pair pair = connect_pair();

	g_assert_cmpuint(connections_reap(60), ==, 0);
	g_assert_false(is_shut(pair));
	g_assert_cmpuint(connections_reap(AT_ONCE), ==, 1);
	g_assert_true(is_shut(pair));
	close_pair(pair);
}

static void test_served_is_not_silent(void)
{
	struct pair pair = connect_pair();
	struct connection *connection = connections_begin(pair.ours);

	g_assert_nonnull(connection);
	connection_enter(connection);
	g_assert_cmpuint(connections_reap(AT_ONCE), ==, 0);
	connection_leave(connection);
	g_assert_cmpuint(connections_reap(AT_ONCE), ==, 1);
	connections_end(connection);
	close_pair(pair);
}

static void test_reused_descriptor_is_left_alone(void)
{
	struct pair pair = connect_pair();
	int others[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, others), ==, 0);
	g_assert_cmpint(dup2(others[0], pair.ours), ==, pair.ours);
	g_assert_null(connections_begin(pair.ours));
	g_assert_cmpuint(connections_reap(AT_ONCE), ==, 0);
	g_assert_false(is_shut((struct pair){ others[0], others[1] }));
	close(others[0]);
	close(others[1]);
	close_pair(pair);
}

static void test_number_of_a_stranger_is_not_trusted(void)
{
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_null(connections_begin(-1));
	g_assert_null(connections_begin(fds[0]));
	connections_add(fds[0]);
	g_assert_null(connections_begin(fds[0]));
	close(fds[0]);
	close(fds[1]);
}

static void test_steps_outlive_a_session(void)
{
	struct pair pair = connect_pair();
	struct connection *connection = connections_begin(pair.ours);

	g_assert_cmpuint(connection_steps(connection), ==, 0);
	connection_set_steps(connection, 0x80);
	connections_end(connection);
	g_assert_cmpuint(connection_steps(connections_begin(pair.ours)), ==, 0x80);
	connections_end(connection);
	close_pair(pair);
	g_assert_cmpuint(connection_steps(NULL), ==, 0);
}

static void test_limit_counts_the_open(void)
{
	struct pair first = connect_pair(), second = connect_pair();

	g_assert_false(connections_below(2));
	g_assert_true(connections_below(3));
	close(first.ours);
	g_assert_true(connections_below(2));
	close(first.theirs);
	close_pair(second);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/milter/connections/silent", test_silent_is_shut);
	g_test_add_func("/milter/connections/served", test_served_is_not_silent);
	g_test_add_func("/milter/connections/reused", test_reused_descriptor_is_left_alone);
	g_test_add_func("/milter/connections/stranger", test_number_of_a_stranger_is_not_trusted);
	g_test_add_func("/milter/connections/steps", test_steps_outlive_a_session);
	g_test_add_func("/milter/connections/limit", test_limit_counts_the_open);
	return g_test_run();
}
