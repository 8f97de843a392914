/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four calls that libmilter makes through the dynamic linker, and which therefore reach the
 * definitions here before libc's:
 *
 * sigwait: libmilter's signal thread would take SIGHUP, SIGTERM and SIGINT and end the process on
 * each of them. Signals belong to shared/daemon's main thread (which uses sigtimedwait), so that
 * thread is put to sleep here, for good.
 *
 * accept: libmilter's listener spins when descriptors run out, sets no TCP_NODELAY (43 ms a
 * message over TCP), and knows no limit of connections. All three are mended where the socket
 * is born.
 *
 * read, poll: see read_ahead.h.
 *
 * Nobody else calls sigwait. The others do for everyone else, and for every descriptor that is
 * no session's socket, just what libc's do.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shared/log/event.h"
#include "shared/log/metrics.h"
#include "shared/milter/connections.h"
#include "shared/milter/libc_calls.h"
#include "shared/milter/read_ahead.h"

#define ACCEPT_PAUSE_US 50000
#define ACCEPT_LOG_SECONDS 60

#define EXPORTED __attribute__((visibility("default")))

static atomic_uint connection_limit;
static _Thread_local bool is_listener;

/* Libraries may call before main, so these look nothing up. */
static ssize_t system_read(int fd, void *bytes, size_t length)
{
	return syscall(SYS_read, fd, bytes, length);
}

static int system_poll(struct pollfd *sockets, nfds_t count, int milliseconds)
{
	struct timespec time = { .tv_sec = milliseconds / 1000,
				 .tv_nsec = milliseconds % 1000 * 1000000L };

	return (int)syscall(SYS_ppoll, sockets, count, milliseconds < 0 ? NULL : &time, NULL, 0);
}

void libc_calls_set_limit(unsigned max_connections)
{
	atomic_store(&connection_limit, max_connections);
}

EXPORTED int sigwait(const sigset_t *set, int *signal_number)
{
	(void)set;
	(void)signal_number;
	for (;;)
		pause();
}

void libc_calls_begin_listener(void)
{
	is_listener = true;
}

static bool is_exhaustion(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

/* Says it once a minute. Only libmilter's one listener thread comes here. */
static void report_refusal(const char *reason)
{
	static int64_t next_log;
	static struct log_metric *refused;
	int64_t now = g_get_monotonic_time();

	if (refused == NULL)
		refused = log_metric_register(LOG_METRIC_COUNTER,
					      "millrace_milter_accept_delayed_total",
					      "Times a new connection had to wait.", NULL);
	log_metric_add(refused, NULL, 1);
	if (now < next_log)
		return;
	next_log = now + ACCEPT_LOG_SECONDS * G_USEC_PER_SEC;
	log_line(LOG_LEVEL_WARN, "new connections have to wait: %s", reason);
}

static void wait_below_limit(void)
{
	unsigned limit;

	while ((limit = atomic_load(&connection_limit)) > 0 && !connections_below(limit)) {
		report_refusal("max_connections is reached");
		usleep(ACCEPT_PAUSE_US);
	}
}

static void adopt(int fd)
{
	int on = 1, domain = AF_UNSPEC;
	socklen_t length = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connections_add(fd);
}

/*
 * Errors of one connection that died early, which libmilter would count against the listener
 * (accept(2)).
 */
static bool is_of_the_connection(int errnum)
{
	switch (errnum) {
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case EPERM:
		return true;
	default:
		return false;
	}
}

/* libmilter goes on at once after either kind; returns what it shall find in errno. */
static int mend(int errnum)
{
	if (is_of_the_connection(errnum))
		return ECONNABORTED;
	if (is_exhaustion(errnum)) {
		report_refusal(g_strerror(errnum));
		usleep(ACCEPT_PAUSE_US);
	}
	return errnum;
}

EXPORTED int accept(int listener, __SOCKADDR_ARG address, socklen_t *restrict length)
{
	int fd;

	if (!is_listener)
		return accept4(listener, address, length, 0);
	wait_below_limit();
	fd = accept4(listener, address, length, SOCK_CLOEXEC);
	if (fd >= 0)
		adopt(fd);
	else
		errno = mend(errno);
	return fd;
}

/* Under names of their own, for libc's headers wrap these two in inline functions. */
EXPORTED ssize_t read_or_take(int fd, void *bytes, size_t length) __asm__("read");
EXPORTED int poll_or_know(struct pollfd *sockets, nfds_t count, int milliseconds) __asm__("poll");

ssize_t read_or_take(int fd, void *bytes, size_t length)
{
	struct read_ahead *ahead = read_ahead_find(fd);

	return ahead != NULL ? read_ahead_read(ahead, fd, bytes, length, system_read)
			     : system_read(fd, bytes, length);
}

int poll_or_know(struct pollfd *sockets, nfds_t count, int milliseconds)
{
	if (count != 1 || !(sockets->events & POLLIN) || !read_ahead_has_bytes(sockets->fd))
		return system_poll(sockets, count, milliseconds);
	sockets->revents = POLLIN;
	return 1;
}
