/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/milter/libc_calls.h"
#include "shared/milter/read_ahead.h"

static unsigned fills;

static ssize_t count_and_read(int fd, void *bytes, size_t length)
{
	fills++;
	return syscall(SYS_read, fd, bytes, length);
}

struct pair {
	int ours, theirs;
};

static ino_t inode_of(int fd)
{
	struct stat status;

	g_assert_cmpint(fstat(fd, &status), ==, 0);
	return status.st_ino;
}

static struct pair connect_pair(void)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), ==, 0);
	fills = 0;
	return (struct pair){ fds[0], fds[1] };
}

static struct pair connect_session(void)
{
	struct pair pair = connect_pair();

	read_ahead_begin(pair.ours, inode_of(pair.ours));
	return pair;
}

static void close_pair(struct pair pair)
{
	read_ahead_end(pair.ours);
	close(pair.ours);
	close(pair.theirs);
}

static void send_text(struct pair pair, const char *text)
{
	g_assert_cmpint(write(pair.theirs, text, strlen(text)), ==, strlen(text));
}

static void assert_reads(struct pair pair, size_t most, const char *expected)
{
	char bytes[100] = "";
	struct read_ahead *ahead = read_ahead_find(pair.ours);

	g_assert_nonnull(ahead);
	g_assert_cmpint(read_ahead_read(ahead, pair.ours, bytes, most, count_and_read), ==,
			strlen(expected));
	g_assert_cmpstr(bytes, ==, expected);
}

static void test_small_reads_cost_one(void)
{
	struct pair pair = connect_session();

	send_text(pair, "abcdefgh");
	assert_reads(pair, 3, "abc");
	assert_reads(pair, 1, "d");
	assert_reads(pair, 50, "efgh");
	g_assert_cmpuint(fills, ==, 1);
	g_assert_false(read_ahead_has_bytes(pair.ours));
	close_pair(pair);
}

static void test_large_reads_go_straight(void)
{
	static unsigned char bytes[70000];
	struct pair pair = connect_session();
	struct read_ahead *ahead = read_ahead_find(pair.ours);

	send_text(pair, "abcdefgh");
	g_assert_cmpint(read_ahead_read(ahead, pair.ours, bytes, sizeof(bytes), count_and_read), ==,
			8);
	g_assert_false(read_ahead_has_bytes(pair.ours));
	close_pair(pair);
}

static void test_end_and_error_are_told(void)
{
	struct pair pair = connect_session();
	struct read_ahead *ahead = read_ahead_find(pair.ours);
	char byte;

	g_assert_cmpint(read_ahead_read(ahead, pair.ours, &byte, 1, count_and_read), ==, -1);
	g_assert_cmpint(errno, ==, EAGAIN);
	send_text(pair, "a");
	shutdown(pair.theirs, SHUT_WR);
	assert_reads(pair, 2, "a");
	g_assert_cmpint(read_ahead_read(ahead, pair.ours, &byte, 1, count_and_read), ==, 0);
	close_pair(pair);
}

static void test_what_is_left_waits_for_the_next_session(void)
{
	struct pair pair = connect_session();

	send_text(pair, "one two");
	assert_reads(pair, 4, "one ");
	read_ahead_end(pair.ours);
	assert_reads(pair, 1, "t");
	read_ahead_begin(pair.ours, inode_of(pair.ours));
	assert_reads(pair, 10, "wo");
	close_pair(pair);
}

static void test_what_is_left_is_not_another_file_s(void)
{
	struct pair pair = connect_session(), other = connect_pair();

	send_text(pair, "left over");
	assert_reads(pair, 4, "left");
	read_ahead_end(pair.ours);
	g_assert_cmpint(dup2(other.ours, pair.ours), ==, pair.ours);
	g_assert_null(read_ahead_find(pair.ours));
	read_ahead_begin(pair.ours, inode_of(pair.ours));
	send_text(other, "new");
	assert_reads(pair, 10, "new");
	close_pair(pair);
	close_pair(other);
}

static void test_strangers_have_no_buffer(void)
{
	struct pair pair = connect_pair();

	g_assert_null(read_ahead_find(-1));
	g_assert_null(read_ahead_find(G_MAXINT));
	read_ahead_begin(G_MAXINT, 1);
	read_ahead_end(G_MAXINT);
	g_assert_null(read_ahead_find(G_MAXINT));
	g_assert_null(read_ahead_find(pair.ours));
	close_pair(pair);
}

/* The process's own read and poll, which libmilter calls. */
static void test_read_and_poll_know_the_buffer(void)
{
	struct pair pair = connect_session();
	struct pollfd ours = { .fd = pair.ours, .events = POLLIN };
	char bytes[10];

	libc_calls_set_limit(0); /* brings libc_calls.c in, as the engine does */
	g_assert_cmpint(poll(&ours, 1, 0), ==, 0);
	send_text(pair, "ab");
	g_assert_cmpint(poll(&ours, 1, -1), ==, 1);
	g_assert_cmpint(read(pair.ours, bytes, 1), ==, 1);
	ours.revents = 0;
	g_assert_cmpint(poll(&ours, 1, 0), ==, 1); /* the kernel has nothing more */
	g_assert_cmpint(ours.revents, ==, POLLIN);
	g_assert_cmpint(read(pair.ours, bytes, sizeof(bytes)), ==, 1);
	g_assert_cmpint(bytes[0], ==, 'b');
	g_assert_cmpint(poll(&ours, 1, 10), ==, 0);
	close_pair(pair);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/milter/read-ahead/small", test_small_reads_cost_one);
	g_test_add_func("/milter/read-ahead/large", test_large_reads_go_straight);
	g_test_add_func("/milter/read-ahead/end", test_end_and_error_are_told);
	g_test_add_func("/milter/read-ahead/next-session",
			test_what_is_left_waits_for_the_next_session);
	g_test_add_func("/milter/read-ahead/another-file", test_what_is_left_is_not_another_file_s);
	g_test_add_func("/milter/read-ahead/strangers", test_strangers_have_no_buffer);
	g_test_add_func("/milter/read-ahead/libc", test_read_and_poll_know_the_buffer);
	return g_test_run();
}
