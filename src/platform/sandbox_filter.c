/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a process that polls, stores and answers, as musl makes
 * them: those that strace saw in tests of polling, reloading and the sockets,
 * and for rare paths those that the linked program holds.  On another machine
 * type a call has another number or name: an #ifdef where the kernel has no old
 * form.
 *
 *	another architecture, or x32   killed: numbers mean other calls there
 *	on the list                    allowed
 *	asks for memory                ENOMEM: all memory is static
 *	anything else                  killed, the whole process, by SIGSYS
 *
 * Numbers of the list cost nothing later: the kernel keeps a bitmap of those
 * that are allowed whatever their arguments are.
 */
#include "platform/sandbox_priv.h"

#ifdef __SANITIZE_ADDRESS__

/* The address sanitizer maps memory for as long as it runs. */
enum st
sandbox_filter(bool *has_seccomp)
{
	*has_seccomp = false;
	return ST_OK;
}

#else

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define X32_BIT      0x40000000u
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture does the filter see?"
#endif

/* <linux/sockios.h>: the number of a network interface. */
#define IOCTL_GET_INTERFACE 0x8933u

/* ioctl(2)'s command is an unsigned int: the low half of its argument, which
 * comes first on both machines. */
/* clang-format off */
#define SECOND_ARGUMENT \
	(offsetof(struct seccomp_data, args) + sizeof(uint64_t))

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define END(action)  BPF_STMT(BPF_RET | BPF_K, action)

/* The next instruction only when equal, at least, not equal. */
#define IF(value)          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1)
#define IF_AT_LEAST(value) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1)
#define IF_NOT(value)      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0)

#define ALLOW(name)     IF(__NR_##name), END(SECCOMP_RET_ALLOW)
#define NO_MEMORY(name) IF(__NR_##name), END(SECCOMP_RET_ERRNO | ENOMEM)

static const struct sock_filter FILTER[] = {
	LOAD(offsetof(struct seccomp_data, arch)),
	IF_NOT(ARCHITECTURE), END(SECCOMP_RET_KILL_PROCESS),
	LOAD(offsetof(struct seccomp_data, nr)),
#ifdef X32_BIT
	IF_AT_LEAST(X32_BIT), END(SECCOMP_RET_KILL_PROCESS),
#endif

	/* Descriptors: store, sinks, log, connections. */
	ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev),
	ALLOW(pread64), ALLOW(pwrite64), ALLOW(lseek), ALLOW(close),
	ALLOW(fcntl), ALLOW(fstat),

	/* Files, within what Landlock leaves: the store, secrets and sinks are
	 * locked, synced, cut, given modes and (SQLite) owners. */
	ALLOW(flock), ALLOW(fsync), ALLOW(fdatasync), ALLOW(ftruncate),
	ALLOW(fchmod), ALLOW(fchown), ALLOW(umask), ALLOW(getdents64),
	ALLOW(getcwd), ALLOW(openat), ALLOW(newfstatat),
#ifdef __NR_open
	ALLOW(open), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink),
	ALLOW(rename), ALLOW(unlink), ALLOW(mkdir), ALLOW(rmdir),
#else
	ALLOW(faccessat), ALLOW(readlinkat), ALLOW(renameat), ALLOW(unlinkat),
	ALLOW(mkdirat),
#endif

	/* Servers, name servers, peers of the control sockets. */
	ALLOW(socket), ALLOW(connect), ALLOW(bind), ALLOW(listen),
	ALLOW(accept4), ALLOW(sendto), ALLOW(recvfrom), ALLOW(shutdown),
	ALLOW(getsockopt), ALLOW(setsockopt),
	ALLOW(getsockname), ALLOW(getpeername),

	/* Waiting, and being woken; restart_syscall goes on with a wait after
	 * the process was stopped for a while. */
	ALLOW(eventfd2), ALLOW(ppoll), ALLOW(pselect6),
#ifdef __NR_poll
	ALLOW(poll), ALLOW(select),
#endif
	ALLOW(nanosleep), ALLOW(clock_nanosleep), ALLOW(restart_syscall),

	/* Time, where the vDSO cannot tell it. */
	ALLOW(clock_gettime), ALLOW(gettimeofday),

	/* Randomness; the page of the vault after a new configuration. */
	ALLOW(getrandom), ALLOW(madvise), ALLOW(mlock),

	/* What SQLite and c-ares ask about process and host. */
	ALLOW(getpid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid),
	ALLOW(getegid), ALLOW(uname),

	/* Signals: none is handled, one is ignored. */
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn),

	ALLOW(exit), ALLOW(exit_group),

	NO_MEMORY(brk), NO_MEMORY(mmap), NO_MEMORY(mremap),

	/* Of ioctl only: a socket does not block (libcurl, c-ares); the number
	 * of an interface, for a name server like fe80::1%eth0; the width of a
	 * terminal. */
	IF_NOT(__NR_ioctl), END(SECCOMP_RET_KILL_PROCESS),
	LOAD(SECOND_ARGUMENT),
	IF(FIONBIO), END(SECCOMP_RET_ALLOW),
	IF(IOCTL_GET_INTERFACE), END(SECCOMP_RET_ALLOW),
	IF(TIOCGWINSZ), END(SECCOMP_RET_ALLOW),

	END(SECCOMP_RET_KILL_PROCESS),
};
/* clang-format on */

enum st
sandbox_filter(bool *has_seccomp)
{
	/* The kernel only reads; its type is older than const. */
	const struct sock_fprog program = {
		.len = sizeof FILTER / sizeof FILTER[0],
		.filter = (struct sock_filter *)(uintptr_t)FILTER,
	};

	if (prctl(PR_SET_SECCOMP, (unsigned long)SECCOMP_MODE_FILTER, &program,
		0UL, 0UL) != 0)
		return ST_IO;
	*has_seccomp = true;
	return ST_OK;
}

#endif
