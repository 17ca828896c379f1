/* SPDX-License-Identifier: MIT */
/* What a command makes of each answer of the daemon. */
#define _GNU_SOURCE

#include "command/command_ask.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

static struct scratch at;
static struct app app;
static pid_t server;

static void
begin(void)
{
	scratch_make(&at);
	snprintf(app.control_path, sizeof app.control_path, "%s/s", at.dir);
}

static void
finish(void)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	scratch_remove(&at);
}

TestSuite(command_ask, .init = begin, .fini = finish);

/* A daemon that gives this one answer. */
static void
start(const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char text[1000];

	strcpy(address.sun_path, app.control_path);
	unlink(app.control_path);
	cr_assert_eq(
	    bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listener, 1), 0);
	server = fork();
	if (server == 0) {
		fd = accept(listener, NULL, NULL);
		if (recv(fd, text, sizeof text, 0) > 0)
			send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		_exit(0);
	}
	close(listener);
}

static int
answered(const char *status, const char *body, struct command_ask *ask)
{
	char text[8192];
	int code;

	snprintf(text, sizeof text,
	    "HTTP/1.1 %s X\r\nTransfer-Encoding: chunked\r\nETag: \"7\"\r\n"
	    "\r\n%zx\r\n%s\r\n0\r\n\r\n",
	    status, strlen(body), body);
	start(text);
	code = command_ask(&app, "doing", ask);
	waitpid(server, NULL, 0);
	server = 0;
	return code;
}

/* What it says on stderr while `answered` runs. */
static const char *
said(const char *status, const char *body, struct command_ask *ask, int *code)
{
	static char text[4096];
	int pipes[2], before = dup(STDERR_FILENO);
	ssize_t n;

	cr_assert_eq(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	*code = answered(status, body, ask);
	dup2(before, STDERR_FILENO);
	n = read(pipes[0], text, sizeof text - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(before);
	return text;
}

Test(command_ask, success_is_taken)
{
	char room[64];
	struct buf b = BUF_OVER(room);
	struct command_ask ask = { .method = "GET",
		.target = "/x",
		.take = command_ask_append,
		.ctx = &b };
	int code;

	cr_assert_str_eq(said("201", "{\"a\":1}", &ask, &code), "");
	cr_assert_eq(code, EXIT_DONE);
	cr_assert_eq(ask.status, 201u);
	cr_assert_str_eq(ask.etag, "\"7\"");
	cr_assert_str_eq(buf_str(&b), "{\"a\":1}");
}

Test(command_ask, enough_is_no_failure)
{
	char room[3];
	struct buf b = BUF_OVER(room);
	struct command_ask ask = { .method = "GET",
		.target = "/x",
		.take = command_ask_append,
		.ctx = &b };

	cr_assert_eq(answered("200", "abcdef", &ask), EXIT_DONE);
	cr_assert(b.cut);
}

Test(command_ask, statuses_are_exit_codes)
{
	static const struct {
		const char *status;
		int code;
	} CASES[] = {
		{ "400", 64 },
		{ "403", 77 },
		{ "404", 64 },
		{ "405", 70 },
		{ "408", 75 },
		{ "409", 75 },
		{ "412", 75 },
		{ "413", 65 },
		{ "422", 78 },
		{ "428", 70 },
		{ "500", 70 },
		{ "503", 75 },
		{ "777", 70 },
	};

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct command_ask ask = { .method = "GET", .target = "/x" };
		int code;
		const char *text = said(CASES[i].status,
		    "{\"error\":{\"code\":\"c_1\",\"message\":\"It is "
		    "wrong.\",\"setting\":\"a.b\"}}",
		    &ask, &code);

		cr_assert_eq(
		    code, CASES[i].code, "%s: %d", CASES[i].status, code);
		cr_assert_str_eq(ask.code, "c_1");
		cr_assert_str_eq(text,
		    "wf-sentinel: doing: It is wrong. Setting: a.b. Code: c_1. "
		    "See the daemon's log, or 'wf-sentinel status'.\n");
	}
}

Test(command_ask, bodies_that_are_no_error_have_a_sentence)
{
	static const char *const BODIES[] = { "x", "{}", "[]", "{\"error\":1}",
		"{\"error\":{\"message\":7}}", "{\"error\"" };

	for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
		struct command_ask ask = { .method = "GET", .target = "/x" };
		int code;
		const char *text = said("503", BODIES[i], &ask, &code);

		cr_assert_eq(code, EXIT_TEMPORARY);
		cr_assert_str_eq(text,
		    "wf-sentinel: doing: The daemon is busy: try again. See "
		    "the daemon's log, or 'wf-sentinel status'.\n",
		    "%s", text);
	}
}

/* No escape sequence of a title gets to the terminal, and no length matters. */
Test(command_ask, texts_are_cut_and_cleaned)
{
	struct command_ask ask = { .method = "GET", .target = "/x" };
	char body[4096], many[900];
	int code;
	const char *text;

	memset(many, 'm', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	snprintf(body, sizeof body,
	    "{\"error\":{\"message\":\"\\u001b[2J%s\",\"setting\":\"%.200s\","
	    "\"code\":\"%.200s\"}}",
	    many, many, many);
	text = said("422", body, &ask, &code);
	cr_assert_eq(code, EXIT_SETTING);
	cr_assert(
	    strncmp(text, "wf-sentinel: doing: ?[2Jmmm", 27) == 0, "%s", text);
	cr_assert_null(strchr(text, '\x1b'));
	cr_assert_eq(text[strlen(text) - 1], '\n');
	cr_assert(strlen(text) < 800, "%zu", strlen(text));
	cr_assert_str_empty(ask.code);
}

Test(command_ask, nobody_listens)
{
	struct command_ask ask = { .method = "GET", .target = "/x" };

	cr_assert_eq(command_ask(&app, "doing", &ask), COMMAND_NOBODY);
	cr_assert_eq(ask.status, 0u);
}

Test(command_ask, half_an_answer)
{
	struct command_ask ask = { .method = "GET", .target = "/x" };

	start("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
	cr_assert_eq(command_ask(&app, "doing", &ask), EXIT_TEMPORARY);
}
