/* SPDX-License-Identifier: MIT */
/*
 * measure.c - run a command and keep what the kernel knows of it at its end.
 *
 *   measure DIR COMMAND ARGUMENT...
 *
 * The command is stopped where it exits, while its memory is still mapped:
 * DIR/status and DIR/smaps are copies of its files in /proc at that moment, so
 * that no peak is missed and nothing is sampled.  Until then it is not stopped
 * and runs at full speed.  DIR/usage holds, in this order: user and system time
 * and wall time in microseconds, and the exit code (128 and more: a signal).
 * Exit 0 when all of that was written.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 512

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* /proc/PID/NAME to DIR/NAME. */
static void
keep(const char *dir, pid_t pid, const char *name)
{
	char path[PATH_BYTES], block[4096];
	ssize_t n;
	int in, out;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		fail(path);
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		fail(path);
	while ((n = read(in, block, sizeof block)) > 0)
		if (write(out, block, (size_t)n) != n)
			fail(path);
	if (n < 0)
		fail(name);
	close(in);
	close(out);
}

static int64_t
now_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		fail("clock_gettime");
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The child: wait to be watched, then become the command. */
static _Noreturn void
become(char **command)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		fail("ptrace");
	execv(command[0], command);
	fail(command[0]);
	abort();
}

/* What to do at a stop of the command; the signal to go on with. */
static int
at_stop(const char *dir, pid_t pid, int status, bool *begun)
{
	const uintptr_t options = PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;

	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
		keep(dir, pid, "status");
		keep(dir, pid, "smaps");
		return 0;
	}
	if (*begun)
		return WSTOPSIG(status);
	/* the stop after execve */
	*begun = true;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) != 0)
		fail("ptrace");
	return 0;
}

static int64_t
in_us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void
write_usage(
    const char *dir, const struct rusage *usage, int64_t wall_us, int status)
{
	char path[PATH_BYTES];
	FILE *out;

	(void)snprintf(path, sizeof path, "%s/usage", dir);
	out = fopen(path, "w");
	if (out == NULL)
		fail(path);
	fprintf(out, "%jd %jd %jd %d\n", (intmax_t)in_us(usage->ru_utime),
	    (intmax_t)in_us(usage->ru_stime), (intmax_t)wall_us,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (fclose(out) != 0)
		fail(path);
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	int64_t from = now_us();
	bool begun = false;
	int status = 0;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: measure DIR COMMAND [ARGUMENT...]\n", stderr);
		return 64;
	}
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		become(argv + 2);
	for (;;) {
		int sig;

		if (wait4(pid, &status, 0, &usage) != pid)
			fail("wait4");
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		sig = at_stop(argv[1], pid, status, &begun);
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig) != 0)
			fail("ptrace");
	}
	write_usage(argv[1], &usage, now_us() - from, status);
	return 0;
}
