/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "control_run.h"

TestSuite(control_peers, .init = begin, .fini = finish);

Test(control_peers, what_is_no_request_gets_its_status)
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

Test(control_peers, one_body_at_a_time)
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

Test(control_peers, the_largest_body_is_taken_and_a_continue_is_given)
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

Test(control_peers, half_a_request_ends_after_five_seconds)
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

Test(control_peers, a_peer_that_does_not_read_goes)
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

Test(control_peers, more_peers_than_places_are_told_and_do_no_harm)
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

Test(control_peers, a_peer_that_vanishes_frees_its_place)
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
Test(control_peers, peers_of_other_users_have_the_status_socket_only)
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

Test(control_peers, a_body_that_is_refused_is_wiped)
{
	static const char HEAD[] = "PUT /echo/a/to/b HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 12000\r\n\r\n";
	/* More than goes into the buffer of the head. */
	static char secret[12001];
	int first = dial(control_path), second;

	memset(secret, '~', sizeof secret - 1);
	say(first, HEAD);
	turn();
	turn();
	second = dial(control_path);
	say(second, HEAD);
	say(second, secret);
	has(hear(second), "HTTP/1.1 503 ", "");
	close(first);
	turn();
	turn();
	for (size_t i = 0; i < sizeof control; i++)
		cr_assert_neq(((const char *)&control)[i], '~');
}
