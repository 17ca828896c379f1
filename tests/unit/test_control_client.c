/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "control/control_client.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

#define HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"

static struct scratch at;
static char path[256], question_path[256];
static pid_t server;

static void
begin(void)
{
	scratch_make(&at);
	snprintf(path, sizeof path, "%s/socket", at.dir);
	snprintf(question_path, sizeof question_path, "%s/question", at.dir);
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

TestSuite(control_client, .init = begin, .fini = finish);

/* Keep what is asked, answer in two parts with a pause between; `wait`: keep
 * the connection open. */
static void
serve(int listener, const char *answer, size_t first, bool wait)
{
	int fd = accept(listener, NULL, NULL);
	FILE *f = fopen(question_path, "w");
	struct pollfd p = { fd, POLLIN, 0 };
	char text[4096];
	ssize_t n;

	while (poll(&p, 1, 50) > 0 && (n = recv(fd, text, sizeof text, 0)) > 0)
		fwrite(text, 1, (size_t)n, f);
	fclose(f);
	send(fd, answer, first, MSG_NOSIGNAL);
	usleep(2000);
	send(fd, answer + first, strlen(answer) - first, MSG_NOSIGNAL);
	if (wait)
		pause();
	_exit(0);
}

static void
start(const char *answer, size_t first, bool wait)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	unlink(path);
	cr_assert_eq(
	    bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listener, 1), 0);
	server = fork();
	if (server == 0)
		serve(listener, answer, first, wait);
	close(listener);
}

static void
stop(void)
{
	waitpid(server, NULL, 0);
	server = 0;
}

struct taken {
	char text[256];
	size_t n, most;
	unsigned status;
};

static bool
take(void *ctx, unsigned status, struct span piece)
{
	struct taken *t = ctx;

	cr_assert(t->n + piece.n < sizeof t->text);
	memcpy(t->text + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->status = status;
	return t->n < t->most;
}

static enum st
ask(struct taken *t, struct control_reply *reply)
{
	struct control_question q = {
		.method = "GET",
		.target = "/x",
		.wait_ms = 500,
		.take = take,
		.ctx = t,
	};

	t->n = 0;
	t->most = sizeof t->text;
	return control_client_ask(path, &q, reply);
}

Test(control_client, an_answer_in_any_two_pieces_is_the_same)
{
	static const char ANSWER[] = HEAD
	    "ETag: \"abc\"\r\n\r\n0005\r\nhello"
	    "\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n";
	struct control_reply reply;
	struct taken t;

	for (size_t i = 0; i < sizeof ANSWER - 1; i += 3) {
		start(ANSWER, i, false);
		cr_assert_eq(ask(&t, &reply), ST_OK);
		stop();
		t.text[t.n] = '\0';
		cr_assert_str_eq(t.text, "hello world");
		cr_assert_eq(t.status, 200);
		cr_assert_eq(reply.status, 200);
		cr_assert_str_eq(reply.etag, "\"abc\"");
	}
}

Test(control_client, what_is_asked_arrives_as_it_is)
{
	struct control_question q = {
		.method = "PUT",
		.target = "/v1/config",
		.if_match = "\"7\"",
		.body = SPAN_LIT("{\"a\":1}"),
	};
	struct control_reply reply;
	char text[512];
	FILE *f;

	start("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n",
	    0, false);
	cr_assert_eq(control_client_ask(path, &q, &reply), ST_OK);
	stop();
	cr_assert_eq(reply.status, 412);
	cr_assert_str_empty(reply.etag);
	f = fopen(question_path, "r");
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	cr_assert_str_eq(text,
	    "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nIf-Match: \"7\"\r\n"
	    "Content-Length: 7\r\n\r\n{\"a\":1}");
}

Test(control_client, answers_that_are_none)
{
	static const char *const BAD[] = {
		"",
		"HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.1 abc OK\r\n\r\n",
		HEAD "\r\n",
		HEAD "\r\n5\r\nhell",
		HEAD "\r\n5\r\nhello\r\n",
		HEAD "\r\n5\r\nhello!\r\n0\r\n\r\n",
		HEAD "\r\n00005\r\nhello\r\n0\r\n\r\n",
		HEAD "\r\nx\r\nhello\r\n0\r\n\r\n",
		HEAD "\r\n5\nhello\r\n0\r\n\r\n",
		HEAD "\r\n0\r\n",
	};
	struct control_reply reply;
	struct taken t;

	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		start(BAD[i], 0, false);
		cr_assert_eq(ask(&t, &reply), ST_MALFORM, "%s", BAD[i]);
		stop();
	}
}

Test(control_client, who_takes_it_may_have_had_enough)
{
	struct taken t = { .most = 3 };
	struct control_question q = {
		.method = "GET",
		.target = "/x",
		.take = take,
		.ctx = &t,
	};
	struct control_reply reply;

	start(HEAD "\r\n5\r\nhello\r\n0\r\n\r\n", 0, true);
	cr_assert_eq(control_client_ask(path, &q, &reply), ST_AGAIN);
}

Test(control_client, a_buffer_that_is_too_small_stays_as_it_was)
{
	char room[8] = "ab";
	struct buf b = { (uint8_t *)room, 2, sizeof room, false };
	unsigned status;

	start(HEAD "\r\n7\r\nhello !\r\n0\r\n\r\n", 0, false);
	cr_assert_eq(control_client_get(path, "/x", &b, &status), ST_FULL);
	cr_assert(b.n == 2 && !b.cut);
}

Test(control_client, nobody_and_nothing)
{
	struct control_reply reply;
	struct taken t;

	cr_assert_eq(ask(&t, &reply), ST_NOT_FOUND);
	start(HEAD "\r\n5\r\nhel", 0, true);
	cr_assert_eq(ask(&t, &reply), ST_TIMEOUT);
}
