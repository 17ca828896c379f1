/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "control/control.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define LONG_BYTES (1024u * 1024u)

static struct scratch at;
static struct control control;
static int64_t now_ms;
static char control_path[256], status_path[256];

/* ---- routes ------------------------------------------------------------- */

static unsigned
on_hello(void *ctx, struct control_call *call)
{
	cr_assert_eq(ctx, &now_ms);
	buf_put_str(call->out, "hello");
	call->type = "text/plain";
	return 200;
}

static unsigned
on_echo(void *ctx, struct control_call *call)
{
	(void)ctx;
	buf_put_str(call->out, call->arg[0]);
	buf_put_byte(call->out, '|');
	buf_put_str(call->out, call->arg[1]);
	buf_put_byte(call->out, '|');
	buf_put(call->out, span_sub(call->body, 0, 4000));
	buf_put_byte(call->out, '|');
	buf_put_u64(call->out, call->body.n);
	return 201;
}

static bool
more_of_it(void *ctx, uint64_t *state, struct buf *out)
{
	(void)ctx;
	if (*state >= LONG_BYTES)
		return false;
	while (out->n < out->cap && *state < LONG_BYTES)
		buf_put_byte(out, (uint8_t)('a' + (*state)++ % 26));
	return true;
}

static unsigned
on_long(void *ctx, struct control_call *call)
{
	(void)ctx;
	call->more = more_of_it;
	return 200;
}

static unsigned
on_too_much(void *ctx, struct control_call *call)
{
	(void)ctx;
	for (unsigned i = 0; i <= CONTROL_PIECE_MAX_BYTES; i++)
		buf_put_byte(call->out, 'x');
	return 200;
}

static const struct control_route ROUTES[] = {
	{ CONTROL_GET, true, "/hello", on_hello },
	{ CONTROL_GET, true, "/", on_hello },
	{ CONTROL_GET, false, "/long", on_long },
	{ CONTROL_GET, false, "/too/much", on_too_much },
	{ CONTROL_PUT, false, "/echo/*/to/*", on_echo },
	{ CONTROL_POST, false, "/hello", on_echo },
};

/* ---- a peer ------------------------------------------------------------- */

static enum st
open_control(void)
{
	struct control_settings settings = {
		.path = control_path,
		.status_path = status_path,
		.routes = ROUTES,
		.route_count = sizeof ROUTES / sizeof ROUTES[0],
		.ctx = &now_ms,
	};

	return control_open(&control, &settings);
}

static void
begin(void)
{
	scratch_make(&at);
	snprintf(control_path, sizeof control_path, "%s/run/control", at.dir);
	snprintf(status_path, sizeof status_path, "%s/run/status", at.dir);
	now_ms = 1000000;
	cr_assert_eq(open_control(), ST_OK);
}

static void
finish(void)
{
	control_close(&control);
	scratch_remove(&at);
}

TestSuite(control, .init = begin, .fini = finish);

static int
dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && strlen(path) < sizeof address.sun_path);
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One turn of the loop, without waiting. */
static void
turn(void)
{
	struct watch_list w = { .n = 0 };
	struct pollfd p[WATCH_MAX_COUNT];

	control_watch(&control, &w);
	for (size_t i = 0; i < w.n; i++)
		p[i] = (struct pollfd){ w.at[i].fd,
			w.at[i].write ? POLLOUT : POLLIN, 0 };
	cr_assert(poll(p, w.n, 0) >= 0);
	for (size_t i = 0; i < w.n; i++)
		w.at[i].ready = p[i].revents != 0;
	control_step(&control, &w, now_ms);
}

static void
say(int fd, const char *text)
{
	cr_assert_eq(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All of an answer, until the connection is closed. */
static const char *
hear(int fd)
{
	static char text[2 * LONG_BYTES];
	size_t n = 0;

	for (int i = 0; i < 5000; i++) {
		ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		n += got > 0 ? (size_t)got : 0;
		turn();
	}
	text[n] = '\0';
	close(fd);
	return text;
}

static const char *
ask(const char *path, const char *request)
{
	int fd = dial(path);

	cr_assert(fd >= 0);
	say(fd, request);
	return hear(fd);
}

static void
has(const char *answer, const char *begins, const char *ends)
{
	size_t n = strlen(answer), m = strlen(ends);

	cr_assert(strncmp(answer, begins, strlen(begins)) == 0 && n >= m &&
		strcmp(answer + n - m, ends) == 0,
	    "%s", answer);
}

static unsigned
open_connections(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++)
		n += control.connection[i].state != CONTROL_FREE;
	return n;
}

/* ---- answers ------------------------------------------------------------ */

Test(control, a_request_is_answered_and_the_connection_closed)
{
	has(ask(control_path, GET("/hello")), "HTTP/1.1 200 OK\r\n",
	    "\r\n\r\n0005\r\nhello\r\n0\r\n\r\n");
	cr_assert_not_null(strstr(
	    ask(status_path, GET("/")), "\r\nContent-Type: text/plain\r\n"));
	cr_assert_eq(open_connections(), 0);
}

Test(control, a_request_in_any_two_pieces_has_the_same_answer)
{
	static const char
	    REQUEST[] = "PUT /echo/a%2Db/to/c HTTP/1.1\r\nHost: x\r\n"
			"Content-Length: 5\r\n\r\nabcde";

	for (size_t i = 1; i < sizeof REQUEST - 1; i++) {
		int fd = dial(control_path);

		cr_assert_eq(send(fd, REQUEST, i, 0), (ssize_t)i);
		turn();
		turn();
		say(fd, REQUEST + i);
		has(hear(fd), "HTTP/1.1 201 Created\r\n",
		    "\r\n000d\r\na-b|c|abcde|5\r\n0\r\n\r\n");
	}
}

Test(control, routes_are_matched_as_a_whole)
{
	has(ask(control_path, GET("/hell")), "HTTP/1.1 404 ", "");
	has(ask(control_path, GET("/hello/")), "HTTP/1.1 404 ", "");
	has(ask(control_path, GET("/hello/x")), "HTTP/1.1 404 ", "");
	has(ask(control_path, GET("//hello")), "HTTP/1.1 404 ", "");
	has(ask(control_path, GET("/echo/a/to/b")), "HTTP/1.1 405 ", "");
	has(ask(control_path, GET("/too")), "HTTP/1.1 404 ", "");
	has(ask(control_path,
		"PUT /echo/a%2fb/to/c HTTP/1.1\r\nHost: x\r\n\r\n"),
	    "HTTP/1.1 404 ", "");
	has(ask(control_path, "POST /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
	    "HTTP/1.1 201 ", "");
}

Test(control, the_status_socket_has_public_routes_only)
{
	has(ask(status_path, GET("/hello")), "HTTP/1.1 200 ", "");
	has(ask(status_path, GET("/long")), "HTTP/1.1 404 ", "");
	has(ask(status_path, "POST /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
	    "HTTP/1.1 405 ", "");
}

Test(control, a_long_answer_arrives_whole)
{
	const char *answer = strstr(
	    ask(control_path, GET("/long")), "\r\n\r\n");
	uint64_t n = 0;
	char *end;

	cr_assert_not_null(answer);
	for (answer += 4;; answer += 2) {
		unsigned long piece = strtoul(answer, &end, 16);

		cr_assert(strncmp(end, "\r\n", 2) == 0);
		answer = end + 2;
		for (unsigned long i = 0; i < piece; i++, n++)
			cr_assert_eq(*answer++, 'a' + (char)(n % 26));
		cr_assert(strncmp(answer, "\r\n", 2) == 0);
		if (piece == 0)
			break;
	}
	cr_assert_eq(n, LONG_BYTES);
}

Test(control, an_answer_that_does_not_fit_is_visibly_broken)
{
	cr_assert_str_empty(ask(control_path, GET("/too/much")));
}

/* ---- bad peers ---------------------------------------------------------- */

Test(control, what_is_no_request_gets_its_status)
{
	char head[CONTROL_HEAD_MAX_BYTES + 1];

	has(ask(control_path, "GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 ", "");
	has(ask(control_path, GET("/hello") "x"), "HTTP/1.1 400 ", "");
	has(ask(control_path, "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 505 ", "");
	memset(head, 'a', sizeof head);
	memcpy(head, "GET /", 5);
	head[sizeof head - 1] = '\0';
	has(ask(control_path, head), "HTTP/1.1 431 ", "");
}

Test(control, one_body_at_a_time)
{
	static const char HEAD[] = "PUT /echo/a/to/b HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 3\r\n\r\n";
	int first = dial(control_path);

	say(first, HEAD);
	turn();
	turn();
	has(ask(control_path, HEAD), "HTTP/1.1 503 ", "");
	say(first, "abc");
	has(hear(first), "HTTP/1.1 201 ", "|abc|3\r\n0\r\n\r\n");
	first = dial(control_path);
	say(first, HEAD);
	say(first, "a");
	turn();
	turn();
	close(first);
	turn();
	turn();
	for (size_t i = 0; i < sizeof control.body; i++)
		cr_assert_eq(control.body[i], 0, "a body is wiped");
	first = dial(control_path);
	say(first, HEAD);
	say(first, "xyz");
	has(hear(first), "HTTP/1.1 201 ", "|xyz|3\r\n0\r\n\r\n");
}

Test(control, the_largest_body_is_taken_and_a_continue_is_given)
{
	static char body[CONTROL_BODY_MAX_BYTES];
	int fd = dial(control_path);
	char head[64];
	size_t sent = 0;

	memset(body, 'b', sizeof body);
	say(fd,
	    "PUT /echo/a/to/b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue"
	    "\r\nContent-Length: 65536\r\n\r\n");
	turn();
	turn();
	cr_assert_eq(recv(fd, head, sizeof head, 0), 25);
	cr_assert(memcmp(head, "HTTP/1.1 100 Continue\r\n\r\n", 25) == 0);
	while (sent < sizeof body) {
		ssize_t n = send(fd, body + sent, sizeof body - sent, 0);

		sent += n > 0 ? (size_t)n : 0;
		turn();
	}
	has(hear(fd), "HTTP/1.1 201 ", "|65536\r\n0\r\n\r\n");
}

Test(control, half_a_request_ends_after_five_seconds)
{
	int fd = dial(control_path);

	say(fd, "GET / HT");
	turn();
	cr_assert_eq(control_wait_ms(&control, now_ms, 60000), 5000);
	now_ms += CONTROL_REQUEST_MS - 1;
	turn();
	cr_assert_eq(open_connections(), 1);
	cr_assert_eq(control_wait_ms(&control, now_ms, 60000), 1);
	now_ms++;
	turn();
	has(hear(fd), "HTTP/1.1 408 ", "");
	cr_assert_eq(open_connections(), 0);
	cr_assert_eq(control_wait_ms(&control, now_ms, 60000), 60000);
}

Test(control, a_peer_that_does_not_read_goes)
{
	int stalled = dial(control_path), slow = dial(control_path);
	char some[8192];

	say(stalled, GET("/long"));
	say(slow, GET("/long"));
	for (int i = 0; i < 200; i++)
		turn();
	cr_assert_eq(open_connections(), 2);
	for (int64_t t = 0; t < CONTROL_ANSWER_MS; t += CONTROL_STALL_MS / 2) {
		turn();
		cr_assert_eq(open_connections(), t < CONTROL_STALL_MS ? 2 : 1);
		cr_assert(recv(slow, some, sizeof some, 0) > 0);
		turn();
		now_ms += CONTROL_STALL_MS / 2;
	}
	turn();
	cr_assert_eq(open_connections(), 0);
	close(stalled);
	close(slow);
}

Test(control, more_peers_than_places_are_told_and_do_no_harm)
{
	int fd[CONTROL_CONNECTION_MAX_COUNT];
	unsigned full = 0;

	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		fd[i] = dial(control_path);
		turn();
	}
	for (int i = 0; i < 1000; i++)
		full += strncmp(ask(control_path, GET("/hello")),
			    "HTTP/1.1 503 ", 13) == 0;
	cr_assert_eq(full, 1000);
	cr_assert_eq(control.refused, 1000);
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		say(fd[i], GET("/hello"));
		has(hear(fd[i]), "HTTP/1.1 200 ", "");
	}
	has(ask(control_path, GET("/hello")), "HTTP/1.1 200 ", "");
}

Test(control, a_peer_that_vanishes_frees_its_place)
{
	for (int i = 0; i < 100; i++) {
		int fd = dial(control_path);

		say(fd, i % 2 == 0 ? GET("/long") : "GET /");
		turn();
		turn();
		close(fd);
		turn();
		turn();
		cr_assert_eq(open_connections(), 0);
	}
}

/* A stranger: what the two sockets say to it, when the file modes let it in. */
Test(control, peers_of_other_users_have_the_status_socket_only)
{
	char first[16] = "";
	int pipes[2], status;
	pid_t child;

	if (geteuid() != 0)
		cr_skip_test("needs root to be somebody else");
	cr_assert_eq(chmod(at.dir, 0755), 0);
	cr_assert_eq(chmod(control_path, 0666), 0);
	cr_assert_eq(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		int fd[2];

		assert(setgroups(0, NULL) == 0 && setgid(65534) == 0 &&
		    setuid(65534) == 0);
		fd[0] = dial(control_path);
		fd[1] = dial(status_path);
		assert(fd[0] >= 0 && fd[1] >= 0);
		for (int i = 0; i < 2; i++) {
			char text[13] = "";
			struct pollfd p = { fd[i], POLLIN, 0 };

			(void)!send(fd[i], GET("/hello"),
			    sizeof GET("/hello") - 1, MSG_NOSIGNAL);
			assert(poll(&p, 1, 5000) == 1);
			assert(recv(fd[i], text, 12, 0) == 12);
			assert(write(pipes[1], text + 9, 3) == 3);
		}
		_exit(0);
	}
	close(pipes[1]);
	for (int i = 0; i < 5000 && waitpid(child, &status, WNOHANG) == 0;
	     i++) {
		turn();
		usleep(1000);
	}
	cr_assert_eq(read(pipes[0], first, sizeof first - 1), 6);
	cr_assert_str_eq(first, "403200");
}
