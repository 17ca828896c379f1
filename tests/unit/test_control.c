/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "control_run.h"

TestSuite(control, .init = begin, .fini = finish);

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

Test(control, an_answer_may_wait_for_something_to_say)
{
	int fd = dial(control_path);
	char text[512];
	ssize_t n;

	say(fd, GET("/news"));
	for (int i = 0; i < 10; i++)
		turn();
	n = recv(fd, text, sizeof text - 1, 0);
	cr_assert(n > 0);
	text[n] = '\0';
	has(text, "HTTP/1.1 200 OK\r\n", "\r\n\r\n");
	cr_assert_not_null(strstr(text, "\r\nETag: \"7\"\r\n"));
	/* No limit of time runs while there is nothing to say. */
	cr_assert_eq(control_wait_ms(&control, now_ms, 60000), 60000);
	now_ms += 10 * CONTROL_ANSWER_MS;
	turn();
	news = 5;
	turn();
	turn();
	now_ms += 10 * CONTROL_ANSWER_MS;
	turn();
	cr_assert_eq(ended, 0);
	news = -1;
	has(hear(fd), "0003\r\n105\r\n0\r\n\r\n", "");
	cr_assert_eq(open_connections(), 0);
	cr_assert_eq(ended, 105);
}

Test(control, an_answer_that_has_waited_may_be_of_any_length)
{
	int fd = dial(control_path);
	static char text[LONG_BYTES];

	say(fd, GET("/news"));
	for (int i = 0; i < 10; i++)
		turn();
	floods = true;
	for (int64_t t = 0; t < 3 * CONTROL_ANSWER_MS;
	     t += CONTROL_STALL_MS / 2) {
		for (int i = 0; i < 200; i++)
			turn();
		cr_assert(recv(fd, text, sizeof text, 0) > 0);
		cr_assert_eq(open_connections(), 1);
		now_ms += CONTROL_STALL_MS / 2;
	}
	for (int i = 0; i < 200; i++)
		turn();
	now_ms += CONTROL_STALL_MS;
	turn();
	cr_assert_eq(open_connections(), 0);
	close(fd);
}

Test(control, a_peer_that_leaves_a_waiting_answer_frees_its_place)
{
	int gone = dial(control_path), talks = dial(control_path);

	say(gone, GET("/news"));
	say(talks, GET("/news"));
	for (int i = 0; i < 10; i++)
		turn();
	cr_assert_eq(open_connections(), 2);
	close(gone);
	turn();
	cr_assert_eq(open_connections(), 1);
	say(talks, "more");
	turn();
	cr_assert_eq(open_connections(), 0);
	cr_assert_eq(ended, 200);
	close(talks);
}
