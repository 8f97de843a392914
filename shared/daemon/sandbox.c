/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which system calls a mail filter has no business making. A list of what is forbidden,
 * not of what is allowed: the libraries inside (a PKCS#11 module is anybody's code) use what
 * they like of the harmless ones, and change that with their versions. Main thread.
 */

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "shared/base/error.h"
#include "shared/daemon/sandbox.h"

/* Nobody makes these by mistake: whoever does has taken the process over. */
static const int deadly[] = {
	/* other programs, other processes */
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_getfd),
	/* the kernel */
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(open_by_handle_at),
	/* the file system's shape */
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsmount),
	SCMP_SYS(fsconfig), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(setns),
	SCMP_SYS(unshare),
	/* identity and the kernel's keyrings */
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
	SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
	SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(keyctl)
};

/* A library may try these in good faith, and copes with a refusal. */
static const int refused[] = { SCMP_SYS(fork),		 SCMP_SYS(vfork),
			       SCMP_SYS(personality),	 SCMP_SYS(acct),
			       SCMP_SYS(quotactl),	 SCMP_SYS(sethostname),
			       SCMP_SYS(setdomainname),	 SCMP_SYS(settimeofday),
			       SCMP_SYS(clock_settime),	 SCMP_SYS(clock_settime64),
			       SCMP_SYS(adjtimex),	 SCMP_SYS(clock_adjtime),
			       SCMP_SYS(syslog),	 SCMP_SYS(vhangup),
			       SCMP_SYS(mknod),		 SCMP_SYS(mknodat),
			       SCMP_SYS(fanotify_init),	 SCMP_SYS(io_uring_setup),
			       SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register) };

/* Families a filter talks in; netlink is how the C library asks for local addresses. */
static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++)
		status = seccomp_rule_add(filter, action, calls[i], 0);
	return status;
}

/* Threads, but no processes. clone3 hides its flags in memory: the C library falls back. */
static int forbid_processes(scmp_filter_ctx filter)
{
	int status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (status < 0)
		return status;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

/* No memory that can be both written and run, so that no code can be made here. */
static int forbid_made_code(scmp_filter_ctx filter)
{
	static const uint64_t both = PROT_WRITE | PROT_EXEC;
	int status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, both, both));

	if (status == 0)
		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	if (status == 0)
		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(pkey_mprotect), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	return status;
}

/* Rules of one call are alternatives: below, between and above the families allowed. */
static int forbid_families(scmp_filter_ctx filter)
{
	const uint32_t action = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int status = 0;

	for (int family = 0; family < AF_MAX && status == 0; family++) {
		bool allowed = false;

		for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
			allowed = allowed || families[i] == family;
		if (!allowed)
			status = seccomp_rule_add(filter, action, SCMP_SYS(socket), 1,
						  SCMP_A0(SCMP_CMP_EQ, (unsigned)family));
	}
	if (status < 0)
		return status;
	return seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX));
}

static int build(scmp_filter_ctx filter)
{
	int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (status == 0)
		status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (status == 0)
		status = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, G_N_ELEMENTS(deadly));
	if (status == 0)
		status = add_all(filter, SCMP_ACT_ERRNO(EPERM), refused, G_N_ELEMENTS(refused));
	if (status == 0)
		status = forbid_processes(filter);
	if (status == 0)
		status = forbid_made_code(filter);
	if (status == 0)
		status = forbid_families(filter);
	return status;
}

bool daemon_sandbox_enter(GError **ret_error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int status = filter ? build(filter) : -ENOMEM;

	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	if (status == 0)
		return true;
	return mr_error_set_errno(ret_error, -status,
				  "cannot enter the sandbox (sandbox = false does without)");
}
