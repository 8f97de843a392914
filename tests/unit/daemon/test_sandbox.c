/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netdb.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/daemon/sandbox.h"

/* Runs `act` in a child that is in the sandbox; gives the child's wait status. */
static int sandboxed(int (*act)(void))
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		if (!daemon_sandbox_enter(NULL))
			_exit(200);
		_exit(act());
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	return status;
}

static int run_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static int trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int change_user(void)
{
	return setuid(getuid());
}

static int change_root(void)
{
	return chroot("/");
}

static void test_deadly(void)
{
	static const struct {
		const char *name;
		int (*act)(void);
	} cases[] = {
		{ "execve", run_program },
		{ "ptrace", trace },
		{ "setuid", change_user },
		{ "chroot", change_root },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int status = sandboxed(cases[i].act);

		g_test_message("%s", cases[i].name);
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
	}
}

static int start_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 ? errno : 0;
}

static int open_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0;
}

static int map_writable_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : 0;
}

static int make_data_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? errno : 0;
}

static void *nothing(void *unused)
{
	return unused;
}

static int start_thread(void)
{
	g_autoptr(GError) error = NULL;
	GThread *thread = g_thread_try_new("thread", nothing, NULL, &error);

	if (!thread)
		return 1;
	g_thread_join(thread);
	return 0;
}

static int open_sockets(void)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_NETLINK };

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		int fd = socket(families[i], SOCK_DGRAM, 0);

		if (fd < 0)
			return errno;
		close(fd);
	}
	return 0;
}

static int resolve_address(void)
{
	struct addrinfo *addresses = NULL;
	int status = getaddrinfo("localhost", "25", NULL, &addresses);

	if (status == 0)
		freeaddrinfo(addresses);
	return status == EAI_SYSTEM;
}

/* A module loaded later, as OpenSSL's engines are, maps its code from a file. */
static int map_code_of_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	return page == MAP_FAILED ? errno : 0;
}

static void test_outcomes(void)
{
	static const struct {
		const char *name;
		int (*act)(void);
		int code;
	} cases[] = {
		{ "a process", start_process, EPERM },
		{ "a packet socket", open_packet_socket, EAFNOSUPPORT },
		{ "memory to write and run", map_writable_code, EPERM },
		{ "data to code", make_data_code, EPERM },
		{ "a thread", start_thread, 0 },
		{ "sockets", open_sockets, 0 },
		{ "the C library's resolver", resolve_address, 0 },
		{ "a library's code", map_code_of_file, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int status = sandboxed(cases[i].act);

		g_test_message("%s", cases[i].name);
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(WEXITSTATUS(status), ==, cases[i].code);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/sandbox/deadly", test_deadly);
	g_test_add_func("/daemon/sandbox/outcomes", test_outcomes);
	return g_test_run();
}
