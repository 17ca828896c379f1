/* SPDX-License-Identifier: MIT */
/*
 * sandbox_probe.c - the product's sandbox from inside, and around it.
 *
 *   call STATE NUMBER LAST SECOND  each system call from NUMBER to LAST, in a
 *                                  sandboxed child of its own, with SECOND as
 *                                  its second argument and otherwise zeros
 *   i386 STATE                     getpid by the entry of 32-bit programs
 *   open STATE PATH...             for reading, sandboxed
 *   fail NUMBER FIRST ERRNO COMMAND...
 *                                  become COMMAND, for which this system call
 *                                  fails; FIRST: only with that first argument,
 *                                  or -1 for any
 *
 * A call is answered by "NUMBER signal N", or "NUMBER exit ERRNO" (0 when it
 * succeeded); a path by "ERRNO PATH".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "platform/file.h"

/* A call that waits for ever is one that was allowed. */
#define CALL_SECONDS 1

static struct app app;

static void
enter(const char *state)
{
	app.options.command = "run";
	app.config = &app.configs[0];
	if (span_to_str(span_str(state), app.options.state,
		sizeof app.options.state) != ST_OK ||
	    file_path(app.options.config, span_str(state),
		SPAN_LIT("config.json")) != ST_OK)
		exit(2);
	app_socket_paths(&app, false);
	if (app_enter_sandbox(&app, false) != EXIT_DONE)
		exit(3);
}

static void
report(long number, pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		exit(4);
	if (WIFSIGNALED(status))
		printf("%ld signal %d\n", number, WTERMSIG(status));
	else
		printf("%ld exit %d\n", number, WEXITSTATUS(status));
	(void)fflush(stdout);
}

static void
call(const char *state, long number, long second)
{
	pid_t child = fork();

	if (child < 0)
		exit(4);
	if (child == 0) {
		(void)alarm(CALL_SECONDS);
		enter(state);
		_exit(syscall(number, 0L, second, 0L, 0L, 0L, 0L) == -1 ?
			errno :
			0);
	}
	report(number, child);
}

static void
call_i386(const char *state)
{
	pid_t child = fork();

	if (child < 0)
		exit(4);
	if (child == 0) {
		enter(state);
#ifdef __x86_64__
		long result = 20; /* getpid */

		__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
#endif
		_exit(0);
	}
	report(20, child);
}

static void
open_paths(char **paths)
{
	for (; *paths != NULL; paths++) {
		int fd = open(*paths, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		printf("%d %s\n", fd < 0 ? errno : 0, *paths);
		if (fd >= 0)
			close(fd);
	}
}

/* The low half of the first argument suffices to tell them apart. */
static void
become(char **words)
{
	uint32_t number = (uint32_t)strtoul(words[0], NULL, 10);
	bool is_any = strcmp(words[1], "-1") == 0;
	uint32_t first = (uint32_t)strtoul(words[1], NULL, 10);
	uint32_t error = (uint32_t)strtoul(words[2], NULL, 10);
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | (is_any ? BPF_JGE : BPF_JEQ) | BPF_K,
		    is_any ? 0 : first, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof filter / sizeof filter[0],
		.filter = filter,
	};

	if (prctl(PR_SET_SECCOMP, (unsigned long)SECCOMP_MODE_FILTER, &program,
		0UL, 0UL) != 0) {
		perror("seccomp");
		exit(4);
	}
	execv(words[3], words + 3);
	perror(words[3]);
	exit(4);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	static char room[BUFSIZ];

	/* Else musl asks whether it is a terminal: a call that ends us. */
	(void)setvbuf(stdout, room, _IOLBF, sizeof room);
	if (strcmp(verb, "call") == 0 && argc == 6) {
		long last = strtol(argv[4], NULL, 10);

		for (long n = strtol(argv[3], NULL, 10); n <= last; n++)
			call(argv[2], n, strtol(argv[5], NULL, 10));
	} else if (strcmp(verb, "i386") == 0)
		call_i386(argv[2]);
	else if (strcmp(verb, "open") == 0) {
		enter(argv[2]);
		open_paths(argv + 3);
	} else if (strcmp(verb, "fail") == 0 && argc > 5)
		become(argv + 2);
	else {
		(void)fputs("usage: see sandbox_probe.c\n", stderr);
		return 64;
	}
	return 0;
}
